import { createHash, randomUUID } from 'node:crypto';
import { verifyPassword } from 'better-auth/crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { ROLES } from '#lib/core/people/roles.ts';
import { insertPerson } from '#lib/store/people/people.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { atSize } from '#test/size.ts';
import { acceptSetupLink } from './accept-setup-link.ts';
import { changeRole } from './change-role.ts';
import { createFirstAdmin } from './create-first-admin.ts';
import { disablePerson } from './disable-person.ts';
import { enablePerson } from './enable-person.ts';
import { invitePerson } from './invite-person.ts';
import { listPeople } from './list-people.ts';
import { makeSetupLink } from './make-setup-link.ts';
import { readFirstVisit, readSetupLink } from './read-setup-link.ts';
import { withdrawInvitation } from './withdraw-invitation.ts';

const { pool } = await testDatabase();
const PASSWORD = 'correct horse battery';
const admin: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const refusal = (code: string) => expect.objectContaining({ code });
const tokenOf = (link: { path: string } | null) => link?.path.split('token=')[1] as string;
const fillIn = (token: string, email = 'ada@example.com') => ({ token, name: 'Ada', email, password: PASSWORD });
const roleOf = async (email: string) =>
  (await pool.query<{ role: string }>('SELECT role FROM "user" WHERE email = $1', [email])).rows[0]?.role;
/** A password that is hashed takes a core a tenth of a second, and nobody who joins so signs in. */
const join = async (email: string, role: Role) => {
  const id = randomUUID();
  await inTransaction(pool, (tx) => insertPerson(tx, { id, name: 'Ada', email, role, passwordHash: 'none' }));
  return id;
};
const actorOf = (id: string, role: Role = 'admin'): Actor => ({ id: `user:${id}`, role, name: 'Ada', via: 'page' });
const enabledAdmins = async () => (await pool.query(`SELECT FROM "user" WHERE role = 'admin' AND disabled_at IS NULL`)).rowCount;
const countPeople = async () => (await pool.query('SELECT FROM "user"')).rowCount;

beforeEach(async () => {
  for (const table of ['setup_link', 'session', 'account', '"user"']) await pool.query(`DELETE FROM ${table}`);
});

describe('the first admin of the environment', () => {
  it('is made once, however often and however many at a time the server starts, and closes the link that was printed', async () => {
    const link = await makeSetupLink();
    const made = await Promise.all(
      Array.from({ length: atSize(2, 5) }, () => createFirstAdmin({ email: ' Root@Example.com', password: PASSWORD })),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await createFirstAdmin({ email: 'root@example.com', password: 'another password altogether' })).toEqual({
      created: false,
    });
    expect(await createFirstAdmin({ email: 'second@example.com', password: PASSWORD })).toEqual({ created: false });
    await expect(acceptSetupLink(fillIn(tokenOf(link)))).rejects.toThrow(/first admin already/);
    expect(await countPeople()).toBe(1);
    expect(await roleOf('root@example.com')).toBe('admin');
    const { rows } = await pool.query<{ password: string }>('SELECT password FROM account');
    expect(await verifyPassword({ hash: rows[0]?.password as string, password: PASSWORD })).toBe(true);
  });
});

describe('the first link', () => {
  it('makes the admin, but not the one of an earlier start, and is not made again', async () => {
    expect(await readFirstVisit()).toBe(true);
    const first = tokenOf(await makeSetupLink());
    const token = tokenOf(await makeSetupLink());
    await expect(acceptSetupLink(fillIn(first))).rejects.toThrow(refusal('not_found'));
    expect(await readSetupLink({ token })).toEqual({ role: 'admin', email: null, createdBy: null, resets: null });
    expect(await acceptSetupLink(fillIn(token, ' Ada@Example.COM'))).toMatchObject({ email: 'ada@example.com', role: 'admin' });
    expect(await roleOf('ada@example.com')).toBe('admin');
    expect(await makeSetupLink()).toBeNull();
    expect(await readFirstVisit()).toBe(false);
  });

  it('lets one of many in who use it at once', async () => {
    const token = tokenOf(await makeSetupLink());
    const tried = await Promise.allSettled(
      Array.from({ length: atSize(2, 8) }, (_, n) => acceptSetupLink(fillIn(token, `ada${n}@example.com`))),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of tried) if (one.status === 'rejected') expect(one.reason).toEqual(refusal('conflict'));
    expect(await countPeople()).toBe(1);
    await expect(readSetupLink({ token })).rejects.toThrow(/has been used/);
  });

  it('is kept as a digest only', async () => {
    const token = tokenOf(await makeSetupLink());
    expect(token).toMatch(/^[\w-]{43}$/);
    const { rows } = await pool.query('SELECT token_digest FROM setup_link');
    expect(rows[0].token_digest).toEqual(createHash('sha256').update(token).digest());
  });
});

