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
    nearest: (vector, category, most) => nearest(index, vector, category, most),
  };
}

/** The examples of one category that have a word, with its weight there, in the order of the examples. */
type Postings = { examples: number[]; weights: number[] };

/** Feature -> by category, who has it. `sums` and `met` are room for one question after the other: a map for each costs ten times as much. */
type Index = { words: Map<number, (Postings | undefined)[]>; sums: Float64Array; met: Int32Array };

function indexOf(examples: readonly Example[]): Index {
  const words: Index['words'] = new Map();
  examples.forEach(({ vector, category }, example) => {
    vector.features.forEach((feature, at) => {
      const found = words.get(feature) ?? [];
      words.set(feature, found);
      const own = found[category] ?? { examples: [], weights: [] };
      found[category] = own;
      own.examples.push(example);
      own.weights.push(vector.weights[at] as number);
    });
  });
  return { words, sums: new Float64Array(examples.length), met: new Int32Array(examples.length) };
}

/** By so many of its words that weigh the most: a word that nearly every example has tells none from another. */
const NEAREST_BY_WORDS = 24;

function nearest({ words, sums, met }: Index, vector: Vector, category: number, most: number): number[] {
  let count = 0;
  for (const at of heaviestKnown(words, vector)) {
    const own = words.get(vector.features[at] as number)?.[category];
    if (!own) continue;
    const weight = vector.weights[at] as number;
    for (let k = 0; k < own.examples.length; k++) {
      const example = own.examples[k] as number;
      // Weights are above 0.
      if (sums[example] === 0) met[count++] = example;
      sums[example] = (sums[example] as number) + weight * (own.weights[k] as number);
    }
  }
  const first: [example: number, likeness: number][] = [];
  for (let k = 0; k < count; k++) {
    const example = met[k] as number;
    const like = sums[example] as number;
    sums[example] = 0;
    if (first.length === most && !isBefore([example, like], first[most - 1] as [number, number])) continue;
    let at = first.length;
    while (at > 0 && isBefore([example, like], first[at - 1] as [number, number])) at--;
    first.splice(at, 0, [example, like]);
    if (first.length > most) first.pop();
  }
  return first.map(([example]) => example);
}

function isBefore([one, a]: [number, number], [other, b]: [number, number]): boolean {
  return a > b || (a === b && one < other);
}

/** Places of words that stand in an example, the heaviest first. */
function heaviestKnown(words: Index['words'], { features, weights }: Vector): number[] {
  const first: number[] = [];
  for (let word = 0; word < features.length; word++) {
    const weight = weights[word] as number;
    if (first.length === NEAREST_BY_WORDS && weight <= (weights[first[NEAREST_BY_WORDS - 1] as number] as number)) continue;
    if (!words.has(features[word] as number)) continue;
    let at = first.length;
    while (at > 0 && weight > (weights[first[at - 1] as number] as number)) at--;
    first.splice(at, 0, word);
    if (first.length > NEAREST_BY_WORDS) first.pop();
  }
  return first;
}
