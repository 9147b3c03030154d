import { describe, expect, test } from 'vitest';
import { certain, type Guess, saidByPerson } from '#lib/core/values/guess.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import {
  delimiterWords,
  differsWords,
  fieldWords,
  fixedWords,
  formatWords,
  guessesOf,
  guessLines,
  guessWords,
  madeToFit,
  makesWords,
  readingLine,
  sureWords,
} from './reading-words.ts';

const guess = <Value>(value: Value, sure = 0.95, others: Value[] = []): Guess<Value> => ({
  ...{ value, sure, by: 'guess' as const, for: [], against: [] },
  others: others.map((one) => ({ value: one, sure: (1 - sure) / others.length })),
});

const field = (name: string, type: FieldGuess['type']['value'], more: Partial<FieldGuess> = {}): FieldGuess => ({
  ...{ name, label: name, type: certain(type), date: null, number: null, unreadable: 0, examples: [] },
  ...more,
});
const dates = (order: 'ymd' | 'dmy' | 'mdy', zone = 'local') =>
  field('d', 'date', { date: { order: certain(order), century: certain(1970), zone: certain(zone) } });
const numbers = (decimal: '.' | ',', group: '' | '.' | ',' | ' ' | "'") =>
  field('n', 'number', { number: { decimal: certain(decimal), group: certain(group) } });

const table = (delimiter: string) => ({
  delimiter: certain(delimiter),
  quote: certain('double' as const),
  header: certain(1),
  charset: certain('UTF-8'),
});

describe('the line', () => {
  test.each<[string, Parameters<typeof readingLine>[0]]>([
    ['read as ; · UTF-8 · dates 31/12/2026', { format: certain('csv'), layout: table(';'), fields: [dates('dmy')] }],
    ['read as , · UTF-8', { format: null, layout: table(','), fields: [field('a', 'text'), numbers('.', '')] }],
    ['read as a workbook · “Q3”', { format: certain('xlsx'), layout: { part: certain('Q3') }, fields: [] }],
    ['read as JSON · UTF-8', { format: certain('json'), layout: { part: certain(''), charset: certain('UTF-8') }, fields: [] }],
    ['read as tab · UTF-8', { format: null, layout: table('\t'), fields: [] }],
    ['read as space · UTF-8', { format: null, layout: table(' '), fields: [] }],
    ['read as U+001F · UTF-8', { format: null, layout: table('\u001f'), fields: [] }],
    [
      'read as ; · UTF-8 · dates 31/12/2026 and 12/31/2026 · numbers 1.234,56',
      { format: null, layout: table(';'), fields: [dates('dmy'), dates('mdy'), dates('dmy'), numbers(',', '.')] },
    ],
    [
      'read as ; · ibm850 · no quotes: every quote is text · line 4 names the columns · 3 lines put aside',
      {
        format: null,
        layout: { ...table(';'), charset: certain('ibm850'), quote: certain('none'), header: certain(4), aside: [1, 2, 3] },
        fields: [],
      },
    ],
    [
      'read as , · UTF-8 · no line names the columns',
      { format: null, layout: { ...table(','), header: certain(0) }, fields: [] },
    ],
    ['read as a mailbox, mboxrd', { format: certain('mbox'), layout: { flavour: certain('mboxrd') }, fields: [dates('ymd')] }],
    ['read as one mail', { format: certain('mbox'), layout: { flavour: certain('one mail') }, fields: [] }],
    ['read as jsonl', { format: certain('jsonl'), layout: {}, fields: [] }],
  ])('%s', (line, reading) => {
    expect(readingLine(reading)).toBe(line);
  });

  test('what is asked has a question mark', () => {
    const order = guess<'dmy' | 'mdy'>('dmy', 0.5, ['mdy']);
    const asked = field('d', 'date', { date: { order, century: certain(1970), zone: certain('local') } });
    const layout = { ...table(';'), charset: guess('windows-1252', 0.6, ['IBM850']), header: guess(1, 0.6, [0]) };
    expect(readingLine({ format: null, layout, fields: [asked] })).toBe(
      'read as ; · windows-1252? · line 1 names the columns? · dates 31/12/2026?',
    );
  });

  test('a format that a field could have but does not is left out', () => {
    const text = field('x', 'text', { date: { order: guess<'dmy'>('dmy'), century: guess(1970), zone: guess('local') } });
    expect(readingLine({ format: null, layout: table(','), fields: [text] })).toBe('read as , · UTF-8');
  });
});

test('what was cut from rows is a loss, what was added is none', () => {
  expect(madeToFit({ filled: 15, cut: 1 })).toEqual([
    { text: '15 rows filled up', loss: false },
    { text: '1 row cut', loss: true },
  ]);
  expect(madeToFit({ filled: 0 })).toEqual([]);
  expect(madeToFit({ summed: 2 })).toEqual([{ text: '2 rows that look like sums', loss: false }]);
});

