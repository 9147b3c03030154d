/** What batches put on the shelves and what is still there. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({
  cursor: z.string().max(200).nullish(),
  limit: z.int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
  batchId: z.uuid().optional(),
  shelf: z.string().min(1).optional(),
  /** also what was taken back */
  restored: z.boolean().default(false),
});

export type ShelfEntry = {
  /** the idempotency key of the action that made it, which its receipts name */
  key: string;
  batchId: string;
  batchName: string;
  datasetId: string;
  datasetName: string;
  ordinal: number;
  category: string;
  shelf: string;
  at: string;
  restoredAt: string | null;
};

/** By dataset and ordinal. Throws `invalid` for a cursor of another list. */
export async function listShelf(
  actor: Actor,
  raw: z.input<typeof input> = {},
): Promise<{ items: ShelfEntry[]; next: string | null }> {
  authorise(actor, 'see');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', read.error.issues[0]?.message ?? 'The list can not be read.');
  const { cursor, limit, batchId = null, shelf = null, restored } = read.data;
  const after = cursor ? readCursor(cursor) : null;
  const { rows } = await db().pool.query<Row>(
    `SELECT s.idempotency_key, s.batch_id, b.name AS batch_name, s.dataset_id, d.name AS dataset_name, s.ordinal, s.category, s.shelf, s.at, s.restored_at
     FROM shelf_entry s LEFT JOIN batch b ON b.id = s.batch_id LEFT JOIN dataset d ON d.id = s.dataset_id
     WHERE ($1::uuid IS NULL OR (s.dataset_id, s.ordinal, s.idempotency_key) > ($1, $2, $3))
       AND ($4::uuid IS NULL OR s.batch_id = $4) AND ($5::text IS NULL OR s.shelf = $5) AND ($6 OR s.restored_at IS NULL)
     ORDER BY s.dataset_id, s.ordinal, s.idempotency_key LIMIT $7`,
    [after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, batchId, shelf, restored, limit + 1],
  );
  const items = rows.slice(0, limit).map((row) => ({
    key: row.idempotency_key,
    batchId: row.batch_id,
    batchName: row.batch_name ?? '',
    datasetId: row.dataset_id,
    datasetName: row.dataset_name ?? '',
    ordinal: row.ordinal,
    category: row.category,
    shelf: row.shelf,
    at: row.at.toISOString(),
    restoredAt: row.restored_at?.toISOString() ?? null,
  }));
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, next: last ? [last.datasetId, last.ordinal, last.key].join(' ') : null };
}

type Row = {
  idempotency_key: string;
  batch_id: string;
  batch_name: string | null;
  dataset_id: string;
  dataset_name: string | null;
  ordinal: number;
  category: string;
  shelf: string;
  at: Date;
  restored_at: Date | null;
};

const place = z.tuple([
  z.uuid(),
  z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  z.string().min(1),
]);

function readCursor(cursor: string): [string, number, string] {
  const read = place.safeParse(cursor.split(' '));
  if (!read.success) throw new CountersignError('invalid', 'That cursor is not one of this list.');
  return read.data;
}
