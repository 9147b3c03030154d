/** A change as it is frozen for an item: the statement with its parameters is what is approved, carried out and repeated. No secret is in it. */
import { z } from 'zod';
import { via } from '#lib/connectors/http/via.ts';
import { itemRefusal } from '#lib/connectors/parameters.ts';
import type { FrozenRequest } from '#lib/connectors/port.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';
import { VERBS } from './parts.ts';

const table = z.object({ schema: z.string(), name: z.string() });
const image = z.record(z.string(), z.string().nullable());

const change = z.object({
  do: z.enum(VERBS),
  table,
  key: z.record(z.string(), z.string()),
  set: image,
  only: image,
  statement: z.string(),
  parameters: z.array(z.string().nullable()),
  cascade: z.boolean(),
  via,
});
const putBack = z.object({
  do: z.literal('put_back'),
  table,
  undoes: z.string(),
  before: z.string().nullable(),
  key: z.array(z.string()),
  set: z.array(z.string()),
  via,
});
const frozen = z.discriminatedUnion('do', [change, putBack]);

export type SqlChange = z.infer<typeof change>;
export type SqlPutBack = z.infer<typeof putBack>;
export type SqlRequest = z.infer<typeof frozen>;

/** Throws `invalid` naming the item. */
export function bytesOf(request: SqlRequest, ordinal: number): FrozenRequest {
  const bytes = canonicalBytes(request);
  if (bytes.length <= REQUEST_BYTES_MAX) return bytes;
  throw itemRefusal(ordinal, `its statement and values would have more than ${REQUEST_BYTES_MAX} bytes, the limit.`);
}

/** Throws when they are not a request of this version. */
export function readRequest(bytes: FrozenRequest): SqlRequest {
  return frozen.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** As breakers name it: "crm-db at postgresql://db.example:5432". Null when the bytes are no request. Read on its own, for it is asked of every row that is frozen. */
export function requestTarget(bytes: FrozenRequest): string | null {
  try {
    const { via: over } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Pick<SqlRequest, 'via'>;
    return targetName(over.address, over.connection);
  } catch {
    return null;
  }
}

/** The id of the connection; null when the bytes are no request. */
export function connectionOf(bytes: FrozenRequest): string | null {
  try {
    return readRequest(bytes).via.id;
  } catch {
    return null;
  }
}
