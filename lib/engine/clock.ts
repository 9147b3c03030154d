/** Time as the engine knows it. Whoever waits or measures is given one, so that a test can be the time. */
import { setTimeout as sleep } from 'node:timers/promises';

export type Clock = {
  /** monotonic, in ms */
  now(): number;
  /** The wall's, which may jump: for words and receipts, never to decide by. */
  date(): Date;
  /** Resolves after so many ms, or as soon as `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls once, after so many ms; the returned function prevents it. */
  after(ms: number, act: () => void): () => void;
  /** Calls again and again, until the returned function is called. */
  every(ms: number, act: () => void): () => void;
  /** Calls after one turn of the event loop. */
  soon(act: () => void): void;
};

/** This process's. */
export const CLOCK: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  every(ms, act) {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
  soon: (act) => void setImmediate(act),
};