test.each<[string, Guess<unknown>]>([
  ['said by a person', saidByPerson(';', guess(',', 0.6, [';']))],
  ['the file says so, 100 %', certain('UTF-8')],
  ['nothing else fits, 100 %', guess('UTF-8', 1)],
  ['nothing else fits, 100 %', guess('UTF-8', 0.4)],
  ['nearly certain, 99 %', guess(1, 0.9999, [2])],
  ['very likely, 93 %', guess(1, 0.93, [2])],
  ['likely, 89 %', guess(1, 0.8999, [2])],
  ['more likely than not, 50 %', guess(1, 0.5, [2])],
  ['one of several, 49 %', guess(1, 0.499, [2, 3])],
])('how sure: %s', (words, given) => {
  expect(sureWords(given)).toBe(words);
});

test.each([
  [',', ', comma'],
  [';', '; semicolon'],
  ['\t', 'tab'],
  [' ', 'space'],
  ['\u00a0', 'U+00A0'],
  ['\u200b', 'U+200B'],
  ['§', '§'],
  ['||', '||'],
])('the delimiter %j is %s', (delimiter, words) => {
  expect(delimiterWords(delimiter)).toBe(words);
});

test('each guess of a layout has words for its values', () => {
  expect(guessWords('header', guess(3, 0.8, [1]))).toEqual({ value: 'line 3 names the columns', sure: 'likely, 80 %' });
  expect(guessWords('escape', certain('backslash')).value).toBe('after a backslash: \\"');
  expect(guessWords('backslashes', certain('dump')).value).toContain('\\N is no value');
  expect(guessWords('sums', certain('aside')).value).toBe('are put aside');
  expect(guessWords('charset', certain('windows-1252')).value).toBe('Windows, Western European (windows-1252)');
  expect(guessWords('charset', certain('UTF-8')).value).toBe('UTF-8');
  expect(guessWords('flavour', certain('one mail')).value).toBe('one mail, not a mailbox');
  expect(guessWords('quote', certain('single')).value).toBe("single quotes '…'");
});

test.each([
  ['date 31/12/2026', dates('dmy')],
  ['date 12/31/2026 in Europe/Rome', dates('mdy', 'Europe/Rome')],
  ["number 1'234.56", numbers('.', "'")],
  ['number 1234,56', numbers(',', '')],
  ['yes or no', field('v', 'yes_no')],
  ['identifier', field('v', 'identifier')],
])('a field is a %s', (words, given) => {
  expect(fieldWords(given)).toBe(words);
});

test('of a field those guesses count that its type has, the least sure first', () => {
  const order = guess<'dmy' | 'mdy'>('dmy', 0.5, ['mdy']);
  const date = { order, century: certain(1970), zone: certain('local') };
  expect(guessesOf({ type: certain('date'), date, number: null })[0]).toBe(order);
  expect(guessesOf({ type: certain('text'), date, number: null })).toHaveLength(1);
});

test('a list says the format in words, and of what failed before it was known none', () => {
  expect(formatWords({ format: 'ndjson', state: 'ready' })).toBe('JSON Lines');
  expect(formatWords({ format: 'imap', state: 'ready' })).toBe('imap');
  expect(formatWords({ format: null, state: 'failed' })).toBe('–');
  expect(formatWords({ format: null, state: 'receiving' })).toBe('not known yet');
});

test('what a change does is told beside its button', () => {
  const side = { items: 40, unreadable: 3, layout: {}, fields: [field('a', 'text')], rows: [] };
  const changed = (name: string, count: number) => ({ name, values: 40, changed: count, examples: [] });
  const same = { before: side, after: side, fields: [changed('a', 0)] };
  expect(differsWords(same, 'rows')).toBe('Nothing differs in what was looked at.');
  expect(differsWords({ ...same, fields: [changed('a', 0), changed('b', 1), changed('c', 2)] }, 'rows')).toBe(
    '1 value of “b” would mean something else, and of 1 field more',
  );
  expect(differsWords({ ...same, after: { ...side, fields: [field('column_1', 'text')] } }, 'rows')).toBe(
    '1 field with another name',
  );
  const after = { ...side, items: 43, unreadable: 0, fields: [...side.fields, field('b', 'text')] };
  expect(differsWords({ before: side, after, fields: [] }, 'rows')).toBe(
    '2 fields, not 1 · 3 rows more · 3 unreadable rows fewer',
  );
});

test('the button says what it makes', () => {
  expect(makesWords(false, null, 'rows')).toBe('Use this reading');
  expect(makesWords(true, { items: 6_046, whole: true }, 'rows')).toBe('Read the file anew: 6,046 rows become a new dataset');
  expect(makesWords(true, { items: 2_000, whole: false }, 'rows')).toBe('Read the file anew: its rows become a new dataset');
});

test('a dataset whose file is not there says why its rows stay as they are', () => {
  const source = { name: 'a.csv', bytes: 1, digest: null, kept: true };
  expect(fixedWords({ sources: [source] })).toBeNull();
  expect(fixedWords({ sources: [] })).toMatch(/came before files were kept/);
  expect(fixedWords({ sources: [source, { ...source, kept: false }] })).toMatch(/is not there any more/);
});

test.each([
  [[1, 2, 3], [9], '3 lines for it, 1 against'],
  [[4], [], '1 line for it'],
  [[], [7, 8], '2 lines against'],
  [[], [], null],
])('lines %j for it and %j against', (speaking, against, words) => {
  expect(guessLines({ ...certain(1), for: speaking, against })).toBe(words);
});
