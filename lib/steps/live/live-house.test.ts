import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { HOUSE_BATCHES_NAMED_MAX, LIVE_SILENT_MS } from '#lib/core/limits.ts';
import type { BatchSnapshot, Changed } from '#lib/shapes/live.ts';
import { readHouse } from '#lib/store/live/house.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { type HouseEvent, placeInHouse, streamHouse } from './live-house.ts';

const { pool, superPool } = await testDatabase();
const ADA: Actor = { id: 'key:env', role: 'admin', name: 'Ada', via: 'page' };
const BO: Actor = { ...ADA, role: 'reviewer', name: 'Bo' };
const EVE: Actor = { ...ADA, role: 'auditor', name: 'Eve' };

type Told = Exclude<HouseEvent, { comment: string }>;
type Open = { actor?: Actor; batchId?: string; board?: boolean; lastEventId?: string };

async function open({ actor = ADA, ...more }: Open = {}) {
  const abort = new AbortController();
  const stream = await streamHouse(actor, { ...more, signal: abort.signal });
  if (!stream) throw new Error('no such batch');
  const next = async (event?: Told['event']): Promise<Told> => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) throw new Error('The stream has ended.');
      if (!('comment' in value) && (event === undefined || value.event === event)) return value;
    }
  };
  /** Hints until one has this topic. */
  const changed = async (topic: Changed['topics'][number]): Promise<Changed> => {
    for (;;) {
      const { data } = await next('changed');
      if ((data as Changed).topics.includes(topic)) return data as Changed;
    }
  };
  const close = async () => {
    abort.abort();
    await stream.return(undefined);
  };
  return { stream, next, changed, abort, close };
}

const reviewed = () =>
  seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [{ fields: { subject: 'a' }, category: 'noise' }] }] });
const announced = (batchId: string) =>
  pool.query("INSERT INTO event (batch_id, kind) VALUES ($1, 'state') RETURNING id", [batchId]);
const dataset = () =>
  pool.query("INSERT INTO dataset (id, name, state, created_by) VALUES ($1, 'a.csv', 'receiving', 'key:env') RETURNING id", [
    randomUUID(),
  ]);

test('at first anything may have changed; then it is said what did, and what is shown of it is in no event', async () => {
  const { batchId } = await reviewed();
  const { next, changed, close } = await open();
  expect(await next()).toMatchObject({
    event: 'changed',
    data: { topics: ['batches', 'datasets', 'tasks', 'people', 'notices'], batches: null },
  });
  await announced(batchId);
  expect(await changed('batches')).toEqual({ topics: ['batches'], batches: [batchId] });
  const { rows } = await dataset();
  expect(await changed('datasets')).toEqual({ topics: ['datasets'], batches: [] });
  await pool.query('UPDATE dataset SET item_count = 7 WHERE id = $1', [rows[0].id]);
  expect(await changed('datasets')).toEqual({ topics: ['datasets'], batches: [] });
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Cy', 'cy@example.org', 'reviewer')`, [randomUUID()]);
  expect(await changed('people')).toEqual({ topics: ['people'], batches: [] });
  await pool.query(
    `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body) VALUES ('a', $1, $2, 1, 'Call them', '')`,
    [batchId, rows[0].id],
  );
  expect(await changed('tasks')).toEqual({ topics: ['tasks'], batches: [] });
  await pool.query("UPDATE follow_up SET done_at = now() WHERE idempotency_key = 'a'");
  expect(await changed('tasks')).toEqual({ topics: ['tasks'], batches: [] });
  await close();
});

test('what nobody announces of batches is told too: a new one, a target that fails, an incident, the last worker', async () => {
  const { changed, close } = await open();
  await changed('batches');
  const { batchId } = await reviewed();
  expect(await changed('batches')).toMatchObject({ batches: null });
  await pool.query("UPDATE batch SET state = 'paused' WHERE id = $1", [batchId]);
  expect(await changed('batches')).toMatchObject({ batches: null });
  const incident = randomUUID();
  await pool.query("INSERT INTO incident (id, kind, message) VALUES ($1, 'target', 'It fails')", [incident]);
  await changed('batches');
  await pool.query("INSERT INTO breaker (target, state, incident_id) VALUES ('https://crm.example', 'open', $1)", [incident]);
  await changed('batches');
  await pool.query("UPDATE breaker SET state = 'probing'");
  await changed('batches');
  await pool.query("INSERT INTO worker (id, host, pid, state) VALUES ($1, 'here', 1, 'idle')", [randomUUID()]);
  await changed('batches');
  await pool.query("UPDATE worker SET heartbeat = now() - interval '1 hour'");
  await changed('batches');
  await close();
});

