/** Data folders that were cut, half copied, or belong to nobody: each start ends with what, where and what to do, and changes nothing. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { copyFolder } from '#test/copy-folder.ts';
import { SMALL, usedFolder } from '#test/embedded.ts';
import { FULL } from '#test/size.ts';

const ROOT = process.platform === 'linux' && process.getuid?.() === 0;

let dataDir: string;
let data: string;
const use = () => {
  dataDir = usedFolder();
  data = join(dataDir, 'postgres', 'data');
};
const forget = () => rmSync(dirname(dataDir), { recursive: true, force: true });

/** What the start says. A sentence that advises to remove something is no cure: what is there may be all that is left. */
async function refusal(): Promise<string> {
  const error = await startEmbedded({ dataDir, settings: SMALL }).then(
    (server) => server.stop().then(() => null),
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ code: 'unavailable' });
  const said = error?.message ?? '';
  expect(said).not.toMatch(/remov|delet|rm |resetwal|initdb/i);
  expect(said).not.toContain('\n');
  expect(said).toContain(dataDir);
  return said;
}

const restore = () =>
  `Restore ${dataDir} from a backup, or copy all of it again while its Countersign is stopped; keep what is here`;

/** What is seen before anything is started, so these share a folder: each puts back what it takes. */
describe('postgres.json', () => {
  beforeAll(use);
  afterAll(forget);
  const path = () => join(dataDir, 'postgres.json');

  test.each([
    ['cut in the middle', (text: string) => text.slice(0, text.length / 2), 'it is not JSON: it may be cut off'],
    ['empty', () => '', 'it is not JSON: it may be cut off'],
    ['without a password', (text: string) => text.replace('"superPassword"', '"other"'), 'superPassword is missing or wrong'],
    ['that is no object', () => 'null', 'what it holds is missing or wrong'],
  ])('%s', async (_, spoil, why) => {
    const whole = readFileSync(path());
    writeFileSync(path(), spoil(whole.toString()));
    const spoiled = readFileSync(path());
    expect(await refusal()).toMatch(`${path()} is damaged (${why}): it holds the passwords of the embedded database`);
    expect(readFileSync(path())).toEqual(spoiled);
    writeFileSync(path(), whole);
  });

  test('alone, without its database: no empty one is made in its place', async () => {
    renameSync(data, `${data}.aside`);
    const said = await refusal();
    expect(said).toContain(`${path()} belongs to a database that was in ${data} and is not there. ${restore()}`);
    expect(existsSync(data)).toBe(false);
    renameSync(`${data}.aside`, data);
  });

  test.each(['global', 'base', 'pg_wal', 'pg_xact', 'PG_VERSION', 'pg_notify'])('a copy without %s', async (name) => {
    renameSync(join(data, name), join(dataDir, 'aside'));
    const said = await refusal();
    expect(said).toContain(`The database in ${data} is not whole: ${name}`);
    expect(said).toContain(`${name === 'global' ? 'are' : 'is'} missing, as after a copy that broke off. ${restore()}`);
    renameSync(join(dataDir, 'aside'), join(data, name));
  });
});

