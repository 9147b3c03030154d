/** The items of a chunk with their classifications: all or those that somebody looks for, in the order of the file or sorted, page by page. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_SORT_ITEMS_MAX, MOVED_ITEMS_MAX } from '#lib/core/limits.ts';
import { meaningIn } from '#lib/core/values/meaning.ts';
import { EMPTY, type Read, valueReader } from '#lib/core/values/read-value.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { type ChunkFilter, type ChunkItemsAsked, chunkItemsAsked, type ItemSet } from '#lib/shapes/chunk-items.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { badCursor, limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { type ChunkOf, type ClassifiedItem, readClassified } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import {
  countMatching,
  readItemPage,
  readSortKeys,
  type SortedBy,
  type SortKey,
  type Wanted,
} from '#lib/store/checkpoints/chunk-items.sql.ts';
import { lookAt } from '#lib/store/checkpoints/looks.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { readTold } from './read-told.ts';
import { sampleOf } from './sample-rows.ts';

type OfChunk = { batchId: string; chunk: number };
type Input = PageInput & OfChunk & ChunkItemsAsked;

/**
 * What matches, in the order of the file or sorted. A page of what is looked for may be short, even empty: `next` says where to go on. Null when there is no such
 * chunk.
 * @throws CountersignError `invalid` (a field that there is not, a text that nothing can hold), `too_large` (more than can be sorted, in number or in time).
 */
export async function readChunkItems(
  actor: Actor,
  { batchId, chunk: number, limit: most, cursor, ...raw }: Input,
): Promise<Page<Sample> | null> {
  authorise(actor, 'see');
  const limit = limitOf({ limit: most });
  const { sort, order, ...filter } = asked(raw);
  const found = await findChunk({ batchId, chunk: number });
  if (!found) return null;
  const { batch, chunk, of } = found;
  await tellOpened(actor, 'batch_opened', batch);
  const wanted = await wantedOf(batch, chunk, filter);
  const { rows, next } =
    sort === undefined
      ? await inFileOrder(of, wanted, { cursor, limit })
      : await sorted(of, wanted, { by: sortedBy(batch, sort), descending: order === 'desc', cursor, limit });
  const names = await readNames(
    db(),
    rows.map(({ by }) => by),
  );
  const told = await readTold(
    batchId,
    chunk,
    rows.map(({ ordinal }) => ordinal),
  );
  const ruled = await byRulesOf(batch, chunk);
  return { items: rows.map((row) => sampleOf(ruled, row, null, names, told(row.ordinal))), next };
}

/** How many match, and which set of items that is: what a move of all of them is bound to. Null when there is no such chunk. Throws as `readChunkItems`. */
export async function countChunkItems(actor: Actor, { batchId, chunk, ...raw }: OfChunk & ChunkFilter): Promise<ItemSet | null> {
  authorise(actor, 'see');
  const filter = asked(raw);
  const found = await findChunk({ batchId, chunk });
  if (!found) return null;
  const wanted = await wantedOf(found.batch, found.chunk, filter);
  const matching = await inTransaction(db().pool, (tx) => countMatching(tx, found.of, wanted, MOVED_ITEMS_MAX + 1));
  if (matching.count > MOVED_ITEMS_MAX) throw tooManyAtOnce();
  return matching;
}

/** The refusal of a set that is too large to be named at once. */
export function tooManyAtOnce(): CountersignError {
  return new CountersignError(
    'too_large',
    `More than ${MOVED_ITEMS_MAX.toLocaleString('en-US')} items match, which is more than can be moved at once. Filter for fewer.`,
  );
}

/** What a filter asks the database for. A field has to be there, and samples are those that the checkpoint shows. */
export async function wantedOf(
  batch: Pick<BatchFacts, 'fieldNames' | 'plan'>,
  chunk: Parameters<typeof lookAt>[1],
  { sample, ...filter }: ChunkFilter,
): Promise<Wanted> {
  for (const { field } of filter.is ?? []) if (!batch.fieldNames.includes(field)) throw noField(field);
  if (sample === undefined) return { ...filter, ordinals: null };
  const look = await lookAt(
    db(),
    chunk,
    batch.plan.categories.map(({ name }) => name),
  );
  return { ...filter, ordinals: look[sample].map(({ ordinal }) => ordinal) };
}

type FoundChunk = { batch: BatchFacts; chunk: ChunkNow; of: ChunkOf };

