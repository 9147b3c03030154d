/** Whether the file of a dataset had been uploaded before. */
import type { Actor } from '#lib/auth/actor.ts';
import type { SameFile } from '#lib/shapes/datasets.ts';
import { readSameFile as readSame } from '#lib/store/datasets/datasets.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readDataset } from './read-datasets.ts';

/** The latest dataset of the very same bytes that was there before this one. Null: there was none, or this one is meant to replace it. */
export async function readSameFile(actor: Actor, { id }: { id: string }): Promise<SameFile | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset?.digest || dataset.state !== 'ready' || dataset.supersedes !== null) return null;
  const same = await readSame(db(), Buffer.from(dataset.digest, 'hex'), new Date(dataset.createdAt));
  if (!same) return null;
  const { createdBy, ...shown } = same;
  if (createdBy === actor.id) return { ...shown, by: null };
  return { ...shown, by: (await readNames(db(), [createdBy])).get(createdBy) ?? 'Somebody' };
}
