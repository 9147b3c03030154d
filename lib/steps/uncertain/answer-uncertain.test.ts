/** Uncertain actions, singly and by cause: two people at once, what changes meanwhile, and what the target says when it is asked. */
import { expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { canonicalBytes, leafHash } from '#lib/ledger/canonical.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, counters, steps, target } from '#test/fixtures/started-batch.ts';
import { answerUncertain } from './answer-uncertain.ts';
import { groupId } from './groups.ts';
import { readUncertain } from './read-uncertain.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

const plan = (url = 'http://127.0.0.1:9', more: object = {}): Partial<PlanInput> => ({
  categories: [
    { name: 'noise', action: { connector: 'http', do: 'POST', with: { url, body: { id: '{{subject}}' }, ...more } } },
    { name: 'keep' },
  ],
  receiptFields: ['subject'],
});
const inspected = (url: string) => plan(url, { inspect: { url: `${url}/look/{{subject}}` } });
const uncertain = (subject: string, reason = 'timeout'): SeedItem => ({
  fields: { subject },
  category: 'noise',
  receipts: ['intent', 'outcome:uncertain'],
  reason,
});
const groupsOf = async (batchId: string) => (await readUncertain(BO, { batchId }))?.groups ?? [];
const states = async (batchId: string) =>
  (await pool.query('SELECT state FROM chunk WHERE batch_id = $1 ORDER BY number', [batchId])).rows.map(({ state }) => state);
const addsUp = async (batchId: string) => (await readBatch(BO, { batchId }))?.sum.addsUp;

test('grouped by cause over all chunks, and paged by cursor with what is known of each', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: plan(),
    chunks: [
      { state: 'unresolved', items: [uncertain('a'), uncertain('b'), uncertain('c', 'worker_lost')] },
      { state: 'unresolved', items: [uncertain('d'), uncertain('e', 'http_500')] },
    ],
  });
  const page = await readUncertain(BO, { batchId, limit: 2 });
  expect(page?.groups).toMatchObject([
    { reason: 'timeout', worker: null, count: 3, canAsk: false },
    { reason: 'worker_lost', worker: 'seed', count: 1 },
    { reason: 'http_500', worker: null, count: 1 },
  ]);
  expect(page?.items[0]).toMatchObject({
    ...{
      ordinal: 1,
      action: 'send a POST to 127.0.0.1:9',
      request: 'POST http://127.0.0.1:9/',
      body: '{"id":"a"}',
      bodyCut: false,
    },
    ...{ worker: 'seed', attempt: 1, reason: 'timeout', inspection: null, canAsk: false },
    idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  const second = await readUncertain(BO, { batchId, limit: 2, cursor: page?.next ?? null });
  expect(second?.items.map(({ ordinal }) => ordinal)).toEqual([3, 4]);
  expect(second?.groups).toEqual(page?.groups);
  const auditor = await readUncertain({ ...BO, role: 'auditor' }, { batchId });
  expect(auditor?.items[0]).toMatchObject({ request: null, body: null });
});

test('two people answer the same group at once: each action has one answer, and the sum adds up', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: plan(),
    chunks: [
      { state: 'unresolved', items: Array.from({ length: 12 }, (_, index) => uncertain(`a${index}`)) },
      { state: 'unresolved', items: Array.from({ length: 12 }, (_, index) => uncertain(`b${index}`)) },
    ],
  });
  const group = (await groupsOf(batchId))[0]?.id ?? '';
  const both = await Promise.all([
    answerUncertain(ADA, { batchId, group, answer: 'happened' }),
    answerUncertain(BO, { batchId, group, answer: 'did_not' }),
  ]);
  expect(both.reduce((sum, { answered }) => sum + answered, 0)).toBe(24);
  for (const of of Object.values(await steps(pool, batchId))) expect(of).toHaveLength(3);
  expect(await states(batchId)).toEqual(['done', 'done']);
  expect(await addsUp(batchId)).toBe(true);
});

