import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBack, written } from '#test/fuzz/tables.ts';

// `npm run fuzz` does the same thousands of times.
test('a hundred random tables in random dialects are read as they were written, or asked or told about', async () => {
  await fc.assert(
    fc.asyncProperty(written, async (table) => {
      const { outcome, why } = await readBack(table);
      expect(outcome, why).not.toBe('wrong');
    }),
    { numRuns: 100, seed: 9 },
  );
});
