/** Notices as the people whom they are for see them. */
import { randomUUID } from 'node:crypto';
import type { NoticeKind, NoticePhase, NoticeState, NoticeWay } from '#lib/core/notices/kinds.ts';
import type { NoticeFacts } from '#lib/core/notices/words.ts';
import type { Prisma } from '#lib/store/generated/client.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

export type NoticeRow = {
  id: bigint;
  kind: NoticeKind;
  phase: NoticePhase;
  batchId: string | null;
  facts: NoticeFacts;
  at: Date;
  readAt: Date | null;
  overAt: Date | null;
  state: NoticeState;
};

/** The newest first, from before this one on. */
export async function readNoticePage(
  { prisma }: WithModels,
  recipient: string,
  { before, limit }: { before: bigint | null; limit: number },
): Promise<NoticeRow[]> {
  const rows = await prisma.notice.findMany({
    where: { recipient, ...(before === null ? {} : { id: { lt: before } }) },
    include: { matter: { select: { kind: true, batchId: true, facts: true, overAt: true } } },
    orderBy: { id: 'desc' },
    take: limit,
  });
  return rows.map(({ id, phase, at, readAt, state, matter }) => ({
    ...{ id, at, readAt, batchId: matter.batchId, overAt: matter.overAt, facts: matter.facts as NoticeFacts },
    ...{ kind: matter.kind as NoticeKind, phase: phase as NoticePhase, state: state as NoticeState },
  }));
}

/** What somebody else has answered meanwhile is nothing new any more. */
const unread = (recipient: string): Prisma.NoticeWhereInput => ({
  ...{ recipient, readAt: null },
  OR: [{ matter: { overAt: null } }, { matter: { kind: { in: ['incident', 'finished'] satisfies NoticeKind[] } } }],
});

export async function countUnread({ prisma }: WithModels, recipient: string, most: number): Promise<number> {
  return prisma.notice.count({ where: unread(recipient), take: most });
}

/** Marks as read what the person was shown: all up to this one, and nothing that came since. */
export async function markNoticesRead({ prisma }: WithModels, recipient: string, upTo: bigint): Promise<void> {
  const readAt = await databaseTime({ prisma });
  await prisma.notice.updateMany({ where: { recipient, readAt: null, id: { lte: upTo } }, data: { readAt } });
}

/** What was chosen; the kinds that nobody chose for are left out. */
export async function readWays({ prisma }: WithModels, personId: string): Promise<Map<string, NoticeWay>> {
  const rows = await prisma.noticeChoice.findMany({ where: { personId } });
  return new Map(rows.map(({ kind, by }) => [kind, by as NoticeWay]));
}

export async function keepWay({ prisma }: WithModels, personId: string, kind: NoticeKind, by: NoticeWay): Promise<void> {
  const personId_kind = { personId, kind };
  await prisma.noticeChoice.upsert({ where: { personId_kind }, create: { personId, kind, by }, update: { by } });
}

/** The incident of one channel; `what` is how its message begins. */
const openOf = (what: string) => ({ kind: 'notices', resolvedAt: null, message: { startsWith: what } });

/** Opens the incident of a channel that takes no notices, unless it is open. */
export async function openNoticesIncident({ prisma }: WithModels, what: string, why: string): Promise<void> {
  if (await prisma.incident.findFirst({ where: openOf(what), select: { id: true } })) return;
  await prisma.incident.create({ data: { id: randomUUID(), kind: 'notices', message: `${what}${why}` }, select: { id: true } });
}

/** Resolves it: the channel took one again. */
export async function resolveNoticesIncident({ prisma }: WithModels, what: string): Promise<void> {
  if (!(await prisma.incident.findFirst({ where: openOf(what), select: { id: true } }))) return;
  const resolvedAt = await databaseTime({ prisma });
  await prisma.incident.updateMany({ where: openOf(what), data: { resolvedAt } });
}
