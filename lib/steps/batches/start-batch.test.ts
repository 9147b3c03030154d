import { expect, test } from 'vitest';
import type { GatePolicy, PlanInput } from '#lib/core/plans/plan.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { reserveRate } from '#lib/store/actions/execution.sql.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, BO, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { cancel } from './cancel.ts';
import { createBatch } from './create-batch.ts';
import { readBatch } from './read-batch.ts';
import { startBatch } from './start-batch.ts';

const { pool } = await testDatabase();

async function* csv(rows: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('id,subject\n');
  for (let row = 1; row <= rows; row += 1) yield Buffer.from(`${row},row ${row}\n`);
}

function plan(next: GatePolicy, more: Partial<PlanInput> = {}): PlanInput {
  return {
    classifier: { kind: 'rules', rules: [], otherwise: 'done' },
    categories: [{ name: 'done', action: { connector: 'shelf', do: 'archive' } }],
    chunking: { by: 'size', maxItems: 10 },
    gates: { next },
    ...more,
  };
}

async function started(rows: number, given: PlanInput): Promise<string> {
  const { id: datasetId } = await uploadDataset(ADA, { name: 'rows.csv', source: csv(rows) });
  const { id } = await createBatch(ADA, { datasetId, name: 'Rows', plan: given as never, start: true });
  return id;
}

const states = (batchId: string) => chunkStates(pool, batchId);
const waiting = async (batchId: string) => (await states(batchId)).filter((state) => state === 'awaiting_review').length;

async function goOn(batchId: string, number: number): Promise<number[]> {
  const { digest } = (await readCheckpoint(ADA, { batchId, chunk: number })) ?? {};
  const { opened } = await decide(ADA, { batchId, chunks: [{ number, digest: digest ?? '' }], next: true, execute: false });
  return opened;
}

test('one after the other: the next chunk is classified when a person lets it', async () => {
  const batchId = await started(40, plan('each'));
  await workUntil(pool, async () => (await waiting(batchId)) === 1);
  expect(await states(batchId)).toEqual(['awaiting_review', 'proposed', 'proposed', 'proposed']);
  expect(await goOn(batchId, 1)).toEqual([2]);
  await workUntil(pool, async () => (await waiting(batchId)) === 2);
  // To say it twice of one chunk opens nothing more.
  expect(await goOn(batchId, 1)).toEqual([]);
  expect(await states(batchId)).toEqual(['awaiting_review', 'awaiting_review', 'proposed', 'proposed']);
  await cancel(ADA, { batchId });
});

test('pilot: one representative chunk first, then all others', async () => {
  const batchId = await started(60, plan('pilot'));
  await workUntil(pool, async () => (await waiting(batchId)) === 1);
  const pilot = (await states(batchId)).indexOf('awaiting_review') + 1;
  expect((await goOn(batchId, pilot)).length).toBe(5);
  await workUntil(pool, async () => (await waiting(batchId)) === 6);
  await cancel(ADA, { batchId });
});

test('parallel: all are classified at once, and one decision over many runs its first three once and the rest when released', async () => {
  const batchId = await started(50, plan('parallel'));
  await workUntil(pool, async () => (await waiting(batchId)) === 5);
  const chunks = await Promise.all(
    [1, 2, 3, 4, 5].map(async (number) => {
      const view = await readCheckpoint(ADA, { batchId, chunk: number });
      return { number, digest: number === 4 ? '0'.repeat(64) : (view?.digest ?? ''), seen: [number * 10] };
    }),
  );
  const decided = await decide(BO, { batchId, chunks, next: true, execute: true });
  expect(decided.decided).toEqual([1, 2, 3, 5]);
  expect(decided.dropped).toEqual([{ number: 4, why: expect.stringContaining('changed while you looked') }]);
  await workUntil(pool, async () => (await states(batchId))[0] === 'awaiting_release');
  expect(await states(batchId)).toEqual(['awaiting_release', 'approved', 'approved', 'awaiting_review', 'approved']);
  expect((await readBatch(ADA, { batchId }))?.sum).toMatchObject({ approved: 40, done: 3, waiting: 37, addsUp: true });
  const [first] = chunks;
  if (!first) throw new Error('There is no first chunk.');
  const released = await decide(BO, { batchId, chunks: [first], next: false, execute: false, release: true });
  expect(released.decided).toEqual([1, 2, 3, 5]);
  await workUntil(pool, async () => (await states(batchId)).filter((state) => state === 'done').length === 4);
  expect((await readBatch(ADA, { batchId }))?.sum).toMatchObject({ approved: 40, done: 40, waiting: 0, addsUp: true });
  await cancel(ADA, { batchId });
  expect((await readBatch(ADA, { batchId }))?.sum).toMatchObject({ approved: 40, done: 40, notExecuted: 0, addsUp: true });
});

