/** The worker's loop: claim, hand to a handler, go on. One chunk at a time; its collaborators are arguments. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { DATABASE_FAULT_WORDS, type DatabaseFaultKind } from '#lib/core/fleet/database-fault.ts';
import { HEARTBEAT_MS, LEASE_MS, POLL_MS } from '#lib/core/limits.ts';
import { haltChunk } from '#lib/store/actions/execution.ts';
import { type Claim, claimChunk, releaseLease, type Turn } from '#lib/store/chunks/claims.ts';
import { openDatabaseIncident, resolveDatabaseIncident } from '#lib/store/fleet/database-incident.ts';
import { forgetWorker, recordWorker } from '#lib/store/fleet/workers.ts';
import { type Spell, troubleOf } from './database-trouble.ts';
import { executionStore } from './execute/execution-store.ts';
import { reach } from './failpoints.ts';
import { holdLease, type Lease } from './lease.ts';

export type WorkerTask = { pool: Pool; claim: Claim; lease: Lease; workerId: string; drain: AbortSignal };
/** `unsuited`: this build does not know a connector that the chunk needs; somebody else must. */
export type Handled = 'done' | 'yielded' | 'lost' | 'unsuited';
/** @internal for its tests */
export type Handler = (task: WorkerTask) => Promise<Handled>;

export type WorkerInput = {
  pool: Pool;
  handlers: Record<Claim['state'], Handler>;
  /** Subscribes to bells; the returned function ends that. Null where only the poll is wanted. */
  bells: ((heard: () => void) => Promise<() => Promise<void>>) | null;
  /** Aborts to drain: the chunk at hand is given back with nothing in flight, then the loop ends. */
  drain: AbortSignal;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Done at the start and then again and again, by every worker; each must be harmless when several do it. */
  chores?: { everyMs: number; act: () => Promise<void> }[];
  /** Done with each heartbeat, once the worker's row is written. */
  beat?: (workerId: string) => Promise<void>;
};

/** So long a chunk that this build can't work on is left to others. */
const UNSUITED_MS = 5_000;
const SERVED_REMEMBERED = 1_000;

/** Between claims that the database refuses, doubled each time up to the second. */
const REFUSED_MS = 500;
const REFUSED_MS_MAX = 2_000;

/**
 * Runs until `drain` aborts. Never throws for a fault of one chunk: that halts the chunk, in words for a person. A fault of the database halts
 * nothing: the worker says it once, waits, and goes on by itself.
 */
export async function runWorker(input: WorkerInput): Promise<void> {
  const { pool, drain, log } = input;
  const workerId = randomUUID();
  const bell = alarm();
  const failed: Failed = (what, error) => {
    // A fault of the database is told once, by the heart.
    if (!troubleOf(pool).met(error)) log.error({ err: error }, what);
  };
  const contact = contactWith(pool, drain);
  const heart = heartbeat(input, workerId, { heard: contact.heard, failed });
  const stopBells = await input.bells?.(bell.wake).catch((error: Error) => {
    log.warn({ err: error }, 'bells are out of order, polling only');
  });
  drain.addEventListener('abort', bell.wake);
  const chores = (input.chores ?? []).map(({ everyMs, act }) => {
    const run = () => void act().catch((error) => failed('a chore failed', error));
    run();
    return setInterval(run, everyMs);
  });
  log.info({ worker: workerId }, 'worker ready');

  const turn = turns();
  let refusals = 0;
  while (!drain.aborted) {
    await reach('claim.before');
    try {
      await contact.settled();
      if (drain.aborted) break;
      const claimedAt = performance.now();
      const claim = await claimChunk(pool, workerId, turn.now());
      contact.heard();
      if (claim === null) {
        refusals = 0;
        await bell.wait(POLL_MS);
        continue;
      }
      await reach('claim.made', claim.batchId);
      heart.busy(claim.chunkId);
      turn.had(claim.batchId);
      const handled = await handle(input, workerId, claim, claimedAt);
      heart.busy(null);
      if (handled === 'unsuited') turn.leave(claim.chunkId);
      if (handled !== 'refused') {
        refusals = 0;
        continue;
      }
    } catch (error) {
      failed('no claim possible', error);
    }
    await rest(Math.min(REFUSED_MS * 2 ** refusals, REFUSED_MS_MAX), drain);
    refusals += 1;
  }

  for (const chore of chores) clearInterval(chore);
  await stopBells?.().catch(() => {});
  await heart.end();
}

type Failed = (what: string, error: unknown) => void;

/**
 * Whether the database was heard of all the time. When it was not for a lease length, no owner of a chunk could renew: their leases have lapsed, and
 * say nothing about them. Each has a lease length to come back then, before this worker claims anything.
 */
