/** `npm start` over a real server that could lose what it acknowledged: it says so, and starts nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '#lib/store/postgres/embedded.ts';

let folder: string;
let server: Embedded | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-refusal-'));
  // As root the server runs as another user, who would otherwise be sent elsewhere.
  chmodSync(folder, 0o711);
});

afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function serverWith(settings: Record<string, string>): Promise<Embedded> {
  server = await startEmbedded({ dataDir: folder, settings: { shared_buffers: '16MB', ...settings } });
  return server;
}

const START_MS = 40_000;

async function start({ appUrl, ownerUrl }: Embedded): Promise<{ code: number; said: string; complained: string }> {
  const env = {
    ...process.env,
    ...{ PORT: String(await freePort()), WORKERS: '0', DATA_DIR: join(folder, 'start') },
    ...{ DATABASE_URL: appUrl, MIGRATE_DATABASE_URL: ownerUrl },
  };
  // One that does start is ended.
  const signal = AbortSignal.timeout(START_MS);
  const child = spawn(process.execPath, ['bin/start.ts', '--dev'], { env, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const [said, complained, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, said, complained };
}

test.each(['fsync', 'full_page_writes', 'synchronous_commit'])(
  'with %s off it starts nothing and says what to turn on',
  async (name) => {
    const { code, said, complained } = await start(await serverWith({ [name]: 'off' }));
    expect(complained).toContain('The database does not protect receipts, so nothing is started:');
    expect(complained).toContain(`${name} is off: a receipt that was acknowledged could be lost in a crash. Turn it on.`);
    expect(complained.match(/ is off/g)).toHaveLength(1);
    expect(code).toBe(1);
    expect(said).not.toMatch(/web|workers|ready/);
  },
);

test('nor where only the application’s role has synchronous_commit off', async () => {
  const urls = await serverWith({});
  const client = new pg.Client({ connectionString: urls.superUrl });
  await client.connect();
  await client.query(`ALTER ROLE ${new URL(urls.appUrl).username} SET synchronous_commit = off`);
  await client.end();
  const { code, complained } = await start(urls);
  expect(complained).toContain('synchronous_commit is off');
  expect(code).toBe(1);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
