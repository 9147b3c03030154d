/** What happened to a batch besides its receipts: takeovers, and what people told it to do. Kept as events with facts, which are not pruned. */
import { type Facts, storedFacts } from '#lib/core/receipts/told-line.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Told in the transaction of what it tells of; `chunk` null for the whole batch. */
export async function tellTape(
  { prisma }: WithModels,
  told: { batchId: string; chunk: number | null; kind: string; facts: Facts },
): Promise<void> {
  await prisma.event.create({ data: told, select: { id: true } });
}

/** Who did this to the batch last, by name; null when nobody is known to have. */
export async function readToldBy({ prisma }: WithModels, batchId: string, kind: string): Promise<string | null> {
  const last = await prisma.event.findFirst({
    where: { batchId, kind, chunk: null },
    orderBy: { id: 'desc' },
    select: { facts: true },
  });
  const { name } = storedFacts(last?.facts);
  return typeof name === 'string' ? name : null;
}
