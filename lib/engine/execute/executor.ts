/**
 * Executes one chunk's approved manifest: intent, effect, outcome, for each action, in the order of the ordinals (backwards where an undo needs it). It names no connector; the
 * targets are handed in. docs/protocol.md explains the invariants, and each is stated again where it is kept: what was approved (I5) here, what was left
 * open (I4) in open-intents.ts, an intent before its effect (I1) in send-remote.ts and send-transactional.ts.
 */
import { manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { reach } from '#lib/engine/failpoints.ts';
import type { Approval, WorkRow } from '#lib/store/actions/execution.sql.ts';
import { intentsAhead } from './ahead.ts';
import { answersAwaited, awaitAnswer, heldUp, untilAnswered } from './answers-later.ts';
import { askedToWait, untilAskedAgain } from './asked.ts';
import { nextAttempt } from './attempt.ts';
import { errorBudget } from './error-budget.ts';
import { type OpenPage, readOpen, settleOpenIntents } from './open-intents.ts';
import { pace } from './pace.ts';
import { Refused, receiptWriter } from './receipt-writer.ts';
import { rests } from './rests.ts';
import { type Execution, type ExecutorInput, heed, page, type Run, target, wake } from './run.ts';
import { sendRemote } from './send-remote.ts';
import { sendTransactional } from './send-transactional.ts';
import { sendingSlots } from './slots.ts';
import { spread } from './waits.ts';

/**
 * Runs until everything that may be sent is sent, or it is told to stop, or the error budget is spent. Throws only for faults that are
 * nobody's answer (a broken database); then nothing is uncertain that the receipts do not show as open.
 */
export async function executeChunk(input: ExecutorInput): Promise<Execution> {
  const { store, claim } = input;
  await reach('manifest.before', claim.batchId);
  const approval = await store.readApproval(claim);
  if (approval === null) {
    // A slow start: somebody else may have taken the chunk over by now.
    if ((await store.howClaimStands(claim)) === 'lost') return 'lost';
    throw new Error(`Chunk ${claim.number} of batch ${claim.batchId} is executing without an approval.`);
  }
  const run = runOf(input, approval);
  const open = readOpen(run, null);
  const fault = await verifyManifest(input, approval);
  if (fault) return fault;
  await reach('manifest.verified', claim.batchId);

  const { ratePerSecond } = approval.plan.execution;
  const unheard = listen(run);
  try {
    // What an owner before this one reserved and did not use.
    if (ratePerSecond !== null) await store.returnRate(claim, null, ratePerSecond);
    if (approval.plan.categories.some(({ action }) => action?.through)) await store.leaveConnections(claim);
    return await untilEnded(run, open);
  } finally {
    unheard();
    const unused = run.sends.reduce((sum, { count }) => sum + count, 0);
    if (ratePerSecond !== null && unused > 0)
      await store.returnRate(claim, unused, ratePerSecond).catch((error) => void store.trouble.met(error));
  }
}

function runOf(input: ExecutorInput, approval: Approval): Run {
  const { store, clock, claim } = input;
  const run: Run = {
    ...input,
    approval,
    writer: receiptWriter(store, claim, () => input.lease.valid(), clock),
    budget: errorBudget(approval.plan.execution.haltAfter, approval.counted),
    probes: new Set(claim.probes),
    stop: null,
    stirred: new AbortController(),
    rests: rests(clock, { changed: input.place.resting, far: (wait) => wake(run, { wait: spread(run, wait) }) }),
    sends: [],
    asked: new Map(),
    answerMs: null,
    commitMs: 0,
    goingAt: Number.NEGATIVE_INFINITY,
    boundless: new Set(),
    awaited: new Map(),
    passedOver: false,
    inside: new Map(),
    entering: new Map(),
    lookedAt: Number.NEGATIVE_INFINITY,
  };
  return run;
}

/** Whoever waits hears at once of a drain, a call to give way, and a lost lease, until the returned function is called. */
function listen(run: Run): () => void {
  const stirring = [run.drain, run.place.giveWay, run.lease.signal];
  const heard = (): void => stir(run);
  for (const signal of stirring) signal.addEventListener('abort', heard);
  return () => {
    for (const signal of stirring) signal.removeEventListener('abort', heard);
  };
}

function stir(run: Run): void {
  heed(run);
  if (run.stop !== null) run.stirred.abort();
}

/** Sends, and ends the chunk when there is nothing left to send; once more where a pause was taken back before it was reached. */
async function untilEnded(run: Run, first: OpenPage): Promise<Execution> {
  const { store, claim } = run;
  for (let open = first; ; open = readOpen(run, null)) {
    await begin(run, () => sendEverything(run, open));
    const cutShort = run.stop === 'stopping';
    // Those that wait for an answer hear that the chunk is to stop.
    if (cutShort && answersAwaited(run)) await begin(run, () => settleOpenIntents(run, readOpen(run, null)));
    if (answersAwaited(run) && (run.stop === null || run.stop === 'stopping')) run.stop = { wait: untilAnswered(run) };
    if (run.stop !== null && run.stop !== 'stopping') {
      const goesOn = typeof run.stop === 'object' ? 'wait' in run.stop : run.stop === 'gave_way' || run.stop === 'drained';
      if (goesOn) await store.keepCounted(claim, run.budget.counted());
      return run.stop;
    }
    await reach('chunk.ending', claim.batchId);
    const ended = await store.endExecution(claim, cutShort);
    await reach('chunk.ended', claim.batchId);
    // Resumed before the pause was reached: what was refused is sent now.
    if (ended !== 'resumed') return ended ?? 'lost';
  }
}

/** A refusal of the fence (I3) ends it, with whatever is in flight waited for. */
async function begin(run: Run, act: () => Promise<void>): Promise<void> {
  run.stop = null;
  run.stirred = new AbortController();
  stir(run);
  try {
    await run.rests.work(act);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    run.stop = error.why;
  }
}

/** I4: what is open is settled before anything new is begun. */
async function sendEverything(run: Run, open: OpenPage): Promise<void> {
  await settleOpenIntents(run, open);
  await sendAll(run);
}

/** I5: the frozen rows must be what was approved, once per epoch; and this worker must know every connector that they name. */
async function verifyManifest(input: ExecutorInput, approval: Approval): Promise<Execution | null> {
  const hasher = manifestHasher();
  for await (const page of input.store.frozenRows(input.claim, approval.decisionId)) {
    for (const row of page) {
      const { connector, connection, version } = row;
      const acts =
        connector === null || row.do === null || version === null ? null : { connector, connection, do: row.do, version };
      if (acts && input.targetFor(acts.connector, acts.version) === null) return 'unknown_connector';
      hasher.add({
        ordinal: row.ordinal,
        category: row.category,
        action: acts,
        request: row.requestDigest,
        item: row.itemDigest,
      });
    }
  }
  if (hasher.digest() === approval.manifestDigest) return null;
  return { halted: 'The frozen manifest is not the one that was approved. Nothing was sent.', fault: null };
}

/** Page by page: what is made inside at once, then the requests, each in a slot of its own. */
async function sendAll(run: Run): Promise<void> {
  const slots = sendingSlots(run);
  let ahead = readAhead(run, null);
  let left = false;
  try {
    while (run.stop === null) {
      const rows = await ahead;
      const last = rows[rows.length - 1];
      if (!last || (left && run.approval.serial)) {
        await slots.settled();
        // Some were answered at once, so there is room for more.
        if (left && run.stop === null && !heldUp(run, null)) {
          left = false;
          ahead = readAhead(run, null);
          continue;
        }
        if (!run.passedOver || !(await untilAskedAgain(run))) return;
        ahead = readAhead(run, null);
        continue;
      }
      ahead = readAhead(run, last.ordinal);
      const attempts = rows.map((row) => nextAttempt(run, row));
      await sendTransactional(
        run,
        attempts.filter(({ row }) => target(run, row).kind === 'transactional'),
      );
      const remote = attempts.filter(({ row }) => target(run, row).kind === 'remote');
      for (const [index, attempt] of remote.entries()) {
        if (!(await slots.free(intentsAhead(run, attempt)))) break;
        if (heldUp(run, attempt)) {
          left = true;
          continue;
        }
        const asked = await askedToWait(run, attempt);
        if (asked) continue;
        if ((await pace(run, remote.length - index, 1)) === 0) break;
        awaitAnswer(run, attempt);
        if (!(await slots.begin((turn) => sendRemote(run, attempt, turn), intentsAhead(run, attempt)))) break;
      }
      if (run.approval.serial) await slots.settled();
    }
  } finally {
    await slots.settled();
  }
}

/** The next page is on its way while this one is sent: nothing that is sent now changes what comes after it. */
function readAhead(run: Run, after: number | null): Promise<WorkRow[]> {
  const rows = run.store.nextWork(run.claim, page(run, after));
  // Told to whoever awaits it; nobody does when the execution stops before.
  rows.catch(() => {});
  return rows;
}
