/** The revisions of a batch's plan, page by page: by whom, when, and what each one's rules were. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { changeInWords, isByInstruction } from '#lib/classifiers/registry.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { NOT_GIVEN } from '#lib/core/receipts/receipt-line.ts';
import type { PlanRevisionTold } from '#lib/shapes/plans.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput } from '#lib/steps/page.ts';
import { readNames } from '#lib/store/people/names.ts';
import { readFirstPlan, readPlanRevisions } from '#lib/store/plans/revisions.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readPlanForms } from './plan-forms.ts';

/** The latest first. Whoever may not see items is not given the notes. Null when there is no such batch. Throws `invalid`. */
export async function readRevisions(
  actor: Actor,
  input: PageInput & { batchId: string },
): Promise<Page<PlanRevisionTold> | null> {
  authorise(actor, 'see_batches');
  const limit = limitOf(input);
  const below = numberCursor(input);
  if (!isId(input.batchId)) return null;
  const first = await readFirstPlan(db(), input.batchId);
  if (!first) return null;
  const later = await readPlanRevisions(db(), input.batchId, { below: below || null, limit });
  const items = later.length < limit ? [...later, first] : later;
  const names = await readNames(
    db(),
    items.map(({ by }) => by),
  );
  const editors = new Map(readPlanForms().classifiers.map(({ kind, editor }) => [kind, editor]));
  const last = items.at(-1)?.revision ?? 1;
  return {
    items: items.map(({ at, by, note, ...row }) => ({
      ...{ ...row, note: note && !may(actor, 'see') ? NOT_GIVEN : note, by: actorName(by, names), at: at.toISOString() },
      byInstruction: isByInstruction(row.plan),
      editor: changeInWords(row.plan) !== null ? (editors.get(row.plan.classifier.kind) ?? null) : null,
    })),
    next: last === 1 ? null : String(last),
  };
}
