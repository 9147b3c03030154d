/** Connections, and the versions of their secrets. */
import { randomUUID } from 'node:crypto';
import type { ConnectionAuth } from '#lib/core/connections/auth.ts';
import type { ConnectionLimits, Declared, Offers } from '#lib/shapes/connections.ts';
import { Prisma } from '#lib/store/generated/client.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { type SecretRow, type SecretValues, seal, unseal } from './seal.ts';

export type ConnectionRow = {
  id: string;
  name: string;
  connector: string;
  revision: number;
  address: string;
  auth: ConnectionAuth;
  limits: ConnectionLimits;
  declared: Declared;
  usableBy: string[];
  secretId: string | null;
  secretVersion: number | null;
  testedAt: Date | null;
  testedOk: boolean | null;
  testedReason: string | null;
  testedOffers: Offers | null;
  updatedBy: string;
  updatedAt: Date;
};

const ROW = {
  ...{ id: true, name: true, connector: true, revision: true, address: true, auth: true, limits: true, declared: true },
  ...{
    usableBy: true,
    secretId: true,
    secretVersion: true,
    testedAt: true,
    testedOk: true,
    testedReason: true,
    testedOffers: true,
  },
  ...{ updatedBy: true, updatedAt: true },
} as const;

/** Those that are there of these names; all of them, in the order of their names after this one, where none are given. */
export async function readConnections(
  { prisma }: WithModels,
  which: { names: readonly string[] } | { after: string | null; limit: number; role: string | null },
): Promise<ConnectionRow[]> {
  const rows =
    'names' in which
      ? await prisma.connection.findMany({ where: { name: { in: [...which.names] } }, select: ROW })
      : await prisma.connection.findMany({
          where: {
            ...(which.after === null ? {} : { name: { gt: which.after } }),
            ...(which.role === null ? {} : { usableBy: { has: which.role } }),
          },
          orderBy: { name: 'asc' },
          take: which.limit,
          select: ROW,
        });
  return rows.map((row) => row as unknown as ConnectionRow);
}

export async function readConnectionRow({ prisma }: WithModels, id: string): Promise<ConnectionRow | null> {
  return (await prisma.connection.findUnique({ where: { id }, select: ROW })) as unknown as ConnectionRow | null;
}

/** A connection as a request over it needs it. `unreadable`: its secret was sealed with another key. */
export type LiveConnection = Pick<
  ConnectionRow,
  'id' | 'name' | 'revision' | 'address' | 'auth' | 'limits' | 'declared' | 'secretId' | 'secretVersion'
> & {
  secret: SecretValues | 'unreadable' | null;
};

/** As it is now, with what is secret of it. Null: there is none any more. Throws `unavailable` where this process has no key. */
export async function readLiveConnection({ prisma }: WithModels, id: string): Promise<LiveConnection | null> {
  const row = await prisma.connection.findUnique({ where: { id }, select: { ...ROW, secret: { select: { ciphertext: true } } } });
  if (row === null) return null;
  const { secret: sealed, ...connection } = row as unknown as ConnectionRow & {
    secret: { ciphertext: Uint8Array | null } | null;
  };
  const { secretId, secretVersion } = connection;
  if (secretId === null || secretVersion === null) return { ...connection, secret: null };
  const values = sealed?.ciphertext ? unseal(sealed.ciphertext, { id: secretId, version: secretVersion }) : null;
  return { ...connection, secret: values ?? 'unreadable' };
}

export type ConnectionData = Pick<ConnectionRow, 'connector' | 'address' | 'auth' | 'limits' | 'declared' | 'usableBy'>;

/** Null: the name is another's. */
export async function insertConnection(
  models: WithModels,
  { name, by, secret, ...data }: ConnectionData & { name: string; by: string; secret: SecretValues | null },
): Promise<string | null> {
  const { prisma } = models;
  if (await prisma.connection.findUnique({ where: { name }, select: { id: true } })) return null;
  const id = randomUUID();
  const made = secret && (await insertSecret(models, { id: randomUUID(), version: 1 }, secret, by));
  await prisma.connection.create({
    data: { id, name, ...data, secretId: made?.id ?? null, secretVersion: made?.version ?? null, createdBy: by, updatedBy: by },
  });
  return id;
}

/**
 * Changes it at this revision; `secret`: another version, null for none, undefined to leave what is there. The version before it ends: whatever names the secret is sent
 * with the newest. False: it has another revision by now, or is gone.
 */
export async function updateConnection(
  models: WithModels,
  before: ConnectionRow,
  { by, secret, ...data }: ConnectionData & { by: string; secret: SecretValues | null | undefined },
): Promise<boolean> {
  const { prisma } = models;
  const { id, revision, secretId, secretVersion } = before;
  const row: SecretRow = { id: secretId ?? randomUUID(), version: (secretVersion ?? 0) + 1 };
  const made = secret ? await insertSecret(models, row, secret, by) : null;
  const kept = secret === undefined ? {} : { secretId: made?.id ?? null, secretVersion: made?.version ?? null };
  const { count } = await prisma.connection.updateMany({
    where: { id, revision },
    data: {
      ...data,
      ...kept,
      ...{ testedAt: null, testedOk: null, testedReason: null, testedOffers: Prisma.DbNull },
      ...{ revision: { increment: 1 }, updatedBy: by, updatedAt: await databaseTime(models) },
    },
  });
  if (count === 1 && secret !== undefined) await endSecret(models, before);
  return count === 1;
}

/** False: there is none. What was secret of it ends with it. */
export async function deleteConnectionRow(models: WithModels, row: ConnectionRow): Promise<boolean> {
  const { prisma } = models;
  await prisma.connectionBucket.deleteMany({ where: { connectionId: row.id } });
  const { count } = await prisma.connection.deleteMany({ where: { id: row.id } });
  if (count === 1) await endSecret(models, row);
  return count === 1;
}

/** What the test button found, unless the connection was changed meanwhile. */
export async function keepTested(
  models: WithModels,
  { id, revision }: Pick<ConnectionRow, 'id' | 'revision'>,
  { ok, reason, offers }: { ok: boolean; reason: string; offers?: Offers },
): Promise<void> {
  const testedAt = await databaseTime(models);
  await models.prisma.connection.updateMany({
    where: { id, revision },
    data: { testedAt, testedOk: ok, testedReason: reason, testedOffers: offers ?? Prisma.DbNull },
  });
}

/** The breakers of these targets, as they are; a target without one is sent to. */
export async function readBreakers({ prisma }: WithModels, targets: readonly string[]): Promise<Map<string, 'open' | 'probing'>> {
  const rows = await prisma.breaker.findMany({ where: { target: { in: [...targets] } }, select: { target: true, state: true } });
  return new Map(rows.map(({ target, state }) => [target, state === 'probing' ? 'probing' : 'open']));
}

async function insertSecret({ prisma }: WithModels, row: SecretRow, values: SecretValues, by: string): Promise<SecretRow> {
  await prisma.secret.create({ data: { ...row, ciphertext: seal(values, row), createdBy: by } });
  return row;
}

async function endSecret({ prisma }: WithModels, { secretId, secretVersion }: ConnectionRow): Promise<void> {
  if (secretId === null || secretVersion === null) return;
  await prisma.secret.updateMany({ where: { id: secretId, version: secretVersion }, data: { ciphertext: null } });
}
