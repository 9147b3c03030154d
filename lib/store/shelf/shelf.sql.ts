/**
 * What lies on the shelves, by the action that put it there last: its batch and category, for undoing these takes it back. Reads only; the entries
 * are the shelf connector's. What lies there is read along shelf_entry_lying_idx, and what was taken back along shelf_entry_taken_idx.
 */
import type { Pool } from 'pg';
import { BATCH_UNFINISHED, stateList } from '#lib/core/lifecycle.ts';
import { SAMPLE_FIELD_CHARS_MAX, SEARCH_SCAN_ITEMS, SHELF_COUNTED_MAX } from '#lib/core/limits.ts';
import { likePattern } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';

type ShelfKey = { batchId: string; category: string; shelf: string };

export type ShelfGroupRow = ShelfKey & {
  batchName: string;
  batchCreatedAt: Date;
  datasetId: string;
  datasetName: string;
  /** csv | mbox */
  datasetFormat: string | null;
  /** items that lie there, at most SHELF_COUNTED_MAX + 1 */
  count: number;
  /** when the first of those that were counted was put there */
  since: Date;
  /** the undos of it that are not finished */
  undoing: { id: string; name: string }[];
};

type GroupPage = {
  /** the last group of the page before */
  after: (ShelfKey & { createdAt: string }) | null;
  only: { [Key in keyof ShelfKey]: string | null };
  limit: number;
};

/**
 * A page of the groups, those of the newest batch first. Batches are walked along their own index and asked whether anything of them lies there; from one
 * group to the next it leaps, so that what a group holds is read once, to be counted.
 */
export async function readShelfGroups(pool: Pool, { after, only, limit }: GroupPage): Promise<ShelfGroupRow[]> {
  const { rows } = await pool.query<ShelfGroupRow>({
    name: 'shelf-groups',
    text: `SELECT page.*, d.name AS "datasetName", d.format AS "datasetFormat", n.count, n.since,
      (SELECT coalesce(json_agg(json_build_object('id', u.id, 'name', u.name) ORDER BY u.created_at, u.id), '[]') FROM batch u
       WHERE u.undoes = page."batchId" AND u.state IN (${stateList(BATCH_UNFINISHED)})
         AND EXISTS (SELECT FROM jsonb_path_query(u.plan, '$.categories[*]') c
                     WHERE c ->> 'name' = page.category AND c -> 'action' <> 'null')) AS undoing
    FROM (
      SELECT b.id AS "batchId", b.name AS "batchName", b.created_at AS "batchCreatedAt", b.dataset_id AS "datasetId", g.category, g.shelf
      FROM batch b CROSS JOIN LATERAL (
        WITH RECURSIVE leap AS (
          (SELECT last_category AS category, shelf FROM shelf_entry
           WHERE restored_at IS NULL AND last_batch_id = b.id ORDER BY last_category, shelf LIMIT 1)
          UNION ALL
          SELECT next.* FROM leap CROSS JOIN LATERAL (
            SELECT last_category, shelf FROM shelf_entry
            WHERE restored_at IS NULL AND last_batch_id = b.id AND (last_category, shelf) > (leap.category, leap.shelf)
            ORDER BY last_category, shelf LIMIT 1) next
        ) SELECT * FROM leap) g
      WHERE ($1::timestamptz IS NULL OR (b.created_at, b.id) <= ($1, $2::uuid))
        AND ($2::uuid IS NULL OR b.id <> $2 OR (g.category, g.shelf) > ($3::text, $4::text))
        AND ($5::uuid IS NULL OR b.id = $5) AND ($6::text IS NULL OR g.category = $6) AND ($7::text IS NULL OR g.shelf = $7)
      ORDER BY b.created_at DESC, b.id DESC, g.category, g.shelf LIMIT $8
    ) page
    JOIN dataset d ON d.id = page."datasetId"
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS count, min(since) AS since FROM (
        SELECT ordinal, min(last_at) AS since FROM shelf_entry
        WHERE restored_at IS NULL AND last_batch_id = page."batchId" AND last_category = page.category AND shelf = page.shelf
        GROUP BY ordinal ORDER BY ordinal LIMIT ${SHELF_COUNTED_MAX + 1}) lying) n
    ORDER BY page."batchCreatedAt" DESC, page."batchId" DESC, page.category, page.shelf`,
    values: [
      ...[after?.createdAt ?? null, after?.batchId ?? null, after?.category ?? null, after?.shelf ?? null],
      ...[only.batchId, only.category, only.shelf, limit],
    ],
  });
  return rows;
}

