/**
 * Does the suite see it when the protocol is broken? Each mutant is applied to a temporary copy of the source and must make a test fail, and cells of the
 * soak tell a lie where it names some. The tree that this runs from is only read.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MUTANTS, type Mutant } from './mutants.ts';
import type { Report } from './report.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What every mutant meets. */
const SUITE = [
  'lib/store/chunks/fence.test.ts',
  'lib/engine/execute/receipt-writer.test.ts',
  'lib/engine/execute/executor.test.ts',
];
/** A mutant that fails this one too is not a broken guard but a broken program, which proves nothing. */
const STILL_WORKS = 'what was approved is done once, with one intent and one outcome each';
/** A suite that hangs has failed. */
const PATIENCE_MS = 4 * 60_000;
/** Cells are a matter of timing: with so many seeds, one after the other, a lie must have come of them. */
const CELL_TRIES = 6;

type Mutated = {
  name: string;
  breaks: string;
  /** the tests that failed */
  tests: string[];
  /** the lies that its cells told, with how many; null where the mutant names no cells */
  lies: string[] | null;
  seconds: number;
};

export type MutationReport = { mutants: Mutated[]; survived: string[]; seconds: number };

type Options = { seed: number; only: string; say: (line: string) => void };

/**
 * Runs the mutants whose name contains `only`, one after the other. Throws when the list or the suite is broken: a text that is not found exactly
 * once, a suite that fails without any mutant, a mutant that breaks the program.
 */
export async function mutations({ seed, only, say }: Options): Promise<MutationReport> {
  const began = performance.now();
  const chosen = MUTANTS.filter(({ name }) => name.includes(only));
  if (chosen.length === 0)
    throw new Error(`There is no mutant “${only}”. Choose one of:\n${MUTANTS.map(({ name }) => name).join('\n')}`);
  for (const mutant of chosen) mutated(mutant, ROOT);
  const copy = copyOfSource();
  const discard = (): void => rmSync(copy, { recursive: true, force: true });
  process.once('exit', discard);
  try {
    const files = [...new Set([...SUITE, ...chosen.flatMap(({ tests = [] }) => tests)])];
    const sound = await runTests(copy, files);
    if (sound.failed.length > 0) throw new Error(`Without any mutant, this fails: ${sound.failed.join('; ')}`);
    say(`without any mutant: ${sound.passed.length} tests pass`);
    const results: Mutated[] = [];
    for (const mutant of chosen) {
      const since = performance.now();
      const restore = apply(mutant, copy);
      const { passed, failed } = await runTests(copy, [...SUITE, ...(mutant.tests ?? [])]);
      if (failed.length > 0 && !passed.includes(STILL_WORKS))
        throw new Error(`“${mutant.name}” breaks the program, so it proves nothing: ${failed.slice(0, 5).join('; ')}`);
      const lies = mutant.cells === undefined ? null : await liesOf(copy, mutant.cells, seed);
      restore();
      const result = { name: mutant.name, breaks: mutant.breaks, tests: failed, lies, seconds: seconds(since) };
      results.push(result);
      say(inALine(result));
    }
    const survived = results.filter((result) => !isKilled(result)).map(({ name }) => name);
    return { mutants: results, survived, seconds: seconds(began) };
  } finally {
    process.off('exit', discard);
    discard();
  }
}

/** Killed by the tests, which don't depend on timing, and by its cells if it names any. */
function isKilled({ tests, lies }: Mutated): boolean {
  return tests.length > 0 && (lies === null || lies.length > 0);
}

export function mutationsInWords({ mutants, survived, seconds: took }: MutationReport): string {
  const lines = mutants.flatMap((result) => [
    `${isKilled(result) ? 'killed  ' : 'SURVIVED'}  ${result.name} (${result.seconds} s)`,
    ...result.tests.map((name) => `            test: ${name}`),
    ...(result.lies === null ? [] : [`            soak: ${result.lies.join(', ') || 'nothing'}`]),
  ]);
  return [...lines, `${mutants.length - survived.length} of ${mutants.length} mutants killed in ${took} s`].join('\n');
}

