import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { CLOCK } from '#lib/engine/clock.ts';
import { executionStore } from '#lib/engine/execute/execution-store.ts';
import { receiptWriter } from '#lib/engine/execute/receipt-writer.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { insertIntents, insertOutcomes } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import {
  ADA,
  BO,
  chunkStates,
  counters,
  leasesCount,
  type StartedBatch,
  startedBatch,
  steps,
  target,
  workUntil,
} from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { executeChunk } from './execute-chunk.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

beforeEach(() => {
  // In `npm test` each wait for another attempt is the shortest that may be drawn.
  if (!FULL) vi.spyOn(Math, 'random').mockReturnValue(0);
});
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  vi.restoreAllMocks();
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query(
    "UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state IN ('queued', 'classifying', 'approved', 'executing')",
  );
});

const SHELF: PlanInput = {
  classifier: { kind: 'rules', rules: [{ when: "item.subject.endsWith('1')", category: 'keep' }], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size' },
  receiptFields: ['subject'],
};

function http(url: string, more: object = {}, execution: object = { first: 0, concurrency: 4 }): PlanInput {
  const action = {
    connector: 'http',
    do: 'POST',
    with: { url: `${url}/{{subject}}`, body: { subject: '{{subject}}' }, timeoutMs: 20_000 },
    ...more,
  };
  return {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [{ name: 'send', action }],
    chunking: { by: 'size' },
    execution,
    receiptFields: ['subject'],
  };
}

async function digestOf(batch: StartedBatch, number = 1): Promise<string> {
  const { rows } = await pool.query('SELECT id FROM chunk WHERE batch_id = $1 AND number = $2', [batch.batchId, number]);
  return (await buildManifest(pool, { ...batch, chunkId: rows[0].id }, requestBuilder)).digest;
}

async function approve(batch: StartedBatch, number = 1): Promise<void> {
  const chunks = [{ number, digest: await digestOf(batch, number) }];
  await decide(ADA, { batchId: batch.batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
}

const until =
  (batch: StartedBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batch.batchId)).every((state) => states.includes(state));
const batchState = async (batch: StartedBatch) =>
  (await pool.query('SELECT state FROM batch WHERE id = $1', [batch.batchId])).rows[0].state;

/** Classified and approved; nothing of it has been sent. */
function approvedHttp(url: string, count: number, more: object = {}, execution?: object): Promise<StartedBatch> {
  const items = Array.from({ length: count }, (_, index) => ({ fields: { subject: `mail ${index + 1}` }, category: 'send' }));
  return seedBatch(pool, { plan: http(url, more, execution), chunks: [{ state: 'approved', items }] });
}

const always = () => true;

test('the first three run, a person releases the rest, and every action has one intent and one outcome', async () => {
  const batch = await startedBatch(pool, { items: 40, plan: SHELF });
  await workUntil(pool, until(batch, 'awaiting_review'));
  await approve(batch);
  await workUntil(pool, until(batch, 'awaiting_release'));
  expect(Object.keys(await steps(pool, batch.batchId))).toHaveLength(3);
  await decide(ADA, {
    batchId: batch.batchId,
    chunks: [{ number: 1, digest: await digestOf(batch) }],
    next: false,
    execute: false,
    release: true,
  });
  await workUntil(pool, until(batch, 'done'));
  const all = await steps(pool, batch.batchId);
  expect(Object.keys(all)).toHaveLength(36);
  expect(new Set(Object.values(all).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
  expect(await counters(pool, batch.batchId)).toMatchObject({ approved: 36, done: 36, inFlight: 0, seq: 74 });
  expect((await pool.query('SELECT count(*)::int AS n FROM shelf_entry WHERE batch_id = $1', [batch.batchId])).rows[0].n).toBe(
    36,
  );
  expect(await batchState(batch)).toBe('finished');
  const { rows } = await pool.query('SELECT seq, body FROM receipt WHERE batch_id = $1 AND chunk = 1 ORDER BY seq', [
    batch.batchId,
  ]);
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  for (const { body } of rows) expect(readReceipt(body).batch).toBe(batch.batchId);
});

test('a category that nobody looked at is not executed, unless somebody says why', async () => {
  const batch = await startedBatch(pool, { items: 20, plan: SHELF });
  await workUntil(pool, until(batch, 'awaiting_review'));
  const digest = await digestOf(batch);
  const answers = { batchId: batch.batchId, next: false, execute: true };
  await expect(decide(ADA, { ...answers, chunks: [{ number: 1, digest, seen: [1] }] })).rejects.toThrow(
    'nobody looked at any item of “noise”',
  );
  await decide(ADA, { ...answers, chunks: [{ number: 1, digest, seen: [1, 2] }] });
  expect(await chunkStates(pool, batch.batchId)).toEqual(['approved']);
});

test('a decision on an older screen is refused and says who moved what', async () => {
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Bo', 'bo@example.org', 'reviewer')`, [
    BO.id.slice(5),
  ]);
  const batch = await startedBatch(pool, { items: 20, plan: SHELF });
  await workUntil(pool, until(batch, 'awaiting_review'));
  const digest = await digestOf(batch);
  await correct(BO, { batchId: batch.batchId, chunk: 1, corrections: [2, 3].map((ordinal) => ({ ordinal, category: 'keep' })) });
  const refused = decide(ADA, {
    batchId: batch.batchId,
    chunks: [{ number: 1, digest, revision: 1, seen: [2, 4] }],
    next: true,
    execute: true,
  });
  await expect(refused).rejects.toThrow('Bo moved 2 items to keep while you looked. Nothing was approved.');
  await expect(refused).rejects.toMatchObject({
    code: 'stale',
    facts: { changes: [{ ordinal: 2, from: 'noise', to: 'keep' }, { ordinal: 3 }] },
  });
  expect(await chunkStates(pool, batch.batchId)).toEqual(['awaiting_review']);
  await approve(batch);
  await expect(
    correct(BO, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal: 5, category: 'keep' }] }),
  ).rejects.toBeInstanceOf(CountersignError);
});

