/** What was sent and never answered. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { uncertainWords } from '#lib/connectors/registry.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { workerName } from '#lib/core/fleet/worker-name.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { UncertainGroup, UncertainItem } from '#lib/shapes/uncertain.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readLate } from '#lib/store/errands/errands.sql.ts';
import { readWorkerNames } from '#lib/store/fleet/workers.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readUncertainReceipts } from '#lib/store/receipts/receipt-reads.sql.ts';
import { readUncertainGroups } from '#lib/store/uncertain/uncertain.sql.ts';
import { inspector } from './ask-targets.ts';
import { groupId } from './groups.ts';

export type UncertainPage = Page<UncertainItem> & { groups: UncertainGroup[] };

/** Actions whose last receipt says uncertain, or that a person accepted as unknown, by ordinal; null when there is no such batch. */
export async function readUncertain(actor: Actor, input: PageInput & { batchId: string }): Promise<UncertainPage | null> {
  authorise(actor, 'see_batches');
  const limit = limitOf(input);
  const after = numberCursor(input);
  const { batchId } = input;
  const { pool } = db();
  const batch = isId(batchId) ? await readBatchFacts(pool, batchId) : null;
  if (!batch) return null;
  const maySee = may(actor, 'see');
  const receipts = await readUncertainReceipts(pool, batchId, { after, limit: limit + 1 });
  const rows = await receiptReader(db(), batch, { sees: maySee }).rows(receipts);
  const words = actionWords(batch.plan);
  const names = await readNames(
    db(),
    receipts.flatMap(({ inspection }) => inspection?.by ?? []),
  );
  const late = maySee ? await readLate(pool, batchId, receipts) : new Map<string, string>();
  const { shown, next } = pageOf(receipts, limit, ({ ordinal }) => ordinal ?? 0);
  const items = shown.map((receipt, index): UncertainItem => {
    const fields = rows[index]?.fields ?? {};
    return {
      ordinal: receipt.ordinal ?? 0,
      chunk: receipt.chunk,
      fields,
      line: fieldsLine(batch.plan, fields),
      request: maySee && receipt.method && receipt.url ? `${receipt.method} ${receipt.url}` : null,
      intentAt: receipt.intentAt.toISOString(),
      uncertainAt: receipt.uncertainAt.toISOString(),
      reason: receipt.reason,
      why: uncertainWords(receipt.connector, receipt.reason).why,
      state: receipt.result === 'abandoned' ? 'abandoned' : 'uncertain',
      action: words.get(receipt.category ?? '')?.will ?? null,
      body: maySee ? receipt.sent : null,
      bodyCut: maySee && receipt.sentChars > (receipt.sent?.length ?? 0),
      worker: workerName(receipt.worker),
      attempt: receipt.attempt,
      idempotencyKey: receipt.idempotencyKey,
      inspection: receipt.inspection && {
        ...receipt.inspection,
        by: receipt.inspection.by.startsWith('worker:') ? 'a worker' : actorName(receipt.inspection.by, names),
      },
      late: late.get(receipt.idempotencyKey) ?? null,
      canAsk: receipt.request !== null && inspector(receipt.connector, receipt.request) !== null,
    };
  });
  return { items, next, groups: await groupsOf(batchId) };
}

/** The parts of each cause, chunk by chunk, put together; the largest group first. */
async function groupsOf(batchId: string): Promise<UncertainGroup[]> {
  const { pool } = db();
  const parts = await readUncertainGroups(pool, batchId);
  const workers = await readWorkerNames(parts.flatMap(({ lost }) => lost ?? []));
  const groups = [...Map.groupBy(parts, ({ reason, lost }) => JSON.stringify([reason, lost])).values()].map(
    (own): UncertainGroup => {
      const { reason, lost, connector, request } = own[0] as (typeof own)[number];
      const times = own.flatMap(({ from, to }) => [from.getTime(), to.getTime()]);
      return {
        id: groupId({ batchId, cause: { reason, lost }, seen: own.map(({ chunk, seq }) => [chunk, seq] as const) }),
        reason,
        cause: uncertainWords(connector, reason).cause,
        worker: lost === null ? null : workerName(workers.get(lost) ?? { id: lost, host: null, pid: null }),
        count: own.reduce((sum, { count }) => sum + count, 0),
        from: new Date(Math.min(...times)).toISOString(),
        to: new Date(Math.max(...times)).toISOString(),
        canAsk: request !== null && inspector(connector, request) !== null,
      };
    },
  );
  return groups.sort((a, b) => b.count - a.count);
}
