/** Sessions and passwords: that one sees and ends one's own and nobody else's, that a password change and a reset end the others, and what a reset proves. */
import { randomUUID } from 'node:crypto';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { endIdle } from '#lib/auth/session-rules.ts';
import { currentActor } from '#lib/auth/who.ts';
import { SIGN_IN_TRIES_PER_ACCOUNT } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { acceptResetLink } from '#lib/steps/people/accept-reset-link.ts';
import { acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { listPeople } from '#lib/steps/people/list-people.ts';
import { makeResetLink } from '#lib/steps/people/make-reset-link.ts';
import { listSecurity } from '#lib/steps/security/list-security.ts';
import { testDatabase } from '#test/database.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { changePassword } from './change-password.ts';
import { endOtherSessions, endSession, listSessions } from './own-sessions.ts';

const { pool, prisma } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';

const SITE = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
const PASSWORD = 'correct horse battery';
const ANOTHER = 'wrong mule accumulator';
const keeper: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const refusal = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) });
/** To hash it takes a core a tenth of a second: all who are made here have the one. */
const passwordHash = await hashPassword(PASSWORD);

beforeEach(() => pool.query('DELETE FROM sign_in_try'));

const actorOf = async (cookie: string): Promise<Actor | null> => currentActor(new Headers({ ...SITE, cookie }));

/** A person with so many browsers. */
async function person(browsers = 1, role: Role = 'reviewer') {
  const { id, email } = await somebody(role, 'Bo', passwordHash);
  const cookies: string[] = [];
  for (let n = 0; n < browsers; n += 1) cookies.push(await sessionOf(id));
  return { id, email, cookies, actor: (await actorOf(cookies[0] as string)) as Actor };
}

const signedInOf = async (cookies: string[]): Promise<boolean[]> =>
  Promise.all(cookies.map(async (cookie) => (await actorOf(cookie)) !== null));
const hashOf = async (userId: string): Promise<string> =>
  (await prisma.account.findFirstOrThrow({ where: { userId } })).password as string;
const told = async (kind: 'session_ended' | 'session_idle' | 'password_changed' | 'password_reset' | 'reset_link_made') =>
  (await listSecurity(keeper, { kind, limit: 1 })).items[0];

describe('sessions', () => {
  it('are listed with the one that asks, and ended one by one', async () => {
    const bo = await person(3);
    const listed = await listSessions(bo.actor);
    expect(listed).toHaveLength(3);
    expect(listed.filter(({ own }) => own).map(({ id }) => id)).toEqual([bo.actor.session]);
    expect(Date.parse(listed.find(({ own }) => own)?.lastSeen ?? '')).toBeGreaterThanOrEqual(Date.parse(listed[2]?.since ?? ''));
    const second = (await actorOf(bo.cookies[1] as string))?.session as string;
    await endSession(bo.actor, { sessionId: second });
    expect(await signedInOf(bo.cookies)).toEqual([true, false, true]);
    await expect(endSession(bo.actor, { sessionId: second })).rejects.toThrow(refusal('not_found'));
    await expect(endSession(bo.actor, { sessionId: bo.actor.session as string })).rejects.toThrow(
      refusal('conflict', /Sign out/),
    );
    expect(await told('session_ended')).toMatchObject({ by: { id: bo.actor.id }, facts: { sessions: 1 } });
  });

  it('of all others end at once', async () => {
    const bo = await person(3);
    expect(await endOtherSessions(bo.actor, {})).toEqual({ ended: 2 });
    expect(await signedInOf(bo.cookies)).toEqual([true, false, false]);
  });

  it('of somebody else are neither seen nor ended, and a key ends none of its owner', async () => {
    const [bo, eve] = [await person(2), await person()];
    expect((await listSessions(eve.actor)).map(({ id }) => id)).toEqual([eve.actor.session]);
    await expect(endSession(eve.actor, { sessionId: bo.actor.session as string })).rejects.toThrow(refusal('not_found'));
    const key: Actor = { id: `key:${randomUUID()}`, role: 'reviewer', name: 'Script', via: 'api', owner: bo.id };
    for (const act of [
      () => listSessions(key),
      () => endOtherSessions(key, {}),
      () => endSession(key, { sessionId: bo.actor.session as string }),
      () => changePassword(key, { old: PASSWORD, password: ANOTHER }, new Headers(SITE)),
    ])
      await expect(act()).rejects.toThrow(refusal('forbidden', /not an API key/));
    expect(await signedInOf(bo.cookies)).toEqual([true, true]);
  });
});

