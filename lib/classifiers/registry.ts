/** Which kinds of classifier there are, looked up by what a plan says. */
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import type { ClassifierPart, Plan } from '#lib/core/plans/plan.ts';
import { CLASSIFIERS } from './kinds.ts';
import type { At, Classifier, ClassifierField, ClassifierKind } from './port.ts';

export { allInto } from './rules/part.ts';

/** The classifier of a plan, checked against the dataset's fields. Throws `invalid` with path, line and column. */
export function makeClassifier({ classifier }: Pick<Plan, 'classifier'>, fieldNames: string[], at: At): Classifier {
  return kindOf(classifier).make(classifier, fieldNames, at);
}

/** Why no batch may begin with this classifier although it could be made; empty where it may. A batch that runs already runs on. */
export function objectionsTo({ classifier }: Pick<Plan, 'classifier'>, fields: readonly ClassifierField[], at: At): Problem[] {
  return kindOf(classifier).objections(classifier, fields, at);
}

/** Where a part of a plan's classifier stands in it, and what people call it; null where nothing is known of it. The plan may be no plan. */
export function placeOfPart(plan: unknown, part: number): { path: string; words: string } | null {
  const kind = (plan as { classifier?: { kind?: unknown } } | null)?.classifier?.kind;
  return part < 0 ? null : (CLASSIFIERS.find((one) => one.kind === kind)?.placeOf?.(part) ?? null);
}

function kindOf({ kind }: ClassifierPart): ClassifierKind {
  const found = CLASSIFIERS.find((one) => one.kind === kind);
  if (found) return found;
  const message = `There is no classifier “${kind}”. Choose one of: ${CLASSIFIERS.map((one) => one.kind).join(', ')}.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'classifier.kind', message }] });
}
