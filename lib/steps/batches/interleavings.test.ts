/** Verbs and workers in each other's way: every test is an order of events that once lost something. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { settleBatches } from '#lib/store/actions/execution.sql.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type Seed, type SeedChunk, type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
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
import { cancel } from './cancel.ts';
import { pause } from './pause.ts';
import { readBatch } from './read-batch.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();
const WORKER = randomUUID();

// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query(
    `UPDATE batch SET state = 'cancelled' WHERE state NOT IN ('finished', 'cancelled');
     UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')`,
  );
});

const PLAN: PlanInput = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size' },
  execution: { first: 0 },
  receiptFields: [],
};

const item = (...receipts: NonNullable<SeedChunk['items'][number]['receipts']>): SeedChunk['items'][number] => ({
  fields: { subject: 'one' },
  category: 'noise',
  receipts,
});
const seed = (chunks: SeedChunk[], more: Partial<Seed> = {}): Promise<SeededBatch> =>
  seedBatch(pool, { plan: PLAN, ...more, chunks });
const states = (batch: { batchId: string }): Promise<string[]> => chunkStates(pool, batch.batchId);
const set = (batch: { batchId: string }, columns: string, number = 1): Promise<unknown> =>
  pool.query(`UPDATE chunk SET ${columns} WHERE batch_id = $1 AND number = $2`, [batch.batchId, number]);
const batchState = async ({ batchId }: { batchId: string }): Promise<string> =>
  (await pool.query('SELECT state FROM batch WHERE id = $1', [batchId])).rows[0].state;
const sum = async ({ batchId }: { batchId: string }) => (await readBatch(ADA, { batchId }))?.sum;
const until =
  (batch: { batchId: string }, ...wanted: string[]) =>
  async () =>
    (await states(batch)).every((state) => wanted.includes(state));

function http(url: string, execution: object = {}, more: object = {}): PlanInput {
  const action = { connector: 'http', do: 'POST', with: { url: `${url}/{{subject}}`, timeoutMs: 20_000 }, ...more };
  return { ...PLAN, categories: [{ name: 'noise', action }], execution: { first: 0, concurrency: 2, ...execution } };
}

async function digestOf(batch: StartedBatch, number: number): Promise<string> {
  const { rows } = await pool.query('SELECT id FROM chunk WHERE batch_id = $1 AND number = $2', [batch.batchId, number]);
  return (await buildManifest(pool, { ...batch, chunkId: rows[0].id }, requestBuilder)).digest;
}

async function approve(batch: StartedBatch, ...numbers: number[]): Promise<void> {
  const chunks = await Promise.all(numbers.map(async (number) => ({ number, digest: await digestOf(batch, number) })));
  await decide(ADA, { batchId: batch.batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
}

async function approved(options: { items: number; chunks?: number; plan: PlanInput }): Promise<StartedBatch> {
  const batch = await startedBatch(pool, options);
  await workUntil(pool, until(batch, 'awaiting_review'));
  await approve(batch, ...Array.from({ length: options.chunks ?? 1 }, (_, index) => index + 1));
  return batch;
}

async function claim() {
  const claimed = await claimChunk(pool, WORKER);
  if (!claimed) throw new Error('There was nothing to claim.');
  return claimed;
}

test('paused and resumed between the refusal of an intent and the end: what was not sent is sent, and nothing is called done before', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await approved({ items: 12, plan: http(url, { concurrency: 1 }) });
  let paused = false;
  let resumed = 0;
  await workUntil(pool, until(batch, 'done', 'paused'), {
    executing: (task) => {
      const connect = async () => {
        const client = await task.pool.connect();
        const query = client.query.bind(client) as (...asked: unknown[]) => Promise<unknown>;
        const intercepted = async (...asked: unknown[]): Promise<unknown> => {
          const text = typeof asked[0] === 'string' ? asked[0] : ((asked[0] as { text: string }).text ?? '');
          if (!paused && seen.length === 4 && text.includes("'intent'")) {
            paused = true;
            await pause(ADA, { batchId: batch.batchId });
          }
          const answer = await query(...asked);
          if (resumed === 0 && /SELECT stopping FROM chunk/.test(text)) {
            resumed += 1;
            await resume(ADA, { batchId: batch.batchId });
          }
          return answer;
        };
        return new Proxy(client, {
          get: (of, name) =>
            name === 'query'
              ? intercepted
              : typeof Reflect.get(of, name) === 'function'
                ? Reflect.get(of, name).bind(of)
                : Reflect.get(of, name),
        });
      };
      const patched = new Proxy(task.pool, {
        get: (of, name) => (name === 'connect' ? connect : Reflect.get(of, name).bind(of)),
      });
      return executeChunk({ ...task, pool: patched as typeof pool });
    },
  });
  expect(resumed).toBe(1);
  expect(seen).toHaveLength(12);
  expect(await sum(batch)).toMatchObject({ approved: 12, done: 12, waiting: 0, addsUp: true });
});

test('resumed while the worker writes that it paused: the chunk goes on', async () => {
  const batch = await seed([{ state: 'executing', items: [item(), item()] }], { state: 'paused' });
  await set(batch, `stopping = 'pause', lease_owner = '${WORKER}', lease_until = now() + interval '3 seconds'`);
  await whileHeld(
    pool,
    (worker) =>
      worker.query(
        "UPDATE chunk SET state = 'paused', stopping = NULL, lease_owner = NULL, lease_until = NULL WHERE batch_id = $1",
        [batch.batchId],
      ),
    () => resume(ADA, { batchId: batch.batchId }),
  );
  expect(await states(batch)).toEqual(['executing']);
  expect(await claim()).toMatchObject({ batchId: batch.batchId, stopping: null });
});

test('cancelled while the worker writes that the first are done: nothing is left waiting in a cancelled batch', async () => {
  for (const next of ['awaiting_release', 'paused', 'halted']) {
    const batch = await seed([{ state: 'executing', items: [item('intent', 'outcome:succeeded'), item()] }]);
    await whileHeld(
      pool,
      (worker) => worker.query('UPDATE chunk SET state = $2, lease_until = NULL WHERE batch_id = $1', [batch.batchId, next]),
      () => cancel(ADA, { batchId: batch.batchId }),
    );
    expect(await states(batch)).toEqual(['cancelled']);
    expect(await sum(batch)).toMatchObject({ done: 1, notExecuted: 1, addsUp: true });
  }
});

test('a spent error budget does not bring a cancelled chunk back as halted', async () => {
  const { url } = await target(async (_, count) => {
    if (count === 5) await cancel(ADA, { batchId: batch.batchId });
    return 403;
  });
  const batch = await approved({ items: 30, plan: http(url, { concurrency: 1 }) });
  await workUntil(pool, until(batch, 'cancelled', 'halted'));
  expect(await states(batch)).toEqual(['cancelled']);
  expect(await sum(batch)).toMatchObject({ approved: 30, failed: 5, notExecuted: 25, waiting: 0, addsUp: true });
});

test('a halted chunk with a request still open is cancelled by settling that request first', async () => {
  const batch = await seed([
    {
      state: 'halted',
      decidedBy: ADA.id,
      haltReason: 'a fault',
      items: [item('intent', 'outcome:succeeded'), item('intent'), item()],
    },
  ]);
  await set(batch, "halted_from = 'executing'");
  await pool.query("INSERT INTO incident (id, batch_id, chunk, kind, message) VALUES ($1, $2, 1, 'halted', 'a fault')", [
    randomUUID(),
    batch.batchId,
  ]);
  expect(await cancel(ADA, { batchId: batch.batchId })).toMatchObject({ state: 'cancelled', chunks: [1], inFlight: 1 });
  await workUntil(pool, until(batch, 'cancelled'));
  expect(await sum(batch)).toMatchObject({ approved: 3, done: 2, notExecuted: 1, inFlight: 0, waiting: 0, addsUp: true });
  const { rows } = await pool.query('SELECT resolved_at FROM incident WHERE batch_id = $1', [batch.batchId]);
  expect(rows[0].resolved_at).not.toBeNull();
});

test('a pause does not take a cancel back, neither a person’s nor that of the watch over the sums', async () => {
  const batch = await seed([{ state: 'executing', items: [item(), item()] }]);
  await set(batch, `lease_owner = '${WORKER}', lease_until = now() + interval '1 minute'`);
  await cancel(ADA, { batchId: batch.batchId, chunk: 1 });
  await expect(pause(ADA, { batchId: batch.batchId, chunk: 1 })).rejects.toMatchObject({ code: 'conflict' });
  await pause(ADA, { batchId: batch.batchId });
  await resume(ADA, { batchId: batch.batchId });
  await set(batch, 'done = done + 1');
  await checkSums();
  const { rows } = await pool.query('SELECT stopping FROM chunk WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([{ stopping: 'cancel' }]);
});

test('nothing is resumed, decided or retried in a batch that is over', async () => {
  const batch = await seed([{ state: 'done', items: [item('intent', 'outcome:failed')] }], { state: 'cancelled' });
  const [chunk] = batch.chunks;
  await expect(resume(ADA, { batchId: batch.batchId })).rejects.toThrow('This batch is cancelled');
  await expect(resume(ADA, { batchId: batch.batchId, chunk: 1 })).rejects.toThrow('This batch is cancelled');
  await expect(retry(ADA, { batchId: batch.batchId })).rejects.toThrow('This batch is cancelled');
  await expect(pause(ADA, { batchId: batch.batchId, chunk: 1 })).rejects.toMatchObject({ code: 'conflict' });
  const decision = { batchId: batch.batchId, chunks: [{ number: 1, digest: chunk?.digest ?? '' }], next: true, execute: false };
  await expect(decide(ADA, decision)).rejects.toThrow('This batch is cancelled');
});

test('what was accepted as unknown does not hold the chunk open when it is retried', async () => {
  const batch = await seed([
    {
      state: 'done',
      items: [
        item('intent', 'outcome:uncertain', 'resolution:abandoned'),
        item('intent', 'outcome:failed'),
        item('intent', 'outcome:succeeded'),
      ],
    },
  ]);
  await retry(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await states(batch)).toEqual(['done']);
  expect(await batchState(batch)).toBe('finished');
  expect(await sum(batch)).toMatchObject({ done: 2, uncertain: 1, failed: 0, addsUp: true });
});

test('accepted as unknown while the worker ends the chunk: it is done, not unresolved for ever', async () => {
  const { endExecution } = await import('#lib/store/actions/execution.sql.ts');
  const batch = await seed([
    { state: 'executing', items: [item('intent', 'outcome:uncertain'), item('intent', 'outcome:succeeded')] },
  ]);
  const claimed = await claim();
  // The answer has the chunk's row; the worker's end waits for it and must then see the answer.
  const answering = await pool.connect();
  await answering.query('BEGIN');
  await answering.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [claimed.chunkId]);
  const ending = endExecution(pool, claimed, false);
  for (let waits = 0; waits === 0; ) {
    waits =
      (await pool.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"))
        .rowCount ?? 0;
  }
  await answering.query(
    `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
     SELECT batch_id, chunk, 6, ordinal, 3, 'resolution', 'abandoned', body, leaf FROM receipt WHERE batch_id = $1 AND ordinal = 1 AND step = 2`,
    [batch.batchId],
  );
  await answering.query('UPDATE chunk SET seq = seq + 1 WHERE id = $1', [claimed.chunkId]);
  await answering.query('COMMIT');
  answering.release();
  expect(await ending).toBe('done');
});

test('a batch is not finished while something is uncertain, in a cancelled chunk too', async () => {
  const batch = await seed([
    { state: 'done', items: [item('intent', 'outcome:succeeded')] },
    { state: 'paused', items: [item('intent', 'outcome:uncertain'), item()] },
  ]);
  await cancel(ADA, { batchId: batch.batchId, chunk: 2 });
  await settleBatches(pool);
  expect([await states(batch), await batchState(batch)]).toEqual([['done', 'cancelled'], 'running']);
  await answerUncertain(BO, { batchId: batch.batchId, ordinals: [2], answer: 'did_not' });
  expect(await batchState(batch)).toBe('finished');
  expect(await sum(batch)).toMatchObject({ approved: 3, done: 1, notExecuted: 2, uncertain: 0, addsUp: true });
});

test('retried while the batch is being finished: it is not finished', async () => {
  const batch = await seed([
    { state: 'done', items: [item('intent', 'outcome:failed')] },
    { state: 'done', items: [item('intent', 'outcome:succeeded')] },
  ]);
  await whileHeld(
    pool,
    async (person) => {
      await person.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batch.batchId]);
      await person.query("UPDATE chunk SET state = 'executing', retry_up_to = seq WHERE batch_id = $1 AND number = 1", [
        batch.batchId,
      ]);
    },
    () => settleBatches(pool),
  );
  expect(await batchState(batch)).toBe('running');
  await workUntil(pool, async () => (await batchState(batch)) === 'finished');
  expect(await sum(batch)).toMatchObject({ done: 2, failed: 0, addsUp: true });
});

test('a retry of a finished batch claims its resources again, or is refused', async () => {
  const plan = { ...PLAN, independence: { resource: ['subject'] } };
  const batch = await seed([{ state: 'done', items: [item('intent', 'outcome:failed')] }], { plan });
  await settleBatches(pool);
  const other = await seed([{ state: 'awaiting_review', items: [item()] }], { name: 'Others', plan });
  const claims = () => pool.query('SELECT batch_id FROM resource_claim');
  await retry(ADA, { batchId: batch.batchId });
  expect((await claims()).rows).toEqual([{ batch_id: batch.batchId }]);
  await workUntil(pool, async () => (await batchState(batch)) === 'finished');
  expect((await claims()).rows).toEqual([]);
  await pool.query(
    "INSERT INTO resource_claim SELECT 'shelf of ' || dataset_id, encode(sha256('one'), 'hex'), $2::uuid FROM batch WHERE id = $1",
    [...[batch.batchId, other.batchId]],
  );
  await pool.query('UPDATE chunk SET failed = 1, done = 0 WHERE batch_id = $1', [batch.batchId]);
  await expect(retry(ADA, { batchId: batch.batchId })).rejects.toThrow(
    '“Others” is not finished and may change 1 of the same items by subject.',
  );
  expect(await states(batch)).toEqual(['done']);
});

test('resources stay claimed while a cancelled batch still has requests out', async () => {
  const batch = await seed([{ state: 'executing', items: [item('intent'), item()] }]);
  await set(batch, `lease_owner = '${WORKER}', lease_until = now() + interval '1 minute'`);
  await pool.query("INSERT INTO resource_claim (connection, resource, batch_id) VALUES ('shelf', 'r1', $1)", [batch.batchId]);
  const claims = async () => (await pool.query('SELECT FROM resource_claim WHERE batch_id = $1', [batch.batchId])).rowCount;
  await cancel(ADA, { batchId: batch.batchId });
  expect(await claims()).toBe(1);
  await set(batch, 'lease_until = NULL');
  await workUntil(pool, until(batch, 'cancelled'));
  expect(await claims()).toBe(0);
});

test('when all first actions ended with their chunk, another chunk of the decision asks for the release', async () => {
  const batch = await approved({ items: 12, chunks: 4, plan: { ...PLAN, execution: { first: 3 } } });
  await workUntil(pool, async () => (await states(batch))[0] === 'done' && (await states(batch)).includes('awaiting_release'));
  expect(await states(batch)).toEqual(['done', 'awaiting_release', 'approved', 'approved']);
  expect((await readNeedsYou(ADA)).releases.map(({ chunk }) => chunk)).toEqual([2]);
  // It goes on asking when the chunk that asked is cancelled.
  await cancel(ADA, { batchId: batch.batchId, chunk: 2 });
  expect(await states(batch)).toEqual(['done', 'cancelled', 'awaiting_release', 'approved']);
  const chunks = [{ number: 3, digest: await digestOf(batch, 3) }];
  await decide(ADA, { batchId: batch.batchId, chunks, next: false, execute: false, release: true });
  await workUntil(pool, until(batch, 'done', 'cancelled'));
  expect(await sum(batch)).toMatchObject({ approved: 12, done: 9, notExecuted: 3, addsUp: true });
});

test('released while the batch is being paused: nothing is sent until it is resumed', async () => {
  const batch = await seed([
    { state: 'awaiting_release', items: [{ ...item('intent', 'outcome:succeeded'), first: true }, item()] },
  ]);
  const [chunk] = batch.chunks;
  const pausing = await pool.connect();
  await pausing.query('BEGIN');
  await pausing.query("UPDATE batch SET state = 'paused' WHERE id = $1", [batch.batchId]);
  await pausing.query(
    "UPDATE chunk SET stopping = 'pause' WHERE batch_id = $1 AND state IN ('queued', 'classifying', 'approved', 'executing')",
    [batch.batchId],
  );
  const release = {
    batchId: batch.batchId,
    chunks: [{ number: 1, digest: chunk?.digest ?? '' }],
    next: false,
    execute: false,
    release: true,
  };
  const released = decide(ADA, release).catch((error) => error);
  await Promise.race([released, new Promise((resolve) => setTimeout(resolve, 300))]);
  expect(await claimChunk(pool, WORKER)).toBeNull();
  await pausing.query('COMMIT');
  pausing.release();
  await released;
  expect(await claimChunk(pool, WORKER)).toBeNull();
  await resume(ADA, { batchId: batch.batchId });
  if ((await states(batch))[0] === 'awaiting_release') await decide(ADA, release);
  expect(await claim()).toMatchObject({ batchId: batch.batchId });
});

test('a release waits for nobody who is executing, and lets nobody who is executing wait', async () => {
  const batch = await seed([
    { state: 'awaiting_release', items: [{ ...item('intent', 'outcome:succeeded'), first: true }, item()] },
    { state: 'executing', items: [item('intent'), item()] },
  ]);
  const [first] = batch.chunks;
  const worker = await pool.connect();
  await worker.query('BEGIN');
  await worker.query('UPDATE chunk SET seq = seq WHERE batch_id = $1 AND number = 2', [batch.batchId]);
  const release = {
    batchId: batch.batchId,
    chunks: [{ number: 1, digest: first?.digest ?? '' }],
    next: false,
    execute: false,
    release: true,
  };
  await expect(decide(ADA, release)).resolves.toMatchObject({ decided: [1] });
  await worker.query('COMMIT');
  worker.release();
});

test('a retry that is paused stays to be resumed', async () => {
  const { url, seen } = await target((_, count) => (count <= 4 ? 403 : 200));
  const batch = await approved({ items: 4, plan: http(url, { concurrency: 1, haltAfter: { consecutive: 9, share: 1 } }) });
  await workUntil(pool, until(batch, 'done'));
  await retry(ADA, { batchId: batch.batchId });
  await pause(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done', 'paused'));
  expect(await states(batch)).toEqual(['paused']);
  await resume(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done'));
  expect(seen).toHaveLength(8);
  expect(await batchState(batch)).toBe('finished');
});

test('a batch whose last chunk ended under a pause is finished by its resume', async () => {
  const batch = await seed([{ state: 'done', items: [item('intent', 'outcome:succeeded')] }], { state: 'paused' });
  expect(await resume(ADA, { batchId: batch.batchId })).toMatchObject({ state: 'finished' });
});

test('a cancelled chunk hands the gate on: the next one asks in its place', async () => {
  const batch = await seed([
    { state: 'awaiting_review', items: [item()] },
    { state: 'proposed', items: [item()] },
    { state: 'proposed', items: [item()] },
  ]);
  await cancel(ADA, { batchId: batch.batchId, chunk: 1 });
  expect(await states(batch)).toEqual(['cancelled', 'queued', 'proposed']);
  await cancel(ADA, { batchId: batch.batchId, chunk: 3 });
  await cancel(ADA, { batchId: batch.batchId, chunk: 2 });
  expect([await states(batch), await batchState(batch)]).toEqual([['cancelled', 'cancelled', 'cancelled'], 'finished']);
});

test('answers to the same uncertain actions from two sides meet no deadlock, and each action is answered once', async () => {
  const uncertain = () => Array.from({ length: 40 }, () => item('intent', 'outcome:uncertain'));
  const batch = await seed([
    { state: 'unresolved', items: uncertain() },
    { state: 'unresolved', items: uncertain() },
  ]);
  const all = Array.from({ length: 80 }, (_, index) => index + 1);
  const given = await Promise.all([
    answerUncertain(ADA, { batchId: batch.batchId, ordinals: all, answer: 'happened' }),
    answerUncertain(BO, { batchId: batch.batchId, ordinals: all.toReversed(), answer: 'did_not' }),
    cancel(ADA, { batchId: batch.batchId }).then(() => ({ answered: 0 })),
  ]);
  expect(given.reduce((count, { answered }) => count + answered, 0)).toBe(80);
  expect(await states(batch)).toEqual(['done', 'done']);
  expect(await sum(batch)).toMatchObject({ approved: 80, uncertain: 0, addsUp: true });
});

test('a worker that does not know a connector leaves that chunk alone and does the others', async () => {
  const batch = await approved({ items: 4, chunks: 2, plan: PLAN });
  const handled: number[] = [];
  await workUntil(pool, async () => (await states(batch)).includes('done'), {
    executing: async (task) => {
      handled.push(task.claim.number);
      return task.claim.number === 1 ? 'unsuited' : executeChunk(task);
    },
  });
  expect(handled).toEqual([1, 2]);
  const { rows } = await pool.query('SELECT state, lease_owner FROM chunk WHERE batch_id = $1 AND number = 1', [batch.batchId]);
  expect(rows).toEqual([{ state: 'executing', lease_owner: null }]);
});

test('one worker alone serves the batches with little left first, however old the large one is', async () => {
  const plan = { ...PLAN, gates: { next: 'parallel' as const } };
  const batches = [
    await startedBatch(pool, { items: 20, chunks: 20, plan }),
    await startedBatch(pool, { items: 3, chunks: 3, plan }),
    await startedBatch(pool, { items: 3, chunks: 3, plan }),
  ];
  const order: number[] = [];
  // One after the other: of several at once the next goes to a batch that has nobody.
  for (let claims = 0; claims < 9; claims += 1) {
    const claim = await claimChunk(pool, randomUUID());
    order.push(batches.findIndex(({ batchId }) => batchId === claim?.batchId));
    await pool.query("UPDATE chunk SET state = 'awaiting_review', lease_until = NULL WHERE id = $1", [claim?.chunkId]);
  }
  expect(order.slice(0, 6).sort()).toEqual([1, 1, 1, 2, 2, 2]);
  expect(order.slice(6, 9)).toEqual([0, 0, 0]);
});

test('a field called like the prototype of every object is committed to like any other', async () => {
  const plan = { ...PLAN, receiptFields: ['__proto__', 'constructor', 'subject'] };
  const fields = JSON.parse('{"__proto__": "a", "constructor": "b", "subject": "c"}');
  const batch = await seed([{ state: 'approved', items: [{ ...item(), fields }] }], { plan });
  await workUntil(pool, until(batch, 'done'));
  const { rows } = await pool.query("SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'intent'", [batch.batchId]);
  expect(Object.keys(JSON.parse(rows[0].body).values)).toEqual(['__proto__', 'constructor', 'subject']);
});

test('after the database started, what was never leased is claimed at once', async () => {
  const batch = await seed([{ state: 'approved', items: [item()] }]);
  await leasesCount(pool);
  const { rows } = await pool.query('SELECT lease_until FROM chunk WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([{ lease_until: null }]);
  expect(await claim()).toMatchObject({ batchId: batch.batchId });
  expect(await steps(pool, batch.batchId)).toEqual({});
  expect(await counters(pool, batch.batchId)).toMatchObject({ inFlight: 0 });
});
