/** Whose a checkpoint is. */
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Who claimed the chunk's checkpoint, and since when; null when nobody did. */
export async function readClaim({ prisma }: WithModels, chunkId: string): Promise<{ by: string; since: Date } | null> {
  const row = await prisma.chunk.findUnique({ where: { id: chunkId }, select: { reviewer: true, reviewerSince: true } });
  return row?.reviewer && row.reviewerSince ? { by: row.reviewer, since: row.reviewerSince } : null;
}

/** Claims the checkpoint for somebody, whoever had it, or hands back what they have. The caller has locked the chunk. */
export async function changeClaim(tx: WithModels, chunkId: string, by: string, mine: boolean): Promise<boolean> {
  const theirs = (await readClaim(tx, chunkId))?.by === by;
  if (theirs === mine) return false;
  const data = mine ? { reviewer: by, reviewerSince: await databaseTime(tx) } : { reviewer: null, reviewerSince: null };
  await tx.prisma.chunk.update({ where: { id: chunkId }, data, select: { id: true } });
  return true;
}
