/** What the page of a batch's random items says of the batch itself. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { FieldLabels } from '#lib/shapes/datasets.ts';
import { labelsOf, nounOf } from '#lib/steps/datasets/noun.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type Reviewed = { name: string; noun: string; labels: FieldLabels };

/** Null without the batch. */
export async function readReviewed(actor: Actor, { batchId }: { batchId: string }): Promise<Reviewed | null> {
  authorise(actor, 'see');
  const batch = isId(batchId) ? await readBatchFacts(db().pool, batchId) : null;
  return batch && { name: batch.name, noun: nounOf(batch.datasetFormat), labels: labelsOf(batch.datasetFormat) };
}
