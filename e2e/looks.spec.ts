import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { atSize } from '#test/size.ts';
import { decision } from './checkpoint.ts';
import { test as base, expect } from './fixtures.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';

type Made = { batch: string; datasetId: string };
/** Something in every state, made once by each of the runner's workers that looks at pages. A fixture of the worker would cost a product more. */
let made: Promise<Made> | undefined;

const test = base.extend<{ pathOf(name: string): string }>({
  pathOf: async ({ rest }, use) => {
    made ??= seed(rest);
    const { batch, datasetId } = await made;
    await use((name) => name.replace('BATCH', batch).replace('DATASET', datasetId));
  },
});

async function seed(rest: Rest): Promise<Made> {
  const chunking = { by: 'size', maxItems: 20 } as const;
  const batch = await rest.startBatch({
    name: 'Looks',
    rows: 120,
    plan: { ...SHELF_PLAN, chunking, gates: { next: 'parallel' } },
  });
  await rest.approve(batch, 1);
  await rest.untilChunk(batch, 1, 'awaiting_release');
  await rest.untilChunk(batch, 6, 'awaiting_review');
  return { batch, datasetId: (await rest.api.batches.read({ id: batch })).datasetId };
}

/** The pages that have most on them: `npm test` looks at no others. */
const MAIN = {
  'the main pages': ['/', '/batches/new?dataset=DATASET', '/batches/BATCH', '/batches/BATCH/chunks/2'],
};
/** Each is looked at in light colours, in dark ones, and 390 px wide. A tab goes from one to the next: a new one would begin with no script compiled. */
const ALL = {
  'lists, datasets, plans and the shelf': [
    ...[
      '/',
      '/datasets',
      '/datasets/DATASET',
      '/datasets/DATASET?tab=fields',
      '/datasets/DATASET/reading',
      '/batches/new?dataset=DATASET',
      '/batches',
      '/tasks',
    ],
    ...['/shelf', '/shelf?batch=BATCH', '/shelf?batch=BATCH&category=noise&shelf=archive'],
  ],
  'batches, chunks, receipts and the admin’s pages': [
    ...[
      '/batches/BATCH',
      '/connections',
      '/connections/new',
      '/batches/BATCH?as=table',
      '/batches/BATCH/chunks/1',
      '/batches/BATCH/chunks/2',
      '/batches/BATCH/receipts/1.2',
      '/batches/BATCH/items/2',
      '/batches?state=finished&name=none',
      '/admin',
      '/admin/people',
      '/admin/keys',
      '/security',
      '/you',
      '/nothing/is/here',
    ],
    ...['receipts', 'uncertain', 'plan', 'task', 'downloads'].map((tab) => `/batches/BATCH?tab=${tab}`),
  ],
};

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  if (path.startsWith('/batches/new')) await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
}

for (const [what, pages] of Object.entries(atSize<Record<string, string[]>>(MAIN, ALL))) {
  test(`Axe finds nothing serious, light or dark, and at 390 and 320 px no page scrolls sideways: ${what}`, async ({
    desk: page,
    pathOf,
    trouble,
  }) => {
    trouble.expect(/404 \(Not Found\) \(.*\/nothing\/is\/here\)$/);
    const size = page.viewportSize() ?? { width: 1440, height: 900 };
    const found: unknown[] = [];
    for (const name of pages) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: 'light' });
      await open(page, pathOf(name));
      found.push(...(await serious(page, name)));
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect(page.locator('html')).toHaveClass(/\bdark\b/);
      found.push(...(await serious(page, name, { onlyColours: true })));
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => scrollWidthOf(page), name).toBe(390);
      // As much as 1280 px have at 400 %.
      await page.setViewportSize({ width: 320, height: 256 });
      await expect.poll(() => scrollWidthOf(page), name).toBe(320);
    }
    expect(found).toEqual([]);
  });
}

test('Whoever has neither key nor session gets nothing, and is asked to sign in, where Axe finds nothing serious', async ({
  page,
  request,
}) => {
  for (const path of ['/batches', '/datasets', '/workers']) expect((await request.get(`/api/v1${path}`)).status()).toBe(401);
  await page.goto('/batches');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
  expect(await serious(page, 'sign-in')).toEqual([]);
});

