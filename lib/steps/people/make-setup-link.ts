import { makeToken, setupPath } from '#lib/auth/token.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import { lockPeople } from '#lib/store/people/people.sql.ts';
import { anyPerson, replaceFirstLink } from '#lib/store/people/people.ts';
import { type Db, db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/**
 * The first visit's link, for the server to print at its start while there is nobody who could sign in; null once there is. It works
 * once, and it replaces the one that an earlier start printed. Gives its path below the site's address.
 */
export async function makeSetupLink({ pool }: Pick<Db, 'pool'> = db()): Promise<{ path: string } | null> {
  const { token, digest } = makeToken();
  return inTransaction(pool, async (tx) => {
    await lockPeople(tx);
    if (await anyPerson(tx)) return null;
    await replaceFirstLink(tx, digest);
    await recordSecurity(tx, { kind: 'invitation_made', by: SYSTEM.id, facts: { role: 'admin', printed: true } });
    return { path: setupPath(token) };
  });
}
