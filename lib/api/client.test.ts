import { randomUUID } from 'node:crypto';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { asOutcome, createApiClient } from '#components/api-client.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';

// The browser's client against the very function that answers it.
const api = createApiClient('http://127.0.0.1:3000', (request) => {
  request.headers.set('authorization', `Bearer ${process.env.ADMIN_API_KEY}`);
  return answerApi(request);
});

const items = ['a', 'b', 'c'].map((subject) => ({ fields: { subject }, category: 'noise' }));

it('reads, pages, corrects and decides with the types of the contract', async () => {
  const { batchId: id } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
  const ofChunk = { id, n: 1 };
  expect(await api.batches.read({ id })).toMatchObject({ id, state: 'running' });
  const first = await api.chunks.items({ ...ofChunk, category: 'noise', limit: 2 });
  expect(first.items.map(({ fields }) => fields.subject)).toEqual(['a', 'b']);
  expect((await api.chunks.items({ ...ofChunk, limit: 2, cursor: first.next as string })).items).toMatchObject([{ ordinal: 3 }]);
  expect(await api.chunks.correct({ params: ofChunk, body: [{ ordinal: 3, category: 'keep' }] })).toMatchObject({
    revision: 2,
    counts: { keep: 1 },
  });
  const { digest, revision } = await api.chunks.read(ofChunk);
  const decided = await api.batches.decide({
    params: { id },
    body: { chunks: [{ number: 1, digest: digest as string, revision }], next: true, execute: true, seen: [1] },
  });
  expect(decided).toMatchObject({ decided: [1] });
  expect(await api.pause.batch({ params: { id }, body: {} })).toMatchObject({ state: 'paused' });
});

it('leaves the rest of a halted chunk, and of a batch that has none is told so', async () => {
  const { batchId: id } = await seedBatch(pool, {
    chunks: [{ state: 'halted', decidedBy: `user:${randomUUID()}`, haltReason: 'a fault', items }],
  });
  const left = await api.acceptRest.chunk({ params: { id, n: 1 }, body: {} });
  expect(left).toEqual({ state: 'finished', chunks: [1], inFlight: 0 });
  expect(await api.batches.read({ id })).toMatchObject({ sum: { notExecuted: 3, waiting: 0, addsUp: true } });
  expect(await asOutcome(api.acceptRest.batch({ params: { id }, body: {} }))).toMatchObject({ ok: false, code: 'conflict' });
});

it('gives what the server refused as a value, with its problems and facts', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
  const ofChunk = { id: batchId, n: 1 };
  const refused = await asOutcome(api.chunks.correct({ params: ofChunk, body: [{ ordinal: 1, category: 'nowhere' }] }));
  expect(refused).toMatchObject({
    ok: false,
    code: 'invalid',
    message: expect.stringContaining('nowhere'),
    problems: [{ path: 'corrections.0.category' }],
  });
  const { digest } = await api.chunks.read(ofChunk);
  await api.chunks.correct({ params: ofChunk, body: [{ ordinal: 1, category: 'keep' }] });
  const stale = await asOutcome(
    api.chunks.decide({ params: ofChunk, body: { digest: digest as string, next: true, execute: true, override: 'quick' } }),
  );
  expect(stale).toMatchObject({ ok: false, code: 'stale', facts: { changes: [{ ordinal: 1 }] } });
});

it('gives a lost connection as a value', async () => {
  const lost = createApiClient('http://127.0.0.1:3000', () => Promise.reject(new TypeError('fetch failed')));
  expect(await asOutcome(lost.workers.list())).toMatchObject({ ok: false, code: 'unanswered' });
});

it('makes a key of its own for every path and input', async () => {
  const queries = createTanstackQueryUtils(api);
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'queued', items }] });
  const options = queries.batches.read.queryOptions({ input: { id: batchId } });
  expect(await new QueryClient().fetchQuery(options)).toMatchObject({ id: batchId });
  expect(options.queryKey).not.toEqual(queries.batches.read.queryOptions({ input: { id: randomUUID() } }).queryKey);
});
