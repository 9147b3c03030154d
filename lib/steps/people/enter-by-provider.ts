import { randomUUID } from 'node:crypto';
import { refusedSignIn, type Vouched } from '#lib/auth/oidc.ts';
import { tellSignIn } from '#lib/auth/tries.ts';
import { lockPeople } from '#lib/store/people/people.sql.ts';
import { insertVouched, readHolder, readInvited, readVouched, takeLink } from '#lib/store/people/people.ts';
import { db, inTransaction, type Tx } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { hostOf } from './accept-setup-link.ts';

/**
 * Who somebody is here whom the provider vouches for. Known is who came that way before; else an address that the provider verified is needed, of somebody who is here or was invited:
 * from then on they are known. The role is ours, as the invitation has it. Nobody else comes in. Gives the id of the person, of a disabled one too: the sign-in refuses it.
 *
 * @throws CountersignError `unauthenticated`
 */
export async function enterByProvider(vouched: Vouched, headers: Headers): Promise<{ userId: string }> {
  const { email, emailVerified, issuer, sub } = vouched;
  const accountId = JSON.stringify([issuer, sub]);
  const found = await inTransaction(db().pool, async (tx) => {
    await lockPeople(tx);
    const known = await readVouched(tx, accountId);
    if (known !== null) return known;
    return email !== null && emailVerified ? byAddress(tx, email, accountId, vouched) : null;
  });
  if (found !== null) return { userId: found };
  const because = emailVerified ? 'not invited' : 'address not verified';
  await tellSignIn('sign_in_failed', email ?? '', headers, { because, way: 'provider' });
  throw refusedSignIn(emailVerified ? 'unknown' : 'unverified');
}

async function byAddress(tx: Tx, email: string, accountId: string, { name, issuer }: Vouched): Promise<string | null> {
  const holder = await readHolder(tx, email);
  // Nothing is written for whoever is kept out: the sign-in tells them.
  if (holder?.disabledAt) return holder.id;
  if (holder !== null) {
    await insertVouched(tx, { userId: holder.id, accountId });
    await recordSecurity(tx, { kind: 'provider_linked', by: `user:${holder.id}`, facts: { issuer } });
    return holder.id;
  }
  const link = await readInvited(tx, email);
  if (link === null || !(await takeLink(tx, link.tokenDigest))) return null;
  const [id, invitedBy] = [randomUUID(), hostOf({ email, createdBy: link.createdBy })];
  await insertVouched(tx, { userId: id, accountId, person: { name: name?.trim() || email, email, role: link.role, invitedBy } });
  const facts = { email, role: link.role, invitedBy, issuer };
  await recordSecurity(tx, { kind: 'invitation_accepted', by: `user:${id}`, facts });
  return id;
}
