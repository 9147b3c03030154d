/**
 * What execution reads and the transitions it ends with. It reads frozen rows and receipts only, never classifications or the plan's rules. Hot, fenced by the
 * epoch, and by the database's clock: statements of our own.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { batchFrom, CHUNK_FIRSTS_UNDONE, CHUNK_TERMINAL, chunkFrom, stateList } from '#lib/core/lifecycle.ts';
import { WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import { NO_ATTEMPTS } from '#lib/core/receipts/answer.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { inTransaction, type Querying, type Tx } from '#lib/store/postgres/db.ts';
import { readUnclosed } from '#lib/store/receipts/batch-receipts.sql.ts';
import { storeClosing } from '#lib/store/receipts/batch-receipts.ts';
import type { TargetFault } from './breakers.sql.ts';

export type Approval = {
  decisionId: string;
  manifestDigest: string;
  released: boolean;
  serial: boolean;
  /** from the last item to the first */
  backwards: boolean;
  retryUpTo: number;
  /** what was counted before the chunk was given back; null where nothing goes on */
  counted: Counted | null;
  plan: Plan;
};

/** Of an error budget: outcomes, failures among them, and those since the last success; `last` is the target whose fault all of these are. */
export type Counted = { outcomes: number; all: Failures; run: Failures };
type Failures = { count: number; last: TargetFault | null };

const failures = z.object({
  count: z.int().min(0),
  last: z.object({ target: z.string(), message: z.string() }).nullable().catch(null),
});
/** What was counted by a version that counted otherwise is not gone on from. */
const counted: z.ZodType<Counted | null> = z
  .object({ outcomes: z.int().min(0), all: failures, run: failures })
  .nullable()
  .catch(null);

/** The approval that this claim executes under; null when the claim is lost, or there is none. */
export async function readApproval(pool: Pool, claim: Claim): Promise<Approval | null> {
  const { rows } = await pool.query<Omit<Approval, 'plan' | 'counted'> & { plan: unknown; counted: unknown }>(
    `SELECT c.decision_id AS "decisionId", encode(d.digest, 'hex') AS "manifestDigest", c.released, c.serial, c.backwards, c.retry_up_to AS "retryUpTo", c.error_budget AS counted, b.plan
     FROM chunk c JOIN decision_chunk d ON d.decision_id = c.decision_id AND d.chunk_id = c.id JOIN batch b ON b.id = c.batch_id
     WHERE c.id = $1 AND c.epoch = $2`,
    [claim.chunkId, claim.epoch],
  );
  const [row] = rows;
  return row ? { ...row, plan: storedPlan(row.plan).value, counted: counted.parse(row.counted) } : null;
}

/** What is counted of the error budget goes on where the chunk is given back and taken again: else one that is given back after each send would never spend it. */
export async function keepCounted(pool: Pool, claim: Claim, counted: Counted): Promise<void> {
  await pool.query('UPDATE chunk SET error_budget = $4 WHERE id = $1 AND epoch = $2 AND state = $3', [
    ...[claim.chunkId, claim.epoch, claim.state, JSON.stringify(counted)],
  ]);
}

export type FrozenRow = {
  ordinal: number;
  category: string;
  connector: string | null;
  connection: string | null;
  do: string | null;
  version: number | null;
  requestDigest: string | null;
  itemDigest: string;
};

/** Every manifest row of the chunk in ordinal order, page by page: to verify the digest once per epoch (I5). */
export async function* frozenRows(pool: Pool, claim: Claim, decisionId: string): AsyncGenerator<FrozenRow[]> {
  for (let after = 0; ; ) {
    const { rows } = await pool.query<FrozenRow>(
      `SELECT ordinal, category, connector, connection, "do", version, encode(request_digest, 'hex') AS "requestDigest",
         encode(item_digest, 'hex') AS "itemDigest"
       FROM manifest_row WHERE decision_id = $1 AND chunk_id = $2 AND ordinal > $3 ORDER BY ordinal LIMIT 5000`,
      [decisionId, claim.chunkId, after],
    );
    if (rows.length === 0) return;
    yield rows;
    after = rows[rows.length - 1]?.ordinal ?? after;
  }
}

export type WorkRow = {
  ordinal: number;
  category: string;
  connector: string;
  connection: string | null;
  do: string;
  version: number;
  itemDigest: string;
  requestDigest: string;
  request: Buffer;
  /** the receipt fields' values, by name */
  fields: Record<string, string>;
  /** the action's last receipt, null when it has none */
  step: number | null;
  kind: 'intent' | 'outcome' | 'resolution' | null;
  result: string | null;
  seq: number | null;
  /** the last receipt's bytes, to repeat an open intent and to number the next attempt */
  body: Buffer | null;
  leaf: Buffer | null;
  /** how old the last receipt is, by the database's clock */
  ageMs: number | null;
  /** attempts that failed since a person last asked for more */
  tried: number;
};

