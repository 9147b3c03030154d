/** Decisions and what they cover; insert-only for the application's role. */
import type { DecisionAnswers } from '#lib/ledger/receipt.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

/**
 * What the looks of a decision are pooled from beside its own chunks: ranges of the chunks that were decided by then, and, where all that waits is the ground, the
 * chunks in review with their revisions (else null). `marks`: of each chunk that had marks by then, the last of its reviews.
 */
export type PoolKept = { decided: [number, number][]; review: [number, number][] | null; marks: [number, number][] };

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
  pool: PoolKept | null;
};

/** Stores the decision and one row per chunk that it covers. */
export async function insertDecision(tx: WithModels, decision: NewDecision, chunks: readonly DecidedChunk[]): Promise<void> {
  const { decisionId, batchId, root, answers, actor, override, note, pool } = decision;
  await tx.prisma.decision.create({
    data: {
      ...{ id: decisionId, batchId, root: ofHex(root), answers, by: actor.id, via: actor.via, override, note },
      ...(pool === null ? {} : { pool }),
    },
  });
  for (const page of modelPages(chunks)) {
    await tx.prisma.decisionChunk.createMany({
      data: page.map(({ digest, ...chunk }) => ({ decisionId, ...chunk, digest: ofHex(digest) })),
    });
  }
}

const ofHex = (hex: string): Uint8Array<ArrayBuffer> => bytesOf(Buffer.from(hex, 'hex'));
