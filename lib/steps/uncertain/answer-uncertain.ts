/** What a person knows, or what the target says now, about actions of which we only know that they were sent. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_MAY_BE_UNCERTAIN } from '#lib/core/lifecycle.ts';
import { ANSWERS_AT_ONCE_MAX, ASKED_AT_ONCE_MAX } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { type ResolutionBody, type ResolutionResult, readReceipt, sealReceipt } from '#lib/ledger/receipt.ts';
import { type Answered, type Said, uncertainAnswers } from '#lib/shapes/uncertain.ts';
import { assertProvenFor } from '#lib/steps/factors/step-up.ts';
import { finishBatch, settleBatch, settleUncertain } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { lockCancelled, lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import type { ChunkRow } from '#lib/store/chunks/chunks.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { storeNotes, storeReceipts } from '#lib/store/receipts/receipts.ts';
import { saveInspection } from '#lib/store/uncertain/inspections.sql.ts';
import { readUncertainActions, readUncertainOfGroup, type UncertainAction } from '#lib/store/uncertain/uncertain.sql.ts';
import { askTargets } from './ask-targets.ts';
import { readGroupId } from './groups.ts';

const input = uncertainAnswers({ batchId: z.uuid() });

export type AnswerInput = z.input<typeof input>;
const RESULTS = { happened: 'succeeded', did_not: 'not_executed', abandon: 'abandoned' } as const satisfies Record<
  string,
  ResolutionResult
>;

/**
 * Records a named person's answer, one receipt per item. It never sends anything: “it didn’t” makes the action available to a later retry.
 * `later` records nothing and leaves the action uncertain. `ask` looks each up at its target, and only “it happened” settles one, or that it did not and never will: the receipt
 * then names the inspection and who asked for it. Throws `not_found`, `invalid`, and `unproven` where the plan or the installation asks for a second factor.
 */
export async function answerUncertain(actor: Actor, raw: AnswerInput): Promise<Answered> {
  authorise(actor, 'answer');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The answer can't be read: ${read.error.issues[0]?.message}`);
  const { batchId, answer, note } = read.data;
  const group = 'group' in read.data ? readGroupId(read.data.group, batchId) : null;
  if (answer === 'later') return { answered: 0, skipped: [], left: 0, said: [] };
  await assertProvenFor(db(), actor, batchId);
  const most = answer === 'ask' ? ASKED_AT_ONCE_MAX : ANSWERS_AT_ONCE_MAX;
  const { pool } = db();
  // One more than is taken up, to know whether some are left.
  const all = group
    ? await readUncertainOfGroup(pool, batchId, group.cause, group.seen, ANSWERS_AT_ONCE_MAX + 1)
    : [...new Set('ordinals' in read.data ? read.data.ordinals : [])];
  const ordinals = all.slice(0, most);
  const before = await readUncertainActions(pool, batchId, ordinals);
  const asked = answer === 'ask' ? await askTargets(pool, batchId, before) : null;

  const done = await inWrite(pool, 'answer', async (tx): Promise<Answered> => {
    // Of a batch that is over the answer brings a further closing receipt, in one transaction with it. The batch is locked before its chunks.
    const over = await lockCancelled(tx, batchId);
    const chunks = await lockChunks(tx, batchId, [...new Set(before.map(({ chunk }) => chunk))]);
    // Read again under the locks: the last answer may have come from somebody else meanwhile. What was answered, retried and is uncertain again is
    // another attempt, of which nobody here has seen anything.
    const same = new Map(before.map(({ ordinal, step }) => [ordinal, step]));
    const still = (await readUncertainActions(tx, batchId, ordinals)).filter(({ ordinal, step }) => same.get(ordinal) === step);
    const open = Map.groupBy(still, ({ chunk }) => chunk);
    const ended = new Set<number>();
    for (const chunk of chunks) {
      const own = open.get(chunk.number) ?? [];
      const settled: Settling[] = asked
        ? await keep(tx, actor, batchId, own, asked)
        : [{ actions: own, result: RESULTS[answer as keyof typeof RESULTS], evidence: 'person' }];
      for (const { actions, ...how } of settled) {
        if (actions.length > 0) await resolve(tx, actor, batchId, chunk, actions, how, note ?? null);
        for (const { ordinal } of actions) ended.add(ordinal);
      }
    }
    if (over) await finishBatch(tx, batchId);
    const uncertain = new Set(still.map(({ ordinal }) => ordinal));
    const skipped = ordinals.filter((ordinal) => !uncertain.has(ordinal));
    return { answered: ended.size, skipped, left: all.length - ordinals.length + (asked?.left ?? 0), said: asked?.said ?? [] };
  });
  await settleBatch(pool, batchId);
  announce(pool, batchId, { kind: 'answered' });
  return done;
}

type Settling = Pick<ResolutionBody, 'result' | 'evidence'> & { actions: UncertainAction[] };

/** Keeps what the target said about each; gives those of which it said that they happened, or did not and never will. */
async function keep(
  tx: Tx,
  actor: Actor,
  batchId: string,
  open: UncertainAction[],
  { said }: { said: Said[] },
): Promise<Settling[]> {
  const byOrdinal = new Map(said.map((one) => [one.ordinal, one]));
  const happened: UncertainAction[] = [];
  const didNot: UncertainAction[] = [];
  for (const action of open) {
    const one = byOrdinal.get(action.ordinal);
    if (!one || one.finding === 'cannot_ask') continue;
    const { finding, target, reason } = one;
    const inspection =
      finding === 'happened'
        ? { finding, target }
        : finding === 'unknown'
          ? { finding, reason: reason ?? '' }
          : ({ finding: 'not_there' } as const);
    await saveInspection(tx, batchId, { ordinal: action.ordinal, step: action.step, by: actor.id, said: inspection });
    if (finding === 'happened') happened.push(action);
    if (finding === 'did_not') didNot.push(action);
  }
  return [
    { actions: happened, result: 'succeeded', evidence: 'inspection' },
    { actions: didNot, result: 'not_executed', evidence: 'inspection' },
  ];
}

async function resolve(
  tx: Tx,
  actor: Actor,
  batchId: string,
  chunk: ChunkRow,
  actions: UncertainAction[],
  how: Pick<ResolutionBody, 'result' | 'evidence'>,
  note: string | null,
): Promise<void> {
  const { result } = how;
  const n = actions.length;
  const change = { from: CHUNK_MAY_BE_UNCERTAIN, says: { answered: result } };
  const last = (await takeSequence(tx, n, change, [{ chunkId: chunk.id, revision: null }])).get(chunk.id);
  if (last === undefined)
    throw new CountersignError('conflict', `Chunk ${chunk.number} changed meanwhile. Nothing was recorded.`);
  const receipts = actions.map((action, index) => {
    const before = readReceipt(action.body);
    if (before.kind !== 'outcome') throw new Error(`Item ${action.ordinal} is uncertain without an outcome.`);
    const sealed = sealReceipt({
      v: 1,
      kind: 'resolution',
      batch: batchId,
      chunk: chunk.number,
      ordinal: action.ordinal,
      step: action.step + 1,
      attempt: before.attempt,
      intent: before.intent,
      ...how,
      by: actor.id,
      at: new Date().toISOString(),
    });
    return {
      ...sealed,
      chunk: chunk.number,
      seq: last - n + index + 1,
      ordinal: action.ordinal,
      step: action.step + 1,
      kind: 'resolution' as const,
      result,
    };
  });
  await storeReceipts(tx, batchId, receipts);
  if (note) await storeNotes(tx, batchId, receipts, note);
  await settleUncertain(tx, chunk.id);
}
