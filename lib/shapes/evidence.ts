/** What marks of people prove, and the marks themselves (docs/evidence.md). */
import { z } from 'zod';
import { CHUNKS_MAX } from '#lib/core/limits.ts';
import { count, id, instant, nameNumber } from './values.ts';

/** A bound at 95 % confidence that holds whenever the person stops. */
export const bound = z.object({
  population: count.describe('Items of the category that it is about.'),
  looks: count.describe('Random items that somebody marked, in the order of the draw.'),
  wrong: count.describe('How many of these did not belong there.'),
  filed: count.describe('Of `wrong`, how many had been left unsure, and were filed: no error of whoever classified.'),
  atMost: count.describe('At most so many of the population are wrong, with 95 % confidence.'),
  looksFor: z
    .record(z.string(), z.int().nullable())
    .describe(
      'Share of wrong items -> how many more looks prove it if none of them is wrong; 0 when it is proven, null when it can’t be.',
    ),
});
export type Bound = z.infer<typeof bound>;

/** Per category that has items. Categories without an action have one too: nothing waits for it. */
export const evidence = z.record(z.string(), bound);
export type Evidence = z.infer<typeof evidence>;

/** What a plan demands, over one category in what it counts over. */
const demand = z.object({
  category: z.string(),
  over: z.enum(['batch', 'chunk']),
  demanded: z.number(),
  met: z.boolean(),
  /** more looks that meet it if none of them is wrong; null: it can't be met */
  looks: z.int().nullable(),
});
export type Demand = z.infer<typeof demand>;

/** The evidence of a checkpoint. Null for an undo, and for a batch from before it was kept. */
export const checkpointEvidence = z.object({
  chunk: evidence.describe('Of this chunk alone.'),
  batch: evidence.describe('Pooled over the chunks that were decided, and this one.'),
  /** what the plan or a permanent effect wants before the approval; empty: nothing more than looking */
  demands: z.array(demand),
  /** acting categories that want at least one mark before the approval, and have none */
  unmarked: z.array(z.string()),
  /** a pilot's own decision asks for no bound */
  exempt: z.boolean(),
  /** the next items that count, in the order of the draw: of this chunk, unmarked */
  next: z.array(z.int()).max(200),
  /** items of decided chunks that come before them in the draw and are still to be marked */
  elsewhere: count,
});
export type CheckpointEvidence = z.infer<typeof checkpointEvidence>;

export const VERDICTS = ['right', 'wrong', 'withdrawn'] as const;

/** The mark that counts on an item now. */
export const mark = z.object({
  verdict: z.enum(['right', 'wrong']),
  category: z.string(),
  by: z.string(),
  at: instant,
  filed: z.boolean().describe('Of *wrong*: the item had been left unsure there, and somebody filed it.'),
});
export type Mark = z.infer<typeof mark>;

/** What a caller sends. */
export const reviewsGiven = z
  .array(
    z.strictObject({
      ordinal: nameNumber,
      right: z
        .boolean()
        .nullable()
        .describe(
          'Null takes the mark back. False is for decided chunks only: before the decision a correction says that an item was wrong.',
        ),
      category: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The category that it was looked at in. Moved out of it meanwhile, it is not marked. Without: the one it is in now.',
        ),
    }),
  )
  .min(1, 'Give at least one mark.')
  .max(1_000, 'At most 1,000 marks at a time.')
  .refine((all) => new Set(all.map(({ ordinal }) => ordinal)).size === all.length, 'One item is given twice.');

export const reviewed = z.object({
  marked: count.describe('Marks that were stored. One that stood there already is not stored again.'),
  moved: z
    .array(z.object({ ordinal: z.int(), category: z.string() }))
    .describe(
      'Items that were not marked, for they are no longer in the category that was looked at, each with the one it is in.',
    ),
  marks: z.array(mark.extend({ ordinal: z.int(), by: z.string().describe('The name of who marked it.') })),
  evidence: checkpointEvidence.nullable(),
});
export type Reviewed = z.infer<typeof reviewed>;

/** Who else has a checkpoint open, whose it is, and what others did since the asker looked. */
export const company = z.object({
  here: z.array(z.object({ id, name: z.string(), since: instant })),
  reviewer: z
    .object({ id: z.string(), name: z.string(), since: instant, you: z.boolean() })
    .nullable()
    .describe('Who claimed it, while it is in review.'),
  moved: z
    .array(z.object({ ordinal: z.int(), from: z.string(), to: z.string(), by: z.string(), at: instant }))
    .describe('What others moved after `revision`, oldest first, at most 200.'),
  marks: z
    .array(z.object({ ordinal: z.int(), review: mark.nullable() }))
    .describe('Items that were marked since `after`, or whose mark was taken back, each with the mark that counts now.'),
  after: z.string().describe('Give this as `after` the next time.'),
  evidence: checkpointEvidence.nullable(),
});
export type Company = z.infer<typeof company>;

export const assignment = z.strictObject({
  chunks: z.array(nameNumber).min(1).max(CHUNKS_MAX).optional().describe('Their numbers. Left out: all that are in review.'),
  to: z
    .union([z.literal('me'), id])
    .nullable()
    .describe('`me`, the id of a person who decides (an operator gives), or null: nobody.'),
});

export const assigned = z.object({ chunks: z.array(z.int()).describe('The chunks that this changed.') });
export type Assigned = z.infer<typeof assigned>;

/** What people said of items that they looked at, not only of random ones: it proves nothing of the rest (docs/evidence.md). */
export const agreement = z.object({
  right: count.describe('Items whose category somebody marked as right.'),
  wrong: count.describe('Items whose category somebody corrected.'),
  filed: count.describe('Items that had been left unsure and that somebody filed: no category had been told of them.'),
  chunks: z
    .array(z.object({ number: z.int(), right: count, wrong: count, filed: count }))
    .describe('Chunks of which somebody marked an item.'),
});
export type Agreement = z.infer<typeof agreement>;
