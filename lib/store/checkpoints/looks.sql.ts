/**
 * What a checkpoint shows of a chunk's classifications: counts, and the samples of each category. Counting and drawing read every item of the chunk, so it is
 * done once for each revision, by whoever classified the chunk, and kept.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { CHUNK_UNCLASSIFIED } from '#lib/core/lifecycle.ts';
import { SAMPLES_PER_CATEGORY, UNSURE_SAMPLES_PER_CATEGORY } from '#lib/core/limits.ts';
import type { ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import { type Picked, pickRandom, pickUnsure, readCategoryCounts } from './checkpoint-reads.sql.ts';

export type Look = { counts: Map<string, number>; random: Picked[]; unsure: Picked[] };

type ChunkToLookAt = Pick<ChunkNow, 'id' | 'state' | 'itemCount' | 'classified' | 'revision' | 'seed'>;

/** As it was kept at this revision, or else made and kept. `categories` are the plan's, in the order in which they are shown. */
export async function lookAt(pool: Pool, chunk: ChunkToLookAt, categories: readonly string[]): Promise<Look> {
  const kept = await readKept(pool, chunk);
  if (kept) return kept;
  const counts = await readCategoryCounts(pool, chunk.id);
  const filled = categories.filter((name) => counts.has(name));
  const random = await pickRandom(pool, chunk.id, chunk.seed, filled, SAMPLES_PER_CATEGORY);
  const unsure = await pickUnsure(pool, chunk.id, filled, random, UNSURE_SAMPLES_PER_CATEGORY);
  const made = { counts, random, unsure };
  // What is still being classified has the same revision as what will be.
  const whole = chunk.classified === chunk.itemCount && !CHUNK_UNCLASSIFIED.includes(chunk.state);
  // A database that takes no writes can still be looked at.
  if (whole) await keep(pool, chunk, made).catch(() => {});
  return made;
}

const picked = z
  .array(z.tuple([z.int(), z.string()]))
  .transform((pairs) => pairs.map(([ordinal, category]): Picked => ({ ordinal, category })));
const look: z.ZodType<Look, unknown> = z.object({
  counts: z.array(z.tuple([z.string(), z.int()])).transform((counts) => new Map(counts)),
  random: picked,
  unsure: picked,
});

/** Null where nothing is kept, or what another version kept: it is made again then. */
async function readKept(pool: Pool, { id, revision }: ChunkToLookAt): Promise<Look | null> {
  const { rows } = await pool.query<Record<keyof Look, unknown>>({
    name: 'chunk-look',
    text: 'SELECT counts, random, unsure FROM chunk_look WHERE chunk_id = $1 AND revision = $2',
    values: [id, revision],
  });
  return look.safeParse(rows[0]).data ?? null;
}

/** Every change of a classification raises the revision in its transaction, so what was read before the change is never asked for after it. */
async function keep(pool: Pool, { id, revision }: ChunkToLookAt, { counts, random, unsure }: Look): Promise<void> {
  const pairs = (picked: readonly Picked[]) => JSON.stringify(picked.map(({ ordinal, category }) => [ordinal, category]));
  await pool.query(
    `INSERT INTO chunk_look (chunk_id, revision, counts, random, unsure) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (chunk_id) DO UPDATE SET revision = excluded.revision, counts = excluded.counts, random = excluded.random, unsure = excluded.unsure
     WHERE chunk_look.revision < excluded.revision`,
    [id, revision, JSON.stringify([...counts]), pairs(random), pairs(unsure)],
  );
}
