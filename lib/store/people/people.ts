/** People, the links that bring them in, and the count of failed sign-ins. Times are the database's. */
import { randomUUID } from 'node:crypto';
import type { Signer } from '#lib/core/checkpoints/signatures.ts';
import { SESSIONS_SHOWN_MAX } from '#lib/core/limits.ts';
import { keyIdOf } from '#lib/core/people/key-actor.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import { db, type WithModels } from '#lib/store/postgres/db.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export type NewPerson = {
  id: string;
  name: string;
  email: string;
  role: string;
  passwordHash: string;
  /** who let them in, as receipts name actors; left out for the first admin */
  invitedBy?: string | null;
};
/** `disabledAt`: since when the person is kept out; null for whoever may sign in. */
export type Person = {
  id: string;
  name: string;
  email: string;
  role: string;
  createdAt: Date;
  disabledAt: Date | null;
  invitedBy: string | null;
  confirmedBy: string | null;
};
export type Invitation = { email: string; role: string; createdAt: Date; expiresAt: Date };
/** `createdBy`: null for the first admin's, and for one that an API key issued. `resets`: whose password it sets anew; null for one that brings somebody in. */
export type SetupLink = {
  role: string;
  email: string | null;
  createdBy: string | null;
  resets: { id: string; name: string } | null;
  used: boolean;
  expired: boolean;
};

const PERSON = {
  ...{ id: true, name: true, email: true, role: true, createdAt: true, disabledAt: true },
  ...{ invitedBy: true, confirmedBy: true },
} as const;

/** Disabled people count: a Countersign that has somebody has had its first admin. */
export async function anyPerson({ prisma }: WithModels = db()): Promise<boolean> {
  return (await prisma.user.findFirst({ select: { id: true } })) !== null;
}

/** Writes a person with a password as better-auth keeps it. False when the address is taken; nothing is written then. */
export async function insertPerson({ prisma }: WithModels, { passwordHash, ...person }: NewPerson): Promise<boolean> {
  // Not `create`: PostgreSQL would end the transaction with the duplicate, and the caller still has to say what is wrong.
  const inserted = await prisma.user.createMany({ data: person, skipDuplicates: true });
  if (inserted.count !== 1) return false;
  await prisma.account.create({
    data: { id: randomUUID(), accountId: person.id, providerId: 'credential', userId: person.id, password: passwordHash },
  });
  return true;
}

const VOUCHED = { providerId: 'oidc' } as const;

/** Who comes by this account of the provider; null when nobody does. */
export async function readVouched({ prisma }: WithModels, accountId: string): Promise<string | null> {
  return (await prisma.account.findFirst({ where: { ...VOUCHED, accountId }, select: { userId: true } }))?.userId ?? null;
}

/** Writes down by which account of the provider somebody comes; who is new is made, without a password. */
export async function insertVouched(
  { prisma }: WithModels,
  { userId, accountId, person }: { userId: string; accountId: string; person?: Omit<NewPerson, 'id' | 'passwordHash'> },
): Promise<void> {
  if (person) await prisma.user.createMany({ data: { id: userId, ...person } });
  await prisma.account.create({ data: { id: randomUUID(), userId, accountId, ...VOUCHED } });
}

/** The open invitation of this address; null when there is none. */
export async function readInvited(
  { prisma }: WithModels,
  email: string,
): Promise<{ tokenDigest: Bytes; role: string; createdBy: string | null } | null> {
  return prisma.setupLink.findFirst({
    where: { email, resetsId: null, usedAt: null, expiresAt: { gt: await databaseTime({ prisma }) } },
    select: { tokenDigest: true, role: true, createdBy: true },
  });
}

