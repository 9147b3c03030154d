/** The receipts of an attempt: its intent, its outcome, and what an inspection found out. */
import { randomBytes } from 'node:crypto';
import { type Answer, HELD_BACK, type WITHDRAWN } from '#lib/core/receipts/answer.ts';
import { commitment } from '#lib/ledger/canonical.ts';
import { type IntentBody, type OutcomeBody, sealReceipt } from '#lib/ledger/receipt.ts';
import {
  ANSWER_FIELD,
  type IntentRow,
  type OutcomeRow,
  type PersonalValue,
  type Settled,
} from '#lib/store/receipts/receipts.sql.ts';
import type { Attempt } from './attempt.ts';
import { type Run, target } from './run.ts';

/** What is about to be sent, and under which approval. The values that may be personal are committed to, and stored beside it. */
export function intentRow(run: Run, attempt: Attempt): IntentRow {
  const { row } = attempt;
  const values: PersonalValue[] = [];
  const commitments: [string, string][] = [];
  const names = Object.keys(row.fields).sort();
  const salts = names.length > 0 ? randomBytes(16 * names.length) : null;
  names.forEach((field, index) => {
    const salt = (salts as Buffer).subarray(16 * index, 16 * index + 16);
    const value = row.fields[field] ?? '';
    values.push({ field, salt, value });
    commitments.push([field, commitment(salt, value)]);
  });
  // Members in the order of canonical JSON, so that sealing need not sort them.
  const body: IntentBody = {
    action: { connection: row.connection, connector: row.connector, do: row.do, version: row.version },
    at: run.clock.date().toISOString(),
    attempt: attempt.attempt,
    batch: run.claim.batchId,
    by: run.by,
    chunk: run.claim.number,
    decision: run.approval.decisionId,
    epoch: run.claim.epoch,
    idempotencyKey: attempt.key,
    item: row.itemDigest,
    kind: 'intent',
    manifest: run.approval.manifestDigest,
    ordinal: row.ordinal,
    request: row.requestDigest,
    step: attempt.step,
    v: 1,
    // By definition, not assignment: a field may be called __proto__.
    values: Object.fromEntries(commitments),
  };
  const sealed = sealReceipt(body);
  attempt.intentLeaf = sealed.leaf;
  const from = row.result === 'failed' || row.result === 'not_executed' ? row.result : null;
  return { ...sealed, ordinal: row.ordinal, step: attempt.step, values, from };
}

/** What became of the attempt. Where the target's answers are kept, their beginning is committed to, and stored beside the outcome (version 2). */
export function outcomeRow(run: Run, attempt: Attempt, answer: Answer): OutcomeRow {
  const step = attempt.step + 1;
  const to = target(run, attempt.row);
  const keeps = to.kind === 'remote' && to.keepsAnswers;
  const values = keeps ? heardValues(answer) : [];
  // Members in the order of canonical JSON, so that sealing need not sort them.
  const body = {
    ...(keeps ? { answer: values[0] ? commitment(values[0].salt, values[0].value) : null } : {}),
    at: run.clock.date().toISOString(),
    attempt: attempt.attempt,
    batch: run.claim.batchId,
    before: answer.result === 'succeeded' ? (answer.before ?? null) : null,
    by: run.by,
    chunk: run.claim.number,
    epoch: run.claim.epoch,
    intent: attempt.intentLeaf?.toString('hex') ?? null,
    kind: 'outcome',
    ordinal: attempt.row.ordinal,
    reason: reasonOf(attempt, answer),
    result: answer.result,
    step,
    target: answer.result === 'succeeded' ? answer.target : null,
    v: keeps ? 2 : 1,
  } as OutcomeBody;
  return { ...sealReceipt(body), ordinal: attempt.row.ordinal, step, result: answer.result, values };
}

/** The target may have repeated what it was sent, so this is stored where it can be erased. */
function heardValues({ heard }: Answer): PersonalValue[] {
  return typeof heard === 'string' ? [{ field: ANSWER_FIELD, salt: randomBytes(16), value: heard }] : [];
}

/** Uncertain is a send for what it was itself, and not for how the target answered its repeat. */
function reasonOf({ doubt }: Attempt, answer: Answer): string | null {
  if (answer.result === 'succeeded') return answer.reason ?? null;
  return answer.result === 'uncertain' ? (doubt ?? answer.reason) : answer.reason;
}

/**
 * An action that nobody had begun and nobody can any more: without an answer, and not executed. That is known from its target where it was withdrawn there, and from the
 * worker itself where it was held back here.
 */
export function notBegunRows(
  run: Run,
  attempt: Attempt,
  reason: typeof WITHDRAWN | typeof HELD_BACK,
): { outcome: OutcomeRow; resolution: Settled } {
  const nobody: Attempt = { ...attempt, doubt: null };
  return {
    outcome: outcomeRow(run, nobody, { result: 'uncertain', reason }),
    resolution: resolutionRow(run, nobody, 'not_executed', reason === HELD_BACK ? 'executor' : 'inspection'),
  };
}

/** What an inspection found out, or the executor knows, as the receipt after the uncertain one. */
export function resolutionRow(
  run: Run,
  attempt: Attempt,
  result: Settled['result'],
  evidence: 'inspection' | 'executor' = 'inspection',
): Settled {
  const sealed = sealReceipt({
    at: run.clock.date().toISOString(),
    attempt: attempt.attempt,
    batch: run.claim.batchId,
    by: run.by,
    chunk: run.claim.number,
    evidence,
    intent: attempt.intentLeaf?.toString('hex') ?? null,
    kind: 'resolution',
    ordinal: attempt.row.ordinal,
    result,
    step: attempt.step + 2,
    v: 1,
  });
  return { ...sealed, result };
}
