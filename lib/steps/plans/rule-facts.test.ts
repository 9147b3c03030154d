import { expect, test } from 'vitest';
import type { Examined } from '#lib/classifiers/port.ts';
import { tallyRules } from './rule-facts.ts';

const one = (ordinal: number, part: number | undefined, holds: number[]): Examined => ({
  classification: { ordinal, category: 'a', why: '', confidence: 1, ...(part !== undefined && { part }) },
  ...{ holds, unknown: [] },
});
const item = (ordinal: number) => ({ ordinal, fields: {} });
const same = (count: number) => count;

test('where not every rule could be asked of every item, what was counted stands for the rest, and nothing is claimed of all', () => {
  const rules = tallyRules(4, {});
  for (let ordinal = 1; ordinal <= 100; ordinal++) {
    const whole = ordinal <= 50;
    rules.add(one(ordinal, ordinal > 90 ? 3 : 0, whole ? [0, 1] : []), item(ordinal), whole);
  }
  const facts = rules.facts(100, same);
  expect(facts.map(({ takes, matches }) => [takes, matches])).toEqual([
    [90, 100],
    [0, 100],
    [0, 0],
    [10, 10],
  ]);
  expect(facts.map(({ warnings }) => warnings.map(({ message }) => message))).toEqual([
    [],
    ['Earlier rules take all 50 that rule 2 matches.'],
    ['Rule 3 matches none of 50 items.'],
    [],
  ]);
});

test('of no items nothing is said', () => {
  expect(tallyRules(1, {}).facts(0, same)).toEqual([{ takes: 0, matches: 0, unknown: 0, unknownFields: [], warnings: [] }]);
});
