/** Sending to a target that answers after 20 ms, against a bare client loop with as many requests in flight and the same HTTP client. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { executed } from './approved-batch.ts';
import { ended, type Fleet } from './workers.ts';

/** Each worker has one chunk of so many requests. */
export type Load = { workers: number; concurrency: number; itemsEach: number };

/** The item's part of a request. */
export const bodyOf = (subject: string) => ({ subject: `order ${subject} is late`, state: 'answered' });

export async function startTarget(latencyMs?: number): Promise<{ url: string; stop(): Promise<void> }> {
  const latency = latencyMs === undefined ? [] : [String(latencyMs)];
  const child = spawn(process.execPath, ['bench/http-target.ts', ...latency], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = await once(child, 'message');
  return { url: `http://127.0.0.1:${port}/orders`, stop: () => ended(child) };
}

/** Ours: actions a second. */
export async function sentByWorkers(url: string, { workers, concurrency, itemsEach }: Load): Promise<number> {
  const { perSecond } = await executed({
    items: workers * itemsEach,
    chunkItems: itemsEach,
    concurrency,
    action: { connector: 'http', do: 'POST', with: { url, body: { subject: '{{subject}}', state: 'answered' } } },
  });
  return perSecond;
}

/** The loop, in as many processes: requests a second. */
export async function sentByLoops(url: string, { workers, concurrency, itemsEach }: Load): Promise<number> {
  const loops: ChildProcess[] = [];
  for (let index = 0; index < workers; index++) {
    const args = ['bench/client-loop.ts', url, String(concurrency), String(itemsEach)];
    const loop = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    loops.push(loop);
    await once(loop, 'message');
  }
  try {
    const started = performance.now();
    await Promise.all(
      loops.map(async (loop) => {
        const done = once(loop, 'message');
        loop.send('go');
        await done;
      }),
    );
    return (workers * itemsEach) / ((performance.now() - started) / 1000);
  } finally {
    await Promise.all(loops.map(ended));
  }
}

/** How long outcomes waited between being known and being committed, in ms. */
export function waitsOf(fleet: Fleet): { p50: number; p99: number; max: number } {
  const waits = fleet.waits();
  const at = (share: number): number =>
    Number((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN).toFixed(1));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
