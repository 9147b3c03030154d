import { z } from 'zod';
import { MOODS } from '#lib/core/batches/says.ts';
import { WAITS } from '#lib/core/chunks/waits-for.ts';
import { DATABASE_FAULTS } from '#lib/core/fleet/database-fault.ts';
import { BATCH_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { BATCH_NAME_CHARS_MAX, CHUNKS_MAX } from '#lib/core/limits.ts';
import { givenName } from '#lib/core/values/given-name.ts';
import { actionWords, sum } from './actions.ts';
import { chunk, chunkState } from './chunks.ts';
import { evidence } from './evidence.ts';
import { targetIncident } from './fleet.ts';
import { spend } from './models.ts';
import { resolvedPlan, routingKind } from './plans.ts';
import { count, id, instant, named, nameNumber, noun, sha256 } from './values.ts';

export const batchState = z.enum(BATCH_STATES);

/** What a list of batches is asked with, besides its page. */
export const batchesAsked = {
  state: batchState.optional(),
  name: z
    .string()
    .max(BATCH_NAME_CHARS_MAX, `A batch’s name has at most ${BATCH_NAME_CHARS_MAX} characters.`)
    .optional()
    .describe('Those that have this in their name, however it is written.'),
};
const planDigest = sha256.describe('SHA-256 of the plan as canonical JSON.');

export const batchName = givenName('A batch’s name', { max: BATCH_NAME_CHARS_MAX, missing: 'A batch needs a name.' });

const acceptUnreadable = z
  .int()
  .min(0)
  .optional()
  .describe(
    'How many rows of the dataset could not be read: the batch may go without them. Needed where they are more than 20 or 1 %.',
  );

/** What a batch is made from, with its plan. */
export const newBatch = {
  datasetId: id,
  name: batchName,
  taskRef: givenName('A task reference', { max: 500, missing: 'A task reference has at least one character.' })
    .nullish()
    .describe('The task of another system that this batch is done for.'),
  start: z.boolean().default(false).describe('Start it at once.'),
  acceptUnreadable,
};

/** What of a proposed batch may be changed; `planDigest`: of the plan that was looked at. */
export const batchChange = {
  planDigest,
  name: batchName.optional(),
};

export const restAsked = {
  chunks: z
    .array(nameNumber)
    .min(1)
    .max(CHUNKS_MAX)
    .optional()
    .describe('Cancelled chunks. Left out: all of the batch that are.'),
  name: batchName.optional().describe('What the new batch is called.'),
};

export const startWith = {
  acceptUnreadable,
  planDigest: planDigest
    .optional()
    .describe('Of the plan that was looked at: if the batch has another by now, the start is refused as `stale`.'),
};

export const says = z
  .object({
    mood: z.enum(MOODS),
    words: z.string().describe('“Running (4) · waiting for a person (2)”: the numbers are chunks.'),
  })
  .describe('Its state in words: what runs, and what waits and for what.');

const about = { ...named, state: batchState, datasetId: id, datasetName: z.string() };

const rows = z
  .object({
    read: count,
    unreadable: count,
    accepted: count
      .nullable()
      .describe('The unreadable rows that whoever started it said it may go without, where that was asked.'),
  })
  .describe('Of its dataset: the rows that were read, and those that could not be.');
const times = { createdAt: instant, startedAt: instant.nullable(), finishedAt: instant.nullable() };

export const batchRow = z.object({
  ...about,
  itemCount: count,
  chunkCount: count,
  says,
  waiting: count.describe('Chunks that wait for a person.'),
  claims: z
    .array(z.object({ name: z.string(), mine: z.boolean(), chunks: count }))
    .describe('Of the chunks that wait, those that somebody claimed. The others wait for anybody.'),
  doubts: count.describe('Uncertain actions that nobody has answered or accepted.'),
  itemsFinished: count.describe('Of its items, those that have their outcome.'),
  progress: z
    .number()
    .min(0)
    .max(1)
    .describe('Of its items, those that have their outcome; below 1 for a batch that was cancelled.'),
  taskRef: z.string().nullable(),
  ...times,
});
export type BatchRow = z.infer<typeof batchRow>;

/** A batch that reviews again what another left unsent. */
export const restBatch = z.object({ ...named, state: batchState, items: count });

const undoneBy = z.object({ ...named, state: batchState, items: count, done: count, takenBack: count });
/** A batch that undoes another: how many of its actions it covers and has undone, by its receipts; and how many of those stand again. */
export type UndoneBy = z.infer<typeof undoneBy>;

/** As the API tells of it. */
export const batch = z.object({
  ...about,
  plan: resolvedPlan.describe('The plan as it was started, with every default written out.'),
  planDigest,
  planNotes: z.array(z.string()).describe('What of the plan this version does not know or understand, a sentence each.'),
  routing: routingKind,
  taskRef: z.string().nullable(),
  undoes: z.object(named).nullable().describe('The batch whose receipts this one undoes.'),
  restOf: z
    .object({ ...named, chunks: z.array(z.int()) })
    .nullable()
    .describe('The batch, and its cancelled chunks, of which this one reviews again what was left unsent.'),
  undoneBy: z
    .array(undoneBy)
    .describe(
      'The batches that undo this one, and how many of its actions each has undone, and how many of those were undone in their turn.',
    ),
  createdBy: z.string(),
  rows,
  ...times,
  noun,
  says,
  sum,
  rate: z.number().nullable().describe('Actions, or items classified, per second; null when nothing moves.'),
  etaSeconds: z.number().nullable(),
  needs: z.object({ reviews: count, releases: count, doubts: count, halts: count }).describe('What waits for a person.'),
  targets: z.array(targetIncident).describe('Targets that failed, as far as this batch waits for them.'),
  unattended: z
    .object({ heardAt: instant.nullable() })
    .nullable()
    .describe('Set when a chunk waits for a worker and none was heard of lately; when one was last.'),
  trouble: z.enum(DATABASE_FAULTS).nullable().describe('The fault of the database that the workers wait for; it ends by itself.'),
  categories: z.array(z.object({ name: z.string(), action: actionWords.nullable() })),
  counts: z
    .object({
      categories: z.array(z.object({ name: z.string(), items: count })).describe('Those that have any; the largest first.'),
      upTo: count.describe('How many items are counted: those that are classified now.'),
      of: count.describe('How many items the batch has.'),
      complete: z.boolean().describe('Every item is classified, and counted.'),
    })
    .describe('How many of its items are in each category now. A correction moves them, and so does classifying again.'),
  spend: spend.nullable().describe('What it has spent on a model; null where none was asked yet.'),
  evidence: evidence
    .nullable()
    .describe(
      'What the marks prove, pooled over the chunks that were decided. Null for an undo, and for a batch from before it was kept.',
    ),
  chunks: z.array(chunk),
  groups: z
    .array(z.object({ state: chunkState, stopping: z.enum(STOPPINGS).nullable(), waitsFor: z.enum(WAITS).nullable(), count }))
    .nullable()
    .describe('Instead of the chunks, where there are too many to list: how many are in one state and wait for the same.'),
});

/** As its page is given it. */
const batchView = batch.extend({
  itemCount: count,
  /** of its items, those that have their outcome */
  itemsFinished: count,
  /** the format in which its items are to be had as they were uploaded, by name and in a sentence ("a CSV file"); null when none is known */
  original: z.object({ format: z.string(), file: z.string() }).nullable(),
  /** the number of the chunk to look at next; null when none waits for a person */
  next: z.int().nullable(),
});
export type BatchView = z.infer<typeof batchView>;

/** What a batch is and stays. */
export type BatchAbout = Pick<
  BatchView,
  | ('id' | 'name' | 'datasetId' | 'datasetName' | 'noun' | 'routing')
  | ('taskRef' | 'undoes' | 'restOf' | 'createdBy' | 'createdAt' | 'categories' | 'rows' | 'planDigest')
>;
/** What of a batch changes while one looks. */
export type BatchNow = Omit<BatchView, keyof BatchAbout | 'plan' | 'planNotes' | 'undoneBy' | 'original' | 'evidence'>;

export const moved = z.object({
  state: batchState,
  chunks: z.array(z.int()).describe('The chunks that this changed.'),
  inFlight: count.describe('Requests in flight, whose outcome will still be stored.'),
});
export type Moved = z.infer<typeof moved>;
