/** docs/erasure.md names every column in which a person's value can stand, and says of each what the code does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { PLACE_WORDS } from '#lib/core/erasure/words.ts';
import { PLACES } from './places.sql.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');

/** "table.column" of each text, JSON and byte column that is no id of a row. */
function columnsOfSchema(): string[] {
  const folder = join(ROOT, 'prisma', 'schema');
  const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return text
    .join('\n')
    .split(/^model /m)
    .slice(1)
    .flatMap((model) => {
      const table = /@@map\("(\w+)"\)/.exec(model)?.[1];
      return [...model.matchAll(/^ {2}(\w+)\s+(?:String|Json|Bytes)(?:\[\])?\??(.*)$/gm)]
        .filter(([, , rest]) => !rest?.includes('@db.Uuid'))
        .map(([, name, rest]) => `${table}.${/@map\("(\w+)"\)/.exec(rest ?? '')?.[1] ?? name}`);
    });
}

/** "table.column" -> what happens to it, as the page says. */
function columnsOfPage(): Map<string, string> {
  const page = readFileSync(join(ROOT, 'docs', 'erasure.md'), 'utf8');
  const rows = page
    .slice(page.indexOf('## Every column'))
    .split('\n')
    .filter((line) => /^\| [a-z_]+ \| [a-z_ ]+ \|/.test(line));
  const all = rows.slice(1).flatMap((line) => {
    const [, table = '', columns = '', , fate = ''] = line.split('|').map((cell) => cell.trim());
    return columns.split(' ').map((column): [string, string] => [`${table}.${column}`, fate]);
  });
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
  return new Map(all);
}

test('each text, JSON and byte column has a line that says what happens to a value in it, and no line is of a column that is not there', () => {
  const schema = columnsOfSchema();
  expect(schema.length).toBeGreaterThan(150);
  expect([...columnsOfPage().keys()].sort()).toEqual(schema.sort());
  for (const [name, fate] of columnsOfPage()) expect(fate, name).toMatch(/^(erased: |stays|never)/);
});

test('what the page calls erased is searched and changed, what it calls staying is not changed, and each place has its words', () => {
  const fates = columnsOfPage();
  const changed = new Set<string>();
  const searched = new Set<string>();
  for (const { name, table, texts = [], bytes = [], erase } of PLACES) {
    expect(PLACE_WORDS[name], name).toBeDefined();
    for (const [, column] of (erase ?? '').matchAll(/(?:^|, )(\w+) = /g)) changed.add(`${table}.${column}`);
    for (const text of [...texts, ...bytes]) searched.add(`${table}.${text.replace(/^\w\./, '').replace(/::text$/, '')}`);
  }
  const ours = [...changed].filter((name) => !/\.(erased_at|expires_at)$/.test(name));
  const erased = [...fates].filter(([, fate]) => fate.startsWith('erased')).map(([name]) => name);
  // Its own, once it is done; and the salt goes with its value.
  const byItself = ['erasure.wanted'];
  expect(ours.sort()).toEqual(erased.filter((name) => !byItself.includes(name)).sort());
  expect(erased.filter((name) => !searched.has(name) && !byItself.includes(name))).toEqual(['receipt_value.salt']);
});
