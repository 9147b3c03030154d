/** A job for a thread: learns from what was taught so far, and chooses what to ask next. */
import { teachOf } from '#lib/classifiers/registry.ts';
import { SAMPLE_FIELD_CHARS_MAX } from '#lib/core/limits.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import type { TeachRoundTold } from '#lib/shapes/plans.ts';
import { itemsToLearnFrom } from './items-to-learn-from.ts';

export type ToTeach = { datasetId: string; classifier: unknown; most: number; fieldNames: string[] };

export async function teachRound({ datasetId, classifier, most, fieldNames }: ToTeach): Promise<TeachRoundTold> {
  const { ordinals, ...told } = await teachOf(classifier, { dataset: datasetId, most }, itemsToLearnFrom);
  const ascending = [...ordinals].sort((one, other) => one - other);
  const fields = new Map<number, Record<string, string>>();
  for await (const page of itemsToLearnFrom.items(datasetId, ascending, fieldNames))
    for (const item of page) fields.set(item.ordinal, cut(item.fields));
  return { ...told, items: ordinals.map((ordinal) => ({ ordinal, fields: fields.get(ordinal) ?? {} })) };
}

function cut(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [
      name,
      text.length <= SAMPLE_FIELD_CHARS_MAX ? text : `${beginOf(text, SAMPLE_FIELD_CHARS_MAX)}…`,
    ]),
  );
}