/** The chunk and its batch; null when there is none. */
export async function findChunk({ batchId, chunk: number }: OfChunk): Promise<FoundChunk | null> {
  if (!isId(batchId) || !isNumber(number)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  const [chunk] = batch ? await readChunksNow(pool, batchId, { number }) : [];
  return batch && chunk ? { batch, chunk, of: { batchId, datasetId: batch.datasetId, chunkId: chunk.id } } : null;
}

function asked(raw: ChunkItemsAsked): ChunkItemsAsked {
  const read = chunkItemsAsked.safeParse(raw);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new CountersignError('invalid', `What is looked for can't be read: ${problems[0]?.message}`, { problems });
}

type Paged = { cursor: string | null | undefined; limit: number };
type Found = { rows: ClassifiedItem[]; next: string | null };

async function inFileOrder(of: ChunkOf, wanted: Wanted, { cursor, limit }: Paged): Promise<Found> {
  const { rows, next } = await readItemPage(db().pool, of, wanted, { after: numberCursor({ cursor }), limit });
  return { rows, next: next === null ? null : String(next) };
}

const FIELD = 'field.';

function sortedBy({ fieldNames }: BatchFacts, sort: string): SortedBy {
  if (sort === 'confidence' || sort === 'why') return sort;
  const field = sort.slice(FIELD.length);
  if (!fieldNames.includes(field)) throw noField(field);
  return { field };
}

function noField(name: string): CountersignError {
  return new CountersignError('invalid', `There is no field “${name}”. Choose one that the dataset has.`, {
    problems: [{ path: 'field', message: 'There is no such field.' }],
  });
}

/** So much of a text is compared: its place has to fit into a cursor. */
const SORTED_CHARS = 60;

/**
 * What was read, what can't be read, what is empty; among equals the order of the file. A page begins after the place of the last row of the one before, which
 * the cursor names: so no row is left out or told twice for having been moved in between.
 */
type Place = readonly [rank: 0 | 1 | 2, key: number | string, ordinal: number];

async function sorted(
  of: ChunkOf,
  wanted: Wanted,
  { by, descending, cursor, limit }: Paged & { by: SortedBy; descending: boolean },
): Promise<Found> {
  const { pool } = db();
  const after = placeOf(cursor);
  const keys = await inTransaction(pool, (tx) =>
    readSortKeys(tx, of, wanted, by, { chars: SORTED_CHARS, limit: CHUNK_SORT_ITEMS_MAX + 1 }),
  );
  if (keys.length > CHUNK_SORT_ITEMS_MAX)
    throw new CountersignError(
      'too_large',
      `More than ${CHUNK_SORT_ITEMS_MAX.toLocaleString('en-US')} items match, which is more than can be sorted at once. Search or filter for fewer: what is found can be sorted.`,
    );
  const meanings = typeof by === 'object' ? ((await readMeanings(pool, { batchId: of.batchId })) ?? {}) : {};
  const read = typeof by === 'object' ? valueReader(meaningIn(meanings, by.field)) : null;
  const compare = comparing(descending);
  const places = keys.map((key) => placed(key, read)).filter((place) => after === null || compare(place, after) > 0);
  places.sort(compare);
  const { shown: page, next } = pageOf(places, limit, (place) => Buffer.from(JSON.stringify(place)).toString('base64url'));
  const items = await readClassified(
    pool,
    of,
    page.map(([, , ordinal]) => ordinal),
  );
  return { rows: page.flatMap(([, , ordinal]) => items.get(ordinal) ?? []), next };
}

function comparing(descending: boolean): (one: Place, other: Place) => number {
  const sign = descending ? -1 : 1;
  return ([rank, key, ordinal], [otherRank, otherKey, otherOrdinal]) => {
    if (rank !== otherRank) return rank - otherRank;
    if (key === otherKey) return ordinal - otherOrdinal;
    return key < otherKey ? -sign : sign;
  };
}

function placed({ ordinal, value }: SortKey, read: ((text: string) => Read) | null): Place {
  if (typeof value === 'number') return [0, value, ordinal];
  const meant = value === null ? EMPTY : read ? read(value) : value;
  if (meant === EMPTY) return [2, 0, ordinal];
  if (meant === null) return [1, 0, ordinal];
  if (typeof meant === 'string') return [0, meant.normalize('NFC').toLowerCase(), ordinal];
  return [0, typeof meant === 'object' ? meant.ms : Number(meant), ordinal];
}

/** Null without a cursor. Throws `invalid`. */
function placeOf(cursor: string | null | undefined): Place | null {
  if (!cursor) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && place.length === 3) {
      const [rank, key, ordinal] = place as unknown[];
      const keyed = typeof key === 'string' || Number.isFinite(key);
      if ((rank === 0 || rank === 1 || rank === 2) && keyed && isNumber(ordinal)) return [rank, key as number | string, ordinal];
    }
  } catch {
    // No page gave it.
  }
  throw badCursor();
}
