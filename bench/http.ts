/** Sending to a target that answers after 20 ms, against a bare client loop with as many requests in flight and the same HTTP client. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { stopRinging } from '#lib/engine/bell.ts';
import { executed } from './approved-batch.ts';
import { type Bench, type Figures, median, rounded } from './bench.ts';
import { ended, type Fleet, startWorkers } from './workers.ts';

/** By itself what `execute` does last. Its items are requests of each worker at 8 at once. */
export const http: Bench = {
  of: 'items',
  fullRows: 2_000,
  aims: { toLoop: { least: 0.9 }, toLoop32: { least: 0.9 }, outcomeWaitP99: { most: 50 } },
  async run({ rows, server, say }) {
    const fleet = await startWorkers(Number(process.env.BENCH_WORKERS ?? availableParallelism()), server.appUrl);
    try {
      const figures = await againstLoops(fleet, rows, say);
      return { ...figures, workers: fleet.count, peakMemoryBytes: fleet.peakMemoryBytes() };
    } finally {
      await Promise.all([stopRinging(), fleet.stop()]);
    }
  },
};

const ROUNDS = 5;
const WARM_ITEMS = 400;

/**
 * Workers and loops by turns, and the other way round in every other round; once before for nothing.
 * @param itemsEach requests of each worker at 8 at once; with more at once as many more, so that they take as long
 */
export async function againstLoops(
  fleet: Fleet,
  itemsEach: number,
  say: (line: string) => void,
): Promise<Omit<Figures, 'peakMemoryBytes'>> {
  const target = await startTarget();
  const at = (concurrency: number) => ({ concurrency, ours: [] as number[], loop: [] as number[] });
  const [few, many] = [at(8), at(32)];
  const waits: ReturnType<typeof waitsOf>[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { concurrency, ours, loop } of [few, many]) {
        const each = round === 0 ? WARM_ITEMS : Math.ceil((itemsEach * concurrency) / few.concurrency);
        const load = { workers: fleet.count, concurrency, itemsEach: each };
        const turns = [
          async () => {
            fleet.waits();
            ours.push(await sentByWorkers(target.url, load));
            if (concurrency === few.concurrency) waits.push(waitsOf(fleet));
          },
          async () => void loop.push(await sentByLoops(target.url, load)),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
        say(`${round} at ${concurrency}: http ${Math.round(ours.at(-1) ?? 0)}/s, loop ${Math.round(loop.at(-1) ?? 0)}/s`);
      }
    }
  } finally {
    await target.stop();
  }
  for (const warm of [few.ours, few.loop, many.ours, many.loop, waits]) warm.shift();
  const told = [few, many].map(({ concurrency, ours, loop }) => {
    const ratios = ours.map((one, round) => rounded(one / (loop[round] ?? Number.NaN)));
    return { concurrency, ours: rounded(median(ours)), loop: rounded(median(loop)), ratio: median(ratios), ratios };
  });
  const p99 = median(waits.map((one) => one.p99));
  return {
    http: told,
    toLoop: told[0]?.ratio,
    toLoop32: told[1]?.ratio,
    outcomeWaitMs: { p50: median(waits.map(({ p50 }) => p50)), p99, max: Math.max(...waits.map(({ max }) => max)) },
    outcomeWaitP99: p99,
  };
}

/** Each worker has one chunk of so many requests. */
type Load = { workers: number; concurrency: number; itemsEach: number };

/** The item's part of a request. */
export const bodyOf = (subject: string) => ({ subject: `order ${subject} is late`, state: 'answered' });

export async function startTarget(latencyMs?: number): Promise<{ url: string; stop(): Promise<void> }> {
  const latency = latencyMs === undefined ? [] : [String(latencyMs)];
  const child = spawn(process.execPath, ['bench/http-target.ts', ...latency], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = await once(child, 'message');
  return { url: `http://127.0.0.1:${port}/orders`, stop: () => ended(child) };
}

/** Ours: actions a second. */
async function sentByWorkers(url: string, { workers, concurrency, itemsEach }: Load): Promise<number> {
  const { perSecond } = await executed({
    items: workers * itemsEach,
    chunkItems: itemsEach,
    concurrency,
    action: { connector: 'http', do: 'POST', with: { url, body: { subject: '{{subject}}', state: 'answered' } } },
  });
  return perSecond;
}

/** The loop, in as many processes: requests a second. */
async function sentByLoops(url: string, { workers, concurrency, itemsEach }: Load): Promise<number> {
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
function waitsOf(fleet: Fleet): { p50: number; p99: number; max: number } {
  const waits = fleet.waits();
  const at = (share: number): number =>
    Number((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN).toFixed(1));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
