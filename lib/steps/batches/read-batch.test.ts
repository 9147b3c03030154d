import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { LEASE_MS } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { readFailures } from '#lib/steps/actions/read-failures.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { readWorkers } from '#lib/steps/fleet/read-workers.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { readBatch } from './read-batch.ts';
import { readBatches } from './read-batches.ts';

const { pool } = await testDatabase();
const actor = (role: Role): Actor => ({ id: `user:${randomUUID()}`, role, name: 'Bo', via: 'api' });
const BO = actor('reviewer');

const item = (subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2020-11-03', from: 'deals@shop.x', subject },
  category: 'noise',
  ...more,
});
const DONE: Partial<SeedItem> = { receipts: ['intent', 'outcome:succeeded'] };
const UNCERTAIN: Partial<SeedItem> = { receipts: ['intent', 'outcome:uncertain'], reason: 'timeout' };
const GIVEN_UP: Partial<SeedItem> = { receipts: ['intent', 'outcome:uncertain', 'resolution:abandoned'], reason: 'timeout' };

const many = () =>
  seedBatch(pool, {
    taskRef: 'JIRA-7',
    chunks: [
      { state: 'done', items: [item('a', DONE), item('b', DONE)] },
      { state: 'executing', items: [item('c', DONE), item('d', { receipts: ['intent'] }), item('e')] },
      { state: 'unresolved', items: [item('f', UNCERTAIN), item('g', GIVEN_UP)] },
      { state: 'awaiting_review', items: [item('h'), item('i', { category: 'keep' })] },
      { state: 'halted', haltReason: 'the target refused our password', items: [item('j')] },
      { state: 'proposed', items: [{ fields: { date: '', from: '', subject: 'k' } }] },
    ],
  });

describe('a batch', () => {
  test('sum from the receipts, needs, categories in words, chunks with their counts', async () => {
    const { batchId } = await many();
    const view = await readBatch(BO, { batchId });
    expect(view).toMatchObject({
      id: batchId,
      noun: 'rows',
      taskRef: 'JIRA-7',
      sum: { approved: 7, done: 3, uncertain: 2, inFlight: 1, waiting: 1, addsUp: true },
      needs: { reviews: 1, releases: 0, doubts: 1, halts: 1 },
      categories: [
        { name: 'noise', action: { verb: 'Archive', past: 'Archived', effect: 'undoable' } },
        { name: 'keep', action: null },
      ],
      groups: null,
    });
    expect(view?.chunks.map(({ number, state, counts }) => [number, state, counts.done, counts.uncertain])).toEqual([
      [1, 'done', 2, 0],
      [2, 'executing', 1, 0],
      [3, 'unresolved', 0, 2],
      [4, 'awaiting_review', 0, 0],
      [5, 'halted', 0, 0],
      [6, 'proposed', 0, 0],
    ]);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  test('chunks show the receipts and not the counters, and the difference is told', async () => {
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'executing', items: [item('a', DONE)] }] });
    await pool.query('UPDATE chunk SET done = 7, failed = 1 WHERE batch_id = $1', [batchId]);
    const view = await readBatch(BO, { batchId });
    expect(view?.sum).toMatchObject({ done: 1, failed: 0, addsUp: false, difference: 7 });
    expect(view?.chunks[0]?.counts).toMatchObject({ done: 1, failed: 0 });
  });

  test('more chunks than can be shown are grouped by state', async () => {
    const chunks = Array.from({ length: 401 }, (_, index) => ({
      state: index < 2 ? ('awaiting_review' as const) : ('queued' as const),
      items: [item('x')],
    }));
    const { batchId } = await seedBatch(pool, { chunks });
    expect(await readBatch(BO, { batchId })).toMatchObject({
      says: { words: expect.stringMatching(/^Waiting for a worker \(399\), and none is running · waiting for a person \(2\)$/) },
      chunks: [],
      groups: [
        { state: 'queued', stopping: null, waitsFor: 'worker', count: 399 },
        { state: 'awaiting_review', stopping: null, waitsFor: 'person', count: 2 },
      ],
    });
    const first = await readChunks(BO, { batchId, limit: 400 });
    expect(first?.next).toBe('400');
    expect(await readChunks(BO, { batchId, cursor: first?.next ?? null })).toMatchObject({
      items: [{ number: 401 }],
      next: null,
    });
    expect((await readChunks(BO, { batchId, state: 'awaiting_review' }))?.items).toHaveLength(2);
  });

  test('what is not there is null; what is no id too', async () => {
    for (const batchId of [randomUUID(), 'x', "'; DROP TABLE batch"]) {
      expect(await readBatch(BO, { batchId })).toBeNull();
      expect(await readChunks(BO, { batchId })).toBeNull();
      expect(await readReceipts(BO, { batchId })).toBeNull();
      expect(await readUncertain(BO, { batchId })).toBeNull();
      expect(await readTape(BO, { batchId })).toBeNull();
    }
  });
});

