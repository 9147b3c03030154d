/** What is asked of a dataset's reading before a plan over it may be started. */
import type { At, Classifier } from '#lib/classifiers/port.ts';
import { makeClassifier } from '#lib/classifiers/registry.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { type Question, questionInWords, questionsFor, questionsOf } from '#lib/core/values/questions.ts';
import { seenOf } from '#lib/steps/datasets/read-reading.ts';
import { readKept } from '#lib/steps/datasets/reading-now.ts';
import { readMeanings, readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** `words`: each question in words, in order. */
export type PlanQuestions = { questions: Question[]; words: string[] };

/** A job for a thread: makes the classifier for the fields that it reads. */
export async function planQuestions({ datasetId, plan }: { datasetId: string; plan: Plan }, at: At): Promise<PlanQuestions> {
  const dataset = await readPlanningDataset(db().pool, datasetId);
  const fieldNames = dataset?.fields.map(({ name }) => name) ?? [];
  const meanings = isTyped(plan) ? ((await readMeanings(db().pool, { datasetId })) ?? {}) : {};
  return questionsOfPlan(datasetId, dataset?.dialect ?? null, plan, meansTo(makeClassifier(plan, { fieldNames, meanings }, at)));
}

/** The fields whose meaning a classifier goes by; null for any. */
export function meansTo({ fields, readsText }: Classifier): readonly string[] | null {
  return readsText ? [] : fields;
}

/** @param reads the fields that the plan's classifier reads; null for any */
export async function questionsOfPlan(
  datasetId: string,
  dialect: unknown,
  plan: Plan,
  reads: readonly string[] | null,
): Promise<PlanQuestions> {
  const reading = await readStoredReading(db().pool, { datasetId });
  const nothing = { questions: [], words: [] };
  if (!reading) return nothing;
  const { body } = reading;
  const fields = new Set(
    fieldsOfMeaning(
      plan,
      body.fields.map(({ name }) => name),
      reads,
    ),
  );
  if (questionsFor(questionsOf(body), body, fields).length === 0) return nothing;
  const original = (await readKept(datasetId))[0]?.original ?? null;
  const questions = questionsFor(questionsOf(body, await seenOf(body, { datasetId, original, dialect })), body, fields);
  return { questions, words: questions.map((question) => questionInWords(question, body)) };
}

/**
 * The fields that a plan goes by the meaning of: the one that it is chunked by in time, and in a plan of version 2 those that its classifier reads. What is only
 * shown or sent is sent as it stands.
 */
export function fieldsOfMeaning(plan: Plan, names: readonly string[], reads: readonly string[] | null): string[] {
  return [...(plan.chunking.by === 'time' ? [plan.chunking.field] : []), ...(isTyped(plan) ? (reads ?? names) : [])];
}
