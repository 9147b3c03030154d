/**
 * `npm test`: types, lint, unit and integration tests on a real PostgreSQL, browser tests in a real Chromium. Ends with one line,
 * `N passed, N failed`; each type check and lint tool counts as one test.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureChromium } from './test/chromium.ts';

type Totals = { passed: number; failed: number };
type Part = { name: string; run: () => Promise<Totals> };

const ROOT = resolve(import.meta.dirname, '..');
const REPORTS = join(ROOT, '.test');
const MODULES = join(ROOT, 'node_modules');

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
  { name: 'unit and integration', run: vitest },
  { name: 'browser', run: browser },
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

async function vitest(): Promise<Totals> {
  const report = join(REPORTS, 'vitest.json');
  rmSync(report, { force: true });
  const code = await run(
    ['vitest', 'vitest.mjs'],
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  );
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: { status: string; assertionResults: { status: string }[] }[];
  };
  // A file that can't be loaded, or whose hook fails, has no failed test of its own.
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  return atLeastOneFailure({ passed: numPassedTests, failed: numFailedTests + broken.length }, code);
}

async function browser(): Promise<Totals> {
  const stories = join(ROOT, 'e2e');
  if (
    !existsSync(stories) ||
    !readdirSync(stories, { recursive: true }).some((name) => /\.(spec|test)\.ts$/.test(String(name)))
  ) {
    console.log('there are no browser tests in e2e/');
    return { passed: 0, failed: 1 };
  }
  const chromium = ensureChromium(ROOT);
  if (!chromium) {
    console.log('There is no Chrome or Chromium, and it could not be installed. Install one, or set CHROME_PATH to its program.');
    return { passed: 0, failed: 1 };
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
  const code = await run(['@playwright', 'test', 'cli.js'], ['test'], env);
  rmSync(dataDir, { recursive: true, force: true });
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { stats, errors } = JSON.parse(readFileSync(report, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number };
    errors: unknown[];
  };
  return atLeastOneFailure({ passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length }, code);
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
