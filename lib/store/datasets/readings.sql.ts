/** How datasets were read. Asked in threads too, where Prisma would cost each its first query (lib/store/plans/planning.sql.ts). */
import { type FieldMeanings, meaningsOf } from '#lib/core/values/meaning.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { guessesOfStoredProfile } from '#lib/core/values/stored-profile.ts';
import { storedFields } from '#lib/shapes/datasets.ts';
import { storedReading } from '#lib/shapes/readings.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** The reading of a dataset: the latest, or the one that a batch was planned by. */
export type WhichReading = { datasetId: string } | { batchId: string };

/** `id` and `digest` (hex) are null, and `revision` is 0, of a dataset that came before readings were kept. */
export type StoredReading = {
  id: string | null;
  datasetId: string;
  revision: number;
  digest: string | null;
  body: ReadingBody;
};

/** The reading, or null without the dataset or batch. */
export async function readStoredReading(db: Querying, which: WhichReading): Promise<StoredReading | null> {
  const { rows } = await db.query<Row>('batchId' in which ? OF_BATCH : OF_DATASET, [
    'batchId' in which ? which.batchId : which.datasetId,
  ]);
  const [row] = rows;
  if (!row) return null;
  const { fields, body, digest, ...reading } = row;
  return {
    ...{ ...reading, digest: digest?.toString('hex') ?? null },
    body: body ? storedReading(body) : { format: null, layout: {}, fields: guessesOfStoredProfile(storedFields(fields).value) },
  };
}

/** What the fields mean, by name: of a dataset as it is read now, of a batch as it was when the batch was planned. Null without it. */
export async function readMeanings(db: Querying, which: WhichReading): Promise<FieldMeanings | null> {
  const reading = await readStoredReading(db, which);
  return reading && meaningsOf(reading.body.fields);
}

type Row = {
  id: string | null;
  datasetId: string;
  revision: number;
  digest: Buffer | null;
  body: Buffer | null;
  fields: unknown;
};

const COLUMNS = `r.id, d.id AS "datasetId", coalesce(r.revision, 0) AS revision, r.digest, r.body, d.fields`;

const OF_DATASET = `
  SELECT ${COLUMNS} FROM dataset d LEFT JOIN LATERAL (
    SELECT id, revision, digest, body FROM dataset_reading WHERE dataset_id = d.id ORDER BY revision DESC LIMIT 1
  ) r ON true WHERE d.id = $1`;

const OF_BATCH = `
  SELECT ${COLUMNS} FROM batch b JOIN dataset d ON d.id = b.dataset_id LEFT JOIN dataset_reading r ON r.id = b.reading_id WHERE b.id = $1`;
