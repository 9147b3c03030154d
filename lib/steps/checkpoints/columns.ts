/** The columns of a checkpoint's list: what there is, what decided, and what somebody chose to see. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { fieldsReadBy } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { FIELDS_MAX } from '#lib/core/limits.ts';
import { meaningIn } from '#lib/core/values/meaning.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { ListColumns } from '#lib/shapes/chunk-items.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type BatchFacts, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { keepColumnChoice, readColumnChoice } from '#lib/store/checkpoints/columns.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The fields that the rules read come first, then those of receipts, then the others; a mail's text is no column. `by`: whose choice is told. */
export async function readColumns(by: string, batch: BatchFacts): Promise<ListColumns> {
  const { id: batchId, plan, fieldNames } = batch;
  const textField = formatOf(batch.datasetFormat)?.textField ?? null;
  const names = fieldNames.filter((name) => name !== textField);
  const [meanings, chosen] = await Promise.all([
    readMeanings(db().pool, { batchId }),
    readColumnChoice(db(), { by, shape: shapeOf(fieldNames) }),
  ]);
  const decided = fieldsReadBy(plan);
  const first = [...new Set([...decided, ...plan.receiptFields])].filter((name) => names.includes(name));
  const others = names.filter((name) => !first.includes(name));
  return {
    fields: [...first, ...others].map((name) => ({
      name,
      type: meaningIn(meanings ?? {}, name).type,
      from: decided.includes(name) ? 'rule' : plan.receiptFields.includes(name) ? 'receipt' : null,
    })),
    chosen: chosen?.filter((name) => names.includes(name)) ?? null,
  };
}

const input = z.strictObject({ batchId: z.uuid(), fields: z.array(z.string()).max(FIELDS_MAX).nullable() });

/**
 * Keeps which columns somebody wants to see, for every dataset of the same fields; null goes back to those that stand first by themselves.
 * @throws CountersignError `invalid` (a field that there is not), `not_found`.
 */
export async function chooseColumns(actor: Actor, raw: z.input<typeof input>): Promise<ListColumns> {
  authorise(actor, 'see');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a batch, and the names of fields.');
  const { batchId, fields } = read.data;
  const batch = await readBatchFacts(db().pool, batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  const strange = fields?.find((name) => !batch.fieldNames.includes(name));
  if (strange !== undefined)
    throw new CountersignError('invalid', `There is no field “${strange}”. Choose those that the dataset has.`);
  await inWrite(db().pool, 'columns', async (tx) => {
    await keepColumnChoice(tx, { by: actor.id, shape: shapeOf(batch.fieldNames) }, fields && [...new Set(fields)]);
    return null;
  });
  return readColumns(actor.id, batch);
}

function shapeOf(fieldNames: readonly string[]): Buffer<ArrayBuffer> {
  return createHash('sha256').update(JSON.stringify(fieldNames)).digest();
}
