/** What fields mean, as the profile guesses it from the values of a file. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDoubtful } from '#lib/core/values/guess.ts';
import { DATE_ORDERS, type FieldGuess, meaningOf, type NumberFormat } from '#lib/core/values/meaning.ts';
import { EMPTY, valueReader } from '#lib/core/values/read-value.ts';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import { csv } from './csv/format.ts';
import type { Item } from './port.ts';
import { Profile } from './profile.ts';

const NOW = Date.UTC(2026, 10, 26);

/** The guess of a field whose first value stands in line 2. */
function guessOf(values: readonly string[], name = 'a'): FieldGuess {
  return guessesOf([[name, ...values]])[0] as FieldGuess;
}

/** Columns, each with its name first. */
function guessesOf(columns: readonly (readonly string[])[]): FieldGuess[] {
  const profile = new Profile(NOW);
  const rows = Math.max(...columns.map(({ length }) => length));
  const items = Array.from({ length: rows - 1 }, (_, at): Item => {
    const values = columns.map((column) => column[at + 1] ?? '');
    return { line: at + 2, values, raw: Buffer.alloc(0), plain: false };
  });
  profile.add(
    columns.map(([name = '']) => name),
    items,
  );
  return profile.guesses();
}

async function guessesOfFile(name: string): Promise<{ guesses: FieldGuess[]; items: Item[] }> {
  const profile = new Profile(NOW);
  const items: Item[] = [];
  async function* bytes() {
    yield readFileSync(`test/cases/${name}`);
  }
  for await (const segment of csv.parse(bytes(), { fileName: name, now: new Date(NOW), said: {} })) {
    profile.add(segment.fields, segment.items);
    items.push(...segment.items);
  }
  return { guesses: profile.guesses(), items };
}

const asked = (guess: FieldGuess): string[] =>
  Object.entries({ type: guess.type, ...guess.date, ...guess.number }).flatMap(([name, one]) => (isDoubtful(one) ? [name] : []));

describe('the cases', () => {
  test('16: thousands have commas, and 28 amounts are over 1000', async () => {
    const { guesses, items } = await guessesOfFile('16-thousands-separators.csv');
    const [id, amount] = guesses as [FieldGuess, FieldGuess];
    expect(id.type.value).toBe('identifier');
    expect(meaningOf(amount)).toEqual({ type: 'number', date: null, number: { decimal: '.', group: ',' } });
    expect([asked(id), asked(amount), amount.unreadable]).toEqual([[], [], 0]);
    const read = valueReader(meaningOf(amount));
    const amounts = items.map(({ values }) => read(values[1] ?? '') as number);
    expect(amounts.filter((value) => value > 1000)).toHaveLength(28);
    expect([amounts[0], amounts.at(-1)]).toEqual([1037.5, 28036.5]);
  });

  test('17: months come first, and 26 is 2026', async () => {
    const { guesses, items } = await guessesOfFile('17-two-digit-years.csv');
    const date = guesses[1] as FieldGuess;
    expect(date).toMatchObject({ type: { value: 'date' }, date: { order: { value: 'mdy', for: [3, 4], against: [] } } });
    expect(asked(date)).toEqual([]);
    const read = valueReader(meaningOf(date));
    expect(items.map(({ values }) => new Date((read(values[1] ?? '') as { ms: number }).ms).toISOString().slice(0, 10))).toEqual([
      '2026-03-04',
      '2025-12-31',
      '2026-01-15',
    ]);
  });

  test('18: whether the day or the month comes first is asked', async () => {
    const { guesses } = await guessesOfFile('18-all-days-below-13.csv');
    const date = guesses[1] as FieldGuess;
    expect(date.type.value).toBe('date');
    expect(date.date?.order).toMatchObject({
      sure: 0.5,
      others: [{ value: date.date?.order.value === 'dmy' ? 'mdy' : 'dmy', sure: 0.5 }],
    });
    expect(asked(date)).toEqual(['order']);
    expect(date.unreadable).toBe(0);
  });
});

const many = (value: (at: number) => string, count = 30): string[] => Array.from({ length: count }, (_, at) => value(at));

