import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { answerApi } from './answer.ts';

await testDatabase();
const KEY = 'a key for the tests of readings';
process.env.ADMIN_API_KEY = KEY;

async function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${KEY}`, ...(init.headers as Record<string, string>) };
  const response = await answerApi(new Request(`http://localhost/api/v1${path}`, { ...init, headers }));
  const text = await response.text();
  const json = /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, text, body: JSON.parse(json ? text : 'null'), headers: response.headers };
}

const json = (method: string, value: unknown, more: Record<string, string> = {}): RequestInit => ({
  ...{ method, body: JSON.stringify(value), headers: { 'content-type': 'application/json', ...more } },
});
const upload = async (text: string, name = 'a.csv') => (await ask(`/datasets?name=${name}`, { method: 'POST', body: text })).body;

let id = '';
beforeAll(async () => {
  id = (await upload('id,town\n1,Rom\nragged\n2,Köln\n')).id;
});

it('tells how a dataset was read, and takes a change bound to it, once for a key', async () => {
  const { body: reading } = await ask(`/datasets/${id}/reading`);
  expect(reading).toMatchObject({
    ...{ dataset: id, revision: 1, state: 'ready', items: 2, unreadable: 1, questions: [] },
    format: { value: 'csv', sure: 1 },
    sources: [{ name: 'a.csv', kept: true }],
    fields: [{ name: 'id' }, { name: 'town' }],
  });
  const change = { digest: reading.digest, fields: [{ name: 'id', type: 'identifier' }] };
  const tried = await ask(`/datasets/${id}/reading/preview`, json('POST', change));
  expect(tried).toMatchObject({ status: 200, body: { rows: false, before: { items: 2 }, after: { items: 2 } } });
  const key = { 'idempotency-key': randomUUID() };
  const changed = await ask(`/datasets/${id}/reading`, json('PUT', change, key));
  expect(changed).toMatchObject({
    status: 200,
    body: { revision: 2, fields: [{ type: { value: 'identifier', by: 'person' } }, {}] },
  });
  expect((await ask(`/datasets/${id}/reading`, json('PUT', change, key))).text).toBe(changed.text);
  expect(await ask(`/datasets/${id}/reading`, json('PUT', change))).toMatchObject({ status: 409, body: { code: 'stale' } });
  expect(await ask(`/datasets/${id}/reading`, json('PUT', { digest: 7 }))).toMatchObject({
    status: 400,
    body: { code: 'invalid' },
  });
  expect((await ask(`/datasets/${randomUUID()}/reading`)).status).toBe(404);
});

it('answers a change of rows with the dataset that is being read', async () => {
  const { body: reading } = await ask(`/datasets/${id}/reading`);
  const key = { 'idempotency-key': randomUUID() };
  const put = () => ask(`/datasets/${id}/reading`, json('PUT', { digest: reading.digest, layout: { delimiter: ';' } }, key));
  const changed = await put();
  expect(changed).toMatchObject({ status: 202, body: { dataset: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  expect((await put()).text).toBe(changed.text);
  for (;;) {
    const { body: dataset } = await ask(`/datasets/${changed.body.dataset}`);
    expect(dataset).toMatchObject({ supersedes: id });
    if (dataset.state !== 'receiving') break;
    await sleep(10);
  }
});

it('gives the rows that could not be read as a file, and takes them fixed', async () => {
  expect((await ask(`/datasets/${id}/unreadable`)).body.items).toMatchObject([{ line: 3 }]);
  const file = await ask(`/datasets/${id}/unreadable?format=original`);
  expect(file.text).toBe('id,town\nragged\n');
  expect(file.headers.get('content-disposition')).toContain('a-to-fix.csv');
  expect((await ask(`/datasets/${id}/unreadable?format=csv`)).status).toBe(400);
  const few = await ask(`/datasets/${id}/fixed-rows?name=fixed.csv&leaveOut=1`, { method: 'POST', body: 'id,town\n3,Oslo\n' });
  expect(few).toMatchObject({ status: 400, body: { unreadable: 1, brought: 1, leaveOut: 0 } });
  const fixed = await ask(`/datasets/${id}/fixed-rows?name=fixed.csv`, { method: 'POST', body: 'id,town\n3,Oslo\n' });
  expect(fixed).toMatchObject({ status: 201, body: { items: 3, unreadable: 0, supersedes: id, same: null } });
});

it('gives a dataset as the file that it was', async () => {
  const file = await ask(`/datasets/${id}/file`);
  expect(file.text).toBe('id,town\n1,Rom\nragged\n2,Köln\n');
  expect((await ask(`/datasets/${id}/file?format=jsonl`)).text).toContain('{"ordinal":1,');
  expect(await upload('id,town\n1,Rom\nragged\n2,Köln\n')).toMatchObject({ same: { name: 'a.csv' } });
});

it('renames and deletes', async () => {
  const { id: own } = await upload('a,b\n1,2\n');
  expect(await ask(`/datasets/${own}`, json('PATCH', { name: 'Spring.csv' }))).toMatchObject({
    status: 200,
    body: { name: 'Spring.csv' },
  });
  const key = { 'idempotency-key': randomUUID() };
  const gone = () => ask(`/datasets/${own}`, { method: 'DELETE', headers: key });
  expect(await gone()).toMatchObject({ status: 200, body: { id: own, kept: 0 } });
  expect(await gone()).toMatchObject({ status: 200, body: { id: own, kept: 0 } });
  expect((await ask(`/datasets/${own}`)).body).toMatchObject({ deletedBy: expect.any(String), items: 0 });
  expect((await ask('/datasets')).body.items.map((one: { id: string }) => one.id)).not.toContain(own);
  expect((await ask(`/datasets/${own}`, { method: 'DELETE' })).status).toBe(404);
});
