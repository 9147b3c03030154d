import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatInstant, formatNoun, formatShare } from './format.ts';

test('numbers carry separators and their noun in the right number', () => {
  expect(formatNoun(1902, 'mails')).toBe('1,902 mails');
  expect(formatNoun(1, 'mails')).toBe('1 mail');
  expect(formatNoun(1, 'categories')).toBe('1 category');
  expect(formatNoun(1, 'batches')).toBe('1 batch');
  expect(formatNoun(1, 'chunks')).toBe('1 chunk');
  expect(formatNoun(0, 'rows')).toBe('0 rows');
});

test('durations, sizes and shares are in the unit a person would choose', () => {
  expect([0, 59.4, 240, 9000, 200_000].map(formatDuration)).toEqual(['0 s', '59 s', '4 min', '2.5 h', '2.3 days']);
  expect([0, 999, 1500, 41_000_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.5 KB', '41 MB']);
  expect(formatShare(0.071)).toBe('7.1 %');
});

test('an instant is the same everywhere, and what is no date is left alone', () => {
  expect(formatInstant('2026-11-23T20:30:45.123+02:00')).toBe('2026-11-23 18:30 UTC');
  expect(formatInstant('yesterday')).toBe('yesterday');
});
