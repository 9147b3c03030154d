/** What of a plan that was made for one dataset does not fit another. */
import { z } from 'zod';
import { CLASSIFIERS } from '#lib/classifiers/kinds.ts';
import { connectorFor } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type FieldTypes, type FileToFit, type Misfit, misfitsOf, typesNamed } from '#lib/core/plans/fit.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { FIELD_TYPES } from '#lib/core/values/meaning.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { datasetToPlan } from './plan-dataset.ts';

/** The dataset as a plan is compared with it. Throws `not_found`, or `conflict` when there is nothing of it to plan. */
async function fileToFit(datasetId: string): Promise<FileToFit> {
  const { name, fields } = await datasetToPlan(datasetId);
  return { name, fields: fields.map((field) => field.name), meanings: (await readMeanings(db().pool, { datasetId })) ?? {} };
}

/** With the file that it was compared with. */
export async function fitFor(plan: Plan, were: FieldTypes, datasetId: string): Promise<{ misfits: Misfit[]; file: FileToFit }> {
  const file = await fileToFit(datasetId);
  return { misfits: [...goneKinds(plan), ...misfitsOf(plan, were, file)], file };
}

/** What the fields that the plan names mean in the dataset; only their names where it is made for none. */
export async function typesFor(plan: Plan, datasetId: string | undefined): Promise<FieldTypes> {
  return typesNamed(plan, datasetId === undefined ? null : await fileToFit(datasetId));
}

/** Kinds of classifier and target that this version does not have: another version may have saved the plan. */
function goneKinds({ classifier, categories }: Plan): Misfit[] {
  const gone = (path: string, message: string): Misfit => ({ kind: 'kind', path, message, field: null, instead: null });
  const kinds = CLASSIFIERS.map(({ kind }) => kind);
  return [
    ...(kinds.includes(classifier.kind)
      ? []
      : [gone('classifier', `There is no classifier “${classifier.kind}”. Choose one of: ${kinds.join(', ')}.`)]),
    ...categories.flatMap(({ name, action }, index) => {
      if (action === null) return [];
      try {
        connectorFor(action.connector);
        return [];
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        return [gone(`categories.${index}.action`, `“${name}”: ${error.message}`)];
      }
    }),
  ];
}

const types = z.record(z.string(), z.enum(FIELD_TYPES).nullable().catch(null));

/** As another version may have stored them. */
export function storedTypes(stored: unknown): FieldTypes {
  return types.catch({}).parse(stored);
}