test('Axe finds nothing serious in the questions of a checkpoint', { tag: '@proof' }, async ({ desk: page, pathOf }) => {
  await open(page, pathOf('/batches/BATCH/chunks/2'));
  // Else the question's button becomes enabled, and changes its colours, while Axe looks.
  await expect(decision(page)).toContainText('Every category with an action was shown');
  for (const name of ['Archive', 'Change the rules…']) {
    await decision(page).getByRole('button', { name }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await serious(page, name)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }
});

test('What opens over a page is well to Axe, lies at the thumb on a narrow screen, and gives the focus back', async ({
  desk: page,
  pathOf,
}) => {
  await open(page, pathOf('/datasets/DATASET'));
  for (const [button, role] of [
    [/^Search/, 'dialog'],
    [/: your menu$/, 'menu'],
    ['Row 1', 'dialog'],
  ] as const) {
    await page.getByRole('button', { name: button, exact: true }).click();
    await expect(page.getByRole(role)).toBeVisible();
    expect(await serious(page, role, { within: `[role=${role}]` })).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole(role)).toBeHidden();
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Admin' }).click();
  await expect(page.getByRole('heading', { name: 'Admin', level: 1 })).toBeVisible();

  await open(page, pathOf('/batches/BATCH/chunks/2'));
  // Over the list it is modal: what is behind it is out of reach, and is within reach again.
  const item = page.getByRole('dialog', { name: 'The chosen item' });
  const behind = page.getByRole('group', { name: 'Decision' });
  await expect(item).toBeHidden();
  // The page is alive: it has told what was on the screen.
  await expect(page.getByRole('region', { name: 'Categories' })).toContainText('random shown');
  await page.getByRole('option').nth(1).click();
  await expect(item).toBeInViewport();
  await expect(behind).toHaveJSProperty('inert', true);
  expect(await serious(page, 'sheet', { within: '[role=dialog]' })).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(item).toBeHidden();
  await expect(behind).toHaveJSProperty('inert', false);
  // One row of buttons: the others are in the menu.
  await expect.poll(async () => (await behind.boundingBox())?.height).toBeLessThan(80);
  await page.getByRole('option').nth(1).click();
  await expect(item).toBeVisible();
  await page.goBack();
  await expect(item).toBeHidden();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('20 rows');
});

/** How wide what is on the page is: it may be drawn anew for its new width. */
function scrollWidthOf(page: Page): Promise<number | undefined> {
  return page.evaluate(() => document.scrollingElement?.scrollWidth);
}

type Found = Pick<Awaited<ReturnType<AxeBuilder['analyze']>>, 'violations'>;

/**
 * What Axe finds: on all of the page, or within something that opened over it; of a page whose other rules were looked at in another colour scheme, only what
 * depends on colours.
 */
async function serious(page: Page, where: string, of: { onlyColours?: true; within?: string } = {}): Promise<string[]> {
  const { violations } = await (of.onlyColours ? coloursAgain(page) : lookedAt(page, of.within));
  const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${where}: ${id}: ${html}\n${failureSummary}`));
}

/** Nobody reads what is well, and to name it costs as much as to look. */
const ONLY_FAULTS = { resultTypes: ['violations' as const] };

function lookedAt(page: Page, within?: string): Promise<Found> {
  // No page has a frame in it, so that what was found needs no page of its own to be put together.
  const axe = new AxeBuilder({ page }).options(ONLY_FAULTS).setLegacyMode();
  // What stands before and behind an open menu only sends the focus on.
  axe.exclude('[data-base-ui-focus-guard]');
  if (within) axe.include(within);
  return axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze();
}

/** Axe is in the page since it was looked at: to send and compile it once more costs more than this look. */
function coloursAgain(page: Page): Promise<Found> {
  return page.evaluate(
    async ({ rules, options }) => {
      const { axe } = window as unknown as { axe: { run(context: Document, options: object): Promise<Found> } };
      const { violations } = await axe.run(document, { ...options, runOnly: { type: 'rule', values: rules } });
      return { violations };
    },
    { rules: ['color-contrast', 'link-in-text-block'], options: ONLY_FAULTS },
  );
}
