/** A job for a thread: a plan with other rules, read and checked as a start checks it. */
import type { At } from '#lib/classifiers/port.ts';
import { classifyingOf, learnFor } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { RulesChange } from '#lib/shapes/plans.ts';
import { type ClassifierToCheck, checkClassifier } from './check-classifier.ts';
import { itemsToLearnFrom } from './items-to-learn-from.ts';
import { parsePlan } from './parse-plan.ts';

export type RevisionToCheck = Pick<ClassifierToCheck, 'fields' | 'meanings'> & {
  /** the plan that it goes on from */
  plan: Plan;
  change: RulesChange;
};

/** The whole plan of the revision. Throws `invalid` with a problem for every wrong place. */
export async function checkRevision({ plan: before, change, fields, meanings }: RevisionToCheck, at: At): Promise<Plan> {
  const { plan } = await learnFor(parsePlan(revisedPlan(before, change)), itemsToLearnFrom);
  const problems = await checkClassifier({ plan: classifyingOf(plan), fields, meanings }, at);
  if (problems[0])
    throw new CountersignError('invalid', `The rules can't be used. ${problems[0].message} Nothing was changed.`, { problems });
  return plan;
}

/** The plan as it is asked for, not checked yet. Only what classifies can differ. */
export function revisedPlan(
  { instruction: before, ...plan }: Plan,
  { rules, taught, otherwise, instruction = before }: RulesChange,
): Record<string, unknown> {
  return {
    ...plan,
    ...(instruction ? { instruction } : {}),
    classifier: {
      ...plan.classifier,
      ...(rules && { rules }),
      ...(taught && { taught }),
      ...(otherwise !== undefined && { otherwise }),
    },
  };
}
