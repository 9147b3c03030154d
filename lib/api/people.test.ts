/** People over REST: who is here, and how a script puts somebody out and lets them in again. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { signIn } from '#lib/auth/sign-in.ts';
import { log } from '#lib/log.ts';
import { acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';
import { testDatabase } from '#test/database.ts';
import { answerApi } from './answer.ts';

const { pool, prisma } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
const PASSWORD = 'correct horse battery';
const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };

const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(
  path: string,
  method = 'GET',
  headers: Record<string, string> = { authorization: 'Bearer a-key-of-the-environment' },
) {
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { method, headers }));
  return { status: response.status, body: await response.json() };
}

async function join(role: 'admin' | 'reviewer') {
  const email = `${randomUUID()}@example.com`;
  const { path } = await invitePerson({ id: 'key:env', role: 'admin', name: 'Key', via: 'api' }, { email, role });
  const { id } = await acceptSetupLink({ token: path.split('=')[1] as string, name: 'Bo', email, password: PASSWORD });
  const cookies = await signIn({ email, password: PASSWORD }, new Headers(SITE));
  return { id, email, cookie: cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ') };
}

it('a person is listed, disabled, refused at once, and enabled again', async () => {
  const ada = await join('admin');
  const bo = await join('reviewer');
  const listed = {
    ...{ id: bo.id, name: 'Bo', email: bo.email, role: 'reviewer', createdAt: expect.any(String), disabledAt: null },
    ...{ invitedBy: 'API key of the environment', confirmedBy: null, secondFactor: false },
  };
  expect(await ask('/people')).toEqual({
    status: 200,
    body: { items: [expect.objectContaining({ id: ada.id }), listed], next: null },
  });
  expect((await ask('/batches', 'GET', { cookie: bo.cookie })).status).toBe(200);

  const disabled = await ask(`/people/${bo.id}/disable`, 'POST');
  expect(disabled).toEqual({ status: 200, body: { ...listed, disabledAt: expect.any(String) } });
  expect((await ask('/batches', 'GET', { cookie: bo.cookie })).status).toBe(401);
  expect(await ask(`/people/${bo.id}/disable`, 'POST')).toEqual(disabled);
  expect((await ask('/people')).body.items[1]).toEqual(disabled.body);

  expect(await ask(`/people/${bo.id}/enable`, 'POST')).toEqual({ status: 200, body: listed });
  expect((await ask('/batches', 'GET', { cookie: bo.cookie })).status).toBe(401);
  expect(await ask(`/people/${ada.id}/disable`, 'POST')).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect(await ask(`/people/${randomUUID()}/disable`, 'POST')).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

it('is for admins alone', async () => {
  const bo = await join('reviewer');
  const asBo = { cookie: bo.cookie, ...SITE };
  for (const [path, method] of [
    ['/people', 'GET'],
    [`/people/${bo.id}/disable`, 'POST'],
    [`/people/${bo.id}/enable`, 'POST'],
    [`/people/${bo.id}/sessions`, 'GET'],
    [`/people/${bo.id}/sign-out`, 'POST'],
    [`/people/${bo.id}/reset-link`, 'POST'],
    [`/people/${bo.id}/reset-factors`, 'POST'],
  ] as const) {
    expect(await ask(path, method, asBo)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await ask(path, method, {})).status).toBe(401);
  }
});

it('the sessions, the password and the second factors of somebody are an admin’s to end and reset; a link is told once', async () => {
  const bo = await join('reviewer');
  const path = `/people/${bo.id}`;
  await prisma.user.update({ where: { id: bo.id }, data: { twoFactorEnabled: true } });
  await prisma.twoFactor.create({ data: { id: randomUUID(), userId: bo.id, secret: 'x', backupCodes: 'x', verified: true } });
  expect((await ask(`${path}/sessions`)).body.items).toMatchObject([{ own: false, browser: expect.any(String) }]);
  expect(await ask(`${path}/sign-out`, 'POST')).toEqual({ status: 200, body: { ended: 1 } });
  expect((await ask('/batches', 'GET', { cookie: bo.cookie })).status).toBe(401);
  expect((await ask(`${path}/sessions`)).body.items).toEqual([]);
  expect(await ask(`${path}/reset-link`, 'POST')).toEqual({
    status: 201,
    body: { email: bo.email, path: expect.stringMatching(/^\/setup\?token=.{43}$/), expiresAt: expect.any(String) },
  });
  const keyed = await ask(`${path}/reset-link`, 'POST', {
    authorization: 'Bearer a-key-of-the-environment',
    'idempotency-key': 'once',
  });
  expect(keyed).toMatchObject({ status: 400, body: { code: 'invalid' } });
  expect((await ask('/people')).body.items).toContainEqual(expect.objectContaining({ id: bo.id, secondFactor: true }));
  expect(await ask(`${path}/reset-factors`, 'POST')).toMatchObject({ status: 200, body: { secondFactor: false } });
  expect((await pool.query('SELECT FROM two_factor WHERE user_id = $1', [bo.id])).rowCount).toBe(0);
  for (const verb of ['sign-out', 'reset-link', 'reset-factors'])
    expect((await ask(`/people/${randomUUID()}/${verb}`, 'POST')).status, verb).toBe(404);
});
