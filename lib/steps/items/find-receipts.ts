/** Receipts of a batch by what is wanted of them: outcome, kind, chunk, category, person, time, and the values of their receipt fields. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { ReceiptsAsked } from '#lib/shapes/stories.ts';
import { isId, NUMBER_MAX } from '#lib/steps/ids.ts';
import { badCursor, limitOf, type Page, type PageInput } from '#lib/steps/page.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { likePattern } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { findReceipts as findSpots, readReceiptPeople, type Spot } from '#lib/store/receipts/receipt-filters.sql.ts';
import { readReceiptsAt } from '#lib/store/receipts/receipt-reads.sql.ts';

type Input = PageInput & ReceiptsAsked & { batchId: string };

export type FoundReceipts = Page<ReceiptRow> & { looked: number };

/**
 * By the time of their commits; with nothing asked for, by chunk and number. A page of what no index finds ends after RECEIPTS_LOOK_MS: it may be short, or
 * empty, while `next` goes on. Null when there is no such batch.
 * @throws CountersignError `invalid` for a cursor of another list
 */
export async function findReceipts(
  actor: Actor,
  { batchId, limit: most, cursor, order, ...asked }: Input,
): Promise<FoundReceipts | null> {
  authorise(actor, 'see_batch');
  const page = { limit: most, cursor };
  if (order === undefined && Object.values(asked).every((one) => one === undefined)) {
    const read = await readReceipts(actor, { batchId, ...page });
    return read && { ...read, looked: read.items.length };
  }
  const limit = limitOf(page);
  const after = spotOf(cursor);
  const { pool } = db();
  const batch = isId(batchId) ? await readBatchFacts(pool, batchId) : null;
  if (!batch) return null;
  await tellOpened(actor, 'batch_opened', batch);
  const { outcome = null, kind = null, chunk = null, category = null, person = null, from, to, text } = asked;
  const fields = batch.plan.receiptFields;
  const { spots, looked, next } = await findSpots(
    pool,
    {
      ...{
        batchId,
        newest: order === 'newest',
        chunk,
        result: outcome,
        kind,
        category,
        person,
        from: timeOf(from),
        to: timeOf(to),
      },
      text: text === undefined ? null : { like: likePattern(text), fields },
    },
    after,
    limit,
  );
  const stored = new Map((await readReceiptsAt(pool, batchId, spots)).map((one) => [`${one.chunk}.${one.seq}`, one]));
  const inOrder = spots.flatMap((spot) => stored.get(`${spot.chunk}.${spot.seq}`) ?? []);
  return {
    items: await receiptReader(db(), batch, { sees: may(actor, 'see') }).rows(inOrder),
    next: next && `${next.at}.${next.chunk}.${next.seq}`,
    looked,
  };
}

/** Whom the receipts of a batch can be asked for by, by name. */
export async function readPeopleOf(actor: Actor, { batchId }: { batchId: string }): Promise<{ id: string; name: string }[]> {
  authorise(actor, 'see_batches');
  const ids = isId(batchId) ? await readReceiptPeople(db().pool, batchId) : [];
  const names = await readNames(db(), ids);
  return ids.map((id) => ({ id, name: actorName(id, names) })).sort((one, other) => (one.name < other.name ? -1 : 1));
}

function spotOf(cursor: string | null | undefined): Spot | null {
  if (!cursor) return null;
  const [, at = '', chunk, seq] = /^(\d{1,16})\.(\d{1,10})\.(\d{1,10})$/.exec(cursor) ?? [];
  const numbers = [Number(chunk), Number(seq)];
  if (!numbers.every((number) => number <= NUMBER_MAX)) throw badCursor();
  return { at, chunk: numbers[0] ?? 0, seq: numbers[1] ?? 0 };
}

/** Before there was a computer there was no receipt; and no database knows the year 0. */
function timeOf(iso: string | undefined): Date | null {
  return iso === undefined ? null : new Date(Math.max(0, Date.parse(iso)));
}
