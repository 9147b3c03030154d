/**
 * What was decided of a chunk, and what became of its items, by the receipts. Each is one statement: the decisions precede the actions of their chunk, so the walk
 * to the last of them is short, and an item's last receipt is found along its steps.
 */
import type { Pool } from 'pg';
import type { ReceiptResult } from '#lib/ledger/receipt.ts';

/** `body`: null where its bytes were altered. `override`: where it is kept beside the receipt, and was not erased. */
export type DecisionStored = { seq: number; body: Buffer | null; override: string | null };

/** The decisions of a chunk in their order, at most `limit`. */
export async function readDecisionBodies(
  pool: Pool,
  { batchId, chunkId, number }: { batchId: string; chunkId: string; number: number },
  limit: number,
): Promise<DecisionStored[]> {
  const { rows } = await pool.query<DecisionStored>(
    `SELECT r.seq, CASE WHEN sha256('\\x00'::bytea || r.body) = r.leaf THEN r.body END AS body,
       (SELECT value FROM receipt_value v WHERE v.batch_id = r.batch_id AND v.chunk = r.chunk AND v.seq = r.seq AND v.field = 'override') AS override
     FROM receipt r WHERE r.batch_id = $1 AND r.chunk = $2 AND r.kind = 'decision'
     ORDER BY r.seq LIMIT least($4, (SELECT count(*) FROM decision_chunk WHERE chunk_id = $3))`,
    [batchId, number, chunkId, limit],
  );
  return rows;
}

/** `result`: null while its intent is open. */
export type LastReceipt = { ordinal: number; seq: number; result: ReceiptResult | null };

/** The last receipt of each of these items, by ordinal; one that nothing was begun for has none. */
export async function readLastReceipts(
  pool: Pool,
  batchId: string,
  ordinals: readonly number[],
): Promise<Map<number, Omit<LastReceipt, 'ordinal'>>> {
  if (ordinals.length === 0) return new Map();
  const { rows } = await pool.query<LastReceipt>(
    `SELECT last.ordinal, last.seq, last.result FROM unnest($2::int[]) AS item(ordinal)
     CROSS JOIN LATERAL (
       SELECT ordinal, seq, result FROM receipt WHERE batch_id = $1 AND ordinal = item.ordinal ORDER BY step DESC LIMIT 1) last`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ ordinal, ...last }) => [ordinal, last]));
}
