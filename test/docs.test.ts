/** The documents hold together: each page says when it was decided and whether it holds, the index leads to each, and no link leads nowhere. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planSchema } from '#lib/steps/plans/parse-plan.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const INDEX = 'docs/README.md';
const pages = globSync('docs/**/*.md', { cwd: ROOT }).filter((path) => path !== INDEX);
const texts = [...globSync('*.md', { cwd: ROOT }), INDEX, ...pages];

const STATUS =
  /^\*(Decided \d{4}-\d\d-\d\d · (holds|superseded by \[[^\]]+\]\([^)]+\))|Measured \d{4}-\d\d-\d\d · figures of .+)\*$/;

test.each(pages)('%s says under its title when it was decided or measured, and whether it holds', (page) => {
  const [title, blank, status, after] = read(page).split('\n');
  expect(title).toMatch(/^# ./);
  expect([blank, after]).toEqual(['', '']);
  expect(status).toMatch(STATUS);
});

test('the index leads to every page', () => {
  expect([...new Set(linksOf(INDEX).map(({ path }) => path))]).toEqual(expect.arrayContaining(pages));
});

test.each(texts)('every link of %s leads to a file, and to a heading of it', (text) => {
  const broken = linksOf(text).filter(
    ({ path, heading }) => !existsSync(join(ROOT, path)) || (heading !== undefined && !headingsOf(path).includes(heading)),
  );
  expect(broken.map(({ written }) => written)).toEqual([]);
});

describe('the plan in docs/plan.md', () => {
  test('is one', () => {
    const [, json] = /```json\n(.*?)```/s.exec(read('docs/plan.md')) ?? [];
    expect(planSchema.safeParse(JSON.parse(json ?? '')).error).toBeUndefined();
  });

  test('is explained key by key', () => {
    const keys = [...read('docs/plan.md').matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(
      ([, names]) => names?.match(/\w+/g) ?? [],
    );
    expect(keys.sort()).toEqual(Object.keys(planSchema.shape).sort());
  });
});

test('docs/configuration.md names the settings of .env.example', () => {
  const offered = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
  const named = [...read('docs/configuration.md').matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(
    ([, names]) => names?.match(/[A-Z_]+/g) ?? [],
  );
  expect(offered.length).toBeGreaterThan(0);
  expect(named.sort()).toEqual(offered.sort());
});

test('docs/persistence.md says of every file of hand-written statements why it has them', () => {
  const rows = [...read('docs/persistence.md').matchAll(/^\| (`[^|]+\.sql\.ts`) \|/gm)].map(([, files]) => files ?? '');
  const named = rows.flatMap((files) => {
    const [first = '', ...others] = [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '');
    return [first, ...others.map((other) => (other.includes('/') ? other : `${dirname(first)}/${other}`))];
  });
  const told = named.flatMap((file) => globSync(`lib/store/${file}`, { cwd: ROOT })).sort();
  expect(told).toEqual(globSync('lib/store/**/*.sql.ts', { cwd: ROOT }).sort());
});

/** Links within the repository, each with the file it leads to. What is code is no link. */
function linksOf(text: string): { written: string; path: string; heading: string | undefined }[] {
  const prose = read(text)
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, written = '']) => written)
    .filter((written) => !/^[a-z]+:/.test(written))
    .map((written) => {
      const [file = '', heading] = written.split('#');
      return { written, path: file === '' ? text : normalize(join(dirname(text), file)), heading };
    });
}

/** As GitHub names them in an address. */
function headingsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
