import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { may } from '#lib/auth/authorise.ts';
import { API_WRITES_KEEP_HOURS } from '#lib/core/limits.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { inWrite, pruneApiWrites } from '#lib/store/api/api-writes.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import { answerApi } from './answer.ts';
import { contract } from './contract.ts';
import { once, requestDigest } from './idempotency.ts';
import { routesOf } from './paths.ts';
import { verbOf } from './verbs.ts';

const { pool, ownerPool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };

async function write(
  path: string,
  key: string | null,
  json: unknown,
  who: Record<string, string> = { authorization: `Bearer ${KEY}` },
) {
  const headers = {
    ...who,
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

describe('a write whose first request was left open', () => {
  const asked = () => ({ key: randomUUID(), path: '/api/v1/batches', digest: requestDigest('one') });
  /** As another process leaves it: with what its transactions did, and the number that it was present by. */
  const leave = ({ key, path, digest }: ReturnType<typeof asked>, owner: number, done: object = {}) =>
    pool.query("INSERT INTO api_write (actor, key, path, request_digest, owner, done) VALUES ('key:env', $1, $2, $3, $4, $5)", [
      key,
      path,
      digest,
      owner,
      done,
    ]);
  /** A process of this number that lives until its connection ends. */
  const present = async (number: number) => {
    const client = await pool.connect();
    await client.query('SELECT pg_advisory_lock($1, $2)', [0x70726573, number]);
    return () => client.release(true);
  };
  let carriedOut = 0;
  const act = () => inWrite(pool, 'count', async () => ({ number: ++carriedOut })).then((value) => Response.json(value));
  beforeEach(() => {
    carriedOut = 0;
  });

  it('by a process that is gone, before anything was done, is carried out', async () => {
    const write = asked();
    await leave(write, 4_711);
    const answer = await once(keeper, write, act);
    expect([await answer.json(), carriedOut]).toEqual([{ number: 1 }, 1]);
    const again = await once(keeper, write, act);
    expect([await again.json(), again.headers.get('idempotent-replay'), carriedOut]).toEqual([{ number: 1 }, 'true', 1]);
  });

  it('by a process that is gone, after its transaction, is answered with what that gave', async () => {
    const write = asked();
    await leave(write, 4_711, { count: { number: 41 } });
    expect([await (await once(keeper, write, act)).json(), carriedOut]).toEqual([{ number: 41 }, 0]);
  });

  it('by a process that lives, is left to it; the moment that it is gone, it is carried out', async () => {
    const write = asked();
    const die = await present(4_712);
    await leave(write, 4_712);
    await expect(once(keeper, write, act)).rejects.toMatchObject({ code: 'conflict', facts: { retryAfterSeconds: 1 } });
    die();
    await vi.waitFor(async () => expect((await once(keeper, write, act)).status).toBe(200), { timeout: 60_000, interval: 20 });
    expect(carriedOut).toBe(1);
  });

  it('and taken over, is done once, though the first process lives after all', async () => {
    const write = asked();
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = once(keeper, write, async () => {
      await inWrite(pool, 'count', async () => {
        reached.resolve();
        await go.promise;
        return { number: ++carriedOut };
      });
      return Response.json({ of: 'the slow one' });
    }).catch((error: unknown) => error);
    await reached.promise;
    // Another process finds its presence gone, for its connection to the database broke.
    await pool.query(
      'UPDATE api_write SET epoch = epoch + 1, done = \'{"count": {"number": 7}}\', status = 200, response = \'{}\' WHERE key = $1',
      [write.key],
    );
    go.resolve();
    expect(await slow).toMatchObject({ code: 'conflict', message: expect.stringContaining('is carrying it out now') });
    expect(await (await once(keeper, write, act)).json()).toEqual({});
  });

  it('many at once is carried out once', async () => {
    const write = asked();
    await leave(write, 4_711);
    const answers = await Promise.allSettled(Array.from({ length: 12 }, () => once(keeper, write, act)));
    expect(carriedOut).toBe(1);
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'conflict', facts: { retryAfterSeconds: 1 } });
  });
});

it('a fault after the commit leaves the repeat what was committed', async () => {
  const path = await waiting();
  const key = randomUUID();
  const before = (await countCorrections()) ?? 0;
  const gone = async () => {
    throw new Error('the answer was lost');
  };
  const { digest, batch } = { digest: requestDigest('x'), batch: path };
  await expect(
    once(keeper, { key, path: batch, digest }, () => inWrite(pool, 'correct', async () => ({ changed: 1 })).then(gone)),
  ).rejects.toThrow('the answer was lost');
  const again = await once(keeper, { key, path: batch, digest }, () =>
    inWrite<{ changed: number }>(pool, 'correct', gone).then((value) => Response.json(value)),
  );
  expect(await again.json()).toEqual({ changed: 1 });
  expect(await countCorrections()).toBe(before);
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

describe('who may not', () => {
  const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
  const eve = { id: '', headers: {} as Record<string, string> };
  beforeAll(async () => {
    eve.id = (await somebody('admin', 'Eve')).id;
    eve.headers = { ...SITE, cookie: await sessionOf(eve.id) };
  });
  const as = (role: string) => pool.query('UPDATE "user" SET role = $2 WHERE id = $1', [eve.id, role]);

  // What is shown once takes no Idempotency-Key, and what agents do is no person's.
  const posts = routesOf(contract).filter((route) => route.method === 'POST' && verbOf(route) !== 'work');
  it.each(posts.filter(({ path }) => path !== '/api/v1/keys' && !path.endsWith('/reset-link')))(
    '$path is refused by the role of this moment, before what was once answered is looked up',
    async (route) => {
      const path = route.path.replace('{id}', randomUUID()).replace('{n}', '1').replace('/api/v1', '');
      const key = randomUUID();
      await as('admin');
      expect((await write(path, key, {}, eve.headers)).status).not.toBe(403);
      const mayNot: readonly Role[] = ROLES.filter(
        (role) => !may({ role }, verbOf(route) as NonNullable<ReturnType<typeof verbOf>>),
      );
      // Whoever may is answered alike: in `npm test` one of them, and one of those who may not.
      const others = ROLES.filter((role) => !mayNot.includes(role));
      const asked = atSize<readonly Role[]>([...mayNot.slice(0, 1), ...others.slice(0, 1)], ROLES);
      for (const role of asked) {
        await as(role);
        const refused = mayNot.includes(role);
        const { status, replay } = await write(path, key, {}, eve.headers);
        expect([role, status === 403, replay]).toEqual([role, refused, refused ? null : 'true']);
        // The step says the same.
        expect([role, (await write(path, null, {}, eve.headers)).status === 403]).toEqual([role, refused]);
      }
    },
  );
});
