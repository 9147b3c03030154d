/** What there is of a dataset's reading, for the steps that show and change it. */
import { CountersignError } from '#lib/core/errors.ts';
import { type DatasetHead, readDatasetHead } from '#lib/store/datasets/datasets.ts';
import { readStoredReading, type StoredReading } from '#lib/store/datasets/readings.sql.ts';
import { readingBytes } from '#lib/store/datasets/readings.ts';
import { type DatasetSource, readSources, type StoredSource } from '#lib/store/datasets/sources.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import type { Original } from '#lib/store/originals/port.ts';
import { db } from '#lib/store/postgres/db.ts';

/** A source with its file; null where the file is not there. */
export type KeptSource = StoredSource & { original: Original | null };

export type ReadingNow = {
  head: DatasetHead;
  reading: Omit<StoredReading, 'digest'> & { digest: string };
  sources: KeptSource[];
};

/** The dataset with its latest reading and its sources; null where there is none, or it was deleted. */
export async function readReadingNow(datasetId: string): Promise<ReadingNow | null> {
  const head = await readDatasetHead(db(), datasetId);
  if (!head || head.deletedAt !== null) return null;
  const [reading, sources] = await Promise.all([readStoredReading(db().pool, { datasetId }), readKept(datasetId)]);
  return (
    reading && {
      head,
      reading: { ...reading, digest: reading.digest ?? readingBytes(reading.body).digest.toString('hex') },
      sources,
    }
  );
}

/** The files that a dataset was read from, in order. */
export async function readKept(datasetId: string): Promise<KeptSource[]> {
  const sources = await readSources(db(), datasetId);
  return Promise.all(sources.map(async (source) => ({ ...source, original: await originals().open(source.digest) })));
}

/** All of them with their files. Throws `conflict` where one is not there. */
export function filesOf({ head, sources }: Pick<ReadingNow, 'head' | 'sources'>): (DatasetSource & { original: Original })[] {
  const kept = sources.flatMap(({ original, ...source }) => (original ? [{ ...source, original }] : []));
  if (kept.length > 0 && kept.length === sources.length) return kept;
  const why =
    sources.length === 0
      ? 'was uploaded before original files were kept'
      : sources.some(({ erasedAt }) => erasedAt !== null)
        ? 'lost its original file to an erasure'
        : 'has lost its original file: it is not in the folder of the originals';
  throw new CountersignError(
    'conflict',
    `“${head.name}” ${why}, so its rows can’t be read anew. What its fields mean can be changed. To read its rows otherwise, upload the file again.`,
  );
}