describe('the order of dates', () => {
  test.each<[string, string[], string, string[], number[], number[]]>([
    ['one day above 12 proves it', ['03/04/2026', '13/04/2026', '05/06/2026'], 'dmy', [], [3], []],
    ['one day above 12 in the middle', ['03/04/2026', '04/13/2026'], 'mdy', [], [3], []],
    ['dots', ['03.04.2026', '05.06.2026'], 'dmy', [], [], []],
    ['dots with a proof against them', ['03.04.2026', '04.13.2026'], 'mdy', [], [3], []],
    ['ISO', ['2026-03-04', '2026-05-06T10:00:00Z'], 'ymd', ['zone'], [2, 3], []],
    ['words', ['5 March 2026', 'March 6, 2026'], 'ymd', [], [2, 3], []],
    ['the same day and month', ['05/05/2026', '06/06/2026'], 'dmy', [], [], []],
    ['both proofs', ['13/01/2026', '14/01/2026', '01/15/2026'], 'dmy', ['order'], [2, 3], [4]],
    [
      'years first, of two digits',
      many((at) => `25-${String(1 + (at % 12)).padStart(2, '0')}-${10 + (at % 18)}`),
      'ymd',
      [],
      [],
      [],
    ],
    [
      'years last, of two digits',
      many((at) => `${10 + (at % 18)}-${String(1 + (at % 12)).padStart(2, '0')}-25`),
      'dmy',
      [],
      [],
      [],
    ],
    ['days below 13 and years of two digits', ['3/4/25', '5/6/26'], 'dmy', ['order'], [], []],
  ])('%s', (_, values, order, doubts, proofs, against) => {
    const guess = guessOf(values, 'opened');
    expect(guess.type.value).toBe('date');
    expect([guess.date?.order.value, asked(guess)]).toEqual([order, doubts]);
    if (proofs.length > 0) expect(guess.date?.order.for.slice(0, 2)).toEqual(proofs.slice(0, 2));
    expect(guess.date?.order.against).toEqual(against);
  });

  test('whatever the values, a single proof decides, and proofs of both orders are asked about', () => {
    const below = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
    const above = fc.tuple(fc.integer({ min: 13, max: 28 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(
        fc.array(below, { maxLength: 20 }),
        above,
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        (free, [day, month], first, both, at) => {
          const proof = first ? `${day}/${month}/2026` : `${month}/${day}/2026`;
          const other = first ? `${month}/${day}/2026` : `${day}/${month}/2026`;
          const values = free.map(([one, two]) => `${one}/${two}/2026`);
          values.splice(at % (values.length + 1), 0, proof, ...(both ? [other] : []));
          const order = guessOf(values).date?.order;
          if (both) expect([order && isDoubtful(order), order?.against.length]).toEqual([true, 1]);
          else expect([order?.value, order && isDoubtful(order)]).toEqual([first ? 'dmy' : 'mdy', false]);
        },
      ),
    );
  });
});

describe('the century', () => {
  test.each<[string, string, string[], number, string[]]>([
    ['years up to now', 'opened', ['31/12/24', '30/11/99'], 2024, []],
    ['births', 'birth date', ['31/12/64', '30/11/51'], 1964, []],
    ['births of the old, or of children', 'birth date', ['31/12/64', '30/11/15'], 1964, ['century']],
    ['years ahead of a contract', 'valid until', ['31/12/35', '30/11/28'], 2035, []],
    ['years ahead of anything', 'day', ['31/12/35', '30/11/26'], 2035, ['century']],
    ['years ahead beside old ones', 'day', ['31/12/35', '30/11/61'], 1935, ['century']],
  ])('%s', (_, name, values, year, doubts) => {
    const guess = guessOf(values, name);
    expect(asked(guess)).toEqual(doubts);
    const first = valueReader(meaningOf(guess))(values[0] ?? '') as { ms: number };
    expect(new Date(first.ms).getUTCFullYear()).toBe(year);
  });

  test('the span of a field is that of the century which was guessed', () => {
    const profile = new Profile(NOW);
    const items = ['31/12/35', '30/11/61', '13/01/99'].map(
      (value, at): Item => ({ line: at + 2, values: [value], raw: Buffer.alloc(0), plain: false }),
    );
    profile.add(['birth date'], items);
    expect(profile.fields()[0]).toMatchObject({ min: '1935-12-31T00:00:00.000Z', max: '1999-01-13T00:00:00.000Z' });
  });
});

describe('numbers', () => {
  test.each<[string, string[], NumberFormat['decimal'], NumberFormat['group'], string[]]>([
    ['one value with both separators', ['5', '1.234,56'], ',', '.', []],
    ['the other way', ['5', '1,234.56'], '.', ',', []],
    ['two groups', ['1,234,567'], '.', ',', []],
    ['lakhs', ['12,34,567'], '.', ',', []],
    ['a decimal comma', ['3,5', '12,75'], ',', '', []],
    ['a decimal comma decides the point', ['3,5', '1.234'], ',', '.', []],
    ['a decimal point decides the comma', ['3.5', '1,234'], '.', ',', []],
    ['a point and three digits', ['1.234', '5.678'], ',', '.', ['decimal']],
    ['a comma and three digits', ['1,234', '5,678'], '.', ',', ['decimal']],
    ['a zero before the point', ['0.234', '5.678'], '.', '', []],
    ['thousands among small numbers', [...many((at) => `${at + 1}.250`), '12', '950'], ',', '.', []],
    ['a large number without a group', ['1.234', '2500'], '.', '', ['decimal']],
    ['spaces', ['1 234', '12'], '.', ' ', []],
    ['narrow spaces and a comma', ['1\u202f234,5', '12'], ',', ' ', []],
    ['apostrophes', ['1’234.50', '12'], '.', "'", []],
    ['nothing to tell', ['1', '22', '333'], '.', '', []],
    ['currency', ['$1,234.50', '($12.00)'], '.', ',', []],
  ])('%s', (_, values, decimal, group, doubts) => {
    const guess = guessOf(values, 'amount');
    expect(guess.type.value).toBe('number');
    expect([guess.number?.decimal.value, guess.number?.group.value, asked(guess)]).toEqual([decimal, group, doubts]);
    expect(guess.unreadable).toBe(0);
  });

  test('a neighbour that shows its decimal separator decides', () => {
    const [, weight] = guessesOf([
      ['price', '3,50', '12,75'],
      ['weight', '1.234', '5.678'],
    ]) as [FieldGuess, FieldGuess];
    expect([weight.number?.decimal.value, weight.number?.group.value, asked(weight)]).toEqual([',', '.', []]);
  });

  test('both separators as decimal ones are asked about, with the lines against', () => {
    const guess = guessOf(['3,5', '4,5', '5.5'], 'amount');
    expect(asked(guess)).toContain('decimal');
    expect(guess.number?.decimal).toMatchObject({ value: ',', for: [2, 3], against: [4], others: [{ value: '.' }] });
    expect([guess.unreadable, guess.examples]).toEqual([1, [{ line: 4, value: '5.5' }]]);
  });

  test.each([
    ['two currencies', ['5 USD', '6 EUR']],
    ['percents among shares', ['45%', '0.5']],
  ])('%s are asked about: their numbers are not comparable', (_, values) => {
    expect(asked(guessOf(values, 'amount'))).toEqual(['type']);
  });
});

describe('the type', () => {
  test.each<[string, string, string[], FieldGuess['type']['value'], string[]]>([
    ['leading zeros', 'code', ['00123', '00456', '12345'], 'identifier', []],
    ['beyond 2^53', 'a', ['12345678901234567890', '12345678901234567891'], 'identifier', []],
    ['one leading zero among hundreds', 'a', [...many((at) => `${at + 10}`, 300), '007'], 'number', ['type']],
    ['an id by its name', 'Order ID', ['17', '18', '18'], 'identifier', []],
    ['a name in one word', 'orderNo', ['17', '18', '18'], 'identifier', []],
    ['a number of something', 'Number of days', ['17', '18', '18'], 'number', []],
    ['phones', 'Phone', ['+49301234567', '030 1234'], 'identifier', []],
    ['postcodes', 'PLZ', ['50667', '80331'], 'identifier', []],
    ['unique digits of one width', 'a', many((at) => `${500_000 + at * 7919}`.slice(0, 6)), 'identifier', []],
    ['the same, of an amount', 'Amount', many((at) => `${500_000 + at * 79}`), 'number', []],
    ['years', 'Year', ['2024', '2025', '2026'], 'number', []],
    ['days in digits', 'day', ['20240305', '20251231'], 'date', []],
    ['instants in digits', 'created_at', ['1709633472', '1709633473'], 'date', []],
    ['yes and no', 'VIP', ['yes', 'no', ''], 'yes_no', []],
    ['ja and nein', 'a', ['Ja', 'Nein'], 'yes_no', []],
    ['y and n', 'a', ['Y', 'N'], 'yes_no', []],
    ['one letter alone', 'sex', ['F', 'F'], 'text', []],
    ['x and nothing', 'done', ['x', '', 'X'], 'yes_no', []],
    ['x beside yes', 'done', ['x', 'yes'], 'text', []],
    ['0 and 1', 'errors', ['0', '1'], 'number', []],
    ['0 and 1 of a question', 'is_vip', ['0', '1'], 'yes_no', []],
    ['countries', 'country', ['NO', 'SE', 'DK'], 'text', []],
    ['mail addresses', 'from', ['a@example.org', 'b@example.org'], 'text', []],
    ['codes of letters and digits', 'ref', ['A-1', 'A-2', 'B-7'], 'identifier', []],
    ['text with numbers in it', 'note', ['5 apples', '7'], 'text', []],
    ['numbers, and nothing known', 'amount', ['5', '7', 'n/a', '-', '8'], 'number', []],
    ['seven in ten', 'amount', [...many(() => '5', 7), 'a', 'b', 'c'], 'text', ['type']],
    ['empty', 'a', ['', ' '], 'text', []],
  ])('%s', (_, name, values, type, doubts) => {
    const guess = guessOf(values, name);
    expect([guess.type.value, asked(guess).filter((one) => one === 'type')]).toEqual([type, doubts]);
  });

  test('nine in ten are enough, and the tenth is told with its line', () => {
    const guess = guessOf([...many((at) => `${at}.5`, 18), 'soon', 'later'], 'amount');
    expect(guess).toMatchObject({ type: { value: 'number', against: [20, 21] }, unreadable: 2 });
    expect(guess.examples).toEqual([
      { line: 20, value: 'soon' },
      { line: 21, value: 'later' },
    ]);
    expect(asked(guess)).toEqual([]);
  });

  test('what cannot be read is counted over every row of a long file, and its first lines are kept', () => {
    const values = many((at) => (at % 1000 === 999 ? 'broken' : at % 2000 === 998 ? '2026-02-30' : '2026-02-28'), 60_000);
    const guess = guessOf(values, 'day');
    expect([guess.type.value, guess.unreadable, guess.examples.length]).toEqual(['date', 90, 5]);
    expect(guess.examples.slice(0, 2)).toEqual([
      { line: 1000, value: '2026-02-30' },
      { line: 1001, value: 'broken' },
    ]);
  });
});

test('whatever a field holds, its guess counts exactly what the reader of its meaning cannot read', () => {
  const value = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'n/a',
      'yes',
      'x',
      '0',
      '1',
      '007',
      '1.234',
      '1,234',
      '1.234,5',
      '12.5',
      '45%',
      '$5',
      '13/01/2026',
      '01/13/2026',
      '1/2/26',
      '24-03-05',
    ),
    fc.constantFrom(
      '2026-03-04',
      '2026-03-04T10:00:00Z',
      '2026-02-30',
      '5 March 2026',
      '20260304',
      '1709633472',
      '2026',
      '1 234',
      'text',
    ),
    fc.integer({ min: 0, max: 3_000 }).map(String),
    anyText({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 40 }),
      fc.constantFrom('a', 'amount', 'id', 'date', 'birth date'),
      (values, name) => {
        const guess = guessOf(values, name);
        const read = valueReader(meaningOf(guess));
        const unreadable = values.flatMap((text, at) => (read(text) === null ? [at + 2] : []));
        expect([guess.unreadable, guess.examples.map(({ line }) => line)]).toEqual([unreadable.length, unreadable.slice(0, 5)]);
        for (const one of [guess.type, ...Object.values(guess.date ?? {}), ...Object.values(guess.number ?? {})]) {
          expect(one.sure).toBeGreaterThanOrEqual(0);
          expect(one.sure).toBeLessThanOrEqual(1);
          expect(one.others.map((other: { value: unknown }) => other.value)).not.toContain(one.value);
          for (const line of [...one.for, ...one.against]) expect(read(values[line - 2] ?? '')).not.toBe(EMPTY);
        }
        if (guess.date) expect(DATE_ORDERS).toContain(guess.date.order.value);
      },
    ),
    { numRuns: atSize(80, 400) },
  );
});
