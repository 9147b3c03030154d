import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '#lib/core/errors.ts';

export type Keeper = {
  /** Resolves at the child's first message (`ready`); throws if it ends before. */
  ready: Promise<void>;
  /** SIGTERM, then after `patienceMs` SIGKILL; resolves when the process is gone. */
  stop(patienceMs: number): Promise<void>;
};

const RESTART_MS = 500;
const RESTART_MS_MAX = 30_000;
const STEADY_MS = 30_000;

/**
 * Starts one of our programs and starts it again when it dies. Its IPC channel tells it when we die (`disconnect`), so that a killed
 * parent leaves nobody behind.
 */
export function keepRunning(name: string, file: string, env: NodeJS.ProcessEnv, log: (line: string) => void): Keeper {
  let child: ChildProcess;
  let stopping = false;
  let wait = RESTART_MS;

  const begin = () => {
    const since = Date.now();
    child = spawn(process.execPath, [file], {
      env,
      // A group of its own: Ctrl-C reaches only us, and we stop things in order.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const { pid } = child;
    child.once('error', (error) => log(`${name} could not be started: ${error.message}`));
    child.once('exit', async (code, signal) => {
      if (stopping) return;
      wait = Date.now() - since > STEADY_MS ? RESTART_MS : Math.min(wait * 2, RESTART_MS_MAX);
      log(`${name} (process ${pid}) ended with ${signal ?? `code ${code}`}: starting another`);
      await sleep(wait);
      if (!stopping) begin();
    });
    return child;
  };

  const first = begin();
  const ready = new Promise<void>((resolve, reject) => {
    const failed = () => {
      stopping = true;
      reject(new CountersignError('unavailable', `${name} ended before it was ready; see above.`));
    };
    first.once('exit', failed).once('message', () => {
      first.off('exit', failed);
      resolve();
    });
  });
  // Who does not wait for it must not be ended by it.
  ready.catch(() => {});

  const stop = async (patienceMs: number) => {
    stopping = true;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const patience = setTimeout(() => {
      log(`${name} (process ${child.pid}) did not end within ${patienceMs / 1000} s: killing it`);
      child.kill('SIGKILL');
    }, patienceMs);
    await gone;
    clearTimeout(patience);
  };
  return { ready, stop };
}
