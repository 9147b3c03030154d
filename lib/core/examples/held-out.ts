/**
 * How right and how sure what was learned is about what it has not seen: each example is guessed by what all but its own fifth teach. Among the examples those
 * count that are the first of a random order (`drawn`): the others were picked for being hard.
 */
import { ln } from './arithmetic.ts';
import { type Example, learn, toChances } from './learn.ts';
import { reader } from './reader.ts';

/** What an example was told as, and what all categories score without it. */
export type HeldOut = { category: number; scores: Float64Array };

const FOLDS = 5;
/** Fewer examples can't spare any. */
const EXAMPLES_MIN = 10;

export function heldOut(examples: readonly Example[], categories: number): HeldOut[] {
  if (examples.length < EXAMPLES_MIN) return [];
  const held = new Array<HeldOut>(examples.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const others = examples.filter((_, at) => at % FOLDS !== fold);
    const read = reader(learn(others, categories), categories);
    for (let at = fold; at < examples.length; at += FOLDS) {
      const { vector, category } = examples[at] as Example;
      // Logarithms of chances are scores that give these chances.
      const scores = read(vector, 1).chances.map((chance) => ln(Math.max(chance, 1e-300)));
      held[at] = { category, scores };
    }
  }
  return held;
}

/** The place of the likeliest. @internal for the benchmark */
export function guessOf(scores: Float64Array): number {
  let best = 0;
  for (let c = 1; c < scores.length; c++) if ((scores[c] as number) > (scores[best] as number)) best = c;
  return best;
}

/** So much more a random example says of the items that nobody decided than one that was picked for being hard. */
const RANDOM_COUNTS = 10;
/** From 1/8 to 8, in quarters of powers of two. */
const TEMPERATURES = Array.from({ length: 25 }, (_, at) => quarterPower(at - 12));

/** The temperature by which what was held out is the likeliest; 1 where nothing was. */
export function temperatureOf(held: readonly HeldOut[], random: readonly boolean[]): number {
  if (held.length === 0) return 1;
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const temperature of TEMPERATURES) {
    let sum = 0;
    held.forEach(({ category, scores }, at) => {
      const chances = scores.slice();
      toChances(chances, temperature);
      sum -= (random[at] ? RANDOM_COUNTS : 1) * ln(Math.max(chances[category] as number, 1e-300));
    });
    if (sum < least) [best, least] = [temperature, sum];
  }
  return best;
}

function quarterPower(quarters: number): number {
  const quarter = Math.sqrt(Math.sqrt(2));
  let power = 1;
  for (let left = quarters; left > 0; left--) power *= quarter;
  for (let left = quarters; left < 0; left++) power /= quarter;
  return power;
}

/** Of so many it was right so often, and the share of all that this says, with 95 % confidence, from `least` to `most` (Wilson 1927). */
export type Right = { of: number; right: number; least: number; most: number };

export function rightOf(held: readonly HeldOut[], random: readonly boolean[]): Right {
  const looked = held.filter((_, at) => random[at]);
  const right = looked.filter(({ category, scores }) => guessOf(scores) === category).length;
  return { of: looked.length, right, ...wilson(right, looked.length) };
}

const Z = 1.959963984540054;

function wilson(right: number, of: number): { least: number; most: number } {
  if (of === 0) return { least: 0, most: 1 };
  const share = right / of;
  const middle = (share + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const far = (Z / (1 + Z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of * of));
  return { least: Math.max(0, middle - far), most: Math.min(1, middle + far) };
}
