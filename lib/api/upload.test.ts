import { randomUUID } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { testDatabase } from '#test/database.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

// What an answer is, and what its description says, are two things that only this keeps together.
const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(path: string, init: RequestInit & { headers?: Record<string, string>; duplex?: 'half' } = {}) {
  const headers = { authorization: `Bearer ${KEY}`, ...init.headers };
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { ...init, headers }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
const upload = (name: string, body: BodyInit, headers: Record<string, string> = {}) =>
  ask(`/datasets?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers,
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  });
const countDatasets = async () => (await pool.query('SELECT FROM dataset')).rowCount ?? 0;

const CSV = 'from,__proto__,subject\na@b.example,kept,first\nragged\nc@d.example,too,second\n';

it('takes a file as a stream and gives it back as a dataset, its items and its unreadable rows', async () => {
  const body = new Blob([CSV]).stream();
  const { status, body: dataset } = await upload('Märchen.csv', body);
  expect(status).toBe(201);
  expect(dataset).toMatchObject({
    name: 'Märchen.csv',
    state: 'ready',
    format: 'csv',
    items: 2,
    unreadable: 1,
    bytes: Buffer.byteLength(CSV),
  });
  expect(dataset.fields.map(({ name }: { name: string }) => name)).toEqual(['from', '__proto__', 'subject']);
  expect((await ask(`/datasets/${dataset.id}`)).body).toEqual(dataset);
  expect((await ask('/datasets?limit=1')).body.items).toEqual([dataset]);
  const first = await ask(`/datasets/${dataset.id}/items?limit=1`);
  expect(first.text).toContain('"fields":{"from":"a@b.example","__proto__":"kept","subject":"first"}');
  expect((await ask(`/datasets/${dataset.id}/items?limit=1&cursor=${first.body.next}`)).body).toMatchObject({
    items: [{ ordinal: 2 }],
    next: null,
  });
  expect((await ask(`/datasets/${dataset.id}/unreadable`)).body.items).toMatchObject([
    { line: 3, reason: expect.stringMatching(/cell/) },
  ]);
});

it('goes from a file to the plan, the batch and its chunks', async () => {
  const { body: dataset } = await upload('mails.csv', CSV);
  const plan = {
    classifier: { kind: 'rules', otherwise: 'skip' },
    categories: [{ name: 'skip' }],
    chunking: { by: 'size', maxItems: 1 },
  };
  const json = (value: unknown, more = {}) => ({
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json', ...more },
  });
  expect((await ask('/batches/preview', json({ datasetId: dataset.id, plan }))).body).toMatchObject({
    itemCount: 2,
    chunks: [{ number: 1 }, { number: 2 }],
  });
  const key = { 'idempotency-key': randomUUID() };
  const made = await ask('/batches', json({ datasetId: dataset.id, name: 'Mails', plan, taskRef: 'JIRA-1' }, key));
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'proposed', taskRef: 'JIRA-1', plan: { chunking: { maxItems: 1 } }, chunks: [{ number: 1 }, { number: 2 }] },
  });
  expect((await ask('/batches', json({ datasetId: dataset.id, name: 'Mails', plan, taskRef: 'JIRA-1' }, key))).text).toBe(
    made.text,
  );
  const { id } = made.body;
  expect((await ask(`/batches/${id}/start`, { method: 'POST' })).body).toMatchObject({ id, state: 'running' });
  expect((await ask(`/batches/${id}/start`, { method: 'POST' })).body).toMatchObject({ status: 409, code: 'conflict' });
  expect((await ask(`/batches/${id}/cancel`, { method: 'POST' })).body).toMatchObject({ state: 'cancelled' });
});

it('says what was wrong with the plan, and where', async () => {
  const { body: dataset } = await upload('mails.csv', CSV);
  const rules = [{ when: 'item.from.endsWith(', category: 'skip' }];
  const plan = {
    classifier: { kind: 'rules', rules, otherwise: 'skip' },
    categories: [{ name: 'skip' }],
    chunking: { by: 'size' },
  };
  const body = JSON.stringify({ datasetId: dataset.id, name: 'Mails', plan });
  const refused = await ask('/batches', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(refused.body).toMatchObject({
    status: 400,
    code: 'invalid',
    problems: [{ path: 'classifier.rules.0.when', column: expect.any(Number) }],
  });
});

it('refuses what is no file: without a name, empty, too large by its own word, of no known kind', async () => {
  expect((await ask('/datasets', { method: 'POST', body: CSV })).body).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/name/),
  });
  expect((await upload('empty.csv', '')).body).toMatchObject({ status: 400, detail: expect.stringMatching(/empty/) });
  expect((await ask('/datasets?name=none.csv', { method: 'POST' })).body).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/empty/),
  });
  expect((await upload('big.csv', CSV, { 'content-length': String(UPLOAD_BYTES_MAX + 1) })).status).toBe(413);
});

it('that breaks off leaves no dataset that looks ready', async () => {
  const half = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(CSV));
    },
    pull(controller) {
      controller.error(new Error('aborted'));
    },
  });
  expect((await upload('half.csv', half)).body).toMatchObject({
    status: 503,
    code: 'unavailable',
    detail: expect.stringMatching(/broke off/),
  });
  expect((await upload('short.csv', CSV, { 'content-length': '1000' })).body).toMatchObject({
    status: 503,
    detail: expect.stringMatching(/broke off/),
  });
  const { rows } = await pool.query("SELECT state FROM dataset WHERE name IN ('half.csv', 'short.csv')");
  expect(rows.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

it('sent again with its key is one dataset', async () => {
  const before = await countDatasets();
  const key = { 'idempotency-key': randomUUID(), 'content-length': String(Buffer.byteLength(CSV)) };
  const first = await upload('once.csv', CSV, key);
  const second = await upload('once.csv', CSV, key);
  expect([second.status, second.text, second.headers.get('idempotent-replay')]).toEqual([201, first.text, 'true']);
  expect((await upload('other.csv', CSV, key)).status).toBe(409);
  expect(await countDatasets()).toBe(before + 1);
});
