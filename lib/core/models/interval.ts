/** Where a total lies, by some items drawn at random: Student's interval at 95 % (Cochran, Sampling Techniques, 2.8). */

/** 97.5 % of Student's t, by degrees of freedom; beyond the last, that of 120. */
const T: readonly (readonly [freedom: number, t: number])[] = [
  ...([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [6, 2.447],
    [7, 2.365],
    [8, 2.306],
    [9, 2.262],
    [10, 2.228],
    [12, 2.179],
    [15, 2.131],
    [20, 2.086],
    [30, 2.042],
    [40, 2.021],
    [60, 2.0],
    [120, 1.98],
  ] as const),
];

export type Interval = { low: number; likely: number; high: number };

/**
 * The sum of all `items`, of which these were looked at. Null where fewer than two were: nothing is known of how much they differ. The lower end is no less
 * than what was seen; items that were all looked at have no width.
 */
export function totalOf(seen: readonly number[], items: number): Interval | null {
  const n = seen.length;
  const sum = seen.reduce((total, one) => total + one, 0);
  if (n >= items) return { low: sum, likely: sum, high: sum };
  if (n < 2) return null;
  const mean = sum / n;
  const variance = seen.reduce((total, one) => total + (one - mean) ** 2, 0) / (n - 1);
  // Drawn without putting back.
  const error = items * Math.sqrt((variance / n) * (1 - n / items));
  const half = tOf(n - 1) * error;
  const likely = mean * items;
  return { low: Math.max(sum, likely - half), likely, high: likely + half };
}

/** Of fewer degrees of freedom than there are: wider rather than narrower. */
function tOf(freedom: number): number {
  return T.findLast(([at]) => at <= freedom)?.[1] ?? Number.POSITIVE_INFINITY;
}
