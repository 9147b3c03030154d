/** What people do with follow-up tasks; what actions do with them is follow-ups.sql.ts. */
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import { db } from '#lib/store/postgres/db.ts';

type Task = { doneAt: Date | null; doneBy: string | null };

/** Says who did it, unless it is done or was withdrawn. Gives the task as it is then; null when there is none. */
export async function finishTask(id: bigint, by: string): Promise<Task | null> {
  const { prisma } = db();
  await prisma.followUp.updateMany({
    where: { id, doneAt: null, withdrawnAt: null },
    data: { doneAt: await databaseTime({ prisma }), doneBy: by },
  });
  return prisma.followUp.findUnique({ where: { id }, select: { doneAt: true, doneBy: true } });
}
