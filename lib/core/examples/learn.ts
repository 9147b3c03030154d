/**
 * Multinomial logistic regression over sparse vectors, by stochastic gradient descent in a fixed order: the same examples in the same order give the same
 * weights, bit for bit, on every machine.
 */
import { exp } from './arithmetic.ts';
import type { Vector } from './vectors.ts';

/** `category`: its place among the categories that are learned. */
export type Example = { vector: Vector; category: number };

export type Weights = {
  /** the features that stand in an example, ascending: no other has a weight */
  features: Int32Array;
  /** a row of one weight a category for each feature, and a last row for what holds before a word is read */
  rows: Float64Array;
};

const PASSES = 30;
/** How far one example moves the weights of its words: its vector has length 1. */
const RATE = 8;
/** Weights that nothing holds up shrink, so that few examples do not make sure of much. */
const SHRINK = 1e-4;
/** What holds before a word is read moves slower. */
const BEFORE = 0.1;

export function learn(examples: readonly Example[], categories: number): Weights {
  const features = featuresOf(examples);
  const places = new Map<number, number>();
  for (const [at, feature] of features.entries()) places.set(feature, at * categories);
  const rows = new Float64Array((features.length + 1) * categories);
  const before = features.length * categories;
  const placed = examples.map(({ vector }) => Int32Array.from(vector.features, (feature) => places.get(feature) as number));
  const order = Array.from(examples.keys());
  const draw = generator();
  const chances = new Float64Array(categories);
  let step = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    shuffle(order, draw);
    for (const one of order) {
      const { vector, category } = examples[one] as Example;
      const at = placed[one] as Int32Array;
      addUp(rows, at, vector.weights, before, chances);
      toChances(chances, 1);
      const rate = RATE / (1 + step++ / (2 * examples.length));
      const keep = 1 - rate * SHRINK;
      for (let c = 0; c < categories; c++) {
        const by = rate * ((c === category ? 1 : 0) - (chances[c] as number));
        for (let k = 0; k < at.length; k++) {
          const row = (at[k] as number) + c;
          rows[row] = (rows[row] as number) * keep + by * (vector.weights[k] as number);
        }
        rows[before + c] = (rows[before + c] as number) + by * BEFORE;
      }
    }
  }
  return { features, rows };
}

/** What the words of an item say for each category together. */
function addUp(rows: Float64Array, at: Int32Array, weights: Float64Array, before: number, into: Float64Array): void {
  for (let c = 0; c < into.length; c++) into[c] = rows[before + c] as number;
  for (let k = 0; k < at.length; k++) {
    const row = at[k] as number;
    const weight = weights[k] as number;
    for (let c = 0; c < into.length; c++) into[c] = (into[c] as number) + weight * (rows[row + c] as number);
  }
}

/** Scores become chances that add up to 1, in place; a temperature above 1 makes them less sure, below 1 surer. */
export function toChances(scores: Float64Array, temperature: number): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    const chance = exp(((scores[c] as number) - most) / temperature);
    scores[c] = chance;
    sum += chance;
  }
  for (let c = 0; c < scores.length; c++) scores[c] = (scores[c] as number) / sum;
}

function featuresOf(examples: readonly Example[]): Int32Array {
  const all = new Set<number>();
  for (const { vector } of examples) for (const feature of vector.features) all.add(feature);
  return Int32Array.from(all).sort();
}

/** Numerical Recipes' linear congruential generator: below `most`, by its upper bits. It only puts examples into some order. */
function generator(): (most: number) => number {
  let state = 1;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

function shuffle(order: number[], draw: (most: number) => number): void {
  for (let at = order.length - 1; at > 0; at--) {
    const other = draw(at + 1);
    const moved = order[at] as number;
    order[at] = order[other] as number;
    order[other] = moved;
  }
}
