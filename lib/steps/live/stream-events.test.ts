import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { expect, test, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { LIVE_REAUTHORISE_MS, LIVE_STREAMS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import type { BatchProgress, BatchSnapshot } from '#lib/shapes/live.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { atSize } from '#test/size.ts';
import { type BatchEvent, streamEvents } from './stream-events.ts';

const { pool, superPool } = await testDatabase();
const BO: Actor = { id: 'key:env', role: 'reviewer', name: 'Bo', via: 'page' };
const KEEPER: Actor = { ...BO, role: 'admin' };
const QUICK_MS = 50;

const item = (subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2020', from: 'a@x.y', subject },
  category: 'noise',
  ...more,
});
const running = () =>
  seedBatch(pool, {
    chunks: [
      {
        state: 'executing',
        items: [item('a', { receipts: ['intent', 'outcome:succeeded'] }), item('b', { receipts: ['intent'] })],
      },
      { state: 'awaiting_review', items: [item('c')] },
    ],
  });

async function open(batchId: string, more: { actor?: Actor; lastEventId?: string; heartbeatMs?: number } = {}) {
  const abort = new AbortController();
  const stream = await streamEvents(
    more.actor ?? BO,
    { batchId, lastEventId: more.lastEventId, signal: abort.signal },
    more.heartbeatMs,
  );
  if (!stream) throw new Error('no such batch');
  /** The next event that is no comment. */
  const next = async (): Promise<Exclude<BatchEvent, { comment: string }>> => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) throw new Error('The stream has ended.');
      if (!('comment' in value)) return value;
    }
  };
  return { next, stream, abort };
}

/** The outcome of item b, as a worker writes it. */
async function finishB(on: Pool, batchId: string): Promise<void> {
  const { rows } = await on.query('SELECT body FROM receipt WHERE batch_id = $1 AND ordinal = 1 AND step = 2', [batchId]);
  await on.query(
    `WITH fence AS (UPDATE chunk SET seq = seq + 1, in_flight = in_flight - 1, done = done + 1, updated_at = clock_timestamp() WHERE batch_id = $1 AND number = 1 RETURNING seq)
     INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf) SELECT $1, 1, fence.seq, 2, 2, 'outcome', 'succeeded', $2, sha256('b') FROM fence`,
    [batchId, rows[0].body],
  );
}

test('a snapshot first, then what changed and nothing else', async () => {
  const { batchId } = await running();
  const { next, abort } = await open(batchId);
  const first = await next();
  const snapshot = first.data as BatchSnapshot;
  expect(first.event).toBe('snapshot');
  expect(snapshot).toMatchObject({
    id: batchId,
    sum: { approved: 2, done: 1, inFlight: 1, addsUp: true },
    chunks: [{ number: 1 }, { number: 2 }],
  });
  expect(snapshot).not.toHaveProperty('plan');
  expect(snapshot.tape.map(({ line }) => line)).toEqual(['Archived: 2020 | a@x.y | a', expect.stringContaining('approved by')]);

  await finishB(pool, batchId);
  announce(pool, batchId, { chunk: 1, kind: 'receipts' });
  const second = await next();
  expect(second).toMatchObject({
    event: 'progress',
    data: {
      sum: { done: 2, inFlight: 0, addsUp: true },
      chunks: [{ number: 1, seq: 5 }],
      tape: [{ chunk: 1, seq: 5, line: 'Archived: 2020 | a@x.y | b' }],
    },
  });
  expect(JSON.parse(JSON.stringify(second))).toEqual(second);
  abort.abort();
});

test('what nobody announced is seen by the poll', async () => {
  const { batchId } = await running();
  const { next, abort } = await open(batchId);
  await next();
  await pool.query("UPDATE batch SET state = 'paused' WHERE id = $1", [batchId]);
  for (;;) if ((await next()).data.state === 'paused') break;
  abort.abort();
});

