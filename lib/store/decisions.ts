/** Decisions and what they cover; insert-only for the application's role. */
import type { DecisionAnswers } from '../ledger/receipt.ts';
import type { Tx } from './db.ts';

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
