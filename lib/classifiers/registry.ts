/** Which kinds of classifier there are. */
import type { Plan } from '#lib/core/plan.ts';
import type { Classifier, ClassifierKind } from './port.ts';
import { rulesClassifier } from './rules.ts';

const KINDS: Record<Plan['classifier']['kind'], ClassifierKind> = { rules: rulesClassifier };

/** The classifier of a plan, checked against the dataset's fields. Throws `invalid` with path, line and column. */
export function makeClassifier(plan: Plan, fieldNames: string[]): Classifier {
  return KINDS[plan.classifier.kind].make(plan, fieldNames);
}
