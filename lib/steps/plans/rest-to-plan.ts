/** Of which items of its dataset a batch is planned, where those are not all. */
import { CountersignError } from '#lib/core/errors.ts';
import { countRest, type RestOf, readCancelledChunks, readRestBatches } from '#lib/store/batches/rest.sql.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db, type Querying } from '#lib/store/postgres/db.ts';
import type { DatasetToPlan } from './plan-dataset.ts';

/** Nothing, for a batch of a whole dataset and for one that is not there. */
export async function restToPlan(batchId: string | undefined): Promise<Pick<DatasetToPlan, 'rest'>> {
  const batch = batchId === undefined ? null : await readBatchRow(db(), batchId);
  return batch?.rest ? { rest: { of: batch.rest, own: batch.id } } : {};
}

/** The refusal of whoever would review again what is not there to be: `conflict`, with the reasons and with the batches that have it. */
export async function nothingLeft(client: Querying, { batchId, chunks: numbers }: RestOf): Promise<CountersignError> {
  const chunks = await readCancelledChunks(client, batchId, numbers);
  const [counts, others] = [await countRest(client, batchId, chunks), await readRestBatches(client, batchId, numbers)];
  const why = [
    ...others.map(({ name }) => `“${name}” reviews them again already.`),
    ...(counts?.done ? [`${counts.done} were done, and not undone.`] : []),
    ...(counts?.uncertain ? [`${counts.uncertain} are uncertain: somebody has to say what became of them first.`] : []),
  ];
  return new CountersignError('conflict', ['Nothing more of these items can be reviewed again.', ...why].join(' '), {
    facts: { batches: others.map(({ id, name }) => ({ id, name })) },
  });
}
