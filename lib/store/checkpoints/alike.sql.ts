/**
 * What is like items that a person moved. Statements of our own: the database compares the items where they are, and hands over which are the same in what. Both look
 * at so many items at most.
 */
import type { Pool } from 'pg';
import { CHUNK_UNCLASSIFIED } from '#lib/core/lifecycle.ts';
import { LIKE_SCAN_ITEMS } from '#lib/core/limits.ts';
import { NO_PART } from '#lib/store/chunks/classifications.sql.ts';
import type { ChunkOf } from './checkpoint-reads.sql.ts';

/** What an item is compared with, and in what. */
export type Like = {
  ordinal: number;
  /** whose values are compared as they are */
  fields: readonly string[];
  /** whose words are compared; null: no field has any */
  words: string | null;
};

/** `same`: by field; `words`: it has the same. Items that are the same in nothing are not given. */
export type AlikeRow = { ordinal: number; same: boolean[]; words: boolean; rule: boolean };

/** Letters and digits are words, but for numbers, and for what an answer to a mail puts before its subject. */
const wordsOf = (text: string): string =>
  `btrim(regexp_replace(regexp_replace(lower(${text}), '^((re|fwd?|aw|wg|tr|rif|sv) *: *)+', ''), '([^[:alpha:]]|[[:digit:]])+', ' ', 'g'))`;

/** What a correction moved and nobody moved since, by ordinal: the first of them, and how many there are. */
export async function readMoved(
  pool: Pool,
  { chunkId, revision, to }: { chunkId: string; revision: number; to: string },
  limit: number,
): Promise<{ ordinals: number[]; items: number }> {
  const { rows } = await pool.query<{ ordinals: number[]; items: number }>(
    `WITH moved AS MATERIALIZED (SELECT ordinal FROM classification WHERE chunk_id = $1 AND category = $2 AND revision = $3)
     SELECT ARRAY(SELECT ordinal FROM moved ORDER BY ordinal LIMIT $4) AS ordinals, (SELECT count(*)::int FROM moved) AS items`,
    [chunkId, to, revision, limit],
  );
  return rows[0] ?? { ordinals: [], items: 0 };
}

/** The part of the classifier that gave all of these items their category, before people moved them; null where it is not one, or nobody knows. */
export async function readCommonPart(pool: Pool, batchId: string, ordinals: readonly number[]): Promise<number | null> {
  const { rows } = await pool.query<{ part: number | null }>(
    `SELECT CASE WHEN count(*) = count(part) AND min(part) = max(part) THEN min(part) END AS part
     FROM unnest($2::int[]) asked(ordinal) JOIN classification a ON a.batch_id = $1 AND a.ordinal = asked.ordinal`,
    [batchId, ordinals],
  );
  const part = rows[0]?.part ?? null;
  return part === NO_PART ? null : part;
}

const SAME = `ARRAY(SELECT coalesce(i.fields ->> f = s.fields ->> f AND s.fields ->> f <> '', false) FROM unnest($3::text[]) WITH ORDINALITY AS named(f, place) ORDER BY place)`;
const WORDS = `($4::text IS NOT NULL AND length(s.words) > 2 AND coalesce(${wordsOf('i.fields ->> $4')} = s.words, false))`;
const SOURCE = `(SELECT fields, ${wordsOf("coalesce(fields ->> $4, '')")} AS words FROM item WHERE dataset_id = $1 AND ordinal = $2)`;

/** Whether a classifier of this kind gave a classification, in a statement: agents are told apart by their keys, agent:<uuid>. */
const gaveIt = (kind: string): string => `("by" = ${kind} OR starts_with("by", ${kind} || ':'))`;

/**
 * Of the chunk's items in a category, as a classifier gave it: those that are like the item. `part`: of the classifier, that gave the category of the item; null: nobody
 * knows. `compared`: how many were looked at.
 */
export async function readAlike(
  pool: Pool,
  { datasetId, chunkId }: Pick<ChunkOf, 'datasetId' | 'chunkId'>,
  like: Like,
  given: { category: string; by: string; part: number | null },
): Promise<{ compared: number; rows: AlikeRow[] }> {
  const { rows } = await pool.query<AlikeRow>(
    `SELECT ordinal, same, words, rule FROM (
       SELECT a.ordinal, ${SAME} AS same, ${WORDS} AS words, coalesce(a.part = $8, false) AS rule
       FROM ${SOURCE} s CROSS JOIN (
         SELECT ordinal, part FROM classification
         WHERE chunk_id = $5 AND category = $6 AND ${gaveIt('$7')} ORDER BY ordinal LIMIT ${LIKE_SCAN_ITEMS}) a
       JOIN item i ON i.dataset_id = $1 AND i.ordinal = a.ordinal WHERE a.ordinal <> $2) looked
     WHERE true = ANY(same) OR words OR rule ORDER BY ordinal`,
    [...[datasetId, like.ordinal, like.fields, like.words, chunkId, given.category, given.by, given.part]],
  );
  const counted = await pool.query<{ compared: number }>(
    `SELECT count(*)::int AS compared FROM (SELECT FROM classification WHERE chunk_id = $1 AND category = $2 AND ${gaveIt('$3')} LIMIT ${LIKE_SCAN_ITEMS}) a`,
    [chunkId, given.category, given.by],
  );
  return { compared: counted.rows[0]?.compared ?? 0, rows };
}

/** Of the items of chunks that nobody has seen classified, the first ones: how many are the same, by field and by words. */
export async function countAlikeToCome(
  pool: Pool,
  { batchId, datasetId }: Pick<ChunkOf, 'batchId' | 'datasetId'>,
  like: Like,
): Promise<{ compared: number; same: number[]; words: number }> {
  const sums = like.fields.map((_, index) => `count(*) FILTER (WHERE same[${index + 1}])::int`);
  const { rows } = await pool.query<{ compared: number; same: number[]; words: number }>(
    `SELECT count(*)::int AS compared, ARRAY[${sums.join(', ')}]::int[] AS same, count(*) FILTER (WHERE words)::int AS words FROM (
       SELECT ${SAME} AS same, ${WORDS} AS words
       FROM ${SOURCE} s CROSS JOIN (
         SELECT m.ordinal FROM chunk c JOIN chunk_item m ON m.chunk_id = c.id
         WHERE c.batch_id = $5 AND c.state = ANY($6) ORDER BY c.number, m.ordinal LIMIT ${LIKE_SCAN_ITEMS}) m
       JOIN item i ON i.dataset_id = $1 AND i.ordinal = m.ordinal) looked`,
    [datasetId, like.ordinal, like.fields, like.words, batchId, CHUNK_UNCLASSIFIED],
  );
  return rows[0] ?? { compared: 0, same: [], words: 0 };
}
