/** A worker process: claims chunks, hands each to a handler, and goes on. Many at once; its collaborators are arguments. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { DATABASE_FAULT_WORDS, type DatabaseFaultKind, damageOf } from '#lib/core/fleet/database-fault.ts';
import {
  BUSY_CHUNKS_PER_WORKER,
  CHUNKS_PER_WORKER,
  HEARTBEAT_MS,
  LEASE_MS,
  POLL_MS,
  STOPPING_CHUNKS_PER_WORKER,
} from '#lib/core/limits.ts';
import { haltChunk } from '#lib/store/actions/execution.sql.ts';
import { type Claim, type Claimed, claimChunk, readStarving, releaseLease, type Takes } from '#lib/store/chunks/claims.sql.ts';
import { resolveDatabaseIncident } from '#lib/store/fleet/database-incident.sql.ts';
import { openDatabaseIncident } from '#lib/store/fleet/database-incident.ts';
import { askDatabase } from '#lib/store/fleet/readiness.sql.ts';
import { forgetWorker, recordWorker } from '#lib/store/fleet/workers.sql.ts';
import { type Spell, troubleOf } from './database-trouble.ts';
import { executionStore } from './execute/execution-store.ts';
import { type Requests, requestGate } from './execute/requests.ts';
import type { Place } from './execute/run.ts';
import { reach } from './failpoints.ts';
import { type Lease, leaseKeeper } from './lease.ts';

export type WorkerTask = {
  pool: Pool;
  claim: Claim;
  lease: Lease;
  workerId: string;
  drain: AbortSignal;
  place: Place;
  requests: Requests;
};
/**
 * `waits`: given back until its next send is near. `unsuited`: this build does not know a connector that the chunk needs; the worker gives it back, for
 * somebody else must.
 */
export type Handled = 'done' | 'yielded' | 'waits' | 'lost' | 'unsuited';
/** @internal for its tests */
export type Handler = (task: WorkerTask) => Promise<Handled>;

export type WorkerInput = {
  pool: Pool;
  /** Of its own for the leases, so that no other statement keeps one from being renewed; may be the same where nothing depends on that. */
  leasePool: Pool;
  handlers: Record<Claim['state'], Handler>;
  /** Subscribes to bells; the returned function ends that. `idle` says whether this worker has nothing at all to do. Null where only the poll is wanted. */
  bells: ((heard: () => void, idle: () => boolean) => Promise<() => Promise<void>>) | null;
  /** Aborts to drain: the chunks at hand are given back with nothing in flight, then it ends. */
  drain: AbortSignal;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Done again and again by every worker, the first time at the start unless it is to come `later`; each must be harmless when several do it. */
  chores?: { everyMs: number; later?: boolean; act: () => Promise<void> }[];
  /** Done with each heartbeat, once the worker's row is written. */
  beat?: (workerId: string) => Promise<void>;
};

/** So long a chunk that this build can't work on is left to others. */
const UNSUITED_MS = 5_000;

/** Between claims that the database refuses, doubled each time up to the second. */
const REFUSED_MS = 500;
const REFUSED_MS_MAX = 2_000;

/**
 * For each chunk that it works on a worker waits so long before it claims the next one: who has less to do is faster. And so long for one that has
 * nothing to do, and must wake up first.
 */
const POLITE_MS = 10;
const IDLE_FIRST_MS = 100;
/** A chunk is not asked to give way sooner: giving it to and fro would be all that is done. */
const GIVE_WAY_AFTER_MS = 1_000;

/** One chunk of this worker. */
type Loop = { claim: Claimed; since: number; resting: boolean; giveWay: AbortController; ended: Promise<void> };

/**
 * Runs until `drain` aborts: works on up to CHUNKS_PER_WORKER chunks at once, each with its own claim. Never throws for a fault of one chunk: that halts
 * the chunk, in words for a person. A fault of the database halts nothing: the worker says it once, waits, and goes on by itself.
 */
