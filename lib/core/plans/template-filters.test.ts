import { expect, test } from 'vitest';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { renderTemplate } from '#lib/core/values/template.ts';
import type { Action, Plan } from './plan.ts';
import { checkFilters, filtersOf, hasFilters } from './template-filters.ts';

const MEANINGS: FieldMeanings = {
  'Opened At': { type: 'date', date: { order: 'dmy', century: 1947, zone: 'UTC' }, number: null },
  Amount: { type: 'number', date: null, number: { decimal: ',', group: '.' } },
  note: { type: 'text', date: null, number: null },
};
const FIELDS = Object.keys(MEANINGS);

function planOf(title: string, receiptLine = ''): Pick<Plan, 'categories' | 'receiptLine'> {
  const action: Action = {
    connector: 'task',
    connection: null,
    do: 'create',
    honoursKeys: false,
    with: { title, deep: [{ in: title }] },
  };
  return {
    categories: [
      { name: 'a', action },
      { name: 'b', action: null },
    ],
    receiptLine,
  };
}

function filled(template: string, fields: Record<string, string>, timeZone = 'Europe/Rome'): string {
  const plan = planOf(template);
  const action = plan.categories[0]?.action as Action;
  return renderTemplate(template, filtersOf(plan, { meanings: MEANINGS, timeZone }).ofRequest(action, { ordinal: 7, fields }));
}

test.each([
  ['{{Opened At | date}}', { 'Opened At': '24/10/26 23:30' }, '2026-10-25'],
  ['{{Opened At | date}}', { 'Opened At': '2026-10-24T21:30:00Z' }, '2026-10-24'],
  ['{{Opened At | date}}', { 'Opened At': ' ' }, ''],
  ['{{Opened At | date}}', {}, ''],
  ['{{Amount | number}}', { Amount: '1.234,50 €' }, '1234.50'],
  ['{{Amount | number}} {{Amount}} {{Amount | text}}', { Amount: '(5)' }, '-5 (5) (5)'],
  ['{{note | text}}', { note: '{{x}}' }, '{{x}}'],
  ['{{Amount | number}}', { Amount: '5', 'Amount | number': 'a field of this name' }, 'a field of this name'],
  ['{{Amount|number}}', { Amount: '5', __proto__: null as unknown as string }, '5'],
])('%s of %j is %j', (template, fields, text) => {
  expect(filled(template, fields)).toBe(text);
});

test('a request whose value can’t be read in its form is refused, and the line of a receipt has it as it stands', () => {
  expect(() => filled('{{Amount | number}}', { Amount: '12,34.5' })).toThrow(
    'Item 7: “Amount” is “12,34.5”, which can’t be read as a number, so {{Amount | number}} has no value.',
  );
  const plan = planOf('', '{{verb}} {{Opened At | date}}');
  const { ofLine } = filtersOf(plan, { meanings: MEANINGS, timeZone: 'UTC' });
  expect(ofLine({ 'Opened At': '[erased]' })['Opened At | date']).toBe('[erased]');
  expect(ofLine({ 'Opened At': '24/10/26' })['Opened At | date']).toBe('2026-10-24');
});

test('forms that do not fit what a field means are told with their places', () => {
  expect(checkFilters(planOf('ok {{Amount | number}}', '{{verb}}\n{{note | date}}'), FIELDS, MEANINGS)).toEqual([
    {
      path: 'receiptLine',
      line: 2,
      column: 1,
      message: expect.stringMatching(/^“note” is not read as a date, so \{\{note \| date\}\} has no value\./),
    },
  ]);
  expect(checkFilters(planOf('{{target | text}}'), FIELDS, MEANINGS).map(({ path }) => path)).toEqual([
    'categories.0.action.with.title',
    'categories.0.action.with.deep.0.in',
  ]);
  expect(checkFilters(planOf('{{Amount | date}}'), [...FIELDS, 'Amount | date'], MEANINGS)).toEqual([]);
  expect(checkFilters(planOf('{{Amount | date}}'), FIELDS, MEANINGS)).toHaveLength(2);
});

test('meanings are needed only where a template asks for a form', () => {
  expect([planOf('{{Amount}} | {{note}}'), planOf('{{Amount | number}}'), planOf('', '{{note | text}}')].map(hasFilters)).toEqual(
    [false, true, true],
  );
});
