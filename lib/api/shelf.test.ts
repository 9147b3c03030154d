/** The shelf over REST: what lies there, the items of a group, the file of exactly these, and what is refused. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { log } from '#lib/log.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

const ask = (path: string) =>
  answerApi(
    new Request(`http://127.0.0.1:3000/api/v1${path}`, { headers: { authorization: 'Bearer a-key-of-the-environment' } }),
  );
const told = async (path: string) => {
  const response = await ask(path);
  return { status: response.status, body: await response.json() };
};

it('lists the groups, then the items of one, and gives the file of what still lies there', async () => {
  const items = ['a', 'b', 'c'].map((subject) => ({
    fields: { subject },
    category: 'noise',
    receipts: ['intent', 'outcome:succeeded'] as ('intent' | 'outcome:succeeded')[],
  }));
  const { batchId, datasetId } = await seedBatch(pool, {
    name: 'Put away',
    state: 'finished',
    chunks: [{ state: 'done', items }],
  });
  await pool.query(
    `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf, last_batch_id, last_category, restored_at)
     SELECT 'k' || n, $1, $2, n, 'noise', 'archive', $1, 'noise', CASE WHEN n = 2 THEN now() END FROM generate_series(1, 3) n`,
    [batchId, datasetId],
  );
  const group = { batchId, batchName: 'Put away', category: 'noise', shelf: 'archive', datasetId, datasetName: 'things.csv' };
  const since = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(await told('/shelf')).toEqual({
    status: 200,
    body: { items: [{ ...group, noun: 'rows', count: 2, more: false, since, undoing: [] }], next: null },
  });
  expect((await told(`/shelf?batchId=${batchId}&limit=1`)).body.items).toHaveLength(1);
  expect((await told(`/shelf?batchId=${randomUUID()}`)).body.items).toEqual([]);

  const query = `batchId=${batchId}&category=noise&shelf=archive`;
  const item = (ordinal: number, subject: string) => ({
    ...{ ordinal, fields: { subject }, since },
    receipt: { chunk: 1, seq: expect.any(Number) },
  });
  expect((await told(`/shelf/items?${query}`)).body).toEqual({ items: [item(1, 'a'), item(3, 'c')], next: null });
  expect((await told(`/shelf/items?${query}&limit=1`)).body.next).toBe('1');
  expect((await told(`/shelf/items?${query}&search=C`)).body.items).toEqual([item(3, 'c')]);

  const file = await ask(`/batches/${batchId}/dataset?format=jsonl&category=noise&shelf=archive`);
  const lines = (await file.text()).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).ordinal)).toEqual([1, 3]);
});

it('refuses what it does not know, and says that there is no such batch', async () => {
  const id = randomUUID();
  const wrong = [
    '/shelf?batch=1',
    '/shelf?batchId=1',
    '/shelf?cursor=x',
    '/shelf?restored=1',
    '/shelf?category=%00',
    '/shelf/items',
  ];
  for (const path of [...wrong, `/shelf/items?batchId=${id}&category=a`, `/batches/${id}/dataset?shelf=a`])
    expect([path, (await told(path)).status]).toEqual([path, 400]);
  expect((await told(`/shelf/items?batchId=${id}&category=a&shelf=b`)).status).toBe(404);
});
