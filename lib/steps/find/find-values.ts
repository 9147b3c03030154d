/** What is found by a value: items by any of their fields, receipts by their receipt fields and by the name “7-42”. */
import { aroundHit, type FindQuery, hitsIn, isWhole, jsonPatternsOf, patternsOf } from '#lib/core/find/query.ts';
import {
  FIND_RECEIPT_BATCHES,
  FIND_STATEMENT_MS,
  FIND_VALUE_CHARS,
  FIND_VALUES_MS,
  RECEIPT_SEARCH_BATCHES,
} from '#lib/core/limits.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { Found } from '#lib/shapes/find.ts';
import { labelsOf } from '#lib/steps/datasets/noun.ts';
import { NUMBER_MAX } from '#lib/steps/ids.ts';
import { searchReceipts } from '#lib/steps/items/search-receipts.ts';
import { badCursor, instantCursor, numbersCursor } from '#lib/steps/page.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { findItemPage } from '#lib/store/datasets/found-items.sql.ts';
import type { ItemRow } from '#lib/store/datasets/items.sql.ts';
import { readBatchesOfItems, readBatchesOfReceipt } from '#lib/store/find/places.sql.ts';
import { countItems, type DatasetLooked, readBatchesNamed, readDatasetsFrom } from '#lib/store/find/values.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptsAt } from '#lib/store/receipts/receipt-reads.sql.ts';
import { exactFirst, type Finder, found } from './finder.ts';

/** The newest datasets first, each in the order of its file. */
export const findItemValues: Finder['find'] = async ({ query, limit, cursor, ended }) => {
  const until = performance.now() + FIND_VALUES_MS;
  const json = jsonPatternsOf(query);
  const texts = patternsOf(query).map((value, index) => ({ value, json: json[index] ?? '' }));
  const of = await countItems(db());
  const items: Found[] = [];
  let count = 0;
  let at = itemSpot(cursor);
  const answer = (next: boolean) => ({
    items: exactFirst(items),
    next: next && at ? `${at.createdAt}_${at.id}_${at.ordinal}` : null,
    looked: { what: 'items', count, of },
  });
  for (;;) {
    const datasets = await readDatasetsFrom(db(), at, RECEIPT_SEARCH_BATCHES);
    for (const dataset of datasets) {
      const { id: datasetId, itemCount: last } = dataset;
      const after = at?.id === datasetId ? at.ordinal : 0;
      if (after < last) {
        const budget = { until, statementMs: FIND_STATEMENT_MS, ended };
        const { rows, looked } = await findItemPage(
          db().pool,
          { datasetId, last, texts, is: [] },
          after,
          limit - items.length,
          budget,
        );
        items.push(...(await itemsOf(dataset, rows, query)));
        count += looked - after;
        at = { createdAt: dataset.createdAt.toISOString(), id: datasetId, ordinal: looked };
        if (looked < last || items.length >= limit || performance.now() >= until || ended.aborted) return answer(true);
      }
      at = { createdAt: dataset.createdAt.toISOString(), id: datasetId, ordinal: last };
    }
    if (datasets.length < RECEIPT_SEARCH_BATCHES) return answer(false);
  }
};

type ItemSpot = { createdAt: string; id: string; ordinal: number };

function itemSpot(cursor: string | null): ItemSpot | null {
  if (!cursor) return null;
  const cut = cursor.lastIndexOf('_');
  const dataset = instantCursor({ cursor: cursor.slice(0, Math.max(0, cut)) });
  if (dataset === null) throw badCursor();
  return { ...dataset, ordinal: numbersCursor({ cursor: cursor.slice(cut + 1) }, 1)[0] ?? 0 };
}

