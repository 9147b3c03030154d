/**
 * The original bytes of a dataset's items, of one category of a batch, or of what lies of that on a shelf, by key and never all at once: a page is cut by the
 * sizes of its values, which Prisma can't ask for.
 */
import type { Pool } from 'pg';
import { storedItem } from '#lib/shapes/datasets.ts';

/** `shelf`: only what this category of the batch put there, and what still lies there. */
type Which = { datasetId: string; batchId: string | null; category: string | null; shelf: string | null };
export type Original = { ordinal: number; raw: Buffer; fields: Record<string, string>; category: string | null };

const PAGE_ROWS = 1_000;
/** Items are read together up to this many bytes; a larger one comes alone. */
const GROUP_BYTES = 4 * 1024 ** 2;

/**
 * In the order of the ordinals. With a batch, each item has its category as it stands now, and `category` keeps that one only; items
 * that are not classified yet are then left out.
 */
export async function* readOriginals(pool: Pool, which: Which): AsyncGenerator<Original> {
  const { datasetId, batchId } = which;
  for (let after = 0; ; ) {
    const page = await sizes(pool, which, after);
    for (const group of groups(page)) yield* await originals(pool, datasetId, batchId, group);
    after = page.at(-1)?.ordinal ?? after;
    if (page.length < PAGE_ROWS) return;
  }
}

type Size = { ordinal: number; bytes: number };

/** `octet_length` of a stored value reads its header and not the value. */
async function sizes(pool: Pool, { datasetId, batchId, category, shelf }: Which, after: number): Promise<Size[]> {
  if (batchId === null) {
    const { rows } = await pool.query<Size>(
      `SELECT ordinal, octet_length(raw) AS bytes FROM item WHERE dataset_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT ${PAGE_ROWS}`,
      [datasetId, after],
    );
    return rows;
  }
  if (shelf !== null) {
    const { rows } = await pool.query<Size>(
      `SELECT s.ordinal, octet_length(i.raw) AS bytes
       FROM (SELECT DISTINCT ordinal FROM shelf_entry
             WHERE restored_at IS NULL AND last_batch_id = $2 AND last_category = $4 AND shelf = $5 AND ordinal > $3
             ORDER BY ordinal LIMIT ${PAGE_ROWS}) s
       JOIN item i ON i.dataset_id = $1 AND i.ordinal = s.ordinal ORDER BY s.ordinal`,
      [datasetId, batchId, after, category, shelf],
    );
    return rows;
  }
  const { rows } = await pool.query<Size>(
    `SELECT c.ordinal, octet_length(i.raw) AS bytes
     FROM classification c JOIN item i ON i.dataset_id = $1 AND i.ordinal = c.ordinal
     WHERE c.batch_id = $2 AND c.ordinal > $3 AND ($4::text IS NULL OR c.category = $4)
     ORDER BY c.ordinal LIMIT ${PAGE_ROWS}`,
    [datasetId, batchId, after, category],
  );
  return rows;
}

function groups(page: Size[]): number[][] {
  const all: number[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of page) {
    if (bytes + one.bytes > GROUP_BYTES) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(one.ordinal);
    bytes += one.bytes;
  }
  return all;
}

async function originals(pool: Pool, datasetId: string, batchId: string | null, ordinals: number[]): Promise<Original[]> {
  const { rows } = await pool.query<Omit<Original, 'fields'> & { fields: unknown }>(
    `SELECT i.ordinal, i.raw, i.fields, c.category
     FROM item i LEFT JOIN classification c ON c.batch_id = $2::uuid AND c.ordinal = i.ordinal
     WHERE i.dataset_id = $1 AND i.ordinal = ANY ($3::int[]) ORDER BY i.ordinal`,
    [datasetId, batchId, ordinals],
  );
  return rows.map((row) => ({ ...row, fields: storedItem(row.fields) }));
}
