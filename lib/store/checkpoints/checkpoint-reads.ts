/** What a checkpoint shows of a decision and of an incident. */
import type { WithModels } from '#lib/store/postgres/db.ts';

/** The digest that was approved, hex. */
export async function readApprovedDigest({ prisma }: WithModels, decisionId: string, chunkId: string): Promise<string | null> {
  const row = await prisma.decisionChunk.findUnique({
    where: { decisionId_chunkId: { decisionId, chunkId } },
    select: { digest: true },
  });
  return row && Buffer.from(row.digest).toString('hex');
}

/** When the chunk halted, by its open incident; null when it has none. */
export async function readHaltedAt({ prisma }: WithModels, batchId: string, number: number): Promise<Date | null> {
  const row = await prisma.incident.findFirst({
    where: { batchId, chunk: number, kind: 'halted', resolvedAt: null },
    orderBy: { openedAt: 'desc' },
    select: { openedAt: true },
  });
  return row?.openedAt ?? null;
}
