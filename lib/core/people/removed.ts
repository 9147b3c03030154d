/** What stands in the place of the address of a person whose account was removed. Pure. */

/** A name that no mail reaches (RFC 6761). */
const REMOVED = '@removed.invalid';

export function removedAddress(id: string): string {
  return `${id}${REMOVED}`;
}

export function isRemoved({ email }: { email: string }): boolean {
  return email.endsWith(REMOVED);
}
