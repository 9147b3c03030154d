import { expect, test } from 'vitest';
import { certain } from '#lib/core/values/guess.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import { differingCells } from './differing-cells.ts';

const field = (name: string, order: 'dmy' | 'mdy' | null = null): FieldGuess => ({
  ...{
    name,
    label: name,
    type: certain(order ? ('date' as const) : ('text' as const)),
    number: null,
    unreadable: 0,
    examples: [],
  },
  date: order && { order: certain(order), century: certain(1970), zone: certain('local') },
});

test('a value whose meaning changes differs, though its text is the same', () => {
  const rows = [
    { line: 2, fields: { at: '03/04/2026', who: 'Ada' } },
    { line: 3, fields: { at: '05/05/2026', who: 'Bo' } },
  ];
  const differing = differingCells(
    { rows, fields: [field('at', 'dmy'), field('who')] },
    { rows, fields: [field('at', 'mdy'), field('who')] },
  );
  expect([...differing]).toEqual(['2\nat']);
});

test('another text differs, and what only one reading has', () => {
  const differing = differingCells(
    { rows: [{ line: 2, fields: { 'a;b': '1;é' } }], fields: [field('a;b')] },
    { rows: [{ line: 2, fields: { a: '1', b: 'é' } }], fields: [field('a'), field('b')] },
  );
  expect([...differing].sort()).toEqual(['2\na', '2\na;b', '2\nb']);
});