/** Each in the newest batch that has it: there is its story. */
async function itemsOf(dataset: DatasetLooked, rows: readonly ItemRow[], query: FindQuery): Promise<Found[]> {
  if (rows.length === 0) return [];
  const { id, name, format } = dataset;
  const where = await readBatchesOfItems(
    db().pool,
    id,
    rows.map(({ ordinal }) => ordinal),
  );
  const batches = await readBatchesNamed(db(), [...new Set(where.values())]);
  const labels = labelsOf(format);
  const inOrder = fieldNames(dataset.fields);
  return rows.map(({ ordinal, fields }) => {
    const batch = batches.get(where.get(ordinal) ?? '');
    const naming = batch ? storedPlan(batch.plan).value.receiptFields : [];
    const textOf = (field: string) => (Object.hasOwn(fields, field) ? (fields[field] ?? '') : '');
    const named = [...naming, ...inOrder].filter(
      (field, index, all) => all.indexOf(field) === index && textOf(field).trim() !== '',
    );
    const title = (naming.length > 0 ? named.filter((field) => naming.includes(field)) : named.slice(0, TITLE_FIELDS))
      .map((field) => aroundHit(query, textOf(field), FIND_VALUE_CHARS))
      .join(' | ');
    const all = Object.keys(fields);
    const whole = all.find((field) => isWhole(query, textOf(field)));
    const field = whole ?? all.find((one) => hitsIn(query, textOf(one).slice(0, HIT_SOUGHT_CHARS)).length > 0) ?? null;
    return found({
      title: title || `Item ${ordinal}`,
      ...(field === null ? {} : { field: labels[field] ?? field, value: aroundHit(query, textOf(field), FIND_VALUE_CHARS) }),
      exact: whole !== undefined,
      ...(batch ? { batch: { id: batch.id, name: batch.name } } : {}),
      dataset: { id, name },
      ordinal,
    });
  });
}

/** Of an item that no plan names by anything. */
const TITLE_FIELDS = 3;
const HIT_SOUGHT_CHARS = 200_000;

function fieldNames(stored: unknown): string[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((one: unknown) => {
    const name = typeof one === 'object' && one !== null && 'name' in one ? one.name : null;
    return typeof name === 'string' ? [name] : [];
  });
}

/** The last receipt of each item that has it in a receipt field; and before them, the receipts that are named so. */
export const findReceiptValues: Finder['find'] = async ({ actor, query, q, limit, cursor, batchId, ended }) => {
  const named = cursor === null ? await receiptsNamed(query, batchId, limit) : [];
  const left = limit - named.length;
  if (left <= 0) return { items: named, next: null, looked: { what: 'receipts', count: named.length, of: null } };
  const { items, next, looked } = await searchReceipts(
    actor,
    { text: q, limit: left, cursor },
    { ms: FIND_VALUES_MS, statementMs: FIND_STATEMENT_MS, ended },
  );
  const told = items.map(({ batch, ordinal, chunk, seq, line, fields }) =>
    found({ title: line, batch, ordinal, chunk, seq, exact: Object.values(fields).some((value) => isWhole(query, value)) }),
  );
  return { items: [...named, ...exactFirst(told)], next, looked: { what: 'receipts', count: looked.receipts, of: null } };
};

async function receiptsNamed({ whole }: FindQuery, at: string | null, limit: number): Promise<Found[]> {
  const [, chunk = 0, seq = 0] = (/^(\d{1,10})[-.](\d{1,10})$/.exec(whole) ?? []).map(Number);
  if (seq < 1 || seq > NUMBER_MAX || chunk > NUMBER_MAX) return [];
  const ids = await readBatchesOfReceipt(db().pool, { chunk, seq, at }, { batches: FIND_RECEIPT_BATCHES, limit });
  const batches = await readBatchesNamed(db(), ids);
  const all = await Promise.all(
    ids.map(async (id) => {
      const batch = batches.get(id);
      if (!batch) return [];
      const stored = await readReceiptsAt(db().pool, id, [{ chunk, seq }]);
      const rows = await receiptReader(db(), { id, plan: storedPlan(batch.plan).value }).rows(stored);
      return rows.map(({ line, ordinal }) =>
        found({ title: line, batch: { id, name: batch.name }, ordinal, chunk, seq, exact: true }),
      );
    }),
  );
  return all.flat();
}
