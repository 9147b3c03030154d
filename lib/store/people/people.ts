/** People, the links that bring them in, and the count of failed sign-ins. Times are the database's. */

import type { Pool } from 'pg';
import { db, type Querying, type Tx } from '#lib/store/postgres/db.ts';

export type NewPerson = { id: string; name: string; email: string; role: string; passwordHash: string };
/** `disabledAt`: since when the person is kept out; null for whoever may sign in. */
export type Person = { id: string; name: string; email: string; role: string; createdAt: Date; disabledAt: Date | null };
export type Invitation = { email: string; role: string; createdAt: Date; expiresAt: Date };
export type SetupLink = { role: string; email: string | null; used: boolean; expired: boolean };

// One lock for the few verbs that count people before they change them; the number is arbitrary and must not change.
const PEOPLE_LOCK = 7_311_402;

/** Makes the verbs that depend on how many people or admins there are run one after the other, until the transaction ends. */
export async function lockPeople(tx: Tx): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [PEOPLE_LOCK]);
}

/** Disabled people count: a Countersign that has somebody has had its first admin. */
export async function anyPerson(tx: Querying = db().pool): Promise<boolean> {
  const { rows } = await tx.query<{ any: boolean }>('SELECT EXISTS (SELECT FROM "user") AS any');
  return rows[0]?.any === true;
}

/** Writes a person with a password as better-auth keeps it. False when the address is taken; nothing is written then. */
export async function insertPerson(tx: Tx, { id, name, email, role, passwordHash }: NewPerson): Promise<boolean> {
  const inserted = await tx.query(
    'INSERT INTO "user" (id, name, email, role, email_verified) VALUES ($1, $2, $3, $4, false) ON CONFLICT (email) DO NOTHING',
    [id, name, email, role],
  );
  if (inserted.rowCount !== 1) return false;
  await tx.query(
    `INSERT INTO account (id, account_id, provider_id, user_id, password) VALUES (gen_random_uuid(), $1::text, 'credential', $1::uuid, $2)`,
    [id, passwordHash],
  );
  return true;
}

/** Everybody, the longest here first. */
export async function readPeople(): Promise<Person[]> {
  const { rows } = await db().pool.query<Person>(`SELECT ${PERSON} FROM "user" ORDER BY created_at, id`);
  return rows;
}

export async function readPerson(tx: Tx, id: string): Promise<Person | null> {
  const { rows } = await tx.query<Person>(`SELECT ${PERSON} FROM "user" WHERE id = $1 FOR UPDATE`, [id]);
  return rows[0] ?? null;
}

const PERSON = 'id, name, email, role, created_at AS "createdAt", disabled_at AS "disabledAt"';

/** Who has this address; null when nobody does. */
export async function readHolder(tx: Tx, email: string): Promise<Pick<Person, 'disabledAt'> | null> {
  const { rows } = await tx.query<Pick<Person, 'disabledAt'>>('SELECT disabled_at AS "disabledAt" FROM "user" WHERE email = $1', [
    email,
  ]);
  return rows[0] ?? null;
}

