/** What happened to a batch besides its receipts: takeovers, and what people told it to do. Kept as events with facts, which are not pruned. */
import type { Pool } from 'pg';
import { type Facts, storedFacts } from '#lib/core/receipts/told-line.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

export type Told = { id: string; chunk: number | null; at: Date; kind: string; facts: Facts };

/** Told in the transaction of what it tells of; `chunk` null for the whole batch. */
export async function tellTape(
  tx: Tx,
  told: { batchId: string; chunk: number | null; kind: string; facts: Facts },
): Promise<void> {
  await tx.query('INSERT INTO event (batch_id, chunk, kind, facts, at) VALUES ($1, $2, $3, $4, clock_timestamp())', [
    ...[told.batchId, told.chunk, told.kind, told.facts],
  ]);
}

/** The newest first: what was told, and the incidents as they were opened. */
export async function readTold(pool: Pool, batchId: string, limit: number): Promise<Told[]> {
  const { rows } = await pool.query<Omit<Told, 'facts'> & { facts: unknown }>({
    name: 'tape-told',
    text: `(SELECT 'event-' || id AS id, chunk, at, kind, facts FROM event WHERE batch_id = $1 AND facts IS NOT NULL ORDER BY id DESC LIMIT $2)
      UNION ALL
      (SELECT 'incident-' || id, chunk, opened_at, 'incident', jsonb_build_object('message', message) FROM incident WHERE batch_id = $1
       ORDER BY opened_at DESC LIMIT $2)
      ORDER BY at DESC LIMIT $2`,
    values: [batchId, limit],
  });
  return rows.map((row) => ({ ...row, facts: storedFacts(row.facts) }));
}
