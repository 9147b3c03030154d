/**
 * A process's open requests, bounded over all its chunks. Half of them are shared out evenly, so that a target which hangs can't keep another chunk
 * from sending; the other half goes to who comes first.
 */
import { CHUNKS_PER_WORKER, OPEN_REQUESTS_MAX } from '#lib/core/limits.ts';

/** One chunk's part. */
export type Requests = {
  /** True: one more may be opened, and `close` must follow. False: the signal aborted first. */
  open(signal: AbortSignal): Promise<boolean>;
  close(): void;
};

/** The bound of one process; each chunk takes its part. */
export function requestGate(most = OPEN_REQUESTS_MAX, chunks = CHUNKS_PER_WORKER): () => Requests {
  const own = Math.floor(most / 2 / chunks);
  const shared = most - own * chunks;
  const parts = new Set<Part>();
  const queue = new Set<{ part: Part; go: () => void }>();
  const may = (part: Part): boolean => {
    let [all, beyond] = [0, 0];
    for (const { open } of parts) {
      all += open;
      beyond += Math.max(0, open - own);
    }
    return all < most && (part.open < own || beyond < shared);
  };
  const take = (part: Part): void => {
    part.open += 1;
    parts.add(part);
  };
  return () => {
    const part: Part = { open: 0 };
    return {
      async open(signal) {
        if (signal.aborted) return false;
        if (may(part)) {
          take(part);
          return true;
        }
        return new Promise((resolve) => {
          const waiting = {
            part,
            go: () => {
              signal.removeEventListener('abort', stop);
              queue.delete(waiting);
              take(part);
              resolve(true);
            },
          };
          const stop = (): void => {
            queue.delete(waiting);
            resolve(false);
          };
          queue.add(waiting);
          signal.addEventListener('abort', stop, { once: true });
        });
      },
      close() {
        part.open -= 1;
        if (part.open === 0) parts.delete(part);
        for (const waiting of queue) if (may(waiting.part)) waiting.go();
      },
    };
  };
}

type Part = { open: number };
