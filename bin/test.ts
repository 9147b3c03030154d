/**
 * `npm test`: types, lint, unit and integration tests on a real PostgreSQL, browser tests in a real Chromium. Ends with one line,
 * `N passed, N failed`; each type check and lint tool counts as one test. What passed only at a second try is named before it.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { ensureChromium } from './test/chromium.ts';

type Totals = { passed: number; failed: number };
type Part = { name: string; run: () => Promise<Totals> };

const ROOT = resolve(import.meta.dirname, '..');
const REPORTS = join(ROOT, '.test');
const MODULES = join(ROOT, 'node_modules');

/** Whose failure is a failure at once: they judge whether receipts told the truth, and one lie in a hundred runs is one too many. */
const JUDGES = ['test/soak/', 'test/crash/'];

const parts: Part[] = [
  { name: 'types', run: () => tool(['typescript', 'bin', 'tsc'], ['--noEmit']) },
  {
    name: 'lint: format and rules',
    run: () => tool(['@biomejs', 'biome', 'bin', 'biome'], ['check', '.', '--diagnostic-level=error']),
  },
  {
    name: 'lint: direction of imports',
    run: () =>
      tool(
        ['dependency-cruiser', 'bin', 'dependency-cruise.mjs'],
        ['--config', '.dependency-cruiser.json', 'app', 'components', 'lib', 'bin'],
      ),
  },
  {
    name: 'lint: unused files and dependencies',
    run: () => tool(['knip', 'bin', 'knip.js'], ['--include', 'files,dependencies,unlisted,unresolved', '--no-config-hints']),
  },
  { name: 'unit and integration', run: () => twice(vitest) },
  { name: 'browser', run: () => twice(browser) },
];

mkdirSync(REPORTS, { recursive: true });
const wanted = process.argv[2];
const sum: Totals = { passed: 0, failed: 0 };
for (const part of parts.filter(({ name }) => !wanted || name.startsWith(wanted))) {
  console.log(`\n== ${part.name}`);
  const started = performance.now();
  const { passed, failed } = await part.run();
  sum.passed += passed;
  sum.failed += failed;
  console.log(`== ${part.name}: ${passed} passed, ${failed} failed (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1);

async function run(program: string[], args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(process.execPath, [join(MODULES, ...program), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const code = await new Promise<number | null>((done) => child.once('close', done).once('error', () => done(null)));
  process.off('SIGINT', pass).off('SIGTERM', pass);
  return code ?? 1;
}

async function tool(program: string[], args: string[]): Promise<Totals> {
  const good = (await run(program, args)) === 0;
  return { passed: good ? 1 : 0, failed: good ? 0 : 1 };
}

/** What a runner's report says of each file; `failed` counts a file that could not be loaded as one. */
type Outcome = { totals: Totals; files: Map<string, Totals> };

/**
 * Runs the tests, and the files in which something failed once more, alone: a machine that was too busy for a moment is no fault of the product. What
 * only passed then is told, for it may be.
 */
async function twice(attempt: (files: string[]) => Promise<Outcome>): Promise<Totals> {
  const first = await attempt([]);
  const failed = [...first.files].filter(([, { failed }]) => failed > 0).map(([file]) => file);
  const forgivable = failed.every((file) => !JUDGES.some((folder) => file.startsWith(folder)));
  if (first.totals.failed === 0 || failed.length === 0 || !forgivable) return first.totals;
  console.log(`\n== failed, and tried once more alone: ${failed.join(', ')}`);
  const second = await attempt(failed);
  if (second.totals.failed === 0) console.log(`\n== PASSED ONLY AT THE SECOND TRY: ${failed.join(', ')}`);
  const before = failed.reduce((sum, file) => sum + (first.files.get(file)?.passed ?? 0), 0);
  return { passed: first.totals.passed - before + second.totals.passed, failed: second.totals.failed };
}

async function vitest(files: string[]): Promise<Outcome> {
  const report = join(REPORTS, 'vitest.json');
  rmSync(report, { force: true });
  const code = await run(
    ['vitest', 'vitest.mjs'],
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
  );
  if (!existsSync(report)) return { totals: { passed: 0, failed: 1 }, files: new Map() };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
  };
  const told = testResults.map(({ name, status, assertionResults }) => {
    const count = (wanted: string): number => assertionResults.filter((one) => one.status === wanted).length;
    // A file that can't be loaded, or whose hook fails, has no failed test of its own.
    const failed = Math.max(count('failed'), status === 'failed' ? 1 : 0);
    return [relative(ROOT, name), { passed: count('passed'), failed }] as const;
  });
  return outcomeOf(told, code);
}

async function browser(files: string[]): Promise<Outcome> {
  const chromium = ensureChromium(ROOT);
  if (!chromium) {
    console.log('There is no Chrome or Chromium, and it could not be installed. Install one, or set CHROME_PATH to its program.');
    return { totals: { passed: 0, failed: 1 }, files: new Map() };
  }
  const report = join(REPORTS, 'playwright.json');
  rmSync(report, { force: true });
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-e2e-'));
  const env = {
    ...process.env,
    CHROME_PATH: chromium,
    E2E_DATA_DIR: dataDir,
    E2E_PORT: String(await freePort()),
    E2E_REPORT: report,
  };
  // What the first try left is kept beside what the second leaves.
  const output = join('test-results', files.length === 0 ? 'first' : 'second');
  const code = await run(['@playwright', 'test', 'cli.js'], ['test', '--output', output, ...files], env);
  rmSync(dataDir, { recursive: true, force: true });
  if (!existsSync(report)) return { totals: { passed: 0, failed: 1 }, files: new Map() };
  const { suites } = JSON.parse(readFileSync(report, 'utf8')) as { suites: { file: string; suites?: Suite[]; specs: Spec[] }[] };
  const told = suites.map(({ file, ...suite }) => {
    const specs = specsOf(suite);
    const count = (...wanted: string[]): number => specs.filter(({ tests }) => wanted.includes(tests[0]?.status ?? '')).length;
    // What a failed story kept from running is told by that story.
    return [join('e2e', file), { passed: count('expected'), failed: count('unexpected', 'flaky') }] as const;
  });
  return outcomeOf(told, code);
}

type Spec = { tests: { status: string }[] };
type Suite = { suites?: Suite[]; specs: Spec[] };

function specsOf({ suites = [], specs }: Suite): Spec[] {
  return [...specs, ...suites.flatMap(specsOf)];
}

function outcomeOf(told: (readonly [string, Totals])[], code: number): Outcome {
  const add = (key: keyof Totals): number => told.reduce((sum, [, totals]) => sum + totals[key], 0);
  return { totals: atLeastOneFailure({ passed: add('passed'), failed: add('failed') }, code), files: new Map(told) };
}

/** A runner that ends badly without naming a failure (a leak, an unhandled rejection) has failed all the same. */
function atLeastOneFailure(totals: Totals, code: number): Totals {
  return { passed: totals.passed, failed: code === 0 ? totals.failed : Math.max(1, totals.failed) };
}

async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port'))));
    });
  });
}
