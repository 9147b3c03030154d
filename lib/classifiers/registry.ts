/** Which kinds of classifier there are. */
import type { Problem } from '#lib/core/errors.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { Classifier, ClassifierField, ClassifierKind } from './port.ts';
import { rulesClassifier } from './rules/classifier.ts';

const KINDS: Record<Plan['classifier']['kind'], ClassifierKind> = { rules: rulesClassifier };

/** The classifier of a plan, checked against the dataset's fields. Throws `invalid` with path, line and column. */
export function makeClassifier(plan: Plan, fieldNames: string[]): Classifier {
  return KINDS[plan.classifier.kind].make(plan, fieldNames);
}

/** Why no batch may begin with this classifier although it could be made; empty where it may. A batch that runs already runs on. */
export function objectionsTo(plan: Plan, fields: readonly ClassifierField[]): Problem[] {
  return KINDS[plan.classifier.kind].objections(plan, fields);
}
