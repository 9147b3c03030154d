import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { decision } from './checkpoint.ts';
import { ADMIN, test as base, expect, listen, restOf, signIn } from './fixtures.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';

type Look = { path: string; light: string[]; dark: string[]; width: number | undefined };

/** Pages with something in every state on them, made once and looked at once: in light colours, in dark ones, and 390 px wide. */
const test = base.extend<object, { paths: string[]; looks: Look[] }>({
  paths: [async ({ product }, use) => use(await seed(restOf(product))), { scope: 'worker', timeout: 120_000 }],
  looks: [
    async ({ browser, product, adminSession, paths }, use) => {
      const context = await browser.newContext({ baseURL: product, storageState: adminSession, reducedMotion: 'reduce' });
      const heard: string[] = [];
      listen(context, (what) => heard.push(what));
      const page = await context.newPage();
      const looks: Look[] = [];
      for (const path of paths) looks.push(await look(page, path));
      await context.close();
      expect(heard).toEqual([]);
      await use(looks);
    },
    { scope: 'worker', timeout: 240_000 },
  ],
});
// One after the other, so that only one of the runner's workers looks.
test.describe.configure({ mode: 'default' });

async function look(page: Page, path: string): Promise<Look> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  await open(page, path);
  const light = await serious(page, path);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(page.locator('html')).toHaveClass(/\bdark\b/);
  const dark = await serious(page, path, true);
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.scrollingElement?.scrollWidth);
  return { path, light, dark, width };
}

async function seed(rest: Rest): Promise<string[]> {
  const chunking = { by: 'size', maxItems: 20 } as const;
  const id = await rest.startBatch({ name: 'Looks', rows: 120, plan: { ...SHELF_PLAN, chunking, gates: { next: 'parallel' } } });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'awaiting_release');
  await rest.untilChunk(id, 6, 'awaiting_review');
  const { datasetId } = await rest.api.batches.read({ id });
  const tabs = ['receipts', 'uncertain', 'plan', 'task', 'downloads'].map((tab) => `/batches/${id}?tab=${tab}`);
  const [batch, dataset] = [`/batches/${id}`, `/datasets/${datasetId}`];
  return [
    ...['/', '/datasets', dataset, `${dataset}?tab=fields`, `/batches/new?dataset=${datasetId}`, '/batches', batch, ...tabs],
    ...[`${batch}/chunks/1`, `${batch}/chunks/2`, `${batch}/receipts/1.2`, '/tasks', '/admin', '/admin/people'],
    ...['/shelf', `/shelf?batch=${id}`, `/shelf?batch=${id}&category=noise&shelf=archive`],
  ];
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  if (path.startsWith('/batches/new')) await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`Axe finds nothing serious on any page, ${colorScheme}`, ({ looks }) => {
    expect(looks.flatMap((one) => one[colorScheme])).toEqual([]);
  });
}

test('Axe finds nothing serious in the questions of a checkpoint, nor on the sign-in page', async ({ page, paths }) => {
  // A dialog that still fades in has the colours of neither.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/sign-in');
  expect(await serious(page, 'sign-in')).toEqual([]);
  await signIn(page, ADMIN);
  await open(page, paths.find((path) => path.endsWith('/chunks/2')) ?? '');
  // Else the question's button becomes enabled, and changes its colours, while Axe looks.
  await expect(decision(page)).toContainText('Every category with an action was looked at');
  for (const name of ['Archive', 'Send back…']) {
    await decision(page).getByRole('button', { name }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await serious(page, name)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  }
});

test('At 390 px no page scrolls sideways', ({ looks }) => {
  expect(looks.filter(({ width }) => width !== 390).map(({ path, width }) => [path, width])).toEqual([]);
});

/** What Axe finds; of a page whose other rules were looked at in another colour scheme, only what depends on colours. */
async function serious(page: Page, where: string, onlyColours = false): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (onlyColours
    ? axe.withRules(['color-contrast', 'link-in-text-block'])
    : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa'])
  ).analyze();
  const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${where}: ${id}: ${html}\n${failureSummary}`));
}
