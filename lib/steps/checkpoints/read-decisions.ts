/** Who decided what of a chunk, when, and after looking at what: as its receipts say it. */

import { needsTwo, signingsOf } from '#lib/core/checkpoints/signatures.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import type { DecisionTold } from '#lib/shapes/checkpoints.ts';
import type { BatchFacts, ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readDecisionBodies } from '#lib/store/checkpoints/decided.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

const DECISIONS_TOLD_MAX = 50;

/** In their order. One whose receipt was altered says nothing. */
export async function readDecisions(batch: BatchFacts, chunk: ChunkNow): Promise<DecisionTold[]> {
  if (chunk.seq === 0) return [];
  const of = { batchId: batch.id, chunkId: chunk.id, number: chunk.number };
  const stored = await readDecisionBodies(db().pool, of, DECISIONS_TOLD_MAX);
  const read = stored.flatMap(({ seq, body: bytes, override }) => {
    const body = bytes && readReceipt(bytes);
    return body?.kind === 'decision' ? [{ seq, body, override }] : [];
  });
  const names = await readNames(
    db(),
    read.map(({ body }) => body.by),
  );
  const signings = needsTwo(batch.plan)
    ? signingsOf(read.map(({ seq, body: { answers } }) => ({ seq, answers })))
    : new Map<number, never>();
  return read.map(({ seq, body, override }) => {
    const { by, at, via, answers, counts, seenCount } = body;
    return {
      ...{ seq, by: actorName(by, names), at, via, answers, counts, seenCount, signing: signings.get(seq) ?? null },
      reviews: body.v === 1 ? null : body.reviews,
      override: body.v === 1 ? body.override : override,
    };
  });
}
