import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILPOINTS, reach } from './failpoints.ts';

test('nothing waits at a step unless the soak says so', () => {
  expect(FAILPOINTS.map((point) => reach(point, null))).toEqual(FAILPOINTS.map(() => undefined));
});

test('no part of the product can arm a step', () => {
  const product = globSync(['app/**/*.{ts,tsx}', 'bin/**/*.{ts,mjs}', 'components/**/*.{ts,tsx}', 'lib/**/*.ts']);
  const knowing = product.filter((path) => !path.endsWith('.test.ts') && readFileSync(path, 'utf8').includes('failpoints.ts'));
  expect(knowing.length).toBeGreaterThan(3);
  const imports = knowing.flatMap((path) => readFileSync(path, 'utf8').match(/^import .*failpoints\.ts';$/gm) ?? []);
  for (const line of imports.filter((one) => !one.includes('FAILPOINTS'))) {
    expect(line).toMatch(/^import \{ reach \} from '.*failpoints\.ts';$/);
  }
});

test('every step is reached from somewhere, by its name', () => {
  const sources = globSync(['lib/engine/**/*.ts', 'lib/steps/**/*.ts']).filter((path) => !path.includes('failpoints'));
  const all = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
  expect(FAILPOINTS.filter((point) => !all.includes(`reach('${point}'`))).toEqual([]);
});
