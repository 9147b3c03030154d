/**
 * A person's changes to a chunk's classifications, before anything is approved. Each leaves receipts in the chunk's chain, and marks on the categories that a
 * classifier had given.
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CORRECTED_MANIFEST_ITEMS_MAX, CORRECTION_RANGES_MAX, MOVED_ITEMS_MAX } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { type CorrectionBody, rangesOf, sealReceipt } from '#lib/ledger/receipt.ts';
import { type Corrected, correctedHow, corrections } from '#lib/shapes/checkpoints.ts';
import { type ItemSet, moveOfAll } from '#lib/shapes/chunk-items.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import type { ChunkOf } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { countMatching, readMatching, type Wanted } from '#lib/store/checkpoints/chunk-items.sql.ts';
import { type ChunkRead, currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { correctClassifications, readCategoriesOf } from '#lib/store/chunks/classifications.sql.ts';
import { type Correction, readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { commitTo, NO_STEP, type NumberedReceipt, storeReceipts } from '#lib/store/receipts/receipts.ts';
import { type Moved, markMoved } from '#lib/store/reviews/moved.ts';
import { turns } from '#lib/turns.ts';
import { findChunk, tooManyAtOnce, wantedOf } from './read-chunk-items.ts';

const input = z.strictObject({
  batchId: z.uuid(),
  chunk: nameNumber,
  corrections: z.union([corrections, moveOfAll]),
  how: correctedHow.optional(),
});

export type CorrectInput = z.input<typeof input>;
/**
 * Moves items, those of a list or all that match a query, to other categories and raises the chunk's revision, which makes every decision on an older screen stale (I5). The answer has the digest of
 * what the chunk is now, built under the lock of the corrections: whoever made them can decide on it without reading the checkpoint anew.
 *
 * @throws CountersignError `invalid` (no such category, an item of another chunk), `conflict` (the chunk is not awaiting review), `stale` (other items match the
 *   query than those that were counted), `too_large`, `not_found`.
 */
export async function correct(actor: Actor, raw: CorrectInput): Promise<Corrected> {
  authorise(actor, 'correct');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The corrections can't be read: ${problems[0]?.message}`, { problems });
  }
  const { batchId, chunk: number, corrections: asked } = read.data;
  const list = 'query' in asked ? null : asked;
  const how = read.data.how ?? (list?.length === 1 ? 'item' : 'selection');
  const { pool } = db();
  const wanted = 'query' in asked ? await wantedBefore({ batchId, chunk: number }, asked.query) : null;
  const corrected = await inWrite(pool, 'correct', async (tx) => {
    const batch = await readBatchRow(tx, batchId);
    const [row] = batch ? await lockChunks(tx, batchId, [number]) : [];
    if (!batch || !row) throw new CountersignError('not_found', 'There is no such chunk.');
    assertUnfinished(batch, 'its classifications can’t be changed any more');
    if (!CORRECTABLE.some((state) => state === row.state)) {
      throw new CountersignError(
        'conflict',
        row.state === 'awaiting_second'
          ? `Chunk ${number} was signed by one person, so it can't be corrected. Refuse the second signature first (sendBack, with a note). Nothing was changed.`
          : `Chunk ${number} is ${chunkWords(row.state)}: its classifications can't be changed any more. Nothing was changed.`,
      );
    }
    assertCategories(
      batch.plan.categories.map(({ name }) => name),
      list ?? [asked as MoveOfAll],
    );
    const moved =
      wanted && 'query' in asked
        ? await allThatMatch(tx, { batchId, datasetId: batch.datasetId, chunkId: row.id }, wanted, asked)
        : await thoseNamed(tx, { batchId, chunkId: row.id, number }, list ?? []);
    const revision = row.revision + Number(moved.length > 0);
    if (moved.length > 0) await record(tx, { actor, batch, row, how }, moved);
    const { digest, problems } =
      row.itemCount > CORRECTED_MANIFEST_ITEMS_MAX
        ? { digest: null, problems: [] }
        : await manifestNow(tx, batch, { id: row.id, itemCount: row.itemCount, revision });
    const counts = Object.fromEntries(await readCategoryCounts(tx, row.id));
    return { revision, changed: moved.length, counts, digest, problems };
  });
  announce(pool, batchId, { chunk: number, kind: 'corrected' });
  return corrected;
}

/** What the list says, of the items that are not there yet. */
async function thoseNamed(
  tx: Tx,
  { number, ...chunk }: { batchId: string; chunkId: string; number: number },
  list: Listed,
): Promise<Noted[]> {
  const before = await readCategoriesOf(
    tx,
    chunk,
    list.map(({ ordinal }) => ordinal),
  );
  assertMembers(before, number, list);
  return list.flatMap(({ ordinal, category, note }) => {
    const was = before.get(ordinal);
    if (!was || was.category === category) return [];
    return [{ ordinal, from: was.category, to: category, note: note || null, was: was.by }];
  });
}

/** Before the chunk is locked: its samples are read over another connection. What they are by then is compared under the lock. */
async function wantedBefore(of: { batchId: string; chunk: number }, query: MoveOfAll['query']): Promise<Wanted> {
  const found = await findChunk(of);
  if (!found) throw new CountersignError('not_found', 'There is no such chunk.');
  return wantedOf(found.batch, found.chunk, query);
}

