/**
 * Items of a chunk that are looked for: page by page, counted, or as the set that one move is about. Statements of our own: conditions over values, reasons and
 * marks at once, each item looked up by its keys, or the planner may walk the whole dataset.
 */
import { CountersignError } from '#lib/core/errors.ts';
import { sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import { SEARCH_SCAN_ITEMS, SEARCH_STATEMENT_MS } from '#lib/core/limits.ts';
import type { ChunkFilter } from '#lib/shapes/chunk-items.ts';
import { PERSON_GAVE } from '#lib/store/chunks/given-by.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { MARK_OF_CLASSIFIED } from '#lib/store/reviews/reviews.sql.ts';
import { type ChunkOf, CLASSIFIED, type ClassifiedItem, likePattern } from './checkpoint-reads.sql.ts';

/** `ordinals`: what `sample` names, drawn by whoever asks. */
export type Wanted = Omit<ChunkFilter, 'sample'> & { ordinals: readonly number[] | null };

/**
 * Items in the order of their ordinals. What is looked for is looked for in SEARCH_SCAN_ITEMS at a time; a page may therefore be short, and `next` says where to
 * go on. Null `next`: that was all.
 */
export async function readItemPage(
  client: Querying,
  chunk: ChunkOf,
  wanted: Wanted,
  { after, limit }: { after: number; limit: number },
): Promise<{ rows: ClassifiedItem[]; next: number | null }> {
  const { category, ...narrower } = wanted;
  const { clause, values, fields } = conditions(narrower, 7);
  const scan = clause === TRUE ? limit + 1 : SEARCH_SCAN_ITEMS;
  const { rows } = await client.query<ClassifiedItem & { scanned: number; last: number | null }>(
    `WITH scanned AS MATERIALIZED (
       SELECT ordinal FROM ${category === undefined ? 'chunk_item' : 'classification'}
       WHERE chunk_id = $3 AND ordinal > $4 AND ${category === undefined ? '$5::text IS NULL' : 'category = $5'} ORDER BY ordinal LIMIT $6
     ), found AS (
       SELECT a.ordinal FROM scanned CROSS JOIN LATERAL (${OF_ITEM}) a ${fields ? `CROSS JOIN LATERAL (${FIELDS_OF_ITEM}) i` : ''}
       WHERE ${clause} ORDER BY a.ordinal LIMIT $7
     )
     SELECT (SELECT count(*)::int FROM scanned) AS scanned, (SELECT max(ordinal) FROM scanned) AS last, page.* FROM (SELECT) one
     LEFT JOIN (SELECT ${CLASSIFIED} FROM found
       CROSS JOIN LATERAL (SELECT * FROM classification WHERE batch_id = $1 AND ordinal = found.ordinal OFFSET 0) a
       CROSS JOIN LATERAL (SELECT fields FROM item WHERE dataset_id = $2 AND ordinal = found.ordinal OFFSET 0) i) page ON true
     ORDER BY page.ordinal`,
    [chunk.batchId, chunk.datasetId, chunk.chunkId, after, category ?? null, scan, limit + 1, ...values],
  );
  const found = rows.filter(({ ordinal }) => ordinal !== null).map(({ scanned: _, last: __, ...item }) => item);
  const items = found.slice(0, limit);
  if (found.length > limit) return { rows: items, next: items.at(-1)?.ordinal ?? null };
  return { rows: items, next: rows[0]?.scanned === scan ? rows[0].last : null };
}

/** By what items are sorted: a field's text, or what their classification says. */
export type SortedBy = { field: string } | 'confidence' | 'why';
export type SortKey = { ordinal: number; value: string | number | null };

/** What all that match are sorted by, in the order of their ordinals; at most `limit` of them. A text is cut: a cell can hold a megabyte. */
export async function readSortKeys(
  tx: Tx,
  chunk: ChunkOf,
  wanted: Wanted,
  by: SortedBy,
  { chars, limit }: { chars: number; limit: number },
): Promise<SortKey[]> {
  const field = typeof by === 'object' ? by.field : null;
  const params = [chunk.batchId, chunk.datasetId, chunk.chunkId, limit, ...(field === null ? [] : [field])];
  const { from, values } = matching(wanted, { params: params.length, fields: field !== null });
  const value =
    field !== null ? `left(i.fields ->> $5::text, ${chars})` : by === 'why' ? `left(a.why, ${chars})` : 'a.confidence';
  return inTime(tx, async () => {
    const { rows } = await tx.query<SortKey>(`SELECT a.ordinal, ${value} AS value ${from} ORDER BY a.ordinal LIMIT $4`, [
      ...params,
      ...values,
    ]);
    return rows;
  });
}

/** How many match, at most `limit`, and SHA-256 over their ordinals. */
export async function countMatching(
  tx: Tx,
  chunk: ChunkOf,
  wanted: Wanted,
  limit: number,
): Promise<{ count: number; set: string }> {
  const { from, values } = matching(wanted, { params: 4 });
  return inTime(tx, async () => {
    const { rows } = await tx.query<{ count: number; set: string }>(
      `SELECT count(*)::int AS count, encode(sha256(coalesce(string_agg(int4send(ordinal), ''::bytea ORDER BY ordinal), ''::bytea)), 'hex') AS set
       FROM (SELECT a.ordinal ${from} LIMIT $4) matching`,
      [chunk.batchId, chunk.datasetId, chunk.chunkId, limit, ...values],
    );
    return rows[0] ?? { count: 0, set: '' };
  });
}

export type Placed = { ordinal: number; category: string; by: string };

/** Where all that match are, and who put them there, by ordinal; at most `limit`. */
export async function readMatching(tx: Tx, chunk: ChunkOf, wanted: Wanted, limit: number): Promise<Placed[]> {
  const { from, values } = matching(wanted, { params: 4 });
  return inTime(tx, async () => {
    const { rows } = await tx.query<Placed>(`SELECT a.ordinal, a.category, a."by" ${from} ORDER BY a.ordinal LIMIT $4`, [
      ...[chunk.batchId, chunk.datasetId, chunk.chunkId, limit, ...values],
    ]);
    return rows;
  });
}

type ReasonRow = { why: string; category: string; confidence: number; count: number };

/** What the chunk's classifications say of why, with how often; a person's are left out, for each of them says from where. */
export async function readReasonRows(client: Querying, chunkId: string, limit: number): Promise<ReasonRow[]> {
  const { rows } = await client.query<ReasonRow>(
    `SELECT why, category, confidence, count(*)::int AS count FROM classification a WHERE chunk_id = $1 AND NOT ${PERSON_GAVE}
     GROUP BY why, category, confidence ORDER BY count DESC, why, category LIMIT $2`,
    [chunkId, limit],
  );
  return rows;
}

const TRUE = 'true';
const OF_ITEM = 'SELECT * FROM classification WHERE batch_id = $1 AND ordinal = scanned.ordinal OFFSET 0';
const FIELDS_OF_ITEM = 'SELECT fields FROM item WHERE dataset_id = $2 AND ordinal = scanned.ordinal OFFSET 0';
const STATEMENT_TIMED_OUT = '57014';

/** A statement over all that match has a time of its own, so that nobody's search holds the database, or the lock that it is asked under. */
async function inTime<T>(tx: Tx, act: () => Promise<T>): Promise<T> {
  await tx.query(`SET LOCAL statement_timeout = ${SEARCH_STATEMENT_MS}`);
  try {
    const found = await act();
    await tx.query('SET LOCAL statement_timeout TO DEFAULT');
    return found;
  } catch (error) {
    if (sqlStateOf(error) !== STATEMENT_TIMED_OUT) throw error;
    throw new CountersignError(
      'too_large',
      `Looking through the chunk's items takes longer than ${SEARCH_STATEMENT_MS / 1000} s. Filter by category, confidence or reason first.`,
    );
  }
}

/** The FROM and WHERE of all that match, whose parameters after `params` are `values`: $1 to $3 are batch, dataset and chunk. */
function matching(
  { category, ...narrower }: Wanted,
  { params, fields: needed = false }: { params: number; fields?: boolean },
): { from: string; values: unknown[] } {
  const { clause, values, fields } = conditions(narrower, params + 1);
  const item =
    fields || needed
      ? 'CROSS JOIN LATERAL (SELECT fields FROM item WHERE dataset_id = $2 AND ordinal = a.ordinal OFFSET 0) i'
      : '';
  return {
    // The chunk's own first: without statistics the planner may walk the whole batch for it.
    from: `FROM (SELECT * FROM classification WHERE chunk_id = $3 AND ($${params + 1}::text IS NULL OR category = $${params + 1}) OFFSET 0) a ${item}
      WHERE a.batch_id = $1 AND $2::uuid IS NOT NULL AND ${clause}`,
    values: [category ?? null, ...values],
  };
}

/** What has to hold of a classification `a` and its item `i`, with the values of the parameters after `first`; `fields`: whether `i` is asked for. */
function conditions(
  { search, is = [], why, confidenceFrom, confidenceBelow, by, mark, revision, ordinals }: Omit<Wanted, 'category'>,
  first: number,
): { clause: string; values: unknown[]; fields: boolean } {
  const values: unknown[] = [];
  const param = (value: unknown, type: string) => `$${first + values.push(value)}::${type}`;
  const parts: string[] = [];
  if (why !== undefined) parts.push(`a.why = ${param(why, 'text')}`);
  if (confidenceFrom !== undefined) parts.push(`a.confidence >= ${param(confidenceFrom, 'float8')}`);
  if (confidenceBelow !== undefined) parts.push(`a.confidence < ${param(confidenceBelow, 'float8')}`);
  if (by !== undefined) parts.push(`${by === 'person' ? '' : 'NOT '}${PERSON_GAVE}`);
  if (revision !== undefined) parts.push(`a.revision = ${param(revision, 'int')}`, PERSON_GAVE);
  if (ordinals !== null) parts.push(`a.ordinal = ANY(${param(ordinals, 'int[]')})`);
  if (mark !== undefined) parts.push(`coalesce(${MARK_OF_CLASSIFIED}, 'none') = ${param(mark, 'text')}`);
  for (const { field, value } of is) {
    const own = `i.fields ->> ${param(field, 'text')}`;
    // An item that lacks a field has nothing in it.
    parts.push(value === '' ? `coalesce(${own}, '') = ''` : `${own} = ${param(value, 'text')}`);
  }
  if (search) {
    const pattern = param(likePattern(search), 'text');
    parts.push(`(a.why ILIKE ${pattern} OR EXISTS (SELECT FROM jsonb_each_text(i.fields) f WHERE f.value ILIKE ${pattern}))`);
  }
  return { clause: parts.length === 0 ? TRUE : parts.join(' AND '), values, fields: is.length > 0 || Boolean(search) };
}
