/**
 * A person's decision at one or several checkpoints. It is bound to what was on the screen: chunk, revision and manifest digest. Chunks that
 * changed meanwhile drop out and are named; when that leaves none, nothing was decided. Where the plan wants two signatures, the first `execute` only
 * signs, and the second, by another person over the same manifest, approves; `sendBack` between them refuses to sign.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { decisionRoot } from '#lib/core/checkpoints/manifest.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_RELEASABLE, type ChunkState, chunkFrom } from '#lib/core/lifecycle.ts';
import type { Factor } from '#lib/core/people/factors.ts';
import { openNext } from '#lib/core/plans/gates.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import { type DecisionBody, marksDigest, sealReceipt, seenDigest } from '#lib/ledger/receipt.ts';
import { type Decided, type DecidedOn, decidedChunks, decisionAnswers } from '#lib/shapes/checkpoints.ts';
import { provenFactor } from '#lib/steps/factors/step-up.ts';
import { settleBatch } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readFirstSignatures, type Signature } from '#lib/store/checkpoints/decisions.sql.ts';
import { insertDecision, type PoolKept } from '#lib/store/checkpoints/decisions.ts';
import { forgetDigests } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks, lockForRelease, openGates } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { discardClassifications } from '#lib/store/chunks/classifications.ts';
import { keepClassifications } from '#lib/store/chunks/kept-classifications.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { unlessCrossed } from '#lib/store/postgres/unless-crossed.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { commitTo, NO_STEP, type NumberedReceipt, storeReceipts } from '#lib/store/receipts/receipts.ts';
import { turns } from '#lib/turns.ts';
import { type Covered, coverChunks, type Deciding } from './cover.ts';
import { refusalOfSigner, whyNotYou } from './signers.ts';

const input = z.strictObject({ batchId: z.uuid(), chunks: decidedChunks, ...decisionAnswers });

export type DecideInput = z.input<typeof input>;
/**
 * Answers the two questions of a checkpoint (may the next chunk be worked on, may these actions run), or sends it back (does not sign it, where it
 * awaits a second signature), closes it, or releases the rest of an approval whose first actions are done.
 *
 * @throws CountersignError `invalid` (answers that exclude each other, a category nobody looked at, a request that can't be built), `stale`
 *   (what was on the screen is no longer so; `facts.changes` says what moved), `conflict` (the chunk's state does not allow it, or who signed it
 *   first would sign again), `unproven` (the plan or the installation asks for a second factor), `forbidden` (also for whoever started the batch, where two others have to sign), `not_found`.
 */
export async function decide(actor: Actor, raw: DecideInput): Promise<Decided> {
  authorise(actor, 'decide');
  const asked = parse(raw);
  if (asked.release) authorise(actor, 'release');
  const act = () => inWrite(db().pool, 'decide', (tx) => decideIn(tx, actor, asked));
  const decided = await unlessCrossed(act).catch(async (error: unknown) => {
    if (error instanceof CountersignError && error.code === 'stale') await forgetDigests(db().pool, asked.batchId, asked.chunks);
    throw error;
  });
  if (decided.dropped.length > 0) {
    const dropped = new Set(decided.dropped.map(({ number }) => number));
    const refused = asked.chunks.filter(({ number }) => dropped.has(number));
    await forgetDigests(db().pool, asked.batchId, refused);
  }
  if (asked.close) await settleBatch(db().pool, asked.batchId);
  announce(db().pool, asked.batchId, { kind: 'decision' });
  return decided;
}

type Asked = z.output<typeof input>;

function parse(raw: DecideInput): Asked {
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The decision can't be read at ${problems[0]?.path}: ${problems[0]?.message}`, {
      problems,
    });
  }
  const asked = read.data;
  const chosen = [asked.execute, asked.sendBack, asked.close, asked.release].filter(Boolean).length;
  if (chosen > 1) throw new CountersignError('invalid', 'Choose one of execute, sendBack, close and release.');
  if (chosen === 0 && !asked.next)
    throw new CountersignError('invalid', 'This decision says nothing. Set next, execute, sendBack, close or release.');
  if (asked.first !== undefined && !asked.execute)
    throw new CountersignError('invalid', '“first” says how many of an approval run first. Set execute, or leave it out.');
  if (asked.atMost !== undefined && !asked.execute)
    throw new CountersignError('invalid', '“atMost” is the ground of an approval. Set execute, or leave it out.');
  if (asked.sendBack && !asked.note)
    throw new CountersignError(
      'invalid',
      'A note is missing. Say why the chunk goes back or is not signed: whoever works on it next reads the note.',
    );
  return asked;
}

