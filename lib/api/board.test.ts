/** What an admin does on the board, over REST: targets, workers and incidents; what is monitored; and who is told nothing. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { log } from '#lib/log.ts';
import { expectMigrations } from '#lib/steps/fleet/read-readiness.ts';
import { keepBreakers } from '#lib/store/actions/breakers.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { readWish } from '#lib/store/fleet/workers.sql.ts';
import { openDb } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { leasesCount } from '#test/fixtures/started-batch.ts';
import { answerApi } from './answer.ts';
import { answerMetrics } from './metrics.ts';
import { answerHealth, answerReady } from './probes.ts';

const { pool, ownerPool, prisma } = await testDatabase();
const KEY = 'a-key-of-the-environment';
const TOKEN = 'a-token-of-the-monitoring';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;
process.env.METRICS_TOKEN = TOKEN;
const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(path: string, method = 'GET', body?: unknown) {
  const headers = { authorization: `Bearer ${KEY}`, ...(body ? { 'content-type': 'application/json' } : {}) };
  const sent = new Request(`http://127.0.0.1:3000/api/v1${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const response = await answerApi(sent);
  return { status: response.status, body: await response.json() };
}

const TARGET = 'https://crm.example';
const approved = async (target = TARGET) => {
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [{ state: 'approved', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
  });
  await pool.query('UPDATE chunk SET targets = $2 WHERE batch_id = $1', [batchId, [target]]);
  return { batchId, chunkId: chunks[0]?.id };
};

describe('a target', () => {
  it('that is paused is sent to by nobody, says who and why, and stays so until it is resumed', async () => {
    await leasesCount(pool);
    const { batchId, chunkId } = await approved();
    const pause = { target: TARGET, why: 'they migrate until noon.' };
    const paused = await ask('/targets/pause', 'POST', pause);
    expect(paused).toMatchObject({ status: 200, body: { target: TARGET } });
    expect(await ask('/targets/pause', 'POST', pause)).toMatchObject({ status: 409 });

    expect(await claimChunk(pool, randomUUID())).toBeNull();
    await keepBreakers(pool);
    const message = `API key of the environment paused ${TARGET}: they migrate until noon`;
    expect((await ask('/incidents')).body.items).toMatchObject([
      { id: paused.body.id, kind: 'paused', message, target: { paused: true, probing: false, chunks: 1 } },
    ]);
    expect((await ask(`/batches/${batchId}/chunks`)).body.items).toMatchObject([
      { waitsFor: { for: 'target', until: null, target: TARGET } },
    ]);
    expect((await ask(`/batches/${batchId}`)).body).toMatchObject({
      says: { mood: 'stands', words: `Waiting for ${TARGET} (1)` },
    });

    expect(await ask(`/incidents/${paused.body.id}/resume`, 'POST')).toEqual({
      status: 200,
      body: { trying: TARGET, chunks: 0 },
    });
    expect((await ask('/incidents')).body.items).toMatchObject([{ message, target: { paused: false, probing: true } }]);
    expect(await claimChunk(pool, randomUUID())).toMatchObject({ chunkId, probes: [TARGET] });
    // While it is tried it can be paused again, under the same incident.
    expect(await ask('/targets/pause', 'POST', { ...pause, why: 'not yet' })).toMatchObject({
      status: 200,
      body: { id: paused.body.id },
    });
    await pool.query(`UPDATE batch SET state = 'cancelled' WHERE id = $1`, [batchId]);
    await pool.query(`UPDATE chunk SET state = 'cancelled' WHERE batch_id = $1`, [batchId]);
    await keepBreakers(pool);
    expect((await ask('/incidents')).body.items).toMatchObject([{ target: { paused: true, chunks: 0 } }]);
    // Nothing waits for it: a chunk that tries would never come.
    expect(await ask(`/incidents/${paused.body.id}/resume`, 'POST')).toMatchObject({ status: 200 });
    expect((await ask('/incidents')).body.items).toEqual([]);
    expect((await ask('/incidents?state=closed')).body.items).toMatchObject([
      { id: paused.body.id, resolvedAt: expect.any(String) },
    ]);
  });

  it('that nobody sends to is not paused, nor without a reason', async () => {
    await approved('https://known.example');
    expect(await ask('/targets/pause', 'POST', { target: 'https://known.exampel', why: 'a slip' })).toMatchObject({
      status: 404,
    });
    for (const why of [undefined, '', '   ', 'x'.repeat(501)])
      expect((await ask('/targets/pause', 'POST', { target: 'https://known.example', why })).status).toBe(400);
    expect((await pool.query('SELECT FROM breaker')).rowCount).toBe(0);
  });
});

describe('a worker', () => {
  const worker = async (ago: string) => {
    const id = randomUUID();
    await pool.query(
      `INSERT INTO worker (id, host, pid, state, heartbeat) VALUES ($1, 'h', 1, 'idle', clock_timestamp() - $2::interval)`,
      [id, ago],
    );
    return id;
  };

  it('is asked to end; once it is to stop it is not made to wait again', async () => {
    const id = await worker('0 s');
    expect(await readWish(pool, id)).toBeNull();
    for (const [asked, wish] of [
      ['drain', 'drain'],
      ['stop', 'stop'],
      ['drain', 'stop'],
    ]) {
      expect(await ask(`/workers/${id}/${asked}`, 'POST')).toEqual({ status: 200, body: { id, wish } });
      expect(await readWish(pool, id)).toBe(wish);
    }
    expect((await ask('/board')).body.workers).toMatchObject([{ id, state: 'draining' }]);
  });

  it('that is gone can’t be asked', async () => {
    expect(await ask(`/workers/${await worker('1 minute')}/drain`, 'POST')).toMatchObject({ status: 404 });
    expect(await ask(`/workers/${randomUUID()}/stop`, 'POST')).toMatchObject({ status: 404 });
  });
});

describe('an incident', () => {
  it('is acknowledged by the first who says so, and nothing goes on by it', async () => {
    const [id, ada] = [randomUUID(), randomUUID()];
    await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'database', 'the disk is full')`, [id]);
    expect(await ask(`/incidents/${id}/acknowledge`, 'POST')).toEqual({ status: 200, body: { id } });
    await pool.query(`UPDATE incident SET acknowledged_by = 'user:' || $2 WHERE id = $1`, [id, ada]);
    await pool.query(
      `INSERT INTO "user" (id, name, email, role, email_verified) VALUES ($1, 'Ada', 'ada@example.org', 'admin', true)`,
      [ada],
    );
    expect(await ask(`/incidents/${id}/acknowledge`, 'POST')).toEqual({ status: 200, body: { id } });
    expect((await ask('/incidents')).body.items).toMatchObject([
      { id, acknowledged: { by: 'Ada', at: expect.any(String) }, resolvedAt: null },
    ]);
    expect(await ask(`/incidents/${randomUUID()}/acknowledge`, 'POST')).toMatchObject({ status: 404 });
    expect((await ask('/incidents?state=all')).status).toBe(400);
  });
});

it('what waits for a person is told over all batches, as it is described', async () => {
  const { batchId } = await seedBatch(pool, {
    name: 'Waits',
    chunks: [{ state: 'awaiting_review', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
  });
  const { status, body } = await ask('/needs-you');
  expect(status).toBe(200);
  expect(body.checkpoints).toContainEqual(expect.objectContaining({ batchId, batchName: 'Waits', chunk: 1, itemCount: 1 }));
  expect(body.count).toBeGreaterThan(0);
});

it('the board comes as events: at once, and when it has changed', async () => {
  const left = new AbortController();
  const headers = { authorization: `Bearer ${KEY}` };
  const response = await answerApi(new Request('http://127.0.0.1:3000/api/v1/board/events', { headers, signal: left.signal }));
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async (): Promise<{ batchCount: number }> => {
    for (;;) {
      const { value = '', done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error('The stream ended.');
      const data = /^data: (.*)$/m.exec(value)?.[1];
      if (data) return JSON.parse(data);
    }
  };
  const { batchCount } = await next();
  await approved('https://another.example');
  let now = await next();
  while (now.batchCount === batchCount) now = await next();
  expect(now.batchCount).toBe(batchCount + 1);
  left.abort();
  await reader?.cancel();
});

describe('/metrics', () => {
  const scrape = async (authorization?: string) => {
    const response = await answerMetrics(
      new Request('http://127.0.0.1:3000/metrics', { headers: authorization ? { authorization } : {} }),
    );
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('are for the token of the monitoring and for an admin’s key, and nobody else learns a figure', async () => {
    for (const authorization of [undefined, 'Bearer ', 'Bearer a-wrong-token-of-somebody', `Basic ${TOKEN}`]) {
      const refused = await scrape(authorization);
      expect(refused.status, authorization).toBe(401);
      expect(refused.text).not.toContain('countersign_');
    }
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${KEY}`]) expect((await scrape(authorization)).status).toBe(200);
    // It opens nothing else.
    expect(
      (await answerApi(new Request('http://127.0.0.1:3000/api/v1/workers', { headers: { authorization: `Bearer ${TOKEN}` } })))
        .status,
    ).toBe(401);
  });

  it('tell the house in Prometheus’ own format, each figure once, however often they are scraped', async () => {
    await scrape(`Bearer ${TOKEN}`);
    const { type, text } = await scrape(`Bearer ${TOKEN}`);
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    const figures = new Map(
      text
        .split('\n')
        .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(/ (?=[^ ]+$)/) as [string, string]])),
    );
    expect(figures.size).toBe(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length);
    const count = async (sql: string) => String((await pool.query(sql)).rows[0].n);
    expect(figures.get('countersign_database_up')).toBe('1');
    expect(figures.get('countersign_receipts_total')).toBe(await count('SELECT count(*) AS n FROM receipt'));
    expect(figures.get('countersign_batches{state="running"}')).toBe(
      await count(`SELECT count(*) AS n FROM batch WHERE state = 'running'`),
    );
    expect(figures.get('countersign_chunks{state="approved"}')).toBe(
      await count(`SELECT count(*) AS n FROM chunk WHERE state = 'approved'`),
    );
    expect(figures.get('countersign_chunks_waiting{for="predecessor"}')).toBe('0');
    expect(figures.get('countersign_incidents_open{kind="database"}')).toBe('1');
    expect(figures.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });

  it('say that the database can’t be asked, and then no figure that may be old', async () => {
    const dead = openDb('postgresql://a:b@127.0.0.1:1/c');
    Object.assign(globalThis, { countersignDb: dead });
    const later = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    try {
      const { status, text } = await scrape(`Bearer ${TOKEN}`);
      expect(status).toBe(200);
      expect(text).toContain('countersign_database_up 0');
      expect(text).not.toMatch(/^countersign_(?!database_up)/m);
    } finally {
      later.mockRestore();
      Object.assign(globalThis, { countersignDb: { pool, prisma } });
      await dead.pool.end();
    }
  });
});

describe('the probes', () => {
  const ready = async () => {
    expectMigrations(MIGRATIONS);
    const response = await answerReady();
    return [response.status, await response.text()];
  };

  it('say one word to anybody', async () => {
    expect([answerHealth().status, await answerHealth().text()]).toEqual([200, 'alive\n']);
    expect(await ready()).toEqual([200, 'ready\n']);
  });

  it('a database without this version’s migrations is not ready', async () => {
    const { rows } = await ownerPool.query(`DELETE FROM _prisma_migrations WHERE migration_name LIKE '%_board' RETURNING *`);
    expect(rows).toHaveLength(1);
    expect(await ready()).toEqual([503, 'not ready\n']);
    const names = Object.keys(rows[0]);
    await ownerPool.query(
      `INSERT INTO _prisma_migrations (${names.join(', ')}) VALUES (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
      Object.values(rows[0]),
    );
    expect(await ready()).toEqual([200, 'ready\n']);
  });

  it('a database that is away is not ready, while the process lives; and it is asked once, however many ask here', async () => {
    const dead = openDb('postgresql://a:b@127.0.0.1:1/c');
    const asked = vi.spyOn(dead.pool, 'query');
    Object.assign(globalThis, { countersignDb: dead });
    try {
      expectMigrations(MIGRATIONS);
      const answers = await Promise.all(Array.from({ length: 50 }, () => answerReady()));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      expect(asked).toHaveBeenCalledTimes(1);
      expect(answerHealth().status).toBe(200);
    } finally {
      Object.assign(globalThis, { countersignDb: { pool, prisma } });
      await dead.pool.end();
    }
  });
});
