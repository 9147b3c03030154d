/** What other versions of Countersign stored as JSON: it is read, shown and worked on, and not one byte of it changes. */
import { afterEach, expect, it, vi } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { log } from '#lib/log.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, BO, chunkStates, startedBatch, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { answerApi } from './answer.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
const { pool } = await testDatabase();

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(path: string) {
  const headers = { authorization: 'Bearer a-key-of-the-environment' };
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { headers }));
  return { status: response.status, body: await response.json() };
}

async function* csv(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('id,subject\n1,one\n2,two\n3,three\n');
}

const PLAN = (url: string) => ({
  classifier: { kind: 'rules', rules: [], otherwise: 'send' },
  categories: [{ name: 'send', action: { connector: 'http', do: 'POST', with: { url: `${url}/{{id}}` } } }],
  chunking: { by: 'size' },
  execution: { first: 0, concurrency: 1 },
  receiptFields: ['subject'],
});

async function proposed(url: string): Promise<{ datasetId: string; batchId: string }> {
  const { id: datasetId } = await uploadDataset(ADA, { name: 'rows.csv', source: csv() });
  const { id: batchId } = await createBatch(ADA, { datasetId, name: 'Rows', plan: PLAN(url) as never });
  return { datasetId, batchId };
}

/** Puts another version's plan in the place of the batch's; gives it with its digest, as they are stored. */
async function restore(batchId: string, change: (plan: Record<string, Json>) => unknown) {
  const before = await stored(batchId);
  const plan = change(JSON.parse(before.plan)) as Json;
  await pool.query('UPDATE batch SET plan = $2, plan_digest = $3 WHERE id = $1', [
    ...[batchId, JSON.stringify(plan), sha256(canonicalBytes(plan))],
  ]);
  return stored(batchId);
}

async function stored(batchId: string): Promise<{ plan: string; digest: string }> {
  const { rows } = await pool.query('SELECT plan::text, encode(plan_digest, $2) AS digest FROM batch WHERE id = $1', [
    ...[batchId, 'hex'],
  ]);
  return rows[0];
}

