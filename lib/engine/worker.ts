/** The worker's loop: claim, hand to a handler, go on. One chunk at a time; its collaborators are arguments. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { HEARTBEAT_MS, POLL_MS } from '../core/limits.ts';
import { type Claim, claimChunk, type Turn } from '../store/claims.ts';
import { haltChunk } from '../store/execution.ts';
import { forgetWorker, recordWorker } from '../store/workers.ts';
import { reach } from './failpoints.ts';
import { holdLease, type Lease } from './lease.ts';
import { isConnectionLoss } from './receipt-writer.ts';

export type WorkerTask = { pool: Pool; claim: Claim; lease: Lease; workerId: string; drain: AbortSignal };
/** `unsuited`: this build does not know a connector that the chunk needs; somebody else must. */
export type Handled = 'done' | 'yielded' | 'lost' | 'unsuited';
export type Handler = (task: WorkerTask) => Promise<Handled>;

export type WorkerInput = {
  pool: Pool;
  handlers: Record<Claim['state'], Handler>;
  /** Subscribes to bells; the returned function ends that. Null where only the poll is wanted. */
  bells: ((heard: () => void) => Promise<() => Promise<void>>) | null;
  /** Aborts to drain: the chunk at hand is given back with nothing in flight, then the loop ends. */
  drain: AbortSignal;
  log: (message: string, facts?: Record<string, unknown>) => void;
  /** Done at the start and then again and again, by every worker; each must be harmless when several do it. */
  chores?: { everyMs: number; act: () => Promise<void> }[];
};

/** So long a chunk that this build can't work on is left to others. */
const UNSUITED_MS = 5_000;
const SERVED_REMEMBERED = 1_000;

/** Runs until `drain` aborts. Never throws for a fault of one chunk: that halts the chunk, in words for a person. */
export async function runWorker(input: WorkerInput): Promise<void> {
  const { pool, drain, log } = input;
  const workerId = randomUUID();
  const bell = alarm();
  const heart = heartbeat(pool, workerId, log);
  const stopBells = await input.bells?.(bell.wake).catch((error: Error) => {
    log('bells are out of order, polling only', { error: error.message });
  });
  drain.addEventListener('abort', bell.wake);
  const chores = (input.chores ?? []).map(({ everyMs, act }) => {
    const run = () => void act().catch((error: Error) => log('a chore failed', { error: error.message }));
    run();
    return setInterval(run, everyMs);
  });
  log('worker ready', { worker: workerId, pid: process.pid });

  const turn = turns();
  while (!drain.aborted) {
    await reach('claim.before');
    const claimedAt = performance.now();
    const claim = await claimChunk(pool, workerId, turn.now()).catch((error: Error) => {
      log('no claim possible', { error: error.message });
      return null;
    });
    if (claim === null) {
      await bell.wait(POLL_MS);
      continue;
    }
    await reach('claim.made', claim.batchId);
    heart.busy(claim.chunkId);
    turn.had(claim.batchId);
    const handled = await handle(input, workerId, claim, claimedAt);
    heart.busy(null);
    if (handled === 'unsuited') turn.leave(claim.chunkId);
  }

  for (const chore of chores) clearInterval(chore);
  await stopBells?.().catch(() => {});
  await heart.end();
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

async function handle(input: WorkerInput, workerId: string, claim: Claim, claimedAt: number): Promise<Handled> {
  const { pool, drain, log } = input;
  const lease = holdLease(pool, claim, claimedAt);
  const facts = { batch: claim.batchId, chunk: claim.number, epoch: claim.epoch, state: claim.state };
  try {
    const handled = await input.handlers[claim.state]({ pool, claim, lease, workerId, drain });
    log(`chunk ${handled}`, facts);
    return handled;
  } catch (error) {
    const { message } = error as Error;
    log('chunk failed', { ...facts, error: message });
    // A database that is away is nobody's fault here: the lease lapses and the chunk is taken up again.
    if (!isConnectionLoss(error)) await haltChunk(pool, claim, message, randomUUID()).catch(() => {});
    return 'lost';
  } finally {
    lease.end();
  }
}

/** Keeps the worker's row: what a person sees of the fleet. Nothing is decided by it. */
function heartbeat(pool: Pool, workerId: string, log: WorkerInput['log']) {
  let chunkId: string | null = null;
  const beat = (): Promise<void> =>
    recordWorker(pool, { id: workerId, host: hostname(), pid: process.pid, chunkId }).catch((error: Error) => {
      log('heartbeat failed', { error: error.message });
    });
  const timer = setInterval(beat, HEARTBEAT_MS);
  void beat();
  return {
    busy(now: string | null): void {
      chunkId = now;
      void beat();
    },
    async end(): Promise<void> {
      clearInterval(timer);
      await forgetWorker(pool, workerId).catch(() => {});
    },
  };
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