async function decideIn(tx: Tx, actor: Actor, asked: Asked): Promise<Decided> {
  const batch = await readBatchRow(tx, asked.batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  assertUnfinished(batch, 'there is nothing to decide');
  if (asked.execute) await assertMaySign(tx, actor, batch);
  const factor = await provenFactor(tx, actor, batch, asked.execute || asked.release);
  const numbers = asked.chunks.map(({ number }) => number);
  const locked = asked.release ? await lockForRelease(tx, batch.id, numbers) : await lockChunks(tx, batch.id, numbers);
  const deciding: Deciding = { decisionId: randomUUID(), batch, actor, answers: asked };
  const { covered, dropped, pool } = await coverChunks(tx, deciding, withRows(asked.chunks, locked), locked);
  await record(tx, deciding, covered, { factor, pool });
  const reviewed = asked.next ? covered.filter(({ row }) => !row.continued).length : 0;
  const opening = openNext(batch.plan.gates.next ?? 'each', reviewed);
  const opened = opening === null ? [] : await openGates(tx, batch.id, opening);
  await ring(tx);
  return { decisionId: deciding.decisionId, decided: covered.map(({ row }) => row.number), dropped, opened };
}

/** Two others sign what somebody starts. Who signed a chunk first is looked at chunk by chunk. */
async function assertMaySign(tx: Tx, actor: Actor, batch: BatchRow): Promise<void> {
  const why = (await whyNotYou(tx, actor, [null], batch)).get(null);
  if (why) throw refusalOfSigner(why, null);
}

/** What was asked, with the locked rows, in the order of the numbers. */
function withRows(chunks: readonly DecidedOn[], locked: readonly ChunkRow[]): { row: ChunkRow; on: DecidedOn }[] {
  const rows = new Map(locked.map((row) => [row.number, row]));
  const ascending = [...chunks].sort((a, b) => a.number - b.number);
  return ascending.map((on) => {
    const row = rows.get(on.number);
    if (!row) throw new CountersignError('not_found', `This batch has no chunk ${on.number}.`);
    return { row, on };
  });
}

/** The decision, what it changes in its chunks, and a receipt in each, with one root over all. */
async function record(
  tx: Tx,
  { decisionId, batch, actor, answers: asked }: Deciding,
  covered: readonly Covered[],
  { factor, pool }: { factor: Factor | null; pool: PoolKept | null },
): Promise<void> {
  const root = decisionRoot(covered.map(({ row, digest }) => ({ number: row.number, revision: row.revision, digest })));
  const { next, execute, sendBack, close, release } = asked;
  const [override, note] = [asked.override || null, asked.note || null];
  const answers = { next, execute, sendBack, close, release };
  await insertDecision(
    tx,
    { decisionId, batchId: batch.id, root, answers, actor, override, note, pool },
    covered.map(({ row, digest, seen }) => ({ chunkId: row.id, revision: row.revision, digest, seen })),
  );
  const signed = asked.execute ? covered.filter(({ row }) => row.state === 'awaiting_second') : [];
  const firsts = await readFirstSignatures(
    tx,
    signed.map(({ row }) => row.id),
  );
  const numbers = await moveChunks(tx, asked, covered);
  const at = new Date().toISOString();
  const takeTurn = turns();
  const receipts: NumberedReceipt[] = [];
  for (const { row, digest, counts, seen, review, overrides } of covered) {
    const { commitments, values } = commitTo({ note, override });
    const body: DecisionBody = {
      v: 2,
      kind: 'decision',
      batch: batch.id,
      chunk: row.number,
      decision: decisionId,
      root,
      manifest: digest,
      revision: row.revision,
      plan: row.planRevision,
      answers,
      counts,
      seenCount: seen.length,
      seen: seenDigest(seen),
      reviews: review?.reviews ?? {},
      marks: review?.marks ?? marksDigest([]),
      evidence: review?.evidence ?? notAsked(batch),
      overrides,
      ...commitments,
      factor,
      first: firstOf(firsts.get(row.id)),
      by: actor.id,
      via: actor.via,
      at,
    };
    const seq = numbers.get(row.id) as number;
    receipts.push({ ...sealReceipt(body), ...NO_STEP, chunk: row.number, seq, kind: 'decision', values });
    await takeTurn();
  }
  await storeReceipts(tx, batch.id, receipts);
}

type BodyNow = Extract<DecisionBody, { v: 2 }>;

/** Of a decision that approves nothing by classifications: what the plan demands is not asked for. */
function notAsked({ plan }: BatchRow): BodyNow['evidence'] {
  const { over = 'batch', atMost: demanded = null } = plan.gates.evidence ?? {};
  return { over, demanded, met: null };
}

/** The first of two signatures, as the receipt of the second names it. Version 1 knew no marks. */
function firstOf(signature: Signature | undefined): BodyNow['first'] {
  if (!signature) return null;
  const { decision, by, seenCount, marks = marksDigest([]) } = signature;
  return { decision, by, seenCount, marks };
}

/** I3: changes the chunks and takes a number of each, one guarded statement for all that the decision moves alike. Gives the numbers, by the chunks' ids. */
async function moveChunks(tx: Tx, asked: Deciding['answers'], covered: readonly Covered[]): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const alike of Map.groupBy(covered, ({ row, transition }) => transition ?? row.state).values()) {
    const { row: first, transition } = alike[0] as Covered;
    const says = { decided: transition, continued: asked.next || transition === null, note: asked.note };
    if (transition === 'send_back')
      await keepClassifications(
        tx,
        alike.map(({ row }) => row.id),
      );
    const guards = alike.map(({ row }) => ({ chunkId: row.id, revision: row.revision }));
    const taken = await takeSequence(tx, 1, { from: fromOf(transition, first.state), says }, guards);
    const moved = alike.find(({ row }) => !taken.has(row.id));
    if (moved)
      throw new CountersignError('conflict', `Chunk ${moved.row.number} changed while this was decided. Nothing was decided.`);
    if (transition === 'send_back') await discardClassifications(tx, [...taken.keys()]);
    for (const [id, seq] of taken) numbers.set(id, seq);
  }
  return numbers;
}

/** The states that it may find: its transition's, those of all that a release covers, or the one that stays. */
function fromOf(transition: Covered['transition'], state: ChunkState): readonly ChunkState[] {
  if (transition === null) return [state];
  return transition === 'release' ? CHUNK_RELEASABLE : chunkFrom(transition);
}
