import { z } from 'zod';
import { DATABASE_FAULTS } from '#lib/core/fleet/database-fault.ts';
import { effect } from './actions.ts';
import type { BatchAbout, BatchNow } from './batches.ts';
import { chunk } from './chunks.ts';
import { targetIncident } from './fleet.ts';
import { receiptRow } from './receipts.ts';
import { count, id, instant, noun } from './values.ts';

/** A receipt, or something that happened to the batch itself: that has no `seq`. */
const tapeLine = receiptRow.pick({ ordinal: true, at: true, line: true, result: true }).extend({
  /** names it among the lines of its batch */
  id: z.string(),
  chunk: z.int().nullable(),
  seq: z.int().nullable(),
  kind: z.string(),
});
export type TapeLine = z.infer<typeof tapeLine>;

/** Everything but the plan, which does not change. */
export type BatchSnapshot = BatchAbout & BatchNow & { tape: TapeLine[] };
/** `chunks` are those that changed, `tape` the new lines, newest first; all else is as it is now. */
export type BatchProgress = BatchNow & { tape: TapeLine[] };

/** A chunk that stands still until a person says something. */
const need = chunk.pick({ name: true, state: true, itemCount: true, haltReason: true, note: true }).extend({
  batchId: id,
  batchName: z.string(),
  noun,
  chunk: z.int(),
  /** its uncertain actions */
  uncertain: count,
  mine: z.boolean().describe('The reader claimed its checkpoint.'),
  since: instant,
});
export type Need = z.infer<typeof need>;

/** In the order in which to take them. */
export const NEED_KINDS = ['halts', 'doubts', 'releases', 'reviews'] as const;
export type NeedKind = (typeof NEED_KINDS)[number];

/** What one batch asks for. */
const batchNeeds = z.object({
  batchId: id,
  batchName: z.string(),
  noun,
  effect: effect.describe('The worst that its actions do: what is permanent can’t be undone.'),
  halts: count.describe('Chunks that stopped for a cause of their own.'),
  doubts: count.describe('Uncertain actions.'),
  releases: count.describe('Chunks whose first actions are done.'),
  reviews: count.describe('Chunks in review that nobody, or the reader, claimed.'),
  mine: count.describe('Of the reviews, those that the reader claimed.'),
  since: instant,
});
export type BatchNeeds = z.infer<typeof batchNeeds>;

/** What waits next, and where it is answered. */
export const nextNeed = z.object({ batchId: id, chunk: z.int().describe('Its chunk.'), kind: z.enum(NEED_KINDS) });
export type NextNeed = z.infer<typeof nextNeed>;

export const needsYou = z.object({
  batches: z
    .array(batchNeeds)
    .describe('The most urgent first: what stopped, what is uncertain, what can’t be undone, what waits longest.'),
  next: nextNeed.nullable(),
  others: z
    .array(z.object({ name: z.string(), count }))
    .describe('Who else claimed checkpoints, and how many. They are not among the others of this answer.'),
  /** targets that failed for everybody: one question each, whatever waits for it */
  targets: z.array(targetIncident),
  checkpoints: z.array(need).describe('Of each batch the first 20; so are the lists below.'),
  releases: z.array(need),
  doubts: z.array(need),
  halts: z.array(need),
  /** chunks to review, release or resume, and uncertain actions */
  count,
  /** what keeps all batches from going on: the workers meet it at the database; null when nothing does */
  trouble: z.enum(DATABASE_FAULTS).nullable(),
});
export type NeedsYou = z.infer<typeof needsYou>;

/** What lists show. */
export const LIVE_TOPICS = ['batches', 'datasets', 'tasks', 'people', 'notices'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];

/** A hint, never the change itself: whoever shows one of these reads it again. */
const changed = z.object({
  topics: z.array(z.enum(LIVE_TOPICS)),
  /** which batches; null: any of them */
  batches: z.array(id).nullable(),
});
export type Changed = z.infer<typeof changed>;
