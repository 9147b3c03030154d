/** What people do with follow-up tasks; what actions do with them is follow-ups.sql.ts. */
import type { Prisma } from '#lib/store/generated/client.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { likeText } from '#lib/store/postgres/like-text.ts';

export type Task = {
  id: bigint;
  title: string;
  body: string;
  batchId: string;
  datasetId: string;
  ordinal: number;
  at: Date;
  assignee: string | null;
  doneAt: Date | null;
  doneBy: string | null;
  withdrawnAt: Date | null;
};

export type TasksAsked = {
  /** true: those to be done; false: those that are done or withdrawn; left out: all */
  open?: boolean | undefined;
  /** an actor's id; null: nobody's; left out: anybody's */
  assignee?: string | null | undefined;
  batchId?: string | undefined;
  search?: string | undefined;
};

/** The newest first, from before this one on. */
export async function readTaskPage(
  { prisma }: WithModels,
  asked: TasksAsked,
  { before, limit }: { before: bigint | null; limit: number },
): Promise<Task[]> {
  const where = { AND: [...whereOf(asked), ...whereHolds(asked), before === null ? {} : { id: { lt: before } }] };
  return prisma.followUp.findMany({ where, orderBy: { id: 'desc' }, take: limit });
}

/** `next`: before which task it goes on; null: all were looked at. */
export type TasksFound = { tasks: Task[]; looked: number; next: bigint | null };

/**
 * The same of a text that is searched for, which no index finds: so many tasks at a time, until there are enough or the time is over. It may find none while `next` goes
 * on; at least one step is made.
 */
export async function searchTaskPage(
  { prisma }: WithModels,
  asked: TasksAsked,
  { before, limit, ms, step }: { before: bigint | null; limit: number; ms: number; step: number },
): Promise<TasksFound> {
  const others = whereOf(asked);
  const tasks: Task[] = [];
  let looked = 0;
  let next = before;
  for (const until = performance.now() + ms; ; ) {
    const rest = { AND: [...others, next === null ? {} : { id: { lt: next } }] };
    const edge = await prisma.followUp.findMany({
      where: rest,
      orderBy: { id: 'desc' },
      skip: step - 1,
      take: 1,
      select: { id: true },
    });
    const from = edge[0]?.id ?? null;
    const where = { AND: [rest, ...whereHolds(asked), from === null ? {} : { id: { gte: from } }] };
    const found = await prisma.followUp.findMany({ where, orderBy: { id: 'desc' }, take: limit - tasks.length });
    tasks.push(...found);
    const full = tasks.length === limit;
    const last = full ? (tasks.at(-1)?.id ?? null) : from;
    looked +=
      full || from === null
        ? await prisma.followUp.count({ where: { AND: [rest, last === null ? {} : { id: { gte: last } }] } })
        : step;
    next = last;
    if (full || next === null || performance.now() > until) return { tasks, looked, next };
  }
}

function whereOf({ open, assignee, batchId }: TasksAsked): Prisma.FollowUpWhereInput[] {
  return [
    open === true ? { doneAt: null, withdrawnAt: null } : {},
    open === false ? { OR: [{ doneAt: { not: null } }, { withdrawnAt: { not: null } }] } : {},
    assignee === undefined ? {} : { assignee },
    batchId === undefined ? {} : { batchId },
  ];
}

function whereHolds({ search }: TasksAsked): Prisma.FollowUpWhereInput[] {
  if (!search) return [];
  const holds = { contains: likeText(search), mode: 'insensitive' as const };
  return [{ OR: [{ title: holds }, { body: holds }] }];
}

/** One task as it is now; null when there is none. */
export async function readTask({ prisma }: WithModels, id: bigint): Promise<Task | null> {
  return prisma.followUp.findUnique({ where: { id } });
}

/** Says that it is done, or not done again, with who said so; one that was withdrawn, or is so already, stays as it is. */
export async function setDone(tx: WithModels, id: bigint, done: boolean, by: string): Promise<void> {
  const { prisma } = tx;
  const { count } = await prisma.followUp.updateMany({
    where: { id, withdrawnAt: null, doneAt: done ? null : { not: null } },
    data: done ? { doneAt: await databaseTime(tx), doneBy: by } : { doneAt: null, doneBy: null },
  });
  if (count > 0) await prisma.followUpAct.create({ data: { followUpId: id, kind: done ? 'done' : 'reopened', by } });
}

/** Says who does it; one that is theirs already stays as it is. */
export async function setAssignee({ prisma }: WithModels, id: bigint, to: string | null, by: string): Promise<void> {
  const { count } = await prisma.followUp.updateMany({
    where: {
      id,
      withdrawnAt: null,
      OR: to === null ? [{ assignee: { not: null } }] : [{ assignee: null }, { assignee: { not: to } }],
    },
    data: { assignee: to },
  });
  if (count > 0) await prisma.followUpAct.create({ data: { followUpId: id, kind: 'assigned', to, by } });
}
