import { createHash } from 'node:crypto';
import { verifyPassword } from 'better-auth/crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Actor, ROLES } from '#lib/auth/actor.ts';
import { testDatabase } from '#test/database.ts';
import { acceptSetupLink } from './accept-setup-link.ts';
import { changeRole } from './change-role.ts';
import { createFirstAdmin } from './create-first-admin.ts';
import { invitePerson } from './invite-person.ts';
import { listPeople } from './list-people.ts';
import { makeSetupLink } from './make-setup-link.ts';
import { readFirstVisit, readSetupLink } from './read-setup-link.ts';

const { pool } = await testDatabase();
const PASSWORD = 'correct horse battery';
const admin: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const refusal = (code: string) => expect.objectContaining({ code });
const tokenOf = (link: { path: string } | null) => link?.path.split('token=')[1] as string;
const fillIn = (token: string, email = 'ada@example.com') => ({ token, name: 'Ada', email, password: PASSWORD });
const roleOf = async (email: string) =>
  (await pool.query<{ role: string }>('SELECT role FROM "user" WHERE email = $1', [email])).rows[0]?.role;
const countPeople = async () => (await pool.query('SELECT FROM "user"')).rowCount;

beforeEach(async () => {
  await pool.query('DELETE FROM setup_link');
  await pool.query('DELETE FROM "user"');
});

describe('the first admin of the environment', () => {
  it('is made once, however often and however many at a time the server starts', async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, () => createFirstAdmin({ email: ' Root@Example.com', password: PASSWORD })),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await createFirstAdmin({ email: 'root@example.com', password: 'another password altogether' })).toEqual({
      created: false,
    });
    expect(await createFirstAdmin({ email: 'second@example.com', password: PASSWORD })).toEqual({ created: false });
    expect(await countPeople()).toBe(1);
    expect(await roleOf('root@example.com')).toBe('admin');
    const { rows } = await pool.query<{ password: string }>('SELECT password FROM account');
    expect(await verifyPassword({ hash: rows[0]?.password as string, password: PASSWORD })).toBe(true);
  });

  it('closes the link that an earlier start printed', async () => {
    const link = await makeSetupLink();
    await createFirstAdmin({ email: 'root@example.com', password: PASSWORD });
    await expect(acceptSetupLink(fillIn(tokenOf(link)))).rejects.toThrow(/first admin already/);
    expect(await countPeople()).toBe(1);
  });
});

describe('the first link', () => {
  it('makes the admin, and is not made again', async () => {
    expect(await readFirstVisit()).toBe(true);
    const token = tokenOf(await makeSetupLink());
    expect(await readSetupLink({ token })).toEqual({ role: 'admin', email: null });
    expect(await acceptSetupLink(fillIn(token, ' Ada@Example.COM'))).toMatchObject({ email: 'ada@example.com', role: 'admin' });
    expect(await roleOf('ada@example.com')).toBe('admin');
    expect(await makeSetupLink()).toBeNull();
    expect(await readFirstVisit()).toBe(false);
  });

  it('of an earlier start stops working', async () => {
    const first = tokenOf(await makeSetupLink());
    const second = tokenOf(await makeSetupLink());
    await expect(acceptSetupLink(fillIn(first))).rejects.toThrow(refusal('not_found'));
    await acceptSetupLink(fillIn(second));
  });

  it('lets one of many in who use it at once', async () => {
    const token = tokenOf(await makeSetupLink());
    const tried = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => acceptSetupLink(fillIn(token, `ada${n}@example.com`))),
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
  const invited = async (email = 'bo@example.com', role: Actor['role'] = 'auditor') =>
    tokenOf(await invitePerson(admin, { email, role }));

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

  it('stays usable when what was typed is refused', async () => {
    const token = await invited();
    await expect(acceptSetupLink({ ...fillIn(token, 'bo@example.com'), password: 'short' })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid', problems: [expect.objectContaining({ path: 'password' })] }),
    );
    await expect(acceptSetupLink({ ...fillIn(token, 'bo@example.com'), name: ' ' })).rejects.toThrow(refusal('invalid'));
    await expect(acceptSetupLink(fillIn(token, 'eve@example.com'))).rejects.toThrow(/This link is for bo@example.com/);
    await expect(acceptSetupLink({ ...fillIn(token), role: 'admin' } as never)).rejects.toThrow(refusal('invalid'));
    await acceptSetupLink(fillIn(token, 'bo@example.com'));
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

  it('is listed until it is used', async () => {
    const token = await invited();
    expect(await listPeople(admin)).toMatchObject({ people: [], invitations: [{ email: 'bo@example.com', role: 'auditor' }] });
    const { id } = await acceptSetupLink(fillIn(token, 'bo@example.com'));
    const { people, invitations } = await listPeople({ ...admin, id: `user:${id}` });
    expect(people).toMatchObject([{ id, name: 'Ada', email: 'bo@example.com', role: 'auditor', self: true }]);
    expect(invitations).toEqual([]);
  });
});

describe('roles', () => {
  const join = async (email: string, role: Actor['role']) =>
    (await acceptSetupLink(fillIn(tokenOf(await invitePerson(admin, { email, role })), email))).id;

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
});
