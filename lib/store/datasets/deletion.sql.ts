/** The end of a dataset. Its row is locked against batches that are just being made of it, which Prisma has no words for. */
import { CountersignError } from '#lib/core/errors.ts';
import { assertNotErasing } from '#lib/store/erasure/guards.sql.ts';
import { Prisma } from '#lib/store/generated/client.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { removeRows, removeSources } from './datasets.ts';

/** Throws `not_found` without it or when it was deleted already, `conflict` while it is receiving. Gives how many batches keep its rows. */
export async function deleteDataset(tx: Tx, id: string, by: string): Promise<{ kept: number }> {
  // Whoever makes a batch has the row FOR KEY SHARE until it is there: this waits for that, and is waited for.
  const { rows } = await tx.query<{ name: string; state: string; deleted: boolean }>(
    'SELECT name, state, deleted_at IS NOT NULL AS deleted FROM dataset WHERE id = $1 FOR UPDATE',
    [id],
  );
  const [row] = rows;
  if (!row || row.deleted) throw new CountersignError('not_found', 'There is no such dataset.');
  if (row.state === 'receiving')
    throw new CountersignError('conflict', `“${row.name}” is still arriving. Delete it when it is there.`);
  const kept = await tx.prisma.batch.count({ where: { datasetId: id } });
  await tx.query('UPDATE dataset SET deleted_at = clock_timestamp(), deleted_by = $2 WHERE id = $1', [id, by]);
  if (kept > 0) return { kept };
  await removeRows(tx.prisma, id);
  await removeSources(tx.prisma, id);
  await tx.prisma.datasetReading.updateMany({ where: { datasetId: id }, data: { body: null } });
  await tx.prisma.dataset.update({
    where: { id },
    data: { itemCount: 0, unreadableCount: 0, fields: [], dialect: Prisma.DbNull },
    select: { id: true },
  });
  return { kept };
}

/** Holds a dataset for a batch that is being made of it. Throws `not_found` when there is none, or `conflict` when it was deleted, or is being erased. */
export async function holdDataset(tx: Querying, id: string): Promise<void> {
  const { rows } = await tx.query<{ name: string; deleted: boolean }>(
    'SELECT name, deleted_at IS NOT NULL AS deleted FROM dataset WHERE id = $1 FOR KEY SHARE',
    [id],
  );
  const [row] = rows;
  if (!row) throw new CountersignError('not_found', 'There is no such dataset.');
  if (row.deleted) throw deletedDataset(row.name);
  await assertNotErasing(tx, id);
}

/** What nothing can be made of any more. */
export function deletedDataset(name: string): CountersignError {
  return new CountersignError('conflict', `“${name}” was deleted. Upload the file again.`);
}