export async function runWorker(input: WorkerInput): Promise<void> {
  const { pool, drain, log } = input;
  const workerId = randomUUID();
  const bell = alarm();
  const loops = new Set<Loop>();
  const failed: Failed = (what, error) => {
    // A fault of the database is told once, by the heart.
    if (!troubleOf(pool).met(error)) log.error({ err: error }, what);
  };
  const contact = contactWith(pool, drain);
  const heart = heartbeat(input, workerId, { heard: contact.heard, failed, busy: () => loops.size > 0 });
  const stopBells = await input
    .bells?.(bell.wake, () => loops.size === 0)
    .catch((error: Error) => {
      log.warn({ err: error }, 'notifications do not arrive: polling only');
    });
  drain.addEventListener('abort', bell.wake);
  const chores = (input.chores ?? []).map(({ everyMs, later, act }) => {
    const run = () => void act().catch((error) => failed('a chore failed', error));
    if (!later) run();
    return setInterval(run, everyMs);
  });
  log.info({ worker: workerId }, 'worker ready');

  // What waits for a row by itself must not keep the others' connection.
  const leases = leaseKeeper({ ...executionStore(pool), renewLeases: executionStore(input.leasePool).renewLeases });
  const requests = requestGate();
  const unsuited = leftAlone();
  let refusals = 0;
  let refused = false;
  const begin = (claim: Claimed, claimedAt: number): void => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const loop: Loop = { claim, since: claimedAt, resting: false, giveWay: new AbortController(), ended };
    loops.add(loop);
    heart.changed();
    const resting = (is: boolean): void => {
      loop.resting = is;
      // There may be room for another that keeps a core busy.
      if (is && !claim.outside) bell.wake();
    };
    const place = { giveWay: loop.giveWay.signal, resting };
    const task = { claim, workerId, place, requests: requests() };
    void handle(input, leases.hold(claim, claimedAt), task, unsuited.add).then((handled) => {
      if (handled === 'refused') refused = true;
      loops.delete(loop);
      heart.changed();
      bell.wake();
      end();
    });
  };
  while (!drain.aborted) {
    await reach('claim.before');
    try {
      await contact.settled();
      if (drain.aborted) break;
      const takes = takesNow(loops);
      const claimedAt = performance.now();
      const claim = takes === null ? null : await claimChunk(pool, workerId, { takes, except: unsuited.now() });
      if (takes !== null) contact.heard();
      if (claim !== null) {
        await reach('claim.made', claim.batchId);
        begin(claim, claimedAt);
        const working = [...loops].filter(({ resting }) => !resting).length;
        // No longer than until one of its own is done: who has less to do needs no politeness.
        await bell.wait(POLITE_MS * working + (claim.othersIdle ? IDLE_FIRST_MS : 0));
      } else {
        if (takes !== 'all') await makeWay(pool, [...loops], takes, unsuited.now());
        await bell.wait(POLL_MS);
      }
      if (!refused) {
        refusals = 0;
        continue;
      }
    } catch (error) {
      failed('no claim possible', error);
    }
    refused = false;
    await rest(Math.min(REFUSED_MS * 2 ** refusals, REFUSED_MS_MAX), drain);
    refusals += 1;
  }
  await Promise.all([...loops].map(({ ended }) => ended));

  leases.end();
  for (const chore of chores) clearInterval(chore);
  await stopBells?.().catch(() => {});
  await heart.end();
}

/** It keeps a core busy: a chunk that only waits, or sends to others, does not. */
const busy = ({ claim, resting }: Loop): boolean => !resting && (claim.state === 'classifying' || !claim.outside);

/** What there is room for; null: for nothing more. */
function takesNow(loops: ReadonlySet<Loop>): Takes | null {
  if (loops.size >= CHUNKS_PER_WORKER + STOPPING_CHUNKS_PER_WORKER) return null;
  if (loops.size >= CHUNKS_PER_WORKER) return 'stopping';
  return [...loops].filter(busy).length >= BUSY_CHUNKS_PER_WORKER ? 'light' : 'all';
}

/**
 * Where a batch has nobody who works on it and this worker no room, it asks as many of its own chunks to be given back: those that wait first, then those
 * whose batch has the most chunks at work.
 */
