/** People's API keys. Times are the database's. */
import type { Prisma } from '#lib/store/generated/client.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const OWNER = { id: true, name: true, role: true, disabledAt: true } as const;
const KEY = {
  ...{
    id: true,
    name: true,
    hint: true,
    role: true,
    scopes: true,
    batches: true,
    createdBy: true,
    createdAt: true,
    expiresAt: true,
  },
  ...{ lastUsedAt: true, revokedAt: true, owner: { select: OWNER } },
} as const;
export type KeyRow = Prisma.ApiKeyGetPayload<{ select: typeof KEY }>;

/** The key of this digest, whatever became of it, and whether it has expired; null when there is none. */
export async function readKeyByDigest({ prisma }: WithModels, digest: Bytes): Promise<{ key: KeyRow; expired: boolean } | null> {
  const key = await prisma.apiKey.findUnique({ where: { digest }, select: KEY });
  return key && { key, expired: key.expiresAt <= (await databaseTime({ prisma })) };
}

export async function readKey({ prisma }: WithModels, id: string): Promise<KeyRow | null> {
  return prisma.apiKey.findUnique({ where: { id }, select: KEY });
}

/** The newest first, of one person or of everybody. */
export async function readKeyPage(
  { prisma }: WithModels,
  { ownerId, before, limit }: { ownerId: string | null; before: { createdAt: string; id: string } | null; limit: number },
): Promise<KeyRow[]> {
  const older = before && [{ createdAt: { lt: before.createdAt } }, { createdAt: before.createdAt, id: { lt: before.id } }];
  return prisma.apiKey.findMany({
    where: { ...(ownerId === null ? {} : { ownerId }), ...(older ? { OR: older } : {}) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: KEY,
  });
}

/** How many keys of this person would be taken now. */
export async function countKeys({ prisma }: WithModels, ownerId: string): Promise<number> {
  return prisma.apiKey.count({ where: { ownerId, revokedAt: null, expiresAt: { gt: await databaseTime({ prisma }) } } });
}

type NewKey = {
  id: string;
  name: string;
  digest: Bytes;
  hint: string;
  role: string;
  scopes: string[];
  batches: string[];
  ownerId: string;
  createdBy: string;
  days: number;
};

const DAY_MS = 24 * 60 * 60 * 1000;

export async function insertKey({ prisma }: WithModels, { days, ...key }: NewKey): Promise<KeyRow> {
  const expiresAt = new Date((await databaseTime({ prisma })).getTime() + days * DAY_MS);
  return prisma.apiKey.create({ data: { ...key, expiresAt }, select: KEY });
}

/** Ends a key for good; one that has ended stays as it is. False: it had. */
export async function revokeKey({ prisma }: WithModels, id: string): Promise<boolean> {
  const revokedAt = await databaseTime({ prisma });
  return (await prisma.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } })).count === 1;
}

/** Ends all keys of a person for good. */
export async function revokeKeysOf({ prisma }: WithModels, ownerId: string): Promise<void> {
  await prisma.apiKey.updateMany({ where: { ownerId, revokedAt: null }, data: { revokedAt: await databaseTime({ prisma }) } });
}

/** Writes down that a key was used now. */
export async function markKeyUsed({ prisma }: WithModels, id: string): Promise<void> {
  await prisma.apiKey.updateMany({ where: { id }, data: { lastUsedAt: await databaseTime({ prisma }) } });
}
