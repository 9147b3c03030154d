/**
 * What a person's hand waits for, in a real browser over the production build: from a key to the painted frame in which the next item is chosen, while a script decides
 * items of a chunk of 5,000 by keyboard alone; a correction among them; the first paint of that chunk, a filter, a sort, a jump; the page of a batch of 4,000 chunks;
 * and from the commit of a receipt to its line on the screen. The batch has a million items, unless `--batch` says fewer.
 *
 * The floor is a page that answers each key by writing one word, measured by the same script in the same browser.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { findChromium } from '#bin/test/chromium.ts';
import { freePort } from '#bin/test/free-port.ts';
import { openRest, SHELF_PLAN } from '#e2e/rest.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { db } from '#lib/store/postgres/db.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { datasetOf } from './rows.ts';
import { seedReviewed } from './seeded-batch.ts';
import { ended } from './workers.ts';

const BATCH_ITEMS = 1_000_000;
const CHUNK_ITEMS = 5_000;
const CHUNKS_ON_A_PAGE = 4_000;
/** The same is measured so often, where it takes no state with it. */
const ROUNDS = 5;
/** Of the items that are decided: every tenth is moved, the others are marked as right. */
const CORRECTED_EVERY = 10;
const ADMIN = {
  email: 'bench@countersign.test',
  password: 'correct horse battery staple',
  key: 'cs_bench_0123456789abcdef0123456789abcdef',
};
const PATIENCE_MS = 120_000;

export const ui: Bench = {
  of: 'items',
  fullRows: 1_000,
  aims: {
    keyP50Ms: { most: 50 },
    keyP95Ms: { most: 100 },
    firstPaintMs: { most: 1_000 },
    filterMs: { most: 1_000 },
    sortMs: { most: 1_000 },
  },
  run,
};

async function run({ rows: items, batch = BATCH_ITEMS, folder, server, say }: BenchRun): Promise<Figures> {
  const datasetId = await datasetOf(Math.max(batch, CHUNKS_ON_A_PAGE));
  say(`${batch} items are there`);
  const plan = parsePlan({
    classifier: {
      kind: 'rules',
      rules: [{ when: "item.subject.contains('late')", category: 'noise', why: 'late' }],
      otherwise: 'keep',
    },
    categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
    chunking: { by: 'size', maxItems: CHUNK_ITEMS },
    execution: { first: 0 },
    receiptFields: ['from', 'subject'],
  });
  const seeded = {
    datasetId,
    plan,
    confidence: '(ordinal % 100) / 100.0',
    category: "CASE WHEN ordinal % 50 = 0 THEN 'keep' ELSE 'noise' END",
  };
  const large = await seedReviewed({ ...seeded, name: 'A million', items: batch, chunkItems: CHUNK_ITEMS });
  const many = await seedReviewed({ ...seeded, name: 'Many chunks', items: CHUNKS_ON_A_PAGE, chunkItems: 1 });
  await db()
    .pool.query('ANALYZE')
    .catch(() => {});
  say('the batches are there');
  const product = await startProduct(folder, server);
  const browser = await chromium.launch({ ...(findChromium() ? { executablePath: findChromium() as string } : {}), args: ROOT });
  try {
    const page = await signedIn(browser, product.url);
    const floor = timed(await floorOf(page, Math.min(items, 200)));
    say(`floor: ${JSON.stringify(floor)}`);
    const checkpoint = `${product.url}/batches/${large}/chunks/1`;
    const list = `${checkpoint}?category=noise&show=all`;
    const firstPaintMs = await rounds(() => opened(page, checkpoint, '[role="option"]'));
    const batchPageMs = await rounds(() => opened(page, `${product.url}/batches/${many}`, 'main h1'));
    say(`first paint ${firstPaintMs} ms, a batch of ${CHUNKS_ON_A_PAGE} chunks ${batchPageMs} ms`);
    const filterMs = await rounds(() => changed(page, list, filtered));
    const sortMs = await rounds(() => changed(page, list, sorted));
    const jumpMs = await rounds(() => changed(page, list, jumped));
    say(`filter ${filterMs} ms, sort ${sortMs} ms, jump ${jumpMs} ms`);
    await opened(page, list, '[role="option"]');
    const { keys, corrections } = await decide(page, items);
    const [key, correction] = [timed(keys), timed(corrections)];
    say(`a key ${JSON.stringify(key)}, a correction ${JSON.stringify(correction)}`);
    const receiptToPixelMs = await receiptToPixel(page, product.url);
    return {
      ...{
        peakMemoryBytes: process.memoryUsage.rss(),
        batchItems: batch,
        keyP50Ms: key.p50,
        keyP95Ms: key.p95,
        keyWorstMs: key.worst,
      },
      ...{ correctionP50Ms: correction.p50, correctionP95Ms: correction.p95, correctionWorstMs: correction.worst },
      ...{
        floorKeyP50Ms: floor.p50,
        floorKeyP95Ms: floor.p95,
        firstPaintMs,
        filterMs,
        sortMs,
        jumpMs,
        batchPageMs,
        receiptToPixelMs,
      },
    };
  } finally {
    await browser.close();
    await product.stop();
  }
}

/** As root the browser has no sandbox. */
const ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** The production build over the bench's own database, with one worker. */
async function startProduct(folder: string, server: BenchRun['server']): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = join(folder, 'product');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['bin/start.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{
        PORT: String(port),
        DATA_DIR: dataDir,
        DATABASE_URL: server.appUrl,
        MIGRATE_DATABASE_URL: server.ownerUrl,
        WORKERS: '1',
      },
      ...{ ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, ADMIN_API_KEY: ADMIN.key },
    },
  });
  await new Promise<void>((ready, fail) => {
    child.once('exit', (code) => fail(new Error(`The product ended with ${code} before it was ready.`)));
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^ready http/m.test(said)) ready();
    });
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => ended(child) };
}

