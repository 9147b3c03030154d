/** What the fields of a dataset mean whose file was profiled before meanings were guessed: as much as the stored profile tells, and doubtful where it doesn't. */
import { certain } from './guess.ts';
import { centuryBefore } from './guess-dates.ts';
import { guessMeanings } from './guess-meaning.ts';
import type { FieldGuess, FieldType, NumberFormat } from './meaning.ts';
import { EVERY_FORMAT, guessed, type SeenField, type Sort, sortOf, total } from './sorts.ts';
import type { ValueType } from './value-types.ts';
import { waysOf } from './ways.ts';

/** As it is stored: `top` are the most frequent values, `odd` is the first one that is no date of ISO 8601, `iso` the form where all are. */
type StoredField = {
  name: string;
  type: ValueType;
  filled: number;
  exact: boolean;
  top: readonly { value: string; count: number }[];
  odd?: string | undefined;
  iso?: string | undefined;
};

/** When meanings began to be guessed: every profile without them is older. */
const BEFORE = Date.UTC(2026, 10, 27);

/** No line is named, for none was kept; and of the values that can't be read, those are counted that the profile knows. */
export function guessesOfStoredProfile(fields: readonly StoredField[]): FieldGuess[] {
  const seen = fields.map(seenOf);
  return guessMeanings(seen, BEFORE).map((guess, index) => asStored(guess, fields[index], seen[index]));
}

function seenOf({ name, top, odd }: StoredField): SeenField {
  const known = odd === undefined || top.some(({ value }) => value === odd) ? top : [...top, { value: odd, count: 1 }];
  const sorts = known.flatMap(({ value, count }) => (value.trim() === '' ? [] : [{ value, count }])).map(sortOfStored);
  const lengths = known.map(({ value }) => value.length);
  const shorts = known.flatMap(({ value }) => waysOf(value, centuryBefore(BEFORE)).date?.short ?? []);
  const years = (which: 'first' | 'last') => new Set(shorts.map((short) => short[which]).filter((year) => year !== -1));
  return {
    ...{ name, label: name, sorts, unique: top.length === 0 },
    lengths: [Math.min(...lengths), Math.max(...lengths)],
    years: { first: years('first'), last: years('last') },
    words: new Set(known.map(({ value }) => value.trim().toLowerCase())),
  };
}

function sortOfStored({ value, count }: { value: string; count: number }): Sort {
  return { ...sortOf(value, waysOf(value, centuryBefore(BEFORE))), count };
}

const TYPES: Partial<Record<ValueType, FieldType>> = { number: 'number', date: 'date', boolean: 'yes_no' };
/** What is said of all values and known of some is just sure enough, or is asked. */
const SURE = 0.95;
const ASKED = 0.7;

function asStored(guess: FieldGuess, field: StoredField | undefined, seen: SeenField | undefined): FieldGuess {
  if (!field || !seen) return guess;
  // Nothing was left out of the profile: it is as if the values went by.
  if (field.exact && total(seen.sorts) >= field.filled) return guess;
  const type = TYPES[field.type];
  if (type === undefined) return { ...guess, type: ofText(guess.type, field.type) };
  const coded = type === 'number' && guess.type.value === 'identifier';
  return {
    ...guess,
    type: guessed(coded ? 'identifier' : type, SURE, [], []),
    date: type === 'date' ? ofDates(guess.date, field) : guess.date,
    number: type === 'number' ? ofNumbers(guess.number, seen) : guess.number,
  };
}

/** A field of text may be one of a form that was not known then: 1.234,56. */
function ofText(type: FieldGuess['type'], stored: ValueType): FieldGuess['type'] {
  if (stored !== 'text') return certain('text');
  if (type.value === 'text' || type.value === 'identifier') return type;
  return guessed(type.value, ASKED, [], [], [{ value: 'text', sure: 1 - ASKED }]);
}

function ofDates(date: FieldGuess['date'], { iso }: StoredField): FieldGuess['date'] {
  const century = date?.century ?? guessed(centuryBefore(BEFORE), 1, [], []);
  const zone = date?.zone ?? guessed('local', 1, [], []);
  if (iso !== undefined) return { order: certain('ymd'), century, zone };
  if (date) return { ...date, order: { ...date.order, by: 'guess', sure: Math.min(date.order.sure, SURE) } };
  const others = (['mdy', 'ymd'] as const).map((value) => ({ value, sure: (1 - ASKED) / 2 }));
  return { order: guessed('dmy', ASKED, [], [], others), century, zone };
}

/** Whole numbers among some values do not show how the others are written. Where none of those is in groups, others may be: in those that go with the decimals. */
function ofNumbers(number: FieldGuess['number'], { sorts }: SeenField): FieldGuess['number'] {
  const shown = sorts.some(({ formats }) => formats !== EVERY_FORMAT && formats !== 0);
  const decimal = number && shown ? number.decimal : guessed<'.' | ','>('.', ASKED, [], [], [{ value: ',', sure: 1 - ASKED }]);
  const grouped = number?.group.value
    ? number.group
    : guessed<NumberFormat['group']>(decimal.value === '.' ? ',' : '.', SURE, [], []);
  return { decimal, group: grouped };
}
