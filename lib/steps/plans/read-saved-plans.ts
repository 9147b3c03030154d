/** The plans that people keep by name. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { SAVED_PLAN_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { SavedPlan, SavedPlanRow } from '#lib/shapes/saved-plans.ts';
import { isId } from '#lib/steps/ids.ts';
import { badCursor, limitOf, type Page, pageOf } from '#lib/steps/page.ts';
import { readNames } from '#lib/store/people/names.ts';
import { readSavedPlan as readRow, readSavedPlans as readRows, type SavedRow } from '#lib/store/plans/saved-plans.ts';
import { db } from '#lib/store/postgres/db.ts';
import { fitFor, storedTypes } from './fit-plan.ts';
import { readInput } from './plan-dataset.ts';

const input = z.strictObject({
  search: z.string().max(SAVED_PLAN_NAME_CHARS_MAX).default(''),
  cursor: z.string().nullish(),
  limit: z.number().nullish(),
});

/** A page of those whose names contain `search`, in the order of their names. */
export async function readSavedPlans(actor: Actor, raw: z.input<typeof input> = {}): Promise<Page<SavedPlanRow>> {
  authorise(actor, 'plan');
  const { search, ...paging } = readInput(input, raw);
  const limit = limitOf(paging);
  // The cursor is a name: any text is one, but none that a name can't be.
  const cursor = paging.cursor ?? '';
  if (cursor.length > SAVED_PLAN_NAME_CHARS_MAX || cursor.includes('\0')) throw badCursor();
  const rows = await readRows(db(), { search: search.normalize('NFC').trim(), after: paging.cursor || null, limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ name }) => name);
  return { items: await told(shown), next };
}

const one = z.strictObject({ id: z.string(), datasetId: z.uuid().optional() });

/** One with its plan, and with what does not fit the dataset where one is named. Null: there is none. Throws `not_found` without the dataset. */
export async function readSavedPlan(actor: Actor, raw: z.input<typeof one>): Promise<SavedPlan | null> {
  authorise(actor, 'plan');
  const { id, datasetId } = readInput(one, raw);
  const stored = isId(id) ? await readRow(db(), id) : null;
  if (stored === null) return null;
  const { plan: given, fieldTypes, ...row } = stored;
  const [about] = await told([row]);
  const { value: plan, odd: planNotes } = storedPlan(given);
  const misfits = datasetId === undefined ? null : (await fitFor(plan, storedTypes(fieldTypes), datasetId)).misfits;
  return about ? { ...about, plan, planNotes, misfits } : null;
}

async function told(rows: readonly SavedRow[]): Promise<SavedPlanRow[]> {
  const names = await readNames(
    db(),
    rows.flatMap(({ createdBy, updatedBy }) => [createdBy, updatedBy]),
  );
  return rows.map(({ createdAt, updatedAt, createdBy, updatedBy, ...row }) => ({
    ...row,
    ...{ createdBy: actorName(createdBy, names), updatedBy: actorName(updatedBy, names) },
    ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  }));
}
