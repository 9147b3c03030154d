/**
 * Compare-and-sets that are asked of Prisma's models, and the clock that they go by. Each runs into a transaction that is about to change the row: whoever looked
 * before and wrote afterwards would write over it.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { keepAnswer, leaveKey, pruneApiWrites, takeKey } from './api/api-writes.ts';
import { openDatabaseIncident } from './fleet/database-incident.ts';
import { openWebIncident } from './fleet/house-incidents.ts';
import { acknowledge, stopOnMismatch } from './fleet/incidents.ts';
import { keepTallies } from './fleet/tallies.ts';
import { pruneEvents } from './live/events.ts';
import { tellTape } from './live/tape.ts';
import { countTry, readPerson } from './people/people.sql.ts';
import {
  forgetTries,
  insertPerson,
  readInvitations,
  readLink,
  replaceFirstLink,
  replaceInvitation,
  setDisabled,
  takeLink,
  withdrawLinksFor,
} from './people/people.ts';
import { databaseTime } from './postgres/database-time.ts';
import { closeDb, inTransaction, openDb } from './postgres/db.ts';
import { readTask, setDone } from './tasks/follow-ups.ts';

const { pool, prisma, ownerPool, url } = await testDatabase();
const { batchId, datasetId } = await seedBatch(pool, {
  chunks: [{ state: 'queued', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
});

const digest = (text: string) => createHash('sha256').update(text).digest();
const one = async (sql: string, ...values: unknown[]) => (await pool.query(sql, values)).rows[0];
/** Another transaction that has asked this, and is about to commit. */
const said =
  (sql: string, ...values: unknown[]) =>
  (client: PoolClient) =>
    client.query(sql, values);

describe('a setup link', () => {
  const token = digest('link');
  const take = () => inTransaction(pool, (tx) => takeLink(tx, token));
  beforeEach(async () => {
    await pool.query('DELETE FROM setup_link');
    await inTransaction(pool, (tx) =>
      replaceInvitation(tx, { tokenDigest: token, role: 'auditor', email: 'bo@example.com', createdBy: null, days: 1 }),
    );
  });

  test('that is just being used is not taken', async () => {
    expect(await whileHeld(pool, said('UPDATE setup_link SET used_at = now()'), take)).toBe(false);
  });

  test('that is just being withdrawn, or made to expire, is not taken', async () => {
    expect(await whileHeld(pool, said(`UPDATE setup_link SET expires_at = now() - interval '1 s'`), take)).toBe(false);
    expect(await whileHeld(pool, said('DELETE FROM setup_link'), take)).toBe(false);
  });

  test('that was let off is taken after all, once', async () => {
    const held = said(`UPDATE setup_link SET expires_at = now() + interval '1 hour'`);
    const taken = await whileHeld(pool, held, () => Promise.all(Array.from({ length: 6 }, take)));
    expect(taken.filter((is) => is)).toHaveLength(1);
  });

  test('that is just being used is not withdrawn: it stays known as used', async () => {
    const withdraw = () => inTransaction(pool, (tx) => withdrawLinksFor(tx, 'bo@example.com'));
    expect(await whileHeld(pool, said('UPDATE setup_link SET used_at = now()'), withdraw)).toBe(0);
    expect(await readLink(token)).toMatchObject({ role: 'auditor', email: 'bo@example.com', used: true, expired: false });
  });
});

test('a try that is counted while others are taken back is not lost, and none goes below zero', async () => {
  const key = digest('try');
  for (let n = 0; n < 3; n += 1) await countTry(key, 15);
  await whileHeld(pool, said('UPDATE sign_in_try SET count = count + 4 WHERE key_digest = $1', key), () => forgetTries([key]));
  expect(await countTry(key, 15)).toMatchObject({ count: 7 });
  await Promise.all(Array.from({ length: 12 }, () => forgetTries([key, digest('nobody')])));
  expect(await countTry(key, 15)).toMatchObject({ count: 1 });
});

test('a window that is just begun anew is not forgotten as over', async () => {
  const key = digest('window');
  await countTry(key, 15);
  await pool.query(`UPDATE sign_in_try SET until = now() - interval '1 s' WHERE key_digest = $1`, [key]);
  const anew = said(`UPDATE sign_in_try SET count = 5, until = now() + interval '1 min' WHERE key_digest = $1`, key);
  await whileHeld(pool, anew, () => forgetTries([]));
  expect(await countTry(key, 15)).toMatchObject({ count: 6 });
});

