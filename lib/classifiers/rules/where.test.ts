import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATORS_OF, type Where, type WhereCondition, where } from '#lib/core/values/conditions.ts';
import { FIELD_TYPES, type FieldMeanings, type FieldType, type Meaning, TEXT } from '#lib/core/values/meaning.ts';
import { atSize } from '#test/size.ts';
import { typedFields } from './field-values.ts';
import { compileWhere, type Truth } from './where.ts';

const of = (type: FieldType, more: Partial<Meaning> = {}): Meaning => ({ ...TEXT, type, ...more });
const DMY = of('date', { date: { order: 'dmy', century: 1970, zone: 'local' } });
const MEANINGS: FieldMeanings = {
  text: TEXT,
  identifier: of('identifier'),
  number: of('number', { number: { decimal: ',', group: '.' } }),
  date: DMY,
  yes_no: of('yes_no'),
  other: of('number', { number: { decimal: '.', group: ',' } }),
};
const NAMES = [...Object.keys(MEANINGS), 'constructor'];

function compiled(groups: unknown, timeZone = 'Europe/Rome') {
  return compileWhere(where.parse(groups), typedFields(NAMES, MEANINGS, timeZone));
}

function asked(groups: unknown, fields: Record<string, string>, timeZone?: string): Truth {
  const one = compiled(groups, timeZone);
  if ('faults' in one) throw new Error(one.faults[0]?.message);
  return one.holds(fields);
}

const faultsOf = (groups: unknown) => {
  const one = compiled(groups);
  return 'faults' in one ? one.faults.map(({ path, message }) => `${path}: ${message}`) : [];
};

const U = null;

