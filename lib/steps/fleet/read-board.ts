/** The live board, as it is now. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { saysOf, standingOf, waitGroups } from '#lib/core/batches/says.ts';
import { type Wait, waitsFor } from '#lib/core/chunks/waits-for.ts';
import { latencyQuantile } from '#lib/core/fleet/latency.ts';
import { BOARD_AGENTS_MAX, RATE_WINDOW_MS, TALLY_LINE_SECONDS, TALLY_SECONDS } from '#lib/core/limits.ts';
import type { Board, BoardAgent, BoardBatch, BoardTarget, Queued } from '#lib/shapes/board.ts';
import type { TargetIncident } from '#lib/shapes/fleet.ts';
import { classifyingRate, speedOf } from '#lib/steps/batches/batch-view.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { spendOf } from '#lib/steps/models/told.ts';
import { readActionRates } from '#lib/store/batches/batch-reads.sql.ts';
import { type HeldChunk, type HeldErrand, readHeldChunks, readHeldErrands } from '#lib/store/chunks/at-work.sql.ts';
import { readWaiters, type WaiterGroup } from '#lib/store/chunks/wait-facts.sql.ts';
import {
  type Activity,
  type BoardBatchRow,
  readActivity,
  readAttended,
  readBoardBatches,
  readDatabaseSize,
  readTargetStats,
  type TargetStats,
} from '#lib/store/fleet/board-reads.sql.ts';
import { countClosedThisWeek } from '#lib/store/fleet/incidents.sql.ts';
import { readDatabaseFault, readWorkersNow } from '#lib/store/fleet/workers.sql.ts';
import { readSpends, type SpendRow } from '#lib/store/models/spend.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { closedIncidents, openIncidents } from './read-incidents.ts';

type Pool = ReturnType<typeof db>['pool'];

/** What runs, what waits for whom, how targets answer, and how the house is. */
export async function readBoard(actor: Actor): Promise<Board> {
  authorise(actor, 'see_fleet');
  return boardNow(db().pool);
}

/** The same for whoever knows that the reader may see it. */
export async function boardNow(pool: Pool): Promise<Board> {
  const [workers, rows, waiters, activity, stats, attended, held, errands] = await Promise.all([
    readWorkersNow(pool),
    readBoardBatches(pool),
    readWaiters(pool, null),
    readActivity(pool),
    readTargetStats(pool),
    readAttended(pool),
    readHeldChunks(pool, { agents: true, limit: BOARD_AGENTS_MAX }),
    readHeldErrands(pool, { limit: BOARD_AGENTS_MAX }),
  ]);
  const ids = rows.map(({ id }) => id);
  const [rates, size, trouble, open, closed, closedThisWeek, spends] = await Promise.all([
    readActionRates(pool, ids, RATE_WINDOW_MS),
    readDatabaseSize(pool),
    readDatabaseFault(pool),
    openIncidents(),
    closedIncidents(),
    countClosedThisWeek(pool),
    readSpends(pool, ids),
  ]);
  const byBatch = Map.groupBy(waiters, ({ batchId }) => batchId);
  const batches = rows.map((row) =>
    batchOf(row, {
      waiters: byBatch.get(row.id) ?? [],
      rate: rates.get(row.id) ?? null,
      attended,
      spend: spends.get(row.id) ?? null,
    }),
  );
  const running = waiters.reduce((all, waiter) => all + (waitsFor(waiter) === null ? waiter.chunks : 0), 0);
  return {
    workers: workers.map((worker) => ({ ...worker, heartbeat: worker.heartbeat.toISOString() })),
    agents: await agentsOf(held, errands),
    activity: linesOf(activity),
    batches,
    batchCount: rows[0]?.total ?? 0,
    queue: queueOf(waiters),
    running,
    oldestQuestion: oldestQuestion(waiters, rows),
    targets: targetsOf(
      stats,
      open.flatMap(({ target }) => target ?? []),
    ),
    database: { ...size, trouble },
    incidents: { open, closed, closedThisWeek },
  };
}