/** PostgreSQL is started over these. They share a folder too: what a test spoils is put back behind it, and the last but one looks that all of it was. */
describe('a database of which something is missing, cut or overwritten', () => {
  beforeAll(use);
  afterAll(forget);
  const aside = () => join(dirname(dataDir), 'aside');
  let spoiled: string | undefined;
  /** A file or a folder that the test is about to spoil. */
  const toSpoil = (...names: string[]): string => {
    spoiled = join(dataDir, ...names);
    copyFolder(spoiled, aside());
    return spoiled;
  };
  afterEach(() => {
    if (!spoiled) return;
    rmSync(spoiled, { recursive: true, force: true });
    renameSync(aside(), spoiled);
    spoiled = undefined;
  });
  const DATA = ['postgres', 'data'];

  test('its log of transactions', async () => {
    const log = toSpoil(...DATA, 'pg_wal');
    for (const name of readdirSync(log)) if (/^[0-9A-F]{24}$/.test(name)) rmSync(join(log, name));
    expect(await refusal()).toContain(
      `The database in ${data} is damaged; PostgreSQL says: could not locate a valid checkpoint record`,
    );
  });

  // The first that PostgreSQL starts over: after a crash, which the others leave, its log of transactions would heal this.
  if (FULL)
    test('the table of databases', async () => {
      truncateSync(toSpoil(...DATA, 'global', '1262'), 0);
      expect(await refusal()).toContain(`The database in ${data} is damaged; PostgreSQL says: `);
    });

  if (FULL)
    test('a file that every connection needs', async () => {
      rmSync(toSpoil(...DATA, 'base', '5', 'pg_filenode.map'));
      const said = await refusal();
      expect(said).toContain(`The database in ${data} is damaged; PostgreSQL says: could not open file "base/5/pg_filenode.map"`);
    });

  test('pg_control', async () => {
    truncateSync(toSpoil(...DATA, 'global', 'pg_control'), 100);
    const said = await refusal();
    expect(said).toContain(`The database in ${data} is damaged; PostgreSQL says: could not read file "global/pg_control"`);
    expect(said).toContain(restore());
    expect(said).toContain(`${join(dataDir, 'postgres.log')} has more.`);
  });

  if (FULL)
    test('pg_control, overwritten', async () => {
      const file = openSync(toSpoil(...DATA, 'global', 'pg_control'), 'r+');
      writeSync(file, Buffer.alloc(64, 7), 0, 64, 0);
      closeSync(file);
      expect(await refusal()).toMatch(/is damaged; PostgreSQL says: .*(control file|checksum|incompatible with server)/);
    });

  test('postgres.json, which is that of another database', async () => {
    const path = toSpoil('postgres.json');
    const memory = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...memory, superPassword: 'of another moment' }));
    expect(await refusal()).toContain(`The passwords in ${path} are not those of the database in ${data}`);
  });

  test.skipIf(!ROOT)('a copy that lost its owner', async () => {
    const { uid, gid } = statSync(data);
    spawnSync('chown', ['-R', 'root', data]);
    const said = await refusal();
    spawnSync('chown', ['-R', `${uid}:${gid}`, data]);
    expect(said).toContain(`PostgreSQL may not use ${data}: `);
    expect(said).toMatch(/Give the folder and all in it to the user that runs PostgreSQL \(uid \d+\) \(chown -R\)/);
  });

  test('a folder that others may read', async () => {
    chmodSync(data, 0o755);
    expect(await refusal()).toContain(`PostgreSQL may not use ${data}: data directory "${data}" has invalid permissions`);
    chmodSync(data, 0o700);
  });

  test('of another major version', async () => {
    writeFileSync(toSpoil(...DATA, 'PG_VERSION'), '16\n');
    expect(await refusal()).toContain(`The database in ${data} was made by PostgreSQL 16, another major version`);
  });

  test('all of it put back: it starts', async () => {
    const server = await startEmbedded({ dataDir, settings: SMALL });
    await server.stop();
  });

  if (FULL)
    test.skipIf(!ROOT)('a disk that is full', async () => {
      const whole = `${dataDir} whole`;
      renameSync(dataDir, whole);
      mkdirSync(dataDir, { mode: 0o711 });
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=0711', 'tmpfs', dataDir], { encoding: 'utf8' });
      if (mounted.status !== 0)
        return console.log(`Skipped: no file system of its own can be mounted here (${mounted.stderr.trim()}).`);
      try {
        // Room for a folder, and none for a database.
        fill(join(dataDir, 'ballast'), 2 * 1024 ** 2);
        expect(await refusal()).toBe(fullIn(join(dataDir, 'postgres')));
        rmSync(join(dataDir, 'ballast'));

        spawnSync('cp', ['-a', `${whole}/.`, dataDir]);
        rmSync(join(dataDir, 'postgres.log'), { force: true });
        fill(join(dataDir, 'ballast'), 4 * 1024);
        expect(await refusal()).toMatch(/^The disk that holds .* is full\./);
        rmSync(join(dataDir, 'ballast'));
        const server = await startEmbedded({ dataDir, settings: SMALL });
        await server.stop();
      } finally {
        spawnSync('umount', ['-l', dataDir]);
      }
    });
});

const fullIn = (path: string) =>
  `The disk that holds ${path} is full. Free space on it, with nothing from inside that folder, and start again. What is stored is safe.`;

/** Takes all the room but so many bytes. */
function fill(path: string, left: number): void {
  const { stdout } = spawnSync('df', ['--output=avail', '-B1', join(path, '..')], { encoding: 'utf8' });
  writeFileSync(path, Buffer.alloc(Number(stdout.split('\n')[1]) - left));
}