test('batches are found by a piece of their name, whatever it is written with, and say who claimed what waits in them', async () => {
  const chunks = [
    { state: 'awaiting_review' as const, items: [item('a')] },
    { state: 'awaiting_review' as const, items: [item('b')] },
    { state: 'done' as const, items: [item('c', DONE)] },
  ];
  const [one, other] = [
    await seedBatch(pool, { name: '100 %_Mail\\ of É', chunks }),
    await seedBatch(pool, { name: '100 of Mail', state: 'paused', chunks }),
  ];
  const ids = async (asked: Parameters<typeof readBatches>[1]) => (await readBatches(BO, asked)).items.map(({ id }) => id);
  expect(await ids({ name: ' 100 %_mail\\ ' })).toEqual([one.batchId]);
  expect(await ids({ name: 'OF É' })).toEqual([one.batchId]);
  expect(await ids({ name: '100', state: 'paused' })).toEqual([other.batchId]);
  expect(await ids({ name: '\0' })).toContain(one.batchId);
  expect(await ids({ name: 'no such batch' })).toEqual([]);
  await pool.query('UPDATE chunk SET reviewer = $2, reviewer_since = now() WHERE batch_id = $1 AND number IN (1, 3)', [
    one.batchId,
    BO.id,
  ]);
  await pool.query("UPDATE chunk SET reviewer = 'key:night', reviewer_since = now() WHERE batch_id = $1 AND number = 2", [
    one.batchId,
  ]);
  const told = async (who: Actor) => (await readBatches(who, { name: '%_mail' })).items[0];
  expect(await told(BO)).toMatchObject({ waiting: 2, itemsFinished: 1, itemCount: 3 });
  expect((await told(BO))?.claims).toEqual([
    { name: 'API key night', mine: false, chunks: 1 },
    { name: 'Somebody unknown', mine: true, chunks: 1 },
  ]);
  expect((await told(actor('auditor')))?.claims.some(({ mine }) => mine)).toBe(false);
});

test('batches are listed newest first, page by page, each once', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1)
    ids.unshift(
      (await seedBatch(pool, { chunks: [{ state: 'done', items: [item('a', DONE), item('b', { category: 'keep' })] }] })).batchId,
    );
  // All at the same instant: the key decides.
  await pool.query("UPDATE batch SET created_at = '2999-01-01' WHERE id = ANY($1)", [ids]);
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 3; page += 1) {
    const { items, next } = await readBatches(BO, { limit: 2, cursor });
    seen.push(...items.map(({ id }) => id));
    cursor = next;
  }
  expect(new Set(seen.slice(0, 5))).toEqual(new Set(ids));
  expect(new Set(seen).size).toBe(seen.length);
  expect((await readBatches(BO, { limit: 1 })).items[0]).toMatchObject({
    itemCount: 2,
    chunkCount: 1,
    waiting: 0,
    doubts: 0,
    progress: 1,
  });
  await expect(readBatches(BO, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid' });
  await expect(readBatches(BO, { state: 'gone' })).rejects.toMatchObject({ code: 'invalid' });
  await expect(readBatches(BO, { limit: 0 })).rejects.toMatchObject({ code: 'invalid' });
});

