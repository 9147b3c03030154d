import { expect, test } from 'vitest';
import { CountersignError } from './errors.ts';

test('an error of another copy of the class is one too, and nothing else is', async () => {
  const copy = (await import(/* @vite-ignore */ `${import.meta.resolve('./errors.ts')}?copy`)) as typeof import('./errors.ts');
  expect(copy.CountersignError).not.toBe(CountersignError);
  expect(new copy.CountersignError('not_found', 'There is no such batch.')).toBeInstanceOf(CountersignError);
  for (const other of [null, 'text', {}, new Error('x'), { code: 'not_found' }])
    expect(other instanceof CountersignError).toBe(false);
});
