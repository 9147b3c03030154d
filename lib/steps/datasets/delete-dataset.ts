/** Deletes a dataset. What receipts name stays: a dataset with a batch keeps its rows and its original, and is only not listed any more. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { log } from '#lib/log.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { deleteDataset as remove } from '#lib/store/datasets/deletion.sql.ts';
import { removeUnusedSources } from '#lib/store/datasets/sources.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ datasetId: z.uuid() });

/** `kept`: the batches for which its rows, its readings and its original stay. */
export type DeletedDataset = { kept: number };

/** Its page says afterwards who deleted it, and when. Throws `not_found`, and `conflict` while it arrives. */
export async function deleteDataset(actor: Actor, raw: z.input<typeof input>): Promise<DeletedDataset> {
  authorise(actor, 'keep_datasets');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a dataset.');
  const deleted = await inWrite(db().pool, 'delete', (tx) => remove(tx, read.data.datasetId, actor.id));
  // What can't be taken away now is found by the sweep of abandoned uploads.
  await removeUnusedSources(db().pool, originals()).catch((err: unknown) =>
    log.error({ err, dataset: read.data.datasetId }, 'the original of a deleted dataset could not be taken away'),
  );
  return deleted;
}
