/** How a dataset was read: every guess with what speaks for it, and what is to be asked. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { isId } from '#lib/steps/ids.ts';
import { readDatasetHead } from '#lib/store/datasets/datasets.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The latest reading, or null without the dataset. */
export async function readReading(actor: Actor, { datasetId }: { datasetId: string }): Promise<Reading | null> {
  authorise(actor, 'see');
  if (!isId(datasetId)) return null;
  const head = await readDatasetHead(db(), datasetId);
  const reading = head && (await readStoredReading(db().pool, { datasetId }));
  if (!reading) return null;
  const { revision, digest, body } = reading;
  return {
    ...{
      dataset: datasetId,
      revision,
      digest: digest ?? '',
      sources: [],
      state: head.state === 'receiving' ? 'reading' : 'ready',
    },
    ...{ ...body, questions: [], items: head.itemCount, unreadable: head.unreadableCount },
  };
}
