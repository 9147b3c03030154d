import { CelScalar, celEnv, celMethod, parse, plan } from '@bufbuild/cel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { celToRow, OPERATORS, type Operator, type RuleRow, rowToCel, takesValue, takesWords, wordsOf } from './rule-row.ts';

const operators = Object.keys(OPERATORS) as Operator[];
/** Any text, hostile marks often. A lone surrogate can't stand in a plan: JSON of the API refuses it. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      "'",
      '\\',
      '\n',
      '\r',
      '\t',
      '\u0000',
      '\u2028',
      '`',
      '.',
      '(',
      ')',
      ']',
      '&',
      'a',
      'A',
      ',',
      'é',
      'É',
      '😀',
    ),
  }),
);
const field = fc.oneof(text, fc.constantFrom('from', 'in', 'true', 'Ticket Subject', '1st', 'a-b', '__proto__', 'item', ''));

/** A row in the form that reads back: no value where none is compared, words as they are compared, and an empty value said as "is empty". */
const row = fc
  .record({ field, operator: fc.constantFrom(...operators), value: text })
  .map((one): RuleRow => {
    if (takesWords(one.operator)) return { ...one, value: wordsOf(one.value).join(', ') };
    return takesValue(one.operator) ? one : { ...one, value: '' };
  })
  .filter(({ operator, value }) => !((operator === 'is' || operator === 'is_not') && value === ''));

/** The one word of the house that rows use beyond CEL (lib/classifiers/rules/cel.ts). */
const environment = celEnv({
  funcs: [
    celMethod('lower', CelScalar.STRING, [], CelScalar.STRING, function () {
      return this.toLowerCase();
    }),
  ],
});

