/**
 * exp and ln by + - * / alone, which IEEE 754 rounds the same on every machine. `Math.exp` may differ in its last bit between engines, and what was learned has to be
 * the same bit for bit. Both are right to some 1e-15.
 */

// ln 2 in two parts, the first with 32 bits: k times it is exact (fdlibm, e_exp.c).
const LN2_HIGH = 6.9314718036912382e-1;
const LN2_LOW = 1.9082149292705877e-10;
const SERIES_TERMS = 14;

/** e to the power of x; 0 below -700. */
export function exp(x: number): number {
  if (x < -700) return 0;
  const power = Math.round(x * Math.LOG2E);
  const rest = x - power * LN2_HIGH - power * LN2_LOW;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= SERIES_TERMS; n++) {
    term = (term * rest) / n;
    sum += term;
  }
  for (let left = power; left > 0; left--) sum *= 2;
  for (let left = power; left < 0; left++) sum /= 2;
  return sum;
}

/** The natural logarithm of a positive number. */
export function ln(x: number): number {
  let power = 0;
  let rest = x;
  for (; rest > Math.SQRT2; rest /= 2) power++;
  for (; rest < Math.SQRT1_2; rest *= 2) power--;
  // ln(rest) = 2 atanh((rest - 1) / (rest + 1)), of which at most 0.172 is the argument.
  const z = (rest - 1) / (rest + 1);
  let term = z;
  let sum = 0;
  for (let n = 1; n <= 2 * SERIES_TERMS; n += 2) {
    sum += term / n;
    term *= z * z;
  }
  return 2 * sum + power * LN2_LOW + power * LN2_HIGH;
}
