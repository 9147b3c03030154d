/** One execution of a chunk: what it is given, what it knows meanwhile, and what makes it end. */
import { TRANSACTIONAL_SLOTS } from '#lib/core/limits.ts';
import type { Clock } from '#lib/engine/clock.ts';
import type { Lease } from '#lib/engine/lease.ts';
import type { TargetFault } from '#lib/store/actions/breakers.sql.ts';
import type { Approval, Ending, Page, WorkRow } from '#lib/store/actions/execution.sql.ts';
import type { Claim, Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Bounds } from '#lib/store/connections/buckets.sql.ts';
import type { errorBudget } from './error-budget.ts';
import type { ExecutionStore } from './execution-store.ts';
import type { ReceiptWriter } from './receipt-writer.ts';
import type { Requests } from './requests.ts';
import type { Rests } from './rests.ts';
import type { Target } from './target.ts';

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

/** Why an execution ended without an ending of its own. `wait`: nothing is in a slot, and its next send is far away. */
export type Execution = Ending | Halt | { wait: Wait } | 'lost' | 'drained' | 'gave_way' | 'held' | 'unknown_connector';

/** `fault`: a target that fails for everybody is why. */
type Halt = { halted: string; fault: TargetFault | null };

/** What an execution knows while it runs. */
export type Run = ExecutorInput & {
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
  /** how long the last answers took, on average; null before the first */
  answerMs: number | null;
  /** how long an intent takes to be on record, on average */
  commitMs: number;
  /** when the fence was last passed, so that nobody had stopped the chunk, by the monotonic clock */
  goingAt: number;
  /** connections that bounded nothing when something was last sent over them; '' where there is none */
  boundless: Set<string>;
  /** actions whose answer is to come later, by ordinal: when they are asked again at the latest, by the monotonic clock; infinite while the first send is out */
  awaited: Map<number, number>;
  /** requests that are open over a connection which bounds them, by ordinal */
  inside: Map<number, Bounds>;
  /** who looks for a place at a connection, by its id */
  entering: Map<string, Promise<void>>;
  /** when the chunk was last looked at for a wish to stop, by the monotonic clock */
  lookedAt: number;
};

/** Stops where this worker is to end, to give way, or owns the chunk no more; or where a target fails for everybody and is not this worker's to try. */
export function heed(run: Run): void {
  if (run.drain.aborted) run.stop ??= 'drained';
  if (run.lease.signal.aborted) run.stop ??= 'lost';
  if (run.lease.held()) run.stop ??= 'held';
  if (run.place.giveWay.aborted) run.stop ??= 'gave_way';
}

/** Whoever waits is told at once. */
export function wake(run: Run, stop: NonNullable<Run['stop']>): void {
  if (run.stop === null || (typeof stop === 'object' && 'halted' in stop && givesBack(run.stop))) run.stop = stop;
  run.stirred.abort();
}

/** Nothing ends the execution but that somebody else is to go on with it, or nothing at all. */
function givesBack(stop: Run['stop']): boolean {
  return (
    stop === null || stop === 'drained' || stop === 'gave_way' || stop === 'held' || (typeof stop === 'object' && 'wait' in stop)
  );
}

/** Whom the action is sent to. Throws for one that this worker does not know: `verifyManifest` has looked. */
export function target(run: Run, row: WorkRow): Target {
  const found = run.targetFor(row.connector, row.version);
  if (!found) throw new Error(`No connector ${row.connector} version ${row.version}.`);
  return found;
}

/** As breakers name it. */
export function whom(run: Run, row: WorkRow): string {
  const to = target(run, row);
  return (to.kind === 'remote' ? to.targetOf(row) : null) ?? '';
}

/** Which actions are read next, as the store is asked for them. */
export function page(run: Run, after: number | null): Page {
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
