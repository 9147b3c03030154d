/** What decided in a chunk: the reasons of its classifications, to be filtered by. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { partInWords } from '#lib/classifiers/registry.ts';
import { REASONS_SHOWN_MAX } from '#lib/core/limits.ts';
import type { Reasons } from '#lib/shapes/chunk-items.ts';
import { readReasonRows } from '#lib/store/checkpoints/chunk-items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { findChunk } from './read-chunk-items.ts';

/** The most frequent first; null when there is no such chunk. */
export async function readReasons(actor: Actor, of: { batchId: string; chunk: number }): Promise<Reasons | null> {
  authorise(actor, 'see');
  const found = await findChunk(of);
  if (!found) return null;
  const { batch, of: chunk } = found;
  const rows = await readReasonRows(db().pool, chunk.chunkId, REASONS_SHOWN_MAX + 1);
  const items = new Map<string, Reasons['items'][number]>();
  for (const { count, ...given } of rows.slice(0, REASONS_SHOWN_MAX)) {
    const rule = partInWords(batch.plan, given);
    const before = items.get(given.why);
    if (!before) items.set(given.why, { why: given.why, count, categories: { [given.category]: count }, rule });
    else {
      before.count += count;
      before.categories[given.category] = (before.categories[given.category] ?? 0) + count;
      if (before.rule !== rule) before.rule = null;
    }
  }
  return { items: [...items.values()], more: rows.length > REASONS_SHOWN_MAX };
}
