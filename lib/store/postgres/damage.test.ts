/** A file of a running database is overwritten on its disk: PostgreSQL's checksums notice, and whatever meets it says so. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { resolveHouseIncidents } from '#lib/store/fleet/house-incidents.sql.ts';
import { eventually } from '#test/crash/workers.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, leasesCount, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { closeDb, openDb } from './db.ts';

const { ownerPool, pool, superPool, url } = await testDatabase();

const PAGE_BYTES = 8192;
const PLAN = {
  classifier: { kind: 'rules' as const, rules: [], otherwise: 'skip' },
  categories: [{ name: 'skip' }],
  chunking: { by: 'size' as const, maxItems: 50 },
};
const WORDS =
  "The database's files are damaged. Stop everything, keep the files as they are, and restore a backup. PostgreSQL says: ";

beforeAll(async () => {
  await superPool.query('CREATE EXTENSION pg_buffercache');
  await leasesCount(pool);
});

/** Overwrites the first page of a relation behind PostgreSQL's back, which then has it nowhere else. */
async function damage(relation: string): Promise<void> {
  await superPool.query('CHECKPOINT');
  const { rows } = await superPool.query<{ path: string }>(
    "SELECT current_setting('data_directory') || '/' || pg_relation_filepath($1::regclass) AS path",
    [relation],
  );
  await superPool.query('SELECT pg_buffercache_evict_relation($1::regclass)', [relation]);
  const file = openSync(rows[0]?.path ?? '', 'r+');
  writeSync(file, Buffer.alloc(PAGE_BYTES / 2, 7), 0, PAGE_BYTES / 2, PAGE_BYTES / 2);
  closeSync(file);
}

const damaged = async () => (await readIncidents(ADA)).filter(({ kind }) => kind === 'damaged');

test('whoever meets it is told, and it is one incident until the database is started again', async () => {
  await ownerPool.query('CREATE TABLE spoilt AS SELECT n, repeat($$x$$, 500) AS t FROM generate_series(1, 100) n');
  await ownerPool.query('GRANT SELECT ON spoilt TO countersign_app');
  await damage('spoilt');
  try {
    for (let tries = 1; tries <= 3; tries += 1)
      await expect(pool.query('SELECT * FROM spoilt')).rejects.toMatchObject({ code: 'XX001' });
    const other = openDb(url);
    await expect(other.prisma.$queryRawUnsafe('SELECT n, t FROM spoilt')).rejects.toThrow();
    // By then it has told, too: later it would be told anew.
    await closeDb(other);
    const [told] = await eventually('the incident', async () => {
      const found = await damaged();
      return found.length > 0 && found;
    });
    expect(told?.message).toMatch(new RegExp(`^${WORDS}invalid page in block 0 of relation "?base/`));
    await resolveHouseIncidents(pool);
    expect(await damaged()).toMatchObject([{ id: told?.id }]);

    // As it is once the database was started again; it is told anew as soon as somebody meets it.
    await pool.query("UPDATE incident SET opened_at = pg_postmaster_start_time() - interval '1 second'");
    await resolveHouseIncidents(pool);
    expect(await damaged()).toEqual([]);
    const later = openDb(url);
    await expect(later.pool.query('SELECT * FROM spoilt')).rejects.toMatchObject({ code: 'XX001' });
    await eventually('the incident again', async () => (await damaged()).length === 1);
    await closeDb(later);
  } finally {
    await ownerPool.query('DROP TABLE spoilt');
    await pool.query('DELETE FROM incident');
  }
});

test('a worker halts the chunk that meets it, says why, and goes on with the others', async () => {
  // The first page of items is all of the one, and none of the other.
  const touched = await startedBatch(pool, { items: 200, plan: PLAN });
  const other = await startedBatch(pool, { items: 50, plan: PLAN });
  await damage('item');
  const first = async ({ batchId }: { batchId: string }) => (await chunkStates(pool, batchId))[0];
  await workUntil(pool, async () => (await first(touched)) === 'halted' && (await first(other)) === 'awaiting_review');
  const chunk = await pool.query('SELECT state, epoch FROM chunk WHERE batch_id = $1', [touched.batchId]);
  expect(chunk.rows).toEqual([{ state: 'halted', epoch: 1 }]);
  const incidents = await readIncidents(ADA);
  expect(incidents.map(({ kind }) => kind).sort()).toEqual(['damaged', 'halted']);
  for (const { message } of incidents) expect(message.startsWith(WORDS)).toBe(true);
});
