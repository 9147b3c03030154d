/** How a batch stands, as an agent that supervises is told: states, counts, who works on what, and what waits for a person. Nothing of seeds, samples or marks. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { taskId } from '#lib/core/chunks/task-id.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { workerName } from '#lib/core/fleet/worker-name.ts';
import { BATCH_OVER, type BatchState, CHUNK_STATES, CHUNK_TRANSITIONS, type ChunkState } from '#lib/core/lifecycle.ts';
import { AGENT_CHUNKS_LISTED } from '#lib/core/limits.ts';
import type { AtWork, BatchStanding } from '#lib/shapes/supervision.ts';
import { readMoment } from '#lib/steps/batches/batch-view.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { countAppends } from '#lib/store/chunks/appends.ts';
import {
  type HeldChunk,
  type HeldErrand,
  readHeldChunks,
  readHeldErrands,
  readWanting,
  type WantingChunk,
} from '#lib/store/chunks/at-work.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ batchId: z.uuid() });

/** Throws `not_found`, `forbidden`. */
export async function readStanding(actor: Actor, raw: z.input<typeof input>): Promise<BatchStanding> {
  authorise(actor, 'supervise');
  return standingOf(readInput(input, raw).batchId);
}

/** The caller has authorised. Throws `not_found`. */
export async function standingOf(batchId: string): Promise<BatchStanding> {
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const moment = facts && (await readMoment(pool, batchId));
  if (!facts || !moment) throw new CountersignError('not_found', 'There is no such batch.');
  const [held, errands, wanting, { attestations }, chunks] = await Promise.all([
    readHeldChunks(pool, { batchId, limit: AGENT_CHUNKS_LISTED }),
    readHeldErrands(pool, { batchId, limit: AGENT_CHUNKS_LISTED }),
    readWanted(batchId, facts.state as BatchState),
    countAppends(db(), { batchId }),
    db().prisma.chunk.groupBy({ by: ['state'], where: { batchId }, _count: { _all: true } }),
  ]);
  const { state, itemCount, counts, sum } = moment.now;
  const { wanted, count: wantedCount, cursor } = wanting;
  return {
    batch: { id: batchId, name: facts.name, task: taskId(batchId), page: pageOf(batchId) },
    ...{ state, over: BATCH_OVER.includes(state), items: itemCount, categories: counts.categories, sum, attestations },
    chunks: CHUNK_STATES.flatMap((one) => {
      const found = chunks.find((row) => row.state === one);
      return found ? [{ state: one, chunks: found._count._all }] : [];
    }),
    working: await atWork(held, errands),
    ...{ wanted, wantedCount, cursor },
  };
}

type Wanted = { wanted: BatchStanding['wanted']; count: number; cursor: string };

/** What of a batch waits for a person, and a name of all of that. */
export async function readWanted(batchId: string, state: BatchState): Promise<Wanted> {
  const { first, count, digest } = await readWanting(db().pool, batchId, AGENT_CHUNKS_LISTED);
  const ofAll = OF_BATCH[state];
  const whole = ofAll ? [{ chunk: null, what: ofAll, since: null, page: pageOf(batchId) }] : [];
  return {
    wanted: [
      ...whole,
      ...first.map((chunk) => ({
        chunk: chunk.number,
        what: whatOf(chunk),
        since: chunk.since.toISOString(),
        page: pageOf(batchId, chunk),
      })),
    ],
    count: count + whole.length,
    cursor: `${state}.${count}.${digest}`,
  };
}

const OF_BATCH: Partial<Record<BatchState, string>> = {
  proposed: 'It was not started: whoever may start it does.',
  paused: 'It is paused: a person resumes it.',
};

function whatOf({ number, state }: WantingChunk): string {
  return `Chunk ${number} is ${chunkWords(state)}.`;
}

function pageOf(batchId: string, chunk: Pick<WantingChunk, 'number' | 'state'> | null = null): string {
  if (chunk === null) return `/batches/${batchId}`;
  if (UNCERTAIN.includes(chunk.state)) return `/batches/${batchId}?tab=uncertain`;
  return `/batches/${batchId}/chunks/${chunk.number}`;
}
const UNCERTAIN: readonly ChunkState[] = ['unresolved'];

/** Who has these chunks and errands, by name. */
async function atWork(held: readonly HeldChunk[], errands: readonly HeldErrand[]): Promise<AtWork[]> {
  const names = await readNames(db(), [...held.flatMap(({ agent }) => agent?.key ?? []), ...errands.map(({ key }) => key)]);
  const chunks = held.map(({ number: chunk, state, since, agent, worker }) => ({
    ...{ chunk, state, item: null, since: since.toISOString() },
    who: agent?.name ?? (worker ? `Worker ${workerName(worker)}` : 'A worker'),
    key: agent ? (names.get(agent.key) ?? null) : null,
    lastCall: agent?.lastCall.toISOString() ?? null,
    until: agent?.until.toISOString() ?? null,
  }));
  const inHand = errands.map(({ number: chunk, item, since, until, key, name }) => ({
    ...{ chunk, state: CHUNK_TRANSITIONS.claim_execute.to, item, since: since.toISOString() },
    ...{ who: name, key: names.get(key) ?? null, lastCall: since.toISOString(), until: until.toISOString() },
  }));
  return [...chunks, ...inHand].slice(0, AGENT_CHUNKS_LISTED);
}
