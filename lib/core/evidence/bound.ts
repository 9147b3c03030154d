/**
 * What looks at a random sample prove: with 95 % confidence at most so many of a population are wrong, whenever the person stops and however often the number
 * was read before (docs/evidence.md). N are the items, n of them were looked at in an order that was fixed beforehand, k of these were wrong. For a
 * supposed total K of wrong ones the martingale is
 *
 *     M(K) = sum over j of  prior(j) * Hyp(k | N, j, n) / Hyp(k | N, K, n)
 *
 * and the bound is the largest K with M(K) < 1 / ALPHA (Ville's inequality; Waudby-Smith and Ramdas 2020, sampling without replacement).
 */

/** So often at most the bound is wrong. */
const ALPHA = 0.05;

/**
 * How the totals 0..N are weighed beforehand; the weights add up to one. The bound holds for any, and is narrow for what they expect.
 * @internal for its tests
 */
export type Prior = (total: number) => number;

/** Few wrong items, without saying how few: proportional to 1 / (K + 1). */
function few(population: number): Prior {
  const sum = harmonic(population + 1);
  return (total) => 1 / ((total + 1) * sum);
}

/**
 * Made for the one question whether more than `most` are wrong: half on 0, half proportional to 1 / K on 1..most.
 * @internal what it would spare is stated in docs/evidence.md, and why a plan's demand is not judged by it
 */
export function demandedPrior(most: number): Prior {
  const sum = harmonic(most);
  return (total) => (total === 0 ? 0.5 : total <= most ? 0.5 / (total * sum) : 0);
}

/**
 * The bound by these looks alone, without what fewer of them proved before. `prior` is another than the usual one in tests.
 * @internal for its tests
 */
export function atMost(population: number, looks: number, wrong: number, prior?: Prior): number {
  assertLooks(population, looks, wrong);
  if (looks === 0) return population;
  if (prior) return boundBy(population, looks, wrong, prior);
  return remembered(BOUNDS, `${population} ${looks} ${wrong}`, () => boundBy(population, looks, wrong, few(population)));
}

/** Looks in the order of the draw: how many, and the places of the wrong ones among them, ascending from 1. */
export type Looks = { population: number; looks: number; wrongAt: readonly number[] };

/**
 * At most so many of the population are wrong. The bound never rises again while looks are added: it is the least that any number of the first looks proved.
 * A look at a right item never raises it, so only the looks before each wrong one, and all of them, are asked; where the likelihood alone says that they prove no
 * less, they are not even reckoned.
 */
export function leastAtMost({ population, looks, wrongAt }: Looks): number {
  let least = atMost(population, looks, wrongAt.length);
  for (let wrong = wrongAt.length - 1; wrong >= 0; wrong -= 1) {
    const before = (wrongAt[wrong] as number) - 1;
    if (mayExclude(population, before, wrong, least)) least = Math.min(least, atMost(population, before, wrong));
  }
  return least;
}

/** How many more looks prove that at most `most` are wrong, if none of them is wrong: 0 when it is proven, null when more were found wrong already. */
export function looksUntil(of: Looks, most: number): number | null {
  const { population, looks, wrongAt } = of;
  if (most < wrongAt.length) return null;
  if (leastAtMost(of) <= most) return 0;
  const needed = remembered(NEEDED, `${population} ${wrongAt.length} ${most}`, () =>
    looksNeeded(population, wrongAt.length, most),
  );
  return Math.max(0, needed - looks);
}

/** `looksUntil` for a share of the population, after looks of which it is not known which were wrong. */
export function looksFor(population: number, looks: number, wrong: number, share: number): number | null {
  // As if they came first: then nothing was proven before them.
  const wrongAt = Array.from({ length: wrong }, (_, index) => index + 1);
  return looksUntil({ population, looks, wrongAt }, most(population, share));
}

/** So many items are at most this share. A share is a decimal: 0.29 of 100 is 29, not 28.999999999999996. */
export function most(population: number, share: number): number {
  return Math.floor(population * share + 1e-9 * Math.max(1, population * share));
}

/** The least number of looks, `wrong` of which were wrong, that excludes every total above `total`. */
function looksNeeded(population: number, wrong: number, total: number): number {
  if (total >= population) return wrong;
  const weigh = few(population);
  // By the likelihood alone: fewer can't do, and these do whatever the others weigh.
  const atLeast = firstOf(Math.max(wrong, 1), population, (looks) => mayExclude(population, looks, wrong, total + 1));
  const enough = firstOf(atLeast, population, (looks) => {
    const mode = modeOf(population, looks, wrong);
    const height = logHyp(population, looks, wrong, mode) + Math.log(weigh(mode));
    return mode <= total && logHyp(population, looks, wrong, total + 1) <= height + Math.log(ALPHA);
  });
  return firstOf(atLeast, enough, (looks) => atMost(population, looks, wrong) <= total);
}

