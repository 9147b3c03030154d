import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { adviceFor, INCIDENT_KINDS } from './incident-kinds.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const RUNBOOKS = join(ROOT, 'docs', 'runbooks');
const pages = readdirSync(RUNBOOKS).filter((name) => name.endsWith('.md'));
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const sources = ['app', 'bin', 'components', 'lib']
  .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT }))
  .filter((path) => !path.includes('generated') && !/\.test\.tsx?$/.test(path))
  .map((path) => read(path))
  .join('\n')
  // As a page shows them: a sentence may go over lines, and be escaped.
  .replaceAll(/\\(['"`])/g, '$1')
  .replaceAll(/\s+/g, ' ');

test('every kind that the store can open is in the table, and nothing else', () => {
  // In pg's own words, and by the model.
  const opens = [/INSERT INTO incident \([^)]*\)[^`]*?'([a-z_]+)'/g, /incident\.create\(\{ data: \{[^}]*?kind: '([a-z_]+)'/g];
  const opened = globSync('lib/store/**/*.ts', { cwd: ROOT }).flatMap((path) =>
    opens.flatMap((way) => [...read(path).matchAll(way)].map(([, kind]) => kind)),
  );
  expect([...new Set(opened)].sort()).toEqual(Object.keys(INCIDENT_KINDS).sort());
  expect(adviceFor('database')).toMatch(/by itself/);
  for (const kind of ['toString', 'unheard_of', '']) expect(adviceFor(kind)).toBeNull();
});

test.each(Object.entries(INCIDENT_KINDS))('%s has its runbooks', (_, { runbooks }) => {
  expect(runbooks.length).toBeGreaterThan(0);
  for (const page of runbooks) expect(pages).toContain(page);
});

test.each(pages)('%s: what one sees is what the product says, and the index leads to it', (name) => {
  const page = read('docs', 'runbooks', name);
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['What you see', 'What it means', 'What is certain', 'What to do', 'How to see that it is over']);
  expect(read('docs', 'README.md')).toContain(`(runbooks/${name})`);
  const quoted = page.split('\n').flatMap((line) => (line.startsWith('> ') ? line.slice(2).split('…') : []));
  expect(quoted.length).toBeGreaterThan(0);
  for (const words of quoted.map((part) => part.trim()).filter((part) => part.length > 2)) expect(sources).toContain(words);
});
