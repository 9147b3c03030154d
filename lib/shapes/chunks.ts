import { z } from 'zod';
import { WAITS } from '#lib/core/chunks/waits-for.ts';
import { CHUNK_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { actionCounts } from './actions.ts';
import { worker } from './fleet.ts';
import { count, instant, sha256 } from './values.ts';

export const chunkState = z.enum(CHUNK_STATES);

export const waitsFor = z
  .object({
    for: z.enum(WAITS),
    until: instant.nullable().describe('When it continues by itself; null when that is not known.'),
    target: z.string().nullable().describe('The target, when it waits for one.'),
  })
  .describe('What a waiting chunk waits for.');

export const chunk = z.object({
  number: z.int(),
  name: z.string(),
  state: chunkState,
  stopping: z.enum(STOPPINGS).nullable(),
  itemCount: count,
  classified: count,
  continued: z.boolean().describe('It has let the next chunk continue: it does not let another one.'),
  reviewed: z
    .boolean()
    .describe(
      'A person let the next chunk continue by what this one is classified as now: it waits, reviewed but not executed. No longer so once it is classified again.',
    ),
  counts: actionCounts.describe('Folded from the receipts.'),
  revision: z.int(),
  seq: z.int().describe('Number of receipts.'),
  note: z.string().nullable(),
  haltReason: z.string().nullable(),
  waitsFor: waitsFor.nullable().describe('Null while a worker is working on it, and when it needs nothing more.'),
  worker: worker
    .extend({ silentMs: z.number().nullable().describe('Since it last renewed its lease; null while it does so in time.') })
    .nullable(),
  agent: z
    .object({
      name: z.string().describe('What it calls itself.'),
      key: z.string().nullable().describe('The name of its key.'),
      since: instant,
      item: z.int().nullable().describe('The item whose errand it has; null: it classifies the chunk.'),
      until: instant.describe(
        'Without a word of it by then the chunk is anybody’s to claim; or what became of the errand is uncertain.',
      ),
      more: count.describe('Agents beside it that have errands of the chunk.'),
    })
    .nullable()
    .describe('The agent that has it, or whose errand is due first; null while none does.'),
});
export type ChunkRow = z.infer<typeof chunk>;

/** As the list of a batch's chunks has it. */
export const listedChunk = chunk.extend({
  digest: sha256
    .nullable()
    .describe(
      "Of the manifest: what a decision on this chunk is bound to. Null while it is not classified, and where an item's request can't be built (its checkpoint says which) or the chunk changed while it was listed.",
    ),
});
export type ListedChunk = z.infer<typeof listedChunk>;
