import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wholeMatrix } from './matrix.ts';
import { MUTANTS } from './mutants.ts';
import { mutated } from './mutations.ts';
import { seeded } from './random.ts';

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('“%s” still finds what it breaks', (_name, mutant) => {
  for (const { was, is } of mutated(mutant, '.').values()) expect(is).not.toBe(was);
  for (const file of mutant.tests ?? []) expect(existsSync(file), file).toBe(true);
  if (mutant.cells === undefined) return;
  const titles = wholeMatrix(seeded(1)).map(({ point, fault, mode }) => `${point} × ${fault} × ${mode}`);
  expect(titles.filter((title) => title.includes(mutant.cells ?? ''))).not.toEqual([]);
});
