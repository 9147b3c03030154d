/** The receipts of the batch itself (chunk 0): its start, the revisions of its rules, and its closing. Each is stored in the transaction of what it says. */
import { createHash } from 'node:crypto';
import { PLAN_RANGES_MAX } from '#lib/core/limits.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import { sha256Hex } from '#lib/ledger/canonical.ts';
import { type ClosingBody, type PlanBody, rangesOf, type StartBody, sealReceipt } from '#lib/ledger/receipt.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import { readToClose, takeBatchSequence } from './batch-receipts.sql.ts';
import type { PersonalValue } from './receipts.sql.ts';
import { commitTo, NO_STEP, storeReceipts } from './receipts.ts';

/** Who started it, as the receipt names them. */
type Starter = { id: string; via: 'page' | 'api' };

/** The receipt of a start: what was started, as it stands in the batch's row and its chunks. The caller has moved the batch, and so holds its row. */
export async function storeStart(tx: Tx, batchId: string, instruction: string | null, starter: Starter): Promise<void> {
  const batch = await tx.prisma.batch.findUniqueOrThrow({
    where: { id: batchId },
    select: {
      ...{ datasetId: true, planDigest: true, seed: true },
      dataset: { select: { unreadableCount: true } },
      reading: { select: { digest: true } },
    },
  });
  const { _count: chunks, _sum: sum } = await tx.prisma.chunk.aggregate({
    where: { batchId },
    _count: { _all: true },
    _sum: { itemCount: true },
  });
  const { commitments, values } = commitTo({ instruction });
  const body: StartBody = {
    v: 1,
    kind: 'start',
    batch: batchId,
    chunk: 0,
    dataset: batch.datasetId,
    reading: batch.reading && hex(batch.reading.digest),
    items: sum.itemCount ?? 0,
    unreadable: batch.dataset.unreadableCount,
    chunks: chunks._all,
    plan: hex(batch.planDigest),
    revision: 1,
    seedHash: batch.seed ? sha256Hex(batch.seed) : null,
    ...commitments,
    by: starter.id,
    via: starter.via,
    at: new Date().toISOString(),
  };
  await store(tx, body, values);
}

/**
 * The closing receipt, where one is due: the batch is over, every chunk has come to its end, and nothing is in flight. What comes later, a retry or an answer,
 * brings a further one. The caller has locked the batch in a statement before, so that of two ends at once the later sees both. Gives whether it stored one.
 */
export async function storeClosing(tx: Tx, batchId: string): Promise<boolean> {
  const due = await readToClose(tx, batchId);
  if (!due) return false;
  const { state, seed, seqs, closed } = due;
  const lines = createHash('sha256');
  for (const { chunk, seq } of seqs) lines.update(`${chunk} ${seq}\n`);
  const body: ClosingBody = {
    v: 1,
    kind: 'closing',
    batch: batchId,
    chunk: 0,
    state,
    seqs: lines.digest('hex'),
    receipts: seqs.reduce((sum, { seq }) => sum + seq, 0),
    seed: closed || !seed ? null : hex(seed),
    by: SYSTEM.id,
    at: new Date().toISOString(),
  };
  await store(tx, body, []);
  return true;
}

/**
 * The receipts of a revision of the rules: a further one beyond PLAN_RANGES_MAX ranges of chunks. The caller has locked the batch. Gives the number of the first.
 *
 * @param plan the digests of the plan before and now
 */
export async function storeRevision(
  tx: Tx,
  batchId: string,
  { revision, before, plan, chunks }: { revision: number; before: string; plan: string; chunks: readonly number[] },
  { instruction, note }: { instruction: string | null; note: string | null },
  { id: by, via }: Starter,
): Promise<number> {
  const ranges = rangesOf(chunks);
  const at = new Date().toISOString();
  let first = 0;
  for (let from = 0; from === 0 || from < ranges.length; from += PLAN_RANGES_MAX) {
    const { commitments, values } = commitTo({ instruction, note });
    const own = ranges.slice(from, from + PLAN_RANGES_MAX);
    const seq = await store(
      tx,
      {
        ...{ v: 1, kind: 'plan', batch: batchId, chunk: 0, revision, before, plan, chunks: own },
        ...{ ...commitments, by, via, at },
      },
      values,
    );
    first ||= seq;
  }
  return first;
}

async function store(tx: Tx, body: StartBody | PlanBody | ClosingBody, values: readonly PersonalValue[]): Promise<number> {
  const seq = await takeBatchSequence(tx, body.batch);
  await storeReceipts(tx, body.batch, [{ ...sealReceipt(body), ...NO_STEP, chunk: 0, seq, kind: body.kind, values }]);
  return seq;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
