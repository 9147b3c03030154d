/** Plans that people keep by name. */
import type { FieldTypes } from '#lib/core/plans/fit.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { likeText } from '#lib/store/postgres/like-text.ts';

export type SavedRow = {
  id: string;
  name: string;
  revision: number;
  createdBy: string;
  updatedBy: string;
  createdAt: Date;
  updatedAt: Date;
};
/** With the plan as it is stored. */
export type StoredSavedPlan = SavedRow & { plan: unknown; fieldTypes: unknown };

const ROW = { id: true, name: true, revision: true, createdBy: true, updatedBy: true, createdAt: true, updatedAt: true } as const;

/** Those whose names contain the text, in any case, in the order of their names, after this name. */
export function readSavedPlans(
  { prisma }: WithModels,
  asked: { search: string; after: string | null; limit: number },
): Promise<SavedRow[]> {
  const { search, after, limit } = asked;
  return prisma.savedPlan.findMany({
    where: {
      AND: [
        ...(search === '' ? [] : [{ name: { contains: likeText(search), mode: 'insensitive' as const } }]),
        ...(after === null ? [] : [{ name: { gt: after } }]),
      ],
    },
    orderBy: { name: 'asc' },
    take: limit,
    select: ROW,
  });
}

export function readSavedPlan({ prisma }: WithModels, id: string): Promise<StoredSavedPlan | null> {
  return prisma.savedPlan.findUnique({ where: { id }, select: { ...ROW, plan: true, fieldTypes: true } });
}

/** Who has the name; null when nobody does. */
export function readSavedPlanNamed({ prisma }: WithModels, name: string): Promise<SavedRow | null> {
  return prisma.savedPlan.findUnique({ where: { name }, select: ROW });
}

type New = { id: string; name: string; plan: Plan; fieldTypes: FieldTypes; by: string };

/** False: the name is another's. */
export async function insertSavedPlan({ prisma }: WithModels, { id, name, plan, fieldTypes, by }: New): Promise<boolean> {
  const data = { id, name, plan, fieldTypes, createdBy: by, updatedBy: by };
  return (await prisma.savedPlan.createMany({ data, skipDuplicates: true })).count === 1;
}

export type SavedPlanChange = { id: string; revision: number; by: string; name?: string; plan?: Plan; fieldTypes?: FieldTypes };

/** Changes it at this revision. False: it has another by now, or is gone. The name must be free. */
export async function changeSavedPlan({ prisma }: WithModels, { id, revision, by, ...data }: SavedPlanChange): Promise<boolean> {
  const updatedAt = await databaseTime({ prisma });
  const { count } = await prisma.savedPlan.updateMany({
    where: { id, revision },
    data: { ...data, updatedBy: by, updatedAt, revision: { increment: 1 } },
  });
  return count === 1;
}

/** False: there is none. */
export async function deleteSavedPlan({ prisma }: WithModels, id: string): Promise<boolean> {
  return (await prisma.savedPlan.deleteMany({ where: { id } })).count === 1;
}
