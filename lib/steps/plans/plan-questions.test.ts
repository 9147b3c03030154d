import { expect, test } from 'vitest';
import type { Plan } from '#lib/core/plans/plan.ts';
import { fieldsOfMeaning } from './plan-questions.ts';

const byTime = { by: 'time', field: 'Opened' };
const bySize = { by: 'size' };
const NAMES = ['Opened', 'Amount', 'Note'];

test.each([
  ['version 1 goes by the field of its chunks', { chunking: byTime }, ['Amount'], ['Opened']],
  ['version 1 without dates goes by none: its fields are text', { chunking: bySize }, null, []],
  ['version 2 goes by what its classifier reads too', { version: 2, chunking: byTime }, ['Amount'], ['Opened', 'Amount']],
  ['version 2 whose classifier may read anything goes by all', { version: 2, chunking: bySize }, null, NAMES],
])('a plan of %s', (_, plan, reads, fields) => {
  expect(fieldsOfMeaning(plan as unknown as Plan, NAMES, reads)).toEqual(fields);
});
