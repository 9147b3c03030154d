/**
 * What a checkpoint shows of a chunk's classifications: counts, and the samples of each category. Counting and drawing read every item of the chunk, so it is
 * done once for each revision, by whoever classified the chunk, and kept.
 */
import { z } from 'zod';
import { CHUNK_UNCLASSIFIED } from '#lib/core/lifecycle.ts';
import { SAMPLES_PER_CATEGORY, UNSURE_SAMPLES_PER_CATEGORY } from '#lib/core/limits.ts';
import type { ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import type { Db, Querying, WithModels } from '#lib/store/postgres/db.ts';
import { turns } from '#lib/turns.ts';
import { type Picked, pickRandom, pickUnsure } from './checkpoint-reads.sql.ts';
import { keepLook, type Look, readStoredLooks } from './looks.sql.ts';

type ChunkToLookAt = Pick<ChunkNow, 'id' | 'state' | 'itemCount' | 'classified' | 'revision' | 'seed'>;

/** As it was kept at this revision, or else made and kept. `categories` are the plan's, in the order in which they are shown. */
export async function lookAt(db: Db, chunk: ChunkToLookAt, categories: readonly string[]): Promise<Look> {
  const before = await readKept(db, chunk);
  if (before) return before;
  const { pool } = db;
  const counts = await readCategoryCounts(db, chunk.id);
  const filled = categories.filter((name) => counts.has(name));
  const random = await pickRandom(pool, chunk.id, chunk.seed, filled, SAMPLES_PER_CATEGORY);
  const unsure = await pickUnsure(pool, chunk.id, filled, random, UNSURE_SAMPLES_PER_CATEGORY);
  const look = { counts, random, unsure };
  // What is still being classified has the same revision as what will be.
  const whole = chunk.classified === chunk.itemCount && !CHUNK_UNCLASSIFIED.includes(chunk.state);
  // A database that takes no writes can still be looked at.
  if (whole) await keepLook(pool, chunk, look).catch(() => {});
  return look;
}

const picked = z
  .array(z.tuple([z.int(), z.string()]))
  .transform((pairs) => pairs.map(([ordinal, category]): Picked => ({ ordinal, category })));
const kept: z.ZodType<Look, unknown> = z.object({
  counts: z.array(z.tuple([z.string(), z.int()])).transform((counts) => new Map(counts)),
  random: picked,
  unsure: picked,
});

/** What is kept of these chunks at these revisions, by their ids: counts, and random samples in their order. */
export async function readKeptLooks(
  client: Querying,
  chunks: readonly { id: string; revision: number }[],
): Promise<Map<string, Pick<Look, 'counts' | 'random'>>> {
  const rows = await readStoredLooks(client, chunks);
  const takeTurn = turns();
  const looks = new Map<string, Look>();
  for (const { id, ...look } of rows) {
    const read = kept.safeParse(look).data;
    if (read) looks.set(id, read);
    await takeTurn();
  }
  return looks;
}

/** Null where nothing is kept, or what another version kept: it is made again then. */
async function readKept({ prisma }: WithModels, { id, revision }: ChunkToLookAt): Promise<Look | null> {
  const row = await prisma.chunkLook.findUnique({
    where: { chunkId: id, revision },
    select: { counts: true, random: true, unsure: true },
  });
  return kept.safeParse(row).data ?? null;
}