export type ShelfItemRow = {
  ordinal: number;
  since: Date;
  fields: Record<string, string>;
  /** the receipt that says that it was put there: where it is in its batch */
  chunk: number | null;
  seq: number | null;
};

type ItemPage = ShelfKey & { datasetId: string; search: string | null; after: number; limit: number };

/**
 * A page of the items of a group, by ordinal. A search looks through SEARCH_SCAN_ITEMS at a time; a page may therefore be short, and `next` says
 * where to go on. Null `next`: that was all.
 */
export async function readShelfItems(pool: Pool, group: ItemPage): Promise<{ rows: ShelfItemRow[]; next: number | null }> {
  const scan = group.search === null ? group.limit + 1 : SEARCH_SCAN_ITEMS;
  const { rows } = await pool.query<ShelfItemRow & { scanned: number; last: number | null }>({
    name: 'shelf-items',
    text: `WITH scanned AS MATERIALIZED (
      SELECT ordinal, min(last_at) AS since FROM shelf_entry
      WHERE restored_at IS NULL AND last_batch_id = $1 AND last_category = $2 AND shelf = $3 AND ordinal > $5
      GROUP BY ordinal ORDER BY ordinal LIMIT $6
    ), found AS (
      SELECT s.ordinal, s.since, i.fields FROM scanned s JOIN item i ON i.dataset_id = $4 AND i.ordinal = s.ordinal
      WHERE $7::text IS NULL OR EXISTS (SELECT FROM jsonb_each_text(i.fields) f WHERE f.value ILIKE $7)
      ORDER BY s.ordinal LIMIT $8
    )
    SELECT (SELECT count(*)::int FROM scanned) AS scanned, (SELECT max(ordinal) FROM scanned) AS last,
      found.ordinal, found.since, r.chunk, r.seq,
      (SELECT coalesce(jsonb_object_agg(f.key, CASE WHEN length(f.value) > ${SAMPLE_FIELD_CHARS_MAX} THEN left(f.value, ${SAMPLE_FIELD_CHARS_MAX}) || '…' ELSE f.value END), '{}')
       FROM jsonb_each_text(found.fields) f) AS fields
    FROM (SELECT) one LEFT JOIN found ON true
    LEFT JOIN LATERAL (SELECT chunk, seq FROM receipt WHERE batch_id = $1 AND ordinal = found.ordinal AND result = 'succeeded'
                       ORDER BY step DESC LIMIT 1) r ON true
    ORDER BY found.ordinal`,
    values: [
      ...[group.batchId, group.category, group.shelf, group.datasetId, group.after, scan],
      ...[group.search === null ? null : likePattern(group.search), group.limit + 1],
    ],
  });
  const found = rows.filter(({ ordinal }) => ordinal !== null).map(({ scanned: _, last: __, ...item }) => item);
  const items = found.slice(0, group.limit);
  if (found.length > group.limit) return { rows: items, next: items.at(-1)?.ordinal ?? null };
  return { rows: items, next: rows[0]?.scanned === scan ? rows[0].last : null };
}

/** Which batches took back what this batch had put there itself, and how much each; of SHELF_COUNTED_MAX entries at most. */
export async function readTakenBack(
  pool: Pool,
  batchId: string,
  { category, shelf }: { category: string | null; shelf: string | null },
): Promise<{ id: string; name: string; count: number }[]> {
  const { rows } = await pool.query<{ id: string; name: string; count: number }>(
    `SELECT b.id, b.name, t.count FROM (
       SELECT last_batch_id, count(*)::int AS count FROM (
         SELECT last_batch_id FROM shelf_entry
         WHERE batch_id = $1 AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR shelf = $3) AND restored_at IS NOT NULL
         LIMIT ${SHELF_COUNTED_MAX}) taken GROUP BY last_batch_id) t
     JOIN batch b ON b.id = t.last_batch_id ORDER BY b.created_at, b.id`,
    [batchId, category, shelf],
  );
  return rows;
}
