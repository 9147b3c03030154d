/**
 * What a checkpoint shows of a chunk's items: samples and corrections. Long values are cut for the screen, never for the run. Statements of our own: they
 * draw by a rank that the database reckons, cut values before they are sent, and join samples to their items, whatever the size of the dataset.
 */
import type { Pool } from 'pg';
import { rankKeys } from '#lib/core/checkpoints/sampling.ts';
import { SAMPLE_FIELD_CHARS_MAX, SAMPLE_TEXT_CHARS_MAX } from '#lib/core/limits.ts';
import type { NextWaiting } from '#lib/shapes/checkpoints.ts';
import { WAITS_FOR_PEOPLE } from '#lib/store/batches/batch-reads.sql.ts';
import { likeText } from '#lib/store/postgres/like-text.ts';

export type ChunkOf = { batchId: string; datasetId: string; chunkId: string };

export type Picked = { ordinal: number; category: string };

/** The first `count` items of each category in the permutation that the seed fixes (lib/core/checkpoints/sampling.ts), in its order. */
export async function pickRandom(
  pool: Pool,
  chunkId: string,
  seed: Uint8Array,
  categories: string[],
  count: number,
): Promise<Picked[]> {
  const { inner, outer } = rankKeys(seed);
  const { rows } = await pool.query<Picked>(
    `SELECT a.ordinal, a.category FROM unnest($2::text[]) WITH ORDINALITY AS asked(category, place)
     CROSS JOIN LATERAL (
       SELECT ordinal, category, sha256($4::bytea || sha256($3::bytea || int4send(ordinal))) AS rank
       FROM classification WHERE chunk_id = $1 AND category = asked.category ORDER BY rank LIMIT $5) a
     ORDER BY asked.place, a.rank`,
    [chunkId, categories, inner, outer, count],
  );
  return rows;
}

/** The least sure items of each category, without those that were picked at random: these prove nothing about the rest. */
export async function pickUnsure(
  pool: Pool,
  chunkId: string,
  categories: string[],
  random: readonly Picked[],
  count: number,
): Promise<Picked[]> {
  const { rows } = await pool.query<Picked>(
    `SELECT a.ordinal, a.category FROM unnest($2::text[]) WITH ORDINALITY AS asked(category, place)
     CROSS JOIN LATERAL (
       SELECT ordinal, category, confidence FROM classification
       WHERE chunk_id = $1 AND category = asked.category AND ordinal <> ALL($3) ORDER BY confidence, ordinal LIMIT $4) a
     ORDER BY asked.place, a.confidence, a.ordinal`,
    [chunkId, categories, random.map(({ ordinal }) => ordinal), count],
  );
  return rows;
}

export type ClassifiedItem = {
  ordinal: number;
  category: string;
  why: string;
  confidence: number;
  by: string;
  fields: Record<string, string>;
};

/** These items with their classifications, by ordinal. */
export async function readClassified(pool: Pool, chunk: ChunkOf, ordinals: number[]): Promise<Map<number, ClassifiedItem>> {
  const { rows } = await pool.query<ClassifiedItem>(
    `SELECT ${CLASSIFIED} FROM classification a JOIN item i ON i.dataset_id = $2 AND i.ordinal = a.ordinal
     WHERE a.batch_id = $1 AND a.chunk_id = $3 AND a.ordinal = ANY($4)`,
    [chunk.batchId, chunk.datasetId, chunk.chunkId, ordinals],
  );
  return new Map(rows.map((row) => [row.ordinal, row]));
}

/** Text as a pattern that finds it anywhere. */
export function likePattern(search: string): string {
  return `%${likeText(search)}%`;
}

export type CorrectionRow = {
  ordinal: number;
  from: string;
  to: string;
  by: string;
  at: Date;
  note: string | null;
  revision: number;
};

/** The chunk's latest corrections, newest first. Those of the batch are taken first, or the planner may walk those of all batches for 50 of one chunk. */
export async function readCorrections(pool: Pool, chunk: ChunkOf, limit: number): Promise<CorrectionRow[]> {
  const { rows } = await pool.query<CorrectionRow>(
    `WITH own AS MATERIALIZED (SELECT * FROM correction WHERE batch_id = $1)
     SELECT c.ordinal, c."from", c."to", c."by", c.at, c.note, c.revision FROM own c
     WHERE EXISTS (SELECT FROM chunk_item m WHERE m.batch_id = $1 AND m.ordinal = c.ordinal AND m.chunk_id = $2)
     ORDER BY c.id DESC LIMIT $3`,
    [chunk.batchId, chunk.chunkId, limit],
  );
  return rows;
}

/**
 * The chunk to look at after this one: the next of its batch, by number and from the front again, that stands still until a person says
 * something; those that were already let pass come last. `waiting` counts all of them. Null when there is none.
 */
export async function readNextWaiting(pool: Pool, batchId: string, number: number): Promise<NextWaiting | null> {
  const { rows } = await pool.query<NextWaiting>(
    `SELECT number, name, state, count(*) OVER ()::int AS waiting FROM chunk c
     WHERE batch_id = $1 AND number <> $2 AND ${WAITS_FOR_PEOPLE} ORDER BY reviewed, number < $2, number LIMIT 1`,
    [batchId, number],
  );
  return rows[0] ?? null;
}

/**
 * A chunk's classifications with these fields, page by page: what the scratchpad is rendered from. The page is cut first and joined then, or the planner
 * may walk the whole dataset for every page.
 */
export async function* walkClassified(
  pool: Pool,
  chunk: ChunkOf,
  fieldNames: readonly string[],
  pageRows: number,
): AsyncGenerator<ClassifiedItem[]> {
  for (let after = 0; ; ) {
    const { rows } = await pool.query<ClassifiedItem>(
      `SELECT page.ordinal, a.category, a.why, a.confidence, a."by",
         coalesce((SELECT jsonb_object_agg(k, left(coalesce(i.fields ->> k, ''), ${SAMPLE_FIELD_CHARS_MAX})) FROM unnest($5::text[]) k), '{}') AS fields
       FROM (SELECT ordinal FROM chunk_item WHERE chunk_id = $3 AND ordinal > $4 ORDER BY ordinal LIMIT $6) page
       JOIN item i ON i.dataset_id = $2 AND i.ordinal = page.ordinal
       LEFT JOIN classification a ON a.batch_id = $1 AND a.ordinal = page.ordinal
       ORDER BY page.ordinal`,
      [chunk.batchId, chunk.datasetId, chunk.chunkId, after, fieldNames, pageRows],
    );
    if (rows.length === 0) return;
    // Items that are not classified yet are walked past.
    yield rows.filter(({ category }) => category !== null);
    after = rows[rows.length - 1]?.ordinal ?? after;
  }
}

/** Of a classification `a` and its item `i`. */
export const CLASSIFIED = `a.ordinal, a.category, a.why, a.confidence, a."by",
  (SELECT coalesce(jsonb_object_agg(f.key, CASE WHEN length(f.value) > cut.chars THEN left(f.value, cut.chars) || '…' ELSE f.value END), '{}')
   FROM jsonb_each_text(i.fields) f
   CROSS JOIN LATERAL (SELECT CASE WHEN f.key = 'text' THEN ${SAMPLE_TEXT_CHARS_MAX} ELSE ${SAMPLE_FIELD_CHARS_MAX} END AS chars) cut) AS fields`;
