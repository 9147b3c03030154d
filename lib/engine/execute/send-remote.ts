/** Requests to targets elsewhere: the intent, the send, its repeats, the outcome, and what follows from it. */
import { channel } from 'node:diagnostics_channel';
import { WAIT_HELD_MS } from '#lib/core/limits.ts';
import { type Answer, HELD_BACK, HeldOff, type Unsuccessful, WITHDRAWN, type Withdrawn } from '#lib/core/receipts/answer.ts';
import { repeatWait, retryWait } from '#lib/core/retry.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { answeredAfter, leaveUnsent, stillGoes, storeIntent } from './ahead.ts';
import { isAsked } from './asked.ts';
import { type Attempt, attemptAfter, honoursKeys, sendingOf } from './attempt.ts';
import { notBegunRows, outcomeRow } from './attempt-receipts.ts';
import { closeRequest, openRequest } from './connections.ts';
import { lookUp } from './look-up.ts';
import { pace } from './pace.ts';
import { Refused } from './receipt-writer.ts';
import { untilKnown } from './repeat.ts';
import { type Run, target, wake, whom } from './run.ts';
import type { Sent, Turn } from './slots.ts';
import type { Remote, Said } from './target.ts';
import { rest } from './waits.ts';

/**
 * One action, attempt by attempt: what certainly did nothing and will pass is attempted again after a while, in the same slot; but not where its
 * target asked for long, and others may go first.
 */
export async function sendRemote(run: Run, first: Attempt, turn: Turn | null): Promise<Sent> {
  for (let attempt = first; ; attempt = attemptAfter(run, attempt)) {
    const again = attempt !== first;
    if (again && (await pace(run, 1, 1)) === 0) return undefined;
    if (turn !== null && !again) {
      if (!(await beginAhead(run, attempt, turn))) return undefined;
    } else if (!(await begin(run, attempt))) return undefined;
    const sent = await applyRemote(run, attempt);
    if (!sent || !('againAfterMs' in sent)) return sent;
    const until = run.clock.now() + sent.againAfterMs;
    if (sent.asked && sent.againAfterMs > WAIT_HELD_MS) {
      const target = whom(run, attempt.row);
      run.asked.set(target, Math.max(until, run.asked.get(target) ?? 0));
      if (!run.approval.serial) {
        run.passedOver = true;
        return undefined;
      }
    }
    if (!(await rest(run, { until, for: sent.asked ? 'retry_after' : 'target' }))) return undefined;
  }
}

/** Its request is open and its intent on record; false when the execution ends first. */
async function begin(run: Run, attempt: Attempt): Promise<boolean> {
  if (!(await openRequest(run, attempt.row))) return false;
  // I1: nothing leaves before this commit is acknowledged, and nothing leaves when it is refused.
  await storeIntent(run, attempt).catch(async (error: unknown) => {
    await closeRequest(run, attempt.row, false);
    throw error;
  });
  return true;
}

/** The same, the other way round: its intent is on record when its slot becomes free. False: it is on record too that nothing was sent, or the chunk is lost. */
async function beginAhead(run: Run, attempt: Attempt, turn: Turn): Promise<boolean> {
  await storeIntent(run, attempt);
  const goes = await turn();
  const asked = isAsked(run, attempt);
  if (asked) run.passedOver = true;
  if (goes && !asked && (await stillGoes(run)) && (await openRequest(run, attempt.row))) return true;
  await leaveUnsent(run, attempt);
  return false;
}

/** Told of each outcome of a remote target: how many ms lay between knowing it and its commit's acknowledgement. The benchmarks listen. */
const OUTCOMES = channel('countersign.outcome');

/** A success frees its slot when it is known; anything else when its outcome is on record, for it may end the sending or be looked up. */
export async function applyRemote(run: Run, attempt: Attempt): Promise<Sent> {
  const to = target(run, attempt.row);
  if (to.kind !== 'remote') throw new Error(`${attempt.row.connector} is not remote.`);
  const known = await untilKnown(attempt, {
    send: () => sendOnce(run, attempt, to),
    waitAfter: (answer, repeats) => repeatAfter(run, attempt, to, answer, repeats),
    count: (answer) => charge(run, attempt, to, answer),
    wait: (ms) => beforeRepeat(run, attempt, ms),
    leavesOpen: () => run.stop === 'drained' || run.stop === 'gave_way',
  }).catch((error: unknown) => heldOff(run, attempt, error));
  if (known === null) return undefined;
  if ('result' in known && known.result === 'pending') {
    run.awaited.set(attempt.row.ordinal, run.clock.now() + known.ms);
    return undefined;
  }
  run.awaited.delete(attempt.row.ordinal);
  if ('result' in known) {
    await run.writer.notBegun(notBegunRows(run, attempt, known.reason ?? WITHDRAWN));
    run.announce();
    return undefined;
  }
  const { answer, counted } = known;
  const knownAt = run.clock.now();
  const recorded = run.writer.outcome(outcomeRow(run, attempt, answer)).then(() => {
    if (OUTCOMES.hasSubscribers) OUTCOMES.publish({ ms: run.clock.now() - knownAt });
    run.announce();
  });
  if (answer.result === 'succeeded' && !run.approval.serial && run.probes.size === 0) {
    run.budget.count(answer);
    return { recorded };
  }
  await recorded;
  // What the target confirmed is no sign of trouble, however it answered at first.
  if (answer.result === 'succeeded' || (answer.result === 'uncertain' && (await lookUp(run, attempt)))) {
    run.budget.count({ result: 'succeeded' });
    await tried(run, to.targetOf(attempt.row));
    return undefined;
  }
  const againAfterMs = probed(run, attempt, to, answer) || isStopping(to, answer) ? null : waitAfter(run, attempt, answer);
  if (againAfterMs !== null) return { againAfterMs, asked: answer.result === 'failed' && (answer.retryAfterMs ?? 0) > 0 };
  if (!counted) charge(run, attempt, to, answer);
  return undefined;
}

