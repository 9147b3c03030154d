/** How long sessions are unused, by the database's clock. */
import type { Factor } from '#lib/core/people/factors.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** What its person proved last in it, and for how long nobody used it; null when it is over. */
export async function readSessionRules(
  { prisma }: WithModels,
  id: string,
): Promise<{ factor: Factor | null; unusedSeconds: number } | null> {
  const session = await prisma.session.findUnique({ where: { id }, select: { factor: true, lastSeenAt: true, createdAt: true } });
  if (session === null) return null;
  const { factor, lastSeenAt, createdAt } = session;
  const used = (lastSeenAt ?? createdAt).getTime();
  return { factor: factor as Factor | null, unusedSeconds: ((await databaseTime({ prisma })).getTime() - used) / 1_000 };
}

/** Ends the sessions, or this one, that nobody used for so long. Gives whose they were, one for each. */
export async function endIdleSessions({ prisma }: WithModels, minutes: number, id?: string): Promise<string[]> {
  const before = new Date((await databaseTime({ prisma })).getTime() - minutes * 60_000);
  const unused = { OR: [{ lastSeenAt: { lt: before } }, { lastSeenAt: null, createdAt: { lt: before } }] };
  const found = await prisma.session.findMany({
    where: { ...unused, ...(id !== undefined && { id }) },
    select: { id: true, userId: true },
    take: ENDED_AT_ONCE,
  });
  const ended: string[] = [];
  // One that somebody used meanwhile goes on, and one that somebody else ended is not told twice.
  for (const one of found)
    if ((await prisma.session.deleteMany({ where: { id: one.id, ...unused } })).count === 1) ended.push(one.userId);
  return ended;
}

/** The rest comes with the next look. */
const ENDED_AT_ONCE = 200;
