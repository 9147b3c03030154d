import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { asOutcome, createApiClient } from '#components/api-client.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

const api = createApiClient('http://127.0.0.1:3000', (request) => {
  request.headers.set('authorization', `Bearer ${process.env.ADMIN_API_KEY}`);
  return answerApi(request);
});

const given = {
  url: 'https://api.example.com/notes',
  undo: { do: 'DELETE', url: 'https://api.example.com/notes/{{subject}}' },
} as const;
const done = { receipts: ['intent', 'outcome:succeeded'] as ('intent' | 'outcome:succeeded')[] };
const seeded = async () => {
  const items = ['a', 'b', 'c'].map((subject) => ({ fields: { subject }, category: 'note', ...done }));
  const { batchId } = await seedBatch(pool, {
    ...{ name: 'Notes', state: 'finished', chunks: [{ state: 'done', items }] },
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'note' },
      categories: [{ name: 'note', action: { connector: 'http', do: 'POST', with: given } }],
    },
  });
  return batchId;
};

it('tells what an undo would do, writes nothing, and then makes it once', async () => {
  const id = await seeded();
  const dry = await api.batches.undo({ params: { id }, body: { dryRun: true, ordinals: [1, 2] } });
  expect(dry).toMatchObject({ id: null, restorable: 2, cannot: [], categories: [{ name: 'note', action: { do: 'DELETE' } }] });
  expect((await api.batches.read({ id })).undoneBy).toEqual([]);

  const headers = { 'idempotency-key': randomUUID() };
  const made = await api.batches.undo({ params: { id }, headers, body: { name: 'Notes back' } });
  expect(await api.batches.undo({ params: { id }, headers, body: { name: 'Notes back' } })).toEqual(made);
  expect(made).toMatchObject({ restorable: 3, cannot: [] });
  const undo = await api.batches.read({ id: made.id ?? '' });
  expect(undo).toMatchObject({ name: 'Notes back', state: 'running', undoes: { id, name: 'Notes' }, chunks: [{ itemCount: 3 }] });
  expect((await api.batches.read({ id })).undoneBy).toMatchObject([{ id: made.id, items: 3, done: 0, takenBack: 0 }]);

  const again = await asOutcome(api.batches.undo({ params: { id }, body: {} }));
  expect(again).toMatchObject({
    ok: false,
    code: 'conflict',
    message: expect.stringContaining('“Notes back” is about to undo it'),
  });
  expect(again).toMatchObject({ facts: { cannot: [{ count: 3, ordinals: [1, 2, 3] }] } });
});

it('takes no body for the whole batch, and refuses a scope that means nothing', async () => {
  const id = await seeded();
  const wrong = [
    { chunks: [] },
    { chunks: [0] },
    { ordinals: [1.5] },
    { category: '' },
    { everything: true },
    { chunks: [7] },
    { ordinals: [4] },
  ];
  for (const body of wrong) {
    expect(await asOutcome(api.batches.undo({ params: { id }, body: body as never }))).toMatchObject({
      ok: false,
      code: 'invalid',
    });
  }
  expect(await asOutcome(api.batches.undo({ params: { id: randomUUID() }, body: {} }))).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  const response = await answerApi(
    new Request(`http://127.0.0.1:3000/api/v1/batches/${id}/undo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${process.env.ADMIN_API_KEY}` },
    }),
  );
  expect([response.status, await response.json()]).toMatchObject([200, { restorable: 3 }]);
});