export type Page = {
  decisionId: string;
  /** the last ordinal of the page before; null: the first page */
  after: number | null;
  limit: number;
  receiptFields: string[];
  released: boolean;
  retryUpTo: number;
  backwards: boolean;
  /** failures that are attempted again by themselves, up to so many attempts */
  retry: { attempts: number; reasons: readonly { connector: string; reason: string }[] };
};

/** Actions that are to be sent next: never tried, or due for the next attempt. In ordinal order after `after`, or backwards from there. */
export function nextWork(pool: Pool, claim: Claim, page: Page): Promise<WorkRow[]> {
  return readWork('next-work', DUE, pool, claim, page);
}

/** Intents without an outcome: what an owner before this one left open (I2, I4). */
export function openIntents(pool: Pool, claim: Claim, page: Page): Promise<WorkRow[]> {
  return readWork('open-intents', OPEN, pool, claim, page);
}

async function readWork(name: string, due: string, pool: Pool, claim: Claim, page: Page): Promise<WorkRow[]> {
  const { rows } = await pool.query<WorkRow>({
    name: page.backwards ? `${name}-backwards` : name,
    text: work(due, page.backwards),
    values: [
      ...[page.decisionId, claim.chunkId, page.after ?? (page.backwards ? ORDINAL_END : 0), claim.batchId, claim.datasetId],
      ...[page.receiptFields, page.released, page.retryUpTo, page.limit, page.retry.attempts],
      ...[page.retry.reasons.map(({ connector }) => connector), page.retry.reasons.map(({ reason }) => reason)],
    ],
  });
  for (const { ordinal, request } of rows as { ordinal: number; request: Buffer | null }[])
    if (request === null)
      throw new CountersignError(
        'conflict',
        `The request of item ${ordinal} was erased, so it can’t be sent. Nothing of it was.`,
      );
  return rows;
}

/** Above every ordinal: those are PostgreSQL integers. */
const ORDINAL_END = 2 ** 31 - 1;

const work = (due: string, backwards: boolean): string => `
SELECT m.ordinal, m.category, m.connector, m.connection, m."do", m.version, encode(m.item_digest, 'hex') AS "itemDigest",
  encode(m.request_digest, 'hex') AS "requestDigest", f.bytes AS request,
  CASE WHEN $6::text[] = '{}' THEN '{}' ELSE (
    SELECT jsonb_object_agg(k, coalesce(i.fields ->> k, '')) FROM item i, unnest($6::text[]) k
    WHERE i.dataset_id = $5 AND i.ordinal = m.ordinal) END AS fields,
  r.step, r.kind, r.result, r.seq, r.body, r.leaf, (extract(epoch FROM clock_timestamp() - r.committed_at) * 1000)::float8 AS "ageMs", t.tried
FROM manifest_row m
JOIN frozen_request f ON f.digest = m.request_digest
LEFT JOIN LATERAL (
  SELECT step, kind, result, seq, body, leaf, committed_at FROM receipt WHERE batch_id = $4 AND ordinal = m.ordinal ORDER BY step DESC LIMIT 1
) r ON true
CROSS JOIN LATERAL (
  SELECT count(*)::int AS tried FROM receipt f
  WHERE r.result = 'failed' AND f.batch_id = $4 AND f.ordinal = m.ordinal AND f.result = 'failed' AND f.seq > $8
) t
WHERE m.decision_id = $1 AND m.chunk_id = $2 AND m.ordinal ${backwards ? '<' : '>'} $3 AND m.connector IS NOT NULL AND (m.first OR $7) AND ${due}
ORDER BY m.ordinal ${backwards ? 'DESC' : ''} LIMIT $9`;

/** What a receipt gives as its reason. */
function reasonOf(receipt: string): string {
  return `convert_from(${receipt}.body, 'UTF8')::jsonb ->> 'reason'`;
}

