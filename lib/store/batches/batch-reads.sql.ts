/**
 * Batches and their chunks as people see them. Reads only; nothing here walks a batch's items. Statements of our own: each adds up, compares or looks back along
 * the clock in the database what Prisma would fetch in several queries, for lists of any length.
 */
import type { Pool } from 'pg';
import type { WaitFacts } from '#lib/core/chunks/waits-for.ts';
import {
  BATCH_UNFINISHED,
  type BatchState,
  CHUNK_IN_REVIEW,
  CHUNK_MAY_BE_UNCERTAIN,
  CHUNK_OWNED,
  CHUNK_TERMINAL,
  CHUNK_TRANSITIONS,
  CHUNK_WAITING_FOR_PEOPLE,
  type ChunkState,
  type Stopping,
  stateList,
} from '#lib/core/lifecycle.ts';
import { CHUNKS_SHOWN_MAX, LEASE_MS, LEASE_RENEW_MS, WORKER_GONE_MS } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { KEY_NAMES } from '#lib/core/people/key-actor.ts';
import type { RoutingKind } from '#lib/core/plans/kinds.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { ActionCounts, KeptFold } from '#lib/core/receipts/sum.ts';
import { WAIT_FACTS, waitingBatches } from '#lib/store/chunks/wait-facts.sql.ts';
import { IN_HAND } from '#lib/store/errands/errands.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { FIELD_NAMES } from './batch-plan.sql.ts';

export type BatchFacts = {
  id: string;
  name: string;
  state: BatchState;
  plan: Plan;
  /** hex */
  planDigest: string;
  /** what of its plan this version does not know or understand, a sentence each */
  planNotes: string[];
  routing: RoutingKind;
  taskRef: string | null;
  /** the batch whose receipts this one undoes */
  undoes: { id: string; name: string } | null;
  /** the batch and chunks of which this one reviews again what was left unsent */
  restOf: { id: string; name: string; chunks: number[] } | null;
  datasetId: string;
  datasetName: string;
  /** the name of its format */
  datasetFormat: string | null;
  /** the dataset's field names in the file's order */
  fieldNames: string[];
  /** of its dataset; and the unreadable ones that whoever started it accepted, where that was asked */
  rows: { read: number; unreadable: number; accepted: number | null };
  /** by name */
  createdBy: string;
  /** the actor's id; null before the start */
  startedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** how many receipts the batch itself had (chunk 0) when it was read */
  seq: number;
};

/** The batch with what it needs of its dataset; null when there is none. */
export async function readBatchFacts(pool: Pool, batchId: string): Promise<BatchFacts | null> {
  const { rows } = await pool.query<Omit<BatchFacts, 'plan' | 'planNotes'> & { plan: unknown; creator: string | null }>(
    `SELECT b.id, b.name, b.state, b.plan, encode(b.plan_digest, 'hex') AS "planDigest", b.routing, b.task_ref AS "taskRef", b.dataset_id AS "datasetId", d.name AS "datasetName",
       d.format AS "datasetFormat", ${FIELD_NAMES} AS "fieldNames",
       json_build_object('read', d.item_count, 'unreadable', d.unreadable_count, 'accepted', b.accepted_unreadable) AS rows,
       CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END AS undoes,
       CASE WHEN t.id IS NOT NULL THEN json_build_object('id', t.id, 'name', t.name, 'chunks', b.rest_chunks) END AS "restOf",
       u.name AS creator, b.created_by AS "createdBy", b.started_by AS "startedBy", b.created_at AS "createdAt", b.started_at AS "startedAt", b.finished_at AS "finishedAt",
       b.seq
     FROM batch b JOIN dataset d ON d.id = b.dataset_id LEFT JOIN batch o ON o.id = b.undoes LEFT JOIN batch t ON t.id = b.rest_of
       LEFT JOIN "user" u ON 'user:' || u.id::text = b.created_by
     WHERE b.id = $1`,
    [batchId],
  );
  const [row] = rows;
  if (!row) return null;
  const { creator, ...facts } = row;
  const { value: plan, odd: planNotes } = storedPlan(row.plan);
  return { ...facts, createdBy: creator ?? actorName(row.createdBy, KEY_NAMES), plan, planNotes };
}

