import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { API_WRITES_KEEP_HOURS } from '#lib/core/limits.ts';
import { pruneApiWrites } from '#lib/store/api/api-writes.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { answerApi } from './answer.ts';
import { once, requestDigest } from './idempotency.ts';

const { pool, ownerPool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };

async function write(path: string, key: string | null, json: unknown) {
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    ...(key === null ? {} : { 'idempotency-key': key }),
  };
  const response = await answerApi(
    new Request(`http://127.0.0.1:3000/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(json) }),
  );
  const text = await response.text();
  return {
    status: response.status,
    replay: response.headers.get('idempotent-replay'),
    headers: response.headers,
    text,
    body: JSON.parse(text),
  };
}

const items = [1, 2, 3].map((number) => ({ fields: { subject: `mail ${number}` }, category: 'noise' }));
const waiting = async () =>
  `/batches/${(await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] })).batchId}/chunks/1/corrections`;
const countCorrections = async () => (await pool.query('SELECT FROM correction')).rowCount;
const later = async (key: string, hours: number) =>
  pool.query('UPDATE api_write SET created_at = created_at - make_interval(hours => $2) WHERE key = $1', [key, hours]);

it('carries a write out once and answers its repeats byte for byte', async () => {
  const path = await waiting();
  const key = randomUUID();
  const before = await countCorrections();
  const first = await write(path, key, [{ ordinal: 1, category: 'keep' }]);
  const second = await write(path, key, [{ ordinal: 1, category: 'keep' }]);
  expect([first.status, first.replay, second.status, second.replay]).toEqual([200, null, 200, 'true']);
  expect(second.text).toBe(first.text);
  expect(second.headers.get('cache-control')).toBe('private, no-store');
  expect(await countCorrections()).toBe((before ?? 0) + 1);
});

it('keeps a refusal as it keeps an answer', async () => {
  const path = await waiting();
  const key = randomUUID();
  const first = await write(path, key, [{ ordinal: 1, category: 'no such\u0001' }]);
  expect([first.status, first.replay]).toEqual([400, null]);
  const second = await write(path, key, [{ ordinal: 1, category: 'no such\u0001' }]);
  expect([second.status, second.replay, second.text]).toEqual([400, 'true', first.text]);
  expect(second.headers.get('content-type')).toBe('application/problem+json');
});

it('refuses a key that was used for another body, or at another path', async () => {
  const [path, other] = [await waiting(), await waiting()];
  const key = randomUUID();
  await write(path, key, [{ ordinal: 1, category: 'keep' }]);
  for (const [to, json] of [
    [path, [{ ordinal: 2, category: 'keep' }]],
    [other, [{ ordinal: 1, category: 'keep' }]],
  ] as const) {
    expect((await write(to, key, json)).body).toMatchObject({
      status: 409,
      code: 'conflict',
      detail: expect.stringContaining(`/api/v1${path}`),
    });
  }
});

it('lets one of many at the same time through; the others are told to come back', async () => {
  const path = await waiting();
  const key = randomUUID();
  const before = await countCorrections();
  const answers = await Promise.all(Array.from({ length: 8 }, () => write(path, key, [{ ordinal: 3, category: 'keep' }])));
  expect(answers.filter(({ status, replay }) => status === 200 && replay === null)).toHaveLength(1);
  for (const { status, headers, replay } of answers)
    expect(status === 409 ? headers.get('retry-after') : (replay ?? 'first')).toMatch(/^(1|true|first)$/);
  expect(await countCorrections()).toBe((before ?? 0) + 1);
});

it('frees the key when something broke, so that the repeat is carried out', async () => {
  const path = await waiting();
  const key = randomUUID();
  await ownerPool.query('ALTER TABLE correction RENAME TO away');
  try {
    expect((await write(path, key, [{ ordinal: 1, category: 'keep' }])).status).toBe(500);
  } finally {
    await ownerPool.query('ALTER TABLE away RENAME TO correction');
  }
  expect(await write(path, key, [{ ordinal: 1, category: 'keep' }])).toMatchObject({ status: 200, replay: null });
});

it('says of a request whose process ended that nobody knows, and never carries it out again by itself', async () => {
  const asked = { key: randomUUID(), path: '/api/v1/batches', digest: requestDigest('one') };
  let carriedOut = 0;
  const act = async () => {
    carriedOut++;
    return Response.json({});
  };
  await pool.query(
    "INSERT INTO api_write (actor, key, path, request_digest, created_at) VALUES ('key:env', $1, $2, $3, now() - interval '1 hour')",
    [...[asked.key, asked.path, asked.digest]],
  );
  await expect(once(keeper, asked, act)).rejects.toThrow(/interrupted/);
  expect(carriedOut).toBe(0);
});

it('keeps the keys of different people apart', async () => {
  const asked = { key: randomUUID(), path: '/api/v1/batches', digest: requestDigest('one') };
  const answers = [keeper, { ...keeper, id: `user:${randomUUID()}` }].map((actor) =>
    once(actor, asked, async () => Response.json({ of: actor.id })),
  );
  expect(new Set(await Promise.all(answers.map(async (answer) => (await answer).text()))).size).toBe(2);
});

it('forgets after its keeping time', async () => {
  const path = await waiting();
  const [again, gone] = [randomUUID(), randomUUID()];
  await write(path, again, [{ ordinal: 1, category: 'keep' }]);
  await write(path, gone, [{ ordinal: 2, category: 'keep' }]);
  await later(again, API_WRITES_KEEP_HOURS + 1);
  expect((await write(path, again, [{ ordinal: 3, category: 'keep' }])).body).toMatchObject({ changed: 1 });
  await later(gone, API_WRITES_KEEP_HOURS + 1);
  expect(await pruneApiWrites()).toBe(1);
  expect((await pool.query('SELECT FROM api_write WHERE key = $1', [gone])).rowCount).toBe(0);
});

it('refuses what can not be a key', async () => {
  const path = await waiting();
  for (const key of ['', 'a b', 'x'.repeat(256), 'ü'])
    expect((await write(path, key, [{ ordinal: 1, category: 'keep' }])).status, key).toBe(400);
});

it('never takes two requests for the same because their parts run together', () => {
  expect(requestDigest('ab', 'c')).not.toEqual(requestDigest('a', 'bc'));
});
