/**
 * `npm run house`: what the code looks like in figures, as Markdown: sizes, shapes that are typed more than once, imports by folder.
 * `-- --write` keeps them in docs/house.md. Sizes are told and not judged. A shape that is typed twice fails a test, and an arrow against the direction fails the lint.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { isShaped, type Shape, shapesIn, typedTwice } from './house/shapes.ts';
import { type Asked, askedIn } from './house/statements.ts';

type SourceFile = { path: string; text: string; lines: number };

const ROOT = resolve(import.meta.dirname, '..');
const PAGE = 'docs/house.md';
const ROOMS = ['app', 'bench', 'bin', 'components', 'e2e', 'lib', 'prisma', 'test'];
/** The rooms with folders of their own; of the others the whole is told. */
const DEEP = ['app', 'components', 'lib'];
const CODE = /\.(tsx?|mjs|js|css|sql|prisma|sh)$/;
const TEST = /\.test\.tsx?$/;
const LAYERS = ['lib/core', 'lib/store', 'lib/steps', 'components'];
/** Not nouns: what all nouns of a layer stand on. */
const GROUND = ['generated', 'postgres', 'ui', 'values'];

process.chdir(ROOT);
const files = sourceFiles();
const shapes = files.filter(({ path }) => isShaped(path)).flatMap(({ path, text }) => shapesIn(path, text));
const twice = typedTwice(shapes);
const imports = await importsOf(['app', 'components', 'lib', 'bin']);
const against = imports.summary.violations;
const today = new Date().toISOString().slice(0, 10);

const page = `# The house in figures

*Measured ${today} · figures of the code on that day*

\`npm run house\` prints this page and \`npm run house -- --write\` keeps it. Nothing fails by the sizes. The two figures that aim at 0 fail \`npm test\` when they don't hold.

${table(
  ['what', 'how many', 'aim'],
  [
    ['files, lines', `${number(files.length)}, ${number(linesOf(files))}`, ''],
    ['lines of tests among them', number(linesOf(files.filter(({ path }) => isTest(path)))), ''],
    ['files over 250 lines', number(files.filter(({ lines }) => lines > 250).length), ''],
    ['shapes typed more than once', number(twice.length), '0'],
    ['arrows against the direction', number(against.length), '0'],
  ],
)}

## Files and lines by folder

What git keeps of TypeScript, JavaScript, CSS, SQL, Prisma's schema and shell; each folder with all that is below its second level.
Tests are \`*.test.ts\`, \`test\` and \`e2e\`.

${table(['folder', 'files', 'lines', 'of them tests', 'longest file'], folderRows())}

## Shapes typed more than once

Type literals, interfaces and zod objects of app, components and lib. Same: the same names, 4 or more. Nearly the same: at least 5 names in common, and these
are at least 80 % of the names of both. Members of one union are one place. Left out are tests, and \`lib/store\`: a row is typed where its SELECT names the
columns, and what leaves the store is a shape of the layer above. Names that come by inferring, picking or extending are typed once and don't count.

${number(shapes.length)} shapes of 4 names or more were compared. A row is one shape; its names are those that all its places have.

${twice.length === 0 ? 'None is typed more than once.' : table(['places', 'names', 'where'], twice.sort(byPlaces).map(groupRow))}

## How the database is asked

Places in app, bin, components and lib, without tests: by Prisma's models, in raw statements through Prisma, in pg's own words ([persistence.md](persistence.md) says why those stay).
Models stand in \`X.ts\`, pg's own words in \`X.sql.ts\`.

${table(['folder', 'by model', 'raw', 'by hand'], askedRows())}

## Imports against the direction

The rules are those of \`.dependency-cruiser.json\` ([layers.md](layers.md)); \`npm run lint\` refuses an arrow against them. Arrows: ${against.length}, among
${number(imports.summary.totalDependenciesCruised ?? 0)} imports of ${number(imports.summary.totalCruised)} modules.
${against.map(({ from, to, rule }) => `\n- \`${from}\` → \`${to}\`: ${rule.name}\n`).join('')}
## Imports between noun folders

Within one layer, without tests and without what all nouns stand on (${GROUND.map((name) => `\`${name}\``).join(', ')}). An arrow is a pair of folders, a place one
import of one file. Both ways are pairs that import each other.

