/**
 * What agents handed in for the items of a chunk. It hangs on the item's classification, for which Prisma has no words, and is read in pages that are bounded by bytes: a change
 * may have a megabyte.
 */
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { withinBytes } from '#lib/store/postgres/within-bytes.ts';

export type HandedChange = {
  ordinal: number;
  commit: string;
  pathDigest: Uint8Array<ArrayBuffer> | null;
  change: Uint8Array<ArrayBuffer>;
};
export type HandInCounts = { commits: number; written: number; moved: number; removed: number; unchanged: number };

type OfClaim = { batchId: string; chunkId: string; epoch: number };

/** What this very bundle came to under this claim; null: it was not handed in. */
export async function readHandIn(
  { prisma }: Pick<Tx, 'prisma'>,
  { chunkId, epoch }: OfClaim,
  digest: Uint8Array<ArrayBuffer>,
): Promise<HandInCounts | null> {
  return prisma.handIn.findUnique({
    where: { chunkId_epoch_digest: { chunkId, epoch, digest } },
    select: { commits: true, written: true, moved: true, removed: true, unchanged: true },
  });
}

/** Rows of one statement, and their bytes. */
const ROWS_AT_ONCE = 500;
const BYTES_AT_ONCE = 8 * 1024 ** 2;

/**
 * Keeps what a bundle came to, in place of what was handed in before of the items that it names. In a transaction that holds the claim.
 *
 * @param items all that it names; those without a change are as they were
 */
export async function keepHandIn(
  tx: Tx,
  { batchId, chunkId, epoch }: OfClaim,
  {
    digest,
    tip,
    by,
    counts,
    items,
    changes,
  }: {
    digest: Uint8Array<ArrayBuffer>;
    tip: string;
    by: string;
    counts: HandInCounts;
    items: readonly number[];
    changes: readonly HandedChange[];
  },
): Promise<void> {
  for (let at = 0; at < items.length; at += ROWS_AT_ONCE)
    await tx.prisma.handedChange.deleteMany({ where: { batchId, ordinal: { in: items.slice(at, at + ROWS_AT_ONCE) } } });
  let page: HandedChange[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    const data = page.map((one) => ({ batchId, chunkId, epoch, ...one, bytes: one.change.length }));
    if (data.length > 0) await tx.prisma.handedChange.createMany({ data });
    [page, bytes] = [[], 0];
  };
  for (const one of changes) {
    if (page.length >= ROWS_AT_ONCE || bytes + one.change.length > BYTES_AT_ONCE) await write();
    page.push(one);
    bytes += one.change.length;
  }
  await write();
  await tx.prisma.handIn.create({ data: { chunkId, epoch, digest, tip, by, ...counts } });
}

/** Which of these paths (by their digests) an item of the batch gets that is not among these. */
export async function readPathsTaken(
  { prisma }: Pick<Tx, 'prisma'>,
  batchId: string,
  paths: readonly Uint8Array<ArrayBuffer>[],
  items: readonly number[],
): Promise<{ ordinal: number; pathDigest: Uint8Array | null }[]> {
  const own = new Set(items);
  const found: { ordinal: number; pathDigest: Uint8Array | null }[] = [];
  for (let at = 0; at < paths.length; at += ROWS_AT_ONCE) {
    const rows = await prisma.handedChange.findMany({
      where: { batchId, pathDigest: { in: paths.slice(at, at + ROWS_AT_ONCE) } },
      orderBy: { ordinal: 'asc' },
      select: { ordinal: true, pathDigest: true },
    });
    found.push(...rows.filter(({ ordinal }) => !own.has(ordinal)));
  }
  return found;
}

/** Drops what was handed in of items that nobody has classified: whoever works these chunks now makes it anew. */
export async function dropHanded(tx: Querying, chunkIds: readonly string[]): Promise<void> {
  await tx.query(
    `DELETE FROM handed_change h WHERE h.chunk_id = ANY($1)
       AND NOT EXISTS (SELECT FROM classification a WHERE a.batch_id = h.batch_id AND a.ordinal = h.ordinal)`,
    [chunkIds],
  );
}

/** The first items of a chunk that are in one of these categories and of which nothing was handed in. */
export async function readNotHanded(
  tx: Querying,
  chunkId: string,
  categories: readonly string[],
  limit: number,
): Promise<number[]> {
  const { rows } = await tx.query<{ ordinal: number }>(
    `SELECT a.ordinal FROM classification a WHERE a.chunk_id = $1 AND a.category = ANY($2)
       AND NOT EXISTS (SELECT FROM handed_change h WHERE h.batch_id = a.batch_id AND h.ordinal = a.ordinal)
     ORDER BY a.ordinal LIMIT $3`,
    [chunkId, categories, limit],
  );
  return rows.map(({ ordinal }) => ordinal);
}

/** Of one item after the other, each with a larger ordinal than the one before: what was handed in of it, undefined for nothing, null where it was erased. */
export function handedReader(client: Querying, chunkId: string): (ordinal: number) => Promise<Uint8Array | null | undefined> {
  let [from, until] = [0, 0];
  let page = new Map<number, Uint8Array | null>();
  return async (ordinal) => {
    if (ordinal < from || ordinal >= until) {
      const { rows } = await client.query<{ ordinal: number; change: Uint8Array | null; total: number }>(
        `SELECT ordinal, change, total FROM ${withinBytes(
          `SELECT ordinal, change, bytes FROM handed_change WHERE chunk_id = $1 AND ordinal >= $2 ORDER BY ordinal LIMIT ${ROWS_AT_ONCE}`,
        )} page ORDER BY ordinal`,
        [chunkId, ordinal],
      );
      page = new Map(rows.map((row) => [row.ordinal, row.change]));
      const last = rows.at(-1);
      const all = !last || (last.total < ROWS_AT_ONCE && rows.length === last.total);
      [from, until] = [ordinal, all ? Number.POSITIVE_INFINITY : last.ordinal + 1];
    }
    return page.get(ordinal);
  };
}
