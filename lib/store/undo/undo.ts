/** What an undo writes down: which receipt each of its items undoes, and with which request. And the undos that there are of a batch. */
import type { BatchState } from '#lib/core/lifecycle.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

/** The batches that undo this one, the oldest first. */
export async function readUndosOf(
  { prisma }: WithModels,
  batchId: string,
): Promise<{ id: string; name: string; state: BatchState }[]> {
  const rows = await prisma.batch.findMany({
    where: { undoes: batchId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, name: true, state: true },
  });
  return rows.map((row) => ({ ...row, state: row.state as BatchState }));
}

export type UndoItem = {
  ordinal: number;
  step: number;
  leaf: Uint8Array;
  category: string;
  connector: string;
  connection: string | null;
  do: string;
  version: number;
  request: Uint8Array;
  undoneDigest: Uint8Array;
};

/** I5: stores which receipts are undone and the requests that would, a page at a time; insert-only. A request that many items share is stored once. */
export async function insertUndoItems({ prisma }: WithModels, batchId: string, items: readonly UndoItem[]): Promise<void> {
  const rows = items.map(({ request, leaf, undoneDigest, ...item }) => ({
    row: { ...item, batchId, leaf: bytesOf(leaf), undoneDigest: bytesOf(undoneDigest), requestDigest: bytesOf(sha256(request)) },
    request: bytesOf(request),
  }));
  // In one order for all, or two that store the same requests at once wait for each other.
  const requests = rows
    .map(({ row, request }) => ({ digest: row.requestDigest, bytes: request }))
    .sort((a, b) => Buffer.compare(a.digest, b.digest));
  for (const page of modelPages(requests)) {
    const { count } = await prisma.frozenRequest.createMany({ data: page, skipDuplicates: true });
    if (count < page.length) await bringBack({ prisma }, page);
  }
  for (const page of modelPages(rows)) await prisma.undoItem.createMany({ data: page.map(({ row }) => row) });
}

/** What was erased, and is to be sent anew in the very same bytes, is there again. */
async function bringBack(
  { prisma }: WithModels,
  requests: readonly { digest: Uint8Array<ArrayBuffer>; bytes: Uint8Array<ArrayBuffer> }[],
): Promise<void> {
  const gone = await prisma.frozenRequest.findMany({
    where: { digest: { in: requests.map(({ digest }) => digest) }, bytes: null },
    select: { digest: true },
  });
  for (const { digest } of gone) {
    const own = requests.find((request) => Buffer.from(request.digest).equals(digest));
    if (own) await prisma.frozenRequest.update({ where: { digest }, data: { bytes: own.bytes }, select: { digest: true } });
  }
}