describe('an invitation', () => {
  const invited = async (email = 'bo@example.com', role: Role = 'auditor') => tokenOf(await invitePerson(admin, { email, role }));

  it('makes its person with its role, once, under concurrency too', async () => {
    const token = await invited();
    const tried = await Promise.allSettled([
      acceptSetupLink(fillIn(token, 'bo@example.com')),
      acceptSetupLink(fillIn(token, 'bo@example.com')),
    ]);
    expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const one of tried) if (one.status === 'rejected') expect(one.reason.message).toMatch(/has been used/);
    expect(await roleOf('bo@example.com')).toBe('auditor');
    await expect(acceptSetupLink(fillIn(token, 'bo@example.com'))).rejects.toThrow(/has been used/);
  });

  it('is listed until it is used, and stays usable when what was typed is refused', async () => {
    const token = await invited();
    expect(await listPeople(admin)).toMatchObject({ people: [], invitations: [{ email: 'bo@example.com', role: 'auditor' }] });
    await expect(acceptSetupLink({ ...fillIn(token, 'bo@example.com'), password: 'short' })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid', problems: [expect.objectContaining({ path: 'password' })] }),
    );
    await expect(acceptSetupLink({ ...fillIn(token, 'bo@example.com'), name: ' ' })).rejects.toThrow(refusal('invalid'));
    await expect(acceptSetupLink(fillIn(token, 'eve@example.com'))).rejects.toThrow(/This link is for bo@example.com/);
    await expect(acceptSetupLink({ ...fillIn(token), role: 'admin' } as never)).rejects.toThrow(refusal('invalid'));
    const { id } = await acceptSetupLink(fillIn(token, 'bo@example.com'));
    const { people, invitations } = await listPeople({ ...admin, id: `user:${id}` });
    expect(people).toMatchObject([{ id, name: 'Ada', email: 'bo@example.com', role: 'auditor', self: true }]);
    expect(invitations).toEqual([]);
  });

  it('expires, is withdrawn by a newer one, and can be unknown', async () => {
    const old = await invited();
    const token = await invited('bo@example.com', 'reviewer');
    await expect(acceptSetupLink(fillIn(old, 'bo@example.com'))).rejects.toThrow(refusal('not_found'));
    await pool.query(`UPDATE setup_link SET expires_at = now() - interval '1 second'`);
    await expect(readSetupLink({ token })).rejects.toThrow(/expired/);
    await expect(acceptSetupLink(fillIn(token, 'bo@example.com'))).rejects.toThrow(refusal('conflict'));
    for (const unknown of ['', 'x', 'x'.repeat(200)])
      await expect(acceptSetupLink(fillIn(unknown))).rejects.toThrow(refusal('not_found'));
    expect(await countPeople()).toBe(0);
  });

  it('for somebody who came in another way meanwhile says so and changes nothing', async () => {
    const token = await invited('bo@example.com', 'admin');
    await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES (gen_random_uuid(), 'Bo', 'bo@example.com', 'auditor')`);
    await expect(acceptSetupLink(fillIn(token, 'bo@example.com'))).rejects.toThrow(/already/);
    expect(await roleOf('bo@example.com')).toBe('auditor');
    expect(await readSetupLink({ token })).toMatchObject({ email: 'bo@example.com' });
    await expect(invitePerson(admin, { email: 'Bo@example.com', role: 'auditor' })).rejects.toThrow(refusal('conflict'));
  });
});

describe('roles', () => {
  it('are changed by an admin', async () => {
    const id = await join('bo@example.com', 'reviewer');
    await changeRole(admin, { personId: id, role: 'operator' });
    expect(await roleOf('bo@example.com')).toBe('operator');
  });

  it('leave an admin, also when two demote each other at once', async () => {
    const ada = await join('ada@example.com', 'admin');
    await expect(changeRole(admin, { personId: ada, role: 'reviewer' })).rejects.toThrow(/last admin/);
    const bo = await join('bo@example.com', 'admin');
    const tried = await Promise.allSettled([ada, bo].map((personId) => changeRole(admin, { personId, role: 'reviewer' })));
    expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await pool.query(`SELECT FROM "user" WHERE role = 'admin'`)).rowCount).toBe(1);
  });

  it('refuse a role that is none and a person who is not here', async () => {
    await expect(changeRole(admin, { personId: 'x', role: 'root' } as never)).rejects.toThrow(refusal('invalid'));
    await expect(changeRole(admin, { personId: '00000000-0000-4000-8000-000000000000', role: 'admin' })).rejects.toThrow(
      refusal('not_found'),
    );
  });

  it('of everybody but an admin can neither see, invite nor change people', async () => {
    for (const role of ROLES.filter((one) => one !== 'admin')) {
      const actor: Actor = { id: 'user:00000000-0000-4000-8000-000000000000', role, name: 'Bo', via: 'page' };
      await expect(listPeople(actor)).rejects.toThrow(refusal('forbidden'));
      await expect(invitePerson(actor, { email: 'eve@example.com', role: 'admin' })).rejects.toThrow(refusal('forbidden'));
      await expect(changeRole(actor, { personId: '00000000-0000-4000-8000-000000000000', role: 'admin' })).rejects.toThrow(
        refusal('forbidden'),
      );
    }
    expect(await countPeople()).toBe(0);
  });

  it('that may no longer invite take the open invitations with them, and only those', async () => {
    const [ada, bo] = [await join('ada@example.com', 'admin'), await join('bo@example.com', 'admin')];
    const [byAda, byBo, byKey] = [
      tokenOf(await invitePerson(actorOf(ada), { email: 'one@example.com', role: 'admin' })),
      tokenOf(await invitePerson(actorOf(bo), { email: 'two@example.com', role: 'admin' })),
      tokenOf(await invitePerson(admin, { email: 'three@example.com', role: 'admin' })),
    ];
    await changeRole(admin, { personId: ada, role: 'admin' });
    expect(await readSetupLink({ token: byAda })).toMatchObject({ email: 'one@example.com' });
    await changeRole(admin, { personId: ada, role: 'operator' });
    await expect(acceptSetupLink(fillIn(byAda, 'one@example.com'))).rejects.toThrow(refusal('not_found'));
    for (const token of [byBo, byKey]) expect(await readSetupLink({ token })).toMatchObject({ role: 'admin' });
  });

  it('are not changed by whoever lost theirs while they waited', async () => {
    const [ada, bo] = [await join('ada@example.com', 'admin'), await join('bo@example.com', 'admin')];
    await changeRole(admin, { personId: bo, role: 'reviewer' });
    await expect(changeRole(actorOf(bo), { personId: ada, role: 'reviewer' })).rejects.toThrow(refusal('forbidden'));
    await expect(invitePerson(actorOf(bo), { email: 'eve@example.com', role: 'admin' })).rejects.toThrow(refusal('forbidden'));
    await expect(disablePerson(actorOf(bo), { personId: ada })).rejects.toThrow(refusal('forbidden'));
    expect(await roleOf('ada@example.com')).toBe('admin');
  });
});

describe('disabling', () => {
  const state = async (id: string) => (await listPeople(admin)).people.find((person) => person.id === id)?.disabledAt;

  it('is told with its moment, done once, and taken back', async () => {
    const id = await join('bo@example.com', 'reviewer');
    expect(await state(id)).toBeNull();
    const { disabledAt } = await disablePerson(admin, { personId: id });
    expect(Date.now() - Date.parse(disabledAt ?? '')).toBeLessThan(60_000);
    expect((await disablePerson(admin, { personId: id })).disabledAt).toBe(disabledAt);
    expect(await state(id)).toBe(disabledAt);
    expect(await enablePerson(admin, { personId: id })).toMatchObject({ id, role: 'reviewer', disabledAt: null });
    expect(await state(id)).toBeNull();
  });

  it('withdraws the invitations that the person issued and those for their address', async () => {
    await join('ada@example.com', 'admin');
    const bo = await join('bo@example.com', 'admin');
    const issued = tokenOf(await invitePerson(actorOf(bo), { email: 'eve@example.com', role: 'admin' }));
    const other = tokenOf(await invitePerson(admin, { email: 'cy@example.com', role: 'auditor' }));
    const own = tokenOf(await invitePerson(admin, { email: 'late@example.com', role: 'admin' }));
    await pool.query(`UPDATE setup_link SET email = 'bo@example.com' WHERE email = 'late@example.com'`);
    await disablePerson(admin, { personId: bo });
    for (const [token, email] of [
      [issued, 'eve@example.com'],
      [own, 'bo@example.com'],
    ] as const)
      await expect(acceptSetupLink(fillIn(token, email))).rejects.toThrow(refusal('not_found'));
    expect(await readSetupLink({ token: other })).toMatchObject({ email: 'cy@example.com' });
    await enablePerson(admin, { personId: bo });
    await expect(readSetupLink({ token: issued })).rejects.toThrow(refusal('not_found'));
  });

  it('leaves no link to whoever invites, or takes an invitation, at the same moment', async () => {
    await join('ada@example.com', 'admin');
    const bo = await join('bo@example.com', 'admin');
    const links = Array.from({ length: 4 }, (_, n) =>
      invitePerson(actorOf(bo), { email: `eve${n}@example.com`, role: 'admin' }).catch(() => null),
    );
    await disablePerson(admin, { personId: bo });
    await Promise.all(links);
    expect((await listPeople(admin)).invitations).toEqual([]);
    await expect(invitePerson(actorOf(bo), { email: 'eve@example.com', role: 'admin' })).rejects.toThrow(
      refusal('unauthenticated'),
    );
  });

  it('is not undone by an invitation for the same address', async () => {
    await join('ada@example.com', 'admin');
    const id = await join('bo@example.com', 'reviewer');
    await disablePerson(admin, { personId: id });
    await expect(invitePerson(admin, { email: 'Bo@example.com', role: 'admin' })).rejects.toThrow(/is disabled.*Enable/);
    // One that was left behind, in whatever way.
    await pool.query(
      `INSERT INTO setup_link (token_digest, role, email, expires_at) VALUES ($1, 'admin', 'bo@example.com', now() + interval '1 day')`,
      [createHash('sha256').update('left behind').digest()],
    );
    const before = await pool.query('SELECT password FROM account WHERE user_id = $1', [id]);
    await expect(acceptSetupLink(fillIn('left behind', 'bo@example.com'))).rejects.toThrow(refusal('conflict'));
    expect(await roleOf('bo@example.com')).toBe('reviewer');
    expect(await state(id)).not.toBeNull();
    expect((await pool.query('SELECT password FROM account WHERE user_id = $1', [id])).rows).toEqual(before.rows);
  });

  it('leaves an admin: neither the last one nor oneself', async () => {
    const ada = await join('ada@example.com', 'admin');
    await expect(disablePerson(admin, { personId: ada })).rejects.toThrow(/last admin/);
    const bo = await join('bo@example.com', 'admin');
    await expect(disablePerson(actorOf(ada), { personId: ada.toUpperCase() })).rejects.toThrow(/yourself/);
    await disablePerson(actorOf(ada), { personId: bo });
    await disablePerson(actorOf(ada), { personId: bo });
    // A disabled admin is none.
    await expect(changeRole(admin, { personId: ada, role: 'reviewer' })).rejects.toThrow(/last admin/);
    await expect(disablePerson(admin, { personId: ada })).rejects.toThrow(/last admin/);
    await changeRole(admin, { personId: bo, role: 'reviewer' });
    expect(await enabledAdmins()).toBe(1);
  });

  it.each([
    ['two admins leaves one', 2],
    ['three admins leaves the third', 3],
  ])('each other at once, among %s and one of the two', async (_, count) => {
    const [ada, bo] = (await Promise.all(Array.from({ length: count }, (__, n) => join(`admin${n}@example.com`, 'admin')))) as [
      string,
      string,
    ];
    const tried = await Promise.allSettled([
      disablePerson(actorOf(ada), { personId: bo }),
      disablePerson(actorOf(bo), { personId: ada }),
    ]);
    expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await enabledAdmins()).toBe(count - 1);
  });

  it('and demoting the only two admins at once, by a key, leaves one', async () => {
    const [ada, bo] = [await join('ada@example.com', 'admin'), await join('bo@example.com', 'admin')];
    const tried = await Promise.allSettled([
      disablePerson(admin, { personId: ada }),
      changeRole(admin, { personId: bo, role: 'reviewer' }),
    ]);
    expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await enabledAdmins()).toBe(1);
  });

  it('everybody but one admin makes no first visit: nobody becomes the admin by a printed link', async () => {
    await join('ada@example.com', 'admin');
    await pool.query('UPDATE "user" SET disabled_at = now()');
    expect(await readFirstVisit()).toBe(false);
    expect(await makeSetupLink()).toBeNull();
    expect(await createFirstAdmin({ email: 'root@example.com', password: PASSWORD })).toEqual({ created: false });
  });

  it('refuses nonsense and a person who is not here', async () => {
    for (const act of [disablePerson, enablePerson]) {
      await expect(act(admin, { personId: 'x' })).rejects.toThrow(refusal('invalid'));
      await expect(act(admin, { personId: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(refusal('not_found'));
    }
  });
});

describe('withdrawing an invitation', () => {
  it('ends its link, and says when there is none', async () => {
    const token = tokenOf(await invitePerson(admin, { email: 'bo@example.com', role: 'auditor' }));
    const other = tokenOf(await invitePerson(admin, { email: 'cy@example.com', role: 'auditor' }));
    await withdrawInvitation(admin, { email: 'Bo@example.com' });
    await expect(acceptSetupLink(fillIn(token, 'bo@example.com'))).rejects.toThrow(refusal('not_found'));
    expect(await readSetupLink({ token: other })).toMatchObject({ email: 'cy@example.com' });
    await expect(withdrawInvitation(admin, { email: 'bo@example.com' })).rejects.toThrow(refusal('not_found'));
  });
});
