import { hashPassword } from 'better-auth/crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { SIGN_IN_TRIES_PER_ACCOUNT } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { testDatabase } from '#test/database.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import type { Actor } from './actor.ts';
import { plainNames } from './cookie-names.ts';
import { answerAuth } from './route.ts';
import { type Cookie, signIn, signOut } from './sign-in.ts';
import { takeTry } from './tries.ts';
import { apiActor, currentActor } from './who.ts';

const { pool, superPool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
const PASSWORD = 'correct horse battery';
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const WRONG = 'The address or the password is wrong. Check both and try again.';
const refusal = (code: string) => expect.objectContaining({ code });

const request = (headers: Record<string, string>, method = 'GET') =>
  new Request('http://127.0.0.1:3000/api/v1/batches', { method, headers });
const cookieHeader = (cookies: Cookie[]) => cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');

/** To hash it takes a core a tenth of a second: all who are made here have the one. */
const passwordHash = await hashPassword(PASSWORD);

const person = (role: Role = 'reviewer') => somebody(role, 'Bo', passwordHash);

/** For what comes after the sign-in, whose password is checked where that is asked. */
async function signedIn(role: Role = 'reviewer') {
  const { id, email } = await person(role);
  return { id, email, cookie: await sessionOf(id) };
}

beforeEach(() => pool.query('DELETE FROM sign_in_try'));

describe('the API key of the environment', () => {
  it('is an admin', async () => {
    expect(await apiActor(request({ authorization: `Bearer ${KEY}` }))).toEqual(keeper);
    expect(await apiActor(request({ authorization: `bearer  ${KEY} ` }, 'POST'))).toEqual(keeper);
  });

  it.each([
    ['wrong', `Bearer ${KEY.replace('a', 'b')}`],
    ['shorter', `Bearer ${KEY.slice(0, -1)}`],
    ['longer', `Bearer ${KEY}x`],
    ['very long', `Bearer ${'x'.repeat(10_000)}`],
    ['empty', 'Bearer '],
    ['of another scheme', `Basic ${KEY}`],
    ['without a scheme', KEY],
  ])('%s is refused', async (_, authorization) => {
    await expect(apiActor(request({ authorization }))).rejects.toThrow(refusal('unauthenticated'));
  });

  it('wrong is refused even with a good cookie beside it', async () => {
    const { cookie } = await signedIn();
    await expect(apiActor(request({ cookie, authorization: 'Bearer not-this-one-at-all' }))).rejects.toThrow(
      refusal('unauthenticated'),
    );
  });

  it('that was never set lets nobody in, not even with the word undefined', async () => {
    Object.assign(globalThis, { countersignEnv: undefined });
    delete process.env.ADMIN_API_KEY;
    try {
      for (const key of ['undefined', '', KEY])
        await expect(apiActor(request({ authorization: `Bearer ${key}` }))).rejects.toThrow(refusal('unauthenticated'));
    } finally {
      process.env.ADMIN_API_KEY = KEY;
      Object.assign(globalThis, { countersignEnv: undefined });
    }
  });
});

describe('a session', () => {
  it('says who it is, with the role of the moment', async () => {
    const { id, cookie } = await signedIn('operator');
    const session = (await pool.query<{ id: string }>('SELECT id FROM session WHERE user_id = $1', [id])).rows[0]?.id;
    const told = { id: `user:${id}`, role: 'operator', name: 'Bo', via: 'page', session };
    expect(await currentActor(new Headers({ cookie }))).toEqual(told);
    await changeRole(keeper, { personId: id, role: 'auditor' });
    expect(await currentActor(new Headers({ cookie }))).toMatchObject({ role: 'auditor' });
  });

  it('reads over REST, and writes only from our own pages', async () => {
    const { id, cookie } = await signedIn();
    expect(await apiActor(request({ cookie }))).toMatchObject({ id: `user:${id}` });
    expect(await apiActor(request({ cookie, ...SITE }, 'POST'))).toMatchObject({ id: `user:${id}`, via: 'page' });
    await expect(apiActor(request({ cookie, host: SITE.host }, 'POST'))).rejects.toThrow(refusal('forbidden'));
    await expect(apiActor(request({ cookie, host: SITE.host, origin: 'https://evil.example' }, 'DELETE'))).rejects.toThrow(
      refusal('forbidden'),
    );
  });

  it('is nobody without a cookie, with a forged one, or with a stolen token that is not signed', async () => {
    const { cookie } = await signedIn();
    const { rows } = await pool.query<{ token: string }>('SELECT token FROM session ORDER BY created_at DESC LIMIT 1');
    const name = cookie.split('=')[0];
    for (const forged of ['', `${name}=`, `${name}=x.y`, `${name}=${rows[0]?.token}`, cookie.slice(0, -6)]) {
      expect(await currentActor(new Headers({ cookie: forged }))).toBeNull();
    }
    await expect(apiActor(request({}))).rejects.toThrow(refusal('unauthenticated'));
  });

  it('ends before its user can: nobody is deleted from under it', async () => {
    const { id, cookie } = await signedIn();
    await expect(pool.query('DELETE FROM "user" WHERE id = $1', [id])).rejects.toThrow(/foreign key constraint/);
    expect(await currentActor(new Headers({ cookie }))).toMatchObject({ id: `user:${id}` });
    for (const table of ['session', 'account']) await pool.query(`DELETE FROM ${table} WHERE user_id = $1`, [id]);
    await pool.query('DELETE FROM "user" WHERE id = $1', [id]);
    expect(await currentActor(new Headers({ cookie }))).toBeNull();
    await expect(apiActor(request({ cookie }))).rejects.toThrow(refusal('unauthenticated'));
  });

  it('ends after a week, and by signing out', async () => {
    const one = await person();
    const first = { id: one.id, cookie: cookieHeader(await signIn({ email: one.email, password: PASSWORD }, new Headers(SITE))) };
    expect(await currentActor(new Headers({ cookie: first.cookie }))).toMatchObject({ id: `user:${first.id}` });
    const { rows } = await pool.query<{ days: number }>(
      'SELECT extract(epoch FROM expires_at - created_at)::int / 86400.0 AS days FROM session WHERE user_id = $1',
      [first.id],
    );
    expect(Number(rows[0]?.days)).toBeCloseTo(7, 2);
    await pool.query('UPDATE session SET expires_at = now() - interval $$1 second$$ WHERE user_id = $1', [first.id]);
    expect(await currentActor(new Headers({ cookie: first.cookie }))).toBeNull();

    const second = await signedIn();
    const removed = await signOut(new Headers({ cookie: second.cookie, ...SITE }));
    expect(removed.find(({ name }) => name === 'countersign.session_token')).toMatchObject({ value: '', options: { maxAge: 0 } });
    expect(await currentActor(new Headers({ cookie: second.cookie }))).toBeNull();
  });

  it('that can not be looked up is not ended: the database is at fault', async () => {
    const { cookie } = await signedIn();
    const { rows } = await superPool.query<{ name: string }>('SELECT current_database() AS name');
    const limit = (most: number) => superPool.query(`ALTER DATABASE ${rows[0]?.name} CONNECTION LIMIT ${most}`);
    await limit(0);
    try {
      await superPool.query(
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user',
      );
      await expect(apiActor(request({ cookie }))).rejects.toMatchObject({ code: 'unavailable', facts: { fault: 'crowded' } });
    } finally {
      await limit(-1);
    }
    expect(await apiActor(request({ cookie }))).toMatchObject({ via: 'page' });
  });
});

describe('signing in', () => {
  it('gives a cookie that scripts cannot read, secure when the browser speaks https, and counts no success', async () => {
    const { email } = await person();
    const [plain] = await signIn({ email, password: PASSWORD }, new Headers(SITE));
    expect(plain).toMatchObject({
      options: { httpOnly: true, sameSite: 'lax', path: '/', secure: false, maxAge: 7 * 24 * 60 * 60 },
    });
    const [behindProxy] = await signIn(
      { email: ` ${email.toUpperCase()} `, password: PASSWORD },
      new Headers({ ...SITE, 'x-forwarded-proto': 'https' }),
    );
    expect(behindProxy).toMatchObject({ options: { secure: true } });
    const { rows } = await pool.query<{ count: number }>('SELECT count FROM sign_in_try');
    expect(rows.map(({ count }) => count)).toEqual([0, 0]);
  });

  it('answers an unknown address and a wrong password alike', async () => {
    const { email } = await person();
    const told = async (input: { email: string; password: string }) =>
      signIn(input, new Headers(SITE)).catch((error: Error) => error.message);
    expect(await told({ email, password: 'x'.repeat(900) })).toBe(WRONG);
    expect(await told({ email: 'nobody@example.com', password: PASSWORD })).toBe(WRONG);
    expect(await told({ email: 'not an address', password: PASSWORD })).toBe(WRONG);
  });

  it('stops guesses at one account, from however many addresses, and lets others in', async () => {
    const { email } = await person();
    const other = await person();
    const guess = (n: number, password: string) =>
      signIn({ email, password }, new Headers({ ...SITE, 'x-forwarded-for': `10.0.0.${n}` }));
    await expect(guess(1, 'a wrong password')).rejects.toThrow(refusal('unauthenticated'));
    const left = atSize(1, 5);
    // As if more had been made: each takes a core a tenth of a second.
    await pool.query('UPDATE sign_in_try SET count = $1', [SIGN_IN_TRIES_PER_ACCOUNT - left]);
    const told = await Promise.allSettled(Array.from({ length: 2 * left }, (_, n) => guess(2 + n, 'a wrong password')));
    const codes = told.map((one) => (one.status === 'rejected' ? one.reason.code : 'signed in'));
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(left);
    expect(codes.filter((code) => code === 'locked')).toHaveLength(left);
    await expect(guess(200, PASSWORD)).rejects.toThrow(/Try again in 15 minutes/);
    await expect(signIn({ email: other.email, password: PASSWORD }, new Headers(SITE))).resolves.toHaveLength(1);
    await pool.query('UPDATE sign_in_try SET until = now()');
    await expect(guess(200, PASSWORD)).resolves.toHaveLength(1);
  });
});

describe('a disabled person', () => {
  const DISABLED = /^An admin disabled this account\. Ask an admin to enable it\.$/;
  const sessionsOf = async (id: string) => (await pool.query('SELECT FROM session WHERE user_id = $1', [id])).rowCount;
  const disabled = async () => {
    const one = await signedIn();
    await disablePerson(keeper, { personId: one.id });
    return one;
  };

  it('is signed out everywhere by the same commit', async () => {
    const { id, cookie } = await signedIn();
    const other = await sessionOf(id);
    const stranger = await signedIn();
    expect(await sessionsOf(id)).toBe(2);
    await disablePerson(keeper, { personId: id });
    expect(await sessionsOf(id)).toBe(0);
    for (const mine of [cookie, other]) {
      expect(await currentActor(new Headers({ cookie: mine }))).toBeNull();
      await expect(apiActor(request({ cookie: mine }))).rejects.toThrow(refusal('unauthenticated'));
    }
    expect(await currentActor(new Headers({ cookie: stranger.cookie }))).toMatchObject({ id: `user:${stranger.id}` });
  });

  it('is nobody even with a session that was written at the same moment, and not after being enabled either', async () => {
    const { id, cookie: late } = await signedIn();
    // Of a sign-in that had looked at the person before the disable, and wrote its session after it.
    const { rows } = await pool.query('SELECT * FROM session WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1', [id]);
    await disablePerson(keeper, { personId: id });
    const { id: session, token, expires_at: until } = rows[0];
    await pool.query('INSERT INTO session (id, token, expires_at, user_id) VALUES ($1, $2, $3, $4)', [session, token, until, id]);
    expect(await currentActor(new Headers({ cookie: late }))).toBeNull();
    const asked = await answerAuth(
      new Request('http://127.0.0.1:3000/api/auth/get-session', { headers: { ...SITE, cookie: late } }),
    );
    expect(await asked.json()).toBeNull();
    await enablePerson(keeper, { personId: id });
    expect(await currentActor(new Headers({ cookie: late }))).toBeNull();
  });

  it('gets no session by signing in while the disable goes on', async () => {
    const { id, email } = await person();
    const tried = Promise.allSettled(
      Array.from({ length: atSize(2, 4) }, () => signIn({ email, password: PASSWORD }, new Headers(SITE)).then(cookieHeader)),
    );
    await disablePerson(keeper, { personId: id });
    for (const one of await tried)
      if (one.status === 'fulfilled') expect(await currentActor(new Headers({ cookie: one.value }))).toBeNull();
  });

  it('is told why with the right password, and with a wrong one no more than a stranger is', async () => {
    const { id, email } = await disabled();
    await expect(signIn({ email, password: PASSWORD }, new Headers(SITE))).rejects.toThrow(
      expect.objectContaining({ code: 'unauthenticated', message: expect.stringMatching(DISABLED) }),
    );
    // Which is what a stranger is told, too.
    await expect(signIn({ email, password: 'not the password' }, new Headers(SITE))).rejects.toThrow(
      expect.objectContaining({ code: 'unauthenticated', message: WRONG }),
    );
    expect(await sessionsOf(id)).toBe(0);

    const post = async (password: string, as = email) => {
      const answer = await answerAuth(
        new Request('http://127.0.0.1:3000/api/auth/sign-in/email', {
          ...{ method: 'POST', headers: { ...SITE, 'content-type': 'application/json' } },
          body: JSON.stringify({ email: as, password }),
        }),
      );
      return { status: answer.status, cookies: answer.headers.getSetCookie(), body: await answer.json() };
    };
    const right = await post(PASSWORD);
    expect(right).toMatchObject({ status: 403, body: { message: expect.stringMatching(DISABLED) } });
    expect(right.cookies.join()).not.toContain('session_token=');
    expect(await post('not the password')).toEqual(await post(PASSWORD, 'nobody@example.com'));
    expect(await sessionsOf(id)).toBe(0);
  });

  it('comes back with the old password once enabled, and with no old session', async () => {
    const { id, email, cookie } = await disabled();
    await enablePerson(keeper, { personId: id });
    expect(await currentActor(new Headers({ cookie }))).toBeNull();
    const again = cookieHeader(await signIn({ email, password: PASSWORD }, new Headers(SITE)));
    expect(await currentActor(new Headers({ cookie: again }))).toMatchObject({ id: `user:${id}`, role: 'reviewer' });
  });
});

describe('/api/auth', () => {
  const call = (path: string, method: string, body?: unknown, headers: Record<string, string> = SITE) =>
    answerAuth(
      new Request(`http://127.0.0.1:3000/api/auth${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );

  it('signs in, says who it is, and signs out, cached nowhere, with a cookie that is secure behind https', async () => {
    const { email } = await person();
    const answer = await call(
      '/sign-in/email',
      'POST',
      { email, password: PASSWORD },
      {
        ...{ ...SITE, origin: 'https://127.0.0.1:3000', 'x-forwarded-proto': 'https' },
      },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-countersign\.session_token=[^;]+; (?!.*Domain).*Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ]);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    // What a script of a page could read of it is no session.
    const [, token = ''] = /session_token=([^;.%]+)/.exec(`${answer.headers.getSetCookie()}`) ?? [];
    expect(token).toHaveLength(32);
    expect(await answer.text()).not.toContain(token);
    // As the edge hands it on.
    const cookie = plainNames(`${answer.headers.getSetCookie()[0]?.split(';')[0]}`, true);
    const session = await call('/get-session', 'GET', undefined, { ...SITE, cookie });
    const told = await session.text();
    expect(JSON.parse(told)).toMatchObject({ user: { email, role: 'reviewer' } });
    expect(told).not.toContain(token);
    const out = await call('/sign-out', 'POST', {}, { ...SITE, cookie });
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie().join()).not.toContain('Secure');
    expect(await currentActor(new Headers({ cookie }))).toBeNull();
  });

  it('refuses a write without an Origin or from another site', async () => {
    const { email } = await person();
    const body = { email, password: PASSWORD };
    await expect(call('/sign-in/email', 'POST', body, { host: SITE.host })).rejects.toThrow(refusal('forbidden'));
    await expect(call('/sign-in/email', 'POST', body, { host: SITE.host, origin: 'https://evil.example' })).rejects.toThrow(
      refusal('forbidden'),
    );
  });

  it('has no sign-up, and no other door', async () => {
    const body = { email: 'eve@example.com', password: PASSWORD, name: 'Eve', role: 'admin' };
    for (const path of ['/sign-up/email', '/update-user', '/delete-user', '/sign-in/email/', '//sign-up/email']) {
      await expect(call(path, 'POST', body)).rejects.toThrow(refusal('not_found'));
    }
    expect((await pool.query('SELECT FROM "user" WHERE email = $1', [body.email])).rowCount).toBe(0);
  });

  it('reads no more of a stranger than an address and a password can be', async () => {
    let taken = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken += 64 * 1024;
        if (taken > 100 * 1024 ** 2) controller.close();
        else controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    const sent = new Request('http://127.0.0.1:3000/api/auth/sign-in/email', {
      ...{ method: 'POST', headers: { ...SITE, 'content-type': 'application/json' }, body: endless, duplex: 'half' },
    });
    await expect(answerAuth(sent)).rejects.toThrow(refusal('too_large'));
    expect(taken).toBeLessThan(1024 ** 2);
    const announced = { ...SITE, 'content-type': 'application/json', 'content-length': '5000000000' };
    const long = new Request('http://127.0.0.1:3000/api/auth/sign-in/email', { method: 'POST', headers: announced, body: '{}' });
    await expect(answerAuth(long)).rejects.toThrow(refusal('too_large'));
  });

  it('counts a guess by the network it comes from, whatever address in it', async () => {
    for (const address of ['2606:4700:1:2::1', '2606:4700:1:2::2', '203.0.113.9', '::ffff:203.0.113.9'])
      await takeTry('bo@example.com', new Headers({ ...SITE, 'x-forwarded-for': address }));
    const { rows } = await pool.query<{ count: number }>('SELECT count FROM sign_in_try ORDER BY count');
    expect(rows.map(({ count }) => count)).toEqual([2, 2, 4]);
  });

  it('counts guesses as the page does', async () => {
    const { email } = await person();
    await pool.query('DELETE FROM sign_in_try');
    expect((await call('/sign-in/email', 'POST', { email, password: 'a wrong password' })).status).toBe(401);
    const { rows } = await pool.query<{ count: number }>('SELECT count FROM sign_in_try');
    expect(rows.map(({ count }) => count)).toEqual([1, 1]);
  });
});
