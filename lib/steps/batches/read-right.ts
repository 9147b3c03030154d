/** Before a batch starts: nothing that its plan goes by is open in its dataset's reading, and the rows that could not be read are answered for. */
import { asksAboutRows, rowsInWords } from '#lib/core/batches/unreadable.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { meaningsOf } from '#lib/core/values/meaning.ts';
import { questionsOf } from '#lib/core/values/questions.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import type { StartedWith } from '#lib/store/batches/batches.sql.ts';
import type { BatchRow } from '#lib/store/chunks/chunks.ts';
import { readDatasetHead } from '#lib/store/datasets/datasets.ts';
import { deletedDataset } from '#lib/store/datasets/deletion.sql.ts';
import { readStoredReading, type StoredReading } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** What the batch is started with. An undo goes by its receipts, and reads nothing. Throws `conflict`, naming what is to be done. */
export async function assertReadRight(batch: BatchRow, accepted: number | undefined): Promise<StartedWith> {
  const { planDigest } = batch;
  if (batch.undoes !== null) return { readingId: null, acceptedUnreadable: null, planDigest };
  const { pool } = db();
  const [head, planned, reading] = await Promise.all([
    readDatasetHead(db(), batch.datasetId),
    readStoredReading(pool, { batchId: batch.id }),
    readStoredReading(pool, { datasetId: batch.datasetId }),
  ]);
  if (head?.deletedAt) throw deletedDataset(head.name);
  if (!head || !planned || !reading) return { readingId: null, acceptedUnreadable: null, planDigest };
  assertCutRight(batch, head.name, planned, reading);
  await assertNothingAsked(batch, head.name, reading);
  const rows = { read: head.itemCount, unreadable: head.unreadableCount };
  assertAnsweredFor(head.name, rows, accepted);
  return { readingId: reading.id, acceptedUnreadable: asksAboutRows(rows) ? rows.unreadable : null, planDigest };
}

/** Its chunks were cut when it was planned. */
function assertCutRight(
  { name, plan: { chunking } }: BatchRow,
  dataset: string,
  planned: StoredReading,
  now: StoredReading,
): void {
  if (planned.revision === now.revision || chunking.by !== 'time') return;
  const [was, is] = [planned, now].map(({ body }) => JSON.stringify(meaningsOf(body.fields)[chunking.field] ?? null));
  if (was === is) return;
  throw new CountersignError(
    'conflict',
    `“${name}” can’t be started: what “${chunking.field}” of “${dataset}” means was changed after its chunks were cut by it. Plan it again.`,
  );
}

async function assertNothingAsked({ name, datasetId, plan }: BatchRow, dataset: string, { body }: StoredReading): Promise<void> {
  if (questionsOf(body).length === 0) return;
  const { questions, words } = await workOut('planQuestions', { datasetId, plan }, { plan });
  if (questions.length === 0) return;
  const more = words.length > 1 ? ` (and ${words.length - 1} more)` : '';
  throw new CountersignError(
    'conflict',
    `“${name}” can’t be started while it is not known how “${dataset}” is to be read: ${words[0]}${more}. Say it on the page of its reading, or by PUT /datasets/{id}/reading.`,
    { facts: { questions } },
  );
}

/** The number says that it was seen, and which. */
function assertAnsweredFor(dataset: string, rows: { read: number; unreadable: number }, accepted: number | undefined): void {
  if (accepted === undefined ? !asksAboutRows(rows) : accepted === rows.unreadable) return;
  const { unreadable } = rows;
  throw new CountersignError(
    'conflict',
    `“${dataset}” has ${rowsInWords(rows)}. ${unreadable === 0 ? 'Leave acceptUnreadable out' : `Fix them, or start without them (acceptUnreadable: ${unreadable})`}.`,
    { facts: { unreadable, rows: rows.read + unreadable } },
  );
}
