/**
 * `npm test [-- PART]`: types, lint, unit and integration tests on a real PostgreSQL, browser tests in a real Chromium. Lanes run at once,
 * for most tests wait for leases and pages and not for a core. Ends with one line, `N passed, N failed, N skipped`; each type check and lint tool
 * counts as one test. `npm run proof` is the same with every test at full size (test/size.ts), and then what proves endurance; it takes four times as long.
 *
 * What failed is tried once more, alone, and named. Where CI is set, what passes only then has failed.
 */
import { FULL } from '#test/size.ts';
import { ensureBuild } from './start/build.ts';
import { NOTHING, plus, run, type Totals } from './test/run.ts';
import { type Attempt, browser, type Outcome, vitest } from './test/runners.ts';

type Part = { name: string; first: () => Promise<Outcome>; again?: Attempt };

/** Whose failure is a failure at once: they judge whether receipts told the truth, and one lie in a hundred runs is one too many. */
const JUDGES = ['test/soak/', 'test/crash/'];

// Several checkers, each with types of its own, cost a core half as much again: the other core has tests to run.
const types = tool('types', ['typescript-native', 'bin', 'tsc'], ['--noEmit', '--checkers', '1']);
const lint: Part[] = [
  tool('lint: format and rules', ['@biomejs', 'biome', 'bin', 'biome'], ['check', '.', '--diagnostic-level=error']),
  tool(
    'lint: direction of imports',
    ['dependency-cruiser', 'bin', 'dependency-cruise.mjs'],
    ['--config', '.dependency-cruiser.json', 'app', 'components', 'lib', 'bin'],
  ),
  // What knip.json names is left out.
  tool('lint: unused files, exports and dependencies', ['knip', 'bin', 'knip.js'], ['--no-config-hints']),
  tool('lint: what only tests use', ['knip', 'bin', 'knip.js'], ['--production', '--no-config-hints']),
];
/** One phase after the other; the lanes of a phase at once, and in a lane one part after the other. */
const phases: Part[][][] = [
  // A build leaves a core idle at times, and the stories wait for it. Types are read after it: it writes some.
  [[{ name: 'build', first: build }], lint],
  [
    // What kills workers waits for leases, and wants a machine that is not busy with browsers: it begins when they are gone.
    [tests('browser', browser), tests('force', vitest('force'))],
    [tests('unit and integration', vitest('pure', 'components', 'real', 'kinds')), types],
  ],
  ...(FULL ? [[[tests('proof', vitest('proof'))]]] : []),
];

const wanted = process.argv[2];
const began = performance.now();
const ended: Ended[] = [];
for (const lanes of phases)
  ended.push(
    ...(await Promise.all(lanes.map((parts) => lane(parts.filter(({ name }) => !wanted || name.startsWith(wanted)))))).flat(),
  );
let totals = NOTHING;
for (const one of ended) totals = plus(totals, await settle(one));
console.log(`\n== all of it took ${seconds(began)} s`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);

type Ended = { part: Part; outcome: Outcome };

/** One part after the other; what each said is printed when it is over. */
async function lane(parts: Part[]): Promise<Ended[]> {
  const all: Ended[] = [];
  for (const part of parts) {
    const started = performance.now();
    const outcome = await part.first();
    all.push({ part, outcome });
    console.log(
      `\n== ${part.name}\n${outcome.said.trimEnd()}\n== ${part.name}: ${inWords(outcome.totals)} (${seconds(started)} s)`,
    );
  }
  return all;
}

/** Tries what failed once more when nothing else runs: a machine that was too busy for a moment is no fault of the product, but it is told. */
async function settle({ part, outcome: first }: Ended): Promise<Totals> {
  const failed = [...first.files].filter(([, totals]) => totals.failed > 0).map(([file]) => file);
  const forgivable = failed.every((file) => !JUDGES.some((folder) => file.startsWith(folder)));
  if (first.totals.failed === 0 || failed.length === 0 || !part.again || !forgivable) return first.totals;
  const second = await part.again(failed);
  console.log(`\n== ${part.name}: failed, and tried once more alone: ${failed.join(', ')}\n${second.said.trimEnd()}`);
  if (second.totals.failed > 0) return first.totals;
  console.log(`\n== PASSED ONLY AT THE SECOND TRY: ${failed.join(', ')}`);
  if (process.env.CI) return first.totals;
  const before = plus(...failed.map((file) => first.files.get(file) ?? NOTHING));
  return {
    passed: first.totals.passed - before.passed + second.totals.passed,
    failed: 0,
    skipped: first.totals.skipped - before.skipped + second.totals.skipped,
  };
}

function tests(name: string, attempt: Attempt): Part {
  return { name, first: () => attempt([]), again: attempt };
}

function tool(name: string, program: string[], args: string[]): Part {
  return {
    name,
    first: async () => {
      const { code, said } = await run(['node_modules', ...program], args);
      return one(code === 0, said);
    },
  };
}

/** The production build that the browser tests start, made while other tests wait. */
async function build(): Promise<Outcome> {
  const lines: string[] = [];
  try {
    await ensureBuild((line) => lines.push(line), new AbortController().signal);
    return one(true, lines.join('\n'));
  } catch (error) {
    return one(false, [...lines, (error as Error).message].join('\n'));
  }
}

function one(good: boolean, said: string): Outcome {
  return { totals: { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 }, files: new Map(), said };
}

function inWords({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
