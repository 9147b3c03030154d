/**
 * The disk that holds the database is full while a batch is sent. A real PostgreSQL on a file system of its own, kept running as `npm start` keeps it;
 * real worker processes; a target that keeps its own log. It needs Linux and the right to mount.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type KeptDatabase, keepDatabase } from '#bin/start/database.ts';
import { threadsOf } from '#bin/threads.ts';
import { isConnectionLoss } from '#lib/core/fleet/database-fault.ts';
import { LEASE_MS } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { closeDb, openDb } from '#lib/store/postgres/db.ts';
import { migrate } from '#lib/store/postgres/migrate.ts';
import { ADA, steps } from '#test/fixtures/started-batch.ts';
import { TEMPO } from '#test/tempo.ts';
import { approvedBatch, loggingTarget, sendAll, settled } from './approved.ts';
import { judge, NOTHING, ordinalOf, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorkers } from './workers.ts';

const DISK = '192m';
const disk = mountedDisk();

afterEach(killWorkers);

const ITEMS = 1_500;

test.skipIf(disk === null).each([
  { at: 'a table', more: async () => {}, says: /^“a.csv” could not be stored\. The database's disk is full/ },
  {
    at: 'the log of transactions, which ends the server',
    more: endWithoutLog,
    says: /^“a.csv” could not be stored\. The database does not answer/,
  },
])('no room for $at: nothing is sent, nothing is lost, and with room it goes on by itself', async ({ more, says }) => {
  const folder = mkdtempSync(join(disk as string, 'data-'));
  chmodSync(folder, 0o711);
  const database = await keepDatabase({
    dataDir: folder,
    settings: { shared_buffers: '32MB', track_commit_timestamp: 'on', max_wal_size: '48MB', min_wal_size: '32MB' },
    log: (line) => console.log(line),
  });
  const { pool, end } = await migrated(database);
  try {
    const target = await loggingTarget({ latencyMs: 5 });
    const batch = await approvedBatch(pool, { items: ITEMS, plan: sendAll(target) });
    // At the product's own tempo: a full disk keeps the machine busy, and who is taken for dead answers for nothing.
    const workers = await startWorkers(database.appUrl, 2, { realTempo: true });
    await eventually('effects', async () => target.lines().length > 100 && ownerOf(pool, batch.batchId));
    const ballast = fill(disk as string);
    await more(database);
    await eventually('silence', async () => {
      const before = target.lines().length;
      // Long enough to be an incident also where all that is seen of it is a server that is away.
      await sleep(LEASE_MS / TEMPO + 500);
      await target.decided();
      return target.lines().length === before;
    });
    expect(target.lines().length).toBeLessThan(ITEMS);
    const source = (async function* () {
      yield Buffer.from(`a,b\n${'1,2\n'.repeat(500_000)}`);
    })();
    await expect(uploadDataset(ADA, { name: 'a.csv', source })).rejects.toThrow(says);

    rmSync(ballast);
    await eventually('the incident', () => incidents(true));
    await eventually('the end', () => settled(pool, batch.batchId));
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
    expect(Object.keys(await steps(pool, batch.batchId))).toHaveLength(ITEMS);
    // Every answer that came was kept until there was room for it.
    const acted = new Set(target.lines().map(ordinalOf));
    const uncertain = await uncertainOf(pool, batch.batchId);
    expect(uncertain.filter((ordinal) => acted.has(ordinal))).toEqual([]);
    // What a look of this size leaves to the workers.
    await checkSums();
    const sum = (await readBatch(ADA, { batchId: batch.batchId }))?.sum;
    expect(sum?.checked.receipts).toBe(sum?.checked.of);
    expect(sum).toMatchObject({
      ...{ approved: ITEMS, done: ITEMS - uncertain.length, failed: 0, inFlight: 0, waiting: 0, addsUp: true },
    });
    // The processes that met it are those that went on.
    for (const worker of workers) expect(process.kill(worker.pid, 0)).toBe(true);
    await eventually('the incident to be over', () => incidents(false));
    expect((await pool.query("SELECT count(*)::int AS told FROM incident WHERE kind = 'database'")).rows).toEqual([{ told: 1 }]);
  } finally {
    await killWorkers();
    await end();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Whether one is open; an incident is of the database, and no chunk was halted. */
async function incidents(open: boolean): Promise<boolean> {
  const found = await readIncidents(ADA).catch(() => null);
  if (found === null) return false;
  expect(found.filter(({ kind }) => kind !== 'database')).toEqual([]);
  return found.length > 0 === open;
}

/** Writes to the log until there is no room for more of it: PostgreSQL then ends all its processes, and can't recover before there is room. */
async function endWithoutLog(database: KeptDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: database.superUrl });
  client.on('error', () => {});
  await client.connect();
  for (;;) {
    try {
      await client.query("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 1000000))");
    } catch (error) {
      if (isConnectionLoss(error)) return;
      throw error;
    }
  }
}

/** A file system of its own, unmounted after the file's tests; null where this may not be made. */
function mountedDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return told('not root on Linux');
  const folder = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0711`, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    return told(stderr?.trim() ?? 'no mount');
  }
  afterAll(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function told(why: string): null {
  console.log(`Skipped: no file system of its own can be mounted here (${why}).`);
  return null;
}

async function migrated(database: KeptDatabase): Promise<{ pool: pg.Pool; end: () => Promise<void> }> {
  await migrate(database);
  process.env.DATABASE_URL = database.appUrl;
  // On a disk that has room: here it is the database that has none.
  const originals = mkdtempSync(join(tmpdir(), 'countersign-disk-originals-'));
  process.env.ORIGINALS_DIR = originals;
  const opened = openDb(database.appUrl);
  Object.assign(globalThis, { countersignDb: opened, countersignEnv: undefined });
  const threads = threadsOf(1, null);
  return {
    pool: opened.pool,
    async end() {
      await stopRinging();
      await threads.end();
      await closeDb(opened);
      rmSync(originals, { recursive: true, force: true });
    },
  };
}

/** Takes all the room that is left. */
function fill(folder: string): string {
  const path = join(folder, 'ballast');
  const file = openSync(path, 'w');
  for (let size = 2 ** 20; size >= 4096; ) {
    try {
      if (writeSync(file, Buffer.alloc(size)) < size) size /= 2;
    } catch {
      size /= 2;
    }
  }
  closeSync(file);
  return path;
}
