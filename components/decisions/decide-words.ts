/** The words of one decision over many chunks: what it covers, and on what ground. Pure. */
import { percent } from '#components/checkpoints/evidence-words.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { DecisionPreview, PoolBound } from '#lib/shapes/decisions.ts';

/** "noise: looked at 193, 0 wrong: at most 120 of 6,046 wrong (2 %), 95 % sure." */
export function boundWords({ category, population, looks, wrong, atMost }: PoolBound): string {
  if (looks === 0) return `${category}: no random look yet among its ${formatCount(population)}.`;
  const rest = population - wrong;
  const most = atMost - wrong;
  const share = rest === 0 ? '' : ` (${percent(most / rest)})`;
  const of = wrong > 0 ? `the other ${formatCount(rest)}` : formatCount(population);
  return `${category}: looked at ${formatCount(looks)}, ${formatCount(wrong)} wrong: at most ${formatCount(most)} of ${of} wrong${share}, 95 % sure.`;
}

/** How many more looks the categories want together; 0 when the bound is had. */
export function looksMissing(bound: readonly PoolBound[]): number {
  return bound.reduce((sum, { more }) => sum + more, 0);
}

/** Whether what nobody saw can be approved on the looks over the batch. */
export function isGround({ bound, ungrounded }: Pick<DecisionPreview, 'bound' | 'ungrounded'>): boolean {
  return bound !== null && ungrounded.length === 0;
}

/** "Nobody marked an item in 9 of these 12 chunks." What nobody looked at is said as plainly as what somebody did. */
export function unlookedWords({
  chunks,
  unmarkedChunks,
  marked,
  noun,
}: Pick<DecisionPreview, 'chunks' | 'unmarkedChunks' | 'marked' | 'noun'>): string {
  if (unmarkedChunks === 0) return `${formatNoun(marked, noun)} of these chunks were marked, some in each.`;
  if (unmarkedChunks === chunks.length)
    return chunks.length === 1
      ? 'Nobody marked an item in it.'
      : `Nobody marked an item in any of these ${formatCount(chunks.length)} chunks.`;
  const of = `Nobody marked an item in ${formatCount(unmarkedChunks)} of these ${formatCount(chunks.length)} chunks`;
  const others = chunks.length - unmarkedChunks === 1 ? 'the other one' : 'the others';
  return `${of}. In ${others} ${formatNoun(marked, noun)} ${marked === 1 ? 'was' : 'were'} marked.`;
}

/** "2024, 2023 and 10 more", with how many items. */
export function chunksWords({ chunks, items, noun }: Pick<DecisionPreview, 'chunks' | 'items' | 'noun'>): string {
  const named = chunks.slice(0, NAMED_MAX).map(({ name }) => name);
  const more = chunks.length - named.length;
  const names = more > 0 ? `${named.join(', ')} and ${formatCount(more)} more` : listed(named);
  return `${formatNoun(chunks.length, 'chunks')} (${names}), ${formatNoun(items, noun)} in all.`;
}

const NAMED_MAX = 4;

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
