import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '#lib/core/errors.ts';
import { type End, paceOfRestarts } from './restarts.ts';
import { watchSilence } from './silence.ts';

export type Keeper = {
  /** Resolves when the first child says `ready`; throws if it ends before. */
  ready: Promise<void>;
  /** SIGTERM, then after `patienceMs` SIGKILL; resolves when the process is gone. */
  stop(patienceMs: number): Promise<void>;
};

export type KeepOptions = {
  env: NodeJS.ProcessEnv;
  /** For Node and V8 themselves. */
  flags?: readonly string[];
  log: (line: string) => void;
  /** Told of each process that is begun. */
  begun?: (pid: number) => void;
  /** Given: a child that falls silent for so many seconds is replaced, and this is told. The child answers what it is asked: bin/start/parent.ts. */
  silent?: (seconds: number) => void;
};

/**
 * Starts one of our programs and starts it again when it ends, by the pace of bin/start/restarts.ts. Its IPC channel tells it when we die
 * (`disconnect`), so that a killed parent leaves nobody behind.
 */
export function keepRunning(name: string, file: string, { env, flags = [], log, begun, silent }: KeepOptions): Keeper {
  let child: ChildProcess;
  let stopping = false;
  const pace = paceOfRestarts();

  const begin = (over: (end: End) => void) => {
    const since = performance.now();
    let ready = false;
    const one = spawn(process.execPath, [...flags, file], {
      env,
      // A group of its own: Ctrl-C reaches only us, and we stop things in order.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = one;
    if (one.pid !== undefined) begun?.(one.pid);
    one.on('message', (word) => {
      ready ||= word === 'ready';
    });
    const stopWatching =
      silent &&
      watchSilence(one, (seconds) => {
        log(`${name} (process ${one.pid}) has not answered for ${seconds} s: killing it`);
        one.kill('SIGKILL');
        silent(seconds);
      });
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      stopWatching?.();
      over({ ready, livedMs: performance.now() - since, code, signal });
    };
    one.once('exit', ended);
    one.once('error', (error) => {
      if (one.pid !== undefined) return;
      log(`${name} could not be started: ${error.message}`);
      ended(null, null);
    });
  };

  const again = async (end: End) => {
    if (stopping) return;
    const waitMs = pace(end);
    const how = end.signal ?? (end.code === null ? 'no process' : `code ${end.code}`);
    log(
      `${name} (process ${child.pid ?? 'none'}) ended with ${how}: starting another${waitMs > 0 ? ` in ${waitMs / 1000} s` : ''}`,
    );
    if (waitMs > 0) await sleep(waitMs);
    if (!stopping) begin(again);
  };

  const ready = new Promise<void>((resolve, reject) => {
    begin((end) => {
      if (end.ready) return again(end);
      stopping = true;
      reject(new CountersignError('unavailable', `${name} ended before it was ready; see above.`));
    });
    child.on('message', (word) => word === 'ready' && resolve());
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