async function runThrough(batchId: string, to = 'done'): Promise<void> {
  await startBatch(ADA, { batchId });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'awaiting_review');
  const view = await readCheckpoint(ADA, { batchId, chunk: 1 });
  const chunks = [{ number: 1, digest: view?.digest ?? '' }];
  await decide(BO, { batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
  await workUntil(pool, async () => ['done', 'halted', 'unresolved'].includes((await chunkStates(pool, batchId))[0] ?? ''));
  expect(await chunkStates(pool, batchId)).toEqual([to]);
}

it('starts, runs and repeats by a plan that the first version stored', async () => {
  const { url, seen } = await target((_request, count) => (count === 1 ? 429 : 200));
  const { batchId } = await proposed(url);
  const first = await restore(batchId, ({ execution, ...plan }) => {
    const { retry: _, ...had } = execution as Record<string, Json>;
    return { ...plan, execution: had };
  });
  expect(first.plan).not.toContain('retry');
  await runThrough(batchId);
  // What the target refused for a while was attempted again: by the default for what the plan lacked.
  expect(seen).toHaveLength(4);
  expect((await steps(pool, batchId))[1]).toEqual(['intent', 'outcome:failed', 'intent', 'outcome:succeeded']);
  expect(await stored(batchId)).toEqual(first);
  const { status, body } = await ask(`/batches/${batchId}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ state: 'finished', planNotes: [], plan: { execution: { retry: { attempts: 3 } } } });
});

it('goes on by a plan with keys that this version does not know, tells of them, and keeps them', async () => {
  const { url } = await target(() => 200);
  const { batchId } = await proposed(url);
  const newer = await restore(batchId, (plan) => ({
    ...plan,
    mood: { calm: true },
    gates: { ...(plan.gates as object), approvals: 3 },
    execution: { ...(plan.execution as object), jitter: 5 },
  }));
  const { body } = await ask(`/batches/${batchId}`);
  expect(body.plan).toMatchObject({ mood: { calm: true }, execution: { jitter: 5 }, gates: { approvals: 2 } });
  expect(body.planNotes).toEqual([
    '“gates.approvals” is 3, which this version does not understand: it goes by 2.',
    '“execution.jitter” is not known to this version, and has no effect.',
    '“mood” is not known to this version, and has no effect.',
  ]);
  await restore(batchId, ({ gates, ...plan }) => ({ ...plan, gates: { ...(gates as object), approvals: 1 } }));
  await runThrough(batchId);
  expect((await stored(batchId)).plan).toContain('"jitter": 5');
  expect(newer.plan).toContain('"mood"');
});

it('builds the same manifest, to the byte, by the plan as it was stored', async () => {
  const { url } = await target(() => 200);
  const { batchId, datasetId } = await proposed(url);
  await startBatch(ADA, { batchId });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'awaiting_review');
  const { rows } = await pool.query('SELECT id FROM chunk WHERE batch_id = $1', [batchId]);
  const digest = async () => {
    const { plan } = (await readBatch(ADA, { batchId })) ?? { plan: null };
    if (plan === null) throw new Error('The batch is gone.');
    return (await buildManifest(pool, { batchId, datasetId, chunkId: rows[0].id, plan }, requestBuilder)).digest;
  };
  const before = await digest();
  await restore(batchId, ({ execution: _, independence: __, chunkEdits: ___, ...plan }) => ({ ...plan, added: [1] }));
  expect(await digest()).toBe(before);
});

it.each([
  { connector: 'pigeon', connection: null, do: 'fly', honoursKeys: false, with: {} },
  { connector: 'http', connection: null, do: 'FLY', honoursKeys: false, with: { url: 'https://a.example/' } },
  { connector: 'http', connection: null, do: 'POST', honoursKeys: false, with: { wings: 2 } },
  { connector: 'shelf', connection: null, do: 'fly', honoursKeys: false, with: {} },
  { connector: 'http', connection: { id: 7 }, do: 'POST', honoursKeys: false, with: { url: 'https://a.example/' } },
])('shows a batch with an action that this version can’t do, %j, and sends nothing of it', async (action) => {
  const { batchId } = await proposed('https://a.example');
  await startBatch(ADA, { batchId });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'awaiting_review');
  await restore(batchId, (plan) => ({ ...plan, categories: [{ name: 'send', action }] }));
  await pool.query('UPDATE chunk SET manifest_digest = NULL WHERE batch_id = $1', [batchId]);
  const { status, body } = await ask(`/batches/${batchId}`);
  expect(status).toBe(200);
  expect(body.categories).toMatchObject([{ name: 'send', action: { verb: expect.any(String) } }]);
  const checkpoint = await ask(`/batches/${batchId}/chunks/1`);
  expect(checkpoint.status).toBe(200);
  expect(checkpoint.body.problems).toHaveLength(3);
  const chunks = [{ number: 1, digest: checkpoint.body.digest ?? '' }];
  const decided = decide(BO, { batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
  await expect(decided).rejects.toMatchObject({ code: 'invalid' });
  expect(await steps(pool, batchId)).toEqual({});
});

it('shows a dataset whose fields another version profiled, with its items', async () => {
  const { id } = await uploadDataset(ADA, { name: 'rows.csv', source: csv() });
  const first = { name: 'id', type: 'number', filled: 3, top: [{ value: '1', count: 1 }], exact: true };
  await pool.query('UPDATE dataset SET fields = $2, dialect = $3 WHERE id = $1', [
    ...[id, JSON.stringify([first, { name: 'subject', type: 'poem', rhymes: true }]), JSON.stringify({ delimiter: [','] })],
  ]);
  const { status, body } = await ask(`/datasets/${id}`);
  expect(status).toBe(200);
  expect(body.fields).toMatchObject([first, { name: 'subject', type: 'text', filled: 0, top: [], exact: false }]);
  expect(body.notes).toEqual([
    '“1.type” is "poem", which this version does not understand: it goes by "text".',
    '“1.rhymes” is not known to this version, and has no effect.',
  ]);
  expect((await ask(`/datasets/${id}/items`)).body.items[0]).toEqual({ ordinal: 1, fields: { id: '1', subject: 'one' } });
  const created = await createBatch(ADA, { datasetId: id, name: 'Rows', plan: PLAN('https://a.example') as never });
  expect((await ask(`/batches/${created.id}`)).status).toBe(200);
});

it.each([5, null, {}, ['id', null, { type: 'text' }]])('shows a dataset with %j for its fields', async (fields) => {
  const { id } = await uploadDataset(ADA, { name: 'rows.csv', source: csv() });
  const { id: batchId } = await createBatch(ADA, { datasetId: id, name: 'Rows', plan: PLAN('https://a.example') as never });
  await pool.query('UPDATE dataset SET fields = $2 WHERE id = $1', [id, JSON.stringify(fields)]);
  expect((await ask(`/datasets/${id}`)).status).toBe(200);
  expect((await ask(`/datasets/${id}/items`)).status).toBe(200);
  expect((await ask(`/batches/${batchId}`)).status).toBe(200);
});

it('tells of what happened with facts that this version does not know', async () => {
  const { batchId } = await startedBatch(pool, { items: 1, plan: PLAN('https://a.example') as never });
  await pool.query(
    `INSERT INTO event (batch_id, chunk, kind, facts, at) VALUES ($1, 1, 'incident', '{"cause": {"code": 7}}', now()),
       ($1, 1, 'reroute', '{"via": "b", "hops": [1, 2]}', now() + interval '1 s'), ($1, NULL, 'pause', '"odd"', now() + interval '2 s')`,
    [batchId],
  );
  const lines = (await readTape(ADA, { batchId }))?.map(({ line }) => line);
  expect(lines).toEqual([
    'Somebody paused the batch',
    '“reroute”, which this version does not know, happened to chunk 1; via b; hops [1,2]',
    'Stopped chunk 1: the reason is not on record',
  ]);
});

it('shows a receipt of a decision whose answers are not there', async () => {
  const { batchId } = await startedBatch(pool, {
    items: 1,
    plan: { ...PLAN('https://a.example'), gates: { approvals: 2 } } as never,
  });
  const { by, ...common } = { v: 1, kind: 'decision', batch: batchId, chunk: 1, by: ADA.id, at: new Date().toISOString() };
  for (const [seq, body] of [
    { ...common, by },
    { ...common, by: 7 },
  ].entries())
    await pool.query(
      `INSERT INTO receipt (batch_id, chunk, seq, kind, body, leaf) VALUES ($1, 1, $2, 'decision', $3, sha256('\\x00'::bytea || $3))`,
      [batchId, seq + 1, Buffer.from(JSON.stringify(body))],
    );
  await pool.query('UPDATE chunk SET seq = 2 WHERE batch_id = $1', [batchId]);
  const page = await readReceipts(ADA, { batchId });
  expect(page?.items.map(({ line }) => line)).toEqual([
    expect.stringMatching(/^reviewed, not executed by/),
    "The bytes of this receipt were altered and can't be read.",
  ]);
});

it('reads an item whose fields are no texts as what they are, written out', async () => {
  const { id } = await uploadDataset(ADA, { name: 'rows.csv', source: csv() });
  await pool.query(`UPDATE item SET fields = '{"id": 1, "subject": ["a"]}' WHERE dataset_id = $1 AND ordinal = 1`, [id]);
  await pool.query(`UPDATE item SET fields = '"x"' WHERE dataset_id = $1 AND ordinal = 2`, [id]);
  const { status, body } = await ask(`/datasets/${id}/items`);
  expect(status).toBe(200);
  expect(body.items.slice(0, 2)).toEqual([
    { ordinal: 1, fields: { id: '1', subject: '["a"]' } },
    { ordinal: 2, fields: {} },
  ]);
});

it('spends an error budget that another version counted otherwise', async () => {
  const { url } = await target(() => 404);
  const { batchId } = await proposed(url);
  await restore(batchId, (plan) => ({
    ...plan,
    execution: { ...(plan.execution as object), haltAfter: { consecutive: 2, share: 1 } },
  }));
  const otherwise = { outcomes: 'some', all: { count: 'many' }, run: { count: 'many' } };
  await pool.query('UPDATE chunk SET error_budget = $2 WHERE batch_id = $1', [batchId, JSON.stringify(otherwise)]);
  await runThrough(batchId, 'halted');
});
