/** What the frozen requests of several kinds have in common: how they become bytes, and what is read of them when they go over a connection. */
import type { z } from 'zod';
import { targetName } from '#lib/core/connections/target.ts';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import { canonicalBytes, type Json } from '#lib/ledger/canonical.ts';
import type { Via } from './http/via.ts';
import { itemRefusal } from './parameters.ts';
import type { FrozenRequest } from './port.ts';

/** The bytes of an item's request, `what` in words. Throws `invalid` naming the item, when they are too many or its text is half a character. */
export function frozenBytes(request: Json, ordinal: number, what = 'its request'): FrozenRequest {
  let bytes: Buffer;
  try {
    bytes = canonicalBytes(request);
  } catch (cause) {
    throw itemRefusal(ordinal, `${what} holds text that is not valid Unicode.`, { cause });
  }
  if (bytes.length <= REQUEST_BYTES_MAX) return bytes;
  const reason = `${what} would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`;
  throw itemRefusal(ordinal, `${what} has ${bytes.length} bytes; at most ${REQUEST_BYTES_MAX} can be sent.`, { reason });
}

/**
 * How requests of one shape are read back that always go over a connection. `readRequest` throws when the bytes are no request of this version. `requestTarget` is as
 * breakers name it, "crm-db at postgresql://db.example:5432", and `connectionOf` the id of the connection: null when the bytes are no request.
 */
export function overConnection<T extends { via: Via }>(
  shape: z.ZodType<T>,
): {
  readRequest(bytes: FrozenRequest): T;
  requestTarget(bytes: FrozenRequest): string | null;
  connectionOf(bytes: FrozenRequest): string | null;
} {
  const readRequest = (bytes: FrozenRequest): T => shape.parse(jsonOf(bytes));
  return {
    readRequest,
    // Not by its shape, for it is asked of every row that is frozen.
    requestTarget: orNull((bytes) => {
      const { via } = jsonOf(bytes) as Pick<T, 'via'>;
      return targetName(via.address, via.connection);
    }),
    connectionOf: orNull((bytes) => readRequest(bytes).via.id),
  };
}

const jsonOf = (bytes: FrozenRequest): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

function orNull<T>(read: (bytes: FrozenRequest) => T): (bytes: FrozenRequest) => T | null {
  return (bytes) => {
    try {
      return read(bytes);
    } catch {
      return null;
    }
  };
}