test('answers of several statements are numbered without a gap, with the bytes and the leaves that were sealed, and a note each', async () => {
  const count = 1_203;
  const { batchId } = await seedBatch(pool, {
    plan: plan(),
    chunks: [{ state: 'unresolved', items: Array.from({ length: count }, (_, index) => uncertain(`a${index}`)) }],
  });
  const ordinals = Array.from({ length: count }, (_, index) => index + 1);
  const both = await Promise.all([
    answerUncertain(ADA, { batchId, ordinals, answer: 'happened', note: 'Ben asked “them” ✓' }),
    answerUncertain(BO, { batchId, ordinals: ordinals.toReversed(), answer: 'abandon' }),
  ]);
  expect(both.map(({ answered }) => answered).sort((a, b) => a - b)).toEqual([0, count]);
  const { rows } = await pool.query<{ seq: number; ordinal: number; step: number; body: Buffer; leaf: Buffer }>(
    `SELECT seq, ordinal, step, body, leaf FROM receipt WHERE batch_id = $1 AND kind = 'resolution' ORDER BY seq`,
    [batchId],
  );
  // After the decision, the intents and their outcomes.
  expect(rows.map(({ seq }) => seq)).toEqual(ordinals.map((at) => 1 + 2 * count + at));
  for (const { body, leaf, ordinal, step } of rows) {
    expect(readReceipt(body)).toMatchObject({ kind: 'resolution', batch: batchId, ordinal, step });
    expect(leafHash(body)).toEqual(leaf);
    expect(canonicalBytes(JSON.parse(body.toString('utf8')))).toEqual(body);
  }
  const notes = await pool.query<{ seq: number; field: string; salt: Buffer; value: string }>(
    `SELECT v.seq, v.field, v.salt, v.value FROM receipt_value v JOIN receipt r USING (batch_id, chunk, seq)
     WHERE batch_id = $1 AND r.kind = 'resolution' ORDER BY v.seq`,
    [batchId],
  );
  const noted = both[0]?.answered === count;
  expect(notes.rows.map(({ seq }) => seq)).toEqual(noted ? rows.map(({ seq }) => seq) : []);
  if (noted) expect(new Set(notes.rows.map(({ salt }) => salt.toString('hex'))).size).toBe(count);
  for (const { salt, ...note } of notes.rows) {
    expect(salt).toHaveLength(16);
    expect(note).toMatchObject({ field: 'note', value: 'Ben asked “them” ✓' });
  }
  expect(await states(batchId)).toEqual(['done']);
  expect(await addsUp(batchId)).toBe(true);
});

test('an answer to a group covers what was seen of it, and nothing that came later', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: plan(),
    chunks: [{ state: 'executing', items: [uncertain('a'), uncertain('b'), uncertain('c')] }],
  });
  const [group] = await groupsOf(batchId);
  // As it was on a screen before the third became uncertain: the decision, and two receipts for each of the first two.
  const earlier = groupId({ batchId, cause: { reason: 'timeout', lost: null }, seen: [[1, 5]] });
  await answerUncertain(ADA, { batchId, ordinals: [2], answer: 'happened' });
  expect(await answerUncertain(BO, { batchId, group: earlier, answer: 'did_not' })).toMatchObject({ answered: 1, left: 0 });
  expect(await steps(pool, batchId)).toEqual({
    1: ['intent', 'outcome:uncertain', 'resolution:not_executed'],
    2: ['intent', 'outcome:uncertain', 'resolution:succeeded'],
    3: ['intent', 'outcome:uncertain'],
  });
  expect(await states(batchId)).toEqual(['executing']);
  expect(await answerUncertain(BO, { batchId, group: group?.id ?? '', answer: 'happened' })).toMatchObject({ answered: 1 });
  expect(await counters(pool, batchId)).toMatchObject({ done: 2, notExecuted: 1, uncertain: 0 });
  expect(await addsUp(batchId)).toBe(true);
});