async function signedIn(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ baseURL: url, viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.addInitScript(WATCH);
  await page.goto('/sign-in');
  await page.getByLabel('Mail address').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Needs you', level: 1 }).waitFor();
  return page;
}

/**
 * In the page: `untilPainted(what)` gives how many ms lay between the first event after the call (a key, a press, a choice) and the end of the frame in which
 * what is watched had changed.
 */
const WATCH = `
const WATCHED = {
  chosen: () => document.querySelector('[role="option"][aria-selected="true"]')?.id,
  first: () => document.querySelector('[role="option"]')?.id,
  word: () => document.body.dataset.word,
};
window.untilPainted = (what) => new Promise((done) => {
  const before = WATCHED[what]();
  let from = null;
  const begin = (event) => { from ??= event.timeStamp; };
  for (const kind of ['keydown', 'click', 'change']) addEventListener(kind, begin, { capture: true, once: true });
  const look = () => {
    if (from === null || WATCHED[what]() === before) return requestAnimationFrame(look);
    // A message is heard after the frame that is being made.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now() - from);
    port2.postMessage(null);
  };
  requestAnimationFrame(look);
});`;

/** Does something in the page; gives how long it took until that was painted, in ms. */
async function untilPainted(page: Page, what: 'chosen' | 'first' | 'word', act: () => Promise<unknown>): Promise<number> {
  // A key can overtake a question that is asked beside it: it is pressed once the page listens.
  await page.evaluate(`void (window.painted = window.untilPainted('${what}'))`);
  await act();
  return (await page.evaluate('window.painted')) as number;
}

/** A page that does nothing but answer a key. */
async function floorOf(page: Page, keys: number): Promise<number[]> {
  await page.goto('/healthz');
  await page.evaluate(() => {
    let pressed = 0;
    addEventListener('keydown', () => {
      pressed += 1;
      document.body.dataset.word = String(pressed);
      document.body.textContent = `word ${pressed}`;
    });
  });
  const took: number[] = [];
  for (let key = 0; key < keys; key += 1) took.push(await untilPainted(page, 'word', () => page.keyboard.press('j')));
  return took;
}

/** Marks and moves items, one key each; each key goes on to the next item by itself. */
async function decide(page: Page, items: number): Promise<{ keys: number[]; corrections: number[] }> {
  const [keys, corrections]: [number[], number[]] = [[], []];
  await untilPainted(page, 'chosen', () => page.keyboard.press('j'));
  for (let item = 0; item < items; item += 1) {
    const corrects = item % CORRECTED_EVERY === CORRECTED_EVERY - 1;
    const took = await untilPainted(page, 'chosen', () => page.keyboard.press(corrects ? '2' : 'a'));
    keys.push(took);
    if (corrects) corrections.push(took);
  }
  await page.getByText(/^Saving/).waitFor({ state: 'hidden' });
  return { keys, corrections };
}

/** From the wish for a page until something of it is painted, in ms. */
async function opened(page: Page, url: string, selector: string): Promise<number> {
  const from = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator(selector).first().waitFor();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  return performance.now() - from;
}

/** What is done with the list once its page is opened. */
async function changed(page: Page, url: string, act: (page: Page) => Promise<number>): Promise<number> {
  await opened(page, url, '[role="option"]');
  // Before it is alive no key is heard.
  await page.getByRole('status').filter({ hasText: 'Awaiting review' }).waitFor();
  return act(page);
}

async function filtered(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Filter' }).click();
  return untilPainted(page, 'first', () => page.getByLabel('Confidence').selectOption({ label: '0.8 and above' }));
}

function sorted(page: Page): Promise<number> {
  return untilPainted(page, 'first', () => page.getByRole('button', { name: 'subject' }).click());
}

async function jumped(page: Page): Promise<number> {
  await page.getByRole('listbox').focus();
  return untilPainted(page, 'chosen', () => page.keyboard.press('End'));
}

/** From the commit of a receipt, by the database's clock, until its line is painted on the batch's page; both on one machine. */
async function receiptToPixel(page: Page, url: string): Promise<number> {
  const rest = openRest(url, ADMIN.key);
  return rounds(async (round) => {
    const id = await rest.startBatch({ name: `Receipt ${round}`, rows: 5, plan: { ...SHELF_PLAN, execution: { first: 0 } } });
    await rest.untilChunk(id, 1, 'awaiting_review');
    await opened(page, `${url}/batches/${id}`, 'main h1');
    const seen = page.evaluate(
      () =>
        new Promise<number>((done) => {
          const look = () =>
            document.querySelector('main')?.textContent?.includes('Archived: ')
              ? setTimeout(() => done(Date.now()))
              : requestAnimationFrame(look);
          look();
        }),
    );
    await rest.approve(id, 1);
    const at = await seen;
    const { rows } = await db().pool.query<{ at: number }>(
      "SELECT (extract(epoch FROM min(committed_at)) * 1000)::float8 AS at FROM receipt WHERE batch_id = $1 AND kind = 'outcome'",
      [id],
    );
    return at - (rows[0]?.at ?? Number.NaN);
  });
}

async function rounds(measure: (round: number) => Promise<number>): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) took.push(await measure(round));
  return rounded(median(took));
}

function timed(took: readonly number[]): { p50: number; p95: number; worst: number } {
  const ordered = [...took].sort((a, b) => a - b);
  const at = (share: number) => rounded(ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), worst: rounded(ordered.at(-1) ?? Number.NaN) };
}