/** A person left what has no receipt unsent: a retry is about the others. */
const REST_ACCEPTED = '(SELECT accepted_rest > 0 FROM chunk WHERE id = $2)';
/** What was called back when its chunk stopped was no attempt. An owner that ended while an attempt waited left a failure behind; its receipts say that the next attempt is due. */
const DUE = `((r.step IS NULL AND NOT ${REST_ACCEPTED}) OR (r.result IN ('failed', 'not_executed') AND r.seq <= $8)
  OR (r.result = 'not_executed' AND EXISTS (
    SELECT FROM receipt w WHERE w.batch_id = $4 AND w.ordinal = m.ordinal AND w.step = r.step - 1
      AND ${reasonOf('w')} = ANY ('{${NO_ATTEMPTS.join()}}')))
  OR (r.result = 'failed' AND t.tried < $10 AND EXISTS (
    SELECT FROM unnest($11::text[], $12::text[]) AS passing(connector, reason)
    WHERE passing.connector = m.connector AND passing.reason = ${reasonOf('r')})))`;
const OPEN = `(r.kind = 'intent' AND ($10::int, $11::text[], $12::text[]) IS NOT NULL)`;

export type Ending = 'paused' | 'cancelled' | 'awaiting_release' | 'unresolved' | 'done';

/**
 * Ends an execution with nothing in flight, fenced by the epoch; the next state is derived from the row itself. `cutShort`: the executor was
 * refused an intent, so something is left to be sent. `resumed` when whoever stopped it let it go on meanwhile: then nothing has ended. Null when
 * the claim is lost. The unsent actions of a chunk that is cancelled, or whose rest was accepted, become `not executed`.
 */
export async function endExecution(pool: Pool, claim: Claim, cutShort: boolean): Promise<Ending | 'resumed' | null> {
  return inTransaction(pool, async (tx) => {
    // Locked by a statement of its own: the next one then sees what those who had the row before wrote, an uncertain action's answer for one.
    const held = await tx.query<{ stopping: string | null }>(
      'SELECT stopping FROM chunk WHERE id = $1 AND epoch = $2 AND state = ANY($3) AND in_flight = 0 FOR UPDATE',
      [claim.chunkId, claim.epoch, chunkFrom('executed')],
    );
    const [row] = held.rows;
    if (!row) return null;
    if (cutShort && row.stopping === null) return 'resumed';
    const { rows } = await tx.query<{ state: Ending | 'executing' }>(
      `UPDATE chunk SET
         state = CASE
           WHEN stopping = 'cancel' AND ($2 OR ${WAITING} > 0) THEN 'cancelled'
           WHEN stopping = 'pause' AND ($2 OR ${WAITING} > 0) THEN 'paused'
           WHEN stopping = 'accept_rest' THEN ${DONE_OR_UNCERTAIN}
           WHEN NOT released AND ${WAITING} > 0 THEN 'awaiting_release'
           WHEN ${WAITING} > 0 THEN state
           ELSE ${DONE_OR_UNCERTAIN} END,
         not_executed = not_executed + CASE WHEN stopping IN ('cancel', 'accept_rest') THEN ${WAITING} ELSE 0 END,
         accepted_rest = accepted_rest + CASE WHEN stopping = 'accept_rest' THEN ${WAITING} ELSE 0 END,
         stopping = NULL, lease_owner = NULL, lease_until = NULL, error_budget = NULL, updated_at = clock_timestamp()
       WHERE id = $1 RETURNING state`,
      [claim.chunkId, cutShort],
    );
    const ended = rows[0]?.state;
    if (ended === undefined || ended === 'executing')
      throw new Error('Actions wait, and none of them is due. The counters are wrong.');
    return ended;
  });
}

/** Approved actions without any receipt yet, by the chunk's counters. */
export const WAITING = '(approved_actions - done - skipped - failed - uncertain - not_executed - in_flight)';

/** Whether an action's last receipt says that nobody knows; the counter also counts what was accepted as unknown. */
const UNCERTAIN = `(chunk.uncertain > 0 AND EXISTS (
  SELECT FROM receipt doubt WHERE doubt.batch_id = chunk.batch_id AND doubt.chunk = chunk.number AND doubt.result = 'uncertain'
    AND NOT EXISTS (SELECT FROM receipt later WHERE later.batch_id = doubt.batch_id AND later.ordinal = doubt.ordinal AND later.step > doubt.step)))`;

/** What a chunk of which nothing more is sent becomes. Its row is locked by an earlier statement, so that an uncertain action's answer is seen. */
export const DONE_OR_UNCERTAIN = `(CASE WHEN ${UNCERTAIN} THEN 'unresolved' ELSE 'done' END)`;

/**
 * executing or classifying -> halted, with its incident. A chunk with nothing in flight that is being cancelled, or whose rest was accepted, comes to
 * that end instead. Null when the claim is lost.
 */
