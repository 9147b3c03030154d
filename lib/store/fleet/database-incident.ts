/** The one incident of the database itself: told as soon as it can be written, over when no worker meets a fault any more (database-incident.sql.ts). */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { databaseTimeAgo } from '#lib/store/postgres/database-time.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { lockDatabaseIncident } from './database-incident.sql.ts';

/**
 * Opens the incident, unless it is open: many workers meet one fault. `agoMs`: how long ago it began. Throws while the database takes no writes; whoever
 * tells it tries again.
 */
export async function openDatabaseIncident(pool: Pool, message: string, agoMs: number): Promise<void> {
  await inTransaction(pool, async (tx) => {
    // Two workers that tell it at once: the second sees the first one's row.
    await lockDatabaseIncident(tx);
    const open = { kind: 'database', resolvedAt: null };
    if (await tx.prisma.incident.findFirst({ where: open, select: { id: true } })) return;
    const openedAt = await databaseTimeAgo(tx, agoMs);
    await tx.prisma.incident.create({ data: { id: randomUUID(), kind: 'database', message, openedAt }, select: { id: true } });
  });
}
