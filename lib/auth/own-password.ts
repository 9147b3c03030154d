import { verifyPassword } from 'better-auth/crypto';
import { readPasswordHash } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { giveBackTry, takeTry, tellSignIn } from './tries.ts';

/**
 * Checks the password of somebody who is signed in; gives its hash, or null where it is wrong. A wrong one counts as a failed sign-in: whoever sits down at an open browser
 * guesses no better there. To be called when it is its turn to hash. Throws `locked`.
 */
export async function checkOwnPassword(
  { id, email }: { id: string; email: string },
  password: string,
  headers: Headers,
  because: string,
): Promise<string | null> {
  await takeTry(email, headers);
  const hash = await readPasswordHash(db(), id);
  if (hash === null || !(await verifyPassword({ hash, password }))) {
    await tellSignIn('sign_in_failed', email, headers, { because });
    return null;
  }
  await giveBackTry(email, headers);
  return hash;
}
