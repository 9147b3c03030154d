/** Signing in with a provider of OpenID Connect that really answers: who comes in, and who does not. */
import { randomUUID } from 'node:crypto';
import { Events, OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GET as begin } from '#app/api/auth/oidc/begin/route.ts';
import { GET as callback } from '#app/api/auth/oidc/callback/route.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { beginOwnApp } from '#lib/steps/factors/own-app.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';
import { testDatabase } from '#test/database.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import type { Actor } from './actor.ts';
import { currentActor } from './who.ts';

const { pool } = await testDatabase();
const SITE = 'http://localhost:3000';
const ADMIN: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const provider = new OAuth2Server();
/** What the provider says of whoever signs in there next. */
let claims: Record<string, unknown> = {};

beforeAll(async () => {
  await provider.issuer.keys.generate('RS256');
  await provider.start(0, 'localhost');
  provider.service.on(Events.BeforeTokenSigning, (token: { payload: Record<string, unknown> }) =>
    Object.assign(token.payload, claims),
  );
  Object.assign(process.env, {
    SECRET_KEY: 'test secret of more than thirty-two characters',
    PUBLIC_URL: SITE,
    OIDC_ISSUER: provider.issuer.url,
    OIDC_CLIENT_ID: 'countersign',
    OIDC_CLIENT_SECRET: 'a secret of the client',
  });
  Object.assign(globalThis, { countersignEnv: undefined });
});
afterAll(() => provider.stop());

type Back = { url: string; cookie: string };

/** To the provider and back, as far as a browser has come before it is let in. */
async function there(said: Record<string, unknown>, next = '/batches'): Promise<Back> {
  claims = { aud: 'countersign', ...said };
  const sent = await begin(new Request(`${SITE}/api/auth/oidc/begin?next=${encodeURIComponent(next)}`));
  expect(sent.status).toBe(302);
  const answer = await fetch(sent.headers.get('location') ?? '', { redirect: 'manual' });
  return { url: answer.headers.get('location') ?? '', cookie: (sent.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

async function back({ url, cookie }: Back) {
  const answer = await callback(new Request(url, { headers: { cookie } }));
  const session = answer.headers.getSetCookie().find((line) => line.startsWith('countersign.session_token='));
  const given = session?.split(';')[0] ?? '';
  return { to: answer.headers.get('location'), actor: await currentActor(new Headers(given ? { cookie: given } : {})) };
}

const enter = async (said: Record<string, unknown>, next?: string) => back(await there(said, next));
const invited = async (role: Role) => {
  const email = `${randomUUID()}@example.com`;
  await invitePerson(ADMIN, { email, role });
  return email;
};

it('whoever was invited comes in by the verified address, with the role of the invitation, and is known from then on', async () => {
  const email = await invited('operator');
  const said = { sub: randomUUID(), email: email.toUpperCase(), email_verified: true, name: 'Olga', role: 'admin' };
  const first = await enter(said);
  expect(first).toMatchObject({ to: '/batches', actor: { role: 'operator', name: 'Olga', via: 'page' } });
  // The address may be another by then; the provider's own id is not.
  const again = await enter({ ...said, email: 'other@example.com', email_verified: false });
  expect(again.actor?.id).toBe(first.actor?.id);
  const { rows } = await pool.query(`SELECT kind, facts->'factor' AS factor FROM security_event WHERE "by" = $1 ORDER BY id`, [
    first.actor?.id,
  ]);
  expect(rows).toEqual([
    { kind: 'invitation_accepted', factor: null },
    { kind: 'sign_in', factor: null },
    { kind: 'sign_in', factor: null },
  ]);
  // There is no password: the sign-in itself lets them set up a factor, while it is fresh.
  const olga = again.actor as Actor;
  expect((await beginOwnApp(olga, {})).typed).toMatch(/^[A-Z2-7]+$/);
  await pool.query(`UPDATE session SET proven_at = proven_at - interval '1 hour'`);
  await expect(beginOwnApp(olga, {})).rejects.toThrow(expect.objectContaining({ code: 'unproven', facts: { proof: [] } }));
});

it('nobody else does: not invited, not verified, disabled; nor does another account of the provider under the same name', async () => {
  const none = { actor: null };
  const stranger = { sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: true };
  expect(await enter(stranger)).toMatchObject({ ...none, to: '/sign-in?refused=unknown' });
  expect((await pool.query('SELECT FROM "user" WHERE email = $1', [stranger.email])).rowCount).toBe(0);
  const email = await invited('admin');
  for (const verified of [{ email_verified: false }, { email_verified: 'true' }, {}])
    expect(await enter({ sub: randomUUID(), email, ...verified })).toMatchObject({ ...none, to: '/sign-in?refused=unverified' });
  expect(await enter({ sub: randomUUID(), email_verified: true })).toMatchObject({ ...none, to: '/sign-in?refused=unknown' });

  const bo = await somebody('reviewer');
  const known = { sub: randomUUID(), email: bo.email, email_verified: true };
  expect((await enter(known)).actor).toMatchObject({ id: `user:${bo.id}`, role: 'reviewer' });
  await disablePerson(ADMIN, { personId: bo.id });
  expect(await enter(known)).toMatchObject({ ...none, to: '/sign-in?refused=disabled' });
  expect(await enter({ ...known, sub: randomUUID() })).toMatchObject({ ...none, to: '/sign-in?refused=disabled' });
});

it('an answer is taken once, from the browser that was sent there, for this client, and leads nowhere else', async () => {
  const email = await invited('reviewer');
  const said = { sub: randomUUID(), email, email_verified: true };
  const late = '/sign-in?refused=late';
  const [one, other] = [await there(said), await there(said)];
  expect((await back({ ...one, cookie: '' })).to).toBe(late);
  expect((await back({ ...one, cookie: `${one.cookie.slice(0, -4)}0000` })).to).toBe(late);
  // With the cookie of another sign-in its state is not the one that was sent.
  expect((await back({ url: one.url, cookie: other.cookie })).to).toBe('/sign-in?refused=failed');
  expect((await enter({ ...said, aud: 'another client' })).to).toBe('/sign-in?refused=failed');
  expect((await enter({ ...said, nonce: 'another nonce' })).to).toBe('/sign-in?refused=failed');
  expect((await enter({ ...said, exp: 1 })).to).toBe('/sign-in?refused=failed');
  const right = await there(said, '//evil.example/');
  expect(await back(right)).toMatchObject({ to: '/', actor: { role: 'reviewer' } });
  expect(await back(right)).toMatchObject({ to: '/sign-in?refused=failed', actor: null });
});
