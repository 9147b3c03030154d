import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WhereCondition } from '#lib/core/values/conditions.ts';
import { type FieldMeanings, type Meaning, TEXT } from '#lib/core/values/meaning.ts';
import { atSize } from '#test/size.ts';
import { type Condition, compileCondition, itemView, typedConditions } from './cel.ts';
import { typedFields } from './field-values.ts';
import { textOrderFaults } from './text-order.ts';
import { compileWhere } from './where.ts';

const of = (type: Meaning['type'], more: Partial<Meaning> = {}): Meaning => ({ ...TEXT, type, ...more });
const MEANINGS: FieldMeanings = {
  subject: TEXT,
  code: of('identifier'),
  amount: of('number', { number: { decimal: ',', group: '.' } }),
  opened: of('date', { date: { order: 'dmy', century: 1970, zone: 'local' } }),
  vip: of('yes_no'),
  'Last Reply': of('date', { date: { order: 'dmy', century: 1970, zone: 'local' } }),
};
const NAMES = Object.keys(MEANINGS);

const conditionsIn = (timeZone: string) => typedConditions(typedFields(NAMES, MEANINGS, timeZone));
const conditions = conditionsIn('Europe/Rome');

const compiled = (when: string, all = conditions): Condition => {
  const condition = all.compile(when);
  if ('faults' in condition) throw new Error(condition.faults[0]?.message);
  return condition;
};
const asked = (when: string, fields: Record<string, string>, all = conditions) => {
  const held = compiled(when, all).holds(all.view(fields, NAMES));
  return typeof held === 'boolean' ? held : held.fields;
};

const OLD = { amount: '1.234,56', opened: '26/07/2026', vip: 'nein', subject: 'Re: x', code: '007', 'Last Reply': '01/01/2026' };
const ODD = { amount: 'n/a', opened: 'soon', vip: '?', subject: '', code: '' };

test.each<[string, boolean, boolean | string[]]>([
  ['item.amount > 1000', true, ['amount']],
  ['item.amount > 1000.0', true, ['amount']],
  ['1000 < item.amount', true, ['amount']],
  ['item.amount == 1234.56', true, ['amount']],
  ['item.amount != 1', true, ['amount']],
  ['item.amount in [1, 1234.56]', true, ['amount']],
  ['item.amount * 2 + 1 > 2000 && item.amount / 2 - 1 < 1000', true, ['amount']],
  ['number(item.amount) > 1000', true, ['amount']],
  ['raw.amount == "1.234,56"', true, false],
  ['item["amount"] > 1 && raw["amount"].contains(",")', true, false],
  ['!(item.amount > 1000)', false, ['amount']],
  ['item.amount > 1000 || item.subject == ""', true, true],
  ['item.amount > 1000 && item.subject != ""', true, false],
  ['item.subject == "" || item.amount > 1000', true, true],
  ['item.subject != "" && item.amount > 1000', true, false],
  ['item.amount > 1000 && item.vip', false, ['amount', 'vip']],
  ['item.amount > 1000 || item.vip', true, ['amount', 'vip']],
  ['item.amount > 1000 ? true : false', true, ['amount']],
  ['item.subject == "" ? false : item.amount > 1', true, false],
  ['[item.amount].exists(x, x > 1000)', true, ['amount']],
  ['["amount"].exists(name, item[name] > 1000)', true, ['amount']],
  ['!item.vip', true, ['vip']],
  ['item.vip == false', true, ['vip']],
  ['item.opened < date("2026-07-27")', true, ['opened']],
  ['item.opened >= date("2026-07-26") && item.opened < date("2026-07-27")', true, ['opened']],
  ['older_than(item.opened, 90, "2026-10-25")', true, ['opened']],
  ['older_than(item.opened, 91, "2026-10-25")', false, ['opened']],
  ['within_last(item.opened, 91, "2026-10-25")', true, ['opened']],
  ['item["Last Reply"] < item.opened', true, ['Last Reply']],
  ['item.opened < timestamp("2026-07-26T00:00:00Z")', true, ['opened']],
  ['has(item.amount)', true, true],
  ['has(item.vip) && has(raw.code)', true, false],
  ['!has(item.code)', false, true],
  ['item.code == "007"', true, false],
  ['"amount" in item && "amount" in raw', true, true],
  ['item.exists(name, name == "vip")', true, true],
])('%s', (when, old, odd) => {
  expect([asked(when, OLD), asked(when, ODD)]).toEqual([old, odd]);
});

