/** What was sent and never answered. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { doubtWords } from '#lib/connectors/registry.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { DoubtGroup, UncertainItem } from '#lib/shapes/uncertain.ts';
import { isId, limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readBatchFacts, readChunksNow, readNames } from '#lib/store/batches/batch-reads.ts';
import { readWorkerNames } from '#lib/store/fleet/workers.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readDoubts } from '#lib/store/receipts/receipt-reads.ts';
import { foldChunks } from '#lib/store/receipts/sum.ts';
import { readDoubtGroups } from '#lib/store/uncertain/doubts.ts';
import { inspector } from './ask-targets.ts';
import { groupId } from './doubt-groups.ts';

export type UncertainPage = Page<UncertainItem> & { groups: DoubtGroup[] };

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
  const folded = await foldChunks(pool, batchId, await readChunksNow(pool, batchId));
  const chunks = [...folded]
    .filter(
      ([
        ,
        {
          folded: { states },
        },
      ]) => (states.uncertain ?? 0) + (states.abandoned ?? 0) > 0,
    )
    .map(([number]) => number);
  const doubts = chunks.length === 0 ? [] : await readDoubts(pool, batchId, { chunks, after, limit: limit + 1 });
  const rows = await receiptReader(pool, batch).rows(doubts);
  const words = actionWords(batch.plan);
  const names = await readNames(
    pool,
    doubts.flatMap(({ inspection }) => inspection?.by ?? []),
  );
  const { shown, next } = pageOf(doubts, limit, ({ ordinal }) => ordinal ?? 0);
  const items = shown.map((doubt, index): UncertainItem => {
    const fields = rows[index]?.fields ?? {};
    return {
      ordinal: doubt.ordinal ?? 0,
      chunk: doubt.chunk,
      fields,
      line: fieldsLine(batch.plan, fields),
      request: maySee && doubt.method && doubt.url ? `${doubt.method} ${doubt.url}` : null,
      intentAt: doubt.intentAt.toISOString(),
      uncertainAt: doubt.uncertainAt.toISOString(),
      reason: doubt.reason,
      why: doubtWords(doubt.connector, doubt.reason).why,
      state: doubt.result === 'abandoned' ? 'abandoned' : 'uncertain',
      action: words.get(doubt.category ?? '')?.will ?? null,
      body: maySee ? doubt.sent : null,
      bodyCut: maySee && doubt.sentChars > (doubt.sent?.length ?? 0),
      worker: workerName(doubt.worker),
      attempt: doubt.attempt,
      idempotencyKey: doubt.idempotencyKey,
      inspection: doubt.inspection && {
        ...doubt.inspection,
        by: names.get(doubt.inspection.by) ?? (doubt.inspection.by.startsWith('worker:') ? 'a worker' : doubt.inspection.by),
      },
      canAsk: doubt.request !== null && inspector(doubt.connector, doubt.request) !== null,
    };
  });
  const groups = chunks.length === 0 ? [] : await groupsOf(batchId, chunks);
  return { items, next, groups };
}

/** The parts of each cause, chunk by chunk, put together; the largest group first. */
async function groupsOf(batchId: string, chunks: number[]): Promise<DoubtGroup[]> {
  const { pool } = db();
  const parts = await readDoubtGroups(pool, batchId, chunks);
  const workers = await readWorkerNames(
    pool,
    parts.flatMap(({ lost }) => lost ?? []),
  );
  const groups = [...Map.groupBy(parts, ({ reason, lost }) => JSON.stringify([reason, lost])).values()].map((own): DoubtGroup => {
    const { reason, lost, connector, request } = own[0] as (typeof own)[number];
    const times = own.flatMap(({ from, to }) => [from.getTime(), to.getTime()]);
    return {
      id: groupId({ batchId, cause: { reason, lost }, seen: own.map(({ chunk, seq }) => [chunk, seq] as const) }),
      reason,
      cause: doubtWords(connector, reason).cause,
      worker: lost === null ? null : workerName(workers.get(lost) ?? { id: lost, host: null, pid: null }),
      count: own.reduce((sum, { count }) => sum + count, 0),
      from: new Date(Math.min(...times)).toISOString(),
      to: new Date(Math.max(...times)).toISOString(),
      canAsk: request !== null && inspector(connector, request) !== null,
    };
  });
  return groups.sort((a, b) => b.count - a.count);
}

/** By its process and machine, as the fleet lists it; by the beginning of its id once its row is gone. */
function workerName({ id, host, pid }: { id: string; host: string | null; pid: number | null }): string {
  return host === null ? id.replace(/^worker:/, '').slice(0, 8) : `${pid} on ${host}`;
}
