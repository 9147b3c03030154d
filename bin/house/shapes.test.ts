import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isShaped, shapesIn, typedTwice } from './shapes.ts';

const FIVE = 'id: string; name: string; state: string; items: number; done: number';

test('no shape of the house is typed more than once', () => {
  const files = execFileSync('git', ['ls-files', '-z', 'app', 'components', 'lib'], { encoding: 'utf8' })
    .split('\0')
    .filter(isShaped);
  expect(files.length).toBeGreaterThan(500);
  const groups = typedTwice(files.flatMap((file) => shapesIn(file, readFileSync(file, 'utf8'))));
  expect(groups.map((group) => group.map(({ file, line, name }) => `${file}:${line} ${name}`))).toEqual([]);
});

test('the same names in a type, an interface and a zod object are one shape in three places', () => {
  const [group, ...others] = twice({
    'a.ts': `export type Row = { ${FIVE} };`,
    'b.ts': `interface Line { ${FIVE} }`,
    'c.ts':
      'const line = z.strictObject({ id: z.string(), name: z.string(), state: z.string(), items: z.int(), done: z.int() }).readonly();',
  });
  expect(group?.map(({ file, line, name }) => `${file}:${line} ${name}`)).toEqual(['a.ts:1 Row', 'b.ts:1 Line', 'c.ts:1 line']);
  expect(others).toEqual([]);
});

test('one more name in six is nearly the same, two more are not', () => {
  expect(twice({ 'a.ts': `type A = { ${FIVE} };`, 'b.ts': `type B = { ${FIVE}; more: 1 };` })).toHaveLength(1);
  expect(twice({ 'a.ts': `type A = { ${FIVE} };`, 'b.ts': `type B = { ${FIVE}; more: 1; most: 2 };` })).toEqual([]);
});

test('four names count where they are equal only, and three never', () => {
  expect(
    twice({ 'a.ts': 'type A = { a: 1; b: 2; c: 3; d: 4 };', 'b.ts': 'type B = { d: 1; c: 2; b(): 3; a?: 4 };' }),
  ).toHaveLength(1);
  expect(twice({ 'a.ts': 'type A = { a: 1; b: 2; c: 3; d: 4 };', 'b.ts': 'type B = { a: 1; b: 2; c: 3; d: 4; e: 5 };' })).toEqual(
    [],
  );
  expect(twice({ 'a.ts': 'type A = { a: 1; b: 2; c: 3 };', 'b.ts': 'type B = { a: 1; b: 2; c: 3 };' })).toEqual([]);
});

test('a shape within a shape, of a parameter and of a generic has its own place', () => {
  const groups = twice({
    'a.tsx': `export function Panel({ id }: { ${FIVE} }) { return <p>{id}</p>; }`,
    'b.ts': `const answer = z.object({ rows: z.array(z.object({ id: z.string(), name: z.string(), state: z.string(), items: z.int(), done: z.int() })) });`,
    'c.ts': `export async function read(): Promise<{ row: { ${FIVE} } }> { return x as never; }`,
  });
  expect(groups.map((group) => group.map(({ name }) => name))).toEqual([['Panel', 'answer.rows', 'read.row']]);
});

test('the members of one union are one place, and a value is no type', () => {
  expect(twice({ 'a.ts': `type A = { kind: 'a'; ${FIVE} } | ({ kind: 'b'; ${FIVE} });` })).toEqual([]);
  expect(twice({ 'a.ts': `type A = { before: { ${FIVE} }; after: { ${FIVE} } };` })).toHaveLength(1);
  const value = 'x({ id: 1, name: 2, state: 3, items: 4, done: 5 });';
  expect(twice({ 'a.ts': value, 'b.ts': value })).toEqual([]);
});

test('what is inferred from another shape is typed once', () => {
  expect(
    twice({ 'a.ts': `export type A = { ${FIVE} };`, 'b.ts': "export type B = Pick<A, 'id' | 'name' | 'state' | 'items'>;" }),
  ).toEqual([]);
});

function twice(files: Record<string, string>) {
  return typedTwice(Object.entries(files).flatMap(([file, text]) => shapesIn(file, text)));
}
