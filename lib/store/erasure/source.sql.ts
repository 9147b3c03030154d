/** The end of original files: under the lock of their digests, as they arrive and go. */

import { lockDigests } from '#lib/store/datasets/sources.sql.ts';
import type { Originals } from '#lib/store/originals/port.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { tellOf } from './door.sql.ts';

/**
 * The file goes before the commit: a process that is killed in between finds it gone, and says so then. An upload of the same bytes brings it back, for
 * somebody uploaded it anew.
 */
export async function eraseOriginals(tx: Querying, id: string, digests: readonly string[], originals: Originals): Promise<void> {
  const bytes = digests.map((hex) => Buffer.from(hex, 'hex'));
  await lockDigests(tx, bytes);
  const { rows } = await tx.query<{ datasetId: string }>(
    'SELECT DISTINCT dataset_id AS "datasetId" FROM dataset_source WHERE digest = ANY ($1)',
    [bytes],
  );
  await tellOf(
    tx,
    id,
    'source',
    rows.map(({ datasetId }) => ({ datasetId, batchId: null })),
  );
  for (const digest of bytes) await originals.delete(digest);
  await tx.query('UPDATE source SET erased_at = clock_timestamp() WHERE digest = ANY ($1)', [bytes]);
}
