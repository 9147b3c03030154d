/** Which batches have their sums watched; refold.sql.ts watches them. */
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Batches that are not over, and those whose receipts were not folded again since they were, in the order of their starts (batch_watched_idx). */
export async function readWatchedBatches({ prisma }: WithModels): Promise<string[]> {
  const rows = await prisma.batch.findMany({
    where: { refoldedAt: null, state: { not: 'proposed' } },
    orderBy: { startedAt: 'asc' },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}
