import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesced } from './coalesced.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a flood of hints is one reading at a time, and the last hint is read', async () => {
  let [running, most, begun, lastBegun, lastAsked] = [0, 0, 0, 0, 0];
  const reading = coalesced(async () => {
    begun += 1;
    lastBegun = performance.now();
    running += 1;
    most = Math.max(most, running);
    await pass(0).then(() => new Promise((resolve) => setTimeout(resolve, 400)));
    running -= 1;
  });
  for (let hints = 0; hints < 200; hints += 1) {
    reading.ask();
    lastAsked = performance.now();
    await pass(50);
  }
  await pass(5_000);
  expect(most).toBe(1);
  expect(lastBegun).toBeGreaterThan(lastAsked);
  // 400 ms of reading are a quarter of the time: about one every two seconds.
  expect(begun).toBeGreaterThanOrEqual(5);
  expect(begun).toBeLessThanOrEqual(8);
});

test('what fails is read again at the next hint, and nothing after the end', async () => {
  let begun = 0;
  const reading = coalesced(() => {
    begun += 1;
    return Promise.reject(new Error('away'));
  });
  reading.ask();
  await pass(5_000);
  reading.ask();
  await pass(5_000);
  expect(begun).toBe(2);
  reading.ask();
  reading.end();
  await pass(5_000);
  expect(begun).toBe(2);
});