describe('the key of a write', () => {
  const asked = () => ({ actor: 'key:env', key: randomUUID(), path: '/api/v1/batches', digest: digest('one') });
  type Asked = ReturnType<typeof asked>;
  /** As another process takes it: what this one holds does not count. */
  const take = (write: Asked) => {
    const taken = takeKey(write);
    leaveKey(write);
    return taken;
  };
  const leave = ({ actor, key, path, digest: of }: Asked) =>
    pool.query('INSERT INTO api_write (actor, key, path, request_digest, owner) VALUES ($1, $2, $3, $4, 4711)', [
      actor,
      key,
      path,
      of,
    ]);

  test('has one owner for each epoch, however many processes take it at once', async () => {
    const write = asked();
    const taken = await Promise.all(Array.from({ length: 8 }, () => take(write)));
    const epochs = taken.flatMap((is) => (is.kind === 'taken' ? [is.write.epoch] : []));
    expect(epochs.length).toBeGreaterThan(0);
    expect(new Set(epochs).size).toBe(epochs.length);
    expect(await one('SELECT epoch FROM api_write WHERE key = $1', write.key)).toEqual({ epoch: Math.max(...epochs) });
  });

  /** Runs into a lock behind its look, and finds the row as this leaves it. */
  const overtaken = async (write: Asked, sql: string, ...values: unknown[]) => {
    await leave(write);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid FROM api_write WHERE key = $1 FOR UPDATE', [write.key]);
      const taking = take(write);
      await vi.waitFor(
        async () => {
          const waiting = await pool.query('SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))', [rows[0].pid]);
          expect(waiting.rowCount).toBe(1);
        },
        { timeout: 60_000, interval: 10 },
      );
      await client.query(`UPDATE api_write SET ${sql} WHERE key = $1`, [write.key, ...values]);
      await client.query('COMMIT');
      return await taking;
    } finally {
      client.release();
    }
  };

  test('whose dead owner is just committing is taken with what that did', async () => {
    const write = asked();
    expect(await overtaken(write, `done = '{"count": 7}'`)).toEqual({
      kind: 'taken',
      write: { actor: 'key:env', key: write.key, epoch: 2, done: { count: 7 } },
    });
  });

  test('that is just being answered, or taken by somebody who lives, is not taken over', async () => {
    expect(await overtaken(asked(), `status = 200, response = 'yes'`)).toMatchObject({
      kind: 'answered',
      answer: { status: 200 },
    });
    const client = await pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock($1, $2)', [0x70726573, 4_712]);
      expect(await overtaken(asked(), 'epoch = epoch + 1, owner = 4712')).toEqual({ kind: 'open' });
    } finally {
      client.release(true);
    }
  });

  test('taken by somebody else keeps no answer of the one before', async () => {
    const write = asked();
    const taken = await take(write);
    if (taken.kind !== 'taken') throw new Error(taken.kind);
    const other = said('UPDATE api_write SET epoch = epoch + 1 WHERE key = $1', write.key);
    await whileHeld(pool, other, () => keepAnswer(taken.write, { status: 200, body: Buffer.from('late') }));
    expect(await one('SELECT status, response FROM api_write WHERE key = $1', write.key)).toEqual({
      status: null,
      response: null,
    });
  });

  test('is read back byte for byte', async () => {
    const write = asked();
    const taken = await take(write);
    if (taken.kind !== 'taken') throw new Error(taken.kind);
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await keepAnswer(taken.write, { status: 201, body });
    expect(await take(write)).toEqual({ kind: 'answered', answer: { status: 201, body } });
  });
});