async function makeWay(pool: Pool, loops: readonly Loop[], takes: Takes | null, except: readonly string[]): Promise<void> {
  const room = takes === 'light' ? loops.filter(busy) : loops;
  const { starving, atWork } = await readStarving(pool, [...new Set(room.map(({ claim }) => claim.batchId))], except);
  const asked = room.filter(({ giveWay }) => giveWay.signal.aborted).length;
  if (starving <= asked) return;
  const chunks = ({ claim }: Loop): number => atWork.get(claim.batchId) ?? 0;
  room
    .filter(({ giveWay, since }) => !giveWay.signal.aborted && performance.now() - since > GIVE_WAY_AFTER_MS)
    .sort((a, b) => Number(b.resting) - Number(a.resting) || chunks(b) - chunks(a) || a.since - b.since)
    .slice(0, starving - asked)
    .forEach(({ giveWay }) => {
      giveWay.abort();
    });
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
        await askDatabase(pool);
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

/** Chunks that this worker leaves to others for a while. */
function leftAlone() {
  const until = new Map<string, number>();
  return {
    now(): string[] {
      for (const [chunkId, end] of until) if (end < performance.now()) until.delete(chunkId);
      return [...until.keys()];
    },
    add(chunkId: string): void {
      until.set(chunkId, performance.now() + UNSUITED_MS);
    },
  };
}

/** `refused`: the database did not do what it must. Nothing is in flight, and the chunk is anybody's. */
async function handle(
  { pool, drain, log, handlers }: WorkerInput,
  lease: Lease,
  task: Omit<WorkerTask, 'pool' | 'lease' | 'drain'>,
  leaveAlone: (chunkId: string) => void,
): Promise<Handled | 'refused'> {
  const { claim } = task;
  const facts = { batch: claim.batchId, chunk: claim.number, epoch: claim.epoch, state: claim.state };
  const giveBack = () => releaseLease(pool, claim).catch(() => {});
  try {
    const handled = await handlers[claim.state]({ ...task, pool, lease, drain });
    // Who waits comes and goes all the time.
    if (handled !== 'waits') log.info(facts, `chunk ${handled}`);
    // Before it is anybody's, or this worker claims it at once.
    if (handled === 'unsuited') {
      leaveAlone(claim.chunkId);
      await giveBack();
    }
    // A lease that lapsed because it could not be renewed is nobody's yet, and its owner did not go silent.
    if (handled === 'lost' && troubleOf(pool).now()) await giveBack();
    return handled;
  } catch (error) {
    if (troubleOf(pool).met(error)) {
      await giveBack();
      return 'refused';
    }
    log.error({ ...facts, err: error }, 'chunk failed');
    // Damage of the database stops what it touches, and nothing else.
    await haltChunk(pool, claim, damageOf(error)?.message ?? (error as Error).message, randomUUID()).catch(() => {});
    return 'lost';
  } finally {
    lease.end();
  }
}

/** Keeps the worker's row: what a person sees of the fleet. Nothing is decided by it. And says when the database is in trouble, and when no more. */
function heartbeat(
  { pool, log, drain, beat: further }: WorkerInput,
  workerId: string,
  told: { heard: () => void; failed: Failed; busy: () => boolean },
) {
  let said: DatabaseFaultKind | null = null;
  let ended = false;
  let beating: Promise<void> | null = null;
  let was = false;
  const beatOnce = async (): Promise<void> => {
    const spell = troubleOf(pool).now();
    const before = said;
    said = spell?.kind ?? null;
    if (said && said !== before) log.warn({ fault: said }, DATABASE_FAULT_WORDS[said].what);
    if (before && !said) log.info({ fault: before }, 'the database works again');
    try {
      const state = drain.aborted ? 'draining' : told.busy() ? 'busy' : 'idle';
      await recordWorker(pool, { id: workerId, host: hostname(), pid: process.pid, state, fault: said });
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
    /** Says so at once when the worker begins to work, or has nothing more to do. */
    changed(): void {
      if (was === told.busy()) return;
      was = told.busy();
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
  return `${what} The workers wait, and resume by themselves when it is over. ${todo}`;
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
