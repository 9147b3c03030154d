/** The incident of a web server that was replaced: nobody resumes it, and it ends by itself (house-incidents.sql.ts). */
import { randomUUID } from 'node:crypto';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Opens it; while it is open, it is told of the last time. Throws while the database takes no writes. */
export async function openWebIncident({ prisma }: WithModels, message: string): Promise<void> {
  const openedAt = await databaseTime({ prisma });
  const again = await prisma.incident.updateMany({ where: { kind: 'web', message, resolvedAt: null }, data: { openedAt } });
  if (again.count > 0) return;
  await prisma.incident.create({ data: { id: randomUUID(), kind: 'web', message, openedAt }, select: { id: true } });
}
