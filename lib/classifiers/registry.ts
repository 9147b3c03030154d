/** Which kinds of classifier there are, looked up by what a plan says. */
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import type { ClassifierPart, Plan } from '#lib/core/plans/plan.ts';
import { CLASSIFIERS } from './kinds.ts';
import type { Classifier, ClassifierField, ClassifierKind } from './port.ts';

export { allInto } from './rules/part.ts';

/** The classifier of a plan, checked against the dataset's fields. Throws `invalid` with path, line and column. */
export function makeClassifier({ classifier }: Plan, fieldNames: string[]): Classifier {
  return kindOf(classifier).make(classifier, fieldNames);
}

/** Why no batch may begin with this classifier although it could be made; empty where it may. A batch that runs already runs on. */
export function objectionsTo({ classifier }: Plan, fields: readonly ClassifierField[]): Problem[] {
  return kindOf(classifier).objections(classifier, fields);
}

function kindOf({ kind }: ClassifierPart): ClassifierKind {
  const found = CLASSIFIERS.find((one) => one.kind === kind);
  if (found) return found;
  const message = `No classifier is called “${kind}”; there is: ${CLASSIFIERS.map((one) => one.kind).join(', ')}.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'classifier.kind', message }] });
}