test('the group of another batch, and what is none, are refused', async () => {
  const [one, other] = await Promise.all(
    ['a', 'b'].map((subject) =>
      seedBatch(pool, { plan: plan(), chunks: [{ state: 'unresolved', items: [uncertain(subject)] }] }),
    ),
  );
  const [group] = await groupsOf(other?.batchId ?? '');
  const batchId = one?.batchId ?? '';
  for (const wrong of [
    group?.id ?? '',
    'nonsense',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('{').toString('base64url'),
  ])
    await expect(answerUncertain(BO, { batchId, group: wrong, answer: 'happened' })).rejects.toMatchObject({
      code: 'invalid',
      problems: [{ path: 'group' }],
    });
  expect(Object.values(await steps(pool, batchId))).toEqual([['intent', 'outcome:uncertain']]);
});

test('an uncertain action in a cancelled chunk can still be answered, and the chunk stays cancelled', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: plan(),
    chunks: [{ state: 'cancelled', items: [uncertain('a'), uncertain('b')], decidedBy: ADA.id }],
  });
  const [group] = await groupsOf(batchId);
  expect(await answerUncertain(BO, { batchId, group: group?.id ?? '', answer: 'did_not' })).toMatchObject({ answered: 2 });
  expect(await states(batchId)).toEqual(['cancelled']);
});

test('asked, the target settles the actions that it confirms, by inspection and by name; the rest stays, with what it said', async () => {
  const { url, seen } = await target((request) => ({ '/look/a': 200, '/look/b': 404 })[request.url ?? ''] ?? 500);
  const { batchId } = await seedBatch(pool, {
    plan: inspected(url),
    chunks: [{ state: 'unresolved', items: [uncertain('a'), uncertain('b'), uncertain('c')] }],
  });
  const [group] = await groupsOf(batchId);
  expect(group).toMatchObject({ count: 3, canAsk: true });
  const asked = await answerUncertain(BO, { batchId, group: group?.id ?? '', answer: 'ask' });
  expect(asked).toMatchObject({
    ...{ answered: 1, skipped: [], left: 0 },
    said: [{ finding: 'happened' }, { finding: 'not_there' }, { finding: 'unknown', reason: 'http_500' }],
  });
  expect(seen.map((one) => one.key)).toEqual([undefined, undefined, undefined]);
  const page = await readUncertain(BO, { batchId });
  expect(page?.items.map(({ ordinal, inspection }) => [ordinal, inspection?.finding, inspection?.reason])).toEqual([
    [2, 'not_there', null],
    [3, 'unknown', 'http_500'],
  ]);
  const { rows } = await pool.query(
    `SELECT convert_from(body, 'UTF8')::json AS body FROM receipt WHERE batch_id = $1 AND kind = 'resolution'`,
    [batchId],
  );
  expect(rows).toMatchObject([{ body: { ordinal: 1, result: 'succeeded', evidence: 'inspection', by: BO.id } }]);
  expect(await addsUp(batchId)).toBe(true);
});

test('somebody answers while the target is asked: the answer stands, and the inspection adds nothing', async () => {
  let batchId = '';
  const { url } = await target(async () => {
    await answerUncertain(ADA, { batchId, ordinals: [1], answer: 'did_not' });
    return 200;
  });
  ({ batchId } = await seedBatch(pool, { plan: inspected(url), chunks: [{ state: 'unresolved', items: [uncertain('a')] }] }));
  expect(await answerUncertain(BO, { batchId, ordinals: [1], answer: 'ask' })).toMatchObject({ answered: 0, skipped: [1] });
  expect(await steps(pool, batchId)).toEqual({ 1: ['intent', 'outcome:uncertain', 'resolution:not_executed'] });
});

test('where the plan has no way to look it up, asking says so and changes nothing', async () => {
  const { batchId } = await seedBatch(pool, { plan: plan(), chunks: [{ state: 'unresolved', items: [uncertain('a')] }] });
  expect(await answerUncertain(BO, { batchId, ordinals: [1], answer: 'ask' })).toEqual({
    ...{ answered: 0, skipped: [], left: 0 },
    said: [{ ordinal: 1, finding: 'cannot_ask', target: null, reason: null }],
  });
  expect(await states(batchId)).toEqual(['unresolved']);
});
