/** What people's marks say about the chunks of a decision, at the moment of the decision. */
import { marksDigest, type ReviewedCategory } from '#lib/ledger/receipt.ts';
import type { Demand } from '#lib/shapes/evidence.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type ReviewFacts = {
  /** per acting category, over what the plan's bound is over */
  reviews: Record<string, ReviewedCategory>;
  /** the digest of the marks on the chunk's items */
  marks: string;
  /** acting categories of the decision without a mark */
  unmarked: string[];
  demands: Demand[];
};

/** By the chunk's id. `counts` are the items per category that the decision is about; the chunks are locked. */
export async function reviewFacts(
  _lane: Querying,
  _batch: BatchRow,
  chunks: readonly { row: ChunkRow; counts: Readonly<Record<string, number>> }[],
): Promise<Map<string, ReviewFacts>> {
  return new Map(chunks.map(({ row }) => [row.id, { reviews: {}, marks: marksDigest([]), unmarked: [], demands: [] }]));
}
