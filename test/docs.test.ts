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

test('every package of package-lock.json has its digest, and none comes from elsewhere than the registry', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; resolved?: string; inBundle?: boolean }>;
  };
  const odd = Object.entries(packages).filter(
    ([name, { integrity, resolved = 'https://registry.npmjs.org/', inBundle = false }]) =>
      // What is in another's bundle comes under its digest.
      !(name === '' || inBundle) && !(integrity?.startsWith('sha512-') && resolved.startsWith('https://registry.npmjs.org/')),
  );
  expect(odd.map(([name]) => name)).toEqual([]);
});

describe('docs/asvs.md', () => {
  /** The release 5.0.0: for each section the levels of its items, in their order. */
  const LEVELS: Record<string, string> = {
    ...{ '1.1': '22', '1.2': '1111122223', '1.3': '112222222223', '1.4': '222', '1.5': '123' },
    ...{ '2.1': '122', '2.2': '112', '2.3': '12223', '2.4': '23' },
    ...{ '3.1': '3', '3.2': '113', '3.3': '12223', '3.4': '11222233', '3.5': '11122333', '3.6': '3', '3.7': '22333' },
    ...{ '4.1': '12233', '4.2': '23333', '4.3': '22', '4.4': '1222', '5.1': '2', '5.2': '112333', '5.3': '113', '5.4': '222' },
    ...{ '6.1': '122', '6.2': '111111112222', '6.3': '11223333', '6.4': '112233', '6.5': '22222333', '6.6': '2223', '6.7': '33' },
    ...{ '6.8': '2222', '7.1': '222', '7.2': '1111', '7.3': '22', '7.4': '11222', '7.5': '223', '7.6': '22' },
    ...{ '8.1': '1233', '8.2': '1123', '8.3': '133', '8.4': '23', '9.1': '111', '9.2': '1222' },
    ...{ '10.1': '22', '10.2': '223', '10.3': '22223', '10.4': '1111122222233333', '10.5': '22222', '10.6': '22', '10.7': '222' },
    ...{ '11.1': '2233', '11.2': '22233', '11.3': '11233', '11.4': '1222', '11.5': '23', '11.6': '23', '11.7': '33' },
    ...{ '12.1': '12233', '12.2': '11', '12.3': '22223', '13.1': '2333', '13.2': '222223', '13.3': '2233', '13.4': '1222233' },
    ...{ '14.1': '22', '14.2': '12223333', '14.3': '122', '15.1': '12233', '15.2': '12233', '15.3': '1222222', '15.4': '3333' },
    ...{ '16.1': '2', '16.2': '22222', '16.3': '2222', '16.4': '222', '16.5': '2223' },
    ...{ '17.1': '23', '17.2': '22223333', '17.3': '22' },
  };
  const items = Object.entries(LEVELS).flatMap(([section, levels]) =>
    [...levels].map((level, index) => ({ id: `${section}.${index + 1}`, level })),
  );
  const rows = [
    ...read('docs/asvs.md').matchAll(
      /^\| ([\d.]+)(?: to ([\d.]+))? \| ([12]) \| (held|written|does not apply|not held) \| (.+) \|$/gm,
    ),
  ].map(([, from = '', to = from, level = '', state = '', why = '']) => {
    const [first, last] = [from, to].map((id) => items.findIndex((one) => one.id === id)) as [number, number];
    return {
      ids: items
        .slice(first, last + 1)
        .filter((one) => one.level === level)
        .map(({ id }) => id),
      from,
      to,
      state,
      why,
    };
  });

  test('has one row for every item of levels 1 and 2', () => {
    const wanted = items.filter(({ level }) => level !== '3').map(({ id }) => id);
    expect(rows.flatMap(({ ids }) => ids).sort()).toEqual(wanted.sort());
    for (const { ids, from, to } of rows) expect([ids[0], ids.at(-1)]).toEqual([from, to]);
  });

  test('names tests that are there', () => {
    for (const { from, state, why } of rows) {
      const tests = [...why.matchAll(/`([^`]+\.(?:test|spec)\.tsx?)`: “([^”]+)”/g)];
      if (state === 'held') expect(tests.length, from).toBeGreaterThan(0);
      for (const [, path = '', name = ''] of tests) expect(read(path), `${from}: ${path}`).toContain(name);
    }
  });
});
