/**
 * The numbers of the batch's own receipts (chunk 0). They are taken from the batch's row, which is never on a hot path: once at the start, and once when
 * everything of it came to its end. Statements of our own: the number that is taken comes back with the row locked.
 */
import { BATCH_UNFINISHED, CHUNK_TERMINAL, stateList } from '#lib/core/lifecycle.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/**
 * I3 for chunk 0: takes the next number, and holds the batch's row until the transaction ends. The batch comes before any of its chunks, as everywhere: who
 * holds a chunk already must hold the batch too.
 */
export async function takeBatchSequence(tx: Querying, batchId: string): Promise<number> {
  const { rows } = await tx.query<{ seq: number }>('UPDATE batch SET seq = seq + 1 WHERE id = $1 RETURNING seq', [batchId]);
  if (!rows[0]) throw new Error(`There is no batch ${batchId}.`);
  return rows[0].seq;
}

export type ToClose = {
  state: 'finished' | 'cancelled';
  seed: Buffer | null;
  /** of each chunk in the order of their numbers, chunk 0 first: how many receipts it has */
  seqs: { chunk: number; seq: number }[];
  /** an earlier closing receipt revealed the seed */
  closed: boolean;
};

/** What the closing receipt of a batch says, where one is due; null where none is. The caller has locked the batch, in a statement before. */
export async function readToClose(tx: Querying, batchId: string): Promise<ToClose | null> {
  const { rows } = await tx.query<ToClose>(
    `SELECT b.state, b.seed, EXISTS (SELECT FROM receipt WHERE batch_id = b.id AND chunk = 0 AND kind = 'closing') AS closed,
       (SELECT json_agg(json_build_object('chunk', s.chunk, 'seq', s.seq) ORDER BY s.chunk)
        FROM (SELECT 0 AS chunk, b.seq UNION ALL SELECT number, seq FROM chunk WHERE batch_id = b.id) s) AS seqs
     FROM batch b WHERE b.id = $1 AND ${UNCLOSED}`,
    [batchId],
  );
  return rows[0] ?? null;
}

/**
 * Batches that are still watched (batch_watched_idx) and over, and want a closing receipt: a worker may have died between the end of a chunk, or an answer,
 * and that receipt.
 */
export async function readUnclosed(client: Querying): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT b.id FROM batch b WHERE b.refolded_at IS NULL AND b.state <> 'proposed' AND ${UNCLOSED}`,
  );
  return rows.map(({ id }) => id);
}

/** Of batch `b`, what its last closing receipt says; null where its bytes were altered, and then a further one is due. */
const LAST_CLOSING = `(
  SELECT CASE WHEN sha256('\\x00'::bytea || body) = leaf THEN convert_from(body, 'UTF8')::json END AS says
  FROM receipt WHERE batch_id = b.id AND chunk = 0 AND kind = 'closing' ORDER BY seq DESC LIMIT 1)`;

/**
 * Batch `b` was started, is over, has every chunk at its end and nothing in flight, and something is not in its last closing receipt. A batch that was
 * cancelled before its start has nothing to close.
 */
export const UNCLOSED = `(CASE WHEN b.started_at IS NULL OR b.state IN (${stateList(BATCH_UNFINISHED)}) THEN false
  WHEN EXISTS (SELECT FROM chunk WHERE batch_id = b.id AND (state NOT IN (${stateList(CHUNK_TERMINAL)}) OR in_flight > 0)) THEN false
  ELSE NOT EXISTS (SELECT FROM ${LAST_CLOSING} last WHERE last.says ->> 'state' = b.state AND (last.says ->> 'receipts')::bigint + 1
    = b.seq + (SELECT coalesce(sum(seq), 0) FROM chunk WHERE batch_id = b.id)) END)`;
