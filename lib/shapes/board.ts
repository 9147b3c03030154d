/** The live board: what is running, what waits for whom, and how the house is. */
import { z } from 'zod';
import { WAITS } from '#lib/core/chunks/waits-for.ts';
import { DATABASE_FAULTS } from '#lib/core/fleet/database-fault.ts';
import { batchState, says } from './batches.ts';
import { waitsFor } from './chunks.ts';
import { incident, ownedChunk, targetIncident, workerRow } from './fleet.ts';
import { spend } from './models.ts';
import { count, id, instant, named, noun } from './values.ts';

const boardWorker = workerRow
  .omit({ chunk: true })
  .extend({ chunks: z.array(ownedChunk.extend({ inFlight: count })).describe('The chunks that it has under a lease.') });
export type BoardWorker = z.infer<typeof boardWorker>;

const boardAgent = z.object({
  name: z.string().describe('What it calls itself.'),
  key: z.string().nullable().describe('The name of its key, and whose it is.'),
  batch: id,
  batchName: z.string(),
  number: z.int().describe('The chunk that it has, or of whose items it has one.'),
  item: z.int().nullable().describe('The item whose errand it has; null: it classifies the chunk.'),
  since: instant,
  lastCall: instant.describe('When it was last heard of about this.'),
  until: instant.describe(
    'Without a word of it by then the chunk is anybody’s to claim; or what became of the errand is uncertain.',
  ),
});
export type BoardAgent = z.infer<typeof boardAgent>;

const boardBatch = z.object({
  ...named,
  state: batchState,
  says,
  noun,
  items: count,
  itemsDone: count.describe('Items that have their outcome.'),
  rate: z.number().nullable().describe('Actions, or items classified, per second; null when nothing moves.'),
  etaSeconds: z.number().nullable(),
  spend: spend.nullable().describe('What it has spent on a model; null where none was asked yet.'),
  askedSince: instant.nullable().describe('Since when the oldest of its questions waits for a person; null when none does.'),
});
export type BoardBatch = z.infer<typeof boardBatch>;

const queued = waitsFor.extend({
  for: z.enum(WAITS),
  chunks: count,
  batches: count,
  since: instant.describe('When the oldest of them came into its state.'),
});
export type Queued = z.infer<typeof queued>;

const boardTarget = z.object({
  target: z.string(),
  requests: count,
  failed: count.describe('Requests that did not succeed.'),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  breaker: targetIncident.nullable().describe('Set while nobody sends to the target.'),
});
export type BoardTarget = z.infer<typeof boardTarget>;

const line = z.array(count).describe('The last hour in slots, the oldest first; the one that is being counted is left out.');

export const board = z.object({
  workers: z.array(boardWorker),
  agents: z
    .array(boardAgent)
    .describe('Agents: a row for each chunk that one classifies, and for each errand that one has in hand.'),
  activity: z.object({
    slotSeconds: count,
    receipts: line,
    classified: line,
  }),
  batches: z.array(boardBatch),
  batchCount: count.describe('Batches that are running or paused, also those beyond the ones that are listed.'),
  queue: z.array(queued).describe('Chunks that wait, by what they wait for.'),
  running: count.describe('Chunks that a worker is working on.'),
  oldestQuestion: z.object({ since: instant, batchId: id, batchName: z.string() }).nullable(),
  targets: z
    .array(boardTarget)
    .describe('How targets answered within the last minutes, the busiest first; and those that nobody sends to.'),
  database: z.object({
    bytes: count,
    perDay: z.number().nullable().describe('Bytes that it grows in a day; null in its first hour.'),
    trouble: z.enum(DATABASE_FAULTS).nullable(),
  }),
  incidents: z.object({ open: z.array(incident), closed: z.array(incident), closedThisWeek: count }),
});
export type Board = z.infer<typeof board>;
