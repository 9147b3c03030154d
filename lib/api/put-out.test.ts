/** Whoever is put out is out of what they had begun, at once: an upload half way, a download, a call that waits, an open stream, a key. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { makeKeyToken } from '#lib/auth/token.ts';
import { LIVE_REAUTHORISE_MS } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { follow, followAs, whileAllowed } from '#lib/steps/live/live-actors.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { insertKey, revokeKey } from '#lib/store/keys/keys.ts';
import { testDatabase } from '#test/database.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { answerApi } from './answer.ts';
import { streamOf } from './streams.ts';

const { pool, prisma, superPool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
/** Seconds on a busy machine: what waits here waits for ever otherwise. */
const SOON = { timeout: 60_000, interval: 20 };

async function keyed(role: Role): Promise<{ id: string; keyId: string; actor: Actor; token: string }> {
  const { id } = await somebody(role);
  const keyId = randomUUID();
  const { token, digest, hint } = makeKeyToken();
  const key = {
    id: keyId,
    name: 'Script',
    digest,
    hint,
    role,
    scopes: [],
    batches: [],
    ownerId: id,
    createdBy: `user:${id}`,
    days: 1,
  };
  await insertKey({ prisma }, key);
  return { id, keyId, token, actor: { id: `key:${keyId}`, role, name: 'Script', via: 'api', owner: id } };
}

it.concurrent.each([
  ['a disable', (id: string) => disablePerson(keeper, { personId: id })],
  ['a lost role', (id: string) => changeRole(keeper, { personId: id, role: 'reviewer' })],
])('an upload half way ends with %s, in the middle of a silence, and nothing of it is kept', async (_, act) => {
  const { id } = await somebody('operator');
  const cookie = await sessionOf(id);
  const dataset = randomUUID();
  // The sender says no more, and does not leave either.
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(`subject\n${'one line of it\n'.repeat(10)}`)),
  });
  const asked = { method: 'POST', body, duplex: 'half' as const, headers: { ...SITE, cookie } };
  const answer = answerApi(new Request(`http://127.0.0.1:3000/api/v1/datasets?name=a.csv&id=${dataset}`, asked));
  await vi.waitFor(async () => expect(await prisma.dataset.findUnique({ where: { id: dataset } })).not.toBeNull(), SOON);
  await act(id);
  expect((await answer).status).toBe(401);
  expect(await prisma.dataset.findUnique({ where: { id: dataset } })).toMatchObject({ state: 'failed' });
  expect((await pool.query('SELECT FROM item WHERE dataset_id = $1', [dataset])).rowCount).toBe(0);
});

it('a call that waits is answered 401 when its key ends, and what comes of it later is given to nobody', async () => {
  const { actor, keyId } = await keyed('operator');
  const { promise: waits, resolve } = Promise.withResolvers<string>();
  const answer = whileAllowed(() => waits, actor);
  await revokeKey({ prisma }, keyId);
  await expect(answer).rejects.toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  resolve('too late');
});

it('a download breaks off when its reader may no longer, also while they read nothing', async () => {
  const { actor, id } = await keyed('reviewer');
  const { ended: over, leave } = follow('download', actor);
  let made = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      made += 1;
      yield Buffer.alloc(1024);
    }
  };
  const reader = streamOf(endless(), new Request('http://127.0.0.1:3000/'), { onLeave: leave, over }).getReader();
  expect((await reader.read()).done).toBe(false);
  await disablePerson(keeper, { personId: id });
  await vi.waitFor(() => expect(over.aborted).toBe(true), SOON);
  await expect(reader.read()).rejects.toThrow(/may no longer follow/);
  const before = made;
  await sleep(0);
  expect(made).toBe(before);
});

it.concurrent.each([
  ['a disable', ({ id }: { id: string }) => disablePerson(keeper, { personId: id })],
  [
    'a disable that another process committed',
    ({ id }: { id: string }) => superPool.query('UPDATE "user" SET disabled_at = now() WHERE id = $1', [id]),
  ],
  ['revoking it', ({ keyId }: { keyId: string }) => revokeKey({ prisma }, keyId)],
  ['its end', ({ keyId }: { keyId: string }) => superPool.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [keyId])],
  ['a role that does not cover it', ({ id }: { id: string }) => changeRole(keeper, { personId: id, role: 'auditor' })],
])('a stream of a key ends with %s, and no other one', async (_, act) => {
  const [one, other] = [await keyed('reviewer'), await keyed('reviewer')];
  const stream = async ({ token }: { token: string }) => {
    const headers = { ...SITE, authorization: `Bearer ${token}` };
    const response = await answerApi(new Request('http://127.0.0.1:3000/api/v1/events', { headers }));
    return response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  };
  const [mine, theirs] = [await stream(one), await stream(other)];
  for (const reader of [mine, theirs]) await reader.read();
  await act(one);
  const toItsEnd = async () => {
    for (;;) if ((await mine.read().catch(() => ({ done: true }))).done) return true;
  };
  expect(await toItsEnd()).toBe(true);
  expect((await theirs.read()).done).toBe(false);
  await theirs.cancel();
});

it('is heard, and not only looked up: nobody waits for the next second', async () => {
  const { actor, id } = await keyed('reviewer');
  // The clock stands still, so nothing but what is heard asks again.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { ended, leave } = followAs(pool, actor, 'see');
  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await sleep(5);
  };
  try {
    await vi.advanceTimersByTimeAsync(LIVE_REAUTHORISE_MS);
    const EARS =
      "SELECT FROM pg_stat_activity WHERE application_name = 'countersign live' AND datname = current_database() AND query LIKE 'LISTEN%'";
    await until(async () => (await superPool.query(EARS)).rowCount === 1);
    await superPool.query('UPDATE "user" SET disabled_at = now() WHERE id = $1', [id]);
    await until(() => ended.aborted);
  } finally {
    vi.useRealTimers();
    leave();
  }
});