/** A chunk as one statement saw it: counters and seq belong together. */
export type ChunkNow = {
  id: string;
  number: number;
  name: string;
  state: ChunkState;
  stopping: Stopping | null;
  itemCount: number;
  classified: number;
  continued: boolean;
  reviewed: boolean;
  /** caches, to be compared with the receipts; shown as the sum where there is no time to read those */
  counters: ActionCounts;
  /** of `counters.uncertain`, what a person accepted as never to be known; by the receipts */
  abandoned: number;
  /** what its receipts said when they were last folded by a worker; null when none did yet */
  fold: KeptFold | null;
  /** of its actions, those that a person left unsent after a halt */
  acceptedRest: number;
  revision: number;
  /** of the rules: by which its items were classified, or will be */
  planRevision: number;
  seq: number;
  seed: Buffer;
  /** hex; null when a classification changed since it was made */
  manifestDigest: string | null;
  decisionId: string | null;
  released: boolean;
  note: string | null;
  haltReason: string | null;
  /** the incident of the target that it halted at */
  incidentId: string | null;
  /** what `waitsFor` is derived from */
  wait: WaitFacts;
  updatedAt: Date;
  /** the worker that holds it; `silentMs`: time since it last renewed its lease, null while it renews in time */
  worker: { id: string; host: string; pid: number; silentMs: number | null } | null;
  /** the agent that has it, or whose errand is due first: what it calls itself, the name of its key, since when and until when; and how many have errands beside it */
  agent: { name: string; key: string; since: string; item: number | null; until: string; more: number } | null;
};

type Which = {
  number?: number;
  after?: number;
  limit?: number;
  state?: string;
  /** only those whose kept fold does not plainly say that their counters are right */
  unchecked?: boolean;
};

