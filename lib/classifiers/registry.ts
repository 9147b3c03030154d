/** Which kinds of classifier there are, looked up by what a plan says. */
import { isDeepStrictEqual } from 'node:util';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { type AskedOver, type ClassifierPart, isTyped, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { CLASSIFIERS } from './kinds.ts';
import type {
  Asking,
  At,
  Classification,
  Classifier,
  ClassifierField,
  ClassifierItem,
  ClassifierKind,
  ClassifierSetting,
  Examined,
  Matched,
  ReadItems,
  TeachRound,
} from './port.ts';

export { allInto } from './rules/part.ts';

/** What of a plan its classifier goes by. */
export type ClassifyingPlan = Pick<Plan, 'classifier' | 'version' | 'timeZone' | 'chunking'>;

/** Of a whole plan, what its classifier goes by. */
export function classifyingOf({ classifier, version, timeZone, chunking }: Plan): ClassifyingPlan {
  return { classifier, version, timeZone, chunking };
}

/** The fields of a dataset, and what their values mean. */
export type MeaningFields = { fieldNames: string[]; meanings: FieldMeanings };

/** What a classifier learned, for whoever makes it; undefined where its kind learns nothing. */
export type WhatWasLearned = unknown;

/**
 * The plan with what identifies what its classifier learned written in, and that itself. Throws `conflict` where the items that it learns from are not there, and
 * `invalid` for a kind that nobody knows.
 */
export async function learnFor<Own extends Pick<ClassifyingPlan, 'classifier'>>(
  plan: Own,
  read: ReadItems,
): Promise<{ plan: Own; learned: WhatWasLearned }> {
  const found = await kindOf(plan.classifier).learn?.(plan.classifier, read);
  return found ? { plan: { ...plan, classifier: found.part }, learned: found.learned } : { plan, learned: undefined };
}

/** As `learnFor`, of a plan that says what was learned. Throws `conflict` where the same can't be learned any more. */
export async function learnAgain({ classifier }: Pick<ClassifyingPlan, 'classifier'>, read: ReadItems): Promise<WhatWasLearned> {
  const { plan, learned } = await learnFor({ classifier }, read);
  if (isDeepStrictEqual(plan.classifier, classifier)) return learned;
  throw new CountersignError(
    'conflict',
    'What this plan was taught gives something else than when it was planned: items that it learned from were erased. Change its examples, so that it learns anew.',
  );
}

/** What to ask a person who teaches a plan's classifier. Throws `invalid` where its part can't be read, or nobody can teach its kind, else as `learnFor`. */
export async function teachOf(
  classifier: unknown,
  asked: { dataset: string; most: number },
  read: ReadItems,
): Promise<TeachRound> {
  const kind = kindOf({ ...(isRecord(classifier) ? classifier : {}) } as ClassifierPart);
  const part = kind.schema.safeParse(classifier);
  if (!part.success) {
    const problems = part.error.issues.map(({ path, message }) => ({ path: ['classifier', ...path].join('.'), message }));
    throw new CountersignError('invalid', problems[0]?.message ?? 'The classifier can’t be read.', { problems });
  }
  if (kind.teach) return kind.teach(part.data, asked, read);
  const message = `“${kind.kind}” learns nothing from decisions.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'classifier.kind', message }] });
}

/** Ordinal -> category, of what people decided while they taught a plan's classifier with items of this dataset. */
export function taughtIn({ classifier }: Pick<ClassifyingPlan, 'classifier'>, dataset: string): ReadonlyMap<number, string> {
  return kindOf(classifier).taught?.(classifier, dataset) ?? new Map();
}

/**
 * The classifier of a plan, checked against the dataset's fields. Throws `invalid` with path, line and column.
 * @param learned what `learnFor` gave; without it a kind that learns can be made and not used
 */
export function makeClassifier(plan: ClassifyingPlan, fields: MeaningFields, at: At, learned?: WhatWasLearned): Classifier {
  return kindOf(plan.classifier).make(plan.classifier, { ...settingOf(plan, fields), learned }, at);
}

/** What in an item's fields its classification goes by; nothing where it is a person's, where its kind shows nothing, or is of another version. */
export function matchedOf(
  { classifier }: Pick<ClassifyingPlan, 'classifier'>,
  { by, ...given }: Pick<Classification, 'category' | 'why'> & { by: string },
  fields: Readonly<Record<string, string>>,
): Matched {
  if (by !== classifier.kind) return {};
  const kind: ClassifierKind | undefined = CLASSIFIERS.find((one) => one.kind === by);
  return kind?.matched?.(classifier, given, fields) ?? {};
}

/** The fields that a plan's classifier goes by, the most decisive first, as far as the plan tells. */
export function fieldsReadBy({ classifier }: Pick<ClassifyingPlan, 'classifier'>): string[] {
  const kind: ClassifierKind | undefined = CLASSIFIERS.find((one) => one.kind === classifier.kind);
  return kind?.reads?.(classifier) ?? [];
}

/** What came of each item, and of each of the classifier's parts with it. */
export async function examined(classifier: Classifier, items: ClassifierItem[], signal: AbortSignal): Promise<Examined[]> {
  if (classifier.examine) return classifier.examine(items, signal);
  const classifications = await classifier.classify(items, signal);
  return classifications.map((classification) => ({
    ...{ classification, holds: classification.part === undefined ? [] : [classification.part], unknown: [] },
  }));
}

/** Why no batch may begin with this classifier although it could be made; empty where it may. A batch that runs already runs on. */
export function objectionsTo(
  plan: ClassifyingPlan,
  fields: readonly ClassifierField[],
  meanings: FieldMeanings,
  at: At,
): Problem[] {
  const setting = settingOf(plan, { fieldNames: fields.map(({ name }) => name), meanings });
  return kindOf(plan.classifier).objections(plan.classifier, fields, setting, at);
}

/** In a plan of version 1 every field is text for ever, whatever its values mean. */
function settingOf(plan: ClassifyingPlan, { fieldNames, meanings }: MeaningFields): ClassifierSetting {
  return { fieldNames, meanings: isTyped(plan) ? meanings : null, timeZone: timeZoneOf(plan) };
}

/** Where a part of a plan's classifier stands in it, and what people call it; null where nothing is known of it. The plan may be no plan. */
export function placeOfPart(plan: unknown, part: number): { path: string; words: string } | null {
  const classifier = (plan as { classifier?: { kind?: unknown } } | null)?.classifier;
  const kind = classifier?.kind;
  return part < 0 ? null : (CLASSIFIERS.find((one) => one.kind === kind)?.placeOf?.(part, classifier) ?? null);
}

/** Which part of a plan's classifier gave a stored classification, as people call it; null where that can't be told. The plan may be no plan. */
export function partInWords(plan: unknown, given: { category: string; why: string; confidence: number }): string | null {
  const classifier = (plan as { classifier?: { kind?: unknown } } | null)?.classifier;
  const part = CLASSIFIERS.find((one) => one.kind === classifier?.kind)?.partOf?.(classifier, given) ?? null;
  return part === null ? null : (placeOfPart(plan, part)?.words ?? null);
}

/** What it is called to change, in an editor and while the batch runs, what this plan classifies by; null where that can't be changed. */
export function changeInWords({ classifier }: Pick<ClassifyingPlan, 'classifier'>): string | null {
  return CLASSIFIERS.find(({ kind }) => kind === classifier.kind)?.changeable ?? null;
}

/** Whether this plan's items are classified by its instruction, which can be added to while its batch runs. */
export function isByInstruction({ classifier }: Pick<ClassifyingPlan, 'classifier'>): boolean {
  return CLASSIFIERS.find(({ kind }) => kind === classifier.kind)?.byInstruction === true;
}

/** How somebody is asked about this plan's items, and what of the plan is told; null where its classifier asks nobody. */
export function askerOf({ classifier, instruction = '', categories }: Plan): Asker | null {
  const kind = kindOf(classifier);
  const { asks } = kind;
  if (!asks || !kind.asksOver) return null;
  const told = { instruction, categories: categories.map(({ name }) => name) };
  return {
    ...asks.bounds(classifier),
    over: kind.asksOver(classifier),
    about: (items, salt) => asks.about(classifier, told, items, salt),
    unsure: (ordinal, why) => asks.unsure(classifier, ordinal, why),
  };
}

/** A plan's `Asks`, over its connection. */
export type Asker = {
  atMost: number;
  together: number;
  over: AskedOver;
  about(items: readonly ClassifierItem[], salt: Uint8Array): Asking;
  unsure(ordinal: number, why: string): Classification;
};

/** The connection that a plan's classifier asks over; null where it asks nobody. The plan may be of another version. */
export function askedOver({ classifier }: Pick<Plan, 'classifier'>): AskedOver | null {
  const kind: ClassifierKind | undefined = CLASSIFIERS.find((one) => one.kind === classifier.kind);
  return kind?.asksOver?.(classifier) ?? null;
}

/** Whether what the classifier will say is known ahead, for nobody has to be asked. */
export function isKnownAhead({ classifier }: Pick<ClassifyingPlan, 'classifier'>): boolean {
  const { agents, asks } = kindOf(classifier);
  return !agents && !asks;
}

/** Whether agents classify the items of this plan, and no worker does. */
export function isForAgents({ classifier }: Pick<ClassifyingPlan, 'classifier'>): boolean {
  return kindOf(classifier).agents === true;
}

function kindOf({ kind }: ClassifierPart): ClassifierKind {
  const found = CLASSIFIERS.find((one) => one.kind === kind);
  if (found) return found;
  const message = `There is no classifier “${kind}”. Choose one of: ${CLASSIFIERS.map((one) => one.kind).join(', ')}.`;
  throw new CountersignError('invalid', message, { problems: [{ path: 'classifier.kind', message }] });
}
