/** The heads of datasets. */

import type pg from 'pg';
import type { DatasetState } from '#lib/core/lifecycle.ts';

export type DatasetHead = {
  id: string;
  name: string;
  state: DatasetState;
  format: string | null;
  /** As ingest detected it. */
  dialect: unknown;
  bytes: string;
  digest: Buffer | null;
  itemCount: number;
  unreadableCount: number;
  /** As ingest described them. */
  fields: unknown;
  reason: string | null;
  createdBy: string;
  createdAt: Date;
  readyAt: Date | null;
};

const HEAD = `id, name, state, format, dialect, bytes, digest, item_count AS "itemCount", unreadable_count AS "unreadableCount", fields,
  reason, created_by AS "createdBy", created_at AS "createdAt", ready_at AS "readyAt"`;

/** The dataset, or null. */
export async function readDatasetHead(pool: pg.Pool, id: string): Promise<DatasetHead | null> {
  const { rows } = await pool.query<DatasetHead>(`SELECT ${HEAD} FROM dataset WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

/** The newest first, from before the given one on. */
export async function readDatasetHeads(
  pool: pg.Pool,
  { before, limit }: { before: { createdAt: string; id: string } | null; limit: number },
): Promise<DatasetHead[]> {
  const { rows } = await pool.query<DatasetHead>(
    `SELECT ${HEAD} FROM dataset WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)
     ORDER BY created_at DESC, id DESC LIMIT $3`,
    [before?.createdAt ?? null, before?.id ?? null, limit],
  );
  return rows;
}
