/**
 * What goes into a trail to check it: `verify.mjs` for Node, and `START-HERE.html` for a browser. Both are put together from the same checks (verify/), so that
 * each is one file that needs nothing else. They are read once, when the first trail is asked for.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of `verify.mjs`. */
export function trailProgram(): string {
  const [imports, own] = splitImports(source('node.mjs'));
  const built = imports.filter((line) => line.includes("'node:"));
  return `${HEADER}\n${built.join('\n')}\n\n${[...PARTS.map(part), own].map(withoutModules).join('\n')}`;
}

/** The text of `START-HERE.html`: a page that needs no network. */
export function trailPage(): string {
  const [, own] = splitImports(source('page.mjs'));
  const script = [...['sha256.mjs', ...PARTS].map(part), own].map(withoutModules).join('\n');
  // A script ends where the page's reader sees its end, whatever it stands in.
  return source('page.html').replace('/* the checks */', () => script.replaceAll('</script', '<\\/script'));
}

const PARTS = [
  'receipts.mjs',
  'lines.mjs',
  'bound.mjs',
  'pool.mjs',
  'origins.mjs',
  'chunk.mjs',
  'checks.mjs',
  'words.mjs',
  'zip.mjs',
];

const HEADER = `#!/usr/bin/env node
// Checks a trail of Countersign, without Countersign: node verify.mjs [trail.zip or its folder]. Needs Node 20 or later, and nothing else.
// Exit code 0: it holds. 1: it was altered. 2: it is incomplete. 3: it holds, and values were erased on purpose. 4: it could not be read.
`;

function source(name: string): string {
  return readFileSync(join(import.meta.dirname, 'verify', name), 'utf8');
}

/** What belongs together stands together in one file, and imports nothing. */
function part(name: string): string {
  return splitImports(source(name))[1];
}

function splitImports(text: string): [string[], string] {
  const lines = text.split('\n');
  const isImport = (line: string): boolean => /^import .* from '.*';$/.test(line);
  return [lines.filter(isImport), lines.filter((line) => !isImport(line)).join('\n')];
}

/** One file has no parts to export to. */
function withoutModules(text: string): string {
  return text.replaceAll(/^export (?=(async )?(function|const|class)\b)/gm, '');
}
