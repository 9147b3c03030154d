import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newFolder, SMALL, usedFolder } from '#test/embedded.ts';
import { isPostmasterOf, processLife } from './embedded/process.ts';
import { type Embedded, startEmbedded } from './embedded.ts';

/** One for all tests but the first, which makes its own. Each leaves it stopped and whole. */
let used: string;
let dataDir: string;
let server: Embedded | undefined;
const lines: string[] = [];

beforeAll(() => {
  used = usedFolder();
});

beforeEach(() => {
  lines.length = 0;
  dataDir = used;
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
  if (dataDir !== used) rmSync(dirname(dataDir), { recursive: true, force: true });
});

afterAll(() => rmSync(dirname(used), { recursive: true, force: true }));

const start = async () => {
  server = await startEmbedded({ dataDir, settings: SMALL, log: (line) => lines.push(line) });
  return server;
};

test('it starts, answers two roles that are no superusers, keeps what was written, and leaves no process', async () => {
  dataDir = newFolder();
  // What starts left that were killed while they made it.
  const root = join(dataDir, 'postgres');
  for (const name of ['data.new', 'data.new.1f']) mkdirSync(join(root, name, 'base'), { recursive: true });
  const first = await start();
  expect(readdirSync(root).sort()).toEqual(['data', 'lock']);
  await ask(first.ownerUrl, 'CREATE TABLE kept (n int)');
  expect(
    await ask(
      first.appUrl,
      `SELECT rolsuper, rolcreatedb, rolcreaterole, current_setting('server_encoding') AS encoding
    FROM pg_roles WHERE rolname = current_user`,
    ),
  ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false, encoding: 'UTF8' }]);
  expect(
    await ask(
      first.superUrl,
      `SELECT current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS listens`,
    ),
  ).toEqual([{ fsync: 'on', checksums: 'on', listens: '127.0.0.1' }]);
  // The passwords and the log are for their owner only.
  for (const name of ['postgres.json', 'postgres.log']) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0);
  // A second start on the same folder is refused and names the process.
  await expect(startEmbedded({ dataDir })).rejects.toThrow(`process ${process.pid}`);
  await first.stop();
  expect(processLife(first.pid)).toBeNull();

  const second = await start();
  expect(second.port).toBe(first.port);
  expect(await ask(second.ownerUrl, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }]);
});

test('after a kill -9 of the parent the next start goes on with the server that is left; one that was killed too is started again', async () => {
  const killed = await startInAnotherProcess();
  const next = await start();
  expect(next).toMatchObject({ pid: killed, reused: true });
  expect(lines.join()).toContain(String(killed));

  process.kill(killed, 'SIGKILL');
  await next.stop();
  expect(processLife(killed)).toBeNull();
  const again = await start();
  expect(again.reused).toBe(false);
  expect(await ask(again.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a pid file that names a stranger does not stop it, nor does somebody on the remembered port', async () => {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  const path = join(dataDir, 'postgres.json');
  const squatter = createServer().listen(0, '127.0.0.1');
  try {
    await Promise.all([once(stranger, 'spawn'), once(squatter, 'listening')]);
    const { port } = squatter.address() as { port: number };
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), port }));
    const data = join(dataDir, 'postgres', 'data');
    writeFileSync(join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n1\n${port}\n\n127.0.0.1\n0 0\nready   \n`);
    expect(isPostmasterOf(stranger.pid ?? 0, data)).toBe(false);
    const next = await start();
    expect(next.reused).toBe(false);
    expect(next.port).not.toBe(port);
  } finally {
    squatter.close();
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  }
});

test('a database whose passwords are gone is not overwritten', async () => {
  const passwords = join(dataDir, 'postgres.json');
  renameSync(passwords, `${passwords}.aside`);
  try {
    await expect(start()).rejects.toThrow(/postgres\.json with its passwords is missing/);
    expect(existsSync(passwords)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'))).toBe(true);
  } finally {
    renameSync(`${passwords}.aside`, passwords);
  }
});

test('what keeps it from starting is told from its log', async () => {
  const bad = startEmbedded({ dataDir, settings: { shared_buffers: 'plenty' } });
  await expect(bad).rejects.toThrow(/invalid value for parameter "shared_buffers": "plenty"/);
});

async function ask(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the database in a process that dies by kill -9 as soon as it is up; gives the database's own process id. */
async function startInAnotherProcess(): Promise<number> {
  const module = JSON.stringify(resolve(import.meta.dirname, 'embedded.ts'));
  const script = `const { startEmbedded } = await import(${module});
    await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, settings: ${JSON.stringify(SMALL)} });
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  const pid = Number(readFileSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  expect(processLife(pid)).not.toBeNull();
  return pid;
}
