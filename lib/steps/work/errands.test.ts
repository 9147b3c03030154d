/** Errands: approved actions that agents carry out. One errand for each attempt, given to one agent, and no outcome that nobody gave. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { arm } from '#lib/engine/failpoints.ts';
import type { ErrandGiven } from '#lib/shapes/errands.ts';
import { acceptRest } from '#lib/steps/batches/accept-rest.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, chunkStates, counters, leasesCount, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { answerErrand, extendErrand, nextErrand } from './errands.ts';
import { standingOf } from './read-standing.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
});

const agent = (): Actor => ({
  ...{ id: `agent:${randomUUID()}`, role: 'agent' as const, scopes: ['work'] as const, name: 'One (key of Ada)' },
  ...{ via: 'api' as const, owner: randomUUID() },
});
const [ONE, TWO] = [agent(), agent()];

/** Taken back before an agent had it. */
const WITHDRAWN = ['intent', 'outcome:uncertain', 'resolution:not_executed'];
const ACTION = { connector: 'agent', do: 'do', with: { instruction: 'Answer “{{subject}}”.', fields: ['subject'] } };
const plan = (url = 'http://127.0.0.1:9', execution: object = {}): PlanInput => ({
  classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
  categories: [
    { name: 'errand', action: ACTION },
    { name: 'send', action: { connector: 'http', do: 'POST', with: { url } } },
    { name: 'keep' },
  ],
  chunking: { by: 'size' },
  execution: { first: 0, concurrency: 2, ...execution },
  receiptFields: ['subject'],
});
const items = (...categories: string[]): SeedChunk['items'] =>
  categories.map((category, at) => ({ fields: { subject: `Mail ${at + 1}` }, category }));
const seed = (own: SeedChunk['items'], wanted = plan()): Promise<SeededBatch> =>
  seedBatch(pool, { plan: wanted, chunks: [{ state: 'executing', items: own }] });

const take = (by: Actor, { batchId }: SeededBatch, worker = 'w') => nextErrand(by, { batchId, asked: { worker } });
const say = (by: Actor, { batchId }: SeededBatch, { given }: ErrandGiven, result: 'done' | 'failed', words = 'So it is.') =>
  answerErrand(by, { batchId, errand: given?.errand ?? '', answered: { result, words } });
const errands = async ({ batchId }: SeededBatch) =>
  (
    await pool.query(
      'SELECT ordinal, attempt, given_to AS by, answer, closed FROM errand WHERE batch_id = $1 ORDER BY ordinal, attempt',
      [batchId],
    )
  ).rows;
const chunkOf = async ({ batchId }: SeededBatch) =>
  (
    await pool.query(
      'SELECT state, stopping, lease_owner AS owner, waits_for AS waits, in_flight AS "inFlight" FROM chunk WHERE batch_id = $1',
      [batchId],
    )
  ).rows[0];
/** No worker has it, for its errands are out: so many. */
const waits = (batch: SeededBatch, out: number) => async () => {
  const { waits: what, owner, inFlight } = await chunkOf(batch);
  if (what !== 'agent' || owner !== null) return false;
  expect(inFlight).toBe(out);
  return true;
};
const is =
  (batch: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batch.batchId)).every((state) => states.includes(state));
/** As if the time of whoever has one had run out. */
const late = ({ batchId }: SeededBatch) =>
  pool.query(
    `WITH late AS (UPDATE errand SET until = clock_timestamp() WHERE batch_id = $1 AND given_to IS NOT NULL RETURNING chunk_id)
    UPDATE chunk SET not_before = clock_timestamp() FROM late WHERE id = chunk_id AND waits_for = 'agent'`,
    [batchId],
  );

async function verified({ batchId }: SeededBatch) {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportTrail(ADA, { batchId })).body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const read = async (at: number, length: number) => bytes.subarray(at, at + length);
  return verifyTrail(await openZip({ size: bytes.length, read }, inflate), hashing);
}

