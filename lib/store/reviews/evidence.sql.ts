/**
 * What evidence is read from: the chunks that were decided, the first items of each category in the order of the draw, and the marks. Statements of our own: the
 * database ranks the items by its own SHA-256, counts them, and hands over the first few.
 */
import { rankKeys } from '#lib/core/checkpoints/sampling.ts';
import type { LastMark } from '#lib/core/evidence/pool.ts';
import { CHUNK_IN_REVIEW, CHUNK_TRANSITIONS } from '#lib/core/lifecycle.ts';
import { KEYS } from '#lib/core/people/key-actor.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { FILED_FROM } from './reviews.sql.ts';

/** A chunk whose items are all classified. What is known of it holds as long as its revision. */
export type ChunkToDraw = { id: string; number: number; revision: number; planRevision: number; itemCount: number };

/**
 * The batch's seed (null: an undo, or one from before a batch had one), its pilot, the chunks of it that were decided (approved, or closed without it), and by revision
 * of the rules after the first: the last review that there was when it came. `keysSign`: whether marks of keys are looks.
 */
export type Drawable = {
  seed: Buffer | null;
  pilot: number | null;
  decided: ChunkToDraw[];
  revised: ReadonlyMap<number, number>;
  keysSign: boolean;
};

export async function readDrawable(client: Querying, batchId: string): Promise<Drawable> {
  const { rows } = await client.query<Pick<Drawable, 'seed' | 'pilot' | 'keysSign'> & (ChunkToDraw | { id: null })>(
    `SELECT b.seed, b.pilot, b.plan #> '{gates,keysMaySign}' = 'true'::jsonb AS "keysSign", c.id, c.number, c.revision, c.plan_revision AS "planRevision", c.item_count AS "itemCount"
     FROM batch b LEFT JOIN chunk c ON c.batch_id = b.id AND b.seed IS NOT NULL AND (c.decision_id IS NOT NULL OR c.state = $2)
     WHERE b.id = $1 ORDER BY c.number`,
    [batchId, CHUNK_TRANSITIONS.close.to],
  );
  const { seed = null, pilot = null, keysSign } = rows[0] ?? {};
  const decided = rows.flatMap(({ seed: _, pilot: __, keysSign: ___, ...chunk }) => (chunk.id === null ? [] : [chunk]));
  const revisions = await client.query<{ revision: number; reviews: number }>(
    'SELECT revision, reviews::float8 AS reviews FROM batch_plan WHERE batch_id = $1',
    [batchId],
  );
  return {
    seed,
    pilot,
    decided,
    keysSign: keysSign === true,
    revised: new Map(revisions.rows.map(({ revision, reviews }) => [revision, reviews])),
  };
}

/** The chunks that wait for a person's approval, all of them: their items are classified. */
export async function readInReview(client: Querying, batchId: string): Promise<ChunkToDraw[]> {
  const { rows } = await client.query<ChunkToDraw>(
    `SELECT id, number, revision, item_count AS "itemCount", plan_revision AS "planRevision" FROM chunk
     WHERE batch_id = $1 AND state = ANY($2) ORDER BY number`,
    [batchId, CHUNK_IN_REVIEW],
  );
  return rows;
}

/** Of one chunk and category: how many items, and the first of them, 12 bytes each: the first 8 of the rank, and the ordinal. */
type DrawnRow = { chunkId: string; category: string; count: number; drawn: Buffer | null };

/** The first `depth` items of each category of these chunks; 0: they are only counted. */
export async function readDrawn(
  client: Querying,
  seed: Uint8Array,
  chunkIds: readonly string[],
  depth: number,
): Promise<DrawnRow[]> {
  if (depth === 0) {
    const counted = await client.query<DrawnRow>(
      `SELECT chunk_id AS "chunkId", category, count(*)::int AS count, NULL AS drawn FROM classification WHERE chunk_id = ANY($1) GROUP BY 1, 2`,
      [chunkIds],
    );
    return counted.rows;
  }
  const { inner, outer } = rankKeys(seed);
  const { rows } = await client.query<DrawnRow>(
    `SELECT own.chunk_id AS "chunkId", own.category, own.count, first.drawn
     FROM (SELECT chunk_id, category, count(*)::int AS count FROM classification WHERE chunk_id = ANY($3) GROUP BY 1, 2) own
     CROSS JOIN LATERAL (
       SELECT string_agg(substring(rank FOR 8) || int4send(ordinal), '' ORDER BY rank) AS drawn FROM (
         SELECT ordinal, sha256($2::bytea || sha256($1::bytea || int4send(ordinal))) AS rank FROM classification
         WHERE chunk_id = own.chunk_id AND category = own.category ORDER BY rank LIMIT $4) ranked) first`,
    [inner, outer, chunkIds, depth],
  );
  return rows;
}

/**
 * With the chunk that its item is in, and the first review that there was of the item. `byKey`: an API key gave it; `id` orders it among those of people. A mark that was
 * taken back is here too.
 */
export type ChunkMark = LastMark & { chunkId: string; first: number; id: number; byKey: boolean };

/**
 * The latest mark of people on each item and category, the latest of keys, and what the item is now. Those of other chunks are left out. Each item is looked up
 * by its key, or the planner may walk the whole batch for a few marks.
 */
export async function readLastMarks(client: Querying, batchId: string, chunkIds: readonly string[]): Promise<ChunkMark[]> {
  const { rows } = await client.query<ChunkMark>(
    `SELECT last.ordinal, last.category, last.verdict, last.first, last.id, last."byKey", a.category AS now, a.chunk_id AS "chunkId",
       last.verdict = 'wrong' AND EXISTS (${FILED_FROM}) AS filed
     FROM (SELECT DISTINCT ON (ordinal, category, by_key) ordinal, category, verdict, by_key AS "byKey", id::float8 AS id,
             (min(id) OVER (PARTITION BY ordinal, by_key))::float8 AS first
           FROM (SELECT *, starts_with("by", '${KEYS}') AS by_key FROM review WHERE batch_id = $1) own ORDER BY ordinal, category, by_key, own.id DESC) last
     CROSS JOIN LATERAL (SELECT category, chunk_id FROM classification WHERE batch_id = $1 AND ordinal = last.ordinal OFFSET 0) a
     WHERE a.chunk_id = ANY($2)`,
    [batchId, chunkIds],
  );
  return rows;
}