function inALine(result: Mutated): string {
  const { name, tests, lies } = result;
  const soak = lies === null ? '' : `; soak: ${lies.join(', ') || 'nothing'}`;
  return `${isKilled(result) ? 'killed' : 'SURVIVED'}: ${name} (${tests.length} tests${soak}, ${result.seconds} s)`;
}

const seconds = (since: number): number => Math.round((performance.now() - since) / 1000);

/** The files that the mutant changes, by their path, as they are and as they become. Throws where a text is not found exactly once. */
export function mutated({ name, edits }: Mutant, root: string): Map<string, { was: string; is: string }> {
  const files = new Map<string, { was: string; is: string }>();
  for (const { file, from, to } of edits) {
    const path = join(root, file);
    const { was, is } = files.get(path) ?? unchanged(path);
    const found = is.split(from).length - 1;
    if (found !== 1) throw new Error(`“${name}”: ${file} has this text ${found} times, not once. Follow the code:\n${from}`);
    // By a function: the text may contain $1.
    files.set(path, { was, is: is.replace(from, () => to) });
  }
  return files;
}

function unchanged(path: string): { was: string; is: string } {
  const text = readFileSync(path, 'utf8');
  return { was: text, is: text };
}

function apply(mutant: Mutant, copy: string): () => void {
  const files = mutated(mutant, copy);
  for (const [path, { is }] of files) writeFileSync(path, is);
  return () => {
    for (const [path, { was }] of files) writeFileSync(path, was);
  };
}

const LEFT_OUT = ['node_modules', '.git', '.next', '.data', '.test', 'test-results', 'playwright-report', 'docs'];

/** The packages are linked one by one: what a tool keeps in node_modules stays in the copy. */
function copyOfSource(): string {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-mutants-'));
  // PostgreSQL runs as another user.
  chmodSync(copy, 0o711);
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(relative(ROOT, path).split(sep)[0] ?? '') });
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.') || name === '.bin') symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  return copy;
}

type Tested = { passed: string[]; failed: string[] };

async function runTests(copy: string, files: string[]): Promise<Tested> {
  const report = join(copy, 'tests.json');
  rmSync(report, { force: true });
  const program = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const { said, late } = await run(copy, [program, 'run', ...files, '--reporter=json', `--outputFile.json=${report}`]);
  if (late) return { passed: [STILL_WORKS], failed: [`the suite did not end within ${PATIENCE_MS / 1000} s`] };
  if (!existsSync(report)) throw new Error(`The tests could not be run:\n${said}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
  };
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  for (const file of testResults)
    if (file.assertionResults.length === 0) throw new Error(`${file.name} could not be run:\n${file.message}`);
  const titles = (status: string): string[] => all.filter((one) => one.status === status).map(({ fullName }) => fullName.trim());
  return { passed: titles('passed'), failed: titles('failed') };
}

/** What the cells told wrongly, with the first seed that brought it out; also that one hung, or that a worker ended by itself. */
async function liesOf(copy: string, cells: string, seed: number): Promise<string[]> {
  for (let tries = 0; tries < CELL_TRIES; tries += 1) {
    const { said, late } = await run(copy, ['test/soak/run.ts', '--only', cells, '--seed', String(seed + tries)]);
    if (late) return ['it did not end'];
    const report = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as Report;
    if (report.cells.planned === 0) throw new Error(`“${cells}” names no cell of the matrix.`);
    const told = Object.entries(report.lies).filter(([, count]) => count > 0);
    const found = told.map(([kind, count]) => `${count} × ${kind}`);
    if (report.stuck.length > 0) found.push('it hung');
    if (report.crashes.length > 0) found.push('a worker ended by itself');
    if (found.length > 0) return found;
  }
  return [];
}

async function run(cwd: string, args: string[]): Promise<{ said: string; late: boolean }> {
  // Every variant of a test is met, as in `npm run proof`.
  const env = { ...process.env, TEST_SIZE: 'full' };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    end();
  }, PATIENCE_MS);
  const exited = new Promise<void>((done, fail) => child.once('exit', () => done()).once('error', fail));
  const [said, complained] = await Promise.all([text(child.stdout as Readable), text(child.stderr as Readable), exited]);
  clearTimeout(patience);
  process.off('exit', end);
  return { said: said || complained, late };
}
