/** Changes of files that were approved and carried out here, and wait for a push; those that a push took along; and those that were taken back. */
import { CountersignError } from '#lib/core/errors.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** A change as a commit is made of it. */
export type StagedChange = {
  key: string;
  batchId: string;
  chunk: number;
  ordinal: number;
  at: Date;
  /** the bytes of its frozen request */
  request: Uint8Array;
};

export type StagedRow = { pushing: string | null; pushed: string | null; files: unknown; withdrawnBy: string | null };

/** Where changes lie: a repository and the branch that they were read from. */
export type StagedPlace = { batchId: string; connectionId: string; branch: string };

const PAGE = 500;

/** Keeps a change under the key of its action: once, however often. */
export async function stage(
  { prisma }: WithModels,
  row: StagedPlace & { key: string; ordinal: number; requestDigest: Uint8Array<ArrayBuffer> },
): Promise<void> {
  await prisma.stagedChange.createMany({ data: [row], skipDuplicates: true });
}

/** By the keys of their actions. */
export async function readStaged({ prisma }: WithModels, keys: readonly string[]): Promise<Map<string, StagedRow>> {
  const found = new Map<string, StagedRow>();
  for (let at = 0; at < keys.length; at += PAGE) {
    const rows = await prisma.stagedChange.findMany({
      where: { key: { in: keys.slice(at, at + PAGE) } },
      select: { key: true, pushing: true, pushed: true, files: true, withdrawnBy: true },
    });
    for (const { key, ...row } of rows) found.set(key, row);
  }
  return found;
}

/** Takes a change back, unless somebody may have sent it. False: it was sent or taken back by somebody else, or there is none. */
export async function withdraw({ prisma }: WithModels, key: string, by: string): Promise<boolean> {
  const { count } = await prisma.stagedChange.updateMany({
    where: { key, pushing: null, pushed: null, OR: [{ withdrawnBy: null }, { withdrawnBy: by }] },
    data: { withdrawnBy: by },
  });
  return count === 1;
}

/** The repositories and branches in which a batch has changes that no push took along, and how many. */
export async function readPlaces({ prisma }: WithModels, batchId: string): Promise<(StagedPlace & { changes: number })[]> {
  const groups = await prisma.stagedChange.groupBy({
    by: ['connectionId', 'branch'],
    where: { batchId, pushed: null, withdrawnBy: null },
    _count: true,
    orderBy: [{ connectionId: 'asc' }, { branch: 'asc' }],
  });
  return groups.map(({ connectionId, branch, _count: changes }) => ({ batchId, connectionId, branch, changes }));
}

/** How many of a batch's changes wait for a push, and how many a push took along. */
export async function countStaged({ prisma }: WithModels, batchId: string): Promise<{ waiting: number; sent: number }> {
  const waiting = await prisma.stagedChange.count({ where: { batchId, pushed: null, withdrawnBy: null } });
  const sent = await prisma.stagedChange.count({ where: { batchId, pushed: { not: null } } });
  return { waiting, sent };
}

/**
 * In the order of their items, page by page, for commits to be made of them. `items`: only those of these ordinals. What was taken back, and what a push took along
 * (but for `tip`, its own), is left out, and so is what no receipt says was done. Throws where an erasure took the request of one.
 */
export async function* readChanges(
  models: WithModels,
  place: StagedPlace,
  { items, tip }: { items: (ordinal: number) => boolean; tip: string | null },
): AsyncGenerator<StagedChange[]> {
  const { prisma } = models;
  const { batchId, connectionId, branch } = place;
  const free = tip === null ? { pushed: null } : { OR: [{ pushed: null }, { pushed: tip }] };
  for (let after = 0; ; ) {
    const rows = await prisma.stagedChange.findMany({
      where: { batchId, connectionId, branch, ...free, withdrawnBy: null, ordinal: { gt: after } },
      orderBy: { ordinal: 'asc' },
      take: PAGE,
      select: { key: true, ordinal: true, at: true, requestDigest: true },
    });
    if (rows.length === 0) return;
    after = rows.at(-1)?.ordinal ?? after;
    const wanted = rows.filter(({ ordinal }) => items(ordinal));
    const bytes = await prisma.frozenRequest.findMany({ where: { digest: { in: wanted.map((row) => row.requestDigest) } } });
    const byDigest = new Map(bytes.map((one) => [Buffer.from(one.digest).toString('hex'), one.bytes]));
    const receipts = await prisma.receipt.findMany({
      where: { batchId, ordinal: { in: wanted.map(({ ordinal }) => ordinal) } },
      orderBy: { step: 'asc' },
      select: { ordinal: true, chunk: true, result: true },
    });
    const last = new Map(receipts.map((receipt) => [receipt.ordinal, receipt]));
    // What a person said did not happen is not to be pushed.
    const done = wanted.filter(({ ordinal }) => last.get(ordinal)?.result === 'succeeded');
    yield done.map(({ key, ordinal, at, requestDigest }) => {
      const request = byDigest.get(Buffer.from(requestDigest).toString('hex'));
      if (!request) throw new CountersignError('conflict', `The request of item ${ordinal} is not kept any more.`);
      return { key, batchId, chunk: last.get(ordinal)?.chunk ?? 0, ordinal, at, request };
    });
  }
}

/**
 * Before a push goes out: from now on none of these is taken back. False: one of them was, or another push took it along.
 * @param keys each once
 */
export async function beginPush({ prisma }: WithModels, keys: readonly string[], tip: string): Promise<boolean> {
  for (let at = 0; at < keys.length; at += PAGE) {
    const page = keys.slice(at, at + PAGE);
    const { count } = await prisma.stagedChange.updateMany({
      where: { key: { in: page }, withdrawnBy: null, OR: [{ pushed: null }, { pushed: tip }] },
      data: { pushing: tip },
    });
    if (count !== page.length) return false;
  }
  return true;
}

/** The push did certainly not happen: its changes wait again, and can be taken back. */
export async function endPush({ prisma }: WithModels, batchId: string, tip: string): Promise<void> {
  await prisma.stagedChange.updateMany({ where: { batchId, pushing: tip, pushed: null }, data: { pushing: null } });
}

/** The server has it: which files each change was, before and after. */
export async function keepPushed(
  { prisma }: WithModels,
  commits: readonly { key: string; files: readonly { before: string | null; after: string | null }[] }[],
  tip: string,
): Promise<void> {
  for (const { key, files } of commits) {
    const ids = files.map(({ before, after }) => [before, after]);
    await prisma.stagedChange.updateMany({ where: { key, pushed: null }, data: { pushed: tip, pushing: tip, files: ids } });
  }
}