describe('an incident', () => {
  beforeEach(() => pool.query('DELETE FROM incident'));

  test('that somebody is just acknowledging keeps their name; of many at once one is first', async () => {
    const [held, raced] = [randomUUID(), randomUUID()];
    for (const id of [held, raced])
      await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'database', 'x')`, [id]);
    const ada = said(`UPDATE incident SET acknowledged_at = now(), acknowledged_by = 'user:ada' WHERE id = $1`, held);
    expect(await whileHeld(pool, ada, () => acknowledge({ prisma }, held, 'user:bo'))).toBe(false);
    expect(await one('SELECT acknowledged_by AS by FROM incident WHERE id = $1', held)).toEqual({ by: 'user:ada' });
    const firsts = await Promise.all(Array.from({ length: 8 }, (_, n) => acknowledge({ prisma }, raced, `user:${n}`)));
    expect(firsts.filter((first) => first)).toHaveLength(1);
    expect(await one('SELECT acknowledged_by AS by FROM incident WHERE id = $1', raced)).toEqual({
      by: `user:${firsts.indexOf(true)}`,
    });
    expect(await acknowledge({ prisma }, randomUUID(), 'user:bo')).toBeNull();
  });

  test('of the database is opened once, however many workers meet it', async () => {
    await Promise.all(Array.from({ length: 6 }, () => openDatabaseIncident(pool, 'The disk is full.', 60_000)));
    const { rows } = await pool.query<{ ago: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - opened_at)::int AS ago FROM incident',
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.ago).toBeGreaterThanOrEqual(60);
    await pool.query('UPDATE incident SET resolved_at = now()');
    await openDatabaseIncident(pool, 'Again.', 0);
    expect((await pool.query('SELECT FROM incident')).rowCount).toBe(2);
  });

  test('of a web server that is just being resolved is opened anew', async () => {
    await openWebIncident({ prisma }, 'replaced');
    await openWebIncident({ prisma }, 'replaced');
    expect((await pool.query('SELECT FROM incident')).rowCount).toBe(1);
    await whileHeld(pool, said('UPDATE incident SET resolved_at = now()'), () => openWebIncident({ prisma }, 'replaced'));
    expect((await pool.query('SELECT FROM incident WHERE resolved_at IS NULL')).rowCount).toBe(1);
  });

  test('of a sum that does not add up pauses its batch once, and is told once while it is open', async () => {
    const { batchId: own } = await seedBatch(pool, {
      chunks: [{ state: 'queued', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
    });
    const stop = () => inTransaction(pool, (tx) => stopOnMismatch(tx, own, randomUUID(), 'It differs by 1.'));
    expect((await Promise.all(Array.from({ length: 5 }, stop))).filter((told) => told)).toHaveLength(1);
    expect(await one('SELECT state FROM batch WHERE id = $1', own)).toEqual({ state: 'paused' });
    // A person resumes it meanwhile: then it runs, and has to be stopped again.
    const resumed = said(`UPDATE batch SET state = 'running' WHERE id = $1`, own);
    expect(await whileHeld(pool, resumed, stop)).toBe(true);
    expect(await one('SELECT state FROM batch WHERE id = $1', own)).toEqual({ state: 'paused' });
    // It ends meanwhile: what is over is not paused.
    await pool.query(`UPDATE batch SET state = 'running' WHERE id = $1`, [own]);
    await whileHeld(pool, said(`UPDATE batch SET state = 'cancelled' WHERE id = $1`, own), stop);
    expect(await one('SELECT state FROM batch WHERE id = $1', own)).toEqual({ state: 'cancelled' });
  });
});

test('a task that is just being withdrawn, or done by somebody else, is not done by one more', async () => {
  const make = async (key: string) =>
    BigInt(
      (
        await one(
          `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body) VALUES ($1, $2, $3, 1, 't', '') RETURNING id`,
          ...[key, batchId, datasetId],
        )
      ).id,
    );
  const [withdrawn, done] = [await make('a'), await make('b')];
  const finish = (id: bigint) => () =>
    inTransaction(pool, async (tx) => {
      await setDone(tx, id, true, 'user:bo');
      return readTask(tx, id);
    });
  const undo = said('UPDATE follow_up SET withdrawn_at = now() WHERE id = $1', withdrawn);
  expect(await whileHeld(pool, undo, finish(withdrawn))).toMatchObject({ doneAt: null, doneBy: null });
  const ada = said(`UPDATE follow_up SET done_at = now(), done_by = 'user:ada' WHERE id = $1`, done);
  expect(await whileHeld(pool, ada, finish(done))).toMatchObject({ doneBy: 'user:ada' });
  expect(await finish(999_999n)()).toBeNull();
  const { rows } = await pool.query('SELECT kind FROM follow_up_act WHERE follow_up_id = ANY ($1)', [[withdrawn, done]]);
  expect(rows).toEqual([]);
});

describe('a process whose clock is off', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([30, -30])('by %i hours writes, compares and prunes by the database’s', async (hours) => {
    await pool.query('DELETE FROM setup_link');
    await pool.query('DELETE FROM session; DELETE FROM account; DELETE FROM "user"');
    await pool.query('DELETE FROM incident');
    await pool.query('DELETE FROM api_write');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
    const person = { id: randomUUID(), name: 'Bo', email: 'bo@example.com', role: 'auditor', passwordHash: 'x' };
    const [first, link, key] = [digest(`first ${hours}`), digest(`link ${hours}`), digest(`try ${hours}`)];
    const incident = randomUUID();
    await inTransaction(pool, async (tx) => {
      await replaceFirstLink(tx, first);
      await replaceInvitation(tx, { tokenDigest: link, role: 'auditor', email: 'cy@example.com', createdBy: null, days: 1 });
      expect(await insertPerson(tx, person)).toBe(true);
      expect(await insertPerson(tx, { ...person, id: randomUUID() })).toBe(false);
      expect(await readPerson(tx, person.id)).toMatchObject({ email: person.email, disabledAt: null });
      await setDisabled(tx, person.id, true);
      await tellTape(tx, { batchId, chunk: null, kind: `told ${hours}`, facts: { name: 'Bo' } });
      await tx.prisma.incident.create({ data: { id: incident, kind: 'mismatch', message: 'x', batchId } });
    });
    await acknowledge({ prisma }, incident, `user:${person.id}`);
    await openDatabaseIncident(pool, 'x', 0);
    await openWebIncident({ prisma }, 'x');
    const asked = { actor: 'key:env', key: randomUUID(), path: '/', digest: digest('x') };
    await takeKey(asked);
    leaveKey(asked);
    await countTry(key, 15);
    await pool.query(`INSERT INTO event (batch_id, kind) VALUES ($1, 'hint')`, [batchId]);
    const { rows } = await pool.query<{ of: string; off: number | null }>(
      `SELECT of, round(extract(epoch FROM at - clock_timestamp()) / 3600)::int AS off FROM (
         SELECT 'link' AS of, created_at AS at FROM setup_link
         UNION ALL SELECT 'expiry', expires_at - interval '24 hours' FROM setup_link WHERE email IS NOT NULL
         UNION ALL SELECT 'person', created_at FROM "user" UNION ALL SELECT 'disabled', disabled_at FROM "user"
         UNION ALL SELECT 'told', at FROM event UNION ALL SELECT 'opened', opened_at FROM incident
         UNION ALL SELECT 'acknowledged', acknowledged_at FROM incident WHERE kind = 'mismatch'
         UNION ALL SELECT 'key', created_at FROM api_write) written`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(11);
    expect(rows.filter(({ off }) => off !== 0)).toEqual([]);

    // Nothing of it is over.
    expect(await readInvitations()).toHaveLength(1);
    expect(await readLink(link)).toMatchObject({ expired: false });
    expect([await pruneApiWrites(), await pruneEvents({ prisma })]).toEqual([0, 0]);
    await forgetTries([]);
    expect(await countTry(key, 15)).toMatchObject({ count: 2 });
    expect(await inTransaction(pool, (tx) => takeLink(tx, link))).toBe(true);
    await pool.query(
      `INSERT INTO worker_tally (at, worker_id, receipts, classified) VALUES (now() - interval '20 hours', $1, 1, 1)`,
      [randomUUID()],
    );
    await keepTallies();
    expect((await pool.query('DELETE FROM worker_tally')).rowCount).toBe(1);

    // And all of it once it is.
    await pool.query(`UPDATE setup_link SET used_at = NULL, expires_at = now() - interval '1 s' WHERE email IS NOT NULL`);
    expect(await readInvitations()).toEqual([]);
    expect(await readLink(link)).toMatchObject({ expired: true });
    expect(await inTransaction(pool, (tx) => takeLink(tx, link))).toBe(false);
  });
});

test('a server that keeps another time zone is written to and read from as any other, by Prisma as by pg', async () => {
  const { name } = await one('SELECT current_database() AS name');
  await ownerPool.query(`ALTER DATABASE ${name} SET timezone = 'Asia/Kolkata'`);
  const there = openDb(url);
  try {
    const digestOfKey = digest('zone');
    await there.pool.query(`INSERT INTO sign_in_try (key_digest, count, until) VALUES ($1, 1, now())`, [digestOfKey]);
    const where = { keyDigest: digestOfKey };
    const byPg = async () =>
      (await there.pool.query('SELECT until FROM sign_in_try WHERE key_digest = $1', [digestOfKey])).rows[0].until;
    expect((await there.prisma.signInTry.findUnique({ where }))?.until).toEqual(await byPg());
    const until = await databaseTime(there);
    expect(Math.abs(until.getTime() - Date.now())).toBeLessThan(600_000);
    await there.prisma.signInTry.update({ where, data: { until } });
    expect(await byPg()).toEqual(until);
  } finally {
    await closeDb(there);
    await ownerPool.query(`ALTER DATABASE ${name} RESET timezone`);
  }
});
