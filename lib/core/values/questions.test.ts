import { expect, test } from 'vitest';
import { certain, type Guess, saidByPerson } from './guess.ts';
import type { FieldGuess } from './meaning.ts';
import { questionInWords, questionsFor, questionsOf } from './questions.ts';
import type { ReadingBody } from './reading-body.ts';

const doubtful = <Value>(value: Value, other: Value): Guess<Value> => ({
  ...{ value, sure: 0.6, by: 'guess', for: [2], against: [3] },
  others: [{ value: other, sure: 0.4 }],
});
const field = (name: string, more: Partial<FieldGuess> = {}): FieldGuess => ({
  ...{ name, label: name, type: certain('text'), date: null, number: null, unreadable: 0, examples: [], ...more },
});
const order = doubtful<'dmy' | 'mdy'>('dmy', 'mdy');
const DATE = { order, century: certain(1970), zone: certain('local') };
const reading: ReadingBody = {
  format: certain('csv'),
  layout: { delimiter: certain(';'), header: doubtful(1, 0), short: 'fill', aside: [4], filled: 3 },
  fields: [
    field('id'),
    field('Opened', { type: certain('date'), date: DATE }),
    // Nobody asks how the dates of a text are written.
    field('Note', { date: DATE }),
    field('Amount', { type: certain('number'), number: { decimal: doubtful<'.' | ','>(',', '.'), group: certain('') } }),
  ],
};
const seen = {
  valuesOf: (name: string) => (name === 'Opened' ? ['', '5 March 2026', '03/04/2026', '03/04/2026'] : ['1,234']),
  line: (number: number) => (number === 3 ? 'name;town' : null),
};

test('what is doubtful is asked, with the likeliest choice first and examples', () => {
  expect(questionsOf(reading, seen)).toEqual([
    { path: 'layout.header', choices: [1, 0], examples: ['name;town'] },
    { path: 'fields.1.date.order', choices: ['dmy', 'mdy'], examples: ['03/04/2026'] },
    { path: 'fields.3.number.decimal', choices: [',', '.'], examples: ['1,234'] },
  ]);
});

test('what a person said is not asked, nor what can’t be otherwise', () => {
  const said = {
    ...reading,
    layout: {},
    fields: [field('a', { type: saidByPerson('date', doubtful('date', 'text')), date: null })],
  };
  expect(questionsOf({ ...said, format: { ...certain('csv'), sure: 0.2 } })).toEqual([]);
});

test('a plan is asked of the file, and of the fields that it goes by', () => {
  const paths = (...fields: string[]) => questionsFor(questionsOf(reading), reading, new Set(fields)).map(({ path }) => path);
  expect(paths()).toEqual(['layout.header']);
  expect(paths('Opened', 'id')).toEqual(['layout.header', 'fields.1.date.order']);
});

test('in words it names what, of what, and an example', () => {
  const words = questionsOf(reading, seen).map((question) => questionInWords(question, reading));
  expect(words).toEqual([
    'the header of the file, as in “name;town”: 1 or 0',
    'the date order of “Opened”, as in “03/04/2026”: dmy or mdy',
    'the number decimal of “Amount”, as in “1,234”: , or .',
  ]);
});