const iso = (at: string): string => `to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A lease that was not renewed for so long was missed at least once. */
const SILENT_MS = 2 * LEASE_RENEW_MS;

/** The chunks of a batch by number; all of them, one, or a page. */
export async function readChunksNow(client: Querying, batchId: string, which: Which = {}): Promise<ChunkNow[]> {
  const { rows } = await client.query<ChunkNow>({
    name: 'chunks-now',
    text: `WITH ${waitingBatches('id = $1')}
    SELECT c.id, c.number, c.name, c.state, c.stopping, c.item_count AS "itemCount", c.classified, c.continued, c.reviewed,
      json_build_object('approved', c.approved_actions, 'done', c.done, 'skipped', c.skipped, 'failed', c.failed, 'uncertain', c.uncertain,
        'notExecuted', c.not_executed, 'inFlight', c.in_flight) AS counters, c.accepted_rest AS "acceptedRest",
      CASE WHEN c.uncertain > 0 THEN ${ABANDONED} ELSE 0 END AS abandoned, ${KEPT_FOLD} AS fold,
      c.revision, c.plan_revision AS "planRevision", c.seq, c.seed, encode(c.manifest_digest, 'hex') AS "manifestDigest", c.decision_id AS "decisionId", c.released, c.note,
      c.halt_reason AS "haltReason", c.incident_id AS "incidentId", c.updated_at AS "updatedAt",
      ${WAIT_FACTS} AS wait,
      CASE WHEN w.id IS NOT NULL THEN json_build_object('id', w.id, 'host', w.host, 'pid', w.pid,
        'silentMs', CASE WHEN lease.age > ${SILENT_MS} THEN round(lease.age) END) END AS worker,
      CASE WHEN c.state = '${CHUNK_TRANSITIONS.claim_classify.to}' AND c.agent IS NOT NULL AND w.id IS NULL AND c.lease_until > clock_timestamp() THEN
        json_build_object('name', c.agent_name, 'key', (SELECT k.name FROM api_key k WHERE k.id = substr(c.agent, 7)::uuid),
          'since', ${iso('c.claimed_at')}, 'item', NULL, 'until', ${iso('c.lease_until')}, 'more', 0)
      WHEN c.state = '${CHUNK_TRANSITIONS.claim_execute.to}' THEN (
        SELECT json_build_object('name', e.given_name, 'key', (SELECT k.name FROM api_key k WHERE k.id = substr(e.given_to, 7)::uuid),
          'since', ${iso('e.given_at')}, 'item', e.ordinal, 'until', ${iso('e.until')}, 'more', count(*) OVER () - 1)
        FROM errand e WHERE e.chunk_id = c.id AND ${IN_HAND} ORDER BY e.until, e.ordinal LIMIT 1) END AS agent
    FROM b JOIN chunk c ON c.batch_id = b.id LEFT JOIN chunk_fold f ON f.batch_id = c.batch_id AND f.chunk = c.number
    LEFT JOIN worker w ON w.id = c.lease_owner AND c.state IN (${stateList(CHUNK_OWNED)})
    CROSS JOIN LATERAL (SELECT ${LEASE_MS} - extract(epoch FROM c.lease_until - clock_timestamp()) * 1000 AS age) lease
    WHERE c.batch_id = $1 AND ($2::int IS NULL OR c.number = $2) AND c.number > $3 AND ($5::text IS NULL OR c.state = $5)
      AND (NOT $6::boolean OR NOT ${PLAINLY_RIGHT})
    ORDER BY c.number LIMIT $4`,
    values: [batchId, which.number ?? null, which.after ?? 0, which.limit ?? null, which.state ?? null, which.unchecked ?? false],
  });
  return rows;
}

/**
 * Watched batches (batch_watched_idx) with chunks whose kept fold does not plainly say that their counters are right, those that may send first; and
 * when this was read.
 */
export async function readUncheckedBatches(pool: Pool): Promise<{ batches: string[]; at: Date }> {
  const { rows } = await pool.query<{ batches: string[]; at: Date }>(
    `SELECT clock_timestamp() AS at, ARRAY(
       SELECT b.id FROM batch b WHERE b.refolded_at IS NULL AND b.state <> 'proposed' AND EXISTS (
         SELECT FROM chunk c LEFT JOIN chunk_fold f ON f.batch_id = c.batch_id AND f.chunk = c.number
         WHERE c.batch_id = b.id AND NOT ${PLAINLY_RIGHT})
       ORDER BY b.state IN (${stateList(BATCH_UNFINISHED)}) DESC, b.started_at DESC) AS batches`,
  );
  return rows[0] ?? { batches: [], at: new Date(0) };
}

const ACTIONS_WITH_RECEIPTS = '(f.intent + f.succeeded + f.failed + f.uncertain + f.skipped + f.not_executed + f.abandoned)';

/**
 * The kept fold `f` of chunk `c` is at the chunk's seq, and says that its counters are right: what differenceOf (lib/core/receipts/sum.ts) gives 0 for. It
 * spares whoever watches the chunks to which nothing happened.
 */
export const PLAINLY_RIGHT = `(CASE
  WHEN f.seq IS NULL THEN c.seq = 0 AND c.decision_id IS NULL
    AND 0 = ALL (ARRAY[c.approved_actions, c.done, c.skipped, c.failed, c.uncertain, c.not_executed, c.in_flight])
  ELSE f.seq = c.seq AND f.receipts = c.seq AND f.difference = 0 AND f.decision_id IS NOT DISTINCT FROM c.decision_id
    AND f.approved = c.approved_actions AND f.approved >= ${ACTIONS_WITH_RECEIPTS}
    AND (f.succeeded, f.skipped, f.failed, f.uncertain + f.abandoned, f.intent) = (c.done, c.skipped, c.failed, c.uncertain, c.in_flight)
    AND c.not_executed = f.not_executed + CASE WHEN c.state IN (${stateList(CHUNK_TERMINAL)}) OR c.accepted_rest > 0
      THEN f.approved - ${ACTIONS_WITH_RECEIPTS} ELSE 0 END
  END)`;

/** Of chunk `c`, the actions that a person accepted as uncertain for good: none leaves that state again. */
export const ABANDONED = `(SELECT count(*)::int FROM receipt r WHERE r.batch_id = c.batch_id AND r.chunk = c.number AND r.result = 'abandoned')`;

/** Of chunk `c`, the actions whose outcome is known, or was accepted as never to be known. */
const KNOWN_OUTCOMES = `(c.done + c.skipped + c.failed + CASE WHEN c.uncertain > 0 THEN ${ABANDONED} ELSE 0 END)`;

/** Row `f` of chunk_fold, where there is one. */
const KEPT_FOLD = `CASE WHEN f.seq IS NOT NULL THEN json_build_object('seq', f.seq, 'receipts', f.receipts, 'states', json_build_object(
    'intent', f.intent, 'succeeded', f.succeeded, 'failed', f.failed, 'uncertain', f.uncertain, 'skipped', f.skipped,
    'not_executed', f.not_executed, 'abandoned', f.abandoned),
  'decisionId', f.decision_id, 'approved', f.approved, 'difference', f.difference,
  'checkedAt', to_char(f.checked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END`;

export type BatchListRow = {
  id: string;
  name: string;
  state: BatchState;
  datasetId: string;
  datasetName: string;
  itemCount: number;
  chunkCount: number;
  waiting: number;
  doubts: number;
  /** of the chunks that wait, those that somebody claimed; `name` is null for a key, and for somebody who is gone */
  claims: { by: string; name: string | null; chunks: number }[];
  /** of its items, those that have their outcome */
  finished: number;
  taskRef: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

/** The newest first, those in a state and those whose name has a text in it. `before` is the last row of the page before. `doubts` are uncertain actions that nobody has answered or accepted. */
export async function readBatchList(
  pool: Pool,
  page: { before: { createdAt: string; id: string } | null; limit: number; state: string | null; name: string | null },
): Promise<BatchListRow[]> {
  const { rows } = await pool.query<BatchListRow>(
    `SELECT b.id, b.name, b.state, b.dataset_id AS "datasetId", d.name AS "datasetName", b.task_ref AS "taskRef",
       coalesce(c.items, d.item_count)::int AS "itemCount", coalesce(c.chunks, 0)::int AS "chunkCount", coalesce(c.waiting, 0)::int AS waiting,
       coalesce(c.doubts, 0)::int AS doubts, coalesce(c.finished, 0)::int AS finished, coalesce(k.claims, '[]') AS claims,
       b.created_at AS "createdAt", b.started_at AS "startedAt", b.finished_at AS "finishedAt"
     FROM (SELECT * FROM batch
           WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)) AND ($3::text IS NULL OR state = $3)
             AND ($5::text IS NULL OR strpos(lower(name), lower($5)) > 0)
           ORDER BY created_at DESC, id DESC LIMIT $4) b
     JOIN dataset d ON d.id = b.dataset_id
     CROSS JOIN LATERAL (
       SELECT sum(item_count) AS items, count(*) AS chunks,
         count(*) FILTER (WHERE ${WAITS_FOR_PEOPLE}) AS waiting,
         ${DOUBTS} AS doubts, sum(${FINISHED_ITEMS}) AS finished
       FROM chunk c WHERE batch_id = b.id) c
     LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('by', mine.reviewer, 'name', u.name, 'chunks', mine.chunks) ORDER BY mine.chunks DESC, mine.reviewer) AS claims
       FROM (SELECT c.reviewer, count(*) AS chunks FROM chunk c
             WHERE c.batch_id = b.id AND ${WAITS_FOR_PEOPLE} AND c.reviewer IS NOT NULL GROUP BY 1) mine
         LEFT JOIN "user" u ON 'user:' || u.id::text = mine.reviewer) k ON c.waiting > 0
     ORDER BY b.created_at DESC, b.id DESC`,
    [page.before?.createdAt ?? null, page.before?.id ?? null, page.state, page.limit, page.name],
  );
  return rows;
}

/** Of chunks `c`, the uncertain actions that nobody has answered or accepted. */
export const DOUBTS = `coalesce(sum(c.uncertain - ${ABANDONED}) FILTER (WHERE c.uncertain > 0 AND c.state IN (${stateList(CHUNK_MAY_BE_UNCERTAIN)})), 0)::int`;

/** Of chunk `c`, the items that have their outcome: finishedItems of lib/core/batches/progress.ts. */
export const FINISHED_ITEMS = `CASE WHEN c.state = '${CHUNK_TRANSITIONS.cancel_idle.to}' THEN ${KNOWN_OUTCOMES}
  WHEN c.state IN (${stateList(CHUNK_TERMINAL)}) THEN c.item_count
  WHEN c.decision_id IS NULL OR c.state IN (${stateList(CHUNK_IN_REVIEW)}) THEN 0
  ELSE c.item_count - c.approved_actions + ${KNOWN_OUTCOMES} + c.not_executed END`;

/** Whether chunk `c` waits for a person: CHUNK_WAITING_FOR_PEOPLE of the lifecycle, and no target that failed. */
export const WAITS_FOR_PEOPLE = `(c.state IN (${stateList(CHUNK_WAITING_FOR_PEOPLE)}) AND c.incident_id IS NULL)`;

/**
 * How many actions ended per second, by batch, over the chunks that somebody worked on lately: by the last receipts of each, so that a long history
 * costs nothing. A batch in which none did is left out.
 */
export async function readActionRates(pool: Pool, batchIds: readonly string[], windowMs: number): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ id: string; rate: number }>({
    name: 'action-rates',
    text: `SELECT c.batch_id AS id, sum(r.ended / greatest(extract(epoch FROM clock_timestamp() - r.since), 1))::float8 AS rate
    FROM (SELECT batch_id, number, seq FROM chunk
          WHERE batch_id = ANY ($1) AND seq > 0 AND updated_at > clock_timestamp() - $2 * interval '1 millisecond') c
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE kind = 'outcome') AS ended, min(committed_at) AS since FROM receipt
      WHERE batch_id = c.batch_id AND chunk = c.number AND seq > c.seq - $3 AND committed_at > clock_timestamp() - $2 * interval '1 millisecond') r
    WHERE r.ended > 0 GROUP BY 1`,
    values: [batchIds, windowMs, RATE_RECEIPTS],
  });
  return new Map(rows.map(({ id, rate }) => [id, rate]));
}

/** Receipts looked at per chunk. */
const RATE_RECEIPTS = 1_000;

export type Pulse = {
  state: BatchState;
  /** how many receipts the batch itself has (chunk 0) */
  seq: number;
  startedAt: Date | null;
  finishedAt: Date | null;
  eventId: string;
  /** any worker was heard of lately */
  attended: boolean;
  /** the last sign of any worker; null when there never was one */
  heardAt: Date | null;
  /** it has more chunks than are shown one by one */
  many: boolean;
};

/** What of the batch itself changes, whether anybody works at all, and the last event so far: what is read after it holds all that it told of. */
export async function readPulse(pool: Pool, batchId: string): Promise<Pulse | null> {
  const { rows } = await pool.query<Pulse>({
    name: 'batch-pulse',
    text: `SELECT state, seq, started_at AS "startedAt", finished_at AS "finishedAt",
      (SELECT count(*) FROM (SELECT FROM chunk WHERE batch_id = $1 LIMIT ${CHUNKS_SHOWN_MAX + 1}) few) > ${CHUNKS_SHOWN_MAX} AS many,
      coalesce((SELECT id FROM event WHERE batch_id = $1 ORDER BY id DESC LIMIT 1), 0)::text AS "eventId",
      coalesce(w.heard_at > clock_timestamp() - $2 * interval '1 millisecond', false) AS attended, w.heard_at AS "heardAt"
      FROM batch CROSS JOIN (SELECT max(heartbeat) AS heard_at FROM worker) w WHERE id = $1`,
    values: [batchId, WORKER_GONE_MS],
  });
  return rows[0] ?? null;
}

export type ChangedSince = { /** null: any chunk may have changed */ chunks: Set<number> | null; since: Date };

/**
 * What events told of since one of them; null when that one is no longer there. Events are written by many processes and may be committed
 * out of the order of their ids, so it looks back a little.
 */
export async function readChangedSince(pool: Pool, batchId: string, eventId: string): Promise<ChangedSince | null> {
  if (!/^\d{1,18}$/.test(eventId)) return null;
  const { rows } = await pool.query<{ since: Date; chunks: (number | null)[] }>(
    `SELECT last.at - interval '10 seconds' AS since,
       ARRAY(SELECT DISTINCT e.chunk FROM event e WHERE e.batch_id = $1 AND e.at > last.at - interval '10 seconds') AS chunks
     FROM event last WHERE last.batch_id = $1 AND last.id = $2`,
    [batchId, eventId],
  );
  const [found] = rows;
  if (!found) return null;
  return { since: found.since, chunks: found.chunks.includes(null) ? null : new Set(found.chunks as number[]) };
}
