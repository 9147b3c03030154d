import { defineConfig } from 'vitest/config';

const PURE = [
  ...['lib/core/**/*.test.ts', 'lib/ledger/**/*.test.ts', 'components/**/*.test.{ts,tsx}'],
  'test/model/executor.test.ts',
  ...['bin/house/**/*.test.ts', 'test/docs.test.ts'],
];
const SOAK = ['test/soak/**/*.test.ts'];
const NOT_OURS = ['node_modules/**', '.next/**', '.data/**', '.test/**', 'e2e/**'];

/** Leases take half their time: test/tempo.ts. The rest is what Vite has by default. */
const ssr = { resolve: { conditions: ['test-tempo', 'module', 'node', 'development|production'] } };

const REAL = { globalSetup: 'test/server.ts', testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // Many files wait for leases and polls, not for a core; beside them are browsers.
    maxWorkers: 3,
    // Projects, so that a run of pure tests starts no database, and that the soak comes after the others.
    projects: [
      // Nothing pure is left behind by a file for the next, so they share their processes.
      { ssr, test: { name: 'pure', include: PURE, exclude: NOT_OURS, isolate: false, testTimeout: 120_000 } },
      // What reads a module's own state sets it (test/database.ts), so files on a database share their processes too.
      {
        ssr,
        test: {
          ...REAL,
          name: 'real',
          include: ['{app,bin,lib}/**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, ...PURE],
          isolate: false,
        },
      },
      { ssr, test: { ...REAL, name: 'force', include: ['test/**/*.test.ts'], exclude: [...NOT_OURS, ...PURE, ...SOAK] } },
      { ssr, test: { name: 'soak', include: SOAK, sequence: { groupOrder: 1 } } },
    ],
  },
});
