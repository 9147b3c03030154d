/** The figures of the house, as /metrics gives them: read at most once in METRICS_MS, however often they are asked for. */
import type { Pool } from 'pg';
import { WAITS, type Wait, waitsFor } from '#lib/core/chunks/waits-for.ts';
import { INCIDENT_KINDS } from '#lib/core/fleet/incident-kinds.ts';
import { latencyQuantile } from '#lib/core/fleet/latency.ts';
import { BATCH_STATES, CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { METRICS_MS } from '#lib/core/limits.ts';
import { readWaiters } from '#lib/store/chunks/wait-facts.sql.ts';
import { readDatabaseSize, readTargetStats } from '#lib/store/fleet/board-reads.sql.ts';
import { readCounts } from '#lib/store/fleet/metric-reads.sql.ts';
import { readWorkersNow } from '#lib/store/fleet/workers.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

type Counted = Record<string, number>;

export type Figures = {
  batches: Counted;
  chunks: Counted;
  waiting: Counted;
  running: number;
  workers: Counted;
  receipts: number;
  incidents: Counted;
  breakers: Counted;
  /** since when the oldest question waits, in seconds; 0 when nobody is asked */
  oldestQuestionSeconds: number;
  targets: { target: string; errorRatio: number; p50Seconds: number; p95Seconds: number }[];
  databaseBytes: number;
  pool: { total: number; idle: number; waiting: number };
};

let last: { at: number; pool: Pool; read: Promise<Figures> } | null = null;

/** For whoever knows that the reader may see them. Throws when the database can't be asked. */
export function readFigures(): Promise<Figures> {
  const now = performance.now();
  const { pool } = db();
  // What was read of one database is nothing of another.
  if (last?.pool !== pool || now - last.at >= METRICS_MS) last = { at: now, pool, read: figuresNow(pool) };
  return last.read;
}

async function figuresNow(pool: Pool): Promise<Figures> {
  const [counts, waiters, workers, stats, size] = await Promise.all([
    readCounts(pool),
    readWaiters(pool, null),
    readWorkersNow(pool),
    readTargetStats(pool),
    readDatabaseSize(pool),
  ]);
  const waits = waiters.map((waiter) => ({ what: waitsFor(waiter)?.for ?? null, ...waiter }));
  const of = (what: Wait | null) => waits.filter((one) => one.what === what).reduce((all, { chunks }) => all + chunks, 0);
  const asked = waits.filter(({ what }) => what === 'person').map(({ since }) => since.getTime());
  const ms = (latencies: readonly number[], quantile: number) => (latencyQuantile(latencies, quantile) ?? 0) / 1000;
  return {
    batches: counted(BATCH_STATES, counts.batches),
    chunks: counted(CHUNK_STATES, counts.chunks),
    waiting: Object.fromEntries(WAITS.map((what) => [what, of(what)])),
    running: of(null),
    workers: countBy(
      ['idle', 'busy', 'draining', 'gone'],
      workers.map(({ state }) => state),
    ),
    receipts: counts.receipts,
    incidents: counted(Object.keys(INCIDENT_KINDS), counts.incidents),
    breakers: counted(['open', 'probing', 'paused'], counts.breakers),
    oldestQuestionSeconds: asked.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...asked)) / 1000),
    targets: stats.map(({ target, requests, failed, latencies }) => ({
      target,
      errorRatio: failed / requests,
      p50Seconds: ms(latencies, 0.5),
      p95Seconds: ms(latencies, 0.95),
    })),
    databaseBytes: size.bytes,
    pool: { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount },
  };
}

/** A figure that is 0 is told too: one that is missing looks like a house that can't be asked. */
function counted(all: readonly string[], rows: readonly { of: string; count: number }[]): Counted {
  const found = new Map(rows.map(({ of, count }) => [of, count]));
  return Object.fromEntries(all.map((name) => [name, found.get(name) ?? 0]));
}

function countBy(all: readonly string[], names: readonly string[]): Counted {
  return Object.fromEntries(all.map((name) => [name, names.filter((one) => one === name).length]));
}
