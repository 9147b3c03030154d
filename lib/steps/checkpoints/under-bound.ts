/**
 * The ground on which chunks are approved of which nobody saw an item: the looks over the batch's one draw (docs/few-decisions.md). The whole are the chunks that were
 * decided and all that are in review, so that no choice of some of them can leave out what looks found.
 */
import type { Looks } from '#lib/core/evidence/bound.ts';
import { type Judged, judgePart, unmetWords } from '#lib/core/evidence/demands.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { type ChunkToDraw, readInReview } from '#lib/store/reviews/evidence.sql.ts';
import type { Pool } from '#lib/store/reviews/evidence.ts';

/** What one category's looks over the whole prove of the part that is decided. */
export type Ground = { looks: Looks; judged: Judged };

/** The chunks whose items are the whole, in the order of their numbers. `own` are locked, and read already. */
export async function wholeOf(
  client: Querying,
  batchId: string,
  decided: readonly ChunkToDraw[],
  own: readonly ChunkToDraw[] = [],
): Promise<ChunkToDraw[]> {
  const whole = new Map((await readInReview(client, batchId)).map((chunk) => [chunk.id, chunk]));
  for (const chunk of [...decided, ...own]) whole.set(chunk.id, chunk);
  return [...whole.values()].sort((a, b) => a.number - b.number);
}

/** The share that is asked of: a plan's own is as strict, or stricter. Null where a bound over the batch is no ground: the plan asks of each chunk. */
export function shareUnder({ gates }: Plan, asked: number): number | null {
  if (gates.evidence?.over === 'chunk') return null;
  return Math.min(asked, gates.evidence?.atMost ?? asked);
}

/** By category, of those that have items in the whole. `part` is what was decided, with what is decided now. */
export async function groundsOf(
  pooled: Pool,
  categories: readonly string[],
  { whole, part, share }: { whole: readonly ChunkToDraw[]; part: readonly ChunkToDraw[]; share: number },
): Promise<Map<string, Ground>> {
  const grounds = new Map<string, Ground>();
  for (const category of categories) {
    const looks = await pooled.looks(category, whole);
    if (looks.population === 0) continue;
    const { population, wrongAt } = part.length === whole.length ? looks : await pooled.looks(category, part);
    grounds.set(category, { looks, judged: judgePart(looks, { population, wrong: wrongAt.length }, share) });
  }
  return grounds;
}

/** Why it is none for these categories, which what is decided has items of: a sentence each. */
export function ungroundedWords(grounds: ReadonlyMap<string, Ground> | null, categories: readonly string[]): string[] {
  if (grounds === null) return ['Nothing over the batch says how many are wrong: it has no bound over all of its chunks.'];
  return categories.flatMap((category) => {
    const ground = grounds.get(category);
    // Nothing is left to draw from, so the bound says nothing of them.
    if (!ground)
      return [`${category}: every item of it was marked before the rules changed, and nothing says how many are wrong by these.`];
    return ground.judged.met ? [] : [unmetWords(category, ground.looks, ground.judged, 'this approval')];
  });
}