test('as many errands as slots are out, and no worker and no slot is held; each answer is one outcome, and makes room for the next', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(items('errand', 'errand', 'send', 'errand', 'keep'), plan(url));
  await workUntil(pool, waits(batch, 2));
  // What needs no agent is done meanwhile.
  expect(seen).toHaveLength(1);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent'], 2: ['intent'], 3: ['intent', 'outcome:succeeded'] });
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.chunks[0]?.waitsFor).toEqual({
    for: 'agent',
    until: null,
    target: null,
  });

  const first = await take(ONE, batch);
  expect(first.given).toMatchObject({ ordinal: 1, attempt: 1, instruction: 'Answer “Mail 1”.', fields: { subject: 'Mail 1' } });
  expect((await take(ONE, batch)).given?.errand).toBe(first.given?.errand);
  const second = await take(TWO, batch);
  expect(second.given?.ordinal).toBe(2);
  expect((await take(ONE, batch, 'another')).given).toBeNull();
  // Who has what, and until when, is told: for the page by the first that is due, for the board and a supervisor each.
  const until = first.given?.until;
  const { chunks: told } = (await readBatch(ADA, { batchId: batch.batchId })) ?? { chunks: [] };
  expect(told[0]?.agent).toEqual({ name: 'w', key: null, since: expect.any(String), item: 1, until, more: 1 });
  const [row, ...others] = (await readBoard(ADA)).agents.filter((one) => one.batch === batch.batchId);
  expect([row, others]).toMatchObject([{ name: 'w', number: 1, item: 1, until }, [{ item: 2 }]]);
  const { working } = await standingOf(batch.batchId);
  expect(working.map(({ who, item, until: end }) => ({ who, item, end }))).toMatchObject([
    { who: 'w', item: 1, end: until },
    { who: 'w', item: 2 },
  ]);
  await expect(say(TWO, batch, first, 'done')).rejects.toMatchObject({ code: 'forbidden' });
  expect(await say(ONE, batch, first, 'done')).toEqual({ recorded: true, already: false });
  expect(await say(ONE, batch, first, 'done')).toEqual({ recorded: false, already: true });
  await expect(say(ONE, batch, first, 'failed')).rejects.toMatchObject({ code: 'conflict' });
  await say(TWO, batch, second, 'failed', 'It has no address.');
  await workUntil(pool, waits(batch, 1));
  const third = await take(ONE, batch);
  expect(third.given?.ordinal).toBe(4);
  await say(ONE, batch, third, 'done');
  await workUntil(pool, is(batch, 'done'));
  expect(await steps(pool, batch.batchId)).toEqual({
    ...{ 1: ['intent', 'outcome:succeeded'], 2: ['intent', 'outcome:failed'] },
    ...{ 3: ['intent', 'outcome:succeeded'], 4: ['intent', 'outcome:succeeded'] },
  });
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 3, failed: 1, uncertain: 0, inFlight: 0 });
  const { rows } = await pool.query(
    "SELECT v.value FROM receipt r JOIN receipt_value v USING (batch_id, chunk, seq) WHERE r.batch_id = $1 AND r.ordinal = 2 AND r.kind = 'outcome'",
    [batch.batchId],
  );
  expect(rows).toEqual([{ value: `Not done, says w (${TWO.id})\n\nIt has no address.` }]);
  expect(await take(ONE, batch)).toMatchObject({ given: null, over: true });
});

test('an answer that comes between the worker’s last look and the giving back is heard at once', async () => {
  const batch = await seed(items('errand'));
  arm(async (point, batchId) => {
    if (point !== 'lease.releasing' || batchId !== batch.batchId) return;
    const taken = await take(ONE, batch);
    if (taken.given) await say(ONE, batch, taken, 'done');
  });
  try {
    await workUntil(pool, is(batch, 'done'));
  } finally {
    arm(undefined);
  }
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
});