test.each<[object, [text: string, truth: Truth][]]>([
  [
    { field: 'text', is: 'is', value: 'Straße' },
    [
      ['STRASSE', true],
      ['strasse', true],
      ['strase', false],
      ['', false],
    ],
  ],
  [
    { field: 'text', is: 'is', value: 'Straße', exact: true },
    [
      ['STRASSE', false],
      ['Straße', true],
    ],
  ],
  [
    { field: 'text', is: 'is', value: 'e\u0301te\u0301' },
    [
      ['Été', true],
      ['ete', false],
    ],
  ],
  [
    { field: 'text', is: 'is', value: 'e\u0301', exact: true },
    [
      ['\u00e9', false],
      ['e\u0301', true],
    ],
  ],
  [
    { field: 'text', is: 'is_not', value: 'open' },
    [
      ['Open', false],
      ['closed', true],
      ['', true],
    ],
  ],
  [
    { field: 'text', is: 'contains', value: 'ΟΔΟΣ' },
    [
      ['η οδος μου', true],
      ['οδοσ', true],
      ['οδ', false],
    ],
  ],
  [
    { field: 'text', is: 'contains', values: ['a', 'B'] },
    [
      ['xb', true],
      ['xA', true],
      ['x', false],
    ],
  ],
  [
    { field: 'text', is: 'contains_not', values: ['a', 'b'] },
    [
      ['xb', false],
      ['x', true],
      ['', true],
    ],
  ],
  [
    { field: 'text', is: 'contains_not', value: 'a', exact: true },
    [
      ['A', true],
      ['a', false],
    ],
  ],
  [
    { field: 'text', is: 'starts_with', value: 're:' },
    [
      ['RE: x', true],
      ['are: x', false],
    ],
  ],
  [
    { field: 'text', is: 'ends_with', values: ['@x', '@Y'] },
    [
      ['a@y', true],
      ['a@z', false],
    ],
  ],
  [
    { field: 'text', is: 'one_of', values: ['open', 'New'] },
    [
      ['NEW', true],
      ['newer', false],
      ['', false],
    ],
  ],
  [{ field: 'text', is: 'one_of', values: ['open', ''] }, [['', true]]],
  [
    { field: 'text', is: 'matches', value: '^[A-Z]{2}-\\d+$' },
    [
      ['AB-12', true],
      ['ab-12', false],
    ],
  ],
  [
    { field: 'text', is: 'empty' },
    [
      ['', true],
      [' \u00a0', true],
      ['x', false],
    ],
  ],
  [
    { field: 'identifier', is: 'is', value: '007' },
    [
      ['007', true],
      ['7', false],
    ],
  ],
  [
    { field: 'identifier', is: 'not_empty' },
    [
      ['007', true],
      ['', false],
    ],
  ],
  [
    { field: 'constructor', is: 'is', value: 'x' },
    [
      ['x', true],
      ['', false],
    ],
  ],
  [
    { field: 'number', is: 'equals', value: '1234.5' },
    [
      ['1.234,50', true],
      ['1.234,51', false],
      ['n/a', U],
      ['', U],
    ],
  ],
  [
    { field: 'number', is: 'not_equals', value: '1' },
    [
      ['2', true],
      ['1', false],
      ['x', U],
      ['', U],
    ],
  ],
  [
    { field: 'number', is: 'over', value: '1000' },
    [
      ['1.000,01', true],
      ['1.000', false],
      ['9', false],
      ['-1.001', false],
      ['?', U],
    ],
  ],
  [
    { field: 'number', is: 'at_least', value: '0' },
    [
      ['0', true],
      ['-0,01', false],
    ],
  ],
  [
    { field: 'number', is: 'under', value: '-1.5' },
    [
      ['-2', true],
      ['-1,5', false],
      ['', U],
    ],
  ],
  [
    { field: 'number', is: 'at_most', value: '10' },
    [
      ['10', true],
      ['9', true],
      ['10,5', false],
    ],
  ],
  [
    { field: 'number', is: 'between', from: '-1', to: '2.5' },
    [
      ['2,5', true],
      ['-1', true],
      ['2,6', false],
      ['', U],
    ],
  ],
  [
    { field: 'number', is: 'empty' },
    [
      ['', true],
      [' ', true],
      ['n/a', false],
      ['1', false],
    ],
  ],
  [
    { field: 'number', is: 'not_empty' },
    [
      ['', false],
      ['n/a', true],
    ],
  ],
  // What a double can't tell apart.
  [
    { field: 'other', is: 'over', value: '0.1000000000000000055' },
    [
      ['0.1000000000000000056', true],
      ['0.1000000000000000055', false],
    ],
  ],
  [
    { field: 'other', is: 'equals', value: '0.30000000000000000' },
    [
      ['0.3', true],
      ['0.30000000000000004', false],
    ],
  ],
  [
    { field: 'date', is: 'on', value: '2026-08-01' },
    [
      ['01/08/2026', true],
      ['01/08/2026 23:59', true],
      ['08/01/2026', false],
      ['soon', U],
      ['', U],
    ],
  ],
  [
    { field: 'date', is: 'before', value: '2026-08-01' },
    [
      ['31/07/2026 23:59', true],
      ['01/08/2026', false],
      ['31/12/2025', true],
      ['', U],
    ],
  ],
  [
    { field: 'date', is: 'after', value: '2026-08-01' },
    [
      ['01/08/2026 23:59', false],
      ['02/08/2026', true],
      ['32/08/2026', U],
    ],
  ],
  [
    { field: 'date', is: 'between', from: '2026-08-01', to: '2026-08-02' },
    [
      ['02/08/2026 23:59', true],
      ['03/08/2026', false],
      ['x', U],
    ],
  ],
  [
    { field: 'date', is: 'older_than', days: 90, on: '2026-10-25' },
    [
      ['26/07/2026', true],
      ['27/07/2026', false],
      ['', U],
    ],
  ],
  [
    { field: 'date', is: 'older_than', days: 0, on: '2026-10-25' },
    [
      ['24/10/2026', true],
      ['25/10/2026', false],
    ],
  ],
  [
    { field: 'date', is: 'within_last', days: 90, on: '2026-10-25' },
    [
      ['27/07/2026', true],
      ['26/07/2026', false],
      ['25/10/2026 23:00', true],
      ['26/10/2026', false],
      ['?', U],
    ],
  ],
  [
    { field: 'date', is: 'empty' },
    [
      ['', true],
      ['soon', false],
    ],
  ],
  [
    { field: 'yes_no', is: 'yes' },
    [
      ['Yes', true],
      ['nein', false],
      ['maybe', U],
      ['', U],
    ],
  ],
  [
    { field: 'yes_no', is: 'no' },
    [
      ['no', true],
      ['ja', false],
      ['maybe', U],
      ['', U],
    ],
  ],
  [
    { field: 'yes_no', is: 'empty' },
    [
      ['', true],
      ['maybe', false],
    ],
  ],
])('%j', (condition, expected) => {
  const field = (condition as WhereCondition).field;
  for (const [text, truth] of expected) expect([text, asked([[condition]], { [field]: text })]).toEqual([text, truth]);
});