test('sent back, a chunk is classified again and keeps what people corrected', async () => {
  const batch = await startedBatch(pool, { items: 20, plan: SHELF });
  await workUntil(pool, until(batch, 'awaiting_review'));
  await correct(BO, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  const chunks = [{ number: 1, digest: await digestOf(batch) }];
  await expect(decide(BO, { batchId: batch.batchId, chunks, next: false, execute: false, sendBack: true })).rejects.toThrow(
    'A note is missing',
  );
  await decide(BO, { batchId: batch.batchId, chunks, next: false, execute: false, sendBack: true, note: 'Shops are missing.' });
  await workUntil(pool, until(batch, 'awaiting_review'));
  const { rows } = await pool.query('SELECT category FROM classification WHERE batch_id = $1 AND ordinal = 2', [batch.batchId]);
  expect(rows[0].category).toBe('keep');
});

test('an owner whose epoch is past writes nothing, neither intent nor outcome', async () => {
  const { url } = await target(() => 200);
  const batch = await approvedHttp(url, 5);
  await leasesCount(pool);
  const zombie = await claimChunk(pool, '00000000-0000-4000-8000-000000000001');
  if (!zombie) throw new Error('There was nothing to claim.');
  await pool.query("UPDATE chunk SET lease_until = now() - interval '1 second' WHERE id = $1", [zombie.chunkId]);
  const heir = await claimChunk(pool, '00000000-0000-4000-8000-000000000002');
  expect(heir).toMatchObject({ chunkId: zombie.chunkId, epoch: zombie.epoch + 1 });
  const row = { ordinal: 1, step: 1, body: Buffer.from('{}'), leaf: Buffer.alloc(32) };
  expect(await insertIntents(pool, zombie, [{ ...row, values: [], from: null }])).toBe(false);
  expect(await insertOutcomes(pool, zombie, [{ ...row, result: 'succeeded', values: [] }])).toBe(false);
  await expect(
    receiptWriter(executionStore(pool), zombie, always).intent({ ...row, values: [], from: null }),
  ).rejects.toMatchObject({
    why: 'lost',
  });
  expect(await steps(pool, batch.batchId)).toEqual({});
});

test('what an owner left open is asked about where the target keeps no keys, and repeated under the same key where it does', async () => {
  for (const honoursKeys of [false, true]) {
    const { url, seen } = await target(() => 200);
    const batch = await approvedHttp(url, 6, { honoursKeys });
    let died = false;
    // This owner dies after the intents' commit and after two of the effects. Who takes the chunk over, for a busy machine renewed too late, leaves it alone.
    await workUntil(pool, async () => seen.length >= 2, {
      executing: async (task) => {
        const { executeChunk } = await import('#lib/engine/execute/executor.ts');
        let sent = 0;
        const dying = died
          ? null
          : executeChunk({
              ...{
                store: executionStore(pool),
                clock: CLOCK,
                random: Math.random,
                claim: task.claim,
                lease: task.lease,
                drain: task.drain,
                place: task.place,
                requests: task.requests,
                by: 'worker:dead',
                announce: () => {},
                passing: [],
              },
              targetFor: () => ({
                kind: 'remote',
                keepsAnswers: true,
                retries: [],
                targetOf: () => null,
                faultOf: () => null,
                honoursKeys: () => honoursKeys,
                apply: async ({ row, idempotencyKey }) => {
                  sent += 1;
                  if (sent <= 2)
                    await fetch(`${url}/${row.ordinal}`, { method: 'POST', headers: { 'Idempotency-Key': idempotencyKey } });
                  throw new Error('killed');
                },
              }),
            });
        died = true;
        await dying?.catch(() => {});
        // The wait may be over before this one begins.
        if (!task.drain.aborted) await new Promise((resolve) => task.drain.addEventListener('abort', resolve));
        await pool.query('UPDATE chunk SET lease_until = NULL WHERE id = $1', [task.claim.chunkId]);
        return 'lost';
      },
    });
    const open = Object.values(await steps(pool, batch.batchId)).filter((of) => of.length === 1).length;
    expect(open).toBeGreaterThanOrEqual(2);
    await workUntil(pool, until(batch, 'done', 'unresolved'));
    const all = Object.values(await steps(pool, batch.batchId)).map(String);
    if (honoursKeys) {
      expect(all).toEqual(Array(6).fill('intent,outcome:succeeded'));
      expect(new Set(seen.map(({ key }) => key)).size).toBe(6);
    } else {
      expect(all.filter((of) => of === 'intent,outcome:uncertain')).toHaveLength(open);
      expect(seen).toHaveLength(6 - open + 2);
      expect(await chunkStates(pool, batch.batchId)).toEqual(['unresolved']);
      expect(await batchState(batch)).toBe('running');
    }
  }
});

test('a named person settles an uncertain action, it is never sent again by that, and a retry asks for a new attempt', async () => {
  const { url, seen } = await target((_, count) => (count <= 2 ? 500 : 200));
  const batch = await approvedHttp(url, 4, {}, { first: 0, concurrency: 1, haltAfter: { consecutive: 9, share: 1 } });
  await workUntil(pool, until(batch, 'unresolved'));
  expect(seen).toHaveLength(4);
  expect(await answerUncertain(BO, { batchId: batch.batchId, ordinals: [1, 3], answer: 'happened' })).toMatchObject({
    answered: 1,
    skipped: [3],
  });
  expect(await answerUncertain(BO, { batchId: batch.batchId, ordinals: [2], answer: 'did_not', note: 'asked Cy' })).toMatchObject(
    {
      answered: 1,
      skipped: [],
    },
  );
  expect(await chunkStates(pool, batch.batchId)).toEqual(['done']);
  expect(await batchState(batch)).toBe('finished');
  expect(seen).toHaveLength(4);
  await retry(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done'));
  expect(seen).toHaveLength(5);
  expect((await steps(pool, batch.batchId))[2]).toEqual([
    'intent',
    'outcome:uncertain',
    'resolution:not_executed',
    'intent',
    'outcome:succeeded',
  ]);
  expect(seen[4]?.key).not.toBe(seen[1]?.key);
  expect(await counters(pool, batch.batchId)).toMatchObject({ approved: 4, done: 4, uncertain: 0, notExecuted: 0, inFlight: 0 });
});

test('pausing lets nothing new out, resuming repeats nothing, cancelling says what was not executed', async () => {
  // It answers no more than so many until that is told: the batch is not over before somebody pauses it.
  let answered = 6;
  const held: (() => void)[] = [];
  const { url, seen } = await target(async () => {
    if (seen.length > answered) await new Promise<void>((resolve) => held.push(resolve));
    return 200;
  });
  const letGo = (next: number) => {
    answered = next;
    for (const go of held.splice(0)) go();
  };
  const items = atSize(30, 60);
  const batch = await approvedHttp(url, items, {}, { first: 0, concurrency: 2 });
  await workUntil(pool, async () => {
    if (seen.length < 6) return false;
    await pause(ADA, { batchId: batch.batchId });
    letGo(items);
    return true;
  });
  await workUntil(pool, until(batch, 'paused'));
  const paused = seen.length;
  expect(Object.values(await steps(pool, batch.batchId)).map(String)).toEqual(Array(paused).fill('intent,outcome:succeeded'));
  expect(paused).toBeLessThan(items);
  letGo(paused + 6);
  await resume(ADA, { batchId: batch.batchId });
  await workUntil(pool, async () => {
    if (seen.length < paused + 6) return false;
    await cancel(ADA, { batchId: batch.batchId });
    letGo(items);
    return true;
  });
  await workUntil(pool, until(batch, 'cancelled'));
  const { approved, done, notExecuted, inFlight } = await counters(pool, batch.batchId);
  expect({ approved, inFlight, sent: done, sum: (done ?? 0) + (notExecuted ?? 0) }).toEqual({
    approved: items,
    inFlight: 0,
    sent: seen.length,
    sum: items,
  });
  expect(new Set(seen.map(({ url: path }) => path)).size).toBe(seen.length);
  const tape = (await readTape(ADA, { batchId: batch.batchId })) ?? [];
  expect(tape.filter(({ seq }) => seq === null).map(({ line }) => line)).toEqual([
    'Ada stopped the batch',
    'Ada resumed the batch',
    'Ada paused the batch',
  ]);
});

test('what a busy target certainly did not do is attempted again by itself, and each attempt has its receipts', async () => {
  const { url, seen } = await target((_, count) => (count <= 3 ? 429 : 200));
  const batch = await approvedHttp(url, 2, {}, { first: 0, concurrency: 2 });
  await workUntil(pool, until(batch, 'done'));
  expect(
    Object.values(await steps(pool, batch.batchId))
      .map(String)
      .sort(),
  ).toEqual([
    'intent,outcome:failed,intent,outcome:failed,intent,outcome:succeeded',
    'intent,outcome:failed,intent,outcome:succeeded',
  ]);
  expect(new Set(seen.map(({ key }) => key)).size).toBe(5);
  expect(await counters(pool, batch.batchId)).toMatchObject({ approved: 2, done: 2, failed: 0, inFlight: 0 });
});

test('a plan may allow no second attempt, and what a target refuses for good never has one', async () => {
  for (const [status, retry] of [[429, { attempts: 1 }] as const, [404, { attempts: 9 }] as const]) {
    const { url, seen } = await target(() => status);
    const batch = await approvedHttp(url, 2, {}, { first: 0, retry });
    await workUntil(pool, until(batch, 'done'));
    expect(Object.values(await steps(pool, batch.batchId)).map(String)).toEqual(Array(2).fill('intent,outcome:failed'));
    expect(seen).toHaveLength(2);
  }
});

test('an error budget that is spent while the chunk is being given back halts it: whoever claims it next sends nothing more', async () => {
  const giveWay = new AbortController();
  const { url, seen } = await target((_request, count) => {
    if (count === 3) giveWay.abort();
    return 400;
  });
  const execution = { first: 0, concurrency: 2, haltAfter: { consecutive: 3, share: 1 } };
  const batch = await approvedHttp(url, 20, {}, execution);
  await workUntil(pool, until(batch, 'halted'), {
    executing: (task) =>
      executeChunk(giveWay.signal.aborted ? task : { ...task, place: { ...task.place, giveWay: giveWay.signal } }),
  });
  expect(seen.length).toBeLessThanOrEqual(4);
});

test('a target that asks for an hour has it, without a worker; a pause ends the wait, and the next owner has the attempts that are left', async () => {
  let busy = true;
  const { url, seen } = await target((_request, _count, response) => {
    if (busy) response.setHeader('Retry-After', '3600');
    return busy ? 429 : 425;
  });
  const batch = await approvedHttp(url, 1, {}, { first: 0, retry: { attempts: 3 } });
  const waits = async () =>
    (
      await pool.query(
        `SELECT state, waits_for AS for, lease_owner AS owner,
           not_before BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '1 hour' AS within
         FROM chunk WHERE batch_id = $1`,
        [batch.batchId],
      )
    ).rows[0];
  await workUntil(pool, async () => (await waits()).for !== null);
  expect(await waits()).toEqual({ state: 'executing', for: 'retry_after', owner: null, within: true });

  await pool.query('UPDATE chunk SET not_before = clock_timestamp() WHERE batch_id = $1', [batch.batchId]);
  await workUntil(pool, async () => seen.length === 2 && (await waits()).for !== null);
  await pause(ADA, { batchId: batch.batchId });
  expect(await waits()).toMatchObject({ for: null });
  await workUntil(pool, until(batch, 'paused'));
  busy = false;
  await resume(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done'));
  const [of] = Object.values(await steps(pool, batch.batchId)).map(String);
  expect(of).toBe(Array(3).fill('intent,outcome:failed').join(','));
  expect(seen).toHaveLength(3);

  await retry(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done'));
  expect(seen).toHaveLength(6);
});

test('a target that keeps refusing halts the chunk before more harm is done', async () => {
  const { url, seen } = await target(() => 403);
  const batch = await approvedHttp(url, 50, {}, { first: 0, concurrency: 1 });
  await workUntil(pool, until(batch, 'halted'));
  expect(seen).toHaveLength(5);
  const { rows } = await pool.query(
    'SELECT i.message FROM incident i JOIN chunk c ON c.incident_id = i.id WHERE c.batch_id = $1',
    [batch.batchId],
  );
  expect(rows).toEqual([{ message: `${new URL(url).host} refuses our requests (HTTP 403)` }]);
});

test('a commit whose acknowledgement is lost is looked up, not repeated', async () => {
  const { url } = await target(() => 200);
  await approvedHttp(url, 3);
  const claim = await claimChunk(pool, '00000000-0000-4000-8000-000000000003');
  if (!claim) throw new Error('There was nothing to claim.');
  const { deaf, cuts } = deafOnce();
  const row = { ordinal: 1, step: 1, body: Buffer.from('{"v":1}'), leaf: Buffer.alloc(32, 7) };
  await receiptWriter(executionStore(deaf), claim, always).intent({ ...row, values: [], from: null });
  expect(cuts()).toBe(1);
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent'] });
  expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 1, seq: 2 });
});

/** The connection dies after the first statement, before its answer. */
function deafOnce(): { deaf: Pool; cuts: () => number } {
  let cuts = 0;
  const deaf = new Proxy(pool, {
    get(of, name) {
      if (name !== 'connect') return Reflect.get(of, name, of).bind(of);
      return async () => {
        const client = await of.connect();
        if (cuts > 0) return client;
        cuts += 1;
        const { query } = client;
        client.query = (async (...asked: Parameters<typeof query>) => {
          client.query = query;
          await (query as (...all: unknown[]) => Promise<unknown>).apply(client, asked);
          throw new Error('Connection terminated unexpectedly');
        }) as unknown as typeof query;
        return client;
      };
    },
  });
  return { deaf, cuts: () => cuts };
}

describe('an outcome and the next intent share a commit', () => {
  const sealed = (ordinal: number, step: number) => ({
    ...{ ordinal, step, body: Buffer.from(`{"v":${ordinal}.${step}}`), leaf: Buffer.alloc(32, 16 * ordinal + step) },
  });
  const intent = (ordinal: number, from: 'failed' | null = null) => ({
    ...sealed(ordinal, 1),
    values: [{ field: 'from', salt: Buffer.alloc(16, ordinal), value: `customer ${ordinal}` }],
    from,
  });
  const outcome = (ordinal: number, result: 'succeeded' | 'failed' = 'succeeded') => ({
    ...sealed(ordinal, 2),
    result,
    values: [],
  });

  async function sendingOne() {
    const { url } = await target(() => 200);
    await approvedHttp(url, 3);
    const claim = await claimChunk(pool, '00000000-0000-4000-8000-000000000003');
    if (!claim) throw new Error('There was nothing to claim.');
    await receiptWriter(executionStore(pool), claim, always).intent(intent(1));
    return claim;
  }

  test('both are stored, numbered one after the other, and counted', async () => {
    const claim = await sendingOne();
    const writer = receiptWriter(executionStore(pool), claim, always);
    await Promise.all([writer.intent(intent(2)), writer.outcome(outcome(1)), writer.intent(intent(3))]);
    const { rows } = await pool.query(
      `SELECT r.seq, ordinal, kind, value FROM receipt r LEFT JOIN receipt_value v USING (batch_id, chunk, seq)
       WHERE r.batch_id = $1 AND ordinal IS NOT NULL ORDER BY r.seq`,
      [claim.batchId],
    );
    expect(rows).toEqual([
      { seq: 2, ordinal: 1, kind: 'intent', value: 'customer 1' },
      { seq: 3, ordinal: 1, kind: 'outcome', value: null },
      { seq: 4, ordinal: 2, kind: 'intent', value: 'customer 2' },
      { seq: 5, ordinal: 3, kind: 'intent', value: 'customer 3' },
    ]);
    const { rows: times } = await pool.query(
      'SELECT count(DISTINCT xmin::text)::int AS commits FROM receipt WHERE batch_id = $1 AND seq > 2',
      [claim.batchId],
    );
    expect(times).toEqual([{ commits: 1 }]);
    expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 2, done: 1, failed: 0, seq: 5 });
  });

  test('while the chunk is being stopped the outcome is stored and the intent is refused', async () => {
    const claim = await sendingOne();
    await pool.query("UPDATE chunk SET stopping = 'pause' WHERE id = $1", [claim.chunkId]);
    const writer = receiptWriter(executionStore(pool), claim, always);
    const [known, planned] = await Promise.allSettled([writer.outcome(outcome(1, 'failed')), writer.intent(intent(2))]);
    expect(known.status).toBe('fulfilled');
    expect(planned).toMatchObject({ status: 'rejected', reason: { why: 'stopping' } });
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:failed'] });
    expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 0, failed: 1, seq: 3 });
    const { rows } = await pool.query(
      "SELECT count(*)::int AS values FROM receipt_value WHERE batch_id = $1 AND field <> 'override'",
      [claim.batchId],
    );
    expect(rows).toEqual([{ values: 1 }]);
  });

  test('an owner whose epoch is past writes neither', async () => {
    const claim = await sendingOne();
    const writer = receiptWriter(executionStore(pool), { ...claim, epoch: claim.epoch - 1 }, always);
    const ends = await Promise.allSettled([writer.outcome(outcome(1)), writer.intent(intent(2))]);
    expect(ends).toMatchObject([{ reason: { why: 'lost' } }, { reason: { why: 'lost' } }]);
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent'] });
  });

  test('nothing new is begun once an outcome could not be recorded', async () => {
    const claim = await sendingOne();
    const writer = receiptWriter(executionStore(pool), claim, always);
    // Somebody else recorded it: the second outcome of one step.
    await receiptWriter(executionStore(pool), claim, always).intent(intent(3));
    await receiptWriter(executionStore(pool), claim, always).outcome(outcome(1));
    await expect(writer.outcome(outcome(1))).rejects.toMatchObject({ why: 'lost' });
    await expect(writer.intent(intent(2))).rejects.toMatchObject({ why: 'lost' });
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 3: ['intent'] });
  });

  test('when the acknowledgement is lost both are looked up and neither is repeated', async () => {
    const claim = await sendingOne();
    const { deaf, cuts } = deafOnce();
    const writer = receiptWriter(executionStore(deaf), claim, always);
    await Promise.all([writer.outcome(outcome(1)), writer.intent(intent(2))]);
    expect(cuts()).toBe(1);
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 2: ['intent'] });
    expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 1, done: 1, seq: 4 });
  });

  test('when the acknowledgement is lost while the chunk is being stopped, the intent is still refused', async () => {
    const claim = await sendingOne();
    await pool.query("UPDATE chunk SET stopping = 'pause' WHERE id = $1", [claim.chunkId]);
    const { deaf, cuts } = deafOnce();
    const writer = receiptWriter(executionStore(deaf), claim, always);
    const [known, planned] = await Promise.allSettled([writer.outcome(outcome(1)), writer.intent(intent(2))]);
    expect(cuts()).toBe(1);
    expect(known.status).toBe('fulfilled');
    expect(planned).toMatchObject({ status: 'rejected', reason: { why: 'stopping' } });
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
  });
});

