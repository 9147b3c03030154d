/** A batch as its page shows it, put together from one moment: chunks, their sum, speed, and what waits for a person. */
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { finishedItems } from '#lib/core/batches/progress.ts';
import { type Standing, saysOf, standingOf } from '#lib/core/batches/says.ts';
import { waitsFor } from '#lib/core/chunks/waits-for.ts';
import {
  CHUNK_CLASSIFYING,
  CHUNK_IN_REVIEW,
  CHUNK_OWNED,
  CHUNK_PAUSABLE,
  CHUNK_STATES,
  CHUNK_TERMINAL,
  CHUNK_WAITING_FOR_PEOPLE,
} from '#lib/core/lifecycle.ts';
import { BOARD_BATCHES_MAX, LOOK_ROWS_MAX, RATE_WINDOW_MS, TAPE_LINES, TAPE_TOLD } from '#lib/core/limits.ts';
import { NOT_GIVEN } from '#lib/core/receipts/receipt-line.ts';
import { type ChunkSum, type Sum, sumOf, sumOfChunk } from '#lib/core/receipts/sum.ts';
import { toldLine } from '#lib/core/receipts/told-line.ts';
import type { BatchNow } from '#lib/shapes/batches.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import type { TapeLine } from '#lib/shapes/live.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import { spendOf } from '#lib/steps/models/told.ts';
import type { ReceiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { type ChunkNow, type Pulse, readActionRates, readChunksNow, readPulse } from '#lib/store/batches/batch-reads.sql.ts';
import { readCategoryItems, readTally, type StateTally, type Tally } from '#lib/store/batches/tally.sql.ts';
import { readWaiters, type WaiterGroup } from '#lib/store/chunks/wait-facts.sql.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.sql.ts';
import { readTold } from '#lib/store/live/tape.sql.ts';
import { readSpends } from '#lib/store/models/spend.sql.ts';
import type { db } from '#lib/store/postgres/db.ts';
import { readNewest, type Span } from '#lib/store/receipts/receipt-reads.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';

type Pool = ReturnType<typeof db>['pool'];

/** A moment of a batch, with the last event it holds and the seqs of the batch itself (chunk 0) and of the chunks that changed last. */
export type Moment = { now: BatchNow; eventId: string; seqs: Map<number, number> };

/** More than lines on the tape, for some changed without a receipt. */
const RECENT_CHUNKS = 2 * TAPE_LINES;

/** Reads the batch as it is. Null when there is none. */
export async function readMoment(pool: Pool, batchId: string): Promise<Moment | null> {
  const pulse = await readPulse(pool, batchId);
  if (!pulse) return null;
  const [{ tally, chunks }, categories, waiters, targets, actionRates, trouble, spends] = await Promise.all([
    readTogether(pool, batchId, pulse),
    readCategoryItems(pool, batchId),
    pulse.many ? readWaiters(pool, [batchId]) : null,
    readTargets(pool, { batchId }),
    readActionRates(pool, [batchId], RATE_WINDOW_MS),
    readDatabaseFault(pool),
    readSpends(pool, [batchId]),
  ]);
  const spend = spends.get(batchId);
  const { states, sum } = tally;
  const needsWorker = states.some(({ state }) => CHUNK_PAUSABLE.includes(state));
  const needs = needsOf(states);
  const itemCount = total(states, ({ items }) => items);
  const now: BatchNow = {
    state: pulse.state,
    says: saysOf({
      ...{ state: pulse.state, attended: pulse.attended, now: new Date().toISOString(), uncertain: needs.doubts },
      standing: waiters === null ? standingAlone(chunks) : standingOf(waiters),
    }),
    itemCount,
    itemsFinished: total(states, ({ finished }) => finished),
    startedAt: pulse.startedAt?.toISOString() ?? null,
    finishedAt: pulse.finishedAt?.toISOString() ?? null,
    counts: countsOf(categories, itemCount),
    spend: spend ? spendOf(spend) : null,
    sum,
    ...speed(batchId, states, sum, actionRates.get(batchId) ?? null),
    needs,
    targets,
    unattended: pulse.attended || !needsWorker ? null : { heardAt: pulse.heardAt?.toISOString() ?? null },
    trouble: needsWorker ? trouble : null,
    next: nextOf(states),
    chunks,
    groups: waiters === null ? null : groupsOf(states, waiters),
  };
  // Of the batch itself as it was before its chunks were read: what its closing receipt tells of is then among theirs.
  const seqs = [{ number: 0, seq: pulse.seq }, ...tally.recent].filter(({ seq }) => seq > 0);
  return { now, eventId: pulse.eventId, seqs: new Map(seqs.map(({ number, seq }) => [number, seq])) };
}

function countsOf(categories: BatchNow['counts']['categories'], itemCount: number): BatchNow['counts'] {
  const upTo = total(categories, ({ items }) => items);
  return { categories, upTo, of: itemCount, complete: upTo === itemCount };
}

/** The chunks that are not settled, each for itself. */
function standingAlone(chunks: readonly ChunkRow[]): Standing[] {
  return chunks
    .filter(({ state }) => !CHUNK_TERMINAL.includes(state))
    .map(({ state, waitsFor }) => ({ state, waitsFor, chunks: 1 }));
}

/** The chunks of a batch added up; and one by one, where there are not too many. */
export async function readTogether(
  pool: Pool,
  batchId: string,
  { many }: Pick<Pulse, 'many'>,
): Promise<{ tally: Tally; chunks: ChunkRow[] }> {
  if (many) return { tally: await readTally(pool, batchId, RECENT_CHUNKS), chunks: [] };
  const chunks = await readChunksNow(pool, batchId);
  const folded = await foldChunks(pool, batchId, chunks, LOOK_ROWS_MAX);
  return { tally: tallyOf(chunks, folded), chunks: chunks.map((chunk) => chunkRow(chunk, folded.get(chunk.number))) };
}

/**
 * What `readTally` has the database add up, but that the newest receipts are folded too.
 * @internal for its test
 */
export function tallyOf(chunks: readonly ChunkNow[], folded: ReadonlyMap<number, ChunkSum>): Tally {
  const states = [...Map.groupBy(chunks, ({ state }) => state)].map(([state, own]): StateTally => {
    const free = own.filter(({ incidentId }) => incidentId === null);
    return {
      state,
      chunks: own.length,
      items: total(own, ({ itemCount }) => itemCount),
      classified: total(own, ({ classified }) => classified),
      finished: total(own, (chunk) => finishedItems({ ...chunk, decided: chunk.decisionId !== null })),
      free: free.length,
      firstFree: free[0]?.number ?? null,
      firstHeld: free.find(({ reviewed }) => !reviewed)?.number ?? null,
      doubts: total(own, ({ counters, abandoned }) => counters.uncertain - abandoned),
    };
  });
  const written = chunks.filter(({ seq }) => seq > 0).sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime());
  return { states, sum: sumOf(folded.values()), recent: written.slice(0, RECENT_CHUNKS) };
}

