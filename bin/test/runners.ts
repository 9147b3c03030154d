/** The two test runners: what they are told, and what their reports say of each file. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FULL } from '#test/size.ts';
import { ensureChromium } from './chromium.ts';
import { NOTHING, plus, REPORTS, ROOT, run, type Totals } from './run.ts';

/** `failed` counts a file that could not be loaded as one. */
export type Outcome = { totals: Totals; files: Map<string, Totals>; said: string };

/** @param files only these, again and with what helps to understand them; empty for all of the projects */
export type Attempt = (files: string[]) => Promise<Outcome>;

/** Runs vitest's projects. */
export function vitest(...projects: string[]): Attempt {
  return async (files) => {
    const report = fresh(`vitest-${projects.join('-')}`, tryOf(files));
    const only = projects.flatMap((name) => ['--project', name]);
    const { code, said } = await run(
      ['node_modules', 'vitest', 'vitest.mjs'],
      ['run', ...only, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
    );
    if (!existsSync(report)) return notRun(said);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
    };
    const told = testResults.map(({ name, status, assertionResults }) => {
      const count = (wanted: string): number => assertionResults.filter((one) => one.status === wanted).length;
      // A file that can't be loaded, or whose hook fails, has no failed test of its own.
      const failed = Math.max(count('failed'), status === 'failed' ? 1 : 0);
      const passed = count('passed');
      return [relative(ROOT, name), { passed, failed, skipped: assertionResults.length - passed - count('failed') }] as const;
    });
    return outcomeOf(told, code, said);
  };
}

/** Runs the browser stories, each of the runner's workers over a product of its own. A second attempt keeps a trace. */
export async function browser(files: string[]): Promise<Outcome> {
  const chromium = ensureChromium(ROOT);
  if (!chromium)
    return notRun(
      'There is no Chrome or Chromium, and it could not be installed. Install one, or set CHROME_PATH to its program.',
    );
  const which = tryOf(files);
  const report = fresh('playwright', which);
  // Node itself loads the stories, as it does the tests: through the runner's own compiler that takes twice as long.
  const env = { ...process.env, CHROME_PATH: chromium, E2E_REPORT: report, PW_DISABLE_TS_ESM: '1' };
  const output = join('test-results', which);
  const trace = which === 'second' ? ['--trace', 'retain-on-failure'] : [];
  const tagged = FULL ? [] : ['--grep-invert', '@proof'];
  const program = ['node_modules', '@playwright', 'test', 'cli.js'];
  const { code, said } = await run(program, ['test', ...tagged, '--output', output, ...trace, ...files], env);
  if (!existsSync(report)) return notRun(said);
  const { suites } = JSON.parse(readFileSync(report, 'utf8')) as { suites: { file: string; suites?: Suite[]; specs: Spec[] }[] };
  const told = suites.map(({ file, ...suite }) => {
    const specs = specsOf(suite);
    const count = (...wanted: string[]): number => specs.filter(({ tests }) => wanted.includes(tests[0]?.status ?? '')).length;
    const totals = { passed: count('expected'), failed: count('unexpected', 'flaky'), skipped: count('skipped') };
    return [join('e2e', file), totals] as const;
  });
  return outcomeOf(told, code, said);
}

type Spec = { tests: { status: string }[] };
type Suite = { suites?: Suite[]; specs: Spec[] };

function specsOf({ suites = [], specs }: Suite): Spec[] {
  return [...specs, ...suites.flatMap(specsOf)];
}

/** What the first try left is kept beside what the second leaves. */
const tryOf = (files: string[]): 'first' | 'second' => (files.length > 0 ? 'second' : 'first');

function fresh(name: string, which: 'first' | 'second'): string {
  mkdirSync(REPORTS, { recursive: true });
  const report = join(REPORTS, `${name}-${which}.json`);
  rmSync(report, { force: true });
  return report;
}

function notRun(said: string): Outcome {
  return { totals: { ...NOTHING, failed: 1 }, files: new Map(), said };
}

/** A runner that ends badly without naming a failure (a leak, an unhandled rejection) has failed all the same. */
function outcomeOf(told: (readonly [string, Totals])[], code: number, said: string): Outcome {
  const totals = plus(...told.map(([, one]) => one));
  return { totals: { ...totals, failed: code === 0 ? totals.failed : Math.max(1, totals.failed) }, files: new Map(told), said };
}
