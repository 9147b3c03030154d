/** A job for a thread: what a classifier says of some items, and by which of its parts. Nothing is stored. */
import type { At, Classification } from '#lib/classifiers/port.ts';
import { type ClassifyingPlan, type MeaningFields, makeClassifier } from '#lib/classifiers/registry.ts';
import { readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type ItemsToClassify = {
  datasetId: string;
  /** ascending */
  ordinals: readonly number[];
  plan: ClassifyingPlan;
  fields: MeaningFields;
};

/** Throws what the classifier throws. */
export async function classifyItems({ datasetId, ordinals, plan, fields }: ItemsToClassify, at: At): Promise<Classification[]> {
  const classifier = makeClassifier(plan, fields, at);
  const items = await readItems(db().pool, datasetId, {
    ...{ fields: classifier.fields, after: 0, limit: ordinals.length, among: ordinals },
  });
  return classifier.classify(items, new AbortController().signal);
}
