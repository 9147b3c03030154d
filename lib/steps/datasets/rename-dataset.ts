/** Gives a dataset another name. Its files keep the names that they came with. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { renameDataset as rename } from '#lib/store/datasets/datasets.ts';
import { db } from '#lib/store/postgres/db.ts';
import { nameOf } from './arriving-file.ts';

const input = z.strictObject({ datasetId: z.uuid(), name: z.string() });

/** Throws `invalid` for a name of nothing, `not_found`. */
export async function renameDataset(actor: Actor, raw: z.input<typeof input>): Promise<{ name: string }> {
  authorise(actor, 'keep_datasets');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a dataset, and a name.');
  const name = nameOf(read.data.name);
  await inWrite(db().pool, 'rename', async (tx) => {
    if (!(await rename(tx, read.data.datasetId, name))) throw new CountersignError('not_found', 'There is no such dataset.');
    return null;
  });
  return { name };
}
