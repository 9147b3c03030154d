import { defineConfig } from 'vitest/config';
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
  ...['test/soak/soak.test.ts', 'test/soak/oracle.test.ts', 'test/crash/storm.test.ts', 'test/crash/disk-full.test.ts'],
  'lib/steps/datasets/sample.test.ts',
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

/** How long a failure takes to be one. It decides nothing else: what is waited for comes as soon as the machine has time for it. */
const PATIENT = {
  ...{ testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000, interval: 20 } } },
  setupFiles: ['test/seed.ts'],
};
const REAL = { ...PATIENT, globalSetup: 'test/server.ts' };

export default defineConfig({
  test: {
    // Many files wait for leases and polls, not for a core; beside them are browsers.
    maxWorkers: 3,
    // No file counts on another: `npm run proof` takes them in another order each time.
    sequence: { shuffle: { files: FULL, tests: false } },
    // Projects, so that a run of pure tests starts no database, and that what takes minutes comes after the others.
    projects: [
      // Nothing pure is left behind by a file for the next, so they share their processes.
      { test: { ...NATIVE, name: 'pure', include: PURE, exclude: NOT_OURS, isolate: false, ...PATIENT } },
      // JSX is what Node can't load.
      { ssr, test: { name: 'components', include: ['components/**/*.test.{ts,tsx}'], isolate: false, ...PATIENT } },
      // It swaps lists of kinds, which Node loads once for all.
      { ssr, test: { ...REAL, name: 'kinds', include: [KINDS] } },
      // What reads a module's own state sets it (test/database.ts), so files on a database share their processes too.
      {
        test: {
          ...{ ...REAL, ...NATIVE },
          name: 'real',
          include: ['{app,bin,lib}/**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, ...PURE, ...WAITING, ...PROOF],
          isolate: false,
        },
      },
      // They wait for leases most of the time, and nothing else runs then.
      {
        test: {
          ...{ ...REAL, ...NATIVE },
          name: 'force',
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts', ...WAITING],
          exclude: [...NOT_OURS, ...PURE, ...PROOF, KINDS],
        },
      },
      { test: { ...{ ...REAL, ...NATIVE }, name: 'proof', maxWorkers: 2, include: PROOF, sequence: { groupOrder: 2 } } },
    ],
  },
});