/** How many admins can act: a disabled one is none. */
export async function countAdmins(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "user" WHERE role = 'admin' AND disabled_at IS NULL`,
  );
  return rows[0]?.count ?? 0;
}

export async function isDisabled(id: string): Promise<boolean> {
  const { rows } = await db().pool.query('SELECT FROM "user" WHERE id = $1 AND disabled_at IS NOT NULL', [id]);
  return rows.length > 0;
}

/** Keeps a person out from now on; of one who is out already the moment stays. Gives the person as they are then. */
export async function setDisabled(tx: Tx, id: string, disabled: boolean): Promise<Person> {
  const { rows } = await tx.query<Person>(
    `UPDATE "user" SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END, updated_at = now() WHERE id = $1
     RETURNING ${PERSON}`,
    [id, disabled],
  );
  return rows[0] as Person;
}

export async function endSessions(tx: Tx, userId: string): Promise<void> {
  await tx.query('DELETE FROM session WHERE user_id = $1', [userId]);
}

/** Somebody who follows something: with the session that they began it with, null for a key. */
export type Follower = { userId: string; session: string | null };

/** The role that each of them has now, in their order; null for whoever is gone or disabled, or whose session has ended. */
export async function readStandings(pool: Pool, followers: readonly Follower[]): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ role: string | null }>(
    `SELECT u.role FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS f (user_id, session_id, n)
     LEFT JOIN "user" u ON u.id = f.user_id AND u.disabled_at IS NULL AND (f.session_id IS NULL
       OR EXISTS (SELECT FROM session s WHERE s.id = f.session_id AND s.user_id = u.id AND s.expires_at > now()))
     ORDER BY f.n`,
    [followers.map(({ userId }) => userId), followers.map(({ session }) => session)],
  );
  return rows.map(({ role }) => role);
}

export async function setRole(tx: Tx, id: string, role: string): Promise<void> {
  await tx.query('UPDATE "user" SET role = $2, updated_at = now() WHERE id = $1', [id, role]);
}

/** The first admin's link has no address; it replaces the one that an earlier start printed. */
export async function replaceFirstLink(tx: Tx, tokenDigest: Buffer): Promise<void> {
  await tx.query('DELETE FROM setup_link WHERE email IS NULL AND used_at IS NULL');
  await tx.query(`INSERT INTO setup_link (token_digest, role) VALUES ($1, 'admin')`, [tokenDigest]);
}

/** A link for one address; it replaces an unused one for the same address. Gives when it expires. */
export async function replaceInvitation(
  tx: Tx,
  link: { tokenDigest: Buffer; role: string; email: string; createdBy: string | null; days: number },
): Promise<Date> {
  await withdrawLinksFor(tx, link.email);
  const { rows } = await tx.query<{ expiresAt: Date }>(
    `INSERT INTO setup_link (token_digest, role, email, created_by, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))
     RETURNING expires_at AS "expiresAt"`,
    [link.tokenDigest, link.role, link.email, link.createdBy, link.days],
  );
  return (rows[0] as { expiresAt: Date }).expiresAt;
}

/** Makes the unused links for this address unknown. Gives how many there were. */
export async function withdrawLinksFor(tx: Tx, email: string): Promise<number> {
  const { rowCount } = await tx.query('DELETE FROM setup_link WHERE email = $1 AND used_at IS NULL', [email]);
  return rowCount ?? 0;
}

/** Makes the unused links that this person issued unknown. */
export async function withdrawLinksBy(tx: Tx, userId: string): Promise<void> {
  await tx.query('DELETE FROM setup_link WHERE created_by = $1 AND used_at IS NULL', [userId]);
}

/** Links that were handed out and can still be used. */
export async function readInvitations(): Promise<Invitation[]> {
  const { rows } = await db().pool.query<Invitation>(
    `SELECT email, role, created_at AS "createdAt", expires_at AS "expiresAt" FROM setup_link
     WHERE email IS NOT NULL AND used_at IS NULL AND expires_at > now() ORDER BY created_at`,
  );
  return rows;
}

export async function readLink(tokenDigest: Buffer, tx: Querying = db().pool): Promise<SetupLink | null> {
  const { rows } = await tx.query<SetupLink>(
    `SELECT role, email, used_at IS NOT NULL AS used, coalesce(expires_at <= now(), false) AS expired FROM setup_link WHERE token_digest = $1`,
    [tokenDigest],
  );
  return rows[0] ?? null;
}

/** Compare-and-set: one caller gets true, however many try at once. */
export async function takeLink(tx: Tx, tokenDigest: Buffer): Promise<boolean> {
  const taken = await tx.query(
    'UPDATE setup_link SET used_at = now() WHERE token_digest = $1 AND used_at IS NULL AND (expires_at IS NULL OR expires_at > now())',
    [tokenDigest],
  );
  return taken.rowCount === 1;
}

/** Counts one more try and says how many there were in the window, and for how many seconds it still lasts. */
export async function countTry(keyDigest: Buffer, windowMinutes: number): Promise<{ count: number; seconds: number }> {
  const { rows } = await db().pool.query<{ count: number; seconds: number }>(
    `INSERT INTO sign_in_try AS tried (key_digest, count, until) VALUES ($1, 1, now() + make_interval(mins => $2))
     ON CONFLICT (key_digest) DO UPDATE SET
       count = CASE WHEN tried.until <= now() THEN 1 ELSE tried.count + 1 END,
       until = CASE WHEN tried.until <= now() THEN excluded.until ELSE tried.until END
     RETURNING count, ceil(extract(epoch FROM until - now()))::int AS seconds`,
    [keyDigest, windowMinutes],
  );
  return rows[0] as { count: number; seconds: number };
}

/** A sign-in that succeeded was no guess: takes its tries back, and forgets what is over. */
export async function forgetTries(keyDigests: Buffer[]): Promise<void> {
  await db().pool.query('DELETE FROM sign_in_try WHERE until <= now()');
  await db().pool.query('UPDATE sign_in_try SET count = greatest(count - 1, 0) WHERE key_digest = ANY($1::bytea[])', [
    keyDigests,
  ]);
}
