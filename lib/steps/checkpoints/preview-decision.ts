/**
 * What one decision over many chunks would approve, and on what ground: what its question shows. Counted from what is kept of each chunk; their manifests are built when
 * it is decided, and no bytes of them here. Writes nothing.
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { isDecided } from '#lib/core/checkpoints/decided.ts';
import { needsTwo } from '#lib/core/checkpoints/signatures.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { leastAtMost } from '#lib/core/evidence/bound.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { BOUND_SHARE, SAMPLED_CHUNKS_MAX } from '#lib/core/limits.ts';
import { chunksNamed, type DecisionPreview, type PoolBound, type SampleOfBatch } from '#lib/shapes/decisions.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { isId } from '#lib/steps/ids.ts';
import { readMarksNamed } from '#lib/steps/reviews/marks-named.ts';
import { type BatchFacts, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { lookAt, readKeptLooks } from '#lib/store/checkpoints/looks.ts';
import { readItemsOf, readSelected, type SelectedChunk } from '#lib/store/checkpoints/selected.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readDrawable } from '#lib/store/reviews/evidence.sql.ts';
import { readPool } from '#lib/store/reviews/evidence.ts';
import { assertCoverable } from './cover.ts';
import { actingOf } from './read-evidence.ts';
import { reviewFacts } from './review-facts.ts';
import { sampleOf } from './sample-rows.ts';
import { type Ground, groundsOf, shareUnder, ungroundedWords, wholeOf } from './under-bound.ts';

const input = z.strictObject({ batchId: z.string(), chunks: chunksNamed.optional() });

/**
 * Of the chunks that are named, or of all that wait for an approval; null without the batch. Where two signatures are needed and both are due in these chunks, the first
 * ones are asked for.
 *
 * @throws CountersignError `invalid`: more items than one decision covers; `not_found`: a number that the batch does not have
 */