test('nobody is told that something changed which they may not see', async () => {
  const { batchId } = await reviewed();
  const pages = await Promise.all([EVE, BO].map((actor) => open({ actor })));
  const firsts = await Promise.all(pages.map(({ next }) => next('changed')));
  expect(firsts.map(({ data }) => (data as Changed).topics)).toEqual([
    ['batches', 'notices'],
    ['batches', 'datasets', 'tasks', 'notices'],
  ]);
  await pool.query(`UPDATE "user" SET name = 'Cyd'`);
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Di', 'di@example.org', 'reviewer')`, [randomUUID()]);
  await dataset();
  await sleep(2_500);
  await announced(batchId);
  const [eve, bo] = pages as [(typeof pages)[0], (typeof pages)[0]];
  expect((await eve.next('changed')).data).toMatchObject({ topics: ['batches'] });
  expect((await bo.changed('datasets')).topics).not.toContain('people');
  await expect(streamHouse(BO, { board: true, signal: new AbortController().signal })).rejects.toThrow(
    expect.objectContaining({ code: 'forbidden' }),
  );
  for (const { close } of pages) await close();
});

test('whose role is lowered is told nothing more until they come back as what they are now', async () => {
  const [id, session] = [randomUUID(), randomUUID()];
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Flo', $2, 'admin')`, [id, `${id}@example.org`]);
  await pool.query(`INSERT INTO session (id, token, expires_at, user_id) VALUES ($1, $1::uuid, now() + interval '1 hour', $2)`, [
    session,
    id,
  ]);
  const { stream, next } = await open({ actor: { id: `user:${id}`, role: 'admin', name: 'Flo', via: 'page', session } });
  await next('changed');
  await pool.query(`UPDATE "user" SET role = 'reviewer' WHERE id = $1`, [id]);
  const began = performance.now();
  while (!(await stream.next()).done) expect(performance.now() - began).toBeLessThan(60_000);
});

test('who comes back with the last id is told what was missed and nothing else; who was elsewhere, that anything may have changed', async () => {
  const { batchId } = await reviewed();
  const stays = await open({ actor: BO });
  await stays.next('changed');
  // Where nothing happens any more, nothing was missed.
  const missed = async (lastEventId?: string) => {
    const one = await open(lastEventId === undefined ? {} : { lastEventId });
    const first = await one.next('changed');
    await one.close();
    return first;
  };
  let { id } = await missed();
  await vi.waitFor(
    async () => {
      await sleep(1_500);
      const { id: next, data } = await missed(id);
      id = next;
      expect((data as Changed).topics).toEqual([]);
    },
    { timeout: 60_000 },
  );
  await announced(batchId);
  await vi.waitFor(async () => expect((await missed(id)).data).toEqual({ topics: ['batches'], batches: [batchId] }), {
    timeout: 60_000,
    interval: 200,
  });
  for (const lastEventId of ['0123456789abcdef.3_', `${id.split('.')[0]}.999999_`, '_', 'nonsense', '9'.repeat(400)]) {
    const anew = await open({ lastEventId });
    const { topics } = (await anew.next('changed')).data as Changed;
    expect(topics, lastEventId).toEqual(
      lastEventId.includes('.999999') ? [] : ['batches', 'datasets', 'tasks', 'people', 'notices'],
    );
    await anew.close();
  }
  await stays.close();
});

test('a page that was read and follows later is told what changed between, and only that', async () => {
  const { batchId } = await reviewed();
  const stays = await open({ actor: BO });
  await stays.next('changed');
  const first = async (lastEventId: string | null) => {
    const one = await open(lastEventId === null ? {} : { lastEventId });
    const { data } = await one.next('changed');
    await one.close();
    return data as Changed;
  };
  // Until all that was made above is told.
  await vi.waitFor(
    async () => {
      const place = placeInHouse();
      await sleep(1_500);
      expect((await first(place)).topics).toEqual([]);
    },
    { timeout: 60_000 },
  );
  const place = placeInHouse();
  await announced(batchId);
  await vi.waitFor(async () => expect(await first(place)).toEqual({ topics: ['batches'], batches: [batchId] }), {
    timeout: 60_000,
    interval: 200,
  });
  await stays.close();
});

test('of very many batches that changed at once nobody is given a list', async () => {
  const { changed, close } = await open();
  await changed('batches');
  await pool.query(`INSERT INTO event (batch_id, kind) SELECT gen_random_uuid(), 'state' FROM generate_series(1, $1)`, [
    HOUSE_BATCHES_NAMED_MAX + 1,
  ]);
  expect(await changed('batches')).toEqual({ topics: ['batches'], batches: null });
  await close();
  await pool.query('DELETE FROM event');
});