/** All that match, under the lock of the chunk, if they are those that were counted. */
async function allThatMatch(
  tx: Tx,
  chunk: ChunkOf,
  wanted: Wanted,
  { count, set, category: to, note }: MoveOfAll,
): Promise<Noted[]> {
  const now = await countMatching(tx, chunk, wanted, MOVED_ITEMS_MAX + 1);
  if (now.count > MOVED_ITEMS_MAX) throw tooManyAtOnce();
  if (now.set !== set) throw staleSet(count, now);
  const matching = await readMatching(tx, chunk, wanted, MOVED_ITEMS_MAX);
  return matching.flatMap(({ ordinal, category: from, by }) =>
    from === to ? [] : [{ ordinal, from, to, note: note || null, was: by }],
  );
}

function staleSet(count: number, now: ItemSet): CountersignError {
  const words =
    now.count === count
      ? `As many items match as when they were selected, ${count.toLocaleString('en-US')}, but not the same ones.`
      : `${now.count.toLocaleString('en-US')} items match now; when they were selected it was ${count.toLocaleString('en-US')}.`;
  return new CountersignError('stale', `${words} Nothing was moved.`, { facts: { ...now } });
}

type Correcting = { actor: Actor; batch: BatchRow; row: ChunkRow; how: CorrectionBody['how'] };
type Noted = Moved & Pick<Correction, 'note'>;

/** I3: what moved, its receipts, and what it says of the classifier, under the guarded statement that raises the revision. */
async function record(tx: Tx, correcting: Correcting, moved: readonly Noted[]): Promise<void> {
  const { actor, batch, row } = correcting;
  const sealed = await receiptsOf(correcting, moved);
  const change = { from: CORRECTABLE, says: { corrected: moved.length } };
  const guard = { chunkId: row.id, revision: row.revision };
  const last = (await takeSequence(tx, sealed.length, change, [guard])).get(row.id);
  if (last === undefined)
    throw new CountersignError('conflict', `Chunk ${row.number} changed while this was corrected. Nothing was changed.`);
  const receipts = sealed.map(({ ordinals, ...receipt }, index) => ({
    ...receipt,
    ordinals,
    seq: last - sealed.length + index + 1,
  }));
  const seqs = new Map(receipts.flatMap(({ ordinals, seq }) => ordinals.map((ordinal) => [ordinal, seq] as const)));
  const corrected = moved.map(({ was: _, ...one }) => ({ ...one, seq: seqs.get(one.ordinal) as number }));
  const chunk = { batchId: batch.id, chunkId: row.id, number: row.number, revision: row.revision + 1 };
  await correctClassifications(tx, chunk, corrected, actor.id);
  await storeReceipts(
    tx,
    batch.id,
    receipts.map(({ ordinals: _, ...receipt }) => receipt),
  );
  // Whoever takes an item out of an undo says nothing of a classifier: nothing was classified there.
  if (batch.undoes === null) await markMoved(tx, batch.id, moved, actor.id);
}

const CORRECTABLE = ['awaiting_review'] as const;

type Sealed = Omit<NumberedReceipt, 'seq'> & { ordinals: number[] };

/** One receipt for what went from one category to another with one note, and a further one beyond CORRECTION_RANGES_MAX. */
async function receiptsOf({ actor, batch, row, how }: Correcting, moved: readonly Noted[]): Promise<Sealed[]> {
  const at = new Date().toISOString();
  const takeTurn = turns();
  const receipts: Sealed[] = [];
  for (const alike of Map.groupBy(moved, ({ from, to, note }) => JSON.stringify([from, to, note])).values()) {
    const { from, to, note } = alike[0] as Noted;
    const ranges = rangesOf(alike.map(({ ordinal }) => ordinal));
    for (let first = 0; first < ranges.length; first += CORRECTION_RANGES_MAX) {
      const own = ranges.slice(first, first + CORRECTION_RANGES_MAX);
      const ordinals = own.flatMap(([begin, end]) => Array.from({ length: end - begin + 1 }, (_, index) => begin + index));
      const { commitments, values } = commitTo({ note });
      const body: CorrectionBody = {
        v: 1,
        kind: 'correction',
        batch: batch.id,
        chunk: row.number,
        revision: row.revision + 1,
        from,
        to,
        ordinals: own,
        count: ordinals.length,
        how,
        ...commitments,
        by: actor.id,
        via: actor.via,
        at,
      };
      receipts.push({ ...sealReceipt(body), ...NO_STEP, chunk: row.number, kind: 'correction', values, ordinals });
      await takeTurn();
    }
  }
  return receipts;
}

async function manifestNow(tx: Tx, { id: batchId, datasetId, plan }: BatchRow, chunk: ChunkRead) {
  const made = (await currentManifests(tx, { batchId, datasetId, plan }, [chunk], requestBuilder)).get(chunk.id);
  if (!made) throw new Error('A chunk was walked over without its manifest.');
  return made;
}

type Listed = z.output<typeof corrections>;
type MoveOfAll = z.output<typeof moveOfAll>;

function assertCategories(known: string[], corrections: readonly { category: string }[]): void {
  const problems = corrections.flatMap(({ category }, index) =>
    known.includes(category) ? [] : [{ path: `corrections.${index}.category`, message: `There is no category “${category}”.` }],
  );
  if (problems.length === 0) return;
  throw new CountersignError('invalid', `${problems[0]?.message} Choose one of: ${known.join(', ')}.`, { problems });
}

function assertMembers(members: ReadonlyMap<number, unknown>, number: number, corrections: Listed): void {
  const stranger = corrections.find(({ ordinal }) => !members.has(ordinal));
  if (stranger) throw new CountersignError('invalid', `Item ${stranger.ordinal} is not in chunk ${number}. Nothing was changed.`);
}
