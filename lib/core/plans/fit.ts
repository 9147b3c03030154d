/** Whether a plan that was made for one file fits another: what does not is told by name and place, before anything starts. Pure. */
import { z } from 'zod';
import type { FieldMeanings, FieldType } from '#lib/core/values/meaning.ts';
import { meaningIn } from '#lib/core/values/meaning.ts';
import { nearestName } from '#lib/core/values/nearest.ts';
import { fieldsNamed } from './fields-named.ts';
import { isTyped, type Plan } from './plan.ts';

/** What fields meant where the plan was made; null where only the name is known. */
export type FieldTypes = Readonly<Record<string, FieldType | null>>;

/** One thing that does not fit. `instead` is probably meant, and is taken everywhere in place of `field`. */
export const misfit = z.object({
  kind: z.enum(['lacks', 'type', 'chunks', 'kind']),
  path: z.string().describe('Its place in the plan: `classifier.rules.0.where.0.1`.'),
  message: z.string(),
  field: z.string().nullable().describe('The field of the plan that it is about.'),
  instead: z.string().nullable().describe('The field of the dataset with the nearest name, where the dataset lacks `field`.'),
});
export type Misfit = z.infer<typeof misfit>;

/** The file that the plan is to be used on. */
export type FileToFit = { name: string; fields: readonly string[]; meanings: FieldMeanings };

/** The fields that the plan names, with what they mean in the file it was made for; null for a plan that was made for none. */
export function typesNamed(plan: Plan, of: Pick<FileToFit, 'fields' | 'meanings'> | null): FieldTypes {
  const known = new Set(of?.fields);
  const named = fieldsNamed(plan).filter(({ field, inTemplate }) => (of ? known.has(field) : !inTemplate));
  return Object.fromEntries(named.map(({ field }) => [field, of ? meaningIn(of.meanings, field).type : null]));
}

/** The fields that the file lacks, each with the nearest it has; and those that mean something else there, where the plan goes by that. */
export function misfitsOf(plan: Plan, were: FieldTypes, file: FileToFit): Misfit[] {
  const has = new Set(file.fields);
  const byMeaning = new Set(
    fieldsNamed(plan)
      .filter(({ path }) => path === 'chunking.field' || (isTyped(plan) && path.startsWith('classifier')))
      .map(({ field }) => field),
  );
  return fieldsNamed(plan).flatMap(({ field, path }): Misfit[] => {
    if (!Object.hasOwn(were, field)) return [];
    if (!has.has(field)) {
      const instead = nearestName(field, file.fields);
      const meant = instead === null ? '' : ` “${instead}” is the nearest name.`;
      return [{ kind: 'lacks', path, message: `“${file.name}” has no field “${field}”.${meant}`, field, instead }];
    }
    const [was, is] = [were[field] ?? null, meaningIn(file.meanings, field).type];
    if (was === null || was === is || !byMeaning.has(field)) return [];
    const message = `“${field}” was ${TYPES[was]}, and is ${TYPES[is]} in “${file.name}”.`;
    return [{ kind: 'type', path, message, field, instead: null }];
  });
}

const TYPES: Readonly<Record<FieldType, string>> = {
  text: 'text',
  identifier: 'an identifier',
  number: 'a number',
  date: 'a date',
  yes_no: 'yes or no',
};

/** A plan for another file: what was changed of its chunks by hand names chunks that are not there. */
export function forAnotherFile(plan: Plan): { plan: Plan; misfits: Misfit[] } {
  const { length } = plan.chunkEdits;
  if (length === 0) return { plan, misfits: [] };
  const changes =
    length === 1 ? '1 change to the chunks that was' : `${length.toLocaleString('en-US')} changes to the chunks that were`;
  const message = `${changes} made by hand ${length === 1 ? 'is' : 'are'} left out: ${length === 1 ? 'it names' : 'they name'} chunks of the other file.`;
  return {
    plan: { ...plan, chunkEdits: [] },
    misfits: [{ kind: 'chunks', path: 'chunking', message, field: null, instead: null }],
  };
}
