/**
 * What stands still until a person says something, over all batches. Statements of our own: a batch may have thousands of such chunks, and only the first few of
 * each are read, numbered in the database (`row_number`), for which Prisma's models have no words.
 */
import type { Pool } from 'pg';
import {
  BATCH_UNFINISHED,
  CHUNK_IN_REVIEW,
  CHUNK_MAY_BE_UNCERTAIN,
  CHUNK_WAITING_FOR_PEOPLE,
  type ChunkState,
  stateList,
} from '#lib/core/lifecycle.ts';
import { KEY_ACTOR } from '#lib/core/people/key-actor.ts';
import type { KeyRole } from '#lib/core/people/roles.ts';
import type { Category } from '#lib/core/plans/plan.ts';
import { FIRST_SIGNATURE } from '#lib/store/checkpoints/decisions.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ABANDONED, WAITS_FOR_PEOPLE } from './batch-reads.sql.ts';

export type NeedRow = {
  batchId: string;
  batchName: string;
  datasetFormat: string | null;
  chunk: number;
  name: string;
  state: ChunkState;
  itemCount: number;
  uncertain: number;
  haltReason: string | null;
  note: string | null;
  /** the asker claimed its checkpoint */
  mine: boolean;
  since: Date;
};

/** What one batch asks for. */
export type BatchNeeds = {
  batchId: string;
  batchName: string;
  datasetFormat: string | null;
  /** its categories as stored, for what their actions can't undo */
  categories: Category[];
  halts: number;
  /** chunks with uncertain actions, and those actions */
  doubtful: number;
  doubts: number;
  releases: number;
  reviews: number;
  /** of the reviews, those that the asker claimed */
  mine: number;
  /** of the oldest */
  since: Date;
};

/** Who asks ($1, $2): `roles` are those that decide. */
export type Asker = { id: string; roles: readonly KeyRole[] };

/** Whoever else claimed the checkpoint of chunk `c`, as long as they may answer: a person who was put out, and a key that has ended, hold nothing. */
const ANOTHERS = `(c.state IN (${stateList(CHUNK_IN_REVIEW)}) AND c.reviewer IS NOT NULL AND c.reviewer <> $1 AND (c.reviewer = '${KEY_ACTOR.id}'
  OR EXISTS (SELECT FROM api_key k WHERE c.reviewer = 'key:' || k.id AND k.revoked_at IS NULL AND k.expires_at > statement_timestamp())
  OR EXISTS (SELECT FROM "user" u WHERE c.reviewer = 'user:' || u.id AND u.disabled_at IS NULL AND u.role = ANY ($2))))`;

/**
 * Chunks of unfinished batches that stand still until a person says something. Not those that halted at a target: that is told once, as its incident. Nor those
 * that await a second signature which can't be the asker's.
 */
const WAITS = `(${WAITS_FOR_PEOPLE} AND b.state IN (${stateList(BATCH_UNFINISHED)})
  AND CASE WHEN c.state = 'awaiting_second' THEN b.started_by IS DISTINCT FROM $1 AND ${FIRST_SIGNATURE} ->> 'by' <> $1 ELSE true END)`;

const UNCERTAIN = `(c.state IN (${stateList(CHUNK_MAY_BE_UNCERTAIN)}) AND c.uncertain > 0 AND c.uncertain > ${ABANDONED})`;

const CHUNKS = 'chunk c JOIN batch b ON b.id = c.batch_id JOIN dataset d ON d.id = b.dataset_id';

/**
 * What is asked of this person, by batch, the batch that started first first: what nobody or they themselves claimed.
 * @param limit of batches
 */
export async function readBatchNeeds(pool: Pool, asker: Asker, limit: number): Promise<BatchNeeds[]> {
  const { rows } = await pool.query<BatchNeeds>(
    `SELECT b.id AS "batchId", b.name AS "batchName", d.format AS "datasetFormat", b.plan -> 'categories' AS categories, n.halts, n.doubtful, n.doubts, n.releases, n.reviews, n.mine, n.since
     FROM (SELECT c.batch_id, count(*) FILTER (WHERE waits AND c.state = 'halted')::int AS halts,
             count(*) FILTER (WHERE of.doubtful)::int AS doubtful,
             coalesce(sum(c.uncertain - ${ABANDONED}) FILTER (WHERE of.doubtful), 0)::int AS doubts,
             count(*) FILTER (WHERE waits AND c.state = 'awaiting_release')::int AS releases,
             count(*) FILTER (WHERE waits AND c.state IN (${stateList(CHUNK_IN_REVIEW)}))::int AS reviews,
             count(*) FILTER (WHERE waits AND c.state IN (${stateList(CHUNK_IN_REVIEW)}) AND c.reviewer = $1)::int AS mine,
             min(c.updated_at) AS since
           FROM ${CHUNKS} CROSS JOIN LATERAL (SELECT ${WAITS} AND NOT ${ANOTHERS} AS waits, ${UNCERTAIN} AS doubtful) of
           WHERE c.state IN (${stateList([...CHUNK_WAITING_FOR_PEOPLE, ...CHUNK_MAY_BE_UNCERTAIN])}) AND (of.waits OR of.doubtful) GROUP BY 1) n
     JOIN batch b ON b.id = n.batch_id JOIN dataset d ON d.id = b.dataset_id ORDER BY b.started_at, b.id LIMIT $3`,
    [asker.id, asker.roles, limit],
  );
  return rows;
}