test('a browser that comes back with its last id gets what it missed; with one that is gone, a snapshot', async () => {
  const { batchId } = await running();
  await pool.query(`INSERT INTO event (batch_id, chunk, kind, at) VALUES ($1, 2, 'state', now() - interval '1 minute')`, [
    batchId,
  ]);
  const one = await open(batchId);
  const { id } = await one.next();
  one.abort.abort();
  await finishB(pool, batchId);
  await pool.query(`INSERT INTO event (batch_id, chunk, kind) VALUES ($1, 1, 'receipts')`, [batchId]);

  const back = await open(batchId, { lastEventId: id });
  const missed = await back.next();
  expect(missed.event).toBe('progress');
  expect((missed.data as BatchProgress).chunks.map(({ number }) => number).sort()).toContain(1);
  expect((missed.data as BatchProgress).tape.map(({ line }) => line)).toContain('Archived: 2020 | a@x.y | b');
  expect(Number(missed.id)).toBeGreaterThan(Number(id));
  back.abort.abort();

  await pool.query('DELETE FROM event WHERE batch_id = $1', [batchId]);
  for (const lastEventId of [id, 'nonsense', '99999999999999999999']) {
    const anew = await open(batchId, { lastEventId });
    expect((await anew.next()).event).toBe('snapshot');
    anew.abort.abort();
  }
});

test('nothing to say is said as a comment, so that the connection lives', async () => {
  const { batchId } = await running();
  const { stream, next, abort } = await open(batchId, { heartbeatMs: QUICK_MS });
  await next();
  await vi.waitFor(async () => expect((await stream.next()).value).toEqual({ comment: 'still here' }), { timeout: 60_000 });
  abort.abort();
  // Abort ends it, at once and for good.
  for (let left = 0; !(await stream.next()).done; left += 1) expect(left).toBeLessThan(2);
});

/** A person with a session, as a stream's actor. */
async function person(role: Actor['role'] = 'auditor'): Promise<{ id: string; actor: Actor; session: string }> {
  const [id, session] = [randomUUID(), randomUUID()];
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Eve', $2, $3)`, [id, `${id}@example.org`, role]);
  await pool.query(`INSERT INTO session (id, token, expires_at, user_id) VALUES ($1, $1::uuid, now() + interval '1 hour', $2)`, [
    session,
    id,
  ]);
  return { id, session, actor: { id: `user:${id}`, role, name: 'Eve', via: 'page', session } };
}

/** Seconds, on a busy machine too. The session lasts for an hour. */
const ENDED_MS = 60_000;

/** How many ms pass until the stream ends, while nothing but comments comes. */
async function ending(stream: AsyncGenerator<BatchEvent>): Promise<number> {
  const began = performance.now();
  while (!(await stream.next()).done) if (performance.now() - began > ENDED_MS) return Number.POSITIVE_INFINITY;
  return performance.now() - began;
}

// The heartbeat is 10 s here: nothing but the end itself wakes these streams.
test.concurrent.each<[string, (who: { id: string; session: string }) => Promise<unknown>]>([
  ['a disable', ({ id }) => disablePerson(KEEPER, { personId: id })],
  [
    'a disable that another process committed',
    ({ id }) => superPool.query('UPDATE "user" SET disabled_at = now() WHERE id = $1', [id]),
  ],
  ['signing out', ({ session }) => superPool.query('DELETE FROM session WHERE id = $1', [session])],
  ['the end of the session', ({ session }) => superPool.query('UPDATE session SET expires_at = now() WHERE id = $1', [session])],
  [
    'being gone',
    ({ id }) => superPool.query('WITH ended AS (DELETE FROM session WHERE user_id = $1) DELETE FROM "user" WHERE id = $1', [id]),
  ],
])('%s ends the streams of that person within seconds, and no others', async (_, act) => {
  const { batchId } = await running();
  const [eve, bo] = [await person(), await person('reviewer')];
  const [one, two, other] = await Promise.all([eve, eve, bo].map(({ actor }) => open(batchId, { actor })));
  for (const page of [one, two, other]) expect((await page?.next())?.event).toBe('snapshot');
  const ended = Promise.all([one, two].map((page) => ending((page as typeof one & object).stream)));
  await act(eve);
  for (const ms of await ended) expect(ms).toBeLessThan(ENDED_MS);
  await finishB(pool, batchId);
  announce(pool, batchId, { chunk: 1, kind: 'receipts' });
  expect((await other?.next())?.event).toBe('progress');
  other?.abort.abort();
  await other?.stream.return(undefined);
});

