/** What the live board shows, in few statements: none walks receipts or items, and each is bounded by what is unfinished. */
import type { Pool } from 'pg';
import {
  BATCH_UNFINISHED,
  type BatchState,
  CHUNK_ACTING,
  CHUNK_CLASSIFYING,
  CHUNK_OWNED,
  stateList,
} from '#lib/core/lifecycle.ts';
import {
  BOARD_BATCHES_MAX,
  BOARD_TARGETS_MAX,
  DATABASE_GROWTH_DAYS,
  TALLY_LINE_SECONDS,
  TALLY_SECONDS,
  TARGET_MINUTES,
  WORKER_GONE_MS,
} from '#lib/core/limits.ts';
import { WAITING } from '#lib/store/actions/execution.sql.ts';
import { DOUBTS, FINISHED_ITEMS } from '#lib/store/batches/batch-reads.sql.ts';

/** Whether any worker was heard of lately. */
export async function readAttended(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ attended: boolean }>(
    "SELECT EXISTS (SELECT FROM worker WHERE heartbeat > clock_timestamp() - $1 * interval '1 millisecond') AS attended",
    [WORKER_GONE_MS],
  );
  return rows[0]?.attended ?? false;
}

export type BoardBatchRow = {
  id: string;
  name: string;
  state: BatchState;
  datasetFormat: string | null;
  items: number;
  itemsDone: number;
  classified: number;
  /** of the chunks that are being classified, or wait for it: items that have no category yet */
  unclassified: number;
  /** actions that are approved and have no receipt yet */
  waiting: number;
  /** uncertain actions that nobody has answered or accepted */
  doubts: number;
  /** a worker may have one of its chunks */
  working: boolean;
  startedAt: Date;
  /** of all batches that are running or paused */
  total: number;
};

/** Batches that are running or paused, the oldest first, at most BOARD_BATCHES_MAX. */
export async function readBoardBatches(pool: Pool): Promise<BoardBatchRow[]> {
  const { rows } = await pool.query<BoardBatchRow>({
    name: 'board-batches',
    text: `SELECT b.id, b.name, b.state, d.format AS "datasetFormat", b.started_at AS "startedAt", b.total, c.*
      FROM (SELECT *, count(*) OVER ()::int AS total FROM batch WHERE state IN (${stateList(BATCH_UNFINISHED)}) ORDER BY started_at, id LIMIT $1) b
      JOIN dataset d ON d.id = b.dataset_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(item_count), 0)::int AS items, coalesce(sum(${FINISHED_ITEMS}), 0)::int AS "itemsDone",
          coalesce(sum(classified), 0)::int AS classified,
          coalesce(sum(item_count - classified) FILTER (WHERE state IN (${stateList(CHUNK_CLASSIFYING)})), 0)::int AS unclassified,
          coalesce(sum(${WAITING}) FILTER (WHERE state IN (${stateList(CHUNK_ACTING)})), 0)::int AS waiting,
          ${DOUBTS} AS doubts,
          coalesce(bool_or(state IN (${stateList(CHUNK_OWNED)})), false) AS working
        FROM chunk c WHERE batch_id = b.id) c
      ORDER BY b.started_at, b.id`,
    values: [BOARD_BATCHES_MAX],
  });
  return rows;
}

export type Activity = {
  /** the slot that is being counted now */
  now: Date;
  /** what was counted, by the beginning of its slot of TALLY_SECONDS */
  slots: { at: string; receipts: number; classified: number }[];
};

/** Receipts and classifications of all workers in the slots of the last hour; a slot without any is left out. */
export async function readActivity(pool: Pool): Promise<Activity> {
  const { rows } = await pool.query<Activity>({
    name: 'board-activity',
    text: `SELECT date_bin('${TALLY_SECONDS} seconds', clock_timestamp(), 'epoch') AS now,
        ARRAY(SELECT json_build_object('at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'receipts', sum(receipts)::int, 'classified', sum(classified)::int)
          FROM worker_tally WHERE at >= date_bin('${TALLY_SECONDS} seconds', clock_timestamp(), 'epoch') - $1 * interval '1 second'
          GROUP BY at ORDER BY at) AS slots`,
    values: [TALLY_LINE_SECONDS],
  });
  return rows[0] ?? { now: new Date(0), slots: [] };
}

export type TargetStats = { target: string; requests: number; failed: number; latencies: number[] };

/** How targets answered within the last TARGET_MINUTES, the busiest first. */
export async function readTargetStats(pool: Pool): Promise<TargetStats[]> {
  const { rows } = await pool.query<TargetStats>({
    name: 'board-targets',
    text: `WITH recent AS (SELECT * FROM target_tally WHERE minute > clock_timestamp() - $1 * interval '1 minute'),
      bucket AS (SELECT r.target, u.n, sum(u.count)::int AS count FROM recent r, unnest(r.latencies) WITH ORDINALITY AS u(count, n) GROUP BY 1, 2),
      histogram AS (SELECT target, array_agg(count ORDER BY n) AS latencies FROM bucket GROUP BY 1)
      SELECT t.target, t.requests, t.failed, h.latencies
      FROM (SELECT target, sum(requests)::int AS requests, sum(failed)::int AS failed FROM recent GROUP BY 1) t JOIN histogram h USING (target)
      ORDER BY t.requests DESC, t.target LIMIT $2`,
    values: [TARGET_MINUTES, BOARD_TARGETS_MAX],
  });
  return rows;
}

/** How large the database is, and what it grows in a day, by the hours noted within DATABASE_GROWTH_DAYS; null before there is an hour to compare with. */
export async function readDatabaseSize(pool: Pool): Promise<{ bytes: number; perDay: number | null }> {
  const { rows } = await pool.query<{ bytes: string; before: string | null; hours: number | null }>(
    `SELECT pg_database_size(current_database()) AS bytes, s.bytes AS before,
       (extract(epoch FROM clock_timestamp() - s.hour) / 3600)::float8 AS hours
     FROM (SELECT) one LEFT JOIN LATERAL (
       SELECT hour, bytes FROM database_size WHERE hour > clock_timestamp() - $1 * interval '1 day' ORDER BY hour LIMIT 1) s ON true`,
    [DATABASE_GROWTH_DAYS],
  );
  const { bytes = '0', before = null, hours = null } = rows[0] ?? {};
  const grown = before === null || hours === null || hours < 1 ? null : ((Number(bytes) - Number(before)) / hours) * 24;
  return { bytes: Number(bytes), perDay: grown === null ? null : Math.round(grown) };
}
