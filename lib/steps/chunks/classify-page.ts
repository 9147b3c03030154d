/** A job for a thread: reads the next items of a chunk that nobody classified yet, and classifies them. */
import type { At, Classification, Classifier } from '#lib/classifiers/port.ts';
import { type ClassifyingPlan, learnAgain, type MeaningFields, makeClassifier } from '#lib/classifiers/registry.ts';
import { itemsToLearnFrom } from '#lib/steps/plans/items-to-learn-from.ts';
import { type OpenChunk, unclassified } from '#lib/store/chunks/classifications.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type PageToClassify = {
  chunk: OpenChunk;
  /** the ordinal of the last item of the page before, 0 for the first page */
  after: number;
  plan: ClassifyingPlan;
  /** the dataset's, and what they meant when the batch was planned */
  fields: MeaningFields;
};

/** One classification an item, in the order of the ordinals; none were left when it is empty. Throws what the classifier throws. */
export async function classifyPage({ chunk, after, plan, fields }: PageToClassify, at: At): Promise<Classification[]> {
  const classifier = await known(plan, fields, at);
  const items = await unclassified(db().pool, chunk, { after, fields: classifier.fields });
  return items.length === 0 ? [] : classifier.classify(items, new AbortController().signal);
}

const KNOWN_MAX = 20;
/** By plan and fields: a chunk has many pages, and its batch many chunks. `at` is each job's own. */
const classifiers = new Map<string, { classifier: Classifier; at: { tell: At } }>();

async function known(plan: ClassifyingPlan, fields: MeaningFields, at: At): Promise<Classifier> {
  const key = JSON.stringify([plan, fields]);
  let found = classifiers.get(key);
  if (found) found.at.tell = at;
  else {
    const teller = { tell: at };
    const learned = await learnAgain(plan, itemsToLearnFrom);
    found = { classifier: makeClassifier(plan, fields, (part, ordinal) => teller.tell(part, ordinal), learned), at: teller };
    if (classifiers.size >= KNOWN_MAX) classifiers.delete(classifiers.keys().next().value ?? '');
    classifiers.set(key, found);
  }
  return found.classifier;
}
