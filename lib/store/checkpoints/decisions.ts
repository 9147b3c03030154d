/** Decisions and what they cover; insert-only for the application's role. */
import type { Pool } from 'pg';
import { storedAnswers } from '#lib/core/checkpoints/stored-answers.ts';
import type { DecisionAnswers } from '#lib/ledger/receipt.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

export type DecidedChunk = { chunkId: string; revision: number; digest: string; seen: number[] };

type NewDecision = {
  decisionId: string;
  batchId: string;
  root: string;
  answers: DecisionAnswers;
  /** who decided, and over what: as the receipt names them */
  actor: { id: string; via: 'page' | 'api' };
  override: string | null;
  note: string | null;
};

/** Stores the decision and one row per chunk that it covers. */
export async function insertDecision(tx: Tx, decision: NewDecision, chunks: DecidedChunk[]): Promise<void> {
  const { decisionId, batchId, root, answers, actor, override, note } = decision;
  await tx.query(
    `INSERT INTO decision (id, batch_id, root, answers, "by", via, override, note) VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8)`,
    [decisionId, batchId, root, JSON.stringify(answers), actor.id, actor.via, override, note],
  );
  for (const { chunkId, revision, digest, seen } of chunks) {
    await tx.query(
      "INSERT INTO decision_chunk (decision_id, chunk_id, revision, digest, seen) VALUES ($1, $2, $3, decode($4, 'hex'), $5)",
      [...[decisionId, chunkId, revision, digest, seen]],
    );
  }
}

/** The signature that a chunk in `awaiting_second` has: who, when (ISO 8601), and over what. */
export type Signature = { by: string; at: string; manifest: string; revision: number };

/**
 * The newest decision to execute, as the receipt has it: the first signature, for as long as the chunk awaits the second. By the numbers of the
 * receipts, for clocks of two transactions say nothing about their order. Null where its bytes were altered. `c` is the chunk.
 */
export const FIRST_SIGNATURE = `(
  SELECT b.body FROM receipt s
  CROSS JOIN LATERAL (SELECT CASE WHEN sha256('\\x00'::bytea || s.body) = s.leaf THEN convert_from(s.body, 'UTF8')::json END AS body) b
  WHERE s.batch_id = c.batch_id AND s.chunk = c.number AND s.kind = 'decision' AND coalesce(b.body #>> '{answers,execute}', 'true') = 'true'
  ORDER BY s.seq DESC LIMIT 1)`;

/** Who signed this chunk first; null when it does not await a second signature, or the receipt of the first was altered. */
export async function readFirstSignature(client: Querying, chunkId: string): Promise<Signature | null> {
  const { rows } = await client.query<{ signature: Signature | null }>(
    `SELECT ${FIRST_SIGNATURE} AS signature FROM chunk c WHERE c.id = $1 AND c.state = 'awaiting_second'`,
    [chunkId],
  );
  return rows[0]?.signature ?? null;
}

export type DecisionReceipt = { chunk: number; seq: number; by: string; at: string; answers: DecisionAnswers };

/** The decisions of each of these chunks up to a seq, in order, but for those whose bytes were altered. They precede its actions, so little is read. */
export async function readDecisionReceipts(
  pool: Pool,
  batchId: string,
  upTo: ReadonlyMap<number, number>,
): Promise<DecisionReceipt[]> {
  const { rows } = await pool.query<Omit<DecisionReceipt, 'answers'> & { answers: unknown }>(
    `SELECT r.chunk, r.seq, b.body ->> 'by' AS by, b.body ->> 'at' AS at, b.body -> 'answers' AS answers
     FROM unnest($2::int[], $3::int[]) AS place(chunk, seq)
     JOIN receipt r ON r.batch_id = $1 AND r.chunk = place.chunk AND r.seq <= place.seq AND r.kind = 'decision'
     CROSS JOIN LATERAL (SELECT CASE WHEN sha256('\\x00'::bytea || r.body) = r.leaf THEN convert_from(r.body, 'UTF8')::json END AS body) b
     WHERE b.body IS NOT NULL ORDER BY r.chunk, r.seq`,
    [batchId, [...upTo.keys()], [...upTo.values()]],
  );
  return rows.map((row) => ({ ...row, answers: storedAnswers(row.answers) }));
}
