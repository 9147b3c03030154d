/**
 * What of people Prisma's models have no words for: the locks that the verbs over people are taken in turn by, a question about many followers in one
 * statement (`unnest` keeps their order), and a count that begins anew, or goes on, by the database's clock (`ON CONFLICT` with a condition).
 */
import { db, type Querying, type Tx } from '#lib/store/postgres/db.ts';
import type { Person } from './people.ts';

// One lock for the few verbs that count people before they change them; the number is arbitrary and must not change.
const PEOPLE_LOCK = 7_311_402;

/** Makes the verbs that depend on how many people or admins there are run one after the other, until the transaction ends. */
export async function lockPeople(tx: Tx): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [PEOPLE_LOCK]);
}

/** Locked until the transaction ends. */
export async function readPerson(tx: Tx, id: string): Promise<Person | null> {
  const { rows } = await tx.query<Person>(
    `SELECT id, name, email, role, created_at AS "createdAt", disabled_at AS "disabledAt", invited_by AS "invitedBy", confirmed_by AS "confirmedBy"
     FROM "user" WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0] ?? null;
}

/** Somebody who follows something: with the session or the key that they began it with. */
export type Follower = { userId: string; session: string | null; key: string | null };

/** The role that each of them has now, in their order; null for whoever is gone or disabled, or whose session or key has ended. */
export async function readStandings(client: Querying, followers: readonly Follower[]): Promise<(string | null)[]> {
  const { rows } = await client.query<{ role: string | null }>(
    `SELECT u.role FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS f (user_id, session_id, key_id, n)
     LEFT JOIN "user" u ON u.id = f.user_id AND u.disabled_at IS NULL AND (f.session_id IS NULL
       OR EXISTS (SELECT FROM session s WHERE s.id = f.session_id AND s.user_id = u.id AND s.expires_at > now()))
       AND (f.key_id IS NULL OR EXISTS (SELECT FROM api_key k WHERE k.id = f.key_id AND k.owner_id = u.id AND k.revoked_at IS NULL AND k.expires_at > now()))
     ORDER BY f.n`,
    [followers.map(({ userId }) => userId), followers.map(({ session }) => session), followers.map(({ key }) => key)],
  );
  return rows.map(({ role }) => role);
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