test('a sum that does not add up stops sending and opens one incident', async () => {
  // The fifth is answered once the fault was found.
  const found = Promise.withResolvers<void>();
  const { url } = await target(async (_request, count) => {
    if (count > 4) await found.promise;
    return 200;
  });
  const batch = await approvedHttp(url, 20, {}, { first: 0, concurrency: 1 });
  await workUntil(pool, async () => {
    if (((await counters(pool, batch.batchId)).done ?? 0) < 3) return false;
    await checkSums();
    expect(await batchState(batch)).toBe('running');
    await pool.query('UPDATE chunk SET done = done - 1 WHERE batch_id = $1', [batch.batchId]);
    await Promise.all([checkSums(), checkSums()]);
    found.resolve();
    return true;
  });
  await workUntil(pool, until(batch, 'paused'));
  expect(await batchState(batch)).toBe('paused');
  const { rows } = await pool.query('SELECT kind, message FROM incident WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([{ kind: 'mismatch', message: expect.stringMatching(/^Counts disagree by \d+\. Sending stopped\.$/) }]);
});

test('a key is relied upon only for as long as the target keeps it, with room for the repeat', async () => {
  const { url, seen } = await target(() => 200);
  const plan = http(url, { honoursKeys: { forHours: 3 } });
  const intents = [2.5, 2.9, 4].map((hoursAgo, index) => ({
    fields: { subject: `mail ${index + 1}` },
    category: 'send',
    receipts: ['intent' as const],
    hoursAgo,
  }));
  const { batchId } = await seedBatch(pool, { plan, chunks: [{ state: 'executing', items: intents }] });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'unresolved');
  expect(await steps(pool, batchId)).toEqual({
    1: ['intent', 'outcome:succeeded'],
    2: ['intent', 'outcome:uncertain'],
    3: ['intent', 'outcome:uncertain'],
  });
  expect(seen).toHaveLength(1);
});