function contactWith(pool: Pool, drain: AbortSignal) {
  let heardAt = performance.now();
  let claimFrom = heardAt;
  const heard = (): void => {
    const now = performance.now();
    if (now - heardAt > LEASE_MS) claimFrom = now + LEASE_MS;
    heardAt = now;
  };
  return {
    heard,
    /** Resolves when this worker may claim; throws when the database does not answer. */
    async settled(): Promise<void> {
      if (performance.now() - heardAt > LEASE_MS) {
        await pool.query('SELECT');
        heard();
      }
      await rest(claimFrom - performance.now(), drain);
    },
  };
}

/** A sleep that the drain cuts short. */
async function rest(ms: number, drain: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: drain }).catch(() => {});
}

/** What this worker remembers for its next claim. */
function turns() {
  let served: string[] = [];
  const unsuited = new Map<string, number>();
  return {
    now(): Turn {
      for (const [chunkId, until] of unsuited) if (until < performance.now()) unsuited.delete(chunkId);
      return { served, except: [...unsuited.keys()] };
    },
    had(batchId: string): void {
      served = [...served.filter((one) => one !== batchId), batchId].slice(-SERVED_REMEMBERED);
    },
    leave(chunkId: string): void {
      unsuited.set(chunkId, performance.now() + UNSUITED_MS);
    },
  };
}

/** `refused`: the database did not do what it must. Nothing is in flight, and the chunk is anybody's. */
async function handle(input: WorkerInput, workerId: string, claim: Claim, claimedAt: number): Promise<Handled | 'refused'> {
  const { pool, drain, log } = input;
  const lease = holdLease(executionStore(pool), claim, claimedAt);
  const facts = { batch: claim.batchId, chunk: claim.number, epoch: claim.epoch, state: claim.state };
  const giveBack = () => releaseLease(pool, claim).catch(() => {});
  try {
    const handled = await input.handlers[claim.state]({ pool, claim, lease, workerId, drain });
    log.info(facts, `chunk ${handled}`);
    // A lease that lapsed because it could not be renewed is nobody's yet, and its owner did not go silent.
    if (handled === 'lost' && troubleOf(pool).now()) await giveBack();
    return handled;
  } catch (error) {
    if (troubleOf(pool).met(error)) {
      await giveBack();
      return 'refused';
    }
    log.error({ ...facts, err: error }, 'chunk failed');
    await haltChunk(pool, claim, (error as Error).message, randomUUID()).catch(() => {});
    return 'lost';
  } finally {
    lease.end();
  }
}

/** Keeps the worker's row: what a person sees of the fleet. Nothing is decided by it. And says when the database is in trouble, and when no more. */
function heartbeat({ pool, log, beat: further }: WorkerInput, workerId: string, told: { heard: () => void; failed: Failed }) {
  let chunkId: string | null = null;
  let said: DatabaseFaultKind | null = null;
  let ended = false;
  let beating: Promise<void> | null = null;
  const beatOnce = async (): Promise<void> => {
    const spell = troubleOf(pool).now();
    const before = said;
    said = spell?.kind ?? null;
    if (said && said !== before) log.warn({ fault: said }, DATABASE_FAULT_WORDS[said].what);
    if (before && !said) log.info({ fault: before }, 'the database does its work again');
    try {
      await recordWorker(pool, { id: workerId, host: hostname(), pid: process.pid, chunkId, fault: said });
      told.heard();
      if (spell && isIncident(spell))
        await openDatabaseIncident(pool, incidentWords(spell.kind), performance.now() - spell.since);
      if (before && !said) await resolveDatabaseIncident(pool);
      await further?.(workerId);
    } catch (error) {
      told.failed('heartbeat failed', error);
    }
    beating = null;
  };
  // One at a time, so that the last one is over when the row is taken away.
  const beat = (): void => {
    if (!ended) beating ??= beatOnce();
  };
  const timer = setInterval(beat, HEARTBEAT_MS);
  beat();
  return {
    busy(now: string | null): void {
      chunkId = now;
      void Promise.resolve(beating).then(beat);
    },
    async end(): Promise<void> {
      ended = true;
      clearInterval(timer);
      await beating;
      await forgetWorker(pool, workerId).catch(() => {});
    },
  };
}

/** A connection that is lost and made again is no incident; a disk that is full is one at once. */
function isIncident({ kind, since, last }: Spell): boolean {
  return kind === 'full' || kind === 'readonly' || last - since > LEASE_MS;
}

function incidentWords(kind: DatabaseFaultKind): string {
  const { what, todo } = DATABASE_FAULT_WORDS[kind];
  return `${what} The workers wait, and go on by themselves when it is over. ${todo}`;
}

/** A sleep that a bell cuts short; a bell while nobody sleeps cuts the next one. */
function alarm(): { wake: () => void; wait: (ms: number) => Promise<void> } {
  let rung = false;
  let wakeUp: (() => void) | null = null;
  return {
    wake(): void {
      rung = true;
      wakeUp?.();
    },
    async wait(ms: number): Promise<void> {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wakeUp = null;
      rung = false;
    },
  };
}
