/**
 * What looks prove, as the product reckons it (lib/core/evidence/bound.ts; a test compares both): of a population at most so many are wrong, with 95 % confidence,
 * whenever the person stopped. For a supposed total K of wrong ones, M(K) is the mean of the likelihood over all totals, weighed by 1 / (total + 1), divided by the
 * likelihood of K. The bound is the largest K with M(K) < 20.
 */

const ALPHA = 0.05;

/** By the looks in the order of the draw: `wrongAt` are the places of the wrong ones, ascending from 1. The least that any number of the first looks proved. */
export function leastAtMost(population, looks, wrongAt) {
  let least = atMost(population, looks, wrongAt.length);
  for (const [wrong, at] of wrongAt.entries()) least = Math.min(least, atMost(population, at - 1, wrong));
  return least;
}

/** The least and the greatest that so many looks may have proved, wherever among them the wrong ones were. */
export function boundsOf(population, looks, wrong) {
  let least = atMost(population, looks, wrong);
  const greatest = least;
  // A bound is lowest where the wrong ones came last.
  for (let found = 0; found < wrong; found += 1) least = Math.min(least, atMost(population, looks - wrong + found, found));
  return [least, greatest];
}

/** How many of so many a share is. */
export function most(population, share) {
  return Math.floor(population * share + 1e-9 * Math.max(1, population * share));
}

function atMost(population, looks, wrong) {
  if (looks === 0) return population;
  const last = population - looks + wrong;
  const mode = Math.min(Math.floor((wrong * (population + 1)) / looks), last);
  const likelihood = (total) =>
    total < wrong || population - total < looks - wrong
      ? Number.NEGATIVE_INFINITY
      : logChosen(total, wrong) + logChosen(population - total, looks - wrong);
  const limit = likelihood(mode) + Math.log(meanHeight(population, looks, wrong, mode, likelihood)) + Math.log(ALPHA);
  // From the mode on the likelihood only falls.
  let [from, to] = [mode, last];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (likelihood(middle + 1) > limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

const NEGLIGIBLE = 1e-18;
const ADDED_ONE_BY_ONE = 10_000;
const STEPS_OF_SIMPSON = 64;

/** The mean of the likelihood, in units of its greatest: added up from the mode to both sides, and far from it an integral by Simpson's rule. */
function meanHeight(population, looks, wrong, mode, likelihood) {
  const last = population - looks + wrong;
  const sumOfWeights = harmonic(population + 1);
  const weight = (total) => 1 / ((total + 1) * sumOfWeights);
  const peak = likelihood(mode);
  const side = (way, end) => {
    let [sum, height, total] = [0, 1, mode];
    for (let added = 0; added < ADDED_ONE_BY_ONE && total !== end && height > NEGLIGIBLE; added += 1, total += way) {
      const above = way === 1 ? total + 1 : total;
      const quotient = (above / (above - wrong)) * ((last - above + 1) / (population - above + 1));
      height *= way === 1 ? quotient : 1 / quotient;
      sum += weight(total + way) * height;
    }
    const term = (at) => weight(at) * Math.exp(likelihood(at) - peak);
    if (total === end || height <= NEGLIGIBLE) return sum;
    sum += (term(end) - term(total)) / 2;
    for (let length = ADDED_ONE_BY_ONE; total !== end; length *= 2) {
      const width = Math.min(length, Math.abs(end - total));
      const step = width / STEPS_OF_SIMPSON;
      for (let at = 0; at <= STEPS_OF_SIMPSON; at += 1) {
        const share = at === 0 || at === STEPS_OF_SIMPSON ? 1 : at % 2 === 1 ? 4 : 2;
        sum += (share * step * term(total + way * at * step)) / 3;
      }
      total += way * width;
      if (term(total) < NEGLIGIBLE * weight(total)) break;
    }
    return sum;
  };
  return weight(mode) + side(1, last) + side(-1, wrong);
}

function logChosen(of, chosen) {
  return logFactorial(of) - logFactorial(of - chosen);
}

/** ln n! by Stirling's series, with n raised to where that is exact to 14 digits. */
function logFactorial(n) {
  let [at, raisedBy] = [n, 0];
  for (; at < 16; at += 1) raisedBy += Math.log(at + 1);
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return at * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI * at) + series - raisedBy;
}

/** 1 + 1/2 + … + 1/n */
function harmonic(n) {
  if (n > 1_000) return Math.log(n) + EULER + 1 / (2 * n) - 1 / (12 * n * n);
  let sum = 0;
  for (let one = n; one >= 1; one -= 1) sum += 1 / one;
  return sum;
}

const EULER = 0.577_215_664_901_532_9;
