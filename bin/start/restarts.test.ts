import { expect, test } from 'vitest';
import { type End, paceOfRestarts } from './restarts.ts';

const killed: End = { ready: true, livedMs: 2_000, code: null, signal: 'SIGKILL' };
const broke: End = { ready: true, livedMs: 100, code: 1, signal: null };
const waits = (...ends: End[]) => ends.map(paceOfRestarts());

test('one that was ready and is killed from outside is back at once, however often', () => {
  expect(waits(...Array.from({ length: 40 }, () => killed))).toEqual(Array(40).fill(0));
  expect(waits({ ...killed, livedMs: 1 }, { ...killed, signal: 'SIGTERM' }, { ...killed, code: 0, signal: null })).toEqual([
    0, 0, 0,
  ]);
});

test('one that breaks by itself waits longer each time, for seconds at most', () => {
  expect(waits(broke, broke, broke, broke, broke, broke)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  const steady = { ...broke, livedMs: 60_000 };
  expect(waits(broke, broke, steady, broke)).toEqual([500, 1_000, 500, 1_000]);
});

test.each([
  ['a signal of its own', { ...killed, signal: 'SIGSEGV' as const }],
  ['a process that could not be made', { ready: false, livedMs: 0, code: null, signal: null }],
  ['an end in order before it was ready', { ready: false, livedMs: 10, code: 0, signal: null }],
])('%s counts as breaking by itself', (_, end: End) => {
  expect(waits(end, end)).toEqual([500, 1_000]);
});

test('killed while it starts: a short wait, that does not grow', () => {
  const early = { ...killed, ready: false, livedMs: 200 };
  expect(waits(early, early, early, early)).toEqual([500, 500, 500, 500]);
  // And kills take nothing back of what a program that breaks has to wait.
  expect(waits(broke, broke, killed, broke)).toEqual([500, 1_000, 0, 2_000]);
});
