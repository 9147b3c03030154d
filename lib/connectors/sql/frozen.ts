/** A change as it is frozen for an item: the statement with its parameters is what is approved, carried out and repeated. No secret is in it. */
import { z } from 'zod';
import { frozenBytes, overConnection } from '#lib/connectors/frozen.ts';
import { via } from '#lib/connectors/http/via.ts';
import type { FrozenRequest } from '#lib/connectors/port.ts';
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
export const bytesOf = (request: SqlRequest, ordinal: number): FrozenRequest => frozenBytes(request, ordinal, 'its change');

export const { readRequest, requestTarget, connectionOf } = overConnection(frozen);