/** Everybody, the longest here first. */
export async function readPeople(): Promise<Person[]> {
  return db().prisma.user.findMany({ select: PERSON, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
}

/** Who has this address; null when nobody does. */
export async function readHolder({ prisma }: WithModels, email: string): Promise<Pick<Person, 'id' | 'disabledAt'> | null> {
  return prisma.user.findUnique({ where: { email }, select: { id: true, disabledAt: true } });
}

/** How many admins can act: a disabled one is none. */
export async function countAdmins({ prisma }: WithModels): Promise<number> {
  return prisma.user.count({ where: { role: 'admin', disabledAt: null } });
}

/** Keeps a person out from now on; of one who is out already the moment stays. Gives the person as they are then. */
export async function setDisabled({ prisma }: WithModels, id: string, disabled: boolean): Promise<Person> {
  const disabledAt = disabled ? await databaseTime({ prisma }) : null;
  await prisma.user.updateMany({ where: { id, ...(disabled ? { disabledAt: null } : {}) }, data: { disabledAt } });
  return prisma.user.findUniqueOrThrow({ where: { id }, select: PERSON });
}

/** Another admin vouches for a person. Gives the person as they are then. */
export async function setConfirmed({ prisma }: WithModels, id: string, by: string): Promise<Person> {
  return prisma.user.update({ where: { id }, data: { confirmedBy: by }, select: PERSON });
}

/** One who can sign in; null when there is none with this id. */
export async function readReviewer(id: string): Promise<Pick<Person, 'id' | 'role'> | null> {
  return db().prisma.user.findFirst({ where: { id, disabledAt: null }, select: { id: true, role: true } });
}

/** Who can sign in and has one of these roles, by name. */
export async function readReviewers(roles: readonly string[]): Promise<Pick<Person, 'id' | 'name'>[]> {
  const where = { role: { in: [...roles] }, disabledAt: null };
  return db().prisma.user.findMany({ where, select: { id: true, name: true }, orderBy: [{ name: 'asc' }, { id: 'asc' }] });
}

const SIGNER = { id: true, invitedBy: true, confirmedBy: true } as const;
const signerOf = ({ id, ...vouched }: Omit<Signer, 'person'>): Signer => ({ id: `user:${id}`, person: `user:${id}`, ...vouched });

/** What matters of these when they sign, by actor: of a person's key its owner. The environment's, and whoever is not known here, was let in by nobody. */
export async function readSigners({ prisma }: WithModels, actors: readonly string[]): Promise<Map<string, Signer>> {
  const ids = actors.filter((id) => id.startsWith('user:')).map((id) => id.slice('user:'.length));
  const people = ids.length === 0 ? [] : await prisma.user.findMany({ where: { id: { in: ids } }, select: SIGNER });
  const owners = await readOwners({ prisma }, actors);
  const known = new Map(people.map(signerOf).map((signer) => [signer.id, signer]));
  return new Map(
    actors.map((id) => [id, owners.get(id) ?? known.get(id) ?? { id, person: id, invitedBy: null, confirmedBy: null }]),
  );
}

async function readOwners({ prisma }: WithModels, actors: readonly string[]): Promise<Map<string, Signer>> {
  const ids = actors.map(keyIdOf).filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const keys = await prisma.apiKey.findMany({ where: { id: { in: ids } }, select: { id: true, owner: { select: SIGNER } } });
  return new Map(keys.map(({ id, owner }) => [`key:${id}`, { ...signerOf(owner), id: `key:${id}` }]));
}

/** Some of the people who can sign in and have one of these roles, without one person. */
export async function readSomeSigners(
  { prisma }: WithModels,
  { roles, without, most }: { roles: readonly string[]; without: string | null; most: number },
): Promise<Signer[]> {
  const people = await prisma.user.findMany({
    where: {
      role: { in: [...roles] },
      disabledAt: null,
      NOT: without === null ? [] : { id: without },
    },
    select: SIGNER,
    orderBy: { id: 'asc' },
    take: most,
  });
  return people.map(signerOf);
}

/** Ends all sessions of a person, or all but one. Gives how many there were. */
export async function endSessions({ prisma }: WithModels, userId: string, but?: string): Promise<number> {
  return (await prisma.session.deleteMany({ where: { userId, ...(but === undefined ? {} : { NOT: { id: but } }) } })).count;
}

/** Ends one session of a person. False: there is none of this id that is theirs. */
export async function endSession({ prisma }: WithModels, userId: string, id: string): Promise<boolean> {
  return (await prisma.session.deleteMany({ where: { userId, id } })).count === 1;
}

type SessionRow = {
  id: string;
  ipAddress: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastSeenAt: Date | null;
};

/** The sessions of a person that have not ended, the newest first. */
export async function readSessions({ prisma }: WithModels, userId: string): Promise<SessionRow[]> {
  return prisma.session.findMany({
    where: { userId, expiresAt: { gt: await databaseTime({ prisma }) } },
    select: { id: true, ipAddress: true, userAgent: true, createdAt: true, lastSeenAt: true },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: SESSIONS_SHOWN_MAX,
  });
}

/** Writes down that a session is used now. */
export async function markSessionSeen({ prisma }: WithModels, id: string): Promise<void> {
  await prisma.session.updateMany({ where: { id }, data: { lastSeenAt: await databaseTime({ prisma }) } });
}

const PASSWORD = { providerId: 'credential' } as const;

/** The hash of a person's password; null where there is none. */
export async function readPasswordHash({ prisma }: WithModels, userId: string): Promise<string | null> {
  return (await prisma.account.findFirst({ where: { userId, ...PASSWORD }, select: { password: true } }))?.password ?? null;
}

/** Sets a password, where it still is `from` if that is given. False: somebody else set another meanwhile. */
export async function setPasswordHash({ prisma }: WithModels, userId: string, to: string, from?: string): Promise<boolean> {
  const where = { userId, ...PASSWORD, ...(from === undefined ? {} : { password: from }) };
  return (await prisma.account.updateMany({ where, data: { password: to } })).count === 1;
}

/** Says who let a person in, and that nobody vouches for them. */
export async function setHost({ prisma }: WithModels, id: string, invitedBy: string): Promise<void> {
  await prisma.user.updateMany({ where: { id }, data: { invitedBy, confirmedBy: null } });
}

export async function setRole({ prisma }: WithModels, id: string, role: string): Promise<void> {
  await prisma.user.updateMany({ where: { id }, data: { role } });
}

/** The first admin's link has no address; it replaces the one that an earlier start printed. */
export async function replaceFirstLink({ prisma }: WithModels, tokenDigest: Bytes): Promise<void> {
  await prisma.setupLink.deleteMany({ where: { email: null, usedAt: null } });
  await prisma.setupLink.create({ data: { tokenDigest, role: 'admin' } });
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A link that sets a person's password anew; it replaces an unused one. Gives when it expires. */
export async function replaceResetLink(
  { prisma }: WithModels,
  {
    hours,
    ...link
  }: { tokenDigest: Bytes; role: string; email: string; createdBy: string | null; resetsId: string; hours: number },
): Promise<Date> {
  await withdrawLinksFor({ prisma }, link.email);
  const expiresAt = new Date((await databaseTime({ prisma })).getTime() + hours * HOUR_MS);
  await prisma.setupLink.create({ data: { ...link, expiresAt } });
  return expiresAt;
}

/** A link for one address; it replaces an unused one for the same address. Gives when it expires. */
export async function replaceInvitation(
  { prisma }: WithModels,
  { days, ...link }: { tokenDigest: Bytes; role: string; email: string; createdBy: string | null; days: number },
): Promise<Date> {
  await withdrawLinksFor({ prisma }, link.email);
  const expiresAt = new Date((await databaseTime({ prisma })).getTime() + days * DAY_MS);
  await prisma.setupLink.create({ data: { ...link, expiresAt } });
  return expiresAt;
}

/** Makes the unused links for this address unknown. Gives how many there were. */
export async function withdrawLinksFor({ prisma }: WithModels, email: string): Promise<number> {
  return (await prisma.setupLink.deleteMany({ where: { email, usedAt: null } })).count;
}

/** Makes the unused links that this person issued unknown. */
export async function withdrawLinksBy({ prisma }: WithModels, userId: string): Promise<void> {
  await prisma.setupLink.deleteMany({ where: { createdBy: userId, usedAt: null } });
}

/** Links that were handed out and can still be used. */
export async function readInvitations(): Promise<Invitation[]> {
  const { prisma } = db();
  const links = await prisma.setupLink.findMany({
    where: { email: { not: null }, resetsId: null, usedAt: null, expiresAt: { gt: await databaseTime({ prisma }) } },
    select: { email: true, role: true, createdAt: true, expiresAt: true },
    orderBy: { createdAt: 'asc' },
  });
  return links.flatMap(({ email, expiresAt, ...link }) => (email !== null && expiresAt ? [{ ...link, email, expiresAt }] : []));
}

export async function readLink(tokenDigest: Bytes, { prisma }: WithModels = db()): Promise<SetupLink | null> {
  const link = await prisma.setupLink.findUnique({
    where: { tokenDigest },
    select: {
      ...{ role: true, email: true, createdBy: true, usedAt: true, expiresAt: true },
      resets: { select: { id: true, name: true } },
    },
  });
  if (link === null) return null;
  const { role, email, createdBy, resets, usedAt, expiresAt } = link;
  return {
    role,
    email,
    createdBy,
    resets,
    used: usedAt !== null,
    expired: expiresAt !== null && expiresAt <= (await databaseTime({ prisma })),
  };
}

/** Compare-and-set: one caller gets true, however many try at once. */
export async function takeLink({ prisma }: WithModels, tokenDigest: Bytes): Promise<boolean> {
  const now = await databaseTime({ prisma });
  const taken = await prisma.setupLink.updateMany({
    where: { tokenDigest, usedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
    data: { usedAt: now },
  });
  return taken.count === 1;
}

/** A sign-in that succeeded was no guess: takes its tries back, and forgets what is over. */
export async function forgetTries(keyDigests: Bytes[]): Promise<void> {
  const { prisma } = db();
  await prisma.signInTry.deleteMany({ where: { until: { lte: await databaseTime({ prisma }) } } });
  await prisma.signInTry.updateMany({
    where: { keyDigest: { in: keyDigests }, count: { gt: 0 } },
    data: { count: { decrement: 1 } },
  });
}

/** Takes a person's name, address and ways to sign in away; the id stays, by which receipts name them. */
export async function pseudonymise(
  { prisma }: WithModels,
  { id, email }: { id: string; email: string },
  as: { name: string; email: string },
): Promise<void> {
  const userId = id;
  await prisma.session.deleteMany({ where: { userId } });
  await prisma.account.deleteMany({ where: { userId } });
  await prisma.passkey.deleteMany({ where: { userId } });
  await prisma.twoFactor.deleteMany({ where: { userId } });
  await prisma.noticeChoice.deleteMany({ where: { personId: id } });
  await prisma.columnChoice.deleteMany({ where: { by: `user:${id}` } });
  await prisma.setupLink.updateMany({ where: { OR: [{ email }, { resetsId: id }] }, data: { email: null } });
  await prisma.user.update({ where: { id }, data: { ...as, image: null, emailVerified: false }, select: { id: true } });
}
