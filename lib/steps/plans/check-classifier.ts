/** A job for a thread: whether a batch may begin with its classifier. */
import type { At, ClassifierField } from '#lib/classifiers/port.ts';
import { type ClassifyingPlan, learnAgain, makeClassifier, objectionsTo } from '#lib/classifiers/registry.ts';
import type { Problem } from '#lib/core/errors.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { itemsToLearnFrom } from './items-to-learn-from.ts';

export type ClassifierToCheck = { plan: ClassifyingPlan; fields: readonly ClassifierField[]; meanings: FieldMeanings };

/** Why not, empty where it may. Throws `invalid` where it could not even be made, and `conflict` where what it learned can't be learned any more. */
export async function checkClassifier({ plan, fields, meanings }: ClassifierToCheck, at: At): Promise<Problem[]> {
  makeClassifier(plan, { fieldNames: fields.map(({ name }) => name), meanings }, at);
  await learnAgain(plan, itemsToLearnFrom);
  return objectionsTo(plan, fields, meanings, at);
}
