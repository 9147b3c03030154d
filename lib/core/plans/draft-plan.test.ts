import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RulesPart } from '#lib/classifiers/rules/part.ts';
import { draftFromProfile } from '#lib/ingest/registry.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { atSize } from '#test/size.ts';
import type { DraftField } from './draft-plan.ts';
import { checkFields } from './planner.ts';

const draft = (fields: DraftField[], itemCount = 1000) => draftFromProfile({ fields, itemCount, timeZone: 'Europe/Rome' });
const field = (name: string, type = 'text', filled = 1000, more: Partial<DraftField> = {}): DraftField => ({
  name,
  type,
  filled,
  ...more,
});

test('a mailbox is classified into task, fyi and noise, by month', () => {
  const { plan } = draft(
    ['from', 'fromDomain', 'to', 'date', 'dateDoubtful', 'subject', 'messageId', 'listId', 'text', 'attachments'].map((name) =>
      field(name),
    ),
  );
  expect(plan.categories.map(({ name }) => name)).toEqual(['task', 'fyi', 'noise']);
  expect(plan.chunking).toEqual({
    by: 'time',
    field: 'date',
    every: 'month',
    timeZone: 'Europe/Rome',
    minItems: 20,
    maxItems: 500,
  });
});

test('the plan drafted for mail is rows of one condition, without a pattern: whoever never saw a rule language reads it', () => {
  const fields = ['from', 'to', 'date', 'subject', 'messageId', 'listId', 'text'].map((name) => field(name, 'text', 9));
  const { plan } = draft(fields, 9);
  const { rules } = parsePlan(plan).classifier as RulesPart;
  expect(plan).toMatchObject({ version: 2, timeZone: 'Europe/Rome' });
  expect(rules.length).toBeGreaterThan(5);
  for (const { when, where } of rules) {
    expect(when).toBeUndefined();
    expect(where?.map((group) => group.length)).toEqual([1]);
    expect(where?.flat().map(({ is }) => is)).not.toContain('matches');
  }
});

test('a table with a date is cut by it, the one that looks like a moment first', () => {
  expect(
    draft([field('id', 'number'), field('birthday', 'date'), field('Created at', 'date'), field('name')]).plan,
  ).toMatchObject({
    chunking: { by: 'time', field: 'Created at' },
    independence: { resource: ['id'] },
    receiptFields: ['Created at', 'id', 'name'],
    receiptLine: '{{verb}}: {{Created at}} | {{id}} | {{name}}',
  });
});

test('a date that is mostly missing is no way to cut', () => {
  expect(draft([field('closed', 'date', 10), field('note')]).plan.chunking.by).toBe('size');
});

test('few short values make groups, many or long ones do not', () => {
  const top = [
    { value: 'open', count: 700 },
    { value: 'closed', count: 300 },
  ];
  expect(draft([field('status', 'text', 1000, { top })]).plan.chunking).toMatchObject({ by: 'category', field: 'status' });
  expect(draft([field('status', 'text', 10_000, { top })], 10_000).plan.chunking.by).toBe('size');
  expect(
    draft([field('body', 'text', 1000, { top: top.map((one) => ({ ...one, value: 'x'.repeat(99) })) })]).plan.chunking.by,
  ).toBe('size');
});

test.each([
  ['2024-01-01', '2024-01-20', 'day'],
  ['2024-01-01', '2024-03-20', 'week'],
  ['2024-01-01T00:00:00Z', '2026-03-20T00:00:00Z', 'month'],
  ['2014-01-01', '2024-03-20', 'quarter'],
  ['1994-01-01', '2024-03-20', 'year'],
])('dates from %s to %s are cut by %s', (min, max, every) => {
  expect(draft([field('date', 'date', 1000, { min, max })]).plan.chunking).toMatchObject({ every });
});

test('a million rows do not mean a thousand decisions', () => {
  expect(draft([field('a', 'text', 1_000_000)], 1_000_000).plan.chunking).toEqual({ by: 'size', maxItems: 20_000 });
});

test('whatever the fields are called, the draft is a plan that fits them', () => {
  const names = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.constantFrom('{{x}}', '#id', '__proto__', 'a.b', 'verb', 'id', 'date', ' name '),
  );
  const fields = fc.uniqueArray(
    fc.record({ name: names, type: fc.constantFrom('text', 'date', 'number', 'empty'), filled: fc.nat(100) }),
    { selector: ({ name }) => name, minLength: 1 },
  );
  fc.assert(
    fc.property(fields, (all) => {
      const { plan, reasons } = draft(all, 100);
      expect(
        checkFields(
          parsePlan(plan),
          all.map(({ name }) => name),
        ),
      ).toEqual([]);
      for (const reason of Object.values(reasons)) expect(reason).not.toBe('');
    }),
    { numRuns: atSize(200, 1000) },
  );
});
