import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LATENCY_BUCKETS_MS, latencyBucket, latencyQuantile, noLatencies } from './latency.ts';

const counted = (durations: readonly number[]): number[] => {
  const counts = noLatencies();
  for (const ms of durations) counts[latencyBucket(ms)] = (counts[latencyBucket(ms)] ?? 0) + 1;
  return counts;
};

test.each([
  [[], null],
  [[3], 5],
  [[70_000], 60_000],
  // 90 in the bucket to 50 ms, 10 in the one to 1,000: the 95th lies half way into that one.
  [[...Array.from({ length: 90 }, () => 40), ...Array.from({ length: 10 }, () => 900)], 750],
])('p95 of %j', (durations, p95) => {
  const found = latencyQuantile(counted(durations), 0.95);
  if (p95 === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(p95, durations.length === 1 ? -1 : 5);
});

test('a quantile lies in the bucket of the request that it is', () => {
  const duration = fc.integer({ min: 0, max: 59_999 });
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (durations, q) => {
        const sorted = [...durations].sort((one, other) => one - other);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)] ?? 0;
        const bucket = latencyBucket(exact);
        const found = latencyQuantile(counted(durations), q) ?? -1;
        expect(found).toBeGreaterThanOrEqual(LATENCY_BUCKETS_MS[bucket - 1] ?? 0);
        expect(found).toBeLessThanOrEqual(LATENCY_BUCKETS_MS[bucket] ?? 0);
      },
    ),
  );
});
