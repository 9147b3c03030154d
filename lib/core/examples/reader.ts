/** What weights that were learned say of an item. */
import { EXAMPLE_FEATURES } from '#lib/core/limits.ts';
import { toChances, type Weights } from './learn.ts';
import type { Vector } from './vectors.ts';

/** Reads items by these weights: the chance of each category, and how much of the item stands in no example, 0 to 1. */
export function reader(
  { features, rows }: Weights,
  categories: number,
): (vector: Vector, temperature: number) => { chances: Float64Array; unknown: number } {
  const places = new Int32Array(EXAMPLE_FEATURES).fill(-1);
  features.forEach((feature, at) => {
    places[feature] = at * categories;
  });
  const before = features.length * categories;
  return ({ features: own, weights }, temperature) => {
    const chances = rows.slice(before, before + categories);
    let known = 0;
    for (let k = 0; k < own.length; k++) {
      const row = places[own[k] as number] as number;
      if (row < 0) continue;
      const weight = weights[k] as number;
      known += weight * weight;
      for (let c = 0; c < categories; c++) chances[c] = (chances[c] as number) + weight * (rows[row + c] as number);
    }
    toChances(chances, temperature);
    return { chances, unknown: 1 - known };
  };
}
