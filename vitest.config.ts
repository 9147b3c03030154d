import { defineConfig } from 'vitest/config';

const PURE = [
  ...['lib/core/**/*.test.ts', 'lib/ledger/**/*.test.ts', 'components/**/*.test.{ts,tsx}'],
  'test/model/executor.test.ts',
];
const SOAK = ['test/soak/**/*.test.ts'];
const NOT_OURS = ['node_modules/**', '.next/**', '.data/**', '.test/**', 'e2e/**'];

export default defineConfig({
  test: {
    // Projects, so that a run of pure tests starts no database, and that the soak, which needs the whole machine, comes last and alone.
    projects: [
      { test: { name: 'pure', include: PURE, exclude: NOT_OURS } },
      {
        test: {
          name: 'real',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, ...PURE, ...SOAK],
          globalSetup: 'test/server.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'soak', include: SOAK, sequence: { groupOrder: 1 } } },
    ],
  },
});
