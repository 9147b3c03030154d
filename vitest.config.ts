import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { keepInMemory } from './test/in-memory.ts';
import { FULL } from './test/size.ts';
import { WITH_TEMPO } from './test/tempo.ts';

keepInMemory();

const PURE = [
  ...['lib/core/**/*.test.ts', 'lib/ledger/**/*.test.ts'],
  'test/model/executor.test.ts',
  ...['bin/house/**/*.test.ts', 'test/docs.test.ts', 'test/soak/mutants.test.ts'],
];
/** What only `npm run proof` runs: endurance, and what stories of `npm test` prove too. */
const PROOF = [
  ...['test/soak/soak.test.ts', 'test/soak/oracle.test.ts'],
  ...[
    'test/crash/storm.test.ts',
    'test/crash/disk-full.test.ts',
    'test/crash/sql.test.ts',
    'test/crash/mailbox.test.ts',
    'test/crash/git.test.ts',
  ],
  ...['lib/steps/datasets/sample.test.ts', 'lib/store/postgres/upgrade-dump.test.ts'],
];
/** It puts modules of its own in the place of the product's, and loads parts of pages: what Node alone can't. */
const KINDS = 'test/kinds/kinds.test.ts';
/** What waits for leases and turns of a rate most of its time: beside browsers it takes the busy machine for a slow worker. */
const WAITING = ['lib/engine/worker.test.ts', 'lib/steps/live/live-house.test.ts', 'lib/steps/actions/breaker.test.ts'];
const NOT_OURS = ['node_modules/**', '.next/**', '.data/**', '.test/**', 'e2e/**'];

/** As WITH_TEMPO; the rest is what Vite has by default. */
const ssr = { resolve: { conditions: ['test-tempo', 'module', 'node', 'development|production'] } };

/** Node itself loads what is tested, as it loads the product: through Vite each process took twice as long to be up. */
const NATIVE = { experimental: { viteModuleRunner: false, nodeLoader: false }, execArgv: WITH_TEMPO };

/** One process for all files of a project. */
const ALONE = { isolate: false, maxWorkers: 1 };

/** How long a failure takes to be one. It decides nothing else: what is waited for comes as soon as the machine has time for it. */
const PATIENT = {
  ...{ testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000, interval: 20 } } },
  setupFiles: ['test/seed.ts'],
};
const REAL = { ...PATIENT, globalSetup: 'test/server.ts' };
/** What starts workers and targets leaves none behind. */
const FORCE = { ...REAL, ...NATIVE, setupFiles: [...PATIENT.setupFiles, 'test/crash/ends.ts'] };

/** What takes longest begins first, or all would wait for it at the end. A clone that never ran them knows no durations. */
const LONGEST = [
  ...['test/crash/takeover.test.ts', 'lib/steps/live/live-house.test.ts', 'lib/engine/worker.test.ts'],
  ...['test/crash/drain.test.ts', 'lib/steps/actions/breaker.test.ts'],
];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => (LONGEST.some((file) => moduleId.endsWith(file)) ? 0 : 1);
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    // Many files wait for leases and polls, not for a core; beside them are browsers.
    maxWorkers: 3,
    // No file counts on another: `npm run proof` takes them in another order each time.
    sequence: { shuffle: { files: FULL, tests: false }, ...(!FULL && { sequencer: LongestFirst }) },
    // Projects, so that a run of pure tests starts no database, and that what takes minutes comes after the others.
    projects: [
      // Nothing pure is left behind by a file for the next, so all share a process: it loads what they test once, and keeps a core busy alone.
      { test: { ...{ ...PATIENT, ...NATIVE, ...ALONE }, name: 'pure', include: PURE, exclude: NOT_OURS } },
      // JSX is what Node can't load.
      { ssr, test: { ...{ ...PATIENT, ...ALONE }, name: 'components', include: ['components/**/*.test.{ts,tsx}'] } },
      // It swaps lists of kinds, which Node loads once for all.
      { ssr, test: { ...REAL, name: 'kinds', include: [KINDS], sequence: { groupOrder: 1 } } },
      // What reads a module's own state sets it (test/database.ts), so files on a database share their processes too.
      {
        test: {
          ...{ ...REAL, ...NATIVE },
          name: 'real',
          include: ['{app,bin,lib}/**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, ...PURE, ...WAITING, ...PROOF],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      // They wait for leases most of the time, and nothing else runs then.
      {
        test: {
          ...FORCE,
          name: 'force',
          isolate: false,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
          include: ['test/**/*.test.ts', ...WAITING],
          exclude: [...NOT_OURS, ...PURE, ...PROOF, KINDS],
        },
      },
      { test: { ...FORCE, name: 'proof', maxWorkers: 2, include: PROOF, sequence: { groupOrder: 3 } } },
    ],
  },
});