test('a batch that may change what an unfinished one claims is not started, and is there to be started later', async () => {
  const given = plan('parallel', { independence: { resource: ['id'] } });
  const { id: datasetId } = await uploadDataset(ADA, { name: 'rows.csv', source: csv(20) });
  const start = async () => (await createBatch(ADA, { datasetId, name: 'Rows', plan: given as never, start: true })).id;
  const first = await start();
  // Rows of another file that are numbered alike are others, wherever nothing but Countersign is changed.
  await cancel(ADA, { batchId: await started(20, given) });
  const refused = start();
  await expect(refused).rejects.toThrow('“Rows” is not finished and may change 20 of the same items by id.');
  const { facts } = await refused.catch((error) => error);
  await cancel(ADA, { batchId: first });
  await startBatch(ADA, { batchId: facts.created });
  await expect(startBatch(ADA, { batchId: facts.created })).rejects.toThrow('it was started already');
  await cancel(ADA, { batchId: facts.created });
});

test('without a connection, two batches keep from each other what goes to one host, and nothing else', async () => {
  const to = (url: string) =>
    plan('parallel', {
      independence: { resource: ['id'] },
      categories: [{ name: 'done', action: { connector: 'http', do: 'POST', with: { url: `${url}/{{id}}`, body: {} } } }],
    });
  const first = await started(20, to('https://crm.example/customers'));
  const other = await started(20, to('https://shop.example/orders'));
  await expect(started(20, to('https://crm.example/people'))).rejects.toThrow('may change 20 of the same items by id');
  for (const batchId of [first, other]) await cancel(ADA, { batchId });
});

test('started twice at once, a batch is started once, by one person, with one first gate', async () => {
  const { id: datasetId } = await uploadDataset(ADA, { name: 'rows.csv', source: csv(30) });
  const given = plan('each', { independence: { resource: ['id'] } });
  const { id: batchId } = await createBatch(ADA, { datasetId, name: 'Rows', plan: given as never });
  const other = { ...BO, role: 'operator' as const };
  const tries = [ADA, other, ADA, other].map((actor) => startBatch(actor, { batchId }));
  const all = await Promise.allSettled(tries);
  expect(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))).toEqual([{ state: 'running', opened: [1] }]);
  const refused = { code: 'conflict', message: '“Rows” is running: it was started already.' };
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject(refused);
  const winner = all.findIndex(({ status }) => status === 'fulfilled') % 2 === 0 ? ADA : other;
  const { rows } = await pool.query(
    'SELECT state, started_by, (SELECT count(*)::int FROM resource_claim WHERE batch_id = id) AS claims FROM batch WHERE id = $1',
    [batchId],
  );
  expect(rows).toEqual([{ state: 'running', started_by: winner.id, claims: 30 }]);
  expect(await states(batchId)).toEqual(['queued', 'proposed', 'proposed']);
  await cancel(ADA, { batchId });
});

test('the rate of a batch holds over everybody who sends for it', async () => {
  const batchId = await started(1, plan('parallel'));
  const before = (await pool.query('SELECT clock_timestamp() AS at')).rows[0].at;
  const asked = await Promise.all(Array.from({ length: 30 }, () => reserveRate(pool, { batchId, chunkId: null }, 1, 10)));
  const reserved = asked.filter(({ count }) => count > 0).length;
  expect(reserved).toBeGreaterThanOrEqual(10);
  const { rows } = await pool.query(
    "SELECT next_at >= $2::timestamptz + $3 * interval '100 milliseconds' AS kept FROM rate_bucket WHERE batch_id = $1",
    [batchId, before, reserved],
  );
  expect(rows[0].kept).toBe(true);
  // The database's clock was an hour ahead, and was set right: nobody waits for that hour.
  await pool.query("UPDATE rate_bucket SET next_at = clock_timestamp() + interval '1 hour' WHERE batch_id = $1", [batchId]);
  expect(await reserveRate(pool, { batchId, chunkId: null }, 1, 10)).toEqual({ count: 1, ms: 0 });
  await cancel(ADA, { batchId });
});
