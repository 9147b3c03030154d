import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeClassifier, partInWords } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { atSize } from '#test/size.ts';
import { compileCondition } from './cel.ts';

const FIELDS = ['from', 'subject', 'listId', 'amount', 'Ticket Subject', 'a.b', 'constructor'];

function classifier(...whens: string[]) {
  const rules = whens.map((when, index) => ({ when, category: `c${index}` }));
  const categories = [...whens.map((_, index) => ({ name: `c${index}` })), { name: 'other' }];
  return makeClassifier(
    parsePlan({ classifier: { kind: 'rules', rules, otherwise: 'other' }, categories, chunking: { by: 'size' } }),
    { fieldNames: FIELDS, meanings: {} },
    () => {},
  );
}

async function classified(when: string, fields: Record<string, string>) {
  const [one] = await classifier(when).classify([{ ordinal: 7, fields }], new AbortController().signal);
  return one;
}

function faults(when: string) {
  const compiled = compileCondition(when, FIELDS);
  return 'faults' in compiled ? compiled.faults : [];
}

test.each<[string, Record<string, string>, boolean]>([
  ["item.from.endsWith('@github.com')", { from: 'a@github.com' }, true],
  ['item["Ticket Subject"] == "x"', { 'Ticket Subject': 'x' }, true],
  ['item["a.b"] == "x"', { 'a.b': 'x' }, true],
  ['item.subject.lower().contains("straße")', { subject: 'HAUPTSTRASSE Straße' }, true],
  [
    '["x", "été"].exists(w, item.from.lower().contains(w) && item.subject.lower() == w)',
    { from: 'Un ÉTÉ', subject: 'Été' },
    true,
  ],
  ['["x", "été"].exists(w, item.from.lower().contains(w) && item.subject.lower() == w)', { from: 'Un ÉTÉ', subject: 'x' }, false],
  ['item.subject.lowerAscii() == "re"', { subject: 'RE' }, true],
  ['item.subject.matches("(?i)weekly (deals|news)")', { subject: 'Our WEEKLY NEWS' }, true],
  ['["a", "b"].exists(x, item.from.endsWith(x))', { from: 'cb' }, true],
  ['item.from in ["a", "b"]', { from: 'b' }, true],
  ['number(item.amount) > 100', { amount: ' 100.5 ' }, true],
  ['number(item.amount) > 100', { amount: 'n/a' }, false],
  ['number(item.amount) <= 100', { amount: '' }, false],
  ['has(item.listId)', { listId: '' }, false],
  ['has(item.listId) && item.from == ""', { listId: 'x' }, true],
  ['item.listId == ""', {}, true],
  ['item.constructor == ""', {}, true],
  ['item.exists(name, item[name] == "needle")', { subject: 'needle' }, true],
])('%s on %j', async (when, fields, holds) => {
  expect((await classified(when, fields))?.category).toBe(holds ? 'c0' : 'other');
});

test('the first rule that holds wins, the rest gets otherwise with its own reason', async () => {
  const rules = classifier('item.subject == "b"', 'item.subject != "z"');
  const items = ['a', 'b', 'z'].map((subject, ordinal) => ({ ordinal, fields: { subject } }));
  expect(await rules.classify(items, new AbortController().signal)).toEqual([
    { ordinal: 0, category: 'c1', why: 'subject is not z', confidence: 0.9, part: 1 },
    { ordinal: 1, category: 'c0', why: 'subject is b', confidence: 0.9, part: 0 },
    { ordinal: 2, category: 'other', why: 'no rule matched', confidence: 0.5 },
  ]);
});

