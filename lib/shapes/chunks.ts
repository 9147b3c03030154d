import { z } from 'zod';
import { CHUNK_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { actionCounts } from './actions.ts';
import { worker } from './fleet.ts';
import { count } from './values.ts';

export const chunkState = z.enum(CHUNK_STATES);

export const chunk = z.object({
  number: z.int(),
  name: z.string(),
  state: chunkState,
  stopping: z.enum(STOPPINGS).nullable(),
  itemCount: count,
  classified: count,
  continued: z.boolean().describe('The next chunk was let go on and this one waits, reviewed but not executed.'),
  counts: actionCounts.describe('Folded from the receipts.'),
  revision: z.int(),
  seq: z.int().describe('Number of receipts.'),
  note: z.string().nullable(),
  haltReason: z.string().nullable(),
  waitsFor: z.string().nullable().describe("The target that failed, which this chunk can't go on without."),
  worker: worker
    .extend({ silentMs: z.number().nullable().describe('Since it last renewed its lease; null while it does so in time.') })
    .nullable(),
});
export type ChunkRow = z.infer<typeof chunk>;
