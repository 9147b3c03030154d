/** Revisions of a batch's plan: its rules and its instruction changed while it ran. Revision 1 is the batch's own plan. Insert-only. */
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

/** The correction that rules were taught by. */
export type TaughtBy = { chunk: number; ordinal: number };

export type PlanRevision = {
  revision: number;
  plan: Plan;
  /** hex */
  digest: string;
  by: string;
  at: Date;
  note: string | null;
  from: TaughtBy | null;
};

/** The latest revision of a batch's plan and its digest; null when there is no such batch. */
export async function readLatestPlan(
  { prisma }: WithModels,
  batchId: string,
): Promise<{ revision: number; plan: Plan; digest: string; by: string | null } | null> {
  const latest = await prisma.batchPlan.findFirst({ where: { batchId }, orderBy: { revision: 'desc' } });
  if (latest)
    return { revision: latest.revision, plan: storedPlan(latest.plan).value, digest: hex(latest.digest), by: latest.by };
  const batch = await prisma.batch.findUnique({ where: { id: batchId }, select: { plan: true, planDigest: true } });
  return batch && { revision: 1, plan: storedPlan(batch.plan).value, digest: hex(batch.planDigest), by: null };
}

/** The plan of one revision after the first; null when there is none. */
export async function readPlanAt({ prisma }: WithModels, batchId: string, revision: number): Promise<Plan | null> {
  const row = await prisma.batchPlan.findUnique({
    where: { batchId_revision: { batchId, revision } },
    select: { plan: true },
  });
  return row && storedPlan(row.plan).value;
}

/** The plans of these revisions, the first among them. */
export async function readPlansAt(
  { prisma }: WithModels,
  batchId: string,
  revisions: readonly number[],
): Promise<Map<number, Plan>> {
  const first = revisions.includes(1) ? await prisma.batch.findUnique({ where: { id: batchId }, select: { plan: true } }) : null;
  const later = await prisma.batchPlan.findMany({
    where: { batchId, revision: { in: [...revisions] } },
    select: { revision: true, plan: true },
  });
  const rows = [...(first ? [{ revision: 1, plan: first.plan }] : []), ...later];
  return new Map(rows.map(({ revision, plan }) => [revision, storedPlan(plan).value]));
}

/** The first revision: the batch's own plan, by whoever started it; null when there is no such batch. */
export async function readFirstPlan({ prisma }: WithModels, batchId: string): Promise<PlanRevision | null> {
  const batch = await prisma.batch.findUnique({
    where: { id: batchId },
    select: { plan: true, planDigest: true, startedBy: true, createdBy: true, createdAt: true, startedAt: true },
  });
  if (!batch) return null;
  const { plan, planDigest, startedBy, createdBy, createdAt, startedAt } = batch;
  return {
    ...{ revision: 1, plan: storedPlan(plan).value, digest: hex(planDigest), note: null, from: null },
    ...{ by: startedBy ?? createdBy, at: startedAt ?? createdAt },
  };
}

/** The revisions after the first, the latest first: at most `limit`, below this one. The note is that of the first of its receipts. */
export async function readPlanRevisions(
  { prisma }: WithModels,
  batchId: string,
  { below, limit }: { below: number | null; limit: number },
): Promise<PlanRevision[]> {
  const rows = await prisma.batchPlan.findMany({
    where: { batchId, ...(below === null ? {} : { revision: { lt: below } }) },
    orderBy: { revision: 'desc' },
    take: limit,
  });
  const notes = new Map<number, string>();
  for (const page of modelPages(rows)) {
    const values = await prisma.receiptValue.findMany({
      where: { batchId, chunk: 0, field: 'note', seq: { in: page.map(({ seq }) => seq) } },
      select: { seq: true, value: true },
    });
    for (const { seq, value } of values) if (value !== null) notes.set(seq, value);
  }
  return rows.map(({ revision, plan, digest, by, at, seq, fromChunk, fromOrdinal }) => ({
    ...{ revision, plan: storedPlan(plan).value, digest: hex(digest), by, at, note: notes.get(seq) ?? null },
    from: fromChunk !== null && fromOrdinal !== null ? { chunk: fromChunk, ordinal: fromOrdinal } : null,
  }));
}

export type NewRevision = {
  batchId: string;
  revision: number;
  plan: Plan;
  digest: Uint8Array;
  /** the first of its receipts */
  seq: number;
  from: TaughtBy | null;
  by: string;
  via: 'page' | 'api';
};

/** Adds a revision. The caller has locked the batch, and looked up that it is the next one. What was marked by now is known from here on. */
export async function insertRevision({ prisma }: WithModels, { from, digest, ...row }: NewRevision): Promise<void> {
  const { _max } = await prisma.review.aggregate({ where: { batchId: row.batchId }, _max: { id: true } });
  await prisma.batchPlan.create({
    data: {
      ...{ ...row, digest: bytesOf(digest), reviews: _max.id ?? 0n },
      ...{ fromChunk: from?.chunk ?? null, fromOrdinal: from?.ordinal ?? null },
    },
    select: { revision: true },
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