test('white space is nothing, and a field that an item lacks is missing', () => {
  expect(asked('has(item.amount)', { amount: ' \u00a0' })).toBe(false);
  expect(asked('item.amount > 1', { amount: ' ' })).toEqual(['amount']);
  expect(asked('item.amount > 1', {})).toEqual(['amount']);
  expect(asked('raw.amount == ""', {})).toBe(true);
});

test.each<[string, string, boolean]>([
  ['2026-10-24T22:00:00Z', 'Europe/Rome', false],
  ['2026-10-24T21:59:59Z', 'Europe/Rome', true],
  ['2026-10-25T03:59:59Z', 'America/New_York', true],
  ['2026-10-25T04:00:00Z', 'America/New_York', false],
  ['24/10/2026 23:59', 'Asia/Tokyo', true],
])('%s is before 25 October in %s: %s', (opened, timeZone, before) => {
  const zone = conditionsIn(timeZone);
  expect(asked('item.opened < date("2026-10-25")', { opened }, zone)).toBe(before);
  expect(asked('older_than(item.opened, 0, "2026-10-25")', { opened }, zone)).toBe(before);
});

test('what goes wrong in another way is told, as ever', () => {
  const held = compiled('1 / int(item.amount) == 1');
  expect(() => held.holds(conditions.view({ amount: '0' }, NAMES))).toThrow(/zero/);
  const whole = `[item] == [{${NAMES.map((name) => `"${name}": 1`)}}]`;
  expect(() => compiled(whole).holds(conditions.view(OLD, NAMES))).toThrow(/can’t be compared as a whole/);
});

test.each<[string, number, RegExp]>([
  ['item.amount > "1000"', 13, /“>” does not work on a number and text. Write a number without quotes/],
  ['item.amount == "1000"', 13, /a number is never equal to text. Write a number without quotes/],
  ['item.subject == 5', 14, /text is never equal to a number/],
  ['item.vip == "yes"', 10, /never equal to text. Write true or false/],
  ['item.amount in ["1", "2"]', 13, /a number is never equal to text/],
  ['item.opened < "2026-10-25"', 13, /“<” does not work on a date and text. Write a day as date\("2026-10-25"\)/],
  ['item.opened == "2026-10-25"', 13, /a date is never equal to text. Write a day as date/],
  [
    'item.subject == "" && item.opened < date("25/10/2026")',
    37,
    /this is not a day, which is written YYYY-MM-DD: “25\/10\/2026”/,
  ],
  ['older_than(item.opened, 3, "2026-02-30")', 1, /this is not a day/],
  ['item.amount.contains("1")', 12, /“contains” does not work on a number. The text of a field is raw.x/],
  ['older_then(item.opened, 3, "2026-01-01")', 1, /Did you mean “older_than”/],
  ['raw.amuont == ""', 5, /no field “amuont”. Did you mean “amount”/],
  ['has(raw.amuont)', 9, /no field “amuont”/],
  ['amount > 5', 1, /Did you mean item.amount/],
  ['item == {"a": 1}', 5, /an item can’t be compared as a whole: compare its fields/],
  ['item.amount', 1, /gives a number; a condition is true or false/],
])('%s is refused at column %d', (when, column, message) => {
  const condition = conditions.compile(when);
  const faults = 'faults' in condition ? condition.faults : [];
  expect(faults).toEqual([{ line: 1, column, message: expect.stringMatching(message) }]);
});

