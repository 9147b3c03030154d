/** What was learned from a person's examples: how sure it is of an item, and which examples the item is like. Pure. */
import { type HeldOut, heldOut, temperatureOf } from './held-out.ts';
import { type Example, learn, type Weights } from './learn.ts';
import { reader } from './reader.ts';
import type { Vector } from './vectors.ts';

export type Learned = {
  weights: Weights;
  /** what makes its chances as sure as it was right about examples that it had not seen */
  temperature: number;
  /** of each example, what it was told as and would have been guessed without it; empty where there were too few to hold some out */
  heldOut: HeldOut[];
  /** The chance of each category, in the order of the categories, and how much of the item stands in no example: 0 to 1. */
  chances(vector: Vector): { chances: Float64Array; unknown: number };
  /** The examples that are most like it, the likest first, by their places: at most so many, of this category. */
  nearest(vector: Vector, category: number, most: number): number[];
};

/** @param random per example whether it is of the random part (`drawn` in picks.ts): what was picked for being hard says little of all the others */
export function learnFrom(examples: readonly Example[], categories: number, random: readonly boolean[]): Learned {
  const weights = learn(examples, categories);
  const held = heldOut(examples, categories);
  const temperature = temperatureOf(held, random);
  const chancesOf = reader(weights, categories);
  const index = indexOf(examples);
  return {
    ...{ weights, temperature, heldOut: held },
    chances: (vector) => chancesOf(vector, temperature),
    nearest: (vector, category, most) => nearest(index, examples, vector, category, most),
  };
}

/** Feature -> the examples that have it, with its weight there. */
type Index = Map<number, { examples: number[]; weights: number[] }>;

function indexOf(examples: readonly Example[]): Index {
  const index: Index = new Map();
  examples.forEach(({ vector }, example) => {
    vector.features.forEach((feature, at) => {
      const found = index.get(feature) ?? { examples: [], weights: [] };
      index.set(feature, found);
      found.examples.push(example);
      found.weights.push(vector.weights[at] as number);
    });
  });
  return index;
}

/** By so many of its words that weigh the most: a word that nearly every example has tells none from another. */
const NEAREST_BY_WORDS = 24;

function nearest(index: Index, examples: readonly Example[], vector: Vector, category: number, most: number): number[] {
  const likeness = new Map<number, number>();
  for (const at of heaviestKnown(index, vector)) {
    const found = index.get(vector.features[at] as number);
    const weight = vector.weights[at] as number;
    found?.examples.forEach((example, k) => {
      if (examples[example]?.category !== category) return;
      likeness.set(example, (likeness.get(example) ?? 0) + weight * (found.weights[k] as number));
    });
  }
  const first: [example: number, likeness: number][] = [];
  for (const [example, like] of likeness) {
    let at = first.length;
    while (at > 0 && isBefore([example, like], first[at - 1] as [number, number])) at--;
    if (at < most) first.splice(at, 0, [example, like]);
    if (first.length > most) first.pop();
  }
  return first.map(([example]) => example);
}

function isBefore([one, a]: [number, number], [other, b]: [number, number]): boolean {
  return a > b || (a === b && one < other);
}

/** Places of words that stand in an example, the heaviest first. */
function heaviestKnown(index: Index, { features, weights }: Vector): number[] {
  const first: number[] = [];
  for (let word = 0; word < features.length; word++) {
    const weight = weights[word] as number;
    if (first.length === NEAREST_BY_WORDS && weight <= (weights[first[NEAREST_BY_WORDS - 1] as number] as number)) continue;
    if (!index.has(features[word] as number)) continue;
    let at = first.length;
    while (at > 0 && weight > (weights[first[at - 1] as number] as number)) at--;
    first.splice(at, 0, word);
    if (first.length > NEAREST_BY_WORDS) first.pop();
  }
  return first;
}
