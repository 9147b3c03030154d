import { expect, test } from 'vitest';
import { ASKED_MS_MAX, repeatWait, retryWait } from './retry.ts';

const CLASSES = [
  { name: 'busy', reasons: ['http_429'], firstMs: 1_000, maxMs: 3_000 },
  { name: 'unreachable', reasons: ['dns', 'refused'], firstMs: 100, maxMs: 1_000 },
];
const wait = (reason: string, tried: number, retryAfterMs: number | null = null, random = 0.5) =>
  retryWait(CLASSES, { reason, tried, retryAfterMs }, 4, random);

test('each kind of failure waits longer from attempt to attempt, up to its most', () => {
  expect([1, 2, 3].map((tried) => wait('http_429', tried))).toEqual([1_000, 2_000, 3_000]);
  expect([1, 2, 3].map((tried) => wait('refused', tried))).toEqual([100, 200, 400]);
});

test('a refusal for good, and the last attempt that the plan allows, are final', () => {
  expect(wait('http_404', 1)).toBeNull();
  expect(wait('http_429', 4)).toBeNull();
  expect(retryWait(CLASSES, { reason: 'dns', tried: 1, retryAfterMs: null }, 1, 0.5)).toBeNull();
});

test('what the target asks for is waited for, within a day', () => {
  expect(wait('http_429', 1, 20_000)).toBe(20_000);
  expect(wait('http_429', 1, 10)).toBe(1_000);
  expect(wait('http_429', 1, 3_600_000)).toBe(3_600_000);
  expect(wait('http_429', 1, ASKED_MS_MAX + 1)).toBeNull();
});

test('those who failed together do not come back together', () => {
  expect(wait('http_429', 1, null, 0)).toBe(500);
  expect(wait('http_429', 1, null, 1)).toBe(1_500);
});

test('a repeat of the same attempt waits as long, whatever the reason, and as often as it may', () => {
  const repeat = (reason: string, repeats: number, retryAfterMs: number | null = null) =>
    repeatWait(CLASSES, { reason, repeats, retryAfterMs }, 3, 0.5);
  expect([0, 1, 2, 3].map((repeats) => repeat('http_429', repeats))).toEqual([1_000, 2_000, 3_000, null]);
  expect([0, 1, 2].map((repeats) => repeat('aborted', repeats))).toEqual([500, 1_000, 2_000]);
  expect(repeat('aborted', 0, 20_000)).toBe(20_000);
  expect(repeat('aborted', 0, 60_001)).toBeNull();
});
