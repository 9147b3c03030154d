/** Hints that something of a batch changed (events.sql.ts): who was to hear of one has heard it, or has read the database since. */
import { EVENTS_KEEP_MS } from '#lib/core/limits.ts';
import { Prisma } from '#lib/store/generated/client.ts';
import { databaseTimeAgo } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Deletes hints older than EVENTS_KEEP_MS; what the tape tells stays. Gives how many. */
export async function pruneEvents({ prisma }: WithModels): Promise<number> {
  const before = await databaseTimeAgo({ prisma }, EVENTS_KEEP_MS);
  return (await prisma.event.deleteMany({ where: { facts: { equals: Prisma.DbNull }, at: { lt: before } } })).count;
}