test('with it come the batch and the board of the page, and the batch goes on where it was', async () => {
  const { batchId } = await reviewed();
  const { rows } = await announced(batchId);
  const both = await open({ batchId, board: true });
  const seen = new Map<string, Told>();
  while (seen.size < 3) {
    const event = await both.next();
    seen.set(event.event, event);
  }
  expect(seen.get('snapshot')?.data as BatchSnapshot).toMatchObject({ id: batchId, chunks: [{ number: 1 }] });
  expect(seen.get('board')?.data).toHaveProperty('batchCount');
  const { id } = [...seen.values()].at(-1) as Told;
  expect(id).toMatch(new RegExp(`^[0-9a-f]{16}\\.\\d+_${rows[0].id}$`));
  await both.close();
  const back = await open({ batchId, lastEventId: id });
  expect((await back.next('progress')).data).toMatchObject({ chunks: [{ number: 1 }] });
  await back.close();
  // The id of another batch's event is none of this one's.
  const other = await reviewed();
  const elsewhere = await open({ batchId: other.batchId, lastEventId: id });
  expect((await elsewhere.next('snapshot')).data).toMatchObject({ id: other.batchId });
  await elsewhere.close();
  const signal = AbortSignal.timeout(60_000);
  expect(await streamHouse(ADA, { batchId: randomUUID(), signal })).toBeNull();
});

test('it beats while nothing happens, and for whoever hears of nothing that does', async () => {
  const { stream, next, close } = await open({ actor: EVE });
  await next('changed');
  await dataset();
  const most = atSize(2, 5);
  const took = async () => {
    const began = performance.now();
    for (let beats = 0; beats < most; ) if ('comment' in ((await stream.next()).value as HouseEvent)) beats += 1;
    return performance.now() - began;
  };
  // Three of them have to be missed before a page takes it for lost. A machine that stands still for so long does not three times.
  for (let tries = 1; (await took()) >= most * LIVE_SILENT_MS; tries += 1) expect(tries).toBeLessThan(3);
  await close();
});

test('a database that goes away ends the stream', async () => {
  const asked = vi.spyOn(pool, 'query');
  const lost = await open();
  await lost.next('changed');
  asked.mockImplementation(() => Promise.reject(new Error('the database is away')));
  await expect(lost.next('board')).rejects.toThrow('the database is away');
  asked.mockRestore();
});

test('a database that falls silent ends the stream too', async () => {
  const batch = await reviewed();
  const silent = await open({ board: true, batchId: batch.batchId });
  await silent.next('changed');
  const house = vi.spyOn(pool, 'query');
  house.mockImplementation(() => new Promise(() => {}));
  // What was read before may still come; then nothing does, and so the page knows.
  let saidAt = performance.now();
  const listening = (async () => {
    while (!(await silent.stream.next()).done) saidAt = performance.now();
  })();
  await expect(listening).rejects.toThrow('has not answered');
  expect(performance.now() - saidAt).toBeGreaterThanOrEqual(LIVE_SILENT_MS - 500);
  house.mockRestore();
});

if (FULL)
  test('one reader looks for all who follow, at most once a second, and ends a while after the last one left', async () => {
    const asked = vi.spyOn(pool, 'query');
    const looks = () => asked.mock.calls.filter(([query]) => (query as { name?: string }).name === 'house').length;
    const pages = await Promise.all(Array.from({ length: 10 }, () => open()));
    for (const { next } of pages) await next('changed');
    asked.mockClear();
    await sleep(3_500);
    expect(looks()).toBeGreaterThanOrEqual(1);
    expect(looks()).toBeLessThanOrEqual(4);
    for (const { close } of pages) await close();
    // A page that goes from one batch to another comes back at once, and has missed nothing.
    await vi.waitFor(
      async () => {
        asked.mockClear();
        await sleep(2_500);
        expect(looks()).toBe(0);
      },
      { timeout: 60_000 },
    );
    asked.mockRestore();
  });

test('what is looked at does not grow with what has happened', async () => {
  await pool.query(
    `INSERT INTO event (batch_id, kind, at) SELECT gen_random_uuid(), 'state', now() - interval '1 minute' FROM generate_series(1, 20000)`,
  );
  await superPool.query('ANALYZE event');
  const asked = vi.spyOn(pool, 'query');
  await readHouse(pool);
  const { text, values } = (asked.mock.calls[0] ?? [])[0] as unknown as { text: string; values: number[] };
  asked.mockRestore();
  const { rows } = await pool.query(`EXPLAIN ${text.replace(/\$(\d)/g, (_, at: string) => String(values[Number(at) - 1]))}`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('event_at_idx');
  expect(plan).not.toContain('Seq Scan on event');
});
