/** What is shown before one decision over many chunks, and of those that are carried out for the first few (docs/few-decisions.md). */
import { z } from 'zod';
import { actionWords } from './actions.ts';
import { checkpoint, sample } from './checkpoints.ts';
import { chunk } from './chunks.ts';
import { count, nameNumber, noun, sha256 } from './values.ts';

export const chunksNamed = z
  .array(nameNumber)
  .min(1)
  .max(20_000)
  .describe('Numbers of chunks. Without them: every chunk that waits for an approval.');

const sampleOfBatch = sample.extend({
  chunk: z.int().describe('The number of the chunk that it is in.'),
  decided: z.boolean().describe('That chunk is decided: its items are marked, and moved no more.'),
});
export type SampleOfBatch = z.infer<typeof sampleOfBatch>;

/** What the looks over the batch prove of one acting category. */
const poolBound = z.object({
  category: z.string(),
  population: count.describe('Its items in the chunks that were decided and in all that wait for an approval.'),
  looks: count.describe('Random items of these that somebody marked, in the order of the draw.'),
  wrong: count,
  atMost: count.describe('At most so many of the population are wrong, with 95 % confidence.'),
  allowed: count.describe('So many of the rest may be wrong in what is decided, for the share.'),
  met: z.boolean(),
  more: count.describe('Looks that are missing for the share, if none of them finds anything wrong.'),
});
export type PoolBound = z.infer<typeof poolBound>;

const bounds = z
  .array(poolBound)
  .nullable()
  .describe(
    'One for each acting category. Null where there is none: of an undo, of a batch without one draw, and where the plan asks of each chunk.',
  );

export const decisionPreview = z.object({
  chunks: z
    .array(chunk.pick({ number: true, name: true, revision: true, itemCount: true }))
    .describe('Those that can be approved now.'),
  left: z.array(z.object({ number: z.int(), why: z.string() })).describe('Those that were named and can’t be.'),
  items: count,
  categories: z.array(z.object({ name: z.string(), count, action: actionWords.nullable() })),
  first: z.int().describe('How many of each target run before a person releases the rest.'),
  noun,
  undo: z.boolean().describe('Its ground is the receipts of what it undoes: no sample is asked for.'),
  signature: z.enum(['first', 'second']).nullable().describe('Which of two signatures is due; null where one person approves.'),
  share: z.number().describe('Of wrong items, that the bound is held against: the plan’s, or 2 %.'),
  bound: bounds,
  whole: z.boolean().describe('Nothing that waits is left out: the bound is over what is decided now and before.'),
  marked: count.describe('Items of these chunks that somebody marked.'),
  unmarkedChunks: count.describe('Chunks of these in which nobody marked any item.'),
  unproven: z.array(z.string()).describe('What the plan demands or a permanent effect wants, and is not there, a sentence each.'),
  ungrounded: z
    .array(z.string())
    .describe('Why the looks over the batch are no ground yet for what nobody saw, a sentence each.'),
  samples: z
    .array(sampleOfBatch)
    .describe('A random item of each acting category of each chunk, for as many chunks as can be looked at in one go.'),
  sampled: z.boolean().describe('Whether there is one of each.'),
  examples: z
    .array(z.object({ category: z.string(), chunk: z.int() }))
    .describe('For each acting category a chunk whose request shows it.'),
});
export type DecisionPreview = z.infer<typeof decisionPreview>;

export const grid = z.object({
  chunks: z
    .array(chunk.pick({ number: true, name: true, state: true, itemCount: true }))
    .describe('In the order of their numbers.'),
});
export type Grid = z.infer<typeof grid>;

export const batchLooks = z.object({
  items: z.array(sampleOfBatch).max(500).describe('What is to be looked at next, in the order of the draw.'),
  share: z.number(),
  bound: bounds,
  categories: z.array(z.object({ name: z.string(), action: actionWords.nullable() })),
  waiting: count.describe('Chunks that wait for an approval.'),
  noun,
});
export type BatchLooks = z.infer<typeof batchLooks>;

const release = z.object({
  chunks: z.array(z.int()).describe('The chunks of the approval that wait with their rest.'),
  chunk: z.int().describe('The release is bound to this one, and covers all of them.'),
  digest: sha256,
  waiting: count.describe('Actions that were not sent yet.'),
  done: z.boolean().describe('The first ones came to their end: before that the rest can’t be released.'),
  receipts: checkpoint.shape.firstReceipts,
});
export type Release = z.infer<typeof release>;
export const releases = z.object({ items: z.array(release).describe('One for each approval whose rest waits.') });
export type Releases = z.infer<typeof releases>;
