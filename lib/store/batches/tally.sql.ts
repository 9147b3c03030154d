/**
 * The chunks of a batch added up by the database, by their states: for batches that have too many to be read one by one at each look. Prisma's groupBy adds up
 * columns, and neither conditions nor what another table says of a row.
 */
import type { Pool } from 'pg';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import { type Sum, waitingOf } from '#lib/core/receipts/sum.ts';
import { ABANDONED, FINISHED_ITEMS, PLAINLY_RIGHT } from './batch-reads.sql.ts';

/** All chunks of a batch that are in one state. */
export type StateTally = {
  state: ChunkState;
  chunks: number;
  items: number;
  classified: number;
  /** items that have their outcome */
  finished: number;
  /** of them, those that wait for no target; the first, and the first that nobody has let pass as it is */
  free: number;
  firstFree: number | null;
  firstHeld: number | null;
  /** uncertain actions that nobody has answered or accepted */
  doubts: number;
};

export type Tally = {
  states: StateTally[];
  sum: Sum;
  /** the chunks with receipts that changed last, the latest first */
  recent: { number: number; seq: number }[];
};

/** What is kept of a chunk's receipts is believed here: the sum is the counters', and checked as far as they plainly say the same. */
export async function readTally(pool: Pool, batchId: string, recent: number): Promise<Tally> {
  const [states, latest] = await Promise.all([
    pool.query<StateTally & Counted>({ name: 'tally', text: TALLY, values: [batchId] }),
    pool.query<{ number: number; seq: number }>({
      name: 'tally-recent',
      text: 'SELECT number, seq FROM chunk WHERE batch_id = $1 AND seq > 0 ORDER BY updated_at DESC, number LIMIT $2',
      values: [batchId, recent],
    }),
  ]);
  return { states: states.rows, sum: sumOfStates(states.rows), recent: latest.rows };
}

type Counted = Pick<Sum, (typeof COUNTED)[number] | 'difference'> & {
  receipts: number;
  checked: number;
  /** the earliest check of those that are not plainly right; and whether one of them was never checked */
  at: Date | null;
  never: boolean;
};

function sumOfStates(states: readonly Counted[]): Sum {
  const total = (of: (one: Counted) => number): number => states.reduce((all, one) => all + of(one), 0);
  const counts = {
    approved: total((one) => one.approved),
    done: total((one) => one.done),
    skipped: total((one) => one.skipped),
    failed: total((one) => one.failed),
    uncertain: total((one) => one.uncertain),
    notExecuted: total((one) => one.notExecuted),
    inFlight: total((one) => one.inFlight),
  };
  const difference = total((one) => one.difference);
  const times = states.flatMap(({ at }) => (at === null ? [] : [at.getTime()]));
  const at = times.length === 0 || states.some(({ never }) => never) ? null : new Date(Math.min(...times)).toISOString();
  const checked = { receipts: total((one) => one.checked), of: total((one) => one.receipts), at };
  return { ...counts, waiting: waitingOf(counts), addsUp: difference === 0, difference, checked };
}

/** How many items of the batch are in each category now, those that have any; the largest first. Kept chunk by chunk with every change: no item is counted. */
export async function readCategoryItems(pool: Pool, batchId: string): Promise<{ name: string; items: number }[]> {
  const { rows } = await pool.query<{ name: string; items: number }>({
    name: 'category-items',
    text: `SELECT category AS name, sum(items)::int AS items FROM chunk_category WHERE batch_id = $1
      GROUP BY category HAVING sum(items) > 0 ORDER BY 2 DESC, 1`,
    values: [batchId],
  });
  return rows;
}

const COUNTED = ['approved', 'done', 'skipped', 'failed', 'uncertain', 'notExecuted', 'inFlight'] as const;

const TALLY = `
SELECT c.state, count(*)::int AS chunks, sum(c.item_count)::int AS items, sum(c.classified)::int AS classified, sum(${FINISHED_ITEMS})::int AS finished,
  count(*) FILTER (WHERE c.incident_id IS NULL)::int AS free, min(c.number) FILTER (WHERE c.incident_id IS NULL) AS "firstFree",
  min(c.number) FILTER (WHERE c.incident_id IS NULL AND NOT c.reviewed) AS "firstHeld",
  sum(CASE WHEN c.uncertain > 0 THEN c.uncertain - ${ABANDONED} ELSE 0 END)::int AS doubts,
  sum(c.approved_actions)::int AS approved, sum(c.done)::int AS done, sum(c.skipped)::int AS skipped, sum(c.failed)::int AS failed,
  sum(c.uncertain)::int AS uncertain, sum(c.not_executed)::int AS "notExecuted", sum(c.in_flight)::int AS "inFlight",
  sum(c.seq)::int AS receipts, coalesce(sum(f.difference), 0)::int AS difference,
  sum(CASE WHEN told.plain THEN c.seq ELSE greatest(0, least(coalesce(f.seq, 0), c.seq - 1)) END)::int AS checked,
  min(f.checked_at) FILTER (WHERE NOT told.plain) AS at, coalesce(bool_or(f.seq IS NULL) FILTER (WHERE NOT told.plain), false) AS never
FROM chunk c LEFT JOIN chunk_fold f ON f.batch_id = c.batch_id AND f.chunk = c.number
CROSS JOIN LATERAL (SELECT ${PLAINLY_RIGHT} AS plain) told
WHERE c.batch_id = $1 GROUP BY c.state`;
