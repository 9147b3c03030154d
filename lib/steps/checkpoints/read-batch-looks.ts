/** What is to be looked at next over all chunks that wait and those that were decided, so that the batch's bound can be had without opening each of them. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { BATCH_LOOKS_MAX } from '#lib/core/limits.ts';
import type { BatchLooks } from '#lib/shapes/decisions.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readSelected } from '#lib/store/checkpoints/selected.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readDrawable } from '#lib/store/reviews/evidence.sql.ts';
import { readPool } from '#lib/store/reviews/evidence.ts';
import { boundsOf, readSamples, shareAsked } from './preview-decision.ts';
import { actingOf } from './read-evidence.ts';
import { groundsOf, shareUnder, wholeOf } from './under-bound.ts';

type Input = { batchId: string; limit?: number | undefined };

/** As many of each acting category as its bound wants still, none of them marked, in the order of the draw; at most `limit`. Null without the batch. */
export async function readBatchLooks(actor: Actor, { batchId, limit = BATCH_LOOKS_MAX }: Input): Promise<BatchLooks | null> {
  authorise(actor, 'see');
  if (!isId(batchId)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  if (!batch) return null;
  await tellOpened(actor, 'batch_opened', batch);
  const { seed, decided, revised, keysSign } = await readDrawable(pool, batchId);
  const share = shareAsked(batch);
  const waiting = (await readSelected(pool, batchId, { states: CHUNK_IN_REVIEW })).length;
  const words = actionWords(batch.plan);
  const categories = batch.plan.categories.map(({ name }) => ({ name, action: words.get(name) ?? null }));
  const told = { share, categories, waiting, noun: nounOf(batch.datasetFormat) };
  if (seed === null || shareUnder(batch.plan, share) === null) return { ...told, items: [], bound: null };
  const whole = await wholeOf(pool, batchId, decided);
  const pooled = await readPool(pool, { batchId, seed, revised, keysSign }, whole);
  const grounds = await groundsOf(pooled, actingOf(batch.plan), { whole, part: whole, share });
  const next: { ordinal: number; rank: number }[] = [];
  for (const [category, { judged }] of grounds)
    if (judged.more > 0 && limit > 0) next.push(...(await pooled.unmarkedOver(category, whole, Math.min(judged.more, limit))));
  const ordinals = next.sort((a, b) => a.rank - b.rank).map(({ ordinal }) => ordinal);
  return { ...told, items: await readSamples(batch, ordinals.slice(0, limit)), bound: boundsOf(grounds) };
}
