import { tokenDigest } from '#lib/auth/token.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { isRole, type Role } from '#lib/core/people/roles.ts';
import { anyPerson, readLink } from '#lib/store/people/people.ts';

/** For whom a link is: the first admin's has no address yet. `resets`: whose password it sets anew; null for one that brings somebody in. */
export type OpenLink = {
  role: Role;
  email: string | null;
  createdBy: string | null;
  resets: { id: string; name: string } | null;
};

/**
 * Whether a setup link can still be used, before anybody types anything.
 *
 * @throws CountersignError `not_found` (never made, or withdrawn), `conflict` (used or expired); the message says how to get another
 */
export async function readSetupLink({ token }: { token: string }): Promise<OpenLink> {
  const link = await readLink(tokenDigest(token));
  if (link === null || !isRole(link.role)) throw new CountersignError('not_found', `This link is not known. ${ANOTHER}`);
  if (link.used)
    throw new CountersignError(
      'conflict',
      `This link has been used: it works once. If that was you, sign in. Otherwise ${lower(ANOTHER)}`,
    );
  if (link.expired) throw new CountersignError('conflict', `This link has expired. ${ANOTHER}`);
  // Made before ADMIN_EMAIL was given, or left over in some other way: it must not make a second first admin.
  if (link.email === null && (await anyPerson()))
    throw new CountersignError('conflict', 'This Countersign has its first admin already. Sign in.');
  return { role: link.role, email: link.email, createdBy: link.createdBy, resets: link.resets };
}

/** Nobody can sign in yet: the sign-in page points to the link that the server printed. */
export async function readFirstVisit(): Promise<boolean> {
  return !(await anyPerson());
}

const ANOTHER = 'Ask an admin for a new one; the first one is printed where the server starts.';

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
