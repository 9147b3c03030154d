/** What people's marks say about the chunks of a decision, at the moment of the decision. */
import { type DecisionBody, marksDigest, type ReviewedCategory } from '#lib/ledger/receipt.ts';
import type { Demand } from '#lib/shapes/evidence.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

type Decision2 = Extract<DecisionBody, { v: 2 }>;
/** What an override was needed for, as the receipt of the decision says it. */
export type Override = Decision2['overrides'][number];

export type ReviewFacts = {
  /** per acting category, over what the plan's bound is over */
  reviews: Record<string, ReviewedCategory>;
  /** the digest of the marks on the chunk's items */
  marks: string;
  /** acting categories of the decision without a mark */
  unmarked: string[];
  demands: Demand[];
  /** what the plan demands, and whether it is met; null: nothing is demanded, or this decision is exempt */
  evidence: Decision2['evidence'];
};

/** By the chunk's id. `counts` are the items per category that the decision is about; the chunks are locked. */
export async function reviewFacts(
  _lane: Querying,
  batch: BatchRow,
  chunks: readonly { row: ChunkRow; counts: Readonly<Record<string, number>> }[],
): Promise<Map<string, ReviewFacts>> {
  const { over = 'batch', atMost: demanded = null } = batch.plan.gates.evidence ?? {};
  const none = { reviews: {}, marks: marksDigest([]), unmarked: [], demands: [], evidence: { over, demanded, met: null } };
  return new Map(chunks.map(({ row }) => [row.id, none]));
}
