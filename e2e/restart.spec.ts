/** The server goes away under pages that are open, and comes back. */
import type { Page } from '@playwright/test';
import { atSize } from '#test/size.ts';
import { test as base, expect } from './fixtures.ts';
import { SHELF_PLAN } from './rest.ts';
import { startWire, type Wire } from './wire.ts';

const test = base.extend<{ wire: Wire; tabs(...paths: string[]): Promise<Page[]> }>({
  wire: async ({ product, trouble }, use) => {
    // What the browser says of a server that is away.
    trouble.expect(/Failed to load resource|Failed to fetch|net::ERR_|^502 /);
    const wire = await startWire(product);
    await use(wire);
    wire.close();
  },
  /** Tabs of one browser, each marked, so that a reload shows. */
  tabs: async ({ visit, adminSession, wire }, use) => {
    await use(async (...paths) => {
      const first = await visit(adminSession);
      const pages: Page[] = [];
      for (const path of paths) {
        const page = pages.length === 0 ? first : await first.context().newPage();
        await page.goto(`${wire.url}${path}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await page.evaluate(() => document.documentElement.setAttribute('data-loaded', 'once'));
        pages.push(page);
      }
      return pages;
    });
  },
});

const lost = (page: Page) => page.getByText(/The server does not answer\. What you see is from \d\d:\d\d:\d\d\./);
const expectNeverReloaded = async (page: Page) =>
  expect(await page.evaluate(() => document.documentElement.getAttribute('data-loaded'))).toBe('once');

const REVIEWED = { ...SHELF_PLAN, chunking: { by: 'size', maxItems: 20 }, gates: { next: 'parallel' } } as const;

test('A restart of the server is told by every open page, and each is right again by itself, with what was typed and chosen', async ({
  tabs,
  wire,
  rest,
  product,
  endWeb,
}) => {
  const [before, meanwhile] = [`Before ${Date.now()}`, `Meanwhile ${Date.now()}`];
  const id = await rest.startBatch({ name: before, rows: 60, plan: REVIEWED });
  for (const n of [1, 2, 3]) await rest.untilChunk(id, n, 'awaiting_review');
  // No more: a browser has six connections to a site, and each page keeps one.
  const pages = await tabs('/', `/batches/${id}`, `/batches/${id}/chunks/1`, ...atSize([], ['/admin', '/batches']));
  const [needs, batch, checkpoint, admin, batches] = pages as [Page, Page, Page, Page?, Page?];
  if (admin) await expect(admin.getByRole('table', { name: 'Batches under way' })).toContainText(before);
  if (batches) await expect(batches.getByRole('table', { name: 'Batches' })).toContainText(before);
  await expect(needs.getByRole('region', { name: before })).toBeVisible();
  const second = checkpoint.getByRole('listbox').getByRole('option').nth(1);
  await second.click();
  await expect(second).toHaveAttribute('aria-selected', 'true');
  await checkpoint.keyboard.press('/');
  await checkpoint.keyboard.type('mail');
  const asked = Date.now();

  wire.become('away');
  await endWeb();
  await Promise.all(pages.map((page) => expect(lost(page)).toBeVisible()));
  test.info().annotations.push({ type: 'told after', description: `${Date.now() - asked} ms` });
  await expect(batch.getByRole('button', { name: 'Pause', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await expect(batch.getByRole('button', { name: 'Pause', exact: true })).toHaveAttribute('title', /nothing can be sent/);

  // The server is back, and things happen before the pages know.
  await expect
    .poll(() => fetch(`${product}/readyz`).then(({ ok }) => ok, () => false)) // biome-ignore format: one question
    .toBe(true);
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'awaiting_release');
  const other = await rest.startBatch({ name: meanwhile, rows: 20, plan: SHELF_PLAN });
  await rest.untilChunk(other, 1, 'awaiting_review');
  await Promise.all(pages.map((page) => expect(lost(page)).toBeVisible()));
  wire.become('well');

  await Promise.all(pages.map((page) => expect(lost(page)).toBeHidden()));
  if (admin) await expect(admin.getByRole('table', { name: 'Batches under way' })).toContainText(meanwhile);
  if (batches) await expect(batches.getByRole('table', { name: 'Batches' })).toContainText(meanwhile);
  await expect(needs.getByRole('region', { name: meanwhile })).toBeVisible();
  await expect(
    needs.getByRole('region', { name: before }).getByRole('link', { name: /First done, waiting for release/ }),
  ).toBeVisible();
  await expect(batch.getByRole('list', { name: 'Chunks', exact: true })).toContainText('First done, waiting for release');
  await expect(batch.getByRole('button', { name: 'Pause', exact: true })).not.toHaveAttribute('aria-disabled');
  await expect(checkpoint.getByRole('region', { name: 'The first receipts' })).toBeVisible();
  await expect(checkpoint.getByLabel(/^Search in /)).toHaveValue('mail');
  for (const page of pages) await expectNeverReloaded(page);
  await rest.api.cancel.batch({ params: { id } });
  await rest.api.cancel.batch({ params: { id: other } });
});

test('A page that is asked for while a gateway answers for the server opens by itself later, and never as the browser’s own', {
  tag: '@proof',
}, async ({ tabs, wire }) => {
  const [page] = (await tabs('/batches')) as [Page];
  wire.become('gateway');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tasks' }).first().click();
  await expect(lost(page)).toContainText('The page that you asked for opens then.');
  await expect(page.getByRole('heading', { name: 'Batches', level: 1 })).toBeVisible();
  wire.become('well');
  await expect(page.getByRole('heading', { name: 'Tasks', level: 1 })).toBeVisible();
  await expect(lost(page)).toBeHidden();
  await expectNeverReloaded(page);
});

test('A server that falls silent without a word is told, what is typed stays, and nothing is sent by a press', {
  tag: '@proof',
}, async ({ tabs, wire }) => {
  const [people] = (await tabs('/admin/people')) as [Page];
  await people.getByLabel('Mail address').fill('cy@example.org');
  wire.become('silent');
  await expect(lost(people)).toBeVisible();
  const invite = people.getByRole('button', { name: /invit/i }).first();
  await expect(invite).toHaveAttribute('aria-disabled', 'true');
  await people.getByLabel('Mail address').press('Enter');
  wire.become('well');
  await expect(lost(people)).toBeHidden();
  await expect(people.getByLabel('Mail address')).toHaveValue('cy@example.org');
  await expect(invite).not.toHaveAttribute('aria-disabled');
  await expect(people.getByRole('button', { name: 'Copy the link' })).toHaveCount(0);
  await expectNeverReloaded(people);
});
