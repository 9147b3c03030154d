/**
 * Executes one chunk's approved manifest: intent, effect, outcome, for each action, in the order of the ordinals (backwards where an undo needs it). It names no connector; the
 * targets are handed in. docs/protocol.md explains the invariants.
 */
import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { LOOK_MS, TRANSACTIONAL_SLOTS, WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Answer, Unsuccessful } from '#lib/core/receipts/answer.ts';
import { type RetryClass, repeatWait, retryWait } from '#lib/core/retry.ts';
import type { Clock } from '#lib/engine/clock.ts';
import { reach } from '#lib/engine/failpoints.ts';
import type { Lease } from '#lib/engine/lease.ts';
import { commitment } from '#lib/ledger/canonical.ts';
import { type IntentBody, idempotencyKey, readReceipt, type SealedReceipt, sealReceipt } from '#lib/ledger/receipt.ts';
import type { TargetFault } from '#lib/store/actions/breakers.sql.ts';
import type { Approval, Ending, WorkRow } from '#lib/store/actions/execution.sql.ts';
import type { Claim, Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import type { IntentRow, OutcomeRow, PersonalValue } from '#lib/store/receipts/receipts.sql.ts';
import { errorBudget } from './error-budget.ts';
import type { ExecutionStore } from './execution-store.ts';
import { type ReceiptWriter, Refused, receiptWriter } from './receipt-writer.ts';
import { untilKnown } from './repeat.ts';
import type { Requests } from './requests.ts';
import { type Rest, type Rests, rests } from './rests.ts';

export type Sending = {
  row: WorkRow;
  idempotencyKey: string;
  /** an owner before this one, or this one, may have sent it: then only a success ends the uncertainty (I4) */
  mayHaveActed: boolean;
};

/**
 * What a look at the target says; `not_there` proves nothing while somebody may still be sending (I4).
 * @internal for its tests
 */
export type Inspection =
  | { finding: 'happened'; target: string | null }
  | { finding: 'not_there' }
  | { finding: 'unknown'; reason: string };

/** One kind of target, as far as the protocol must know it. */
export type Target =
  | { kind: 'transactional'; applyMany(tx: Tx, sendings: Sending[]): Promise<Answer[]> }
  | {
      kind: 'remote';
      retries: readonly RetryClass[];
      /** Whom it is sent to, as breakers name it; null when that can't be read. */
      targetOf(row: WorkRow): string | null;
      /** What a failure says of that target; null where it is about the one request. */
      faultOf(row: WorkRow, reason: string): TargetFault | null;
      /** whether a repeat of a request whose intent is this old counts once, for as long as the repeat takes */
      honoursKeys(row: WorkRow, ageMs: number): boolean;
      apply(sending: Sending, signal: AbortSignal): Promise<Answer>;
      /** Asks whether it happened, which changes nothing; null where there is no way to ask. */
      inspect?(sending: Sending, signal: AbortSignal): Promise<Inspection | null>;
    };

export type ExecutorInput = {
  store: ExecutionStore;
  clock: Clock;
  /** from 0 to 1, to spread what failed together */
  random: () => number;
  claim: Claim;
  lease: Lease;
  /** worker:<id>, as receipts name it */
  by: string;
  /** Aborts when this worker is asked to end: it sends nothing more and gives the chunk back. */
  drain: AbortSignal;
  /** What the worker is told, and asks, while it has other chunks too. */
  place: Place;
  /** The chunk's part of the worker's open requests. */
  requests: Requests;
  /** Null when this worker does not know the connector in that version: it then leaves the chunk alone. */
  targetFor: (connector: string, version: number) => Target | null;
  /** Failures that pass, by connector: an owner before this one may have left some waiting for their next attempt. */
  passing: readonly { connector: string; reason: string }[];
  /** Told after receipts were committed; never throws. */
  announce: () => void;
};

/** A chunk's place among those of its worker. */
export type Place = {
  /** Aborts when another batch has nobody who works on it: the chunk is to be given back as soon as nothing is in flight. */
  giveWay: AbortSignal;
  /** Told when the chunk begins to wait, and when it goes on. */
  resting(is: boolean): void;
};

/** Why an execution ended without an ending of its own. `wait`: nothing is in flight, and its next send is far away. */
export type Execution = Ending | Halt | { wait: Wait } | 'lost' | 'drained' | 'gave_way' | 'held' | 'unknown_connector';

/** `fault`: a target that fails for everybody is why. */
type Halt = { halted: string; fault: TargetFault | null };

/**
 * Runs until everything that may be sent is sent, or it is told to stop, or the error budget is spent. Throws only for faults that are
 * nobody's answer (a broken database); then nothing is uncertain that the receipts do not show as open.
 */
export async function executeChunk(input: ExecutorInput): Promise<Execution> {
  const { store, clock, claim } = input;
  await reach('manifest.before', claim.batchId);
  const approval = await store.readApproval(claim);
  if (approval === null) {
    // A slow start: somebody else may have taken the chunk over by now.
    if ((await store.howClaimStands(claim)) === 'lost') return 'lost';
    throw new Error(`Chunk ${claim.number} of batch ${claim.batchId} is executing without an approval.`);
  }
  const fault = await verifyManifest(input, approval);
  if (fault) return fault;
  await reach('manifest.verified', claim.batchId);

  const writer = receiptWriter(store, claim, () => input.lease.valid(), clock);
  const run: Run = {
    ...input,
    approval,
    writer,
    budget: errorBudget(approval.plan.execution.haltAfter, approval.counted),
    probes: new Set(claim.probes),
    stop: null,
    stirred: new AbortController(),
    rests: rests(clock, { changed: input.place.resting, far: (wait) => wake(run, { wait: spread(run, wait) }) }),
    sends: [],
    asked: new Map(),
    passedOver: false,
    lookedAt: Number.NEGATIVE_INFINITY,
  };
  const { ratePerSecond } = approval.plan.execution;
  const stir = (): void => {
    heed(run);
    if (run.stop !== null) run.stirred.abort();
  };
  const stirring = [input.drain, input.place.giveWay, input.lease.signal];
  for (const signal of stirring) signal.addEventListener('abort', stir);
  try {
    // What an owner before this one reserved and did not use.
    if (ratePerSecond !== null) await store.returnRate(claim, null, ratePerSecond);
    for (;;) {
      run.stop = null;
      run.stirred = new AbortController();
      stir();
      await run.rests.work(() => sendEverything(run));
      if (run.stop !== null && run.stop !== 'stopping') {
        const goesOn = typeof run.stop === 'object' ? 'wait' in run.stop : run.stop === 'gave_way' || run.stop === 'drained';
        if (goesOn) await store.keepCounted(claim, run.budget.counted());
        return run.stop;
      }
      await reach('chunk.ending', claim.batchId);
      const ended = await store.endExecution(claim, run.stop === 'stopping');
      await reach('chunk.ended', claim.batchId);
      // Resumed before the pause was reached: what was refused is sent now.
      if (ended !== 'resumed') return ended ?? 'lost';
    }
  } finally {
    for (const signal of stirring) signal.removeEventListener('abort', stir);
    const unused = run.sends.reduce((sum, { count }) => sum + count, 0);
    if (ratePerSecond !== null && unused > 0)
      await store.returnRate(claim, unused, ratePerSecond).catch((error) => void store.trouble.met(error));
  }
}

async function sendEverything(run: Run): Promise<void> {
  try {
    await settleOpenIntents(run);
    await sendAll(run);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    run.stop = error.why;
  }
}

type Run = ExecutorInput & {
  approval: Approval;
  writer: ReceiptWriter;
  budget: ReturnType<typeof errorBudget>;
  /** targets that are tried for all who wait for them, until the first success at each */
  probes: Set<string>;
  /** set once: nothing more is sent, what is in flight is waited for */
  stop: 'stopping' | 'lost' | 'drained' | 'gave_way' | 'held' | Halt | { wait: Wait } | null;
  /** Aborts with `stop`, for whoever waits. */
  stirred: AbortController;
  rests: Rests;
  /** what is reserved of the batch's rate: when, by the monotonic clock, and how many sends at once */
  sends: { due: number; count: number }[];
  /** targets that asked to be left alone, and until when */
  asked: Map<string, number>;
  /** actions were passed over for that */
  passedOver: boolean;
  /** when the chunk was last looked at for a wish to stop, by the monotonic clock */
  lookedAt: number;
};

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

/**
 * I4: what an owner before this one left open is never silently repeated. An effect that shares its outcome's transaction did not happen
 * and is applied under the same key; a target that still knows the key gets the same key and the same bytes; all else is uncertain, and is then
 * looked up where the target can be asked.
 */
async function settleOpenIntents(run: Run): Promise<void> {
  for (let after: number | null = null; ; ) {
    const asked = run.clock.now();
    const rows: WorkRow[] = await run.store.openIntents(run.claim, page(run, after));
    if (rows.length === 0) return;
    await reach('open.found', run.claim.batchId);
    after = rows[rows.length - 1]?.ordinal ?? after;
    const open = rows.map((row) => openAttempt(row, asked));
    await applyTransactional(
      run,
      open.filter(({ row }) => target(run, row).kind === 'transactional'),
    );
    const remote = open.filter(({ row }) => target(run, row).kind === 'remote');
    const honoured = remote.filter((attempt) => honoursKeys(run, attempt));
    const uncertain = remote.filter((attempt) => !honoured.includes(attempt));
    if (uncertain.length > 0) {
      await reach('open.doubting', run.claim.batchId);
      await leaveUncertain(run, uncertain);
      await inSlots(run, uncertain, async (attempt) => void (await lookUp(run, attempt)));
    }
    if (honoured.length > 0) await reach('open.repeating', run.claim.batchId);
    await inSlots(run, honoured, async (attempt) => {
      if (honoursKeys(run, attempt)) return (await openRequest(run)) ? applyRemote(run, attempt) : undefined;
      // The key's time ran out while those before it were repeated.
      await leaveUncertain(run, [attempt]);
      await lookUp(run, attempt);
      return undefined;
    });
  }
}

async function leaveUncertain(run: Run, attempts: Attempt[]): Promise<void> {
  const lost = { result: 'uncertain', reason: 'worker_lost' } as const;
  await run.writer.outcomes(attempts.map((attempt) => outcomeRow(run, attempt, lost)));
  run.announce();
}

/**
 * Asks the target about an action that is uncertain on record; true when it says that it happened, which settles it. Any other answer ends
 * nothing: whoever was lost may still be sending (I4). What the target said is kept either way.
 */
async function lookUp(run: Run, attempt: Attempt): Promise<boolean> {
  const to = target(run, attempt.row);
  if (to.kind !== 'remote' || !to.inspect || run.stop === 'drained') return false;
  await inTurn(run, UNENDING);
  let said: Inspection | null;
  try {
    if (!run.lease.valid()) throw new Refused('lost');
    await reach('inspection.before', run.claim.batchId);
    said = await to.inspect(sendingOf(attempt), run.lease.signal);
  } finally {
    run.requests.close();
  }
  if (said === null || run.lease.signal.aborted) return false;
  await reach('inspection.answered', run.claim.batchId);
  const happened = said.finding === 'happened';
  const action = { ordinal: attempt.row.ordinal, step: attempt.step + 1 };
  await run.writer.inspected({ ...action, by: run.by, said, resolution: happened ? resolutionRow(run, attempt) : null });
  await reach('inspection.recorded', run.claim.batchId);
  run.announce();
  return happened;
}

async function sendAll(run: Run): Promise<void> {
  const slots = sendingSlots(run);
  let ahead = readAhead(run, null);
  try {
    while (run.stop === null) {
      const rows = await ahead;
      const last = rows[rows.length - 1];
      if (!last) {
        await slots.settled();
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
        if (!(await slots.free())) break;
        const asked = await askedToWait(run, attempt);
        if (asked) continue;
        if ((await pace(run, remote.length - index, 1)) === 0 || !(await slots.begin(() => sendRemote(run, attempt)))) break;
      }
      if (run.approval.serial) await slots.settled();
    }
  } finally {
    await slots.settled();
  }
}

/** Whether the action is passed over, because its target asked to be left alone for long. A short while is waited for; so is any where the order counts. */
async function askedToWait(run: Run, { row }: Attempt): Promise<boolean> {
  const until = run.asked.get(whom(run, row));
  if (until === undefined) return false;
  const far = until - run.clock.now() > WAIT_HELD_MS;
  if (far && !run.approval.serial) run.passedOver = true;
  else await rest(run, { until, for: 'retry_after' });
  return far && !run.approval.serial;
}

/** Where several targets asked, one that can be gone on with soon is waited for: whoever claims the chunk next does not know what the others asked. */
const ASKED_HELD_MS = 60_000;

/** All else is done: waits for the targets that asked to be left alone. False when the execution ends instead. */
async function untilAskedAgain(run: Run): Promise<boolean> {
  run.passedOver = false;
  const untils = [...run.asked.values()].sort((a, b) => a - b);
  const [first = 0, last = first] = [untils[0], untils.at(-1)];
  const held = first < last && first - run.clock.now() < ASKED_HELD_MS;
  if (!(await rest(run, held ? { until: first, for: null } : { until: last, for: 'retry_after' }))) return false;
  for (const [target, until] of run.asked) if (until <= run.clock.now()) run.asked.delete(target);
  return true;
}

/** As breakers name it. */
function whom(run: Run, row: WorkRow): string {
  const to = target(run, row);
  return (to.kind === 'remote' ? to.targetOf(row) : null) ?? '';
}

/** The next page is on its way while this one is sent: nothing that is sent now changes what comes after it. */
function readAhead(run: Run, after: number | null): Promise<WorkRow[]> {
  const rows = run.store.nextWork(run.claim, page(run, after));
  // Told to whoever awaits it; nobody does when the execution stops before.
  rows.catch(() => {});
  return rows;
}

/** One statement of intents, then one transaction of effects and outcomes; with a rate, as many at once as go out within a second. */
async function sendTransactional(run: Run, all: Attempt[]): Promise<void> {
  for (let at = 0; at < all.length; ) {
    heed(run);
    const count = await pace(run, all.length - at, all.length - at);
    if (count === 0) return;
    const attempts = all.slice(at, at + count);
    at += count;
    await run.writer.intents(attempts.map((attempt) => intentRow(run, attempt)));
    await applyTransactional(run, attempts);
  }
}

async function applyTransactional(run: Run, attempts: Attempt[]): Promise<void> {
  const first = attempts[0];
  if (!first) return;
  // Rows of one page may name several connectors; each has its own transaction.
  const own = attempts.filter(({ row }) => row.connector === first.row.connector);
  const to = target(run, first.row);
  if (to.kind !== 'transactional') throw new Error(`${first.row.connector} is not transactional.`);
  await run.writer.outcomes(async (client) => {
    await reach('effect.before', run.claim.batchId);
    const results = await to.applyMany(
      client,
      own.map((attempt) => sendingOf(attempt)),
    );
    await reach('effect.made', run.claim.batchId);
    if (results.length !== own.length)
      throw new Error(`${first.row.connector} answered ${results.length} of ${own.length} actions.`);
    return own.map((attempt, index) => outcomeRow(run, attempt, results[index] as Answer));
  });
  run.announce();
  await applyTransactional(
    run,
    attempts.filter(({ row }) => row.connector !== first.row.connector),
  );
}

async function inSlots(run: Run, attempts: Attempt[], send: (attempt: Attempt) => Promise<Sent>): Promise<void> {
  const slots = sendingSlots(run);
  for (const attempt of attempts) if (!(await slots.begin(() => send(attempt)))) break;
  await slots.settled();
}

/**
 * What a slot was used for is over. Where its outcome is still on its way to its commit, `recorded` is that; `againAfterMs` asks for another attempt.
 */
type Sent = { recorded: Promise<void> } | { againAfterMs: number /** the target said how long */; asked: boolean } | undefined;

/** No intent is written ahead of a free sending slot: there are `concurrency` of them, each with one action in flight; one while a target is tried. */
function sendingSlots(run: Run) {
  const slots = () => (run.approval.serial || run.probes.size > 0 ? 1 : run.approval.plan.execution.concurrency);
  const open = new Set<Promise<void>>();
  let busy = 0;
  let freed = (): void => {};
  let fault: unknown;
  const met = (error: unknown): void => {
    if (error instanceof Refused) run.stop ??= error.why;
    else fault ??= error;
  };
  const follow = (work: Promise<void>): void => {
    const followed: Promise<void> = work.catch(met).finally(() => open.delete(followed));
    open.add(followed);
  };
  const use = async (send: () => Promise<Sent>): Promise<void> => {
    try {
      const sent = await send();
      if (sent && 'recorded' in sent) follow(run.rests.work(() => sent.recorded));
    } catch (error) {
      // Before the slot is free, so that nothing is begun after a refusal.
      met(error);
    }
    busy -= 1;
    freed();
  };
  const free = async (): Promise<boolean> => {
    while (busy >= slots())
      await run.rests.wait(
        null,
        () =>
          new Promise<void>((resolve) => {
            freed = resolve;
          }),
      );
    heed(run);
    return run.stop === null && fault === undefined;
  };
  return {
    /** Waits for a free slot, for one caller at a time; false when nothing more may be begun. */
    free,
    /** The same, and begins. */
    async begin(send: () => Promise<Sent>): Promise<boolean> {
      if (!(await free())) return false;
      busy += 1;
      follow(run.rests.work(() => use(send)));
      return true;
    },
    /** Everything is waited for: what is in flight has its outcome written even when another met a refusal. */
    async settled(): Promise<void> {
      while (open.size > 0) await run.rests.wait(null, () => Promise.all(open));
      if (fault !== undefined) throw fault;
    },
  };
}

/**
 * One action, attempt by attempt: what certainly did nothing and will pass is attempted again after a while, in the same slot; but not where its
 * target asked for long, and others may go first.
 */
async function sendRemote(run: Run, first: Attempt): Promise<Sent> {
  for (let attempt = first; ; attempt = attemptAfter(run, attempt)) {
    if (attempt !== first && (await pace(run, 1, 1)) === 0) return undefined;
    if (!(await openRequest(run))) return undefined;
    attempt.since = run.clock.now();
    await run.writer.intent(intentRow(run, attempt)).catch((error: unknown) => {
      run.requests.close();
      throw error;
    });
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

/** Within the worker's bound of open requests: one more may be open, and its closing must follow. False when the execution ends first. */
async function openRequest(run: Run): Promise<boolean> {
  if (!(await inTurn(run, run.stirred.signal))) return false;
  heed(run);
  if (run.stop === null) return true;
  run.requests.close();
  return false;
}

/** Waits for one of the worker's open requests to be this execution's. */
function inTurn(run: Run, signal: AbortSignal): Promise<boolean> {
  const soon: Rest = { until: run.clock.now(), for: null };
  return run.rests.wait(soon, () => run.requests.open(signal));
}

const UNENDING = new AbortController().signal;

/** Stops where this worker is to end, to give way, or owns the chunk no more; or where a target fails for everybody and is not this worker's to try. */
function heed(run: Run): void {
  if (run.drain.aborted) run.stop ??= 'drained';
  if (run.lease.signal.aborted) run.stop ??= 'lost';
  if (run.lease.held()) run.stop ??= 'held';
  if (run.place.giveWay.aborted) run.stop ??= 'gave_way';
}

/** Nothing ends the execution but that somebody else is to go on with it, or nothing at all. */
function givesBack(stop: Run['stop']): boolean {
  return (
    stop === null || stop === 'drained' || stop === 'gave_way' || stop === 'held' || (typeof stop === 'object' && 'wait' in stop)
  );
}

/** Whoever waits is told at once. */
function wake(run: Run, stop: NonNullable<Run['stop']>): void {
  if (run.stop === null || (typeof stop === 'object' && 'halted' in stop && givesBack(run.stop))) run.stop = stop;
  run.stirred.abort();
}

/** Ms until the next attempt; null when there is to be none. */
function waitAfter(run: Run, { row }: Attempt, answer: Answer): number | null {
  const to = target(run, row);
  if (answer.result !== 'failed' || to.kind !== 'remote') return null;
  const failure = { reason: answer.reason, tried: row.tried + 1, retryAfterMs: answer.retryAfterMs ?? null };
  return retryWait(to.retries, failure, run.approval.plan.execution.retry.attempts, run.random());
}

/** Those who wait for one rate don't come back at the same moment; and in time to reserve what is then near. */
const SPREAD_MS = 400;

function spread(run: Run, { for: what, ms }: Wait): Wait {
  return { for: what, ms: what === 'rate' ? ms - WAIT_HELD_MS + run.random() * SPREAD_MS : ms };
}

/** Waits; false when the execution is to end instead: this worker is to stop, or owns the chunk no more. The receipts say what is due. */
async function rest(run: Run, wanted: Rest): Promise<boolean> {
  if (wanted.until > run.clock.now()) await look(run);
  // What targets asked is known to this owner alone.
  const asked = [...run.asked.values()].some((until) => until > run.clock.now());
  const wait: Rest = asked && wanted.for !== 'retry_after' ? { ...wanted, for: null } : wanted;
  return run.rests.wait(wait, async () => {
    for (;;) {
      heed(run);
      if (run.stop !== null) return false;
      const left = wait.until - run.clock.now();
      if (left <= 0) return true;
      await run.clock.sleep(Math.min(left, LOOK_MS), run.stirred.signal);
      if (!run.lease.valid()) wake(run, 'lost');
      await look(run);
    }
  });
}

/** Who waits writes nothing, and would not hear of a pause. One looks for all; and before the wait, for a chunk that is being stopped waits for nothing. */
async function look(run: Run): Promise<void> {
  if (run.stop !== null || run.clock.now() - run.lookedAt < LOOK_MS) return;
  run.lookedAt = run.clock.now();
  const stands = await run.store.howClaimStands(run.claim);
  if (stands !== null) wake(run, stands);
}

/** Told of each outcome of a remote target: how many ms lay between knowing it and its commit's acknowledgement. The benchmarks listen. */
const OUTCOMES = channel('countersign.outcome');

/** A success frees its slot when it is known; anything else when its outcome is on record, for it may end the sending or be looked up. */
async function applyRemote(run: Run, attempt: Attempt): Promise<Sent> {
  const to = target(run, attempt.row);
  if (to.kind !== 'remote') throw new Error(`${attempt.row.connector} is not remote.`);
  const known = await untilKnown(attempt, {
    send: () => sendOnce(run, attempt, to),
    waitAfter: (answer, repeats) => repeatAfter(run, attempt, to, answer, repeats),
    count: (answer) => charge(run, attempt, to, answer),
    wait: (ms) => beforeRepeat(run, attempt, ms),
    leavesOpen: () => run.stop === 'drained' || run.stop === 'gave_way',
  });
  if (known === null) return undefined;
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
  const againAfterMs = probed(run, attempt, to, answer) ? null : waitAfter(run, attempt, answer);
  if (againAfterMs !== null) return { againAfterMs, asked: answer.result === 'failed' && (answer.retryAfterMs ?? 0) > 0 };
  if (!counted) charge(run, attempt, to, answer);
  return undefined;
}

type Remote = Extract<Target, { kind: 'remote' }>;

/** Closes the request that was opened for it. */
async function sendOnce(run: Run, attempt: Attempt, to: Remote): Promise<Answer> {
  try {
    await reach('send.before', run.claim.batchId);
    // Checked just before the send. Its intent stays open for the next owner, who repeats it or says that nobody knows.
    if (!run.lease.valid()) throw new Refused('lost');
    await reach('send.checked', run.claim.batchId);
    const answer = await to.apply(sendingOf(attempt), run.lease.signal);
    await reach('send.answered', run.claim.batchId);
    return answer;
  } finally {
    run.requests.close();
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
  const opened = waited && (await openRequest(run));
  if (opened && honoursKeys(run, attempt)) return true;
  if (opened) run.requests.close();
  else if (run.stop === 'lost') throw new Refused('lost');
  return false;
}

/** Whether the answer is the trial's: a target that fails for everybody is not kept trying. */
function probed(run: Run, { row }: Attempt, to: Remote, { reason }: Unsuccessful): boolean {
  const fault = to.faultOf(row, reason);
  return fault !== null && run.probes.has(fault.target);
}

/** Counts what did not succeed, and stops where the budget is spent or a target under trial fails. */
function charge(run: Run, attempt: Attempt, to: Remote, answer: Unsuccessful): void {
  const fault = to.faultOf(attempt.row, answer.reason);
  if (fault && run.probes.has(fault.target)) {
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

/** Of a rate, what is reserved ahead by who sends one by one. */
const AHEAD_SECONDS = 0.25;
/**
 * Waits for the batch's rate over all workers: gives how many of at most `together` may go out now, 0 when the execution is to end instead. `more` will
 * be asked for. What is reserved is at most a second's worth, and never lies far ahead: until then others may have it.
 */
async function pace(run: Run, more: number, together: number): Promise<number> {
  const { ratePerSecond } = run.approval.plan.execution;
  if (ratePerSecond === null) return run.stop === null ? together : 0;
  for (;;) {
    const [send] = run.sends;
    if (send) {
      if (!(await rest(run, { until: send.due, for: null }))) return 0;
      // Another may have taken it meanwhile.
      if (run.sends[0] !== send) continue;
      run.sends.shift();
      return Math.min(send.count, together);
    }
    const most = Math.max(1, Math.floor(ratePerSecond * (together > 1 ? 1 : AHEAD_SECONDS)));
    const asked = run.clock.now();
    const { count, ms } = await run.store.reserveRate(run.claim, Math.min(more, most), ratePerSecond);
    if (together > 1) run.sends.push(...(count > 0 ? [{ due: asked + ms, count }] : []));
    else for (let at = 0; at < count; at += 1) run.sends.push({ due: asked + ms + (1_000 * at) / ratePerSecond, count: 1 });
    if (count === 0 && !(await rest(run, { until: asked + ms, for: 'rate' }))) return 0;
  }
}

type Attempt = {
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

function sendingOf({ row, key, inherited, doubt }: Attempt): Sending {
  return { row, idempotencyKey: key, mayHaveActed: inherited || doubt !== null };
}

const UNSENT = { intentLeaf: null, inherited: false, doubt: null } as const;

function nextAttempt(run: Run, row: WorkRow): Attempt {
  const last = row.body ? readReceipt(row.body) : null;
  const attempt = last && 'attempt' in last ? last.attempt + 1 : 1;
  const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt);
  return { ...UNSENT, row, attempt, key, step: (row.step ?? 0) + 1, since: run.clock.now() };
}

/** The next attempt after one that failed a moment ago, whose outcome is its last receipt. */
function attemptAfter(run: Run, { row, step, attempt }: Attempt): Attempt {
  const failed: WorkRow = { ...row, step: step + 1, kind: 'outcome', result: 'failed', tried: row.tried + 1 };
  const key = idempotencyKey(run.approval.decisionId, row.ordinal, attempt + 1);
  return { ...UNSENT, row: failed, attempt: attempt + 1, key, step: step + 2, since: run.clock.now() };
}

/** @param asked when the database was asked for the row, by the monotonic clock */
function openAttempt(row: WorkRow, asked: number): Attempt {
  const intent = row.body ? readReceipt(row.body) : null;
  if (intent?.kind !== 'intent' || row.step === null) throw new Error(`Item ${row.ordinal} has no open intent.`);
  const { attempt, idempotencyKey: key } = intent;
  const since = asked - (row.ageMs ?? 0);
  return { row, attempt, key, step: row.step, intentLeaf: row.leaf, inherited: true, doubt: null, since };
}

function intentRow(run: Run, attempt: Attempt): IntentRow {
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

function outcomeRow(run: Run, attempt: Attempt, answer: Answer): OutcomeRow {
  const step = attempt.step + 1;
  const sealed = sealReceipt({
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
    v: 1,
  });
  return { ...sealed, ordinal: attempt.row.ordinal, step, result: answer.result };
}

/** Uncertain is a send for what it was itself, and not for how the target answered its repeat. */
function reasonOf({ doubt }: Attempt, answer: Answer): string | null {
  if (answer.result === 'succeeded') return answer.reason ?? null;
  return answer.result === 'uncertain' ? (doubt ?? answer.reason) : answer.reason;
}

/** What an inspection found out, as the receipt after the uncertain one. */
function resolutionRow(run: Run, attempt: Attempt): SealedReceipt {
  return sealReceipt({
    at: run.clock.date().toISOString(),
    attempt: attempt.attempt,
    batch: run.claim.batchId,
    by: run.by,
    chunk: run.claim.number,
    evidence: 'inspection',
    intent: attempt.intentLeaf?.toString('hex') ?? null,
    kind: 'resolution',
    ordinal: attempt.row.ordinal,
    result: 'succeeded',
    step: attempt.step + 2,
    v: 1,
  });
}

function target(run: Run, row: WorkRow): Target {
  const found = run.targetFor(row.connector, row.version);
  if (!found) throw new Error(`No connector ${row.connector} version ${row.version}.`);
  return found;
}

function honoursKeys(run: Run, { row, since }: Attempt): boolean {
  const to = target(run, row);
  return to.kind === 'remote' && to.honoursKeys(row, run.clock.now() - since);
}

function page(run: Run, after: number | null) {
  const { decisionId, released, retryUpTo, backwards, plan } = run.approval;
  const retry = { attempts: plan.execution.retry.attempts, reasons: run.passing };
  return {
    decisionId,
    after,
    limit: TRANSACTIONAL_SLOTS,
    receiptFields: plan.receiptFields,
    released,
    retryUpTo,
    backwards,
    retry,
  };
}
