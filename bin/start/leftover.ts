/** The web server that a killed start leaves for a moment, or for ever where it hangs: it holds the port of the next one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processLife } from '#lib/store/postgres/embedded/process.ts';

const LOOK_MS = 50;
const noteSchema = z.object({ pid: z.int().positive(), life: z.string() });

/** Notes which process serves, by its id and its birth. A disk that takes no note keeps nobody from serving. */
export function noteWebServer(dataDir: string, pid: number): void {
  try {
    writeFileSync(noteOf(dataDir), JSON.stringify({ pid, life: processLife(pid) }), { mode: 0o600 });
  } catch {
    // Then a leftover is not found, and the next start says that its port is in use.
  }
}

/**
 * Waits until the web server of an earlier start is gone, and kills it after `patienceMs`. It has heard that its start is gone, unless it hangs. False
 * when there was none.
 */
export async function endLeftoverWebServer(dataDir: string, patienceMs: number, log: (line: string) => void): Promise<boolean> {
  const left = read(dataDir);
  const lives = () => left !== null && processLife(left.pid) === left.life;
  // Windows tells no birth, so nothing is done to what may be a stranger.
  if (left === null || process.platform === 'win32' || !lives()) return false;
  log(`the web server of an earlier start (process ${left.pid}) still runs: waiting for its end`);
  const until = performance.now() + patienceMs;
  while (lives() && performance.now() < until) await sleep(LOOK_MS);
  if (lives()) process.kill(left.pid, 'SIGKILL');
  while (lives()) await sleep(LOOK_MS);
  return true;
}

function noteOf(dataDir: string): string {
  return join(dataDir, 'web.json');
}

function read(dataDir: string): z.infer<typeof noteSchema> | null {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(noteOf(dataDir), 'utf8')));
  } catch {
    return null;
  }
}
