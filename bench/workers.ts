/** The real worker processes, over the bench's own PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export type Fleet = {
  count: number;
  /** The most that any of them ever had in memory, where the kernel tells. */
  peakMemoryBytes(): number;
  /** Takes how many ms each outcome waited between being known and being committed, since it was last asked; sorted. */
  waits(): number[];
  /** Freezes them, until the function that it gives is called. */
  freeze(): () => void;
  stop(): Promise<void>;
};

/** Starts them and waits until they are up. With BENCH_PROFILE=FOLDER each leaves a CPU profile there. */
export async function startWorkers(count: number, url: string): Promise<Fleet> {
  let waits: number[] = [];
  const env = { ...process.env, DATABASE_URL: url };
  const profile = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [];
  const workers = await Promise.all(
    Array.from({ length: count }, async () => {
      const args = [...profile, '--import', './bench/outcome-waits.ts', 'bin/worker.ts'];
      const worker = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      await once(worker, 'message');
      worker.on('message', (said) => {
        if (Array.isArray(said)) waits.push(...(said as number[]));
      });
      return worker;
    }),
  );
  return {
    count,
    peakMemoryBytes: () => Math.max(...workers.map(peakMemory)),
    waits() {
      const taken = waits;
      waits = [];
      return taken.sort((a, b) => a - b);
    },
    freeze() {
      for (const worker of workers) worker.kill('SIGSTOP');
      return () => {
        for (const worker of workers) worker.kill('SIGCONT');
      };
    },
    stop: async () => void (await Promise.all(workers.map(ended))),
  };
}

/** Asks a child process to end and waits until it has. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function peakMemory({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
