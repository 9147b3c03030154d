import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILPOINTS } from '../../lib/engine/failpoints.ts';
import { MODES } from '../target.ts';
import { FAULTS } from './fleet.ts';
import { MUTANTS } from './mutants.ts';
import { mutated } from './mutations.ts';

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('“%s” still finds what it breaks', (_name, mutant) => {
  for (const { was, is } of mutated(mutant, '.').values()) expect(is).not.toBe(was);
  for (const file of mutant.tests ?? []) expect(existsSync(file), file).toBe(true);
  const [point, fault, mode] = mutant.cell?.split(' × ') ?? [FAILPOINTS[0], FAULTS[0], MODES[0]];
  expect(FAILPOINTS).toContain(point);
  expect(FAULTS).toContain(fault);
  expect(MODES).toContain(mode);
});
