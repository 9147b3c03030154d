/** What is kept for the lines of the board (tallies.sql.ts), and for how long. */
import { DATABASE_SIZES_KEEP_DAYS, TALLIES_KEEP_HOURS } from '#lib/core/limits.ts';
import { databaseTimeAgo } from '#lib/store/postgres/database-time.ts';
import { db } from '#lib/store/postgres/db.ts';
import { noteDatabaseSize } from './tallies.sql.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Notes how large the database is, once an hour, and takes away what is too old for any line. Harmless when several do it. */
export async function keepTallies(): Promise<void> {
  const { pool, prisma } = db();
  await noteDatabaseSize(pool);
  const before = { lt: await databaseTimeAgo({ prisma }, TALLIES_KEEP_HOURS * HOUR_MS) };
  await prisma.workerTally.deleteMany({ where: { at: before } });
  await prisma.targetTally.deleteMany({ where: { minute: before } });
  const grown = await databaseTimeAgo({ prisma }, DATABASE_SIZES_KEEP_DAYS * 24 * HOUR_MS);
  await prisma.databaseSize.deleteMany({ where: { hour: { lt: grown } } });
}
