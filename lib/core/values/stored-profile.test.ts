import { expect, test } from 'vitest';
import { isDoubtful } from './guess.ts';
import { meaningOf } from './meaning.ts';
import { guessesOfStoredProfile } from './stored-profile.ts';

type Stored = Parameters<typeof guessesOfStoredProfile>[0][number];
const field = (more: Partial<Stored>): Stored => ({ name: 'a', type: 'text', filled: 1_000, exact: false, top: [], ...more });
const often = (...values: string[]) => values.map((value) => ({ value, count: 10 }));

test.each<[string, Stored, object, string[]]>([
  ['dates of one ISO form', field({ type: 'date', iso: 'YYYY-MM-DD' }), { type: 'date', date: { order: 'ymd' } }, []],
  [
    'dates with a proof',
    field({ type: 'date', odd: '13/01/2026', top: often('03/04/2026') }),
    { type: 'date', date: { order: 'dmy' } },
    [],
  ],
  ['dates without one', field({ type: 'date', odd: '03/04/2026' }), { type: 'date', date: { order: 'dmy' } }, ['date.order']],
  ['dates of which none is known', field({ type: 'date' }), { type: 'date' }, ['date.order']],
  [
    'numbers that show their separator',
    field({ type: 'number', odd: '3,5' }),
    { type: 'number', number: { decimal: ',', group: '.' } },
    [],
  ],
  [
    'whole numbers',
    field({ type: 'number', odd: '3' }),
    { type: 'number', number: { decimal: '.', group: ',' } },
    ['number.decimal'],
  ],
  [
    'whole numbers, all of them known',
    field({ type: 'number', exact: true, filled: 20, top: often('3', '4') }),
    { type: 'number' },
    [],
  ],
  ['numbers that are called a code', field({ name: 'id', type: 'number', odd: '3' }), { type: 'identifier' }, []],
  ['yes and no', field({ type: 'boolean', top: often('yes', 'no') }), { type: 'yes_no' }, []],
  [
    'text that is of numbers',
    field({ top: often('1.234,50', '3,50') }),
    { type: 'number', number: { decimal: ',', group: '.' } },
    ['type'],
  ],
  ['text', field({ top: often('open', 'closed') }), { type: 'text' }, []],
  ['mail addresses', field({ type: 'email', odd: '7' }), { type: 'text' }, []],
  ['nothing', field({ type: 'empty', filled: 0 }), { type: 'text' }, []],
])('%s', (_, stored, meaning, asked) => {
  const [guess] = guessesOfStoredProfile([stored]);
  if (!guess) throw new Error('no guess');
  expect(meaningOf(guess)).toMatchObject(meaning);
  const doubts = Object.entries({ type: guess.type, 'date.order': guess.date?.order, 'number.decimal': guess.number?.decimal });
  expect(
    doubts.flatMap(([path, one]) =>
      one && path.startsWith(path === 'type' ? path : guess.type.value) && isDoubtful(one) ? [path] : [],
    ),
  ).toEqual(asked);
});
