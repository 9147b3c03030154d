/**
 * A plan over a dataset: read, checked in every part, and planned. The preview and the creation of a batch both begin with this, in a thread: every
 * line of the plan is somebody else's.
 */
import type { z } from 'zod';
import type { At, Classifier } from '#lib/classifiers/port.ts';
import { isForAgents, learnFor, makeClassifier, objectionsTo, type WhatWasLearned } from '#lib/classifiers/registry.ts';
import { checkAction, handingIn } from '#lib/connectors/registry.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { collectKeys, type Keys } from '#lib/core/plans/keys.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { type BatchPlanner, checkFields, type PlannedBatch, startPlanning } from '#lib/core/plans/planner.ts';
import { checkFilters } from '#lib/core/plans/template-filters.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { askedOverProblems, throughConnections } from '#lib/steps/connections/through.ts';
import { type RestOf, readRest } from '#lib/store/batches/rest.sql.ts';
import { deletedDataset } from '#lib/store/datasets/deletion.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { eachKey, type PlanningDataset, readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { itemsToLearnFrom } from './items-to-learn-from.ts';
import { parsePlan } from './parse-plan.ts';
import { nothingLeft } from './rest-to-plan.ts';

export type DatasetToPlan = {
  datasetId: string;
  plan: unknown;
  /** what "next year" means for doubtful dates; a creation passes its own */
  now: Date;
  /** of the dataset's items only those that are left of these chunks; `own`: the batch that has some of them already */
  rest?: { of: RestOf; own: string | null };
};
type PlannedDataset = { dataset: PlanningDataset; plan: Plan; planned: PlannedBatch };

/**
 * Reads the plan, checks it against the dataset and the connectors, and plans. Throws `not_found` without the dataset, `conflict`
 * when it failed to arrive, and `invalid` with a problem for every wrong place.
 */
export async function planDataset(input: DatasetToPlan, at: At): Promise<PlannedDataset> {
  const { dataset, plan, planned } = await planWithClassifier(input, at);
  return { dataset, plan, planned };
}

/** As `planDataset`, with the classifier, which never leaves the thread. */
export async function planWithClassifier(input: DatasetToPlan, at: At): Promise<CheckedPlan & { planned: PlannedBatch }> {
  const checked = await checkedPlan(input, at);
  return { ...checked, planned: await plannedOf(checked, input) };
}

export type CheckedPlan = { dataset: PlanningDataset; plan: Plan; meanings: FieldMeanings; classifier: Classifier };

/** The plan, read and checked, not planned yet. Throws as `planDataset` does. */
export async function checkedPlan({ datasetId, plan: given }: Omit<DatasetToPlan, 'now'>, at: At): Promise<CheckedPlan> {
  const dataset = await datasetToPlan(datasetId);
  const { plan, learned } = await learnFor(await throughConnections(db(), parsePlan(given)), itemsToLearnFrom);
  const meanings = (await readMeanings(db().pool, { datasetId })) ?? {};
  const asked = await askedOverProblems(db(), plan);
  return { dataset, plan, meanings, classifier: checkPlan({ plan, learned }, dataset.fields, meanings, asked, at) };
}

/** What a checked plan comes to. */
export async function plannedOf(
  { dataset, plan, meanings }: Pick<CheckedPlan, 'dataset' | 'plan' | 'meanings'>,
  input: DatasetToPlan,
): Promise<PlannedBatch> {
  const planner = startPlanning({
    ...{ plan, fieldNames: dataset.fields.map(({ name }) => name), now: input.now.getTime() },
    meanings: toPlanner(plan, meanings),
  });
  await eachOffered(input, planner);
  return planner.finish();
}

/** Hands over the items of the dataset, or those of its rest. */
async function eachOffered(
  { datasetId, rest }: DatasetToPlan,
  { fields, add }: Pick<BatchPlanner, 'fields' | 'add'>,
): Promise<void> {
  const among = rest && (await readRest(db().pool, rest.of, rest.own));
  if (rest && among?.length === 0) throw await nothingLeft(db().pool, rest.of);
  await eachKey(db().pool, datasetId, fields, among ? onlyThese(among, add) : add);
}

