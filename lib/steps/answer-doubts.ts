/** What a person knows about actions of which we only know that they were sent. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '../auth/actor.ts';
import { authorise } from '../auth/authorise.ts';
import { CountersignError } from '../core/errors.ts';
import { CHUNK_MAY_BE_IN_DOUBT } from '../core/lifecycle.ts';
import { announce } from '../engine/events.ts';
import { type ResolutionResult, readReceipt, sealReceipt } from '../ledger/receipt.ts';
import { type ChunkRow, lockChunks } from '../store/chunks.ts';
import { db, inTransaction, type Tx } from '../store/db.ts';
import { settleBatch, settleDoubts } from '../store/execution.ts';
import { insertNumbered, takeSequence } from '../store/receipts.ts';

const input = z.strictObject({
  batchId: z.uuid(),
  ordinals: z.array(z.int32().min(1)).min(1, 'Name at least one item.').max(10_000),
  answer: z.enum(['happened', 'did_not', 'later', 'abandon']),
  note: z.string().trim().max(2_000).nullish(),
});

export type AnswerInput = z.input<typeof input>;
export type Answered = { answered: number /** not in doubt (any more) */; skipped: number[] };

const RESULTS = { happened: 'succeeded', did_not: 'not_executed', abandon: 'abandoned' } as const satisfies Record<
  string,
  ResolutionResult
>;

/**
 * Records a named person's answer, one receipt per item. It never sends anything: “it didn't” makes the action available to a later retry.
 * `later` records nothing and leaves the doubt open. Throws `not_found` and `invalid`.
 */
export async function answerDoubts(actor: Actor, raw: AnswerInput): Promise<Answered> {
  authorise(actor, 'answer');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The answer can't be read: ${read.error.issues[0]?.message}`);
  const { batchId, answer, note } = read.data;
  const ordinals = [...new Set(read.data.ordinals)];
  if (answer === 'later') return { answered: 0, skipped: [] };
  const { pool } = db();
  const done = await inTransaction(pool, async (tx) => {
    const before = await openDoubts(tx, batchId, ordinals);
    const chunks = await lockChunks(tx, batchId, [...new Set(before.map(({ chunk }) => chunk))]);
    // Read again under the locks: the last answer may have come from somebody else meanwhile.
    const doubts = Map.groupBy(await openDoubts(tx, batchId, ordinals), ({ chunk }) => chunk);
    const answered = new Set<number>();
    for (const chunk of chunks) {
      const own = doubts.get(chunk.number) ?? [];
      if (own.length > 0) await resolve(tx, actor, batchId, chunk, own, RESULTS[answer], note ?? null);
      for (const { ordinal } of own) answered.add(ordinal);
    }
    return { answered: answered.size, skipped: ordinals.filter((ordinal) => !answered.has(ordinal)) };
  });
  await settleBatch(pool, batchId);
  announce(pool, batchId, { kind: 'answered' });
  return done;
}

type Doubt = { ordinal: number; chunk: number; step: number; body: Buffer };

/** Items whose last receipt says uncertain. */
async function openDoubts(tx: Tx, batchId: string, ordinals: number[]): Promise<Doubt[]> {
  const { rows } = await tx.query<Doubt>(
    `SELECT r.ordinal, r.chunk, r.step, r.body FROM unnest($2::int[]) asked(ordinal)
     CROSS JOIN LATERAL (
       SELECT ordinal, chunk, step, body, result FROM receipt WHERE batch_id = $1 AND ordinal = asked.ordinal ORDER BY step DESC LIMIT 1) r
     WHERE r.result = 'uncertain' ORDER BY r.ordinal`,
    [batchId, ordinals],
  );
  return rows;
}

async function resolve(
  tx: Tx,
  actor: Actor,
  batchId: string,
  chunk: ChunkRow,
  doubts: Doubt[],
  result: ResolutionResult,
  note: string | null,
): Promise<void> {
  const n = doubts.length;
  // Abandoned stays in the sum's "uncertain": nobody will ever know.
  const left = result === 'abandoned' ? 0 : n;
  const column = result === 'succeeded' ? 'done' : 'not_executed';
  const last = await takeSequence(tx, n, {
    chunkId: chunk.id,
    from: CHUNK_MAY_BE_IN_DOUBT,
    revision: null,
    set: left === 0 ? 'updated_at = clock_timestamp()' : `uncertain = uncertain - ${left}, ${column} = ${column} + ${left}`,
  });
  if (last === null) throw new CountersignError('conflict', `Chunk ${chunk.number} moved meanwhile. Nothing was recorded.`);
  const receipts = doubts.map((doubt, index) => {
    const before = readReceipt(doubt.body);
    if (before.kind !== 'outcome') throw new Error(`The doubt about item ${doubt.ordinal} does not end in an outcome.`);
    const sealed = sealReceipt({
      v: 1,
      kind: 'resolution',
      batch: batchId,
      chunk: chunk.number,
      ordinal: doubt.ordinal,
      step: doubt.step + 1,
      attempt: before.attempt,
      intent: before.intent,
      result,
      evidence: 'person',
      by: actor.id,
      at: new Date().toISOString(),
    });
    return {
      ...sealed,
      seq: last - n + index + 1,
      ordinal: doubt.ordinal,
      step: doubt.step + 1,
      kind: 'resolution' as const,
      result,
    };
  });
  await insertNumbered(tx, batchId, chunk.number, receipts);
  if (note)
    await keepNote(
      tx,
      batchId,
      chunk.number,
      receipts.map(({ seq }) => seq),
      note,
    );
  await settleDoubts(tx, chunk.id);
}

/** A note may name people, so it lives beside the receipt, where it can be erased. */
async function keepNote(tx: Tx, batchId: string, chunk: number, seqs: number[], note: string): Promise<void> {
  await tx.query(
    `INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
     SELECT $1, $2, n.seq, 'note', n.salt, $5 FROM unnest($3::int[], $4::bytea[]) AS n(seq, salt)`,
    [batchId, chunk, seqs, seqs.map(() => randomBytes(16)), note],
  );
}