export function haltChunk(pool: Pool, claim: Claim, reason: string, incidentId: string): Promise<Halted | null> {
  return inTransaction(pool, async (tx) => {
    const ended = await haltRow(tx, claim, reason);
    if (ended === 'halted')
      await tx.query(`INSERT INTO incident (id, batch_id, chunk, kind, message) VALUES ($1, $2, $3, 'halted', $4)`, [
        ...[incidentId, claim.batchId, claim.number, reason],
      ]);
    return ended;
  });
}

/** The same without an incident, for who knows which one it is. */
export async function haltRow(tx: Tx, claim: Claim, reason: string): Promise<Halted | null> {
  // Only locked, by a statement of its own: the fence is in the next one, which then sees what those who had the row before wrote.
  await tx.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [claim.chunkId]);
  const { rows } = await tx.query<{ state: Halted }>(HALT, [claim.chunkId, claim.epoch, claim.state, reason]);
  return rows[0]?.state ?? null;
}

type Halted = 'halted' | 'cancelled' | 'done' | 'unresolved';

const ENDS = `(coalesce(stopping IN ('cancel', 'accept_rest'), false) AND in_flight = 0)`;
const HALT = `UPDATE chunk SET
    state = CASE WHEN NOT ${ENDS} THEN 'halted' WHEN stopping = 'cancel' THEN 'cancelled' ELSE ${DONE_OR_UNCERTAIN} END,
    halted_from = CASE WHEN ${ENDS} THEN halted_from ELSE state END,
    halt_reason = CASE WHEN ${ENDS} THEN NULL ELSE $4 END,
    not_executed = not_executed + CASE WHEN ${ENDS} THEN ${WAITING} ELSE 0 END,
    accepted_rest = accepted_rest + CASE WHEN ${ENDS} AND stopping = 'accept_rest' THEN ${WAITING} ELSE 0 END,
    stopping = NULL, lease_owner = NULL, lease_until = NULL, error_budget = NULL, updated_at = clock_timestamp()
  WHERE id = $1 AND epoch = $2 AND state = $3 RETURNING state`;

/**
 * running -> finished when every chunk is settled and nothing is uncertain; the resources of what is over are free again, and its closing receipt is
 * stored. The batch is locked by a statement of its own, so that the next one sees what whoever had it before did to its chunks.
 */
export async function finishBatch(tx: Tx, batchId: string): Promise<void> {
  const { rowCount } = await tx.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  if (rowCount === 0) return;
  await tx.query(
    `UPDATE batch SET state = 'finished', finished_at = clock_timestamp()
     WHERE id = $1 AND state = ANY($2) AND NOT EXISTS (SELECT FROM chunk WHERE batch_id = $1 AND ${UNSETTLED})`,
    [batchId, batchFrom('finish')],
  );
  await tx.query(
    `DELETE FROM resource_claim WHERE batch_id = $1 AND EXISTS (
       SELECT FROM batch b WHERE b.id = $1 AND (b.state = 'finished' OR (b.state = 'cancelled'
         AND NOT EXISTS (SELECT FROM chunk WHERE batch_id = b.id AND state NOT IN (${stateList(CHUNK_TERMINAL)}, 'unresolved')))))`,
    [batchId],
  );
  await storeClosing(tx, batchId);
}

/**
 * What follows from a chunk's end for its batch: it may be finished, and where the first actions of a decision all ended with their chunks, one
 * of the chunks that wait behind them asks for the release. Committed after that end, so that of two ends at once the later sees both.
 */
export async function settleBatch(pool: Pool, batchId: string): Promise<void> {
  await askForRelease(pool, batchId);
  await inTransaction(pool, (tx) => finishBatch(tx, batchId));
}

