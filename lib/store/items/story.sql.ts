/**
 * What is stored of one item of a batch, table by table: where it was read, what it was classified as, the marks and corrections of people, and which receipts of
 * its chunk are about it. Statements of our own: each takes one item from tables of millions by their keys, and joins what belongs to it.
 */
import type { Pool } from 'pg';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import { STORY_CHUNK_RECEIPTS } from '#lib/core/limits.ts';

export type StoryHead = {
  chunkId: string;
  chunk: number;
  chunkName: string;
  state: ChunkState;
  /** of the rules that its chunk goes by */
  planRevision: number;
  /** as it is now; null while it is not classified */
  category: string | null;
  why: string | null;
  confidence: number | null;
  by: string | null;
  /** the decision that approved it last, and the category that it was approved in */
  decisionId: string | null;
  approvedAs: string | null;
  /** the line of its file, and that file's name; null where nobody kept it */
  line: number | null;
  file: string | null;
};

/** Where the item is in its batch, and what it is classified as; null where the batch has no such item. */
export async function readStoryHead(pool: Pool, batchId: string, datasetId: string, ordinal: number): Promise<StoryHead | null> {
  const { rows } = await pool.query<StoryHead>(
    `SELECT c.id AS "chunkId", c.number AS chunk, c.name AS "chunkName", c.state, c.plan_revision AS "planRevision", a.category, a.why, a.confidence, a."by",
       c.decision_id AS "decisionId", m.category AS "approvedAs", i.line, s.name AS file
     FROM chunk_item ci JOIN chunk c ON c.id = ci.chunk_id
     LEFT JOIN classification a ON a.batch_id = $1 AND a.ordinal = $3
     LEFT JOIN manifest_row m ON m.decision_id = c.decision_id AND m.ordinal = $3
     LEFT JOIN item i ON i.dataset_id = $2 AND i.ordinal = $3
     LEFT JOIN dataset_source s ON s.dataset_id = $2 AND s.position = i.source
     WHERE ci.batch_id = $1 AND ci.ordinal = $3`,
    [batchId, datasetId, ordinal],
  );
  return rows[0] ?? null;
}

export type MarkRow = { verdict: string; category: string; by: string; at: Date };
export type CorrectionRow = {
  from: string;
  to: string;
  by: string;
  at: Date;
  note: string | null;
  /** it had been left unsure there */
  unsure: boolean;
  /** of its receipt; null for what was corrected before corrections left any */
  chunk: number | null;
  seq: number | null;
};

/** What people said of the item, in the order in which they did. */
export async function readSaid(
  pool: Pool,
  batchId: string,
  ordinal: number,
): Promise<{ marks: MarkRow[]; corrections: CorrectionRow[] }> {
  const [marks, corrections] = await Promise.all([
    pool.query<MarkRow>('SELECT verdict, category, "by", at FROM review WHERE batch_id = $1 AND ordinal = $2 ORDER BY id', [
      batchId,
      ordinal,
    ]),
    pool.query<CorrectionRow>(
      'SELECT "from", "to", "by", at, note, unsure, chunk, seq FROM correction WHERE batch_id = $1 AND ordinal = $2 ORDER BY id',
      [batchId, ordinal],
    ),
  ]);
  return { marks: marks.rows, corrections: corrections.rows };
}

/** The places of what people decided and corrected in a chunk, the newest of them, in order. */
export async function readChunkPlaces(pool: Pool, batchId: string, chunk: number): Promise<{ chunk: number; seq: number }[]> {
  const { rows } = await pool.query<{ chunk: number; seq: number }>(
    `SELECT chunk, seq FROM receipt WHERE batch_id = $1 AND chunk = $2 AND ordinal IS NULL ORDER BY seq DESC LIMIT ${STORY_CHUNK_RECEIPTS}`,
    [batchId, chunk],
  );
  return rows.reverse();
}

/** Of the decisions of a chunk, by their ids: whether this item was on the screen. */
export async function readSeenIn(pool: Pool, chunkId: string, ordinal: number): Promise<Map<string, boolean>> {
  const { rows } = await pool.query<{ decision: string; seen: boolean }>(
    'SELECT decision_id AS decision, $2 = ANY(seen) AS seen FROM decision_chunk WHERE chunk_id = $1',
    [chunkId, ordinal],
  );
  return new Map(rows.map(({ decision, seen }) => [decision, seen]));
}

/** A value of a receipt that is not its intent's, by "chunk.seq": a note, an answer. Null once it was erased. */
export async function readOwnValues(
  pool: Pool,
  batchId: string,
  places: readonly { chunk: number; seq: number }[],
  field: string,
): Promise<Map<string, string | null>> {
  const { rows } = await pool.query<{ place: string; value: string | null }>(
    `SELECT v.chunk || '.' || v.seq AS place, v.value FROM unnest($2::int[], $3::int[]) AS place(chunk, seq)
     JOIN receipt_value v ON v.batch_id = $1 AND v.chunk = place.chunk AND v.seq = place.seq AND v.field = $4`,
    [batchId, places.map(({ chunk }) => chunk), places.map(({ seq }) => seq), field],
  );
  return new Map(rows.map(({ place, value }) => [place, value]));
}

/** The batch's first receipt of its own, which says that it was started; null for what was started before there was one. */
export async function readStartSeq(pool: Pool, batchId: string): Promise<number | null> {
  const { rows } = await pool.query<{ seq: number }>(
    "SELECT seq FROM receipt WHERE batch_id = $1 AND chunk = 0 AND kind = 'start' ORDER BY seq LIMIT 1",
    [batchId],
  );
  return rows[0]?.seq ?? null;
}

/** The batches that review again what this one left of the item unsent. */
export async function readAgainIn(
  pool: Pool,
  batchId: string,
  ordinal: number,
): Promise<{ batchId: string; batchName: string }[]> {
  const { rows } = await pool.query<{ batchId: string; batchName: string }>(
    `SELECT b.id AS "batchId", b.name AS "batchName" FROM batch b JOIN chunk_item m ON m.batch_id = b.id AND m.ordinal = $2
     WHERE b.rest_of = $1 ORDER BY b.created_at, b.id`,
    [batchId, ordinal],
  );
  return rows;
}
