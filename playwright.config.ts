import { defineConfig } from '@playwright/test';
import { findChromium } from './bin/test/chromium.ts';
import { keepInMemory } from './test/in-memory.ts';

keepInMemory();

// Chromium's sandbox refuses root; the rest keeps it quiet and off the network.
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  // One process draws all tabs of a person: one of its own for each would compile every script anew.
  '--renderer-process-limit=1',
  // A process of its own that shows what is painted, and a compiler for scripts that run long, cost more than they give.
  '--in-process-gpu',
  '--js-flags=--no-maglev',
];
const ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default defineConfig({
  testDir: 'e2e',
  testIgnore: process.env.UPDATE_SCREENSHOTS === '1' ? [] : ['**/screens.spec.ts'],
  outputDir: 'test-results',
  // Each worker has a product and a database of its own. Stories don't build on each other, unless their file says so.
  workers: process.env.E2E_BASE_URL ? 1 : 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // How long a failure takes to be one: a busy machine makes a story long, and not red.
  timeout: 360_000,
  expect: { timeout: 90_000 },
  reporter: [['list'], ['json', { outputFile: process.env.E2E_REPORT ?? '.test/playwright.json' }]],
  use: {
    browserName: 'chromium',
    headless: true,
    actionTimeout: 90_000,
    navigationTimeout: 90_000,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Rome',
    // What fades or slides costs a core that draws without a graphics card; a person may ask for as much.
    contextOptions: { reducedMotion: 'reduce' },
    // What fails is tried once more with a trace (bin/test.ts): keeping one of everything costs the run a third of its time.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: findChromium(), args: [...QUIET, '--disable-sync', ...ROOT] },
  },
});
