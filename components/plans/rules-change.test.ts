import { expect, it } from 'vitest';
import { revisionWords } from './revision-words.ts';
import { rulesAsked, taughtRules } from './rules-change.ts';
import { whereOfCel } from './where-of-cel.ts';

const rule = (value: string) => ({
  ...{ where: [[{ field: 'from', is: 'is' as const, value }]], category: 'keep', why: '', confidence: 0.9 },
});
const [a, b, c] = [rule('a'), rule('b'), rule('c')];

it('a rule is named by itself: whoever edits or removes it means that one, wherever others moved it meanwhile', () => {
  expect(rulesAsked([a, b, c], { at: rule('b') })).toEqual({ rules: [a, b, c], at: 1, gone: false });
  expect(rulesAsked([c, b, a], { without: rule('a') })).toEqual({ rules: [c, b], at: null, gone: false });
  // Removed by somebody else: nothing is left out in its place.
  expect(rulesAsked([b, c], { without: rule('a') })).toEqual({ rules: [b, c], at: null, gone: true });
  expect(rulesAsked([b, c], { at: rule('a') })).toEqual({ rules: [b, c], at: null, gone: true });
  expect(rulesAsked([a, b], { first: rule('b') })).toEqual({ rules: [b, a], at: null, gone: false });
});

it('lists what was not there at the start, each with the first revision that had it', () => {
  const of = (revision: number, rules: unknown[], by: string) => ({
    ...{ revision, by, at: '2026-11-26T10:00:00Z', note: null, from: null },
    plan: { classifier: { kind: 'rules', rules } } as never,
  });
  const taught = taughtRules([of(3, [c, b, a], 'Bo'), of(2, [b, a], 'Ada'), of(1, [a], 'Ada')]);
  expect(taught.map(({ rule: one, by }) => [one.where?.[0]?.[0], by])).toEqual([
    [c.where[0]?.[0], 'Bo'],
    [b.where[0]?.[0], 'Ada'],
  ]);
});

it('says in words what a revision changed', () => {
  const of = (rules: unknown[], more: object = {}, instruction?: string) => ({
    plan: { classifier: { kind: 'rules', rules, otherwise: 'keep', ...more }, instruction } as never,
  });
  expect(revisionWords(of([c, a]), of([a, b]))).toBe('1 rule added, 1 rule taken away');
  expect(revisionWords(of([a, b, c]), of([a]))).toBe('2 rules added');
  expect(revisionWords(of([b, a]), of([a, b]))).toBe('rules in another order');
  expect(revisionWords(of([a], { otherwise: 'noise' }, 'Be kind.'), of([a]))).toBe(
    'another category for everything else, another instruction',
  );
  expect(revisionWords(of([a]), of([a]))).toBe('nothing changed');
  expect(revisionWords(of([a]), null)).toBe('rules changed');
});

it('reads the simple rules of version 1 as conditions, and leaves every other one as CEL', () => {
  const is = (field: string, what: string, value?: string) => [[{ field, is: what, ...(value === undefined ? {} : { value }) }]];
  expect(whereOfCel('item["From"] == "bo@firm.y"')).toEqual(is('From', 'is', 'bo@firm.y'));
  expect(whereOfCel(`item["a \\"b\\""].contains("x\\n")`)).toEqual(is('a "b"', 'contains', 'x\n'));
  expect(whereOfCel(' item.from.endsWith("@shop.x") ')).toEqual(is('from', 'ends_with', '@shop.x'));
  expect(whereOfCel('item.listId != ""')).toEqual(is('listId', 'not_empty'));
  for (const cel of [
    'item.a == "x" && item.b == "y"',
    'item.a == "x" || true',
    'item.a.contains("x") == false',
    '!item.a.contains("x")',
    'lower(item.a) == "x"',
    'item.a == item.b',
    'item.a == "\\x41"',
    'item.a.matches("x")',
    'size(item.a) > 3',
    '',
  ])
    expect(whereOfCel(cel)).toBeNull();
});
