import { expect, test } from 'vitest';
import { certain, type Guess } from '#lib/core/values/guess.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import { askedOf, changeOfAnswer } from './question-words.ts';

const guess = <Value>(value: Value, ...others: Value[]): Guess<Value> => ({
  ...{ value, sure: 0.5, by: 'guess' as const, for: [], against: [] },
  others: others.map((one) => ({ value: one, sure: 0.5 })),
});
const opened: FieldGuess = {
  ...{ name: 'opened', label: 'Opened At', type: certain('date'), number: null, unreadable: 0, examples: [] },
  date: { order: guess('dmy', 'mdy'), century: guess(1970, 1900), zone: certain('local') },
};
const amount: FieldGuess = {
  ...{ name: 'amount', label: 'Amount', type: certain('number'), date: null, unreadable: 0, examples: [] },
  number: { decimal: guess('.', ','), group: guess('', '.') },
};
const fields = [opened, amount];

test('a day that can be two days is asked with both of them', () => {
  const asked = askedOf({ path: 'fields.0.date.order', choices: ['dmy', 'mdy'], examples: ['05/05/2026', '03/04/2026'] }, fields);
  expect(asked.asks).toBe('“Opened At” has 03/04/2026: is this 3 April 2026 or 4 March 2026?');
  expect(asked.answers).toEqual([
    { choice: 'dmy', label: '3 April 2026', hint: 'day first: 31/12/2026' },
    { choice: 'mdy', label: '4 March 2026', hint: 'month first: 12/31/2026' },
  ]);
  expect(asked.examples).toEqual(['05/05/2026']);
});

test('years of two digits are asked with both years', () => {
  const asked = askedOf({ path: 'fields.0.date.century', choices: [1970, 1900], examples: ['03/04/26'] }, fields);
  expect(asked.asks).toBe('“Opened At” has 03/04/26: is this 3 April 2026 or 3 April 1926?');
});

test('a point that can be decimals or thousands is asked with both numbers', () => {
  const asked = askedOf({ path: 'fields.1.number.decimal', choices: ['.', ','], examples: ['1,5'] }, fields);
  expect(asked.answers.map(({ label }) => label)).toContain('1.5');
});

test('what a field is, and what a layout is, are asked by their names', () => {
  expect(askedOf({ path: 'fields.1.type', choices: ['number', 'identifier'], examples: ['00123'] }, fields)).toEqual({
    path: 'fields.1.type',
    asks: 'What are the values of “Amount”?',
    answers: [
      { choice: 'number', label: 'number', hint: '' },
      { choice: 'identifier', label: 'identifier', hint: '' },
    ],
    examples: ['00123'],
    lead: 'Such as:',
  });
  const header = askedOf({ path: 'layout.header', choices: [1, 0], examples: ['message,spam'] }, fields);
  expect(header.asks).toBe('Which line names the columns?');
  expect(header.answers.map(({ label }) => label)).toEqual(['line 1 names the columns', 'no line names the columns']);
  const last = askedOf({ path: 'layout.last', choices: [0, 4], examples: ['Total,500'] }, fields);
  expect(last.answers.map(({ label }) => label)).toEqual(['rows, all of it', 'the last row is line 4']);
});

test('where no example tells the choices apart, it is asked what is written', () => {
  const question = { path: 'fields.0.date.order', choices: ['dmy', 'mdy'], examples: ['soon', '05/05/2026'] };
  const asked = askedOf(question, [{ ...opened, label: '$& spent' }]);
  expect(asked.asks).toBe('What comes first in the dates of “$& spent”?');
  expect(asked.answers.map(({ label }) => label)).toEqual(['day first: 31/12/2026', 'month first: 12/31/2026']);
  expect(asked.examples).toEqual(['soon', '05/05/2026']);
});

test('what this version does not know is asked all the same', () => {
  const asked = askedOf({ path: 'layout.newer', choices: ['a', 'b'], examples: [] }, fields);
  expect(asked.answers.map(({ label }) => label)).toEqual(['a', 'b']);
  expect(asked.asks).toBe('layout.newer: which is right?');
});

test.each([
  ['fields.0.date.order', 'mdy', { fields: [{ name: 'opened', type: 'date', date: { order: 'mdy' } }] }],
  ['fields.1.type', 'identifier', { fields: [{ name: 'amount', type: 'identifier' }] }],
  ['layout.header', 0, { layout: { header: 0 } }],
  ['layout.last', 4, { layout: { last: 4 } }],
  ['layout.charset', 'cp850', { layout: { charset: 'cp850' } }],
  ['format', 'csv', { format: 'csv' }],
])('the answer to %s is a change of just that', (path, choice, change) => {
  expect(changeOfAnswer(path, choice, fields)).toEqual(change);
});
