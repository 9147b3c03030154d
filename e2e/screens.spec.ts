/** Pictures of each main page, for docs/field.md: light, dark and at 390 px, over the same data each time (`npm run screens`). No story of `npm test`. */
import type { BrowserContext, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  narrow: { viewport: { width: 390, height: 800 }, colorScheme: 'light', hasTouch: true },
} as const;

const PEOPLE = ['Ada Byron', 'Bo Diddley', 'Cleo Laine', 'Dora Marsden', 'Eve Arden'];
const WHAT = ['Invoice', 'Please reset my password for', 'Delivery of', 'Refund of', 'Question about'];

/** 480 tickets of a helpdesk, as it exports them. */
function tickets(): string {
  const rows = Array.from({ length: 480 }, (_, index) => {
    const day = new Date(Date.UTC(2026, 0, 5) + ((index * 37) % 290) * 86_400_000).toISOString().slice(0, 10);
    const status = ['open', 'waiting', 'open', 'closed'][(index * 31) % 4];
    return `T-${1000 + index},${PEOPLE[(index * 7) % 5]},${WHAT[(index * 3) % 5]} order ${4000 + index},${status},${day},${((index * 7919) % 90_000) / 100}`;
  });
  return `Ticket,Customer,Subject,Status,Last Reply,Amount\n${rows.join('\n')}\n`;
}

const PLAN = {
  version: 2,
  instruction: 'Close what nobody waits for any more; what is worth money is somebody’s task.',
  classifier: {
    kind: 'rules',
    rules: [
      { where: [[{ field: 'Amount', is: 'over', value: '800' }]], category: 'call', why: 'worth a call' },
      {
        where: [
          [
            { field: 'Last Reply', is: 'older_than', days: 90, on: '2026-10-25' },
            { field: 'Status', is: 'is_not', value: 'closed' },
          ],
        ],
        category: 'close',
        why: 'nobody wrote for 90 days',
      },
    ],
    otherwise: 'keep',
  },
  categories: [
    { name: 'close', action: { connector: 'shelf', do: 'archive' } },
    { name: 'call', action: { connector: 'task', do: 'create', with: { title: 'Call {{Customer}} about {{Ticket}}' } } },
    { name: 'keep' },
  ],
  chunking: { by: 'time', field: 'Last Reply', every: 'month', timeZone: 'Europe/Rome' },
  gates: { next: 'parallel', evidence: { atMost: 0.05, over: 'batch' }, keysMaySign: true },
  receiptFields: ['Ticket', 'Customer', 'Subject'],
};

test('Each main page, light, dark and at 390 px', async ({ browser, product, adminSession, rest }) => {
  test.setTimeout(900_000);
  const { id: dataset } = await rest.upload('Tickets.csv', tickets());
  const { id: batch } = await rest.api.batches.create({
    body: { datasetId: dataset, name: 'Close old tickets', plan: PLAN as never, start: true },
  });
  for (let chunk = 1; chunk <= 10; chunk += 1) await rest.untilChunk(batch, chunk, 'awaiting_review');
  for (const chunk of [1, 2]) {
    const { digest, revision, samples } = await rest.api.chunks.read({ id: batch, n: chunk });
    await rest.api.chunks.mark({
      params: { id: batch, n: chunk },
      body: samples.slice(0, 12).map(({ ordinal }) => ({ ordinal, right: true })),
    });
    const body = { digest: digest ?? '', revision, seen: samples.map(({ ordinal }) => ordinal), next: true, execute: true };
    await rest.api.chunks.decide({ params: { id: batch, n: chunk }, body: { ...body, override: 'pictures are taken' } });
  }
  await rest.untilChunk(batch, 1, 'awaiting_release', 'done');
  await rest.untilChunk(batch, 2, 'awaiting_release', 'done');
  const { digest, revision } = await rest.api.chunks.read({ id: batch, n: 1 });
  await rest.api.chunks.decide({
    params: { id: batch, n: 1 },
    body: { digest: digest ?? '', revision, seen: [], release: true },
  });
  await rest.untilChunk(batch, 1, 'done');
  const { items: receipts } = await rest.api.receipts.list({ id: batch, kind: 'outcome' });
  const receipt = receipts[0];

  const on = `/batches/${batch}`;
  const pages: Record<string, { path: string; first?: (page: Page) => Promise<void> }> = {
    'needs-you': { path: '/' },
    datasets: { path: '/datasets' },
    dataset: { path: `/datasets/${dataset}` },
    reading: { path: `/datasets/${dataset}/reading` },
    plan: { path: `/batches/new?dataset=${dataset}` },
    batches: { path: '/batches' },
    batch: { path: on },
    'batch-plan': { path: `${on}?tab=plan` },
    checkpoint: { path: `${on}/chunks/4` },
    decide: { path: `${on}?approve` },
    review: { path: `${on}/review` },
    release: { path: `${on}/chunks/2` },
    receipts: { path: `${on}?tab=receipts` },
    receipt: { path: `${on}/receipts/${receipt?.chunk}-${receipt?.seq}` },
    story: { path: `${on}/items/${receipt?.ordinal}` },
    tasks: { path: '/tasks' },
    shelf: { path: '/shelf' },
    board: { path: '/admin' },
    people: { path: '/admin/people' },
    security: { path: '/security' },
    account: { path: '/you' },
    find: {
      path: '/batches',
      first: async (page) => {
        await page.getByRole('button', { name: 'Search' }).click();
        await page.getByRole('combobox').fill('byron');
      },
    },
  };
  for (const [look, options] of Object.entries(LOOKS)) {
    const context: BrowserContext = await browser.newContext({
      ...options,
      ...{ baseURL: product, storageState: adminSession, reducedMotion: 'reduce', timezoneId: 'Europe/Rome', locale: 'en-GB' },
    });
    const page = await context.newPage();
    for (const [name, { path, first }] of Object.entries(pages)) {
      await page.goto(path);
      await expect(page.locator('main h1').first()).toBeVisible();
      await first?.(page);
      // What comes after the page itself (samples, live counts, what was found); the event stream is never idle.
      await page.waitForTimeout(1_500);
      await page.screenshot({ path: `docs/screens/${name}-${look}.jpg`, type: 'jpeg', quality: 60 });
    }
    await context.close();
  }
});
