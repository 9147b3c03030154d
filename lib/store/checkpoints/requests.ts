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
