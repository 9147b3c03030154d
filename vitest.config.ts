import { defineConfig } from 'vitest/config';

const PURE = ['lib/core/**/*.test.ts', 'lib/ledger/**/*.test.ts', 'components/**/*.test.{ts,tsx}'];
const NOT_OURS = ['node_modules/**', '.next/**', '.data/**', '.test/**', 'e2e/**'];

export default defineConfig({
  test: {
    // Two projects, so that a run of pure tests starts no database.
    projects: [
      { test: { name: 'pure', include: PURE, exclude: NOT_OURS } },
      {
        test: {
          name: 'real',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...NOT_OURS, ...PURE],
          globalSetup: 'test/server.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