test('a field that an item lacks is empty', () => {
  expect(asked([[{ field: 'text', is: 'is', value: '' }]], {})).toBe(true);
  expect(asked([[{ field: 'number', is: 'empty' }]], {})).toBe(true);
  expect(asked([[{ field: 'number', is: 'not_equals', value: '1' }]], {})).toBe(null);
  expect(asked([[{ field: 'constructor', is: 'contains', value: 'native' }]], {})).toBe(false);
});

describe('days are those of the plan’s zone', () => {
  const beforeDay = (day: string) => [[{ field: 'date', is: 'before', value: day }]];
  const onDay = (day: string) => [[{ field: 'date', is: 'on', value: day }]];
  // Clocks in Rome went from 03:00 to 02:00 on 25 October 2026, and from 02:00 to 03:00 on 29 March.
  test.each<[string, string, unknown, Truth]>([
    ['2026-10-24T21:59:59Z', 'Europe/Rome', beforeDay('2026-10-25'), true],
    ['2026-10-24T22:00:00Z', 'Europe/Rome', beforeDay('2026-10-25'), false],
    ['2026-10-25T22:59:59Z', 'Europe/Rome', onDay('2026-10-25'), true],
    ['2026-10-25T23:00:00Z', 'Europe/Rome', onDay('2026-10-25'), false],
    ['2026-03-28T22:59:59Z', 'Europe/Rome', beforeDay('2026-03-29'), true],
    ['2026-03-29T21:59:59Z', 'Europe/Rome', onDay('2026-03-29'), true],
    ['2026-03-29T22:00:00Z', 'Europe/Rome', onDay('2026-03-29'), false],
    ['2026-10-25T00:30:00Z', 'America/New_York', onDay('2026-10-24'), true],
    ['2026-10-24T23:30:00Z', 'Asia/Tokyo', onDay('2026-10-25'), true],
    ['2026-10-24T12:00:00Z', 'Pacific/Kiritimati', onDay('2026-10-25'), true],
    // Twenty-five hours back from the end of the day, which is still one day.
    ['2026-10-24T22:30:00Z', 'Europe/Rome', [[{ field: 'date', is: 'older_than', days: 0, on: '2026-10-25' }]], false],
    ['2026-07-26T21:59:59Z', 'Europe/Rome', [[{ field: 'date', is: 'older_than', days: 90, on: '2026-10-25' }]], true],
    ['2026-07-26T22:00:00Z', 'Europe/Rome', [[{ field: 'date', is: 'older_than', days: 90, on: '2026-10-25' }]], false],
    // A wall clock without a zone is the plan's, wherever that is.
    ['26/07/2026 23:59', 'Asia/Tokyo', [[{ field: 'date', is: 'older_than', days: 90, on: '2026-10-25' }]], true],
  ])('%s in %s', (text, timeZone, groups, truth) => {
    expect(asked(groups, { date: text }, timeZone)).toBe(truth);
  });
});

