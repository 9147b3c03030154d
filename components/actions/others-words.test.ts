import { expect, test } from 'vitest';
import { othersWords } from './others-words.ts';

const words = (others: number, differ: string[] | null, compared = others) =>
  othersWords({ others, differ, compared }, (name) => (name === 'from' ? 'From' : name));

test('the others are counted, and told by the fields in which they differ', () => {
  expect(words(1_901, ['id', 'from'])).toBe('The other 1,901 differ in: id, From.');
  expect(words(1, ['id'])).toBe('The other one differs in: id.');
  expect(words(30, [])).toBe('The other 30 are the same.');
  expect(words(0, ['id'])).toBe('There is no other.');
  expect(words(12, null)).toBe('The other 12 are requests of their own, and may differ in anything.');
});

test('what was not compared is not claimed', () => {
  expect(words(9_999, ['id'], 1_999)).toBe('The other 9,999 differ in: id. Compared were the first 1,999 of them.');
});

test('where a question is about more than one chunk, the others are those of the one that is shown', () => {
  const of = { others: 136, differ: [], compared: 136 };
  expect(othersWords(of, (name) => name, 'March 2026')).toBe('The other 136 of March 2026 are the same.');
});
