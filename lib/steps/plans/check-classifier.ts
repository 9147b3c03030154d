/** A job for a thread: whether a batch may begin with its classifier. */
import type { At, ClassifierField } from '#lib/classifiers/port.ts';
import { makeClassifier, objectionsTo } from '#lib/classifiers/registry.ts';
import type { Problem } from '#lib/core/errors.ts';
import type { Plan } from '#lib/core/plans/plan.ts';

export type ClassifierToCheck = { plan: Pick<Plan, 'classifier'>; fields: readonly ClassifierField[] };

/** Why not, empty where it may. Throws `invalid` where it could not even be made. */
export async function checkClassifier({ plan, fields }: ClassifierToCheck, at: At): Promise<Problem[]> {
  makeClassifier(
    plan,
    fields.map(({ name }) => name),
    at,
  );
  return objectionsTo(plan, fields, at);
}
