/** The database's clock, for what Prisma's models ask and write: they have no words for `clock_timestamp()`. */
import type { WithModels } from './db.ts';

/**
 * What time it is by the clock that leases, heartbeats and expiries run by; this machine's own may be off. A statement of its own, so whoever decides
 * by it says in the deciding statement what must still hold then.
 */
export async function databaseTime({ prisma }: WithModels): Promise<Date> {
  const [row] = await prisma.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  if (!row) throw new Error('A time always comes.');
  return row.now;
}

/** The same, so many milliseconds earlier. */
export async function databaseTimeAgo(models: WithModels, ms: number): Promise<Date> {
  return new Date((await databaseTime(models)).getTime() - ms);
}
