import { expect, test } from 'vitest';
import { tasksAddress, tasksFile, tasksShown } from './tasks-address.ts';

const BATCH = '00000000-0000-4000-8000-000000000001';

test('what is shown is in the address, and read from it again', () => {
  const shown = { state: 'over' as const, who: 'me', batch: BATCH, search: 'a & b' };
  expect(tasksAddress(shown)).toBe(`/tasks?state=over&who=me&batch=${BATCH}&search=a+%26+b`);
  expect(tasksShown(Object.fromEntries(new URL(tasksAddress(shown), 'http://x').searchParams))).toEqual(shown);
  expect(tasksAddress({ state: 'open' })).toBe('/tasks');
  expect(tasksFile({ state: 'open', search: 'x' }, 'csv')).toBe('/api/v1/tasks/export?search=x&state=open&format=csv');
});

test('what an address asks for that nobody can read is left out', () => {
  expect(tasksShown({ state: 'gone', who: "1' OR 1", batch: ['a', 'b'], search: '   ' })).toEqual({ state: 'open' });
});
