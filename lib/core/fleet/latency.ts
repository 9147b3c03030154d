/** How long requests took, counted in buckets: what many workers count apart can be added up, and a quantile is still known. */

/**
 * The upper ends of the buckets, in ms; a last one has all that took longer.
 * @internal for its tests
 */
export const LATENCY_BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000] as const;

/** An empty histogram. */
export function noLatencies(): number[] {
  return Array.from({ length: LATENCY_BUCKETS_MS.length + 1 }, () => 0);
}

/** Which bucket a duration falls in. */
export function latencyBucket(ms: number): number {
  const bucket = LATENCY_BUCKETS_MS.findIndex((end) => ms <= end);
  return bucket === -1 ? LATENCY_BUCKETS_MS.length : bucket;
}

/**
 * What the share `quantile` (0 to 1) of the requests did not exceed, in ms, as if they lay evenly within their bucket; of the last bucket, which has no
 * end, its beginning. Null without requests.
 */
export function latencyQuantile(counts: readonly number[], quantile: number): number | null {
  const total = counts.reduce((all, count) => all + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const from = LATENCY_BUCKETS_MS[bucket - 1] ?? 0;
      const to = LATENCY_BUCKETS_MS[bucket] ?? from;
      return from + (to - from) * ((rank - below) / count);
    }
    below += count;
  }
  return LATENCY_BUCKETS_MS.at(-1) ?? null;
}