describe('a rule row and its CEL', () => {
  test('every row reads back as itself', () => {
    fc.assert(
      fc.property(row, (one) => {
        expect(celToRow(rowToCel(one))).toEqual(one);
      }),
      { numRuns: 2_000 },
    );
  });

  test('every row is CEL that means what the row says', () => {
    fc.assert(
      fc.property(
        row.filter(({ operator }) => operator !== 'matches'),
        text,
        (one, content) => {
          const item = new Map([[one.field, content]]);
          expect(plan(environment, parse(rowToCel(one)))({ item })).toBe(means(one, content));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('what reads as a row means the same as the row: nothing is lost between the tabs', () => {
    for (const [cel, expected] of [
      ["item.from == 'a'", { field: 'from', operator: 'is', value: 'a' }],
      [' item [ "Ticket Subject" ] . contains ( "x" ) ', { field: 'Ticket Subject', operator: 'contains', value: 'x' }],
      ['!item.a.contains("x")', { field: 'a', operator: 'contains_not', value: 'x' }],
      ['item.listId != ""', { field: 'listId', operator: 'is_not_empty', value: '' }],
      ['has(item.listId)', { field: 'listId', operator: 'is_not_empty', value: '' }],
      ['!has(item.listId)', { field: 'listId', operator: 'is_empty', value: '' }],
      ['item.date != "" && item.date < "2020-01-01"', { field: 'date', operator: 'before', value: '2020-01-01' }],
      [
        '["re:","aw:"].exists(w, item.subject.lower().startsWith(w))',
        { field: 'subject', operator: 'starts_any', value: 're:, aw:' },
      ],
      ['item["Ticket Subject"].lower() in [ "a" , "b c" ]', { field: 'Ticket Subject', operator: 'is_any', value: 'a, b c' }],
      ['[].exists(word, item.a.lower().contains(word))', { field: 'a', operator: 'contains_any', value: '' }],
      ['item.s == "it\\u0027s \\x41"', { field: 's', operator: 'is', value: "it's A" }],
    ] as const) {
      expect(celToRow(cel)).toEqual(expected);
      expect(() => parse(cel)).not.toThrow();
    }
  });

  test('words are separated by commas, in any case, and nothing between commas is no word', () => {
    const cel = rowToCel({ field: 'subject', operator: 'contains_any', value: ' Special offer, ,FREE\nÉté,' });
    expect(cel).toBe('["special offer", "free", "été"].exists(word, item.subject.lower().contains(word))');
    expect(celToRow(cel)).toEqual({ field: 'subject', operator: 'contains_any', value: 'special offer, free, été' });
  });

  test.each([
    '',
    'true',
    'item.from',
    'item.from == "a" || item.from == "b"',
    'item.from == "a" && item.to == "b"',
    'item.date != "" && item.sent < "2020"',
    'item.n > 3',
    'item.n >= "3"',
    'item.date != "" && item.date <= "2020"',
    '!item.a.startsWith("x")',
    '!item.a == "x"',
    '!(item.a.contains("x"))',
    'item.a.contains("x") ',
    'item.a.contains("x"',
    'item.a.contains("x") // why',
    'item.a.b == "x"',
    'item.a == """x"""',
    'item.a == r"\\d"',
    'item.a == "\\101"',
    'items.a == "x"',
    'item.in == "x"',
    'size(item.a) > 3',
    '["a"].exists(word, item.a.contains(word))',
    '["A"].exists(word, item.a.lower().contains(word))',
    '["a, b"].exists(word, item.a.lower().contains(word))',
    '[" a"].exists(word, item.a.lower().contains(word))',
    '["a", ""].exists(word, item.a.lower().contains(word))',
    '["a",].exists(word, item.a.lower().contains(word))',
    '["a"].exists(word, item.a.lower().contains("b"))',
    '["a"].exists(item, item.a.lower().contains(item))',
    '["a"].exists(word, item.a.lower().matches(word))',
    '["a"].all(word, item.a.lower().contains(word))',
    '!["a"].exists(word, item.a.lower().contains(word))',
    'item.a.lower() in ["A"]',
    'item.a in ["a"]',
    '!item.a.lower() in ["a"]',
    'item.a.lower() == "a"',
    'item.a.toString("x")',
  ])('CEL that is more than a row stays CEL: %s', (cel) => {
    const read = celToRow(cel);
    // Trailing space is nothing: that one is a row.
    if (cel === 'item.a.contains("x") ') expect(read).not.toBeNull();
    else expect(read).toBeNull();
  });

  test('hostile CEL is read in linear time and never throws', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'item',
            '.',
            '[',
            ']',
            ',',
            '.exists(',
            '.lower()',
            ' in ',
            '"',
            '\\',
            '==',
            '&&',
            '!',
            ' ',
            'x',
            '(',
            ')',
          ),
        }),
        (cel) => void celToRow(cel),
      ),
    );
    expect(celToRow(`item.a == "${'\\\\'.repeat(50_000)}"`)?.value).toHaveLength(50_000);
    expect(celToRow(' '.repeat(200_000))).toBeNull();
  });
});

function means({ operator, value }: RuleRow, content: string): boolean {
  const words = wordsOf(value);
  const lower = content.toLowerCase();
  switch (operator) {
    case 'contains_any':
      return words.some((word) => lower.includes(word));
    case 'is_any':
      return words.includes(lower);
    case 'starts_any':
      return words.some((word) => lower.startsWith(word));
    case 'ends_any':
      return words.some((word) => lower.endsWith(word));
    case 'is':
      return content === value;
    case 'is_not':
      return content !== value;
    case 'contains':
      return content.includes(value);
    case 'contains_not':
      return !content.includes(value);
    case 'starts_with':
      return content.startsWith(value);
    case 'ends_with':
      return content.endsWith(value);
    case 'is_empty':
      return content === '';
    case 'is_not_empty':
      return content !== '';
    case 'before':
      return content !== '' && content < value;
    case 'after':
      return content > value;
    case 'matches':
      throw new Error('not compared here');
  }
}
