/** What people prove with who they are: authenticator apps, passkeys, and what a session proved last. Times are the database's. */
import { randomUUID } from 'node:crypto';
import type { Factor } from '#lib/core/people/factors.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Whether a person is kept out, and whether their password asks for a code too. */
export async function readEntry({ prisma }: WithModels, id: string): Promise<{ disabled: boolean; asksCode: boolean }> {
  const person = await prisma.user.findUnique({ where: { id }, select: { disabledAt: true, twoFactorEnabled: true } });
  return { disabled: person?.disabledAt != null, asksCode: person?.twoFactorEnabled === true };
}

/** What a session's person proved last, and how many seconds ago; null when the session is over. */
export async function readProof(
  { prisma }: WithModels,
  userId: string,
  id: string,
): Promise<{ factor: Factor | null; seconds: number } | null> {
  const session = await prisma.session.findFirst({ where: { id, userId }, select: { factor: true, provenAt: true } });
  if (session === null) return null;
  const seconds = ((await databaseTime({ prisma })).getTime() - session.provenAt.getTime()) / 1_000;
  return { factor: session.factor as Factor | null, seconds };
}

/** Writes down what a session's person proved now. False: the session is over. */
export async function setProof({ prisma }: WithModels, userId: string, id: string, factor: Factor): Promise<boolean> {
  const provenAt = await databaseTime({ prisma });
  return (await prisma.session.updateMany({ where: { id, userId }, data: { factor, provenAt } })).count === 1;
}

type App = { secret: string; backupCodes: string; verified: boolean };

/** A person's authenticator app, encrypted; null where there is none. */
export async function readApp({ prisma }: WithModels, userId: string): Promise<App | null> {
  return prisma.twoFactor.findUnique({ where: { userId }, select: { secret: true, backupCodes: true, verified: true } });
}

/** Keeps the secret of an app that no code was given of yet, in the place of another such one. False: there is one that codes are asked of. */
export async function beginApp({ prisma }: WithModels, userId: string, app: Omit<App, 'verified'>): Promise<boolean> {
  await prisma.twoFactor.deleteMany({ where: { userId, verified: false } });
  const data = { id: randomUUID(), userId, ...app };
  return (await prisma.twoFactor.createMany({ data, skipDuplicates: true })).count === 1;
}

/** From now on codes of this app are asked for. False: it is not the one that was begun last. */
export async function confirmApp({ prisma }: WithModels, userId: string, secret: string, backupCodes: string): Promise<boolean> {
  const where = { userId, secret, verified: false };
  const { count } = await prisma.twoFactor.updateMany({ where, data: { verified: true, backupCodes } });
  if (count === 1) await prisma.user.update({ where: { id: userId }, data: { twoFactorEnabled: true } });
  return count === 1;
}

/** Other codes for when the app is lost. False: there is no app. */
export async function setBackupCodes({ prisma }: WithModels, userId: string, backupCodes: string): Promise<boolean> {
  return (await prisma.twoFactor.updateMany({ where: { userId, verified: true }, data: { backupCodes } })).count === 1;
}

/** Asks for no code any more. False: none was asked for. */
export async function endApp({ prisma }: WithModels, userId: string): Promise<boolean> {
  await prisma.user.updateMany({ where: { id: userId }, data: { twoFactorEnabled: false } });
  return (await prisma.twoFactor.deleteMany({ where: { userId } })).count === 1;
}

const SHOWN = {
  ...{ id: true, name: true, rpId: true, createdAt: true, lastUsedAt: true },
  credentialId: true,
  transports: true,
} as const;

type Shown = {
  id: string;
  name: string;
  rpId: string;
  createdAt: Date;
  lastUsedAt: Date | null;
  credentialId: string;
  transports: string[];
};

/** A person's passkeys, the oldest first. */
export async function readPasskeys({ prisma }: WithModels, userId: string): Promise<Shown[]> {
  return prisma.passkey.findMany({ where: { userId }, select: SHOWN, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
}

type PasskeyRow = { id: string; userId: string; credentialId: string; publicKey: Bytes; counter: bigint; transports: string[] };

/** The passkey of this credential; null where nobody has it. */
export async function readPasskey({ prisma }: WithModels, credentialId: string): Promise<PasskeyRow | null> {
  const select = { ...{ id: true, userId: true, credentialId: true }, publicKey: true, counter: true, transports: true } as const;
  return prisma.passkey.findUnique({ where: { credentialId }, select });
}

export type NewPasskey = Omit<PasskeyRow, 'id'> & { name: string; rpId: string };

/** False: somebody has this credential already. */
export async function insertPasskey({ prisma }: WithModels, passkey: NewPasskey): Promise<boolean> {
  return (await prisma.passkey.createMany({ data: { id: randomUUID(), ...passkey }, skipDuplicates: true })).count === 1;
}

/** Writes down that a passkey was used, and how often its device says so. False: it was used since it was read, or is gone. */
export async function markPasskeyUsed(
  { prisma }: WithModels,
  { id, from, to }: { id: string; from: bigint; to: bigint },
): Promise<boolean> {
  const lastUsedAt = await databaseTime({ prisma });
  return (await prisma.passkey.updateMany({ where: { id, counter: from }, data: { counter: to, lastUsedAt } })).count === 1;
}

/** The name of a passkey that a person had; null where they had none with this id. */
export async function deletePasskey({ prisma }: WithModels, userId: string, id: string): Promise<string | null> {
  const found = await prisma.passkey.findFirst({ where: { userId, id }, select: { name: true } });
  if (found === null || (await prisma.passkey.deleteMany({ where: { userId, id } })).count === 0) return null;
  return found.name;
}

/** Removes all that a person proves with who they are, but for the password. Gives what there was. */
export async function resetFactors(models: WithModels, userId: string): Promise<{ app: boolean; passkeys: number }> {
  const app = await endApp(models, userId);
  return { app, passkeys: (await models.prisma.passkey.deleteMany({ where: { userId } })).count };
}

/** Who of these has a second factor. */
export async function readHolders({ prisma }: WithModels, ids: readonly string[]): Promise<Set<string>> {
  const where = { id: { in: [...ids] }, OR: [{ twoFactorEnabled: true }, { passkeys: { some: {} } }] };
  return new Set((await prisma.user.findMany({ where, select: { id: true } })).map(({ id }) => id));
}

/** What a person has. */
export async function readFactors(
  { prisma }: WithModels,
  userId: string,
): Promise<{ password: boolean; app: boolean; passkeys: number }> {
  // One after the other: in a transaction there is one connection.
  const { asksCode: app } = await readEntry({ prisma }, userId);
  const passkeys = await prisma.passkey.count({ where: { userId } });
  const password = await prisma.account.count({ where: { userId, providerId: 'credential' } });
  return { password: password > 0, app, passkeys };
}
