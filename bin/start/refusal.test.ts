/** Whole starts that must not go on: each ends with exit code 1, says what, where and what to do, and starts nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterEach, expect, inject, test } from 'vitest';
import { freePort } from '#bin/test/free-port.ts';
import { type Embedded, startEmbedded } from '#lib/store/postgres/embedded.ts';
import { newFolder, SMALL, usedFolder } from '#test/embedded.ts';
import { FULL } from '#test/size.ts';
import { wordsOfRefusal } from './refusal.ts';

let folder: string;
let server: Embedded | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(dirname(folder), { recursive: true, force: true });
});

const START_MS = 55_000;

async function start(settings: Record<string, string>): Promise<{ code: number; said: string; complained: string }> {
  // Other files of this process set settings for themselves.
  const none = { DATABASE_URL: '', SECRET_KEY: '', SIGNING_KEY_FILE: '' };
  const env = { ...process.env, ...none, PORT: String(await freePort()), WORKERS: '0', ...settings };
  // One that does start is ended.
  const signal = AbortSignal.timeout(START_MS);
  const child = spawn(process.execPath, ['bin/start.ts', '--dev'], { env, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const [said, complained, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, said, complained };
}

test('over a server that could lose what it acknowledged it says what to turn on', async () => {
  folder = usedFolder();
  server = await startEmbedded({ dataDir: folder, settings: { ...SMALL, fsync: 'off', full_page_writes: 'off' } });
  const client = new pg.Client({ connectionString: server.superUrl });
  await client.connect();
  // Only where the application's role has it off.
  await client.query(`ALTER ROLE ${new URL(server.appUrl).username} SET synchronous_commit = off`);
  await client.end();
  const settings = { DATA_DIR: join(folder, 'start'), DATABASE_URL: server.appUrl, MIGRATE_DATABASE_URL: server.ownerUrl };
  const { code, said, complained } = await start(settings);
  expect(complained).toContain('The database does not protect receipts, so nothing is started:');
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    expect(complained).toContain(`${name} is off: a receipt that was acknowledged could be lost in a crash. Turn it on.`);
  expect(complained.match(/ is off/g)).toHaveLength(3);
  expect(code).toBe(1);
  expect(said).not.toMatch(/web|workers|ready/);
});

if (FULL)
  test('over a database that is damaged where the migrations look it says so, and its process is gone', async () => {
    folder = usedFolder();
    writeFileSync(join(folder, 'secret.key'), `${'x'.repeat(43)}\n`);
    // The catalogue of tables of the database countersign, in every segment and map of it.
    const memory = readFileSync(join(folder, 'postgres.json'));
    const base = join(folder, 'postgres', 'data', 'base');
    const catalogue = await fileOf('pg_class');
    writeFileSync(join(base, '..', catalogue), Buffer.alloc(8192, 7));
    const { code, said, complained } = await start({ DATA_DIR: folder });
    expect(complained).toMatch(/^The database('s files are| in .* is) damaged/);
    expect(complained.trim()).not.toContain('\n');
    expect(code).toBe(1);
    expect(said).not.toMatch(/web|workers|ready/);
    expect(JSON.parse(readFileSync(join(folder, 'postgres.json'), 'utf8'))).toMatchObject({
      superPassword: JSON.parse(memory.toString()).superPassword,
    });
  });

/** Where the database countersign of the run's own server keeps a relation; the copies keep it there too. */
async function fileOf(relation: string): Promise<string> {
  const client = new pg.Client({ connectionString: inject('server').superUrl.replace(/\/postgres$/, '/countersign') });
  await client.connect();
  try {
    const { rows } = await client.query<{ path: string }>('SELECT pg_relation_filepath($1::regclass) AS path', [relation]);
    return rows[0]?.path ?? '';
  } finally {
    await client.end();
  }
}

test('without the key that a used database has its secrets encrypted with, and with a port that is taken', async () => {
  folder = usedFolder();
  const { code, complained } = await start({ DATA_DIR: folder });
  expect(complained).toMatch(
    `${join(folder, 'secret.key')} is missing: sessions are signed and the secrets of connections are encrypted with what is made of it.`,
  );
  expect(code).toBe(1);

  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as { port: number };
  try {
    const taken = await start({ DATA_DIR: folder, PORT: String(port) });
    expect(taken).toMatchObject({ code: 1, complained: expect.stringContaining(`Port ${port} is in use by another program.`) });
  } finally {
    squatter.close();
  }
});

test('where DATA_DIR is a file', async () => {
  folder = newFolder();
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(folder, 'a file');
  const { code, complained } = await start({ DATA_DIR: folder });
  expect(complained).toBe(`${folder} is a file where a folder is needed. Set DATA_DIR to a folder.\n`);
  expect(code).toBe(1);
});

test('every error that a person can do something about is a sentence, and a bug keeps its stack', () => {
  folder = newFolder();
  const error = (properties: object, message = 'what was said') => Object.assign(new Error(message), properties);
  expect(wordsOfRefusal(error({ code: 'ENOSPC', syscall: 'write' }), '/data')).toMatch(
    /^The disk that holds \/data is full\. Free space/,
  );
  expect(wordsOfRefusal(error({ code: 'EACCES', syscall: 'open', path: '/data/lock' }), '/data')).toMatch(
    /^\/data\/lock can't be written \(EACCES\)\. Give it to the user/,
  );
  expect(wordsOfRefusal(error({ code: '53100', severity: 'ERROR' }), '/data')).toMatch(/^The database's disk is full/);
  expect(wordsOfRefusal(error({ code: 'ECONNREFUSED', syscall: 'connect' }), '/data')).toMatch(/^The database does not answer\./);
  expect(wordsOfRefusal(error({ code: '28P01' }, 'password authentication failed for user "app"'), '/data')).toBe(
    'The database refuses DATABASE_URL: password authentication failed for user "app". Fix what it names, and start again.',
  );
  const bug = new TypeError('a bug');
  expect(wordsOfRefusal(bug, '/data')).toBe(bug);
});
