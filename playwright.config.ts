import { defineConfig } from '@playwright/test';
import { findChromium } from './bin/test/chromium.ts';

// Set once here, and inherited by the runner's own processes. bin/test.ts gives a free port and a folder that it removes.
process.env.E2E_PORT ??= '4789';
process.env.E2E_DATA_DIR ??= '.test/e2e';
process.env.E2E_ADMIN_EMAIL ??= 'admin@countersign.test';
process.env.E2E_ADMIN_PASSWORD ??= 'correct horse battery staple';
process.env.E2E_ADMIN_API_KEY ??= 'cs_e2e_0123456789abcdef0123456789abcdef';

/** A product that runs already, for whoever works on the stories; else one is started. */
const running = process.env.E2E_BASE_URL;
const url = running ?? `http://127.0.0.1:${process.env.E2E_PORT}`;

// Chromium's sandbox refuses root; the rest keeps it quiet and off the network.
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
];
const ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // One product with one database: stories run one after the other.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 240_000,
  expect: { timeout: 45_000 },
  reporter: [['list'], ['json', { outputFile: process.env.E2E_REPORT ?? '.test/playwright.json' }]],
  use: {
    baseURL: url,
    browserName: 'chromium',
    headless: true,
    actionTimeout: 45_000,
    navigationTimeout: 45_000,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Rome',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: findChromium(), args: [...QUIET, '--disable-sync', ...ROOT] },
  },
  webServer: running
    ? undefined
    : {
        command: `${JSON.stringify(process.execPath)} bin/start.ts`,
        wait: { stdout: /^ready http/m },
        timeout: 240_000,
        stdout: 'pipe',
        gracefulShutdown: { signal: 'SIGTERM', timeout: 30_000 },
        env: {
          PORT: process.env.E2E_PORT,
          DATA_DIR: process.env.E2E_DATA_DIR,
          ADMIN_EMAIL: process.env.E2E_ADMIN_EMAIL,
          ADMIN_PASSWORD: process.env.E2E_ADMIN_PASSWORD,
          ADMIN_API_KEY: process.env.E2E_ADMIN_API_KEY,
          ALLOW_PRIVATE_TARGETS: '1',
          WORKERS: '2',
          // A test run is not the place for the person's own database.
          DATABASE_URL: '',
          MIGRATE_DATABASE_URL: '',
        },
      },
});
