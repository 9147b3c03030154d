/** The items of a dataset that somebody looks for: by a text, by values, sorted by a field; and one item with its original bytes. */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { foldedJsonPattern, foldedPattern } from '#lib/core/find/fold.ts';
import { ORDERS_KEPT, ORIGINAL_SHOWN_BYTES, SORT_MS, SORT_ROWS_MAX } from '#lib/core/limits.ts';
import { type Meaning, meaningIn } from '#lib/core/values/meaning.ts';
import { EMPTY, valueReader } from '#lib/core/values/read-value.ts';
import type { DatasetItem, ItemOriginal } from '#lib/shapes/datasets.ts';
import { isNumber } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput } from '#lib/steps/page.ts';
import {
  findItemPage,
  itemsAt,
  readItemWithRaw,
  type SortValue,
  scanValues,
  type Wanted,
} from '#lib/store/datasets/found-items.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { inOrder, readDataset, readItems } from './read-datasets.ts';

export type FindInput = PageInput & {
  id: string;
  search?: string | undefined;
  is?: readonly { field: string; value: string }[] | undefined;
  sort?: string | undefined;
  order?: 'asc' | 'desc' | undefined;
};

export type FoundItems = Page<DatasetItem> & { looked: number; found: number | null };

/**
 * A page of what is asked for; null without the dataset. A page of a search ends after SEARCH_MS: it may be short, even empty, while `next` goes on.
 * @throws CountersignError `invalid` (a field that there is not), `too_large` (more than can be sorted, in number or in time).
 */
export async function findItems(actor: Actor, { search, is = [], sort, order, ...input }: FindInput): Promise<FoundItems | null> {
  const { id } = input;
  const dataset = await readDataset(actor, { id });
  if (!dataset) return null;
  const { itemCount } = dataset;
  const fields = new Set(dataset.fields.map(({ name }) => name));
  for (const { field } of is) if (!fields.has(field)) throw noField(field);
  if (sort !== undefined && !fields.has(sort)) throw noField(sort);

  const all = !search && is.length === 0;
  if (all && sort === undefined) {
    const page = await readItems(actor, input);
    return page && { ...page, looked: itemCount, found: itemCount };
  }
  const limit = limitOf(input);
  const after = numberCursor(input);
  const texts = search ? [{ value: foldedPattern(search), json: foldedJsonPattern(search) }] : [];
  const wanted: Wanted = { datasetId: id, last: itemCount, texts, is };
  const names = dataset.fields.map(({ name }) => name);
  const shown = (rows: DatasetItem[]) => rows.map(({ ordinal, fields: own }) => ({ ordinal, fields: inOrder(own, names) }));

  if (sort === undefined) {
    const { rows, looked } = await findItemPage(db().pool, wanted, after, limit);
    return { items: shown(rows), next: looked < itemCount ? String(looked) : null, looked, found: null };
  }
  if (all && itemCount > SORT_ROWS_MAX) throw tooMany(itemCount);
  const meanings = (await readMeanings(db().pool, { datasetId: id })) ?? {};
  const meaning = meaningIn(meanings, sort);
  const inOrderOf = await orderOf(wanted, { field: sort, descending: order === 'desc', meaning });
  const rows = await itemsAt(db().pool, id, [...inOrderOf.subarray(after, after + limit)]);
  const end = after + rows.length;
  return { items: shown(rows), next: end < inOrderOf.length ? String(end) : null, looked: itemCount, found: inOrderOf.length };
}

/** One item with its bytes as they stand in the file, read in the file's character set; null where there is none. */
export async function readItem(actor: Actor, { id, ordinal }: { id: string; ordinal: number }): Promise<ItemOriginal | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset || !isNumber(ordinal)) return null;
  const row = await readItemWithRaw(db().pool, id, ordinal, ORIGINAL_SHOWN_BYTES);
  if (!row) return null;
  const { raw, rawBytes, fields } = row;
  const { text, charset } = textInFile(raw, dataset.dialect?.charset);
  const names = dataset.fields.map(({ name }) => name);
  return { ordinal, fields: inOrder(fields, names), raw: text, rawBytes, charset };
}

/** The bytes of an item as text, in the character set that was detected of its file. */
export function textInFile(raw: Buffer, detected: unknown): { text: string; charset: string } {
  const charset = charsetOf(detected, raw);
  return { text: iconv.decode(raw, charset, { stripBOM: false }), charset };
}

/** A mail has a character set for each of its parts: its bytes are shown as UTF-8 where they are that, else each as one character. */
function charsetOf(detected: unknown, raw: Buffer): string {
  if (typeof detected === 'string' && iconv.encodingExists(detected)) return detected;
  return isUtf8(raw) ? 'UTF-8' : 'ISO-8859-1';
}

type Sort = { field: string; descending: boolean; meaning: Meaning };

/** What was sorted last. A dataset's rows do not change, so an order holds as long as the meaning by which it was made. */
const orders = new Map<string, Promise<Int32Array>>();

function orderOf(wanted: Wanted, sort: Sort): Promise<Int32Array> {
  const key = JSON.stringify([wanted, sort]);
  const known = orders.get(key);
  orders.delete(key);
  const order = known ?? sorted(wanted, sort);
  orders.set(key, order);
  order.catch(() => orders.delete(key));
  for (const oldest of orders.keys()) if (orders.size > ORDERS_KEPT) orders.delete(oldest);
  return order;
}

/** A value's place: what was read, what can't be read, what is empty. */
type Ranked = { ordinal: number; rank: 0 | 1 | 2; key: number | string };

async function sorted(wanted: Wanted, { field, descending, meaning }: Sort): Promise<Int32Array> {
  const read = valueReader(meaning);
  const rows: Ranked[] = [];
  const whole = await scanValues(db().pool, wanted, field, performance.now() + SORT_MS, (values) => {
    for (const value of values) rows.push(rankOf(value, read));
    return rows.length <= SORT_ROWS_MAX;
  });
  if (rows.length > SORT_ROWS_MAX) throw tooMany(null);
  if (!whole)
    throw new CountersignError(
      'too_large',
      `Finding what to sort took longer than ${SORT_MS / 1000} s. Search or filter for less.`,
    );
  const sign = descending ? -1 : 1;
  rows.sort((one, other) => {
    if (one.rank !== other.rank) return one.rank - other.rank;
    if (one.key === other.key) return one.ordinal - other.ordinal;
    return one.key < other.key ? -sign : sign;
  });
  return Int32Array.from(rows, ({ ordinal }) => ordinal);
}

function rankOf({ ordinal, value }: SortValue, read: ReturnType<typeof valueReader>): Ranked {
  const meant = value === null ? EMPTY : read(value);
  if (meant === EMPTY) return { ordinal, rank: 2, key: 0 };
  if (meant === null) return { ordinal, rank: 1, key: 0 };
  if (typeof meant === 'string') return { ordinal, rank: 0, key: meant.normalize('NFC').toLowerCase() };
  return { ordinal, rank: 0, key: typeof meant === 'object' ? meant.ms : Number(meant) };
}

function noField(name: string): CountersignError {
  return new CountersignError('invalid', `There is no field “${name}”. Choose one that the dataset has.`, {
    problems: [{ path: 'field', message: 'There is no such field.' }],
  });
}

function tooMany(count: number | null): CountersignError {
  const what = count === null ? 'What is looked for has more rows' : `${count.toLocaleString('en-US')} rows are more`;
  return new CountersignError(
    'too_large',
    `${what} than can be sorted at once, ${SORT_ROWS_MAX.toLocaleString('en-US')}. Search or filter for less: what is found can be sorted.`,
  );
}
