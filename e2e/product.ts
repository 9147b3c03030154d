/** A product of its own for each of the runner's workers: its own port, database and people, over one build. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#bin/test/free-port.ts';
import { atSize } from '#test/size.ts';

export const ADMIN = { email: 'admin@countersign.test', password: 'correct horse battery staple' };
export const ADMIN_API_KEY = 'cs_e2e_0123456789abcdef0123456789abcdef';

export type Product = {
  url: string;
  /** Kills the web server; the start begins another. Resolves when the old one is gone. */
  endWeb(): Promise<void>;
  stop(): Promise<void>;
};

const START_MS = 240_000;
const STOP_MS = 30_000;

/** Resolves when the ready line was printed. Throws with what the start said when it ends before, or says nothing for too long. */
export async function startProduct(settings: Record<string, string> = {}): Promise<Product> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-e2e-'));
  // As root the server runs as another user, who would otherwise be sent elsewhere, and his files stay there.
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const child = spawn(process.execPath, ['bin/start.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: String(port),
      DATA_DIR: dataDir,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      ADMIN_API_KEY,
      ALLOW_PRIVATE_TARGETS: '1',
      // Only stories of `npm run proof` end one of several.
      WORKERS: atSize('1', '2'),
      // A test run is not the place for the person's own database.
      DATABASE_URL: '',
      MIGRATE_DATABASE_URL: '',
      ...settings,
    },
  });
  const stop = async () => {
    await end(child);
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await untilReady(child);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  const endWeb = async () => {
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'web.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    while (lives(pid)) await sleep(20);
  };
  return { url, endWeb, stop };
}

async function untilReady(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((ready, fail) => {
    const late = setTimeout(() => fail(new Error(`The product did not start within ${START_MS / 1000} s:\n${said}`)), START_MS);
    child.once('exit', (code) => fail(new Error(`The product ended with ${code} before it was ready:\n${said}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^ready http/m.test(said)) {
        clearTimeout(late);
        ready();
      }
    });
  });
  // From here on nobody keeps what it says, but somebody has to read it.
  child.stdout?.removeAllListeners('data').resume();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(patience);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