/** The same for every batch: a worker may have died between a chunk's end and this. Harmless when several do it. */
export async function settleBatches(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT b.id FROM batch b
     WHERE (b.state = 'running' AND EXISTS (SELECT FROM chunk WHERE batch_id = b.id) AND (
         NOT EXISTS (SELECT FROM chunk WHERE batch_id = b.id AND state NOT IN (${stateList(CHUNK_TERMINAL)}))
         OR EXISTS (SELECT FROM chunk WHERE batch_id = b.id AND state = 'approved' AND NOT released)))
       OR (b.state = 'cancelled' AND EXISTS (SELECT FROM resource_claim WHERE batch_id = b.id))`,
  );
  const settling = new Set([...rows.map(({ id }) => id), ...(await readUnclosed(pool))]);
  for (const id of settling) await settleBatch(pool, id);
}

const UNSETTLED = `(state NOT IN (${stateList(CHUNK_TERMINAL)}) OR ${UNCERTAIN})`;

/** approved -> awaiting_release for the first chunk of each decision that waits for first actions of which none is left. */
export async function askForRelease(client: Querying, batchId: string): Promise<void> {
  await client.query(
    `UPDATE chunk SET state = 'awaiting_release', updated_at = clock_timestamp()
     WHERE state = ANY($2) AND id IN (
       SELECT DISTINCT ON (c.decision_id) c.id FROM chunk c
       WHERE c.batch_id = $1 AND c.state = ANY($2) AND NOT c.released AND NOT c.has_first AND NOT EXISTS (
         SELECT FROM chunk f WHERE f.decision_id = c.decision_id AND f.batch_id = $1
           AND (f.state = 'awaiting_release' OR (f.has_first AND f.state IN (${stateList(CHUNK_FIRSTS_UNDONE)}))))
       ORDER BY c.decision_id, c.number)`,
    [batchId, chunkFrom('first_done_elsewhere')],
  );
}

/** unresolved -> done, when the last uncertain action was answered or accepted. The caller has the chunk's row. */
export async function settleUncertain(tx: Tx, chunkId: string): Promise<void> {
  await tx.query(
    `UPDATE chunk SET state = 'done', updated_at = clock_timestamp() WHERE id = $1 AND state = ANY($2) AND NOT ${UNCERTAIN}`,
    [chunkId, chunkFrom('answer_last_uncertain')],
  );
}

/** `count` sends are this chunk's, the first of them in `ms`; none (0) are, and the next one that is free is in `ms`. */
export type Reserved = { count: number; ms: number };

/**
 * Reserves up to `count` sends at `perSecond` over all who send for the batch, unless the first of them is more than WAIT_HELD_MS away: nobody holds
 * what others could use first. `chunkId` is null where no chunk is executing.
 */
export async function reserveRate(
  pool: Pool,
  holder: { batchId: string; chunkId: string | null },
  count: number,
  perSecond: number,
): Promise<Reserved> {
  const { rows } = await pool.query<{ mine: number | null; next: number | null }>({
    name: 'reserve-rate',
    text: `WITH reserved AS (
        INSERT INTO rate_bucket AS r (batch_id, next_at, holder, held_from, held_seq)
        VALUES ($1, clock_timestamp() + $3::float8 * interval '1 second', $2, clock_timestamp(), (SELECT seq FROM chunk WHERE id = $2))
        ON CONFLICT (batch_id) DO UPDATE SET
          next_at = greatest(${NEXT}, clock_timestamp()) + $3::float8 * interval '1 second',
          held_from = greatest(${NEXT}, clock_timestamp()), holder = excluded.holder, held_seq = excluded.held_seq
        WHERE ${NEXT} <= clock_timestamp() + $4 * interval '1 millisecond'
        RETURNING held_from)
      SELECT (SELECT extract(epoch FROM held_from - clock_timestamp()) * 1000 FROM reserved)::float8 AS mine,
        (SELECT extract(epoch FROM next_at - clock_timestamp()) * 1000 FROM rate_bucket WHERE batch_id = $1)::float8 AS next`,
    values: [holder.batchId, holder.chunkId, count / perSecond, WAIT_HELD_MS, WAIT_HELD_MS + Math.max(1_000, 1_000 / perSecond)],
  });
  const { mine = null, next = null } = rows[0] ?? {};
  return mine === null ? { count: 0, ms: Math.max(0, next ?? 0) } : { count, ms: Math.max(0, mine) };
}

/** A second's worth is reserved at most, or one send. What lies farther ahead is of a clock that was set back since, and nobody waits for that. */
const NEXT =
  "(CASE WHEN r.next_at > clock_timestamp() + $5 * interval '1 millisecond' THEN clock_timestamp() ELSE r.next_at END)";

/**
 * Gives back what the chunk reserved last and did not use, unless somebody reserved after it. `unused`: so many sends of it, as their owner knows; null: all of
 * it, if the chunk began nothing since, for its owner died or ended without a word.
 */
export async function returnRate(pool: Pool, claim: Claim, unused: number | null, perSecond: number): Promise<void> {
  await pool.query(
    `UPDATE rate_bucket r SET holder = NULL,
       next_at = CASE WHEN $4::float8 IS NULL THEN r.held_from ELSE greatest(r.held_from, r.next_at - $4::float8 * interval '1 second') END
     WHERE r.batch_id = $1 AND r.holder = $2 AND ($4::float8 IS NOT NULL OR NOT EXISTS (
       SELECT FROM receipt i WHERE i.batch_id = $1 AND i.chunk = $3 AND i.seq > r.held_seq AND i.kind = 'intent'))`,
    [claim.batchId, claim.chunkId, claim.number, unused === null ? null : unused / perSecond],
  );
}