export async function previewDecision(actor: Actor, raw: z.input<typeof input>): Promise<DecisionPreview | null> {
  authorise(actor, 'see');
  const read = input.safeParse(raw);
  if (!read.success)
    throw new CountersignError('invalid', 'Give the id of a batch, and the numbers of up to 20,000 of its chunks.');
  const { batchId, chunks: numbers } = read.data;
  if (!isId(batchId)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  if (!batch) return null;
  const asked = await readSelected(pool, batchId, numbers ? { numbers } : { states: CHUNK_IN_REVIEW });
  const known = new Set(asked.map(({ number }) => number));
  const stranger = numbers?.find((number) => !known.has(number));
  if (stranger !== undefined) throw new CountersignError('not_found', `This batch has no chunk ${stranger}.`);
  const { own, left, signature } = sorted(batch, asked);
  assertCoverable(own);
  const counts = await countsOf(batch, own);
  const words = actionWords(batch.plan);
  const categories = batch.plan.categories.map(({ name }) => ({
    name,
    count: own.reduce((sum, { id }) => sum + (counts.get(id)?.get(name) ?? 0), 0),
    action: words.get(name) ?? null,
  }));
  const acting = actingOf(batch.plan);
  const share = shareAsked(batch);
  const undo = batch.undoes !== null;
  const { facts } = await reviewFacts(
    pool,
    batch,
    own.map((row) => ({ row, counts: Object.fromEntries(counts.get(row.id) ?? []), unseen: [] })),
  );
  const held = acting.filter((category) => own.some(({ id }) => (counts.get(id)?.get(category) ?? 0) > 0));
  const { bound, whole, ungrounded, marked, unmarkedChunks } = await evidenceOf(batch, own, { acting, held, share });
  const sampled = !undo && own.length <= SAMPLED_CHUNKS_MAX;
  return {
    chunks: own.map(({ number, name, revision, itemCount }) => ({ number, name, revision, itemCount })),
    left,
    items: own.reduce((sum, { itemCount }) => sum + itemCount, 0),
    categories,
    first: batch.plan.execution.first,
    noun: nounOf(batch.datasetFormat),
    ...{ undo, signature, share, bound, whole, marked, unmarkedChunks },
    unproven: [...new Set([...facts.values()].flatMap(({ unmet, unmarked }) => [...unmet, ...unmarked.map(unmarkedWords)]))],
    ungrounded: undo ? [] : ungrounded,
    samples: sampled ? await samplesOf(batch, own, acting) : [],
    sampled,
    examples: acting.flatMap((category) => {
      const chunk = own.find(({ id }) => (counts.get(id)?.get(category) ?? 0) > 0);
      return chunk ? [{ category, chunk: chunk.number }] : [];
    }),
  };
}

/** The share that the plan demands over the batch, or the usual one. */
export function shareAsked({ plan }: Pick<BatchFacts, 'plan'>): number {
  return shareUnder(plan, BOUND_SHARE) ?? BOUND_SHARE;
}

const unmarkedWords = (category: string): string => `Nobody marked an item of ${category}.`;

function sorted(batch: BatchFacts, asked: readonly SelectedChunk[]) {
  const left: DecisionPreview['left'] = [];
  const waiting = asked.filter(({ number, state }) => {
    if (CHUNK_IN_REVIEW.includes(state)) return true;
    left.push({ number, why: `Chunk ${number} is “${chunkWords(state)}”.` });
    return false;
  });
  if (!needsTwo(batch.plan)) return { own: waiting, left, signature: null };
  const isFirst = waiting.some(({ state }) => state === 'awaiting_review');
  const own = waiting.filter(({ number, state }) => {
    if ((state === 'awaiting_review') === isFirst) return true;
    left.push({ number, why: `Chunk ${number} is signed once, and waits for its second signature.` });
    return false;
  });
  return { own, left: left.sort((a, b) => a.number - b.number), signature: isFirst ? ('first' as const) : ('second' as const) };
}

/** Items per category, by the chunks' ids. */
async function countsOf(batch: BatchFacts, own: readonly SelectedChunk[]): Promise<Map<string, ReadonlyMap<string, number>>> {
  const { pool } = db();
  const looks = await readKeptLooks(pool, own);
  const names = batch.plan.categories.map(({ name }) => name);
  const counts = new Map<string, ReadonlyMap<string, number>>();
  for (const chunk of own) counts.set(chunk.id, (looks.get(chunk.id) ?? (await lookAt(db(), chunk, names))).counts);
  return counts;
}

/** `held`: the acting categories that the chunks have items of. */
async function evidenceOf(
  batch: BatchFacts,
  own: readonly SelectedChunk[],
  { acting, held, share }: { acting: string[]; held: string[]; share: number },
) {
  const { pool } = db();
  const { seed, decided, revised, keysSign } = await readDrawable(pool, batch.id);
  const whole = await wholeOf(pool, batch.id, decided);
  const pooled = await readPool(pool, { batchId: batch.id, seed: seed ?? Buffer.alloc(0), revised, keysSign }, whole);
  const marks = own.map(({ id }) => new Set(pooled.marksIn(id).map(({ ordinal }) => ordinal)).size);
  const told = {
    marked: marks.reduce((sum, count) => sum + count, 0),
    unmarkedChunks: marks.filter((count) => count === 0).length,
  };
  const part = partOf(whole, decided, own);
  const grounds =
    seed === null || shareUnder(batch.plan, share) === null ? null : await groundsOf(pooled, acting, { whole, part, share });
  return { ...told, whole: part === whole, bound: grounds && boundsOf(grounds), ungrounded: ungroundedWords(grounds, held) };
}

/** The whole in which only these are decided: the same list where that is all of it. */
function partOf<Chunk extends { id: string }>(
  whole: Chunk[],
  decided: readonly { id: string }[],
  own: readonly { id: string }[],
): Chunk[] {
  const ids = new Set([...decided, ...own].map(({ id }) => id));
  const part = whole.filter(({ id }) => ids.has(id));
  return part.length === whole.length ? whole : part;
}

/** As it is told. */
export function boundsOf(grounds: ReadonlyMap<string, Ground>): PoolBound[] {
  return [...grounds].map(([category, { looks, judged }]) => ({
    category,
    population: looks.population,
    looks: looks.looks,
    wrong: looks.wrongAt.length,
    atMost: leastAtMost(looks),
    allowed: judged.allowed,
    met: judged.met,
    more: judged.more,
  }));
}

/** The first random item of each acting category of each chunk. */
async function samplesOf(batch: BatchFacts, own: readonly SelectedChunk[], acting: readonly string[]): Promise<SampleOfBatch[]> {
  const { pool } = db();
  const looks = await readKeptLooks(pool, own);
  const names = batch.plan.categories.map(({ name }) => name);
  const ordinals: number[] = [];
  for (const chunk of own) {
    const { random } = looks.get(chunk.id) ?? (await lookAt(db(), chunk, names));
    for (const category of acting) {
      const first = random.find((one) => one.category === category);
      if (first) ordinals.push(first.ordinal);
    }
  }
  return readSamples(batch, ordinals);
}

/** Items of any chunks of the batch as they are shown, in this order. */
export async function readSamples(batch: BatchFacts, ordinals: readonly number[]): Promise<SampleOfBatch[]> {
  const { pool } = db();
  const items = await readItemsOf(pool, { batchId: batch.id, datasetId: batch.datasetId }, ordinals);
  const marks = await readMarksNamed(db(), batch.id, ordinals);
  const names = await readNames(
    db(),
    [...items.values()].map(({ by }) => by),
  );
  return ordinals.flatMap((ordinal) => {
    const item = items.get(ordinal);
    if (!item) return [];
    return [
      {
        ...sampleOf(batch, item, 'random', names, { review: marks.get(ordinal) ?? null, outcome: null }),
        chunk: item.chunk,
        decided: isDecided(item),
      },
    ];
  });
}