describe('a password', () => {
  const headers = new Headers(SITE);

  it('is changed with the old one, and ends all other sessions', async () => {
    const bo = await person(3);
    expect(await changePassword(bo.actor, { old: PASSWORD, password: ANOTHER }, headers)).toEqual({ ended: 2 });
    expect(await verifyPassword({ hash: await hashOf(bo.id), password: ANOTHER })).toBe(true);
    expect(await signedInOf(bo.cookies)).toEqual([true, false, false]);
    const event = await told('password_changed');
    expect(event).toMatchObject({ by: { id: bo.actor.id }, facts: { sessions: 2 } });
    for (const text of [PASSWORD, ANOTHER]) expect(JSON.stringify(event)).not.toContain(text);
  });

  it('is not changed with a wrong old one, whose guesses are counted as sign-ins are, nor to a bad one', async () => {
    const bo = await person(2);
    await expect(changePassword(bo.actor, { old: 'not my password', password: ANOTHER }, headers)).rejects.toThrow(
      refusal('invalid', /not your password/),
    );
    for (const password of [PASSWORD, 'short', 'Password1234!', 'bo'])
      await expect(changePassword(bo.actor, { old: PASSWORD, password }, headers)).rejects.toThrow(refusal('invalid'));
    await pool.query('UPDATE sign_in_try SET count = $1', [SIGN_IN_TRIES_PER_ACCOUNT]);
    await expect(changePassword(bo.actor, { old: PASSWORD, password: ANOTHER }, headers)).rejects.toThrow(refusal('locked'));
    expect(await hashOf(bo.id)).toBe(passwordHash);
    expect(await signedInOf(bo.cookies)).toEqual([true, true]);
  });
});

describe('a reset', () => {
  const tokenOf = ({ path }: { path: string }): string => path.split('=')[1] as string;

  it('by an admin’s link sets the password, ends every session, works once, and makes the admin who let the person in', async () => {
    const [ada, bo] = [await person(1, 'admin'), await person(2)];
    const link = await makeResetLink(ada.actor, { personId: bo.id });
    expect(await signedInOf(bo.cookies)).toEqual([true, true]);
    // It is no invitation.
    expect((await listPeople(keeper)).invitations).toEqual([]);
    const token = tokenOf(link);
    await expect(acceptSetupLink({ token, name: 'Eve', email: bo.email, password: ANOTHER })).rejects.toThrow(
      refusal('conflict'),
    );
    await expect(acceptResetLink({ token, password: 'Password1234!' })).rejects.toThrow(refusal('invalid', /tried first/));
    const tried = await Promise.allSettled([1, 2].map(() => acceptResetLink({ token, password: ANOTHER })));
    expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await verifyPassword({ hash: await hashOf(bo.id), password: ANOTHER })).toBe(true);
    expect(await signedInOf(bo.cookies)).toEqual([false, false]);
    expect(await prisma.user.findUniqueOrThrow({ where: { id: bo.id } })).toMatchObject({
      invitedBy: ada.actor.id,
      confirmedBy: null,
    });
    expect(await told('password_reset')).toMatchObject({
      by: { id: `user:${bo.id}` },
      facts: { linkBy: ada.actor.id, sessions: 2 },
    });
    for (const kind of ['password_reset', 'reset_link_made'] as const)
      expect(JSON.stringify(await told(kind))).not.toContain(token);
  });

  it('is not for oneself, nor for somebody who is disabled, and its link ends with that', async () => {
    const [ada, bo] = [await person(1, 'admin'), await person()];
    await person(1, 'admin');
    await expect(makeResetLink(ada.actor, { personId: ada.id })).rejects.toThrow(refusal('conflict', /own password/));
    const [first, second] = [
      await makeResetLink(ada.actor, { personId: bo.id }),
      await makeResetLink(ada.actor, { personId: bo.id }),
    ];
    await expect(acceptResetLink({ token: tokenOf(first), password: ANOTHER })).rejects.toThrow(refusal('not_found'));
    await disablePerson(keeper, { personId: bo.id });
    await expect(acceptResetLink({ token: tokenOf(second), password: ANOTHER })).rejects.toThrow(refusal('not_found'));
    await expect(makeResetLink(ada.actor, { personId: bo.id })).rejects.toThrow(refusal('conflict', /disabled/));
    const cy = await person();
    const late = await makeResetLink(ada.actor, { personId: cy.id });
    await disablePerson(keeper, { personId: ada.id });
    await expect(acceptResetLink({ token: tokenOf(late), password: ANOTHER })).rejects.toThrow(refusal('not_found'));
    expect(await hashOf(cy.id)).toBe(passwordHash);
  });
});

