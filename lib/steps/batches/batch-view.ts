/** A batch as its page shows it, put together from one moment: chunks, the sum folded at their seqs, speed, and what waits for a person. */
import { saysOf } from '#lib/core/batches/says.ts';
import { waitsFor } from '#lib/core/chunks/waits-for.ts';
import {
  CHUNK_CLASSIFYING,
  CHUNK_IN_REVIEW,
  CHUNK_OWNED,
  CHUNK_PAUSABLE,
  CHUNK_TERMINAL,
  countStates,
  waitsForPeople,
} from '#lib/core/lifecycle.ts';
import { BOARD_BATCHES_MAX, CHUNKS_SHOWN_MAX, RATE_WINDOW_MS, TAPE_LINES, TAPE_TOLD } from '#lib/core/limits.ts';
import { type ChunkSum, type Sum, sumOf, sumOfChunk } from '#lib/core/receipts/sum.ts';
import { toldLine } from '#lib/core/receipts/told-line.ts';
import type { BatchNow } from '#lib/shapes/batches.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import type { TapeLine } from '#lib/shapes/live.ts';
import { readTargets } from '#lib/steps/fleet/target-incidents.ts';
import type { ReceiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { type ChunkNow, readActionRates, readChunksNow, readPulse } from '#lib/store/batches/batch-reads.ts';
import { readDatabaseFault } from '#lib/store/fleet/workers.ts';
import { readTold } from '#lib/store/live/tape.ts';
import type { db } from '#lib/store/postgres/db.ts';
import { readNewest, type Span } from '#lib/store/receipts/receipt-reads.ts';
import { foldChunks } from '#lib/store/receipts/sum.ts';

type Pool = ReturnType<typeof db>['pool'];

/** A moment of a batch, with the last event it holds and every chunk's seq in it. */
export type Moment = { now: BatchNow; eventId: string; seqs: Map<number, number>; recent: number[] };

/** Reads the batch as it is. Null when there is none. */
export async function readMoment(pool: Pool, batchId: string): Promise<Moment | null> {
  const pulse = await readPulse(pool, batchId);
  if (!pulse) return null;
  const chunks = await readChunksNow(pool, batchId);
  const [folded, targets, actionRates, trouble] = await Promise.all([
    foldChunks(pool, batchId, chunks),
    readTargets(pool, { batchId }),
    readActionRates(pool, [batchId], RATE_WINDOW_MS),
    readDatabaseFault(pool),
  ]);
  const sum = sumOf(folded.values());
  const needs = needsOf(chunks, folded);
  const says = saysOf({
    ...{ state: pulse.state, attended: pulse.attended, now: new Date().toISOString(), uncertain: needs.doubts },
    standing: chunks
      .filter(({ state }) => !CHUNK_TERMINAL.includes(state))
      .map((chunk) => ({ waitsFor: waitsFor(chunk), chunks: 1 })),
  });
  const now: BatchNow = {
    state: pulse.state,
    says,
    itemCount: chunks.reduce((items, chunk) => items + chunk.itemCount, 0),
    startedAt: pulse.startedAt?.toISOString() ?? null,
    finishedAt: pulse.finishedAt?.toISOString() ?? null,
    sum,
    ...speed(batchId, chunks, sum, actionRates.get(batchId) ?? null),
    needs,
    targets,
    unattended: pulse.attended || !chunks.some(needsWorker) ? null : { heardAt: pulse.heardAt?.toISOString() ?? null },
    trouble: chunks.some(needsWorker) ? trouble : null,
    next: nextOf(chunks),
    chunks: chunks.length > CHUNKS_SHOWN_MAX ? [] : chunks.map((chunk) => chunkRow(chunk, folded.get(chunk.number))),
    groups: chunks.length > CHUNKS_SHOWN_MAX ? countStates(chunks) : null,
  };
  const written = chunks.filter(({ seq }) => seq > 0).sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime());
  return {
    now,
    eventId: pulse.eventId,
    seqs: new Map(chunks.map(({ number, seq }) => [number, seq])),
    recent: written.slice(0, 2 * TAPE_LINES).map(({ number }) => number),
  };
}

