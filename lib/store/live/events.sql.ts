/** A hint is stored and notified of in one statement, named and prepared once: it goes out up to four times a second for each batch that is worked on. */
import type { Pool } from 'pg';
import { CHANNEL } from './notifications.sql.ts';

export type Change = { chunk?: number; seq?: number; kind: string };

/** Stores what changed and notifies of the batch. */
export async function tellChanges(pool: Pool, batchId: string, changes: readonly Change[]): Promise<void> {
  const columns = [
    changes.map(({ chunk }) => chunk ?? null),
    changes.map(({ seq }) => seq ?? null),
    changes.map(({ kind }) => kind),
  ];
  await pool.query({ name: 'announce', text: ANNOUNCE, values: [batchId, ...columns, CHANNEL] });
}

const ANNOUNCE = `
WITH event AS (
  INSERT INTO event (batch_id, chunk, seq, kind) SELECT $1::uuid, e.* FROM unnest($2::int[], $3::int[], $4::text[]) e
)
SELECT pg_notify($5, $1::text)`;