test('what needs a person, by kind; an auditor is asked nothing', async () => {
  const { batchId } = await many();
  const needs = await readNeedsYou(BO);
  const own = (list: { batchId: string; chunk: number }[]) =>
    list.filter((need) => need.batchId === batchId).map(({ chunk }) => chunk);
  expect([own(needs.checkpoints), own(needs.doubts), own(needs.halts), own(needs.releases)]).toEqual([[4], [3], [5], []]);
  expect(needs.halts.find((need) => need.batchId === batchId)).toMatchObject({
    haltReason: 'the target refused our password',
    noun: 'rows',
  });
  expect(needs.count).toBeGreaterThanOrEqual(4);
  expect(await readNeedsYou(actor('auditor'))).toMatchObject({ checkpoints: [], count: 0 });
});

test('how many chunks wait for a person is one number everywhere: what halted at a target is not one of them', async () => {
  const waits = (state: 'halted' | 'awaiting_review') => ({ state, items: [item('a')] });
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [waits('halted'), waits('halted'), waits('awaiting_review'), { state: 'done', items: [item('b', DONE)] }],
  });
  const incident = randomUUID();
  await pool.query(`INSERT INTO incident (id, kind, message) VALUES ($1, 'target', 'it is gone')`, [incident]);
  await pool.query('UPDATE chunk SET incident_id = $2 WHERE id = $1', [chunks[0]?.id, incident]);

  const { needs, next } = (await readBatch(BO, { batchId }))!;
  expect([needs.halts, needs.reviews, needs.releases, next]).toEqual([1, 1, 0, 2]);
  expect((await readBatches(BO, { limit: 500 })).items.find(({ id }) => id === batchId)?.waiting).toBe(2);
  const { halts, checkpoints } = await readNeedsYou(BO);
  expect([...halts, ...checkpoints].filter((need) => need.batchId === batchId).map(({ chunk }) => chunk)).toEqual([2, 3]);
  expect((await readCheckpoint(BO, { batchId, chunk: 4 }))?.next).toMatchObject({ number: 2, waiting: 2 });
});

test('what a person accepted as unknown needs nobody any more', async () => {
  const { batchId } = await seedBatch(pool, {
    state: 'cancelled',
    chunks: [
      { state: 'cancelled', decidedBy: BO.id, items: [item('a', GIVEN_UP)] },
      { state: 'cancelled', decidedBy: BO.id, items: [item('b', UNCERTAIN), item('c', GIVEN_UP)] },
    ],
  });
  const needs = await readNeedsYou(BO);
  expect(needs.doubts.filter((need) => need.batchId === batchId)).toMatchObject([{ chunk: 2, uncertain: 1 }]);
  expect((await readBatches(BO, { limit: 500 })).items.find(({ id }) => id === batchId)?.doubts).toBe(1);
  expect(await readBatch(BO, { batchId })).toMatchObject({ needs: { doubts: 1 }, sum: { uncertain: 3, addsUp: true } });
});

test('what failed is grouped by why, most first; what a later attempt did is not counted', async () => {
  const failed = (reason: string): Partial<SeedItem> => ({ receipts: ['intent', 'outcome:failed'], reason });
  const { batchId } = await seedBatch(pool, {
    chunks: [
      {
        state: 'done',
        items: [item('a', failed('http_404')), item('b', DONE), item('c', failed('dns')), item('d', failed('http_404'))],
      },
      {
        state: 'done',
        items: [
          item('e', failed('http_404')),
          item('f', failed('http_404')),
          item('g', { receipts: ['intent', 'outcome:failed', 'intent', 'outcome:succeeded'], reason: 'http_404' }),
        ],
      },
    ],
  });
  const groups = await readFailures(BO, { batchId });
  expect(groups).toMatchObject([
    { reason: 'http_404', why: 'The target has nothing at this address (HTTP 404).', count: 4, chunks: 2 },
    { reason: 'dns', count: 1, chunks: 1, examples: [{ ordinal: 3, chunk: 1, line: '2020-11-03 | deals@shop.x | c' }] },
  ]);
  expect(groups?.[0]?.examples.map(({ ordinal, line }) => [ordinal, line.at(-1)])).toEqual([
    [1, 'a'],
    [4, 'd'],
    [5, 'e'],
  ]);
  expect(await readFailures(BO, { batchId: randomUUID() })).toBeNull();
  expect(await readFailures(BO, { batchId: 'none' })).toBeNull();
});