test('silence is nobody’s answer: it is uncertain, and what is said later is kept for the person who is asked', async () => {
  const batch = await seed(items('errand', 'errand'));
  await workUntil(pool, waits(batch, 2));
  const [one, two] = [await take(ONE, batch), await take(TWO, batch)];
  const more = await extendErrand(TWO, { batchId: batch.batchId, errand: two.given?.errand ?? '', extended: { minutes: 60 } });
  expect(Date.parse(more.until)).toBeGreaterThan(Date.parse(two.given?.until ?? ''));
  await late(batch);
  await workUntil(pool, is(batch, 'unresolved', 'done'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'], 2: ['intent', 'outcome:uncertain'] });
  await expect(
    extendErrand(ONE, { batchId: batch.batchId, errand: one.given?.errand ?? '', extended: { minutes: 1 } }),
  ).rejects.toThrow('time of this errand is over');
  for (let again = 0; again < 2; again += 1) await expect(say(ONE, batch, one, 'done')).rejects.toThrow('too late');
  await expect(say(TWO, batch, two, 'failed')).rejects.toThrow('too late');
  expect(await errands(batch)).toMatchObject([
    { answer: 'done', closed: 'silent' },
    { answer: 'failed', closed: 'silent' },
  ]);
  expect((await readUncertain(ADA, { batchId: batch.batchId }))?.items.map(({ late: said }) => said)).toEqual([
    'Done, says w: So it is.',
    'Not done, says w: So it is.',
  ]);
  expect(await answerUncertain(ADA, { batchId: batch.batchId, ordinals: [1, 2], answer: 'ask' })).toMatchObject({ answered: 2 });
  expect(await steps(pool, batch.batchId)).toEqual({
    1: ['intent', 'outcome:uncertain', 'resolution:succeeded'],
    2: ['intent', 'outcome:uncertain', 'resolution:not_executed'],
  });
});

test('a pause takes back what nobody has and waits for what somebody has; when it goes on the others are handed out anew', async () => {
  const batch = await seed(items('errand', 'errand', 'errand'));
  await workUntil(pool, waits(batch, 2));
  const taken = await take(ONE, batch);
  await pause(ADA, { batchId: batch.batchId });
  expect((await take(TWO, batch)).given).toBeNull();
  await workUntil(pool, waits(batch, 1));
  expect(await chunkOf(batch)).toMatchObject({ state: 'executing', stopping: 'pause' });
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent'], 2: WITHDRAWN });
  expect(await counters(pool, batch.batchId)).toMatchObject({ failed: 0, uncertain: 0, notExecuted: 1, inFlight: 1 });
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.chunks[0]?.waitsFor).toMatchObject({ for: 'agent' });
  await say(ONE, batch, taken, 'done');
  await workUntil(pool, is(batch, 'paused'));
  await resume(ADA, { batchId: batch.batchId });
  await workUntil(pool, waits(batch, 2));
  const anew = await take(ONE, batch);
  expect(anew.given).toMatchObject({ ordinal: 2, attempt: 2 });
  await say(ONE, batch, anew, 'done');
  await say(ONE, batch, await take(ONE, batch), 'done');
  await workUntil(pool, is(batch, 'done'));
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 3, failed: 0, uncertain: 0, inFlight: 0 });
});

test('being taken back is no attempt: however often a batch is paused, what nobody had is handed out when it goes on', async () => {
  const batch = await seed(items('errand', 'errand'), plan(undefined, { retry: { attempts: 1 } }));
  for (const attempt of [1, 2, 3]) {
    await workUntil(pool, waits(batch, 2));
    expect(await errands(batch)).toHaveLength(2 * attempt);
    await pause(ADA, { batchId: batch.batchId });
    await workUntil(pool, is(batch, 'paused'));
    expect(await counters(pool, batch.batchId)).toMatchObject({ failed: 0, uncertain: 0, notExecuted: 2, inFlight: 0 });
    await resume(ADA, { batchId: batch.batchId });
  }
  await workUntil(pool, waits(batch, 2));
  for (const by of [ONE, TWO]) await say(by, batch, await take(by, batch), by === ONE ? 'done' : 'failed');
  await workUntil(pool, is(batch, 'done'));
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 1, failed: 1, uncertain: 0, notExecuted: 0, inFlight: 0 });
});

