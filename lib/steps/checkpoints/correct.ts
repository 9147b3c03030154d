/** A person's changes to a chunk's classifications, before anything is approved. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CORRECTED_MANIFEST_ITEMS_MAX } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { type Corrected, corrections } from '#lib/shapes/checkpoints.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type ChunkRead, currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { correctClassifications, readCategoriesOf, readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';

const input = z.strictObject({
  batchId: z.uuid(),
  chunk: nameNumber,
  corrections,
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
  const { batchId, chunk: number, corrections } = read.data;
  const { pool } = db();
  const corrected = await inWrite(pool, 'correct', async (tx) => {
    const batch = await readBatchRow(tx, batchId);
    const [row] = batch ? await lockChunks(tx, batchId, [number]) : [];
    if (!batch || !row) throw new CountersignError('not_found', 'There is no such chunk.');
    assertUnfinished(batch, 'its classifications can’t be changed any more');
    if (row.state !== 'awaiting_review') {
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
      const from = before.get(ordinal);
      return from === undefined || from === category ? [] : [{ ordinal, from, to: category, note: note ?? null }];
    });
    const revision = row.revision + Number(moved.length > 0);
    if (moved.length > 0) await correctClassifications(tx, { batchId, chunkId: row.id, revision }, moved, actor.id);
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

function assertMembers(members: ReadonlyMap<number, string>, number: number, corrections: Asked): void {
  const stranger = corrections.find(({ ordinal }) => !members.has(ordinal));
  if (stranger) throw new CountersignError('invalid', `Item ${stranger.ordinal} is not in chunk ${number}. Nothing was changed.`);
}
