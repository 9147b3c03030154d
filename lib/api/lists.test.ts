/** The lists that only pages had: receipts and follow-up tasks over REST, page by page, by role. */
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

const told = async (path: string) => {
  const headers = { authorization: 'Bearer a-key-of-the-environment' };
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { headers }));
  return { status: response.status, body: await response.json() };
};

const items = ['a', 'b'].map((subject) => ({
  fields: { subject },
  category: 'noise',
  receipts: ['intent', 'outcome:succeeded'] as ('intent' | 'outcome:succeeded')[],
}));

it('lists receipts by chunk and number, each in words, and reads on where the page before ended', async () => {
  const { batchId } = await seedBatch(pool, { state: 'finished', chunks: [{ state: 'done', items }] });
  const path = `/batches/${batchId}/receipts/rows`;
  const { body: all } = await told(path);
  expect(all.next).toBeNull();
  expect(all.items.length).toBeGreaterThanOrEqual(4);
  expect(all.items[0]).toMatchObject({ chunk: 1, seq: 1, kind: expect.any(String), line: expect.any(String) });
  // What a single receipt is opened for is not in the list.
  expect(all.items[0]).not.toHaveProperty('body');
  const { body: first } = await told(`${path}?limit=3`);
  const { body: rest } = await told(`${path}?cursor=${first.next}`);
  expect([...first.items, ...rest.items]).toEqual(all.items);
  expect(await told(`${path}?cursor=x`)).toMatchObject({ status: 400, body: { code: 'invalid' } });
  expect(await told(`/batches/${randomUUID()}/receipts/rows`)).toMatchObject({ status: 404 });
});

it('lists follow-up tasks, the newest first: all, those that are open, and those that are over', async () => {
  const { batchId, datasetId } = await seedBatch(pool, { state: 'finished', chunks: [{ state: 'done', items }] });
  await pool.query(
    `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body, done_at)
     SELECT 'k' || n, $1, $2, n, 'T' || n, '', CASE WHEN n = 2 THEN now() END FROM generate_series(1, 3) n`,
    [batchId, datasetId],
  );
  const titles = async (query: string) => (await told(`/tasks${query}`)).body.items.map(({ title }: { title: string }) => title);
  expect(await titles('')).toEqual(['T3', 'T2', 'T1']);
  expect(await titles('?state=open')).toEqual(['T3', 'T1']);
  expect(await titles('?state=over')).toEqual(['T2']);
  const { body: first } = await told('/tasks?state=open&limit=1');
  expect(await titles(`?state=open&cursor=${first.next}`)).toEqual(['T1']);
  expect(await told('/tasks?state=done')).toMatchObject({ status: 400, body: { code: 'invalid' } });
});