describe('and and or of three values', () => {
  // text is x, number is unreadable where it is to be unknown
  const condition: Record<string, WhereCondition> = {
    T: { field: 'text', is: 'is', value: 'x' },
    F: { field: 'text', is: 'is_not', value: 'x' },
    U: { field: 'number', is: 'not_equals', value: '1' },
  };
  const item = { text: 'x', number: 'n/a' };
  const truth = (letter: string | undefined): Truth => (letter === 'T' ? true : letter === 'F' ? false : null);
  const each = (text: string) => [...text].map((letter) => condition[letter] as WhereCondition);

  test.each(['TTT', 'TFF', 'TUU', 'FTF', 'FFF', 'FUF', 'UTU', 'UFF', 'UUU'])('and: %s', ([one = '', other = '', both]) => {
    expect(asked([each(one + other)], item)).toBe(truth(both));
  });
  test.each(['TTT', 'TFT', 'TUT', 'FTT', 'FFF', 'FUU', 'UTT', 'UFU', 'UUU'])('or: %s', ([one = '', other = '', both]) => {
    expect(asked([each(one), each(other)], item)).toBe(truth(both));
  });
  test('the fields that were lacking are named, those that did not matter are not', () => {
    const one = compiled([
      [condition.F, { field: 'date', is: 'before', value: '2026-01-01' }],
      [condition.T, condition.U, { field: 'yes_no', is: 'no' }],
    ]);
    if ('faults' in one) throw new Error();
    expect(one.holds(item)).toBe(null);
    expect(one.unknownFields(item)).toEqual(['number', 'yes_no']);
    expect(one.unknownFields({ ...item, number: '2' })).toEqual(['yes_no']);
    expect(one.fields.sort()).toEqual(['date', 'number', 'text', 'yes_no']);
  });
});

describe('what does not fit', () => {
  const examples: WhereCondition[] = [
    ...(['is', 'is_not', 'contains', 'contains_not', 'starts_with', 'ends_with', 'matches'] as const).map((is) => ({
      field: '',
      is,
      value: 'x',
    })),
    { field: '', is: 'one_of', values: ['x'] },
    ...(['equals', 'not_equals', 'over', 'at_least', 'under', 'at_most'] as const).map((is) => ({ field: '', is, value: '1' })),
    ...(['on', 'before', 'after'] as const).map((is) => ({ field: '', is, value: '2026-01-01' })),
    ...(['older_than', 'within_last'] as const).map((is) => ({ field: '', is, days: 1, on: '2026-01-01' })),
    ...(['empty', 'not_empty', 'yes', 'no'] as const).map((is) => ({ field: '', is })),
  ];
  test.each(FIELD_TYPES)('every operator that does not fit %s is refused, with those that do', (type) => {
    for (const one of examples) {
      const fits = OPERATORS_OF[type].includes(one.is);
      const refusal = `^0\\.1\\.is: .*\\(${one.is}\\) does not fit “${type}”, which holds .*Choose one of: ${OPERATORS_OF[type][0]}, `;
      expect(
        faultsOf([
          [
            { field: 'text', is: 'is', value: 'x' },
            { ...one, field: type },
          ],
        ]),
      ).toEqual(fits ? [] : [expect.stringMatching(new RegExp(refusal))]);
    }
  });
  test.each<[object, string]>([
    [{ field: 'texts', is: 'empty' }, '0.0.field: there is no field “texts”. Did you mean “text”?'],
    [{ field: 'text', is: 'matches', value: '(' }, "0.0.value: this pattern can't be read: missing closing ): `(`."],
    [
      { field: 'number', is: 'between', from: '2026-01-01', to: '3' },
      '0.0.from: “2026-01-01” is not a number, written as in "-1234.5".',
    ],
    [{ field: 'date', is: 'between', from: '2026-01-01', to: '3' }, '0.0.to: “3” is not a day, written as in "2026-10-25".'],
    [
      { field: 'number', is: 'between', from: '10', to: '9' },
      '0.0.from: nothing lies between these: the first is larger than the second.',
    ],
    [
      { field: 'date', is: 'between', from: '2026-01-02', to: '2026-01-01' },
      '0.0.from: nothing lies between these: the first is larger than the second.',
    ],
  ])('%j', (condition, fault) => {
    expect(faultsOf([[condition]])).toEqual([fault]);
  });
});

test('it says what it asks', () => {
  const words = (groups: unknown) => {
    const one = compiled(groups);
    return 'faults' in one ? one.faults : one.words;
  };
  expect(
    words([
      [
        { field: 'number', is: 'over', value: '1000' },
        { field: 'text', is: 'one_of', values: ['a', 'b'] },
      ],
    ]),
  ).toBe('number is over 1000 and text is any of a, b');
  expect(words([[{ field: 'date', is: 'older_than', days: 90, on: '2026-10-25' }]])).toBe(
    'date is older than 90 days on 2026-10-25',
  );
  expect(words([[{ field: 'text', is: 'contains', values: ['a', 'b'] }], [{ field: 'yes_no', is: 'no' }]])).toBe(
    'text contains any of a, b or yes_no is no',
  );
});