test('text is compared by its order only where it is text', () => {
  const fields = NAMES.map((name) => ({ name, type: MEANINGS[name]?.type === 'yes_no' ? 'boolean' : 'text' }));
  const faults = (when: string) => textOrderFaults(when, fields, MEANINGS).map(({ column, message }) => `${column}: ${message}`);
  for (const fine of ['item.amount > 1000', 'item.opened < item["Last Reply"]', 'item.subject > "m"', 'raw.subject > "m"'])
    expect(faults(fine)).toEqual([]);
  expect(faults('raw.amount > "1000"')).toEqual([
    expect.stringMatching(/^12: this compares text, not numbers.*item.amount is a number/),
  ]);
  expect(faults('raw["Last Reply"] < "2026-01-01"')).toEqual([
    expect.stringMatching(/^18: this compares text, not dates: item\["Last Reply"\] is a date.*date\(/),
  ]);
  expect(faults('item.subject < "2026-01-01"')).toEqual([
    expect.stringMatching(/“subject” is read as text. If its values are dates/),
  ]);
  expect(faults('item.code > "1000"')).toEqual([expect.stringMatching(/“code” is read as text. If its values are numbers/)]);
  expect(faults('raw.exists(name, raw[name] < "b")')).toHaveLength(1);
});

test('a plan of version 1 knows nothing of all this, and says which version does', () => {
  const faults = (when: string) => {
    const condition = compileCondition(when, NAMES);
    return 'faults' in condition ? condition.faults.map(({ message }) => message) : [];
  };
  expect(faults('raw.amount == ""')).toEqual([
    '“raw” is not known here. raw.x needs a plan of version 2. Add "version": 2 to the plan.',
  ]);
  expect(faults('older_than(item.opened, 3, "2026-01-01")')).toEqual([
    'older_than(…) needs a plan of version 2. Add "version": 2 to the plan.',
  ]);
  // A loop may name its variable as it likes.
  expect(faults('[{"a": item.amount}].exists(raw, raw.a == "1.234,56")')).toEqual([]);
  const view = itemView(OLD, NAMES);
  for (const when of ['item.amount == "1.234,56"', '[{"a": item.amount}].exists(raw, raw.a == "1.234,56")', 'has(item.vip)']) {
    const condition = compileCondition(when, NAMES);
    expect('faults' in condition || condition.holds(view)).toBe(true);
  }
});

const SIGNS = { equals: '==', not_equals: '!=', over: '>', at_least: '>=', under: '<', at_most: '<=' } as const;

/** The same condition as an expression. */
function asCel(one: WhereCondition): string {
  if ('days' in one) return `${one.is}(item.${one.field}, ${one.days}, "${one.on}")`;
  if (one.is === 'yes' || one.is === 'no') return `item.${one.field} == ${one.is === 'yes'}`;
  if (one.is === 'empty' || one.is === 'not_empty') return `${one.is === 'empty' ? '!' : ''}has(item.${one.field})`;
  if ('from' in one) return `item.${one.field} >= ${one.from} && item.${one.field} <= ${one.to}`;
  const { value } = one as { value: string };
  if (one.is === 'before') return `item.${one.field} < date("${value}")`;
  return `item.${one.field} ${SIGNS[one.is as keyof typeof SIGNS]} ${value}`;
}

test('rows and expressions come to the same, also where nobody knows', () => {
  const day = fc
    .integer({ min: 0, max: 40 })
    .map((days) => new Date(Date.UTC(2026, 9, 1) + days * 86_400_000).toISOString().slice(0, 10));
  const item = fc.record({
    amount: fc.oneof(fc.constantFrom('', ' ', 'n/a', '1.000,50'), fc.integer({ min: -9, max: 9 }).map(String)),
    vip: fc.constantFrom('', 'ja', 'no', '?'),
    // Around the end of summer time, on the hour.
    opened: fc.oneof(
      fc.constantFrom('', 'soon'),
      day.map((iso) => iso.split('-').reverse().join('/')),
      fc.integer({ min: 0, max: 72 }).map((hours) => new Date(Date.UTC(2026, 9, 24) + hours * 3_600_000).toISOString()),
    ),
  });
  const small = fc.integer({ min: -9, max: 9 });
  const condition: fc.Arbitrary<WhereCondition> = fc.oneof(
    fc.record({
      field: fc.constant('amount'),
      is: fc.constantFrom(...(Object.keys(SIGNS) as (keyof typeof SIGNS)[])),
      value: small.map(String),
    }),
    fc
      .tuple(small, fc.nat(9))
      .map(([from, more]) => ({ field: 'amount', is: 'between' as const, from: `${from}`, to: `${from + more}` })),
    fc.record({ field: fc.constant('vip'), is: fc.constantFrom('yes', 'no', 'empty') }),
    fc.record({ field: fc.constant('opened'), is: fc.constantFrom('older_than', 'within_last'), days: fc.nat(20), on: day }),
    fc.record({ field: fc.constant('opened'), is: fc.constant('before'), value: day }),
    fc.record({ field: fc.constantFrom('amount', 'opened'), is: fc.constantFrom('empty', 'not_empty') }),
  );
  const fields = typedFields(NAMES, MEANINGS, 'Europe/Rome');
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(
      fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
      item,
      (groups, one) => {
        const rows = compileWhere(groups, fields);
        if ('faults' in rows) throw new Error(rows.faults[0]?.message);
        const truth = rows.holds(one);
        seen.add(truth);
        const held = asked(groups.map((group) => `(${group.map(asCel).join(' && ')})`).join(' || '), one);
        expect(typeof held === 'boolean' ? held : null).toBe(truth);
      },
    ),
    { numRuns: atSize(100, 500) },
  );
  expect(seen.size).toBe(3);
});
