import { expect, test } from 'vitest';
import { unreadableAlone, unreadableAsked, unreadableOf } from './unreadable-words.ts';

test('rows that could not be read are told with what they are a part of', () => {
  const counts = { read: 6_046, unreadable: 22 };
  expect(unreadableOf(counts)).toBe('22 of 6,068 rows could not be read');
  expect(unreadableAlone(1)).toBe('1 row could not be read');
  expect(unreadableAsked(counts)).toEqual({
    title: '22 of 6,068 rows could not be read. Start without them?',
    confirm: 'Start without the 22 rows',
  });
  expect(unreadableAsked({ read: 3, unreadable: 1 }).confirm).toBe('Start without the row');
});