/** Both come in the order of the ordinals. */
function onlyThese(among: Int32Array, add: BatchPlanner['add']): BatchPlanner['add'] {
  let next = 0;
  return (ordinal, values) => {
    if (among[next] !== ordinal) return;
    next++;
    add(ordinal, values);
  };
}

/** What planning knows of each item. */
export async function keysOf(
  { dataset, plan, meanings }: Pick<CheckedPlan, 'dataset' | 'plan' | 'meanings'>,
  input: DatasetToPlan,
): Promise<Keys> {
  const names = dataset.fields.map(({ name }) => name);
  const collector = collectKeys(plan, names, input.now.getTime(), toPlanner(plan, meanings));
  await eachOffered(input, collector);
  return collector.finish();
}

/** A plan of version 1 reads each date by itself. */
function toPlanner(plan: Plan, meanings: FieldMeanings): FieldMeanings | null {
  return isTyped(plan) ? meanings : null;
}

/** The dataset, for whoever wants to plan it. Throws `not_found`, or `conflict` when its upload failed. */
export async function datasetToPlan(datasetId: string): Promise<PlanningDataset> {
  const dataset = await readPlanningDataset(db().pool, datasetId);
  if (!dataset) throw new CountersignError('not_found', 'There is no such dataset.');
  if (dataset.deleted) throw deletedDataset(dataset.name);
  if (dataset.state === 'failed')
    throw new CountersignError('conflict', `The upload of “${dataset.name}” did not finish. Upload the file again.`);
  return dataset;
}

/** Reads a step's input. Throws `invalid` with a problem per wrong place. */
export function readInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems: Problem[] = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new CountersignError(
    'invalid',
    `The request can't be read at ${problems[0]?.path || 'its top level'}: ${problems[0]?.message}`,
    {
      problems,
    },
  );
}

/** Everything that the dataset's fields and the connectors decide, all problems at once; gives the classifier. */
function checkPlan(
  { plan, learned }: { plan: Plan; learned: WhatWasLearned },
  fields: PlanningDataset['fields'],
  meanings: FieldMeanings,
  asked: readonly Problem[],
  at: At,
): Classifier {
  const fieldNames = fields.map(({ name }) => name);
  const problems: Problem[] = [
    ...asked,
    ...checkFilters(plan, fieldNames, meanings),
    ...checkFields(plan, fieldNames, toPlanner(plan, meanings)),
  ];
  const collect = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof CountersignError) || error.code !== 'invalid') throw error;
      problems.push(...(error.problems.length > 0 ? error.problems : [{ path: '', message: error.message }]));
      return null;
    }
  };
  const classifier = collect(() => makeClassifier(plan, { fieldNames, meanings }, at, learned));
  problems.push(...objectionsTo(plan, fields, meanings, at));
  plan.categories.forEach(({ action }, index) => {
    if (action) collect(() => checkAction(action, `categories.${index}.action`, fieldNames));
  });
  if (classifier !== null) problems.push(...handInProblems(plan));
  if (classifier === null || problems.length > 0) {
    throw new CountersignError('invalid', problems[0]?.message ?? 'The plan does not fit the dataset.', { problems });
  }
  return classifier;
}

/** Only agents hand in what such an action does; and their claim names one place for all of it. */
function handInProblems(plan: Plan): Problem[] {
  const taking = plan.categories.flatMap(({ action }, index) =>
    action && handingIn(action) ? [{ action, path: `categories.${index}.action` }] : [],
  );
  const [first] = taking;
  if (!first) return [];
  if (!isForAgents(plan))
    return taking.map(({ path }) => ({
      path: `${path}.do`,
      message: 'Only agents hand in what this does: have agents classify, or choose another action.',
    }));
  const placeOf = ({ connector, connection, with: given }: Plan['categories'][number]['action'] & object): string =>
    JSON.stringify([connector, connection, given]);
  return taking
    .filter(({ action }) => placeOf(action) !== placeOf(first.action))
    .map(({ path }) => ({
      path,
      message: 'Agents are told one place to work in: take the same connection and the same fields in each category.',
    }));
}
