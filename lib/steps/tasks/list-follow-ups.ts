/** The follow-up tasks that batches made. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'That cursor is not one of this list.')
    .nullish(),
  limit: z.int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
  /** true: those to be done; false: those that are done or withdrawn; left out: all */
  open: z.boolean().optional(),
});

export type FollowUp = {
  id: string;
  title: string;
  body: string;
  batchId: string;
  batchName: string;
  datasetId: string;
  ordinal: number;
  at: string;
  doneAt: string | null;
  /** as an actor's id: user:<uuid> */
  doneBy: string | null;
  /** when an undo took it back */
  withdrawnAt: string | null;
};

/** The newest first. Throws `invalid` for a cursor of another list. */
export async function listFollowUps(
  actor: Actor,
  raw: z.input<typeof input> = {},
): Promise<{ items: FollowUp[]; next: string | null }> {
  authorise(actor, 'see');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', read.error.issues[0]?.message ?? 'The list can not be read.');
  const { cursor, limit, open } = read.data;
  const { prisma } = db();
  const rows = await prisma.followUp.findMany({
    where: {
      ...(cursor ? { id: { lt: BigInt(cursor) } } : {}),
      ...(open === true ? { doneAt: null, withdrawnAt: null } : {}),
      ...(open === false ? { OR: [{ doneAt: { not: null } }, { withdrawnAt: { not: null } }] } : {}),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const page = rows.slice(0, limit);
  const batches = await prisma.batch.findMany({
    where: { id: { in: [...new Set(page.map((row) => row.batchId))] } },
    select: { id: true, name: true },
  });
  const names = new Map(batches.map(({ id, name }) => [id, name]));
  const items = page.map((row) => ({
    id: String(row.id),
    title: row.title,
    body: row.body,
    batchId: row.batchId,
    batchName: names.get(row.batchId) ?? '',
    datasetId: row.datasetId,
    ordinal: row.ordinal,
    at: row.at.toISOString(),
    doneAt: row.doneAt?.toISOString() ?? null,
    doneBy: row.doneBy,
    withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
  }));
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
