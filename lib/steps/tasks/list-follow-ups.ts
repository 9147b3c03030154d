/** The follow-up tasks that batches made. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

/** `open`: those to be done; false: those that are done or withdrawn; left out: all */
type Input = PageInput & { open?: boolean | undefined };

/** The newest first. Throws `invalid` for a cursor of another list. */
export async function listFollowUps(actor: Actor, { open, ...input }: Input = {}): Promise<Page<FollowUp>> {
  authorise(actor, 'see');
  const limit = limitOf(input);
  const before = sequenceCursor(input);
  const { prisma } = db();
  const rows = await prisma.followUp.findMany({
    where: {
      ...(before === null ? {} : { id: { lt: before } }),
      ...(open === true ? { doneAt: null, withdrawnAt: null } : {}),
      ...(open === false ? { OR: [{ doneAt: { not: null } }, { withdrawnAt: { not: null } }] } : {}),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const { shown, next } = pageOf(rows, limit, ({ id }) => id);
  const batches = await prisma.batch.findMany({
    where: { id: { in: [...new Set(shown.map((row) => row.batchId))] } },
    select: { id: true, name: true },
  });
  const names = new Map(batches.map(({ id, name }) => [id, name]));
  const people = await readNames(
    db(),
    shown.flatMap(({ doneBy }) => doneBy ?? []),
  );
  const items = shown.map((row) => ({
    id: String(row.id),
    title: row.title,
    body: row.body,
    batchId: row.batchId,
    batchName: names.get(row.batchId) ?? '',
    datasetId: row.datasetId,
    ordinal: row.ordinal,
    at: row.at.toISOString(),
    doneAt: row.doneAt?.toISOString() ?? null,
    doneBy: row.doneBy && actorName(row.doneBy, people),
    withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
  }));
  return { items, next };
}
