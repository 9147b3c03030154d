/** Sending to a target that answers after 20 ms, against a bare client loop with as many requests in flight and the same HTTP client: with keys that the target honours, and without. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { stopRinging } from '#lib/engine/bell.ts';
import { executed } from './approved-batch.ts';
import { type Bench, type Figures, median, rounded } from './bench.ts';
import { ended, type Fleet, startWorkers } from './workers.ts';

/** To a target that honours keys (`toLoop`), and to one that does not (`plainToLoop`): the latter gets no intents ahead of a free slot. */
export const LOOP_AIMS = {
  toLoop: { least: 0.9 },
  toLoop32: { least: 0.9 },
  plainToLoop: { least: 0.9 },
  plainToLoop32: { least: 0.9 },
};

/** By itself what `execute` does last. Its items are requests of each worker at 8 at once. */
export const http: Bench = {
  of: 'items',
  fullRows: 2_000,
  aims: { ...LOOP_AIMS, outcomeWaitP99: { most: 50 } },
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
  const at = (concurrency: number) => ({ concurrency, keyed: [] as number[], plain: [] as number[], loop: [] as number[] });
  const [few, many] = [at(8), at(32)];
  const waits: ReturnType<typeof waitsOf>[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { concurrency, keyed, plain, loop } of [few, many]) {
        const each = round === 0 ? WARM_ITEMS : Math.ceil((itemsEach * concurrency) / few.concurrency);
        const load = { workers: fleet.count, concurrency, itemsEach: each };
        const turns = [
          async () => {
            fleet.waits();
            keyed.push(await sentByWorkers(target.url, true, load));
            if (concurrency === few.concurrency) waits.push(waitsOf(fleet));
          },
          async () => void loop.push(await sentByLoops(target.url, load)),
          async () => void plain.push(await sentByWorkers(target.url, false, load)),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
        const [ours, without, bare] = [keyed, plain, loop].map((one) => Math.round(one.at(-1) ?? 0));
        say(`${round} at ${concurrency}: http ${ours}/s, to a target without keys ${without}/s, loop ${bare}/s`);
      }
    }
  } finally {
    await target.stop();
  }
  for (const warm of [few, many].flatMap(({ keyed, plain, loop }) => [keyed, plain, loop])) warm.shift();
  waits.shift();
  const told = [few, many].map(({ concurrency, keyed, plain, loop }) => {
    const against = (ours: number[]) => {
      const ratios = ours.map((one, round) => rounded(one / (loop[round] ?? Number.NaN)));
      return { ours: rounded(median(ours)), ratio: median(ratios), ratios };
    };
    return { concurrency, loop: rounded(median(loop)), keyed: against(keyed), plain: against(plain) };
  });
  const p99 = median(waits.map((one) => one.p99));
  return {
    http: told,
    toLoop: told[0]?.keyed.ratio,
    toLoop32: told[1]?.keyed.ratio,
    plainToLoop: told[0]?.plain.ratio,
    plainToLoop32: told[1]?.plain.ratio,
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
async function sentByWorkers(url: string, honoursKeys: boolean, { workers, concurrency, itemsEach }: Load): Promise<number> {
  const { perSecond } = await executed({
    items: workers * itemsEach,
    chunkItems: itemsEach,
    concurrency,
    action: { connector: 'http', do: 'POST', honoursKeys, with: { url, body: { subject: '{{subject}}', state: 'answered' } } },
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
