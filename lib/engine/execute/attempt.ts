/** One attempt at one action: under which key, as which step, and what is known of earlier sends. */
import { idempotencyKey, readReceipt } from '#lib/ledger/receipt.ts';
import type { WorkRow } from '#lib/store/actions/execution.sql.ts';
import { Refused } from './receipt-writer.ts';
import { type Run, target } from './run.ts';
import type { Sending } from './target.ts';

export type Attempt = {
  row: WorkRow;
  attempt: number;
  key: string;
  /** of its intent */
  step: number;
  intentLeaf: Buffer | null;
  /** its intent was open when this owner came */
  inherited: boolean;
  /** why a send of this owner may have acted; null while none may have */
  doubt: string | null;
  /** when its intent was committed, or before, by this process's monotonic clock */
  since: number;
};

/** The next attempt at an action that has none in flight. */
export function nextAttempt(run: Run, row: WorkRow): Attempt {
  const last = row.body ? readReceipt(row.body) : null;
  const attempt = last && 'attempt' in last ? last.attempt + 1 : 1;
  const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt);
  return { ...UNSENT, row, attempt, key, step: (row.step ?? 0) + 1, since: run.clock.now() };
}

/** The next attempt after one that failed a moment ago, whose outcome is its last receipt. */
export function attemptAfter(run: Run, { row, step, attempt }: Attempt): Attempt {
  const failed: WorkRow = { ...row, step: step + 1, kind: 'outcome', result: 'failed', tried: row.tried + 1 };
  const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt + 1);
  return { ...UNSENT, row: failed, attempt: attempt + 1, key, step: step + 2, since: run.clock.now() };
}

/**
 * An attempt that an owner before this one left open: the same key, and the same frozen request (I4).
 * @param asked when the database was asked for the row, by the monotonic clock
 * @throws Refused where an heir wrote it: it is not this owner's to send, and its heir may say that it was not sent
 */
export function openAttempt(row: WorkRow, asked: number, epoch: number): Attempt {
  const intent = row.body ? readReceipt(row.body) : null;
  if (intent?.kind !== 'intent' || row.step === null) throw new Error(`Item ${row.ordinal} has no open intent.`);
  if (intent.epoch > epoch) throw new Refused('lost');
  const { attempt, idempotencyKey: key } = intent;
  const since = asked - (row.ageMs ?? 0);
  return { row, attempt, key, step: row.step, intentLeaf: row.leaf, inherited: true, doubt: null, since };
}

const UNSENT = { intentLeaf: null, inherited: false, doubt: null } as const;

/** What a target is told of the attempt. */
export function sendingOf({ drain }: Pick<Run, 'drain'>, { row, key, inherited, doubt }: Attempt): Sending {
  return { row, idempotencyKey: key, mayHaveActed: inherited || doubt !== null, holdOff: drain };
}

/** I4: whether the target still knows the attempt's key, so that the same request counts once. */
export function honoursKeys(run: Run, { row, since }: Attempt): boolean {
  const to = target(run, row);
  return to.kind === 'remote' && to.honoursKeys(row, run.clock.now() - since);
}
