import { expect, test } from 'vitest';
import { teachWords } from './teach-words.ts';

const ROUND = { items: [], taught: 60, least: 10, categories: [], rest: { items: 5_986, unsure: 46, exact: true }, right: null };

test('before it learned anything it says what it needs', () => {
  expect(teachWords({ ...ROUND, taught: 0 }, 'mails', 'keep')).toEqual([
    'Nothing was taught yet. It learns from 10 decisions on, of two categories at least.',
  ]);
  expect(teachWords(ROUND, 'mails', 'keep')[0]).toMatch(/^60 taught\. It learns/);
});

test('how right it is, is told of enough random items only, with how far that reaches; and what becomes of the rest', () => {
  const categories = [
    { name: 'noise', taught: 40, items: 5_000 },
    { name: 'task', taught: 20, items: 940 },
    { name: 'fyi', taught: 0, items: 0 },
  ];
  const right = { of: 56, right: 53, least: 0.8536, most: 0.9816 };
  expect(teachWords({ ...ROUND, categories, right }, 'mails', 'keep')).toEqual([
    '60 taught. Of 56 drawn at random it had 53 right before it was told: between 85 % and 98 % of all, with 95 % confidence.',
    'Of the other 5,986 mails it would put 5,000 to noise, 940 to task, 46 to keep, for it is not sure of them.',
  ]);
  expect(teachWords({ ...ROUND, categories, right, rest: { ...ROUND.rest, unsure: 0 } }, 'mails', 'keep')[1]).toBe(
    'Of the other 5,986 mails it would put 5,000 to noise, 940 to task.',
  );
  expect(teachWords({ ...ROUND, right: { ...right, of: 9, right: 9 } }, 'mails', 'keep')[0]).toContain('Too few of them');
});