test.each<[string, string]>([
  ["item.from.endsWith('@x')", 'from ends with @x'],
  ['!item.from.lower().contains("x")', 'from does not contain x'],
  ['item.listId != "" && !(item.subject == "y")', 'listId is not empty and subject is not y'],
  ['has(item.listId)', 'listId is not empty'],
  ['number(item.amount) >= 3', 'amount is at least 3'],
  ['item.from == "a" || item.from == "b" && item.subject == "c"', 'rule 1'],
  ['["a"].exists(x, x == item.from)', 'rule 1'],
  ['["a", "@x"].exists(word, item.from.lower().contains(word))', 'from contains any of a, @x'],
  ['["b", "y"].exists(word, item.from.lower().startsWith(word))', 'from starts with any of b, y'],
  ['["a"].all(word, item.from.contains(word))', 'rule 1'],
  ['item.from.lower() in ["a", "y"]', 'from is any of a, y'],
  ['!(item.from in ["c"])', 'from is none of c'],
  [
    '["a", "b", "c", "d", "e", "f", "g", "h"].exists(w, item.from.contains(w))',
    'from contains any of a, b, c, d, e, f and 2 more',
  ],
])('%s is said as %s', async (when, why) => {
  const hits = { from: 'a', subject: 'c', listId: 'l', amount: '3' };
  const all = [hits, { from: 'b@x', subject: 'c', listId: 'l', amount: '3' }, { from: 'y', listId: 'l' }];
  const given = await classifier(when).classify(
    all.map((fields, ordinal) => ({ ordinal, fields: fields as Record<string, string> })),
    new AbortController().signal,
  );
  expect(given.map((one) => one.why)).toContain(why);
});

test.each<[string, number, RegExp]>([
  ["item.from.endsWith('@github.com)", 33, /expected a quote: the text that begins at column 20/],
  ['item.from == ', 14, /expected a value after ==/],
  ['item.from = "a"', 11, /two equals signs/],
  ['item.from == “a”', 14, /straight quote/],
  ['item.from == "a" and item.subject == "b"', 18, /&& instead of and/],
  ['item.from == "a" item.subject == "b"', 18, /expected an operator/],
  ['(item.from == "a"', 18, /expected \) for the \( at column 1/],
  ['item.from == "a")', 17, /no bracket is open/],
  ['item.from.endsWith("a"]', 23, /expected \)/],
  ['&& item.from == "a"', 1, /expected a value before &&/],
  ['item. == "a"', 7, /expected a name after the dot/],
  ['item.fron == "a"', 6, /no field “fron”. Did you mean “from”/],
  ['item["ticket subject"] == "a"', 6, /Did you mean “Ticket Subject”/],
  ['subject == "a"', 1, /Did you mean item.subject/],
  ['item.subject.containz("a")', 13, /no function “containz”. Did you mean “contains”/],
  ['item.subject', 1, /gives text; a condition is true or false/],
  ['item.amount > 5', 13, /number\(item.x\)/],
  ['item.from == "a" && item.amount > 5', 33, /number\(item.x\)/],
  ['item.amount == 5', 13, /never equal to a number.*number\(item.x\)/],
  ['has(item.fro)', 10, /no field “fro”/],
  ['item.from == "a" || item.subject', 20, /both sides/],
  ['item.subject.matches("(")', 13, /pattern can't be read/],
  ['false && item.subject.matches("(")', 22, /pattern can't be read/],
  ['item.subject.x == ""', 13, /no parts/],
  ['["a"].all(x, ["b"].all(y, x == y))', 19, /loop inside a loop/],
  ['   ', 4, /expected a condition/],
])('%s: column %i, %s', (when, column, message) => {
  const found = faults(when);
  expect(found.map((one) => one.message).join(' ')).toMatch(message);
  expect(found.some((one) => message.test(one.message) && one.line === 1 && Math.abs(one.column - column) <= 1)).toBe(true);
});

test('a fault is told with rule, line and column at its path, all rules at once', () => {
  try {
    classifier('item.from == "a"', 'item.from ==\n  "a', 'item.nope == ""');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CountersignError);
    expect((error as CountersignError).problems).toMatchObject([
      {
        path: 'classifier.rules.1.when',
        line: 2,
        column: 5,
        message: expect.stringContaining('Rule 2, line 2, column 5: expected a quote'),
      },
      { path: 'classifier.rules.2.when', message: expect.stringContaining('Rule 3, column 6: there is no field “nope”') },
    ]);
  }
});

test('what fails on an item halts with the rule and the item in words', async () => {
  await expect(classified('timestamp(item.subject) > timestamp("2020-01-01T00:00:00Z")', { subject: 'soon' })).rejects.toThrow(
    /Rule 1 can't be evaluated for item 7/,
  );
});

test('a stopped classification stops', async () => {
  await expect(classifier('item.from == ""').classify([{ ordinal: 1, fields: {} }], AbortSignal.abort())).rejects.toThrow();
});

