import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WhereCondition } from '#lib/core/values/conditions.ts';
import { fold } from './field-values.ts';
import { matchedBy } from './matched.ts';
import type { Rule, RulesPart } from './part.ts';

const rule = (asks: Pick<Rule, 'when' | 'where'>, why = 'the author’s words'): RulesPart => ({
  kind: 'rules',
  rules: [{ ...asks, category: 'noise', why, confidence: 0.9 }],
  otherwise: 'keep',
});
const hits = (part: RulesPart, fields: Record<string, string>, why = 'the author’s words') =>
  Object.fromEntries(
    Object.entries(matchedBy(part, { category: 'noise', why }, fields)).map(([name, ranges]) => [
      name,
      ranges.map(([from, to]) => (fields[name] ?? '').slice(from, to)),
    ]),
  );
const one = (condition: WhereCondition) => rule({ where: [[condition]] });

test.each([
  ['contains, in any case', one({ field: 'a', is: 'contains', value: 'SHOP' }), 'My shop, a Shop', ['shop', 'Shop']],
  ['contains any of', one({ field: 'a', is: 'contains', values: ['one', 'three'] }), 'one two three', ['one', 'three']],
  ['contains, exactly', one({ field: 'a', is: 'contains', value: 'Shop', exact: true }), 'My shop, a Shop', ['Shop']],
  ['an accent composed otherwise', one({ field: 'a', is: 'contains', value: 'café' }), 'Le CAFE\u0301 noir', ['CAFE\u0301']],
  ['ß as ss', one({ field: 'a', is: 'contains', value: 'strasse' }), 'Hauptstraße 1', ['straße']],
  ['starts with', one({ field: 'a', is: 'starts_with', value: 're:' }), 'Re: Re: hello', ['Re:']],
  ['ends with', one({ field: 'a', is: 'ends_with', value: '@shop.x' }), 'deals@SHOP.x', ['@SHOP.x']],
  ['is', one({ field: 'a', is: 'is', value: 'open' }), 'Open', ['Open']],
  ['is any of', one({ field: 'a', is: 'one_of', values: ['open', 'new'] }), 'New', ['New']],
  ['matches', one({ field: 'a', is: 'matches', value: '[0-9]+' }), 'a 12 b 3', ['12', '3']],
  ['CEL contains', rule({ when: 'item.a.contains("shop") && item.b == "1"' }), 'a shop', ['shop']],
  ['CEL by name in brackets', rule({ when: "item['a'].startsWith('a')" }), 'a shop', ['a']],
  ['CEL matches', rule({ when: 'item.a.matches(r"s\\w+")' }), 'a shop', ['shop']],
  ['CEL in its own case', rule({ when: 'item.a.contains("SHOP") || item.a.endsWith("shop")' }), 'a shop', ['shop']],
])('%s', (_, part, text, found) => expect(hits(part, { a: text })).toEqual({ a: found }));

test('what says not, compares numbers, or is no rule of this category and reason has no place', () => {
  expect(hits(one({ field: 'a', is: 'contains_not', value: 'x' }), { a: 'abc' })).toEqual({});
  expect(hits(one({ field: 'a', is: 'over', value: '1' }), { a: '2' })).toEqual({});
  expect(hits(rule({ when: '!item.a.contains("shop")' }), { a: 'a shop' })).toEqual({});
  expect(hits(one({ field: 'a', is: 'contains', value: 'shop' }), { a: 'a shop' }, 'another reason')).toEqual({});
  expect(
    matchedBy(one({ field: 'a', is: 'is', value: 'x' }), { category: 'keep', why: 'the author’s words' }, { a: 'x' }),
  ).toEqual({});
});

test('of groups it is the one that holds, and the rule is found by its reason in words', () => {
  const where: Rule['where'] = [
    [
      { field: 'a', is: 'contains', value: 'shop' },
      { field: 'b', is: 'is', value: 'no' },
    ],
    [{ field: 'b', is: 'is', value: 'yes' }],
  ];
  expect(hits(rule({ where }), { a: 'a shop', b: 'yes' })).toEqual({ b: ['yes'] });
  const words: Rule['where'] = [[{ field: 'a', is: 'contains', value: 'shop' }]];
  expect(hits(rule({ where: words }, ''), { a: 'a shop' }, 'a contains shop')).toEqual({ a: ['shop'] });
});

test('whatever the text, a place is in it, in order, and reads as the word that was asked for', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(
    fc.property(text, text, fc.constantFrom('abc', 'É', 'straße', 'ΣΑΣ', '😀'), (before, after, word) => {
      const a = `${before}${word}${after}`;
      const ranges =
        matchedBy(one({ field: 'a', is: 'contains', value: word }), { category: 'noise', why: 'the author’s words' }, { a }).a ??
        [];
      let last = 0;
      for (const [from, to] of ranges) {
        expect(from).toBeGreaterThanOrEqual(last);
        expect(to).toBeLessThanOrEqual(a.length);
        expect(fold(a.slice(from, to))).toContain(fold(word));
        last = to;
      }
    }),
  );
  const long = 'ab'.repeat(500_000);
  expect(hits(one({ field: 'a', is: 'contains', values: Array.from({ length: 1_000 }, () => 'a') }), { a: long }).a).toHaveLength(
    20,
  );
});