test('after an answer that says nothing the target is asked, and only its “it happened” settles the action', async () => {
  const { url } = await target((request) => {
    if (request.method !== 'GET') return 500;
    return { '/looks/mail%201': 200, '/looks/mail%202': 404 }[request.url ?? ''] ?? 503;
  });
  const more = { with: { url, body: { subject: '{{subject}}' }, inspect: { url: `${url}/looks/{{subject}}` } } };
  const batch = await approvedHttp(url, 3, more, { first: 0, concurrency: 1, haltAfter: { consecutive: 9, share: 1 } });
  await workUntil(pool, until(batch, 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({
    1: ['intent', 'outcome:uncertain', 'resolution:succeeded'],
    2: ['intent', 'outcome:uncertain'],
    3: ['intent', 'outcome:uncertain'],
  });
  const said = await pool.query('SELECT ordinal, finding, reason FROM inspection WHERE batch_id = $1 ORDER BY ordinal', [
    batch.batchId,
  ]);
  expect(said.rows).toEqual([
    { ordinal: 1, finding: 'happened', reason: null },
    { ordinal: 2, finding: 'not_there', reason: null },
    { ordinal: 3, finding: 'unknown', reason: 'http_503' },
  ]);
  expect(await counters(pool, batch.batchId)).toMatchObject({ approved: 3, done: 1, uncertain: 2, inFlight: 0 });
});

test('a person who answers while the target is being asked is first, and the inspection adds nothing', async () => {
  let batchId = '';
  const { url } = await target(async (request) => {
    if (request.method !== 'GET') return 500;
    await answerUncertain(BO, { batchId, ordinals: [1], answer: 'did_not' });
    return 200;
  });
  const more = { with: { url, body: { subject: '{{subject}}' }, inspect: { url: `${url}/looks/{{subject}}` } } };
  const batch = await approvedHttp(url, 1, more);
  batchId = batch.batchId;
  await workUntil(pool, until(batch, 'done'));
  expect(await steps(pool, batchId)).toEqual({ 1: ['intent', 'outcome:uncertain', 'resolution:not_executed'] });
  expect(await counters(pool, batchId)).toMatchObject({ done: 0, notExecuted: 1, uncertain: 0 });
});
