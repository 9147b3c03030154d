/** The last batch whose file has the same fields. A statement of our own: Prisma has no words for a comparison of what is in JSON. */
import { LIKE_BATCHES_LOOKED_AT } from '#lib/core/limits.ts';
import { FIELD_NAMES } from '#lib/store/batches/batch-plan.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** Of the newest LIKE_BATCHES_LOOKED_AT, undos left out; the order of the fields does not matter. Null: none is like it. */
export async function readBatchLike(db: Querying, fieldNames: readonly string[]): Promise<{ id: string; name: string } | null> {
  const { rows } = await db.query<{ id: string; name: string }>(
    `SELECT b.id, b.name
     FROM (SELECT id, name, dataset_id, created_at FROM batch WHERE undoes IS NULL ORDER BY created_at DESC LIMIT ${LIKE_BATCHES_LOOKED_AT}) b
       JOIN dataset d ON d.id = b.dataset_id, LATERAL (SELECT ${FIELD_NAMES} AS names) f
     WHERE f.names @> $1::text[] AND f.names <@ $1::text[]
     ORDER BY b.created_at DESC LIMIT 1`,
    [fieldNames],
  );
  return rows[0] ?? null;
}