${table(['layer', 'folders', 'arrows', 'places', 'both ways'], LAYERS.map(layerRow))}
`;

console.log(page);
if (process.argv.includes('--write')) writeFileSync(PAGE, page);

function sourceFiles(): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', ...ROOMS], { encoding: 'utf8' }).split('\0');
  return listed
    .filter((path) => CODE.test(path))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1 };
    });
}

function isTest(path: string): boolean {
  return TEST.test(path) || /^(test|e2e)\//.test(path);
}

function folderRows(): string[][] {
  const byFolder = Map.groupBy(files, ({ path }) => folderOf(path));
  return [...byFolder]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([folder, own]) => {
      const longest = own.reduce((one, other) => (other.lines > one.lines ? other : one));
      const tests = linesOf(own.filter(({ path }) => isTest(path)));
      return [
        `\`${folder}\``,
        number(own.length),
        number(linesOf(own)),
        tests ? number(tests) : '',
        `\`${longest.path.slice(folder.length + 1)}\` (${longest.lines})`,
      ];
    });
}

function askedRows(): string[][] {
  const asking = files
    .filter(({ path }) => /^(app|bin|components|lib)\/.*\.tsx?$/.test(path) && !isTest(path) && !path.startsWith('bin/house/'))
    .map(({ path, text }) => ({ folder: folderOf(path), asked: askedIn(text) }));
  const row = (name: string, of: { asked: Asked }[]): string[] => {
    const sum = (way: keyof Asked): number => of.reduce((all, { asked }) => all + asked[way], 0);
    return [name, ...(['byModel', 'raw', 'byHand'] as const).map((way) => number(sum(way)))];
  };
  const byFolder = Map.groupBy(asking, ({ folder }) => folder);
  return [
    ...[...byFolder]
      .map(([folder, of]) => row(`\`${folder}\``, of))
      .filter((cells) => cells.slice(1).some((cell) => cell !== '0'))
      .sort(([one = ''], [other = '']) => (one < other ? -1 : 1)),
    row('all', asking),
  ];
}

function folderOf(path: string): string {
  const folders = path.split('/').slice(0, -1);
  return folders.slice(0, DEEP.includes(folders[0] ?? '') ? 3 : 1).join('/');
}

function byPlaces(one: Shape[], other: Shape[]): number {
  return other.length - one.length || namesOf(other).length - namesOf(one).length;
}

function groupRow(group: Shape[]): string[] {
  const where = group.map(({ file, line, name }) => `\`${file}:${line}\` ${name}`);
  return [number(group.length), namesOf(group).join(', '), where.join('<br>')];
}

function namesOf(group: Shape[]): string[] {
  return group.map(({ properties }) => [...properties]).reduce((one, other) => one.filter((name) => other.includes(name)));
}

async function importsOf(rooms: string[]): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions('./.dependency-cruiser.json');
  const { output } = await cruise(rooms, options, undefined, { tsConfig: extractTSConfig('./tsconfig.json') });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered in words');
  return output;
}

function layerRow(layer: string): string[] {
  const nounOf = (path: string) => new RegExp(`^${layer}/([^/]+)/`).exec(path)?.[1];
  const isNoun = (name: string | undefined) => name !== undefined && !GROUND.includes(name);
  const modules = imports.modules.filter(({ source }) => isNoun(nounOf(source)) && !TEST.test(source));
  const pairs = modules.flatMap(({ source, dependencies }) =>
    dependencies
      .map(({ resolved }) => [nounOf(source), nounOf(resolved)])
      .filter(([from, to]) => isNoun(to) && from !== to)
      .map(([from, to]) => `${from} → ${to}`),
  );
  const arrows = new Set(pairs);
  const mutual = [...arrows]
    .map((arrow) => arrow.split(' → '))
    .filter(([from = '', to = '']) => from < to && arrows.has(`${to} → ${from}`));
  const folders = new Set(modules.map(({ source }) => nounOf(source)));
  const both = mutual.map((pair) => pair.join(' ↔ ')).join(', ');
  return [`\`${layer}\``, number(folders.size), number(arrows.size), number(pairs.length), both];
}

function linesOf(some: SourceFile[]): number {
  return some.reduce((sum, { lines }) => sum + lines, 0);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
