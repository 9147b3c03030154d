/** One reader per batch and process, however many pages look at it: it reads a moment when it hears of a change, and every so often anyway. */
import { LIVE_POLL_MS, NOTIFY_PER_SECOND_MAX } from '#lib/core/limits.ts';
import { listen } from '#lib/engine/events.ts';
import type { TapeLine } from '#lib/shapes/live.ts';
import { type Moment, readMoment, readTapeAt } from '#lib/steps/batches/batch-view.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import type { BatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { seatAt } from './seats.ts';

export type LiveMoment = Moment & { tape: TapeLine[] };

export type Seat = {
  /** The next moment that differs from `seen`; null when none came within `waitMs`, or the signal aborted. Throws when reading failed. */
  next(seen: LiveMoment | null, waitMs: number): Promise<LiveMoment | null>;
  leave(): void;
};

/**
 * Takes a seat before the batch; the first one starts its reader, the last one to leave ends it. The signal leaves it too: a stream that nobody
 * reads on from must not keep a reader.
 */
export function takeSeat(pool: ReturnType<typeof db>['pool'], url: string, batch: BatchFacts, signal: AbortSignal): Seat {
  const live = lives.get(batch.id) ?? begin(pool, url, batch);
  const leave = seatAt(live, () => {
    signal.removeEventListener('abort', leave);
    if (live.seats === 0) live.end();
  });
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  return {
    async next(seen, waitMs) {
      const until = performance.now() + waitMs;
      while (!signal.aborted) {
        if (live.fault) throw live.fault;
        if (live.moment && live.moment !== seen) return live.moment;
        const left = until - performance.now();
        if (left <= 0) return null;
        await sleepUntil(live.waiting, left, signal);
      }
      return null;
    },
    leave,
  };
}

type Live = {
  seats: number;
  moment: LiveMoment | null;
  fault: unknown;
  /** wakes the seats */
  waiting: Set<() => void>;
  end(): void;
};

const lives = new Map<string, Live>();
const QUIET_MS = 1000 / NOTIFY_PER_SECOND_MAX;
/** However large the batch: reading it never takes more than this share of the time. */
export const READING_SHARE = 0.2;

function begin(pool: ReturnType<typeof db>['pool'], url: string, batch: BatchFacts): Live {
  const ended = new AbortController();
  const bell = new Set<() => void>();
  let heard = true;
  const deaf = listen(url, batch.id, () => {
    heard = true;
    wakeAll(bell);
  });
  const live: Live = {
    seats: 0,
    moment: null,
    fault: null,
    waiting: new Set(),
    end() {
      if (lives.get(batch.id) === live) lives.delete(batch.id);
      ended.abort();
      deaf();
    },
  };
  lives.set(batch.id, live);

  const read = async (): Promise<void> => {
    const reader = receiptReader(db(), batch);
    let said = '';
    while (!ended.signal.aborted) {
      heard = false;
      const began = performance.now();
      const moment = await readMoment(pool, batch.id);
      if (!moment) throw new Error('The batch is gone.');
      const before = live.moment && { seqs: live.moment.seqs, lines: live.moment.tape };
      const tape = await readTapeAt(pool, batch.id, moment, reader, before ?? undefined);
      const says = JSON.stringify([moment.now, [...moment.seqs], tape[0]?.id]);
      if (says !== said) {
        said = says;
        live.moment = { ...moment, tape };
        wakeAll(live.waiting);
      }
      const took = performance.now() - began;
      await sleepUntil(new Set(), Math.max(QUIET_MS, took / READING_SHARE), ended.signal);
      if (!heard) await sleepUntil(bell, LIVE_POLL_MS, ended.signal);
    }
  };
  read().catch((error: unknown) => {
    // Those who look are told by the end of their stream and come back; the next one begins anew.
    live.fault = error;
    live.end();
    wakeAll(live.waiting);
  });
  return live;
}

export function wakeAll(waiting: Set<() => void>): void {
  for (const wake of [...waiting]) wake();
}

/** Waits until woken, aborted, or the time is up. */
export function sleepUntil(waiting: Set<() => void>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