test('hostile texts never hang, crash or escape', () => {
  const hostile = [
    '('.repeat(5000),
    '['.repeat(5000),
    '{'.repeat(5000),
    '!'.repeat(9999),
    `${'('.repeat(300)}true${')'.repeat(300)}`,
    '-'.repeat(9999),
    'item.a?'.repeat(500),
  ];
  for (const text of hostile) expect(() => compileCondition(text, FIELDS)).not.toThrow();
  const bits = fc.constantFrom(
    'item',
    '.',
    'from',
    '"',
    "'",
    '(',
    ')',
    '[',
    ']',
    '==',
    '&&',
    '!',
    ' ',
    'has',
    'matches',
    'x',
    ',',
    '1',
    '\\',
    '\n',
    'in',
    '?',
    ':',
    '{',
    '}',
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 20 }), (parts) => {
      const compiled = compileCondition(parts.join(''), FIELDS);
      if ('faults' in compiled) for (const fault of compiled.faults) expect(fault.column).toBeGreaterThan(0);
    }),
    { numRuns: atSize(400, 2000) },
  );
});

test('a million digits that are no number are told so at once', async () => {
  for (const amount of [
    `${'1'.repeat(1_000_000)}x`,
    `${' '.repeat(1_000_000)}x`,
    `1${' '.repeat(1_000_000)}x`,
    `1.${'1'.repeat(1_000_000)}x`,
    `1e${'1'.repeat(1_000_000)}x`,
  ])
    expect(await classified('number(item.amount) > 1.0', { amount })).toMatchObject({ category: 'other' });
});

test('a time zone that nobody knows halts the rules that need one, in words', () => {
  const rules = [{ where: [[{ field: 'subject', is: 'empty' }]], category: 'a' }];
  const plan = parsePlan({
    ...{
      version: 2,
      classifier: { kind: 'rules', rules, otherwise: 'a' },
      categories: [{ name: 'a' }],
      chunking: { by: 'size' },
    },
  });
  const make = (timeZone: string) => makeClassifier({ ...plan, timeZone }, { fieldNames: FIELDS, meanings: {} }, () => {});
  expect(make('UTC').fields).toEqual(['subject']);
  expect(() => make('unreadable')).toThrow('“unreadable” is not a time zone that is known here.');
});

test('a rule that fails behind the one that decides is as if it did not hold, and halts where it is asked', async () => {
  const rules = classifier('item.subject == "a"', '1 / int(item.amount) == 1');
  const items = [{ ordinal: 1, fields: { subject: 'a', amount: '0' } }];
  const { signal } = new AbortController();
  expect(await rules.examine?.(items, signal)).toMatchObject([{ classification: { part: 0 }, holds: [0], unknown: [] }]);
  const asked = [{ ordinal: 1, fields: { subject: 'b', amount: '0' } }];
  await expect(rules.examine?.(asked, signal)).rejects.toThrow(/^Rule 2 can't be evaluated for item 1/);
});

test.each<[string, { category: string; why: string; confidence: number }, string | null]>([
  ['its own words', { category: 'a', why: 'a friend', confidence: 0.9 }, 'Rule 1'],
  ['another confidence', { category: 'a', why: 'it is old', confidence: 0.4 }, 'Rule 2'],
  ['no words of its own', { category: 'b', why: 'subject is x', confidence: 0.9 }, 'Rule 3'],
  ['two that could have', { category: 'c', why: 'subject is x', confidence: 0.9 }, null],
  ['none that could have', { category: 'a', why: 'a person moved it', confidence: 1 }, null],
  ['otherwise', { category: 'b', why: 'no rule matched', confidence: 0.9 }, null],
])('which rule gave a stored classification is told by %s', (_, given, part) => {
  const rule = (category: string, why: string, confidence = 0.9) => ({ when: 'true', category, why, confidence });
  const rules = [rule('a', 'a friend'), rule('a', '', 0.4), rule('b', ''), rule('c', ''), rule('c', '')];
  expect(partInWords({ classifier: { kind: 'rules', rules, otherwise: 'b' } }, given)).toBe(part);
  for (const broken of [null, {}, { classifier: { kind: 'rules', rules: [null, 1, {}] } }])
    expect(partInWords(broken, given)).toBeNull();
});
