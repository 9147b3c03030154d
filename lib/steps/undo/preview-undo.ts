/** What an undo would do, before anybody starts it. Writes nothing. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type UndoCovers, type UndoPreview, undoScope } from '#lib/shapes/undo.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { surveyUndo, type UndoSurvey } from './survey-undo.ts';

const input = z.strictObject({ batchId: z.uuid(), ...undoScope });

/** Counts what the undo of this scope would cover, and names what it can't with the reason. Throws as `undoBatch` does, but for conflicts. */
export async function previewUndo(actor: Actor, raw: z.input<typeof input>): Promise<UndoPreview> {
  authorise(actor, 'undo');
  const { batchId, ...scope } = readInput(input, raw);
  const { pool } = db();
  const [batch, facts] = await Promise.all([readBatchRow(db(), batchId), readBatchFacts(pool, batchId)]);
  if (!batch || !facts) throw new CountersignError('not_found', 'There is no such batch.');
  const survey = await surveyUndo(pool, db(), batch, scope, async () => {});
  return { name: batch.name, noun: nounOf(facts.datasetFormat), ...inWords(batch, survey) };
}

/** The survey with the words of its actions. */
export function inWords({ plan }: BatchRow, survey: UndoSurvey): UndoCovers {
  const words = actionWords({ ...plan, categories: survey.categories.map(({ name, action }) => ({ name, action })) });
  return {
    restorable: survey.restorable,
    cannot: survey.cannot,
    categories: survey.categories.map((category) => ({ ...category, action: words.get(category.name) ?? null })),
  };
}