describe('where sessions end that nobody uses', () => {
  const idleAfter = (minutes: string) => {
    process.env.SESSION_IDLE_MINUTES = minutes;
    Object.assign(globalThis, { countersignEnv: undefined });
  };
  const unusedFor = (id: string, minutes: number) =>
    pool.query('UPDATE session SET last_seen_at = now() - make_interval(mins => $2) WHERE user_id = $1', [id, minutes]);
  afterEach(() => {
    delete process.env.SESSION_IDLE_MINUTES;
    Object.assign(globalThis, { countersignEnv: undefined });
  });

  it('one that was used within the time goes on, one that was not is over for good, and the log has it', async () => {
    const bo = await person(2);
    expect(await signedInOf(bo.cookies)).toEqual([true, true]);
    await unusedFor(bo.id, 31);
    idleAfter('32');
    expect(await signedInOf(bo.cookies)).toEqual([true, true]);
    idleAfter('30');
    expect(await signedInOf(bo.cookies)).toEqual([false, false]);
    delete process.env.SESSION_IDLE_MINUTES;
    Object.assign(globalThis, { countersignEnv: undefined });
    expect(await signedInOf(bo.cookies)).toEqual([false, false]);
    expect(await told('session_idle')).toMatchObject({ about: { id: `user:${bo.id}` }, facts: { minutes: 30 } });
  });

  it('what an open page asks by itself is no use of it: an address that is opened is, and what is done', async () => {
    idleAfter('30');
    const seenAfter = async (headers: Record<string, string>): Promise<boolean> => {
      const bo = await somebody('reviewer', 'Bo', passwordHash);
      const cookie = await sessionOf(bo.id);
      await pool.query('UPDATE session SET last_seen_at = NULL WHERE user_id = $1', [bo.id]);
      await currentActor(new Headers({ cookie, ...headers }));
      const { rows } = await pool.query('SELECT last_seen_at IS NOT NULL AS seen FROM session WHERE user_id = $1', [bo.id]);
      return rows[0].seen;
    };
    expect(await seenAfter({ 'sec-fetch-dest': 'empty' })).toBe(false);
    expect(await seenAfter({ 'sec-fetch-dest': 'document' })).toBe(true);
    expect(await seenAfter(SITE)).toBe(true);
  });

  it('a page that only follows loses its stream too', async () => {
    const bo = await person();
    await unusedFor(bo.id, 31);
    await endIdle(30);
    expect(await signedInOf(bo.cookies)).toEqual([false]);
    const { rowCount } = await pool.query('SELECT FROM session WHERE user_id = $1', [bo.id]);
    expect(rowCount).toBe(0);
    await endIdle(30);
    const lines = await listSecurity(keeper, { kind: 'session_idle', limit: 100 });
    expect(lines.items.filter(({ about }) => about?.id === `user:${bo.id}`)).toHaveLength(1);
  });
});
