import { expect, test } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatDay,
  formatDuration,
  formatInstant,
  formatNoun,
  formatShare,
  formatSpan,
} from './format.ts';

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
  expect(formatInstant('2026-11-23T23:30:45.123Z', 'Europe/Rome')).toBe('2026-11-24 00:30');
  expect(formatInstant('0099-01-01T00:00:00.000Z')).toBe('0099-01-01 00:00 UTC');
  expect(formatClock('2026-11-23T23:30:45.123Z')).toBe('23:30:45 UTC');
  expect(formatClock('2026-11-23T23:30:45.123Z', 'Asia/Kolkata')).toBe('05:00:45');
  expect(formatClock('soon', 'Asia/Kolkata')).toBe('soon');
  expect(formatSpan('2026-11-23T14:05:00Z', '2026-11-23T14:07:59Z')).toBe('2026-11-23 14:05 UTC to 14:07 UTC');
  expect(formatSpan('2026-11-23T14:05:00Z', '2026-11-24T00:01:00Z')).toBe('2026-11-23 14:05 UTC to 2026-11-24 00:01 UTC');
});

test('a day is told as people speak of it, on their own clock', () => {
  const now = '2026-11-26T00:30:00Z';
  expect(formatDay('2026-11-25T23:50:00Z', now)).toBe('yesterday');
  expect(formatDay('2026-11-25T23:50:00Z', now, 'Europe/Rome')).toBe('today');
  expect(formatDay('2026-11-24T12:00:00Z', now)).toBe('on Tuesday');
  expect(formatDay('2026-11-19T12:00:00Z', now)).toBe('on 19 November 2026');
  expect(formatDay('2026-11-27T12:00:00Z', now)).toBe('on 27 November 2026');
  expect(formatDay('then', now)).toBe('then');
});
