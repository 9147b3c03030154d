/** What the marks on a batch's items prove: at a checkpoint, and of the batch as far as it was decided (docs/evidence.md). */
import { actionWords } from '#lib/connectors/words.ts';
import { boundOf, judge } from '#lib/core/evidence/demands.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { NEXT_LOOKS_LEAST, NEXT_LOOKS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { CheckpointEvidence, Evidence } from '#lib/shapes/evidence.ts';
import type { ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import type { Db } from '#lib/store/postgres/db.ts';
import { type ChunkToDraw, readDrawable } from '#lib/store/reviews/evidence.sql.ts';
import { type Pool, readPool } from '#lib/store/reviews/evidence.ts';

type OfBatch = { id: string; plan: Plan };

/**
 * Of one chunk alone, and pooled with those that were decided. Null for an undo, and for a batch from before one seed drew for all of it. Not in a transaction that
 * changed classifications.
 */
export async function readEvidence(
  { pool }: Pick<Db, 'pool'>,
  batch: OfBatch,
  chunk: Pick<ChunkNow, 'id' | 'number' | 'state' | 'revision' | 'planRevision' | 'itemCount'>,
): Promise<CheckpointEvidence | null> {
  const { seed, pilot, decided, revised, keysSign } = await readDrawable(pool, batch.id);
  if (seed === null) return null;
  const others = decided.filter(({ id }) => id !== chunk.id);
  const isDrawn = CHUNK_IN_REVIEW.includes(chunk.state) || others.length < decided.length;
  const own: readonly ChunkToDraw[] = isDrawn ? [chunk] : [];
  const all = [...others, ...own];
  const pooled = await readPool(pool, { batchId: batch.id, seed, revised, keysSign }, all);
  const [ofChunk, ofBatch] = [await evidenceOf(pooled, batch.plan, own), await evidenceOf(pooled, batch.plan, all)];
  const counts = await pooled.counts(own);
  const demand = batch.plan.gates.evidence;
  const exempt = isExempt(batch.plan, pilot, chunk.number);
  const acting = actingOf(batch.plan).filter((name) => counts.has(name));
  const asks = CHUNK_IN_REVIEW.includes(chunk.state);
  const demands: CheckpointEvidence['demands'] = [];
  for (const category of asks && demand && !exempt ? acting : []) {
    const { over, atMost: demanded } = demand as NonNullable<typeof demand>;
    const { met, more } = judge(await pooled.looks(category, over === 'chunk' ? own : all), demanded);
    demands.push({ category, over, demanded, met, looks: more });
  }
  const marked = markedIn(pooled, own);
  return {
    chunk: ofChunk,
    batch: ofBatch,
    demands,
    unmarked: asks ? wantingMarks(batch.plan).filter((name) => acting.includes(name) && !marked.has(name)) : [],
    exempt,
    ...(await nextLooks(pooled, batch.plan, chunk, { counts, others })),
  };
}

/** Pooled over the chunks that were decided. Null as `readEvidence` is. */
export async function readBatchEvidence({ pool }: Pick<Db, 'pool'>, batch: OfBatch): Promise<Evidence | null> {
  const { seed, decided, revised, keysSign } = await readDrawable(pool, batch.id);
  if (seed === null) return null;
  return evidenceOf(await readPool(pool, { batchId: batch.id, seed, revised, keysSign }, decided), batch.plan, decided);
}

/** The plan's categories that act, in its order. */
export function actingOf({ categories }: Plan): string[] {
  return categories.filter(({ action }) => action !== null).map(({ name }) => name);
}

/** Acting categories of which nothing is approved before somebody marked an item: all where the plan asks for evidence, else those whose effect is permanent. */
export function wantingMarks(plan: Plan): string[] {
  if (plan.gates.evidence) return actingOf(plan);
  const words = actionWords(plan);
  return actingOf(plan).filter((name) => words.get(name)?.effect === 'permanent');
}

/** The categories that have a mark in these chunks. */
export function markedIn(pooled: Pool, chunks: readonly Pick<ChunkToDraw, 'id'>[]): Set<string> {
  return new Set(chunks.flatMap(({ id }) => pooled.looksIn(id).map(({ category }) => category)));
}

/** The pilot is looked at to find out how good the rules are; the chunks behind it are held to the plan's demand, and to the pilot's looks. */
export function isExempt({ gates }: Plan, pilot: number | null, chunk: number): boolean {
  return gates.evidence !== null && gates.next === 'pilot' && pilot === chunk;
}

async function evidenceOf(pooled: Pool, plan: Plan, chunks: readonly ChunkToDraw[]): Promise<Evidence> {
  const evidence: [string, Evidence[string]][] = [];
  for (const { name } of plan.categories) {
    const looks = await pooled.looks(name, chunks);
    if (looks.population > 0) evidence.push([name, boundOf(looks, plan.gates.evidence?.atMost ?? null)]);
  }
  return Object.fromEntries(evidence);
}

/** The next items of this chunk that count, some of each category; and those of the acting ones that come before them and are in chunks that were decided. */
async function nextLooks(
  pooled: Pool,
  plan: Plan,
  chunk: ChunkToDraw,
  { counts, others }: { counts: ReadonlyMap<string, number>; others: readonly ChunkToDraw[] },
): Promise<Pick<CheckpointEvidence, 'next' | 'elsewhere'>> {
  const filled = plan.categories.filter(({ name }) => counts.has(name));
  const most = Math.floor(NEXT_LOOKS_MAX / Math.max(1, filled.length));
  const each = { least: Math.min(most, NEXT_LOOKS_LEAST), most };
  const next: { ordinal: number; rank: number }[] = [];
  let elsewhere = 0;
  for (const { name, action } of filled) {
    const own = await pooled.unmarked(name, chunk, each);
    next.push(...own);
    if (action === null || !(plan.gates.evidence || pooled.isMarked(name))) continue;
    // Where every item of the chunk has its mark, those that keep these from counting.
    elsewhere += await pooled.unmarkedBelow(name, others, own[0]?.rank ?? pooled.drawnTo(name, chunk));
  }
  return { next: next.sort((a, b) => a.rank - b.rank).map(({ ordinal }) => ordinal), elsewhere };
}
