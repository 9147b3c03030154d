/** Classified items as a checkpoint shows them. */
import { matchedOf, partInWords } from '#lib/classifiers/registry.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import type { ClassifiedItem } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';

const FIELDS_IN_LINE = 3;

/** `names`: people by `user:<uuid>`. */
export function sampleOf(
  batch: BatchFacts,
  item: ClassifiedItem,
  mark: Sample['mark'],
  names: ReadonlyMap<string, string>,
  { review, outcome }: Pick<Sample, 'review' | 'outcome'>,
): Sample {
  const { ordinal, category, why, confidence } = item;
  const textField = formatOf(batch.datasetFormat)?.textField ?? null;
  const text = textField === null ? null : (item.fields[textField] ?? null);
  const shown = batch.fieldNames.filter((name) => Object.hasOwn(item.fields, name) && !(text !== null && name === textField));
  const fields = Object.fromEntries(shown.map((name) => [name, item.fields[name] ?? '']));
  const receiptFields = batch.plan.receiptFields.length > 0 ? batch.plan.receiptFields : shown.slice(0, FIELDS_IN_LINE);
  const line = fieldsLine({ ...batch.plan, receiptFields }, item.fields);
  const matched = matchedOf(batch.plan, item, item.fields);
  const by = actorName(item.by, names);
  const rule = item.by === batch.plan.classifier.kind ? partInWords(batch.plan, item) : null;
  return { ordinal, fields, text, category, why, confidence, by, rule, mark, review, outcome, line, matched };
}
