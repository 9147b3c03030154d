/** Times are the database's. Prisma fills `@default(now())` in from the clock of the process, so a model that it creates must not have one. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const created = new Set(
  globSync('{lib,bin}/**/*.ts')
    .filter((file) => !/\.test\.ts$|^lib\/store\/generated/.test(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/prisma\s*\.(\w+)\s*\.(?:create|upsert)/g)])
    .map(({ 1: model = '' }) => model),
);

const models = globSync('prisma/schema/*.prisma')
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^model (\w+) \{(.*?)^\}/gms)])
  .map(({ 1: name = '', 2: text = '' }) => ({ name: name.charAt(0).toLowerCase() + name.slice(1), text }));

test('the search finds what Prisma creates', () => {
  expect([...created]).toEqual(expect.arrayContaining(['batch', 'chunk', 'decision', 'receipt']));
  expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining([...created]));
});

/** better-auth writes these too, with its own clock. */
const FOREIGN = ['user', 'session', 'account', 'verification'];

test.each(models.filter(({ name }) => created.has(name) && !FOREIGN.includes(name)))(
  '$name has its times from the database',
  ({ text }) => {
    expect(text).not.toContain('@default(now())');
  },
);