/** The first chunks of each batch that wait for this person, with their own claims first and what was let pass already last. */
export async function readWaiting(pool: Pool, asker: Asker, of: Few): Promise<NeedRow[]> {
  return firstOf(pool, `${WAITS} AND NOT ${ANOTHERS}`, asker, of);
}

/** The first chunks of each batch with uncertain actions that nobody has answered or accepted. */
export async function readUncertainChunks(pool: Pool, asker: Asker, of: Few): Promise<NeedRow[]> {
  return firstOf(pool, UNCERTAIN, asker, of);
}

/** How many of each batch and kind, and in all. */
type Few = { each: number; limit: number };

async function firstOf(pool: Pool, condition: string, asker: Asker, { each, limit }: Few): Promise<NeedRow[]> {
  const { rows } = await pool.query<NeedRow>(
    `SELECT "batchId", "batchName", "datasetFormat", chunk, name, state, "itemCount", uncertain, "haltReason", note, mine, since
     FROM (SELECT b.id AS "batchId", b.name AS "batchName", b.started_at, d.format AS "datasetFormat", c.number AS chunk, c.name, c.state,
             c.item_count AS "itemCount", CASE WHEN c.uncertain > 0 THEN c.uncertain - ${ABANDONED} ELSE 0 END AS uncertain,
             c.halt_reason AS "haltReason", c.note, coalesce(c.reviewer = $1, false) AS mine, c.updated_at AS since,
             row_number() OVER (PARTITION BY b.id, CASE WHEN c.state IN (${stateList(CHUNK_IN_REVIEW)}) THEN '' ELSE c.state END
               ORDER BY c.reviewed, c.reviewer IS NOT DISTINCT FROM $1 DESC, c.number) AS place
           FROM ${CHUNKS} WHERE ${condition}) of
     WHERE place <= $3 AND $2::text[] IS NOT NULL ORDER BY started_at, "batchId", place LIMIT $4`,
    [asker.id, asker.roles, each, limit],
  );
  return rows;
}

/** How many checkpoints others have claimed, by who. */
export async function readOthersClaims(pool: Pool, asker: Asker, limit: number): Promise<{ by: string; count: number }[]> {
  const { rows } = await pool.query<{ by: string; count: number }>(
    `SELECT c.reviewer AS "by", count(*)::int AS count FROM chunk c JOIN batch b ON b.id = c.batch_id
     WHERE ${WAITS} AND ${ANOTHERS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
    [asker.id, asker.roles, limit],
  );
  return rows;
}

/**
 * The chunk of a batch that waits for this person after one of its chunks, by number and from the front again: what stands still in the middle of its actions
 * first, then their own claims, what was let pass already last. Null when there is none but that chunk.
 */
export async function readNextIn(
  pool: Pool,
  asker: Asker,
  { batchId, after }: { batchId: string; after: number },
): Promise<{ chunk: number; kind: 'halts' | 'releases' | 'reviews' } | null> {
  const { rows } = await pool.query<{ chunk: number; kind: 'halts' | 'releases' | 'reviews' }>(
    `SELECT c.number AS chunk, CASE c.state WHEN 'halted' THEN 'halts' WHEN 'awaiting_release' THEN 'releases' ELSE 'reviews' END AS kind FROM ${CHUNKS} WHERE b.id = $3 AND c.number <> $4 AND ${WAITS} AND NOT ${ANOTHERS}
     ORDER BY c.state IN (${stateList(CHUNK_IN_REVIEW)}), c.reviewed, c.reviewer IS NOT DISTINCT FROM $1 DESC, c.number < $4, c.number LIMIT 1`,
    [asker.id, asker.roles, batchId, after],
  );
  return rows[0] ?? null;
}

export type Assigned = {
  batchId: string;
  /** null: all that are in review */
  numbers: readonly number[] | null;
  /** who gives: what another claimed stays theirs, as long as they may answer */
  by: Asker;
  /** null: to nobody */
  to: string | null;
};

/**
 * Gives checkpoints that are in review, and that nobody or `by` has, to somebody: in the order of their numbers, like whoever decides over several. What somebody has who
 * was put out, nobody has. Gives their numbers.
 */
export async function assignChunks(client: Querying, { batchId, numbers, by, to }: Assigned): Promise<number[]> {
  const { rows } = await client.query<{ number: number }>(
    `WITH own AS MATERIALIZED (
       SELECT id FROM chunk c WHERE batch_id = $3 AND state IN (${stateList(CHUNK_IN_REVIEW)}) AND ($4::int[] IS NULL OR number = ANY ($4))
         AND NOT ${ANOTHERS} AND reviewer IS DISTINCT FROM $5::text ORDER BY number FOR UPDATE OF c)
     UPDATE chunk SET reviewer = $5, reviewer_since = CASE WHEN $5::text IS NULL THEN NULL ELSE clock_timestamp() END
     FROM own WHERE chunk.id = own.id RETURNING number`,
    [by.id, by.roles, batchId, numbers, to],
  );
  return rows.map(({ number }) => number).sort((a, b) => a - b);
}
