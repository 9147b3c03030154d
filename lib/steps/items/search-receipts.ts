/** Items of all batches by a value of their receipts: from a customer's name to what was done, for whoever may not see items too. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { patternsOf, readQuery } from '#lib/core/find/query.ts';
import { RECEIPT_SEARCH_BATCHES, SEARCH_MS } from '#lib/core/limits.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import { receiptSearch, type SearchedReceipts } from '#lib/shapes/stories.ts';
import { badCursor, instantCursor, limitOf, numbersCursor, type PageInput } from '#lib/steps/page.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { type BatchPlanned, readBatchesFrom } from '#lib/store/batches/batches.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptsAt } from '#lib/store/receipts/receipt-reads.sql.ts';
import { type Place, readLastPlaces, searchValues } from '#lib/store/receipts/receipt-search.sql.ts';
import type { Windows } from '#lib/store/receipts/windows.sql.ts';

/**
 * The newest batches first; every word has to be in a value of one receipt. A page ends after `ms`, SEARCH_MS by itself, too: it may be short, or empty, while
 * `next` goes on. `ended` ends it before.
 * @throws CountersignError `invalid` for a text that is none, or a cursor of another list
 */
export async function searchReceipts(
  actor: Actor,
  input: PageInput & { text: string },
  { ms = SEARCH_MS, ...windows }: Omit<Windows, 'until'> & { ms?: number } = {},
): Promise<SearchedReceipts> {
  authorise(actor, 'see_batches');
  const read = receiptSearch.text.safeParse(input.text);
  const query = read.success ? readQuery(read.data) : (read.error.issues[0]?.message ?? '');
  if (typeof query === 'string')
    throw new CountersignError('invalid', `This can't be looked for: ${query}`, { problems: [{ path: 'text', message: query }] });
  await tellOpened(actor, 'searched');
  const patterns = patternsOf(query);
  const limit = limitOf(input);
  const until = performance.now() + ms;
  const found: SearchedReceipts = { items: [], next: null, looked: { batches: 0, receipts: 0 } };
  let from: From | null = fromOf(input.cursor);
  for (;;) {
    const batches = await readBatchesFrom(db(), from, RECEIPT_SEARCH_BATCHES);
    for (const batch of batches) {
      const after = from?.id === batch.id ? from.after : FIRST;
      const next = await searchBatch(batch, after, { patterns, limit, windows: { ...windows, until } }, found);
      from = { createdAt: batch.createdAt.toISOString(), id: batch.id, after: next ?? LAST };
      if (next !== null || found.items.length >= limit || performance.now() >= until || windows.ended?.aborted)
        return { ...found, next: cursorOf(from) };
    }
    if (batches.length < RECEIPT_SEARCH_BATCHES) return found;
  }
}

const FIRST: Place = { chunk: 0, seq: 0 };
/** Behind all of a batch. */
const LAST: Place = { chunk: 2 ** 31 - 1, seq: 2 ** 31 - 1 };

type From = { createdAt: string; id: string; after: Place };

function cursorOf({ createdAt, id, after: { chunk, seq } }: From): string {
  return `${createdAt}_${id}_${chunk}.${seq}`;
}

function fromOf(cursor: string | null | undefined): From | null {
  if (!cursor) return null;
  const cut = cursor.lastIndexOf('_');
  const batch = instantCursor({ cursor: cursor.slice(0, Math.max(0, cut)) });
  if (batch === null) throw badCursor();
  const [chunk = 0, seq = 0] = numbersCursor({ cursor: cursor.slice(cut + 1) }, 2);
  return { ...batch, after: { chunk, seq } };
}

/** Adds what one batch has; where to go on in it, null when that was all. */
async function searchBatch(
  { id, name, plan: stored }: BatchPlanned,
  after: Place,
  { patterns, limit, windows }: { patterns: readonly string[]; limit: number; windows: Windows },
  found: SearchedReceipts,
): Promise<Place | null> {
  const { pool } = db();
  const plan = storedPlan(stored).value;
  const fields = plan.receiptFields;
  // It was looked through by the page before.
  if (after.chunk === LAST.chunk) return null;
  found.looked.batches += 1;
  if (fields.length === 0) return null;
  const searched = await searchValues(pool, { batchId: id, fields, patterns }, after, {
    ...windows,
    limit: limit - found.items.length,
  });
  found.looked.receipts += searched.looked;
  if (searched.items.length === 0) return searched.next;
  const last = await readLastPlaces(
    pool,
    id,
    searched.items.map(({ ordinal }) => ordinal),
  );
  const receipts = await readReceiptsAt(pool, id, [...last.values()]);
  const rows = new Map((await receiptReader(db(), { id, plan }).rows(receipts)).map((row) => [row.ordinal, row]));
  for (const { ordinal } of searched.items) {
    const row = rows.get(ordinal);
    if (!row) continue;
    const { chunk, seq, kind, result, committedAt, line } = row;
    const shown = Object.fromEntries(
      fields.flatMap((field) => (Object.hasOwn(row.fields, field) ? [[field, row.fields[field] ?? '']] : [])),
    );
    found.items.push({ batch: { id, name }, ordinal, chunk, seq, kind, result, committedAt, line, fields: shown });
  }
  return searched.next;
}
