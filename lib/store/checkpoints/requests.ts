/** Frozen requests, one by one, as people look at them. */
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** `digest`: of the request, in hex. All three are null where the category has no action. */
type FrozenRow = { chunkId: string; category: string; connector: string | null; do: string | null; digest: string | null };

/** The row of an approved manifest; null where the item is not in it. */
export async function readFrozenRow({ prisma }: WithModels, decisionId: string, ordinal: number): Promise<FrozenRow | null> {
  const row = await prisma.manifestRow.findUnique({ where: { decisionId_ordinal: { decisionId, ordinal } } });
  if (!row) return null;
  const { chunkId, category, connector, do: verb, requestDigest } = row;
  return { chunkId, category, connector, do: verb, digest: requestDigest && Buffer.from(requestDigest).toString('hex') };
}

/** The bytes of this digest (hex); null where they are not there, or were erased. */
export async function readFrozenBytes({ prisma }: WithModels, digest: string): Promise<Buffer | null> {
  const row = await prisma.frozenRequest.findUnique({ where: { digest: bytesOf(Buffer.from(digest, 'hex')) } });
  return row?.bytes ? Buffer.from(row.bytes) : null;
}

/** Whether nobody sends to this target now, because it failed for everybody or somebody paused it. */
export async function isHeldBack({ prisma }: WithModels, target: string): Promise<boolean> {
  return (await prisma.breaker.findUnique({ where: { target } })) !== null;
}

/** Some of an approved chunk's rows that act by these connectors, in the order of their items, with their requests; null where those were erased. */
export async function readFrozenPage(
  { prisma }: WithModels,
  { decisionId, chunkId }: { decisionId: string; chunkId: string },
  { connectors, after, limit }: { connectors: readonly string[]; after: number; limit: number },
): Promise<{ ordinal: number; connector: string; bytes: Uint8Array | null }[]> {
  const rows = await prisma.manifestRow.findMany({
    where: { decisionId, chunkId, ordinal: { gt: after }, connector: { in: [...connectors] } },
    orderBy: { ordinal: 'asc' },
    take: limit,
    select: { ordinal: true, connector: true, requestDigest: true },
  });
  const digests = rows.flatMap(({ requestDigest }) => requestDigest ?? []);
  const found = await prisma.frozenRequest.findMany({ where: { digest: { in: digests } } });
  const bytes = new Map(found.map((one) => [Buffer.from(one.digest).toString('hex'), one.bytes]));
  return rows.map(({ ordinal, connector, requestDigest }) => ({
    ordinal,
    connector: connector ?? '',
    bytes: (requestDigest && bytes.get(Buffer.from(requestDigest).toString('hex'))) ?? null,
  }));
}