test('a stream that always has something to tell ends too', async () => {
  const { batchId } = await running();
  const eve = await person();
  const { stream, next } = await open(batchId, { actor: eve.actor, heartbeatMs: 20 });
  await next();
  const ended = ending(stream);
  await disablePerson(KEEPER, { personId: eve.id });
  expect(await ended).toBeLessThan(ENDED_MS);
});

test('who may still is asked once a second, however many streams there are, and not at all once they are left', async () => {
  const { batchId } = await running();
  const crowd = await Promise.all(Array.from({ length: 8 }, () => person()));
  const pages = await Promise.all(crowd.map(({ actor }) => open(batchId, { actor })));
  for (const { next } of pages) await next();
  const asked = vi.spyOn(pool, 'query');
  const standings = () => asked.mock.calls.filter(([query]) => JSON.stringify(query).includes('disabled_at')).length;
  const began = performance.now();
  await vi.waitFor(() => expect(standings()).toBeGreaterThanOrEqual(atSize(1, 3)), { timeout: 60_000, interval: 20 });
  expect(standings()).toBeLessThanOrEqual(1 + (performance.now() - began) / LIVE_REAUTHORISE_MS);
  for (const { stream, abort } of pages) {
    abort.abort();
    await stream.return(undefined);
  }
  // One may be on its way.
  await vi.waitFor(
    async () => {
      asked.mockClear();
      await sleep(LIVE_REAUTHORISE_MS * atSize(1.1, 1.5));
      expect(standings()).toBe(0);
    },
    { timeout: 60_000 },
  );
  asked.mockRestore();
});

test('many pages share one reader and one connection, and all leave it', async () => {
  const { batchId } = await running();
  const pages = await Promise.all(Array.from({ length: 10 }, () => open(batchId)));
  for (const { next } of pages) expect((await next()).event).toBe('snapshot');
  expect(await listeners()).toBeLessThanOrEqual(1);
  await vi.waitFor(async () => expect(await listeners()).toBe(1), { timeout: 60_000 });
  for (const { stream, abort } of pages) {
    abort.abort();
    await stream.return(undefined);
  }
  await vi.waitFor(async () => expect(await listeners()).toBe(0), { timeout: 60_000 });
});

test('a batch that is not there is null', async () => {
  const signal = AbortSignal.abort();
  expect(await streamEvents(BO, { batchId: randomUUID(), signal })).toBeNull();
  expect(await streamEvents(BO, { batchId: 'x', signal })).toBeNull();
});

async function listeners(): Promise<number> {
  await sleep(50);
  const { rows } = await superPool.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'countersign live' AND datname = current_database()",
  );
  return rows[0].n;
}

test('nobody holds more streams than a person can look at, and those who leave make room', async () => {
  const { batchId } = await running();
  const crowd: Actor = { ...BO, id: 'key:crowd' };
  const streams = await Promise.all(Array.from({ length: LIVE_STREAMS_PER_PERSON_MAX }, () => open(batchId, { actor: crowd })));
  await Promise.all(streams.map(({ next }) => next()));
  await expect(open(batchId, { actor: crowd })).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  const other = await open(batchId);
  expect((await other.next()).event).toBe('snapshot');
  const [first, ...rest] = streams;
  first?.abort.abort();
  expect((await first?.stream.next())?.done).toBe(true);
  const again = await open(batchId, { actor: crowd });
  expect((await again.next()).event).toBe('snapshot');
  for (const { abort, stream } of [...rest, other, again]) {
    abort.abort();
    await stream.return(undefined);
  }
});