/**
 * Nothing of this send left, for the worker is to end. Where the target keeps the key, and where an earlier send may have acted, its next owner goes on with it; else nobody
 * will, and it is held back.
 */
function heldOff(run: Run, attempt: Attempt, error: unknown): Withdrawn | null {
  if (!(error instanceof HeldOff)) throw error;
  return sendingOf(run, attempt).mayHaveActed || honoursKeys(run, attempt) ? null : { result: 'withdrawn', reason: HELD_BACK };
}

/** Closes the request that was opened for it. */
async function sendOnce(run: Run, attempt: Attempt, to: Remote): Promise<Said> {
  try {
    const begun = await to.begin?.(sendingOf(run, attempt), run.lease.signal);
    const apply: Remote['apply'] = begun ?? ((sending, signal) => to.apply(sending, signal));
    await reach('send.before', run.claim.batchId);
    // Checked just before the send. Its intent stays open for the next owner, who repeats it or says that nobody knows.
    if (!run.lease.valid()) throw new Refused('lost');
    await reach('send.checked', run.claim.batchId);
    const sentAt = run.clock.now();
    const answer = await apply(sendingOf(run, attempt), run.lease.signal);
    answeredAfter(run, run.clock.now() - sentAt);
    await reach('send.answered', run.claim.batchId);
    return answer;
  } finally {
    await closeRequest(run, attempt.row, true);
  }
}

/** Ms until the same attempt goes out again; null when there is to be no repeat. */
function repeatAfter(run: Run, attempt: Attempt, to: Remote, answer: Unsuccessful, repeats: number): number | null {
  if (!honoursKeys(run, attempt)) return null;
  const unsettled = { reason: answer.reason, repeats, retryAfterMs: answer.retryAfterMs ?? null };
  return repeatWait(to.retries, unsettled, run.approval.plan.execution.retry.attempts, run.random());
}

/** Waits as long as between attempts, and for the rate. Who has lost the chunk meanwhile leaves the intent to its next owner. */
async function beforeRepeat(run: Run, attempt: Attempt, ms: number): Promise<boolean> {
  const waited = (await rest(run, { until: run.clock.now() + ms, for: null })) && (await pace(run, 1, 1)) > 0;
  const opened = waited && (await openRequest(run, attempt.row));
  if (opened && honoursKeys(run, attempt)) return true;
  if (opened) await closeRequest(run, attempt.row, false);
  else if (run.stop === 'lost') throw new Refused('lost');
  return false;
}

/** Ms until the next attempt; null when there is to be none. */
function waitAfter(run: Run, { row }: Attempt, answer: Answer): number | null {
  const to = target(run, row);
  if (answer.result !== 'failed' || to.kind !== 'remote') return null;
  const failure = { reason: answer.reason, tried: row.tried + 1, retryAfterMs: answer.retryAfterMs ?? null };
  return retryWait(to.retries, failure, run.approval.plan.execution.retry.attempts, run.random());
}

/** Whether the answer is the trial's: a target that fails for everybody is not kept trying. */
function probed(run: Run, { row }: Attempt, to: Remote, { reason }: Unsuccessful): boolean {
  const fault = to.faultOf(row, reason);
  return fault !== null && run.probes.has(fault.target);
}

/** Whether the answer says that nothing more may be sent there: every other action would end in the same way. */
function isStopping(to: Remote, { reason }: Unsuccessful): boolean {
  return to.stopsAtOnce?.includes(reason) ?? false;
}

/** Counts what did not succeed, and stops where the budget is spent or a target under trial fails. */
function charge(run: Run, attempt: Attempt, to: Remote, answer: Unsuccessful): void {
  const fault = to.faultOf(attempt.row, answer.reason);
  if (fault && (run.probes.has(fault.target) || isStopping(to, answer))) {
    wake(run, { halted: fault.message, fault });
    return;
  }
  const spent = run.budget.count({ result: answer.result, reason: answer.reason, fault });
  // Also a chunk that is being given back: else whoever claims it next would find that out with requests of its own.
  if (spent) wake(run, { halted: spent.words, fault: spent.fault });
}

/** The first success at a target that failed for everybody: all who wait for it may go on, and this worker with all its slots. */
async function tried(run: Run, target: string | null): Promise<void> {
  if (target === null || !run.probes.has(target)) return;
  await run.store.closeBreaker(target, run.claim.chunkId);
  run.probes.delete(target);
}
