import { expect, test } from 'vitest';
import { certain } from '#lib/core/values/guess.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import { changesRows, fieldWith, isNoChange, layoutOf, NO_CHANGE, sayField, sayLayout } from './reading-change.ts';

const reading = { layout: { delimiter: certain(','), header: certain(1), short: 'refuse' as const } };
const field: FieldGuess = {
  ...{ name: 'at', label: 'At', type: certain('date'), number: null, unreadable: 0, examples: [] },
  date: { order: certain('dmy'), century: certain(1970), zone: certain('local') },
};

test('what is said as it was read is no change', () => {
  const other = sayLayout(NO_CHANGE, reading, 'delimiter', ';');
  expect(other).toEqual({ layout: { delimiter: ';' } });
  expect(layoutOf(other, reading, 'delimiter')).toBe(';');
  expect(layoutOf(other, reading, 'short')).toBe('refuse');
  expect(changesRows(other)).toBe(true);
  expect(isNoChange(sayLayout(other, reading, 'delimiter', ','))).toBe(true);
  expect(sayLayout(NO_CHANGE, reading, 'header', 0)).toEqual({ layout: { header: 0 } });
  expect(sayLayout(NO_CHANGE, reading, 'short', 'refuse')).toEqual({});
});

test('several things are said of one field, and taken back one by one', () => {
  const order = sayField(NO_CHANGE, field, { date: { order: 'mdy' } });
  const both = sayField(order, field, { date: { zone: 'Europe/Rome' } });
  expect(both).toEqual({ fields: [{ name: 'at', date: { order: 'mdy', zone: 'Europe/Rome' } }] });
  expect(fieldWith(both, field).date).toMatchObject({ order: { value: 'mdy' }, century: { value: 1970 } });
  expect(changesRows(both)).toBe(false);
  const zone = sayField(both, field, { date: { order: 'dmy' } });
  expect(zone).toEqual({ fields: [{ name: 'at', date: { zone: 'Europe/Rome' } }] });
  expect(sayField(zone, field, { date: { zone: 'local' } })).toEqual({});
});

test('another type keeps what else was said', () => {
  const text = sayField(sayField(NO_CHANGE, field, { date: { order: 'mdy' } }), field, { type: 'text' });
  expect(text.fields).toEqual([{ name: 'at', type: 'text', date: { order: 'mdy' } }]);
  expect(fieldWith(text, field).type.value).toBe('text');
});

test('a text that is said to be a date has controls for dates', () => {
  const plain = { ...field, type: certain('text' as const), date: null };
  const dated = sayField(NO_CHANGE, plain, { type: 'date' });
  expect(fieldWith(dated, plain).date?.order.value).toBe('dmy');
  expect(sayField(dated, plain, { date: { order: 'dmy' } }).fields).toEqual([
    { name: 'at', type: 'date', date: { order: 'dmy' } },
  ]);
  expect(fieldWith(sayField(NO_CHANGE, plain, { type: 'identifier' }), plain).date).toBeNull();
});