test('it agrees with a naive evaluator on random items and conditions', () => {
  const text = fc.constantFrom('', ' ', 'open', 'OPEN', 'closed', 'x');
  const number = fc.oneof(fc.constantFrom('', 'n/a', '1.000', '-0'), fc.integer({ min: -2000, max: 2000 }).map(String));
  const day = fc
    .integer({ min: 0, max: 60 })
    .map((days) => new Date(Date.UTC(2026, 0, 1) + days * 86_400_000).toISOString().slice(0, 10));
  const date = fc.oneof(
    fc.constantFrom('', 'soon'),
    day.map((iso) => iso.split('-').reverse().join('/')),
  );
  const value = fc.integer({ min: -2000, max: 2000 }).map(String);
  const condition: fc.Arbitrary<WhereCondition> = fc.oneof(
    fc.record({ field: fc.constant('text'), is: fc.constantFrom('is', 'is_not'), value: text }),
    fc.record({ field: fc.constant('text'), is: fc.constantFrom('contains', 'contains_not'), value: fc.constantFrom('o', 'S') }),
    fc.record({
      field: fc.constant('number'),
      is: fc.constantFrom('equals', 'not_equals', 'over', 'at_least', 'under', 'at_most'),
      value,
    }),
    fc.record({ field: fc.constant('date'), is: fc.constantFrom('on', 'before', 'after'), value: day }),
    fc.record({ field: fc.constant('date'), is: fc.constantFrom('older_than', 'within_last'), days: fc.nat(50), on: day }),
    fc.record({ field: fc.constantFrom('text', 'number', 'date'), is: fc.constantFrom('empty', 'not_empty') }),
  );
  const groups: fc.Arbitrary<Where> = fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  });
  const seen = new Set<Truth>();
  fc.assert(
    fc.property(groups, fc.record({ text, number, date }), (all, item) => {
      const truth = asked(all, item);
      seen.add(truth);
      expect(truth).toBe(naive(all, item));
    }),
    { numRuns: atSize(200, 1_000) },
  );
  expect(seen.size).toBe(3);
});

/** Three values as numbers: and is the least, or the greatest. */
function naive(groups: Where, item: Record<string, string>): Truth {
  const value = Math.max(...groups.map((group) => Math.min(...group.map((one) => naiveOne(one, item[one.field] ?? '')))));
  return value === 1 ? true : value === 0 ? false : null;
}

function naiveOne(one: WhereCondition, text: string): number {
  const sure = (held: boolean) => (held ? 1 : 0);
  if (one.is === 'empty') return sure(text.trim() === '');
  if (one.is === 'not_empty') return sure(text.trim() !== '');
  if (one.field === 'text') {
    const [left, right] = [text.toLowerCase(), 'value' in one ? String(one.value).toLowerCase() : ''];
    const held = {
      is: left === right,
      is_not: left !== right,
      contains: left.includes(right),
      contains_not: !left.includes(right),
    };
    return sure(held[one.is as keyof typeof held]);
  }
  if (one.field === 'number') {
    const read = text === '1.000' ? 1000 : text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(read)) return 0.5;
    const right = Number('value' in one ? one.value : 0);
    const held = {
      ...{ equals: read === right, not_equals: read !== right, over: read > right },
      ...{ at_least: read >= right, under: read < right, at_most: read <= right },
    };
    return sure(held[one.is as keyof typeof held]);
  }
  const [d, m, y] = text.split('/');
  if (y === undefined) return 0.5;
  const iso = `${y}-${m}-${d}`;
  if ('days' in one) {
    const begin = new Date(Date.parse(one.on) - one.days * 86_400_000).toISOString().slice(0, 10);
    return sure(one.is === 'older_than' ? iso < begin : iso >= begin && iso <= one.on);
  }
  const right = 'value' in one ? String(one.value) : '';
  return sure(one.is === 'on' ? iso === right : one.is === 'before' ? iso < right : iso > right);
}