/** One chunk's row; its counts are the receipts', not the counters'. */
export function chunkRow(chunk: ChunkNow, folded: ChunkSum | undefined): ChunkRow {
  const { number, name, state, stopping, itemCount, classified, continued, revision, seq, note, haltReason, worker } = chunk;
  const { waiting: _, ...counts } = folded ? sumOfChunk(folded) : { ...chunk.counters, waiting: 0 };
  return {
    number,
    name,
    state,
    stopping,
    itemCount,
    classified,
    continued,
    counts,
    revision,
    seq,
    note,
    haltReason,
    waitsFor: waitsFor(chunk),
    worker,
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
  const spans: Span[] = before
    ? [...moment.seqs]
        .map(([chunk, upTo]) => ({ chunk, above: before.seqs.get(chunk) ?? 0, upTo }))
        .filter(({ above, upTo }) => upTo > above)
    : moment.recent.map((chunk) => ({ chunk, above: 0, upTo: moment.seqs.get(chunk) ?? 0 }));
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
  const receipts = [...lines, ...(before?.lines.filter(({ seq }) => seq !== null) ?? [])].slice(0, TAPE_LINES);
  const told = (await readTold(pool, batchId, TAPE_TOLD)).map(
    ({ id, chunk, at, kind, facts }): TapeLine => ({
      ...{ id, chunk, seq: null, ordinal: null, at: at.toISOString(), line: toldLine(kind, chunk, facts), kind, result: null },
    }),
  );
  return [...told, ...receipts];
}

/** The batch's chunks in the states people act on. `doubts` are actions, the others chunks. */
function needsOf(chunks: readonly ChunkNow[], folded: Map<number, ChunkSum>): BatchNow['needs'] {
  const needs: BatchNow['needs'] = { reviews: 0, releases: 0, doubts: 0, halts: 0 };
  for (const { number } of chunks) needs.doubts += folded.get(number)?.folded.states.uncertain ?? 0;
  for (const { state } of chunks.filter(waitsForPeople)) {
    if (CHUNK_IN_REVIEW.includes(state)) needs.reviews += 1;
    else if (state === 'halted') needs.halts += 1;
    else needs.releases += 1;
  }
  return needs;
}

function needsWorker({ state }: ChunkNow): boolean {
  return CHUNK_PAUSABLE.includes(state);
}

/** What stands still in the middle of its actions first, then reviews; those that were already let pass come last. */
function nextOf(chunks: readonly ChunkNow[]): number | null {
  const waiting = chunks.filter(waitsForPeople);
  const first = (of: (chunk: ChunkNow) => boolean) => waiting.find(of)?.number;
  const stuck = ({ state }: ChunkNow) => !CHUNK_IN_REVIEW.includes(state);
  return first(stuck) ?? first(({ continued }) => !continued) ?? first(() => true) ?? null;
}

/** Classifications carry no time, so how fast items are classified shows only between two looks of this process. */
const looks = new Map<string, { at: number; classified: number }[]>();
const BATCHES_LOOKED_AT = 2 * BOARD_BATCHES_MAX;

function speed(
  batchId: string,
  chunks: readonly ChunkNow[],
  sum: Sum,
  actionRate: number | null,
): Pick<BatchNow, 'rate' | 'etaSeconds'> {
  const total = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0);
  return speedOf({
    working: chunks.some(({ state }) => CHUNK_OWNED.includes(state)),
    actionRate,
    classifyRate: classifyingRate(batchId, total(chunks.map(({ classified }) => classified))),
    waiting: sum.waiting,
    unclassified: total(
      chunks.filter(({ state }) => CHUNK_CLASSIFYING.includes(state)).map(({ itemCount, classified }) => itemCount - classified),
    ),
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
