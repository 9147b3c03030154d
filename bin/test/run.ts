/** Runs programs of node_modules and keeps what they say, so that parts that run at once can be read one after the other. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..');
export const REPORTS = join(ROOT, '.test');

export type Totals = { passed: number; failed: number; skipped: number };
export const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0 };

export function plus(...all: Totals[]): Totals {
  const sum = (key: keyof Totals): number => all.reduce((total, one) => total + one[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** Node keeps here what it has compiled: hundreds of short processes begin with the same modules. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'countersign-test');

/** Aborts when this run is asked to end: what runs is ended, and nothing more begins. */
const asked = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());

/** Runs a program of Node to its end. Gives its exit code and all that it said. */
export async function run(
  program: string[],
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [join(ROOT, ...program), ...args], {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const end = () => child.kill('SIGTERM');
  asked.signal.addEventListener('abort', end);
  const code = await new Promise<number | null>((done) => child.once('close', done).once('error', () => done(null)));
  asked.signal.removeEventListener('abort', end);
  if (asked.signal.aborted) process.exit(1);
  return { code: code ?? 1, said };
}
