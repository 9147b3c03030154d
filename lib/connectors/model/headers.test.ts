import { expect, test } from 'vitest';
import { roomAgainMs } from './headers.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');

test.each([
  [{}, null],
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': 'Thu, 26 Nov 2026 12:00:05 GMT' }, 5_000],
  [{ 'retry-after-ms': '120', 'retry-after': '1' }, 1_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  [{ 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '6m0s' }, null],
  [{ 'x-ratelimit-remaining-tokens': '99', 'x-ratelimit-reset-tokens': '1.5s' }, 1_500],
  [{ 'x-ratelimit-remaining-tokens': '100', 'x-ratelimit-reset-tokens': '1.5s' }, null],
  [{ 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2026-11-26T12:00:30Z' }, 30_000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': 'soon' }, null],
  [{ 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT' }, 0],
])('%o says %s ms, for a call of 100 tokens', (headers, ms) =>
  expect(roomAgainMs(new Headers(headers as Record<string, string>), 100, NOW)).toBe(ms),
);
