/** A request as it is frozen for an item: its canonical bytes are what is approved, sent and repeated. */
import { z } from 'zod';
import type { FrozenRequest } from '#lib/connectors/port.ts';
import { targetName } from '#lib/core/connections/target.ts';
import { inspect, METHODS, undo } from './parts.ts';
import { frozenSuccess } from './success.ts';
import { via } from './via.ts';

const frozen = z.object({
  method: z.enum(METHODS),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().nullable(),
  timeoutMs: z.int(),
  effect: z.enum(['none', 'undoable', 'permanent']),
  /** the connection that it goes over */
  via: via.optional(),
  /** with the values of the fields that it names: what is needed to undo it is fixed when it is approved */
  undo: undo.extend({ fields: z.record(z.string(), z.string()) }).optional(),
  inspect: inspect.extend({ fields: z.record(z.string(), z.string()) }).optional(),
  /** filled in */
  success: frozenSuccess.optional(),
});

/** A frozen request, read back: `body` is the text to send as it is. */
export type HttpRequest = z.infer<typeof frozen>;

/** Reads frozen bytes back. Throws when they are not a request of this version. */
export function readRequest(bytes: FrozenRequest): HttpRequest {
  return frozen.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/**
 * Scheme, host and port of frozen bytes, behind the name of the connection where it goes over one: "crm at https://api.example.com". Null when they are no request. Read
 * on its own, for it is asked of every row that is frozen.
 */
export function requestTarget(bytes: FrozenRequest): string | null {
  try {
    const { url, via: over } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Pick<HttpRequest, 'url' | 'via'>;
    return targetName(url, over?.connection ?? null);
  } catch {
    return null;
  }
}

/** The id of the connection that frozen bytes go over; null where they name none, or are no request. */
export function connectionOf(bytes: FrozenRequest): string | null {
  try {
    return readRequest(bytes).via?.id ?? null;
  } catch {
    return null;
  }
}
