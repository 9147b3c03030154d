/** An item as a vector: each of its words, weighed by how often it stands there and by how rare it is elsewhere (TF-IDF), the whole of length 1. */
import { EXAMPLE_FEATURES, EXAMPLE_WORDS_MAX } from '#lib/core/limits.ts';
import { ln } from './arithmetic.ts';
import type { Words } from './words.ts';

/** In the order in which the words come; the squares of the weights add up to 1, or there are none. */
export type Vector = { features: Int32Array; weights: Float64Array };

/** How rare words are. */
export type Rarity = {
  /** the items whose words were counted */
  items: number;
  /** per feature, how many of them have it */
  counts: Uint32Array;
};

export function emptyRarity(): Rarity {
  return { items: 0, counts: new Uint32Array(EXAMPLE_FEATURES) };
}

export function addToRarity(rarity: Rarity, { features }: Words): void {
  rarity.items++;
  for (const feature of features) rarity.counts[feature] = (rarity.counts[feature] as number) + 1;
}

/** Makes vectors by this rarity, which must not change any more. */
export function vectorsBy({ items, counts }: Rarity): (words: Words) => Vector {
  const byCount = new Float64Array(items + 1);
  const byTimes = new Float64Array(2 ** 16);
  const rare = (count: number): number => {
    if (byCount[count] === 0) byCount[count] = ln((1 + items) / (1 + count)) + 1;
    return byCount[count] as number;
  };
  const often = (times: number): number => {
    if (byTimes[times] === 0) byTimes[times] = 1 + ln(times);
    return byTimes[times] as number;
  };
  return ({ features, times }) => {
    const weights = new Float64Array(features.length);
    for (let at = 0; at < features.length; at++)
      weights[at] = often(times[at] as number) * rare(counts[features[at] as number] as number);
    return ofLengthOne(features.length > EXAMPLE_WORDS_MAX ? heaviest({ features, weights }) : { features, weights });
  };
}

function heaviest({ features, weights }: Vector): Vector {
  const order = Array.from(features.keys()).sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  const kept = order.slice(0, EXAMPLE_WORDS_MAX).sort((a, b) => a - b);
  return {
    features: Int32Array.from(kept, (at) => features[at] as number),
    weights: Float64Array.from(kept, (at) => weights[at] as number),
  };
}

function ofLengthOne({ features, weights }: Vector): Vector {
  let squares = 0;
  for (const weight of weights) squares += weight * weight;
  const length = Math.sqrt(squares);
  for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] as number) / length;
  return { features, weights };
}

/** How alike others are to this one, 0 to 1: the cosine of their angle. */
export function likenessTo(one: Vector): (other: Vector) => number {
  const own = new Map<number, number>();
  one.features.forEach((feature, at) => {
    own.set(feature, one.weights[at] as number);
  });
  return ({ features, weights }) => {
    let sum = 0;
    for (let at = 0; at < features.length; at++) sum += (own.get(features[at] as number) ?? 0) * (weights[at] as number);
    return sum;
  };
}