test('what is uncertain says what was sent and when; what was accepted stays listed as such', async () => {
  const http = {
    connector: 'http',
    do: 'POST',
    with: { url: 'https://api.example.com/{{subject}}', body: { big: 'x'.repeat(1000) } },
  };
  const { batchId } = await seedBatch(pool, {
    plan: { categories: [{ name: 'noise', action: http }, { name: 'keep' }] },
    chunks: [
      { state: 'executing', items: [item('a', UNCERTAIN), item('b', DONE), item('c', GIVEN_UP)] },
      {
        state: 'executing',
        items: [item('d', { receipts: ['intent', 'outcome:failed', 'intent', 'outcome:uncertain'], reason: 'worker_lost' })],
      },
    ],
  });
  const page = await readUncertain(BO, { batchId, limit: 2 });
  expect(page?.items).toMatchObject([
    {
      ordinal: 1,
      chunk: 1,
      line: '2020-11-03 | deals@shop.x | a',
      request: 'POST https://api.example.com/a',
      reason: 'timeout',
      state: 'uncertain',
    },
    { ordinal: 3, reason: 'timeout', state: 'abandoned' },
  ]);
  expect(await readUncertain(BO, { batchId, cursor: page?.next ?? null })).toMatchObject({
    items: [{ ordinal: 4, chunk: 2, reason: 'worker_lost' }],
    next: null,
  });
});

test('receipts by page, by chunk, and the story of one item', async () => {
  const { batchId } = await many();
  const all: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readReceipts>> = await readReceipts(BO, { batchId, limit: 4, cursor });
    all.push(...(page?.items ?? []).map(({ chunk, seq }) => `${chunk}.${seq}`));
    cursor = page?.next ?? null;
    if (cursor === null) break;
  }
  expect(all).toEqual(['1.1', '1.2', '1.3', '1.4', '1.5', '2.1', '2.2', '2.3', '2.4', '3.1', '3.2', '3.3', '3.4', '3.5', '3.6']);
  expect((await readReceipts(BO, { batchId, chunk: 2, cursor: '2.3', limit: 1 }))?.items).toMatchObject([
    { chunk: 2, seq: 4, line: 'Intent: 2020-11-03 | deals@shop.x | d' },
  ]);
  const story = await readReceipts(BO, { batchId, ordinal: 7 });
  expect(story?.items.map(({ kind, line }) => [kind, line])).toEqual([
    ['intent', 'Intent: 2020-11-03 | deals@shop.x | g'],
    ['outcome', 'Uncertain (timeout): 2020-11-03 | deals@shop.x | g'],
    ['resolution', 'Accepted as unknown: 2020-11-03 | deals@shop.x | g'],
  ]);
  await expect(readReceipts(BO, { batchId, cursor: '1' })).rejects.toMatchObject({ code: 'invalid' });
});

test('the tape holds what ended and what was decided, newest first, and no intents', async () => {
  const items = Array.from({ length: 80 }, (_, index) => item(`mail ${index}`, DONE));
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'done', items },
      { state: 'executing', items: [item('last', DONE)] },
    ],
  });
  const tape = await readTape(BO, { batchId });
  expect(tape).toHaveLength(50);
  expect(tape?.slice(0, 3).map(({ line, chunk }) => [chunk, line])).toEqual([
    [2, 'Archived: 2020-11-03 | deals@shop.x | last'],
    [2, expect.stringMatching(/^approved by /)],
    [1, 'Archived: 2020-11-03 | deals@shop.x | mail 79'],
  ]);
});