function total<One>(all: readonly One[], of: (one: One) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

/** Why a chunk was sent back is in a person's words: whoever may not see items is told that there are some. */
export function withoutNotes<Row extends Pick<ChunkRow, 'note'>>(actor: Actor, chunks: Row[]): Row[] {
  return may(actor, 'see') ? chunks : chunks.map((chunk) => ({ ...chunk, note: chunk.note && NOT_GIVEN }));
}

/** One chunk's row; its counts are the receipts', where those were read. */
export function chunkRow(chunk: ChunkNow, folded: ChunkSum | undefined): ChunkRow {
  const {
    number,
    name,
    state,
    stopping,
    itemCount,
    classified,
    continued,
    reviewed,
    revision,
    seq,
    note,
    haltReason,
    worker,
    agent,
  } = chunk;
  const { waiting: _, ...counts } = folded ? sumOfChunk(folded) : { ...chunk.counters, waiting: 0 };
  return {
    number,
    name,
    state,
    stopping,
    itemCount,
    classified,
    continued,
    reviewed,
    counts,
    revision,
    seq,
    note,
    haltReason,
    waitsFor: waitsFor(chunk),
    worker,
    agent,
  };
}

/**
 * What happened to the batch itself, then the newest receipts up to this moment, each newest first: a thousand receipts a second must not push a
 * takeover off the tape. Given the seqs of an earlier moment and its lines, only the receipts that came since are read.
 */
export async function readTapeAt(
  pool: Pool,
  batchId: string,
  moment: Moment,
  reader: ReceiptReader,
  before?: { seqs: Map<number, number>; lines: TapeLine[] },
) {
  const spans: Span[] = [...moment.seqs]
    .map(([chunk, upTo]) => ({ chunk, above: before?.seqs.get(chunk) ?? 0, upTo }))
    .filter(({ above, upTo }) => upTo > above);
  const rows = await reader.rows(await readNewest(pool, batchId, spans, TAPE_LINES));
  const lines: TapeLine[] = rows.map(({ chunk, seq, ordinal, committedAt, line, kind, result }) => ({
    id: `${chunk}.${seq}`,
    chunk,
    seq,
    ordinal,
    at: committedAt,
    line,
    kind,
    result,
  }));
  const read = new Set(lines.map(({ id }) => id));
  const earlier = before?.lines.filter(({ id, seq }) => seq !== null && !read.has(id)) ?? [];
  const receipts = [...lines, ...earlier].slice(0, TAPE_LINES);
  const told = (await readTold(pool, batchId, TAPE_TOLD)).map(
    ({ id, chunk, at, kind, facts }): TapeLine => ({
      ...{ id, chunk, seq: null, ordinal: null, at: at.toISOString(), line: toldLine(kind, chunk, facts), kind, result: null },
    }),
  );
  return [...told, ...receipts];
}

/** The batch's chunks in the states people act on. `doubts` are actions, the others chunks. */
function needsOf(states: readonly StateTally[]): BatchNow['needs'] {
  const needs: BatchNow['needs'] = { reviews: 0, releases: 0, doubts: total(states, ({ doubts }) => doubts), halts: 0 };
  for (const { state, free } of states.filter(waits)) {
    if (CHUNK_IN_REVIEW.includes(state)) needs.reviews += free;
    else if (state === 'halted') needs.halts += free;
    else needs.releases += free;
  }
  return needs;
}

/** Of chunks in such a state those wait for a person that wait for no target. */
const waits = ({ state }: StateTally): boolean => CHUNK_WAITING_FOR_PEOPLE.includes(state);

/** In the order of the states. Those that are settled wait for nothing. */
function groupsOf(states: readonly StateTally[], waiters: readonly WaiterGroup[]): NonNullable<BatchNow['groups']> {
  return CHUNK_STATES.flatMap((state) => {
    if (CHUNK_TERMINAL.includes(state))
      return states
        .filter((one) => one.state === state)
        .map(({ chunks }) => ({ state, stopping: null, waitsFor: null, count: chunks }));
    const alike = Map.groupBy(
      waiters.filter((waiter) => waiter.state === state),
      (waiter) => `${waiter.stopping} ${waitsFor(waiter)?.for}`,
    );
    return [...alike.values()].flatMap(([first, ...others]) =>
      first
        ? [
            {
              ...{ state, stopping: first.stopping, waitsFor: waitsFor(first)?.for ?? null },
              count: first.chunks + total(others, ({ chunks }) => chunks),
            },
          ]
        : [],
    );
  });
}

/** What stands still in the middle of its actions first, then reviews; those that were already let pass come last. */
function nextOf(states: readonly StateTally[]): number | null {
  const waiting = states.filter(waits);
  const first = (of: (one: StateTally) => number | null): number | null => {
    const numbers = waiting.flatMap((one) => of(one) ?? []);
    return numbers.length === 0 ? null : Math.min(...numbers);
  };
  const stuck = first(({ state, firstFree }) => (CHUNK_IN_REVIEW.includes(state) ? null : firstFree));
  return stuck ?? first(({ firstHeld }) => firstHeld) ?? first(({ firstFree }) => firstFree);
}

/** Classifications carry no time, so how fast items are classified shows only between two looks of this process. */
const looks = new Map<string, { at: number; classified: number }[]>();
const BATCHES_LOOKED_AT = 2 * BOARD_BATCHES_MAX;

function speed(
  batchId: string,
  states: readonly StateTally[],
  sum: Sum,
  actionRate: number | null,
): Pick<BatchNow, 'rate' | 'etaSeconds'> {
  const classifying = states.filter(({ state }) => CHUNK_CLASSIFYING.includes(state));
  return speedOf({
    working: states.some(({ state }) => CHUNK_OWNED.includes(state)),
    actionRate,
    classifyRate: classifyingRate(
      batchId,
      total(states, ({ classified }) => classified),
    ),
    waiting: sum.waiting,
    unclassified: total(classifying, ({ items, classified }) => items - classified),
  });
}

type Moving = {
  /** a worker may have one of its chunks */
  working: boolean;
  actionRate: number | null;
  classifyRate: number | null;
  /** actions that have no receipt yet, and items that have no category yet, of what is worked on or waits for it */
  waiting: number;
  unclassified: number;
};

/** How fast it goes, and when that comes to its end. */
export function speedOf({
  working,
  actionRate,
  classifyRate,
  waiting,
  unclassified,
}: Moving): Pick<BatchNow, 'rate' | 'etaSeconds'> {
  // What nobody works on has no speed, and never comes to its end by itself.
  if (!working) return { rate: null, etaSeconds: null };
  if (actionRate !== null) return { rate: rounded(actionRate), etaSeconds: waiting > 0 ? Math.ceil(waiting / actionRate) : null };
  if (classifyRate === null) return { rate: null, etaSeconds: null };
  return { rate: rounded(classifyRate), etaSeconds: unclassified > 0 ? Math.ceil(unclassified / classifyRate) : null };
}

/** Items classified per second since this process last looked at the batch, within RATE_WINDOW_MS; null when none was. */
export function classifyingRate(batchId: string, classified: number): number | null {
  const at = Date.now();
  const recent = [...(looks.get(batchId) ?? []).filter((look) => at - look.at <= RATE_WINDOW_MS), { at, classified }];
  looks.delete(batchId);
  looks.set(batchId, recent);
  if (looks.size > BATCHES_LOOKED_AT) looks.delete(looks.keys().next().value ?? '');
  const [first] = recent;
  if (!first || at - first.at < 200) return null;
  const rate = ((classified - first.classified) * 1000) / (at - first.at);
  return rate > 0 ? rate : null;
}

const rounded = (rate: number): number => (rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate));