test('a cancel waits for what an agent has until its time is over, and for nothing else', async () => {
  const batch = await seed(items('errand', 'errand', 'errand'));
  await workUntil(pool, waits(batch, 2));
  await take(ONE, batch);
  await cancel(ADA, { batchId: batch.batchId });
  await workUntil(pool, waits(batch, 1));
  await late(batch);
  await workUntil(pool, is(batch, 'cancelled'));
  // What nobody had was certainly not done, and is told with what was never begun; only what an agent had is not known.
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'], 2: WITHDRAWN });
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 0, failed: 0, uncertain: 1, notExecuted: 2, inFlight: 0 });
  expect((await verified(batch)).verdict).toBe('holds');
});

test('a worker that dies while errands are out leaves them as they are: its heir hears the answers, and no errand is made twice', async () => {
  const batch = await seed(items('errand', 'errand'));
  await workUntil(pool, waits(batch, 2));
  const one = await take(ONE, batch);
  // As a dead worker leaves it: claimed, and never given back.
  await pool.query(
    "UPDATE chunk SET epoch = epoch + 1, lease_owner = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 s', not_before = NULL, waits_for = NULL WHERE batch_id = $1",
    [batch.batchId],
  );
  await say(ONE, batch, one, 'done');
  await workUntil(pool, waits(batch, 1));
  expect((await take(ONE, batch)).given?.ordinal).toBe(2);
  await say(ONE, batch, await take(ONE, batch), 'done');
  await workUntil(pool, is(batch, 'done'));
  expect(await errands(batch)).toHaveLength(2);
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 2, failed: 0, uncertain: 0 });
});

test('what spends the error budget halts the chunk with errands out; nothing is handed out of it, and accepting the rest settles them', async () => {
  const batch = await seed(
    items('errand', 'errand', 'errand', 'errand'),
    plan(undefined, { haltAfter: { consecutive: 1, share: 1 } }),
  );
  await workUntil(pool, waits(batch, 2));
  await say(ONE, batch, await take(ONE, batch), 'failed');
  await workUntil(pool, is(batch, 'halted'));
  expect((await take(ONE, batch)).given).toBeNull();
  await acceptRest(ADA, { batchId: batch.batchId, chunk: 1 });
  await workUntil(pool, is(batch, 'done'));
  const sums = await counters(pool, batch.batchId);
  expect(sums).toMatchObject({ done: 0, uncertain: 0, inFlight: 0 });
  expect((sums.failed ?? 0) + (sums.notExecuted ?? 0)).toBe(4);
});

test('where one action waits for another, one errand is out at a time', async () => {
  const batch = await seed(items('errand', 'errand'));
  await pool.query('UPDATE chunk SET serial = true WHERE batch_id = $1', [batch.batchId]);
  for (const ordinal of [1, 2]) {
    await workUntil(pool, waits(batch, 1));
    const taken = await take(ONE, batch);
    expect(taken.given?.ordinal).toBe(ordinal);
    await say(ONE, batch, taken, 'done');
  }
  await workUntil(pool, is(batch, 'done'));
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: 2, failed: 0 });
});

test('many agents who ask at once are given an errand each, and one who asks at once under one name one', async () => {
  const batch = await seed(items(...Array.from({ length: 8 }, () => 'errand')), plan(undefined, { concurrency: 8 }));
  await workUntil(pool, waits(batch, 8));
  const same = await Promise.all(Array.from({ length: 4 }, () => take(ONE, batch, 'same')));
  expect(new Set(same.map(({ given }) => given?.errand)).size).toBe(1);
  const many = await Promise.all(Array.from({ length: 7 }, (_, n) => take(TWO, batch, `w${n}`)));
  expect(new Set([...same, ...many].flatMap(({ given }) => given?.errand ?? [])).size).toBe(8);
});
