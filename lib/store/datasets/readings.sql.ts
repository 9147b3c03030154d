/** What the fields of a dataset mean. Asked in threads too, where Prisma would cost each its first query (lib/store/plans/planning.sql.ts). */
import { type FieldMeanings, meaningsOf } from '#lib/core/values/meaning.ts';
import { guessesOfStoredProfile } from '#lib/core/values/stored-profile.ts';
import { storedFields } from '#lib/shapes/datasets.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** By name: of a dataset as it is read now, of a batch as it was when the batch was planned. Null without it. */
export async function readMeanings(
  db: Querying,
  which: { datasetId: string } | { batchId: string },
): Promise<FieldMeanings | null> {
  const { rows } = await db.query<{ fields: unknown }>(
    'batchId' in which
      ? 'SELECT d.fields FROM batch b JOIN dataset d ON d.id = b.dataset_id WHERE b.id = $1'
      : 'SELECT fields FROM dataset WHERE id = $1',
    ['batchId' in which ? which.batchId : which.datasetId],
  );
  const [row] = rows;
  return row ? meaningsOf(guessesOfStoredProfile(storedFields(row.fields).value)) : null;
}