/** The least number from `low` on that fits, where every number above one that fits does too, as `high` does. */
function firstOf(low: number, high: number, fits: (number: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (fits(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Whether the bound may be below `total`: it is not where the likelihood of that total is within 1 / ALPHA of the greatest, for no mean is above that. */
function mayExclude(population: number, looks: number, wrong: number, total: number): boolean {
  if (looks === 0) return false;
  const mode = modeOf(population, looks, wrong);
  if (total <= mode) return false;
  return logHyp(population, looks, wrong, total) <= logHyp(population, looks, wrong, mode) + Math.log(ALPHA);
}

function boundBy(population: number, looks: number, wrong: number, prior: Prior): number {
  const mode = modeOf(population, looks, wrong);
  // M(K) is below the limit where the likelihood of K is above this, and from the mode on the likelihood only falls.
  const limit =
    logHyp(population, looks, wrong, mode) + Math.log(meanHeight(population, looks, wrong, mode, prior)) + Math.log(ALPHA);
  return firstOf(mode, population - looks + wrong, (total) => !(logHyp(population, looks, wrong, total + 1) > limit));
}

/** Terms that are smaller than this share of the greatest are left out: of the sum they are no part that counts. */
const NEGLIGIBLE = 1e-18;
/** So many terms on each side of the mode are added up one by one. */
const ADDED_ONE_BY_ONE = 10_000;
/** Beyond them the sum is taken for an integral, by Simpson's rule over stretches that double: of a few hundred terms, whatever the population. */
const STEPS = 64;

/** The mean of the likelihood over the prior, in units of its greatest: from the mode to both sides, until the terms are negligible. */
function meanHeight(population: number, looks: number, wrong: number, mode: number, prior: Prior): number {
  const last = population - looks + wrong;
  const peak = logHyp(population, looks, wrong, mode);
  const side = (way: 1 | -1, end: number): number => {
    let [sum, height, total] = [0, 1, mode];
    for (let added = 0; added < ADDED_ONE_BY_ONE && total !== end && height > NEGLIGIBLE; added += 1, total += way) {
      // The quotient of two neighbours; the greater of them is `above`.
      const above = way === 1 ? total + 1 : total;
      const quotient = (above / (above - wrong)) * ((last - above + 1) / (population - above + 1));
      height *= way === 1 ? quotient : 1 / quotient;
      sum += prior(total + way) * height;
    }
    const term = (at: number): number => prior(at) * Math.exp(logHyp(population, looks, wrong, at) - peak);
    if (total === end || height <= NEGLIGIBLE) return sum;
    // The last one that was added is the first of the integral, which has half of it and half of its own last.
    sum += (term(end) - term(total)) / 2;
    for (let length = ADDED_ONE_BY_ONE; total !== end; length *= 2) {
      const width = Math.min(length, Math.abs(end - total));
      const step = width / STEPS;
      for (let at = 0; at <= STEPS; at += 1) {
        const weight = at === 0 || at === STEPS ? 1 : at % 2 === 1 ? 4 : 2;
        sum += (weight * step * term(total + way * at * step)) / 3;
      }
      total += way * width;
      if (term(total) < NEGLIGIBLE * prior(total)) break;
    }
    return sum;
  };
  return prior(mode) + side(1, last) + side(-1, wrong);
}

/** The total under which what was found is likeliest. */
function modeOf(population: number, looks: number, wrong: number): number {
  return Math.min(Math.floor((wrong * (population + 1)) / looks), population - looks + wrong);
}

/** ln Hyp(wrong | population, total, looks), but for what does not depend on the total. */
function logHyp(population: number, looks: number, wrong: number, total: number): number {
  const right = looks - wrong;
  if (total < wrong || population - total < right) return Number.NEGATIVE_INFINITY;
  return logChosen(total, wrong) + logChosen(population - total, right);
}

/** ln of the binomial coefficient, but for the factorial of what is chosen. */
function logChosen(of: number, chosen: number): number {
  return logFactorial(of) - logFactorial(of - chosen);
}

/** ln n! by Stirling's series, with n raised to where that is exact to 14 digits. n need not be a whole number. */
function logFactorial(n: number): number {
  let [at, raisedBy] = [n, 0];
  for (; at < 16; at += 1) raisedBy += Math.log(at + 1);
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return at * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI * at) + series - raisedBy;
}

/** 1 + 1/2 + … + 1/n: added up where that is short, and by its series beyond. */
function harmonic(n: number): number {
  if (n > 1_000) return Math.log(n) + EULER + 1 / (2 * n) - 1 / (12 * n * n);
  let sum = 0;
  for (let one = n; one >= 1; one -= 1) sum += 1 / one;
  return sum;
}

const EULER = 0.577_215_664_901_532_9;

/** What was reckoned is asked for again after every mark, for every category that the mark is not in. */
const REMEMBERED_MAX = 20_000;
const BOUNDS = new Map<string, number>();
const NEEDED = new Map<string, number>();

function remembered(known: Map<string, number>, key: string, reckon: () => number): number {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = reckon();
  if (known.size >= REMEMBERED_MAX) known.clear();
  known.set(key, value);
  return value;
}

function assertLooks(population: number, looks: number, wrong: number): void {
  if (0 <= wrong && wrong <= looks && looks <= population) return;
  throw new RangeError(`${wrong} wrong ones of ${looks} looks at ${population} items: there are no such looks.`);
}