/** Agents with their chunks and errands, each by its own name and its key's. */
async function agentsOf(held: readonly HeldChunk[], errands: readonly HeldErrand[]): Promise<BoardAgent[]> {
  const agents = [
    ...held.flatMap(({ agent, ...chunk }) => (agent ? [{ ...chunk, ...agent, item: null }] : [])),
    ...errands.map((errand) => ({ ...errand, lastCall: errand.since })),
  ].slice(0, BOARD_AGENTS_MAX);
  const names = await readNames(
    db(),
    agents.map(({ key }) => key),
  );
  return agents.map(({ batchId: batch, batchName, number, item, since, until, name, key, lastCall }) => ({
    ...{ name, key: names.get(key) ?? null, batch, batchName, number, item },
    ...{ since: since.toISOString(), lastCall: lastCall.toISOString(), until: until.toISOString() },
  }));
}

type Around = { waiters: readonly WaiterGroup[]; rate: number | null; attended: boolean; spend: SpendRow | null };

function batchOf(row: BoardBatchRow, { waiters, rate, attended, spend }: Around): BoardBatch {
  const { id, name, state, datasetFormat, items, itemsDone, classified, unclassified, waiting, doubts, working } = row;
  const classifyRate = classifyingRate(id, classified);
  return {
    ...{ id, name, state, items, itemsDone, noun: nounOf(datasetFormat), spend: spend && spendOf(spend) },
    says: saysOf({ state, uncertain: doubts, attended, now: new Date().toISOString(), standing: standingOf(waiters) }),
    ...speedOf({ working, actionRate: rate, classifyRate, waiting, unclassified }),
    askedSince: earliest(waiters.filter((waiter) => waitsFor(waiter)?.for === 'person'))?.since.toISOString() ?? null,
  };
}

function queueOf(waiters: readonly WaiterGroup[]): Queued[] {
  const alike = new Map<Wait, WaiterGroup[]>();
  for (const waiter of waiters) {
    const what = waitsFor(waiter)?.for;
    if (what) alike.set(what, [...(alike.get(what) ?? []), waiter]);
  }
  return waitGroups(standingOf(waiters)).map((group) => {
    const members = alike.get(group.for) ?? [];
    return {
      ...group,
      batches: new Set(members.map(({ batchId }) => batchId)).size,
      since: (earliest(members)?.since ?? new Date(0)).toISOString(),
    };
  });
}

function oldestQuestion(waiters: readonly WaiterGroup[], rows: readonly BoardBatchRow[]): Board['oldestQuestion'] {
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const oldest = earliest(waiters.filter((waiter) => waitsFor(waiter)?.for === 'person' && names.has(waiter.batchId)));
  return oldest
    ? { since: oldest.since.toISOString(), batchId: oldest.batchId, batchName: names.get(oldest.batchId) ?? '' }
    : null;
}

function earliest<Waiter extends { since: Date }>(waiters: readonly Waiter[]): Waiter | null {
  return waiters.reduce<Waiter | null>((first, waiter) => (first && first.since <= waiter.since ? first : waiter), null);
}

/** The hour up to the slot that is being counted, one number a slot. */
function linesOf({ now, slots }: Activity): Board['activity'] {
  const length = TALLY_LINE_SECONDS / TALLY_SECONDS;
  const [receipts, classified] = [0, 0].map(() => Array.from({ length }, () => 0)) as [number[], number[]];
  for (const slot of slots) {
    const ago = (now.getTime() - new Date(slot.at).getTime()) / 1000 / TALLY_SECONDS;
    const at = length - ago;
    if (at < 0 || at >= length) continue;
    receipts[at] = slot.receipts;
    classified[at] = slot.classified;
  }
  return { slotSeconds: TALLY_SECONDS, receipts, classified };
}

/** What nobody sends to comes first, though nothing was heard of it lately. */
function targetsOf(stats: readonly TargetStats[], broken: readonly TargetIncident[]): BoardTarget[] {
  const known = new Map(stats.map((stat) => [stat.target, stat]));
  const told = (target: string, breaker: TargetIncident | null): BoardTarget => {
    const { requests = 0, failed = 0, latencies = [] } = known.get(target) ?? {};
    return { target, requests, failed, p50Ms: msOf(latencies, 0.5), p95Ms: msOf(latencies, 0.95), breaker };
  };
  const names = new Set(broken.map(({ target }) => target));
  return [
    ...broken.map((incident) => told(incident.target, incident)).sort((one, other) => (one.target < other.target ? -1 : 1)),
    ...stats.filter(({ target }) => !names.has(target)).map(({ target }) => told(target, null)),
  ];
}

function msOf(latencies: readonly number[], quantile: number): number | null {
  const ms = latencyQuantile(latencies, quantile);
  return ms === null ? null : Math.round(ms * 10) / 10;
}
