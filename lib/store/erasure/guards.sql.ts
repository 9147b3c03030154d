/** What erasures keep from being made, sent or asked: looked at by whoever makes or goes on with a batch, under the locks that an erasure's confirmation takes too. */
import { CountersignError } from '#lib/core/errors.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** Throws `conflict` while something of the dataset, or of the batch, is being erased. */
export async function assertNotErasing(tx: Querying, datasetId: string, batchId: string | null = null): Promise<void> {
  const { rows } = await tx.query(
    `SELECT FROM erasure e WHERE e.state = 'erasing' AND (e.about = 'dataset:' || $1 OR e.about = 'batch:' || $2 OR (e.kind = 'value' AND EXISTS (
       SELECT FROM erasure_find f WHERE f.erasure_id = e.id AND f.dataset_id = $1::uuid AND f.chosen))) LIMIT 1`,
    [datasetId, batchId],
  );
  if (rows.length > 0)
    throw new CountersignError(
      'conflict',
      'Values of this dataset are just being erased. Try again in a minute: then it is clear what is left.',
    );
}

/** Throws `conflict` where the batch has items that were erased: it would send, and ask, with nothing. */
export async function assertItemsThere(tx: Querying, batchId: string, datasetId: string): Promise<void> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT CASE WHEN EXISTS (SELECT FROM erasure_entry WHERE dataset_id = $2 AND place = 'item') THEN (
       SELECT count(*)::int FROM chunk_item ci JOIN item i ON i.dataset_id = $2 AND i.ordinal = ci.ordinal AND i.erased_at IS NOT NULL WHERE ci.batch_id = $1)
     ELSE 0 END AS count`,
    [batchId, datasetId],
  );
  const gone = rows[0]?.count ?? 0;
  if (gone > 0)
    throw new CountersignError(
      'conflict',
      `${gone === 1 ? 'One of its items was' : `${gone} of its items were`} erased meanwhile. Plan it again: what is left of the dataset is planned then.`,
    );
}

/** Throws `conflict` where something of these chunks that would be sent once more was erased. */
export async function assertSendable(tx: Querying, batchId: string, datasetId: string, chunks: readonly number[]): Promise<void> {
  await assertNotErasing(tx, datasetId, batchId);
  const { rows } = await tx.query<{ ordinal: number; count: number }>(
    `SELECT min(m.ordinal) AS ordinal, count(*)::int AS count FROM chunk c
     JOIN manifest_row m ON m.decision_id = c.decision_id AND m.chunk_id = c.id AND m.connector IS NOT NULL
     JOIN frozen_request f ON f.digest = m.request_digest JOIN item i ON i.dataset_id = $2 AND i.ordinal = m.ordinal
     CROSS JOIN LATERAL (SELECT result FROM receipt WHERE batch_id = $1 AND ordinal = m.ordinal ORDER BY step DESC LIMIT 1) last
     WHERE c.batch_id = $1 AND c.number = ANY ($3) AND last.result IN ('failed', 'not_executed') AND (f.bytes IS NULL OR i.erased_at IS NOT NULL)
       AND EXISTS (SELECT FROM erasure_entry e WHERE e.batch_id = $1 OR e.dataset_id = $2)`,
    [batchId, datasetId, chunks],
  );
  const { ordinal = null, count = 0 } = rows[0] ?? {};
  if (count > 0)
    throw new CountersignError(
      'conflict',
      `What ${count === 1 ? `item ${ordinal}` : `${count} items, item ${ordinal} first,`} would send was erased: it can’t be sent once more. Nothing was changed.`,
    );
}