test('workers: who works on what, who is gone, and nobody from yesterday', async () => {
  const one = { state: 'executing' as const, items: [item('a')] };
  const { batchId, chunks } = await seedBatch(pool, { name: 'Mail', chunks: [one, one, one] });
  const [busy, gone, old] = [randomUUID(), randomUUID(), randomUUID()];
  await pool.query(
    `INSERT INTO worker (id, host, pid, state, heartbeat) VALUES ($1, 'a', 1, 'busy', now()), ($2, 'b', 2, 'busy', now() - interval '1 minute'),
       ($3, 'c', 3, 'idle', now() - interval '2 hours')`,
    [busy, gone, old],
  );
  await pool.query(
    `UPDATE chunk SET lease_owner = CASE WHEN number = 2 THEN $2::uuid ELSE $1 END, lease_until = now() + interval '1 minute',
       claimed_at = '2026-11-26T10:00:00Z'::timestamptz - number * interval '1 hour' WHERE batch_id = $3`,
    [busy, gone, batchId],
  );
  const workers = await readWorkers(actor('operator'));
  expect(workers).toMatchObject([
    {
      ...{ id: busy, state: 'busy', chunk: { batchId, batchName: 'Mail', number: 3 } },
      chunks: [
        { batch: batchId, batchName: 'Mail', number: 3, state: 'executing', since: '2026-11-26T07:00:00.000Z' },
        { batch: batchId, batchName: 'Mail', number: 1, state: 'executing', since: '2026-11-26T09:00:00.000Z' },
      ],
    },
    { id: gone, state: 'gone', chunk: null, chunks: [] },
  ]);
  expect(workers[1]?.heartbeatAgeMs).toBeGreaterThan(59_000);
  await expect(readWorkers(BO)).rejects.toMatchObject({ code: 'forbidden' });
  const { rows } = await pool.query('SELECT batch_id FROM chunk WHERE id = $1', [chunks[0]?.id]);
  expect((await readBatch(BO, { batchId: rows[0].batch_id }))?.chunks[0]?.worker).toEqual({
    id: busy,
    host: 'a',
    pid: 1,
    silentMs: null,
  });
});

test('a worker that missed its renewals is shown as silent, and a batch that nobody works on says so', async () => {
  const { batchId, chunks } = await seedBatch(pool, { chunks: [{ state: 'executing', items: [item('a')] }] });
  const seen = async () => await readBatch(BO, { batchId });
  await pool.query('DELETE FROM worker');
  expect(await seen()).toMatchObject({ unattended: { heardAt: null } });

  const worker = randomUUID();
  await pool.query("INSERT INTO worker (id, host, pid, state, heartbeat) VALUES ($1, 'a', 1, 'busy', clock_timestamp())", [
    worker,
  ]);
  await pool.query("UPDATE chunk SET lease_owner = $1, lease_until = clock_timestamp() - interval '2 seconds' WHERE id = $2", [
    worker,
    chunks[0]?.id,
  ]);
  const silent = await seen();
  expect(silent).toMatchObject({ unattended: null, chunks: [{ worker: { pid: 1 } }] });
  expect(silent?.chunks[0]?.worker?.silentMs).toBeGreaterThanOrEqual(LEASE_MS + 2_000);

  await pool.query("UPDATE worker SET heartbeat = clock_timestamp() - interval '1 minute'");
  expect((await seen())?.unattended?.heardAt).toMatch(/^\d{4}-/);
  await pool.query("UPDATE chunk SET state = 'done' WHERE id = $1", [chunks[0]?.id]);
  expect(await seen()).toMatchObject({ unattended: null, chunks: [{ worker: null }] });
});
