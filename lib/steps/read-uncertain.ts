/** What was sent and never answered. */
import type { Actor } from '../auth/actor.ts';
import { authorise, may } from '../auth/authorise.ts';
import { fieldsLine } from '../core/receipt-line.ts';
import { readBatchFacts, readChunksNow } from '../store/batch-reads.ts';
import { db } from '../store/db.ts';
import { readDoubts } from '../store/receipt-reads.ts';
import { foldChunks } from '../store/sum.ts';
import { isId, limitOf, numberCursor, type Page, type PageInput } from './page.ts';
import { receiptReader } from './receipt-rows.ts';

export type UncertainItem = {
  ordinal: number;
  chunk: number;
  fields: Record<string, string>;
  /** what names the item */
  line: string;
  /** what was sent, in words: "POST https://…"; null for who may not see items, for it can hold any of their fields */
  request: string | null;
  intentAt: string;
  uncertainAt: string;
  /** a code: timeout, worker_lost, … */
  reason: string | null;
  state: 'uncertain' | 'abandoned';
};

/** Actions whose last receipt says uncertain, or that a person accepted as unknown, by ordinal; null when there is no such batch. */
export async function readUncertain(actor: Actor, input: PageInput & { batchId: string }): Promise<Page<UncertainItem> | null> {
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
  const items = doubts.slice(0, limit).map((doubt, index): UncertainItem => {
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
      state: doubt.result === 'abandoned' ? 'abandoned' : 'uncertain',
    };
  });
  return { items, next: doubts.length > limit ? String(items.at(-1)?.ordinal) : null };
}
