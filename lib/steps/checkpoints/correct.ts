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
import { CORRECTED_MANIFEST_ITEMS_MAX, CORRECTION_RANGES_MAX } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { type CorrectionBody, rangesOf, sealReceipt } from '#lib/ledger/receipt.ts';
import { type Corrected, correctedHow, corrections } from '#lib/shapes/checkpoints.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type ChunkRead, currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import {
  type Correction,
  correctClassifications,
  readCategoriesOf,
  readCategoryCounts,
} from '#lib/store/chunks/classifications.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { commitTo, NO_STEP, type NumberedReceipt, storeReceipts } from '#lib/store/receipts/receipts.ts';
import { type Moved, markMoved } from '#lib/store/reviews/moved.ts';
import { turns } from '#lib/turns.ts';

const input = z.strictObject({
  batchId: z.uuid(),
  chunk: nameNumber,
  corrections,
  how: correctedHow.optional(),
});

export type CorrectInput = z.input<typeof input>;
/**
 * Moves items to other categories and raises the chunk's revision, which makes every decision on an older screen stale (I5). The answer has the digest of
 * what the chunk is now, built under the lock of the corrections: whoever made them can decide on it without reading the checkpoint anew.
 *
 * @throws CountersignError `invalid` (no such category, an item of another chunk), `conflict` (the chunk is not awaiting review), `not_found`.
 */
export async function correct(actor: Actor, raw: CorrectInput): Promise<Corrected> {
  authorise(actor, 'correct');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The corrections can't be read: ${problems[0]?.message}`, { problems });
  }
  const { batchId, chunk: number, corrections, how = corrections.length === 1 ? 'item' : 'selection' } = read.data;
  const { pool } = db();
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
      corrections,
    );
    const before = await readCategoriesOf(
      tx,
      { batchId, chunkId: row.id },
      corrections.map(({ ordinal }) => ordinal),
    );
    assertMembers(before, number, corrections);
    const moved = corrections.flatMap(({ ordinal, category, note }) => {
      const was = before.get(ordinal);
      if (!was || was.category === category) return [];
      return [{ ordinal, from: was.category, to: category, note: note || null, was: was.by }];
    });
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

type Asked = z.output<typeof input>['corrections'];

function assertCategories(known: string[], corrections: Asked): void {
  const problems = corrections.flatMap(({ category }, index) =>
    known.includes(category) ? [] : [{ path: `corrections.${index}.category`, message: `There is no category “${category}”.` }],
  );
  if (problems.length === 0) return;
  throw new CountersignError('invalid', `${problems[0]?.message} Choose one of: ${known.join(', ')}.`, { problems });
}

function assertMembers(members: ReadonlyMap<number, unknown>, number: number, corrections: Asked): void {
  const stranger = corrections.find(({ ordinal }) => !members.has(ordinal));
  if (stranger) throw new CountersignError('invalid', `Item ${stranger.ordinal} is not in chunk ${number}. Nothing was changed.`);
}
