import type { Page } from '@playwright/test';
import { approve, categoryOf, countIn, decision, lookAt, releaseRest } from './checkpoint.ts';
import { test as base, expect } from './fixtures.ts';
import { SHELF_PLAN } from './rest.ts';

type Invite = (name: string, role: 'reviewer' | 'operator' | 'auditor') => Promise<Page>;

/** Stories with somebody else in them, invited by the admin and signed in, in a browser of their own. */
const test = base.extend<{ invite: Invite }>({
  invite: async ({ desk, visit }, use) => {
    await use(async (name, role) => {
      const email = `${name.toLowerCase()}-${Date.now()}@example.org`;
      await desk.goto('/admin/people');
      await desk.getByLabel('Mail address').fill(email);
      await desk.getByLabel('Role', { exact: true }).selectOption(role);
      await desk.getByRole('button', { name: 'Make an invitation link' }).click();
      const link = await desk.getByLabel(`Link for ${email}`).inputValue();
      const page = await visit();
      await page.goto(link);
      await page.getByLabel('Your name').fill(name);
      await page.getByLabel('Password').fill('a horse that reads batteries');
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
      return page;
    });
  },
});

test('Two reviewers on one checkpoint: the stale decision is refused and explained', async ({ desk: page, invite, rest }) => {
  const bo = await invite('Bo', 'reviewer');
  const id = await rest.startBatch({ name: 'Two at once', rows: 30, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const path = `/batches/${id}/chunks/1`;
  await page.goto(path);
  await lookAt(page, 'noise');

  await bo.goto(path);
  const samples = bo.getByRole('listbox', { name: 'Items in noise' }).getByRole('option');
  for (const index of [0, 2]) {
    await samples.nth(index).click();
    await bo.getByRole('group', { name: 'Category of this item' }).getByRole('button', { name: 'keep' }).click();
  }
  await expect(samples.filter({ hasText: '→ keep' })).toHaveCount(2);
  await expect.poll(() => countIn(bo, 'keep')).toBe(8);
  await expect(decision(bo)).not.toContainText('Saving');

  await approve(page);
  await expect(page.getByText(/^Bo moved 2 (items|rows) to keep while you looked\. Nothing was approved\.$/)).toBeVisible();
  expect((await rest.api.chunks.read({ id, n: 1 })).state).toBe('awaiting_review');
  expect(await countIn(page, 'keep')).toBe(6);
  await page.getByRole('button', { name: 'Show changes' }).click();
  await expect(page.getByText(/^Item \d+: noise → keep by Bo, /)).toHaveCount(2);
  await page.getByRole('button', { name: 'Go on from how it is now' }).click();
  await expect(categoryOf(page, 'keep')).toContainText('8');
  await lookAt(page, 'noise');
  await approve(page);
  await releaseRest(page);
  await expect(page.getByText('22 of 22 done')).toBeVisible();
});

test('A reviewer decides but plans nothing, and the API refuses what the pages do not offer', async ({
  invite,
  rest,
  baseURL,
}) => {
  const id = await rest.startBatch({ name: 'For a reviewer', rows: 30, plan: SHELF_PLAN });
  const page = await invite('Rita', 'reviewer');
  await page.goto('/batches');
  await expect(page.getByRole('link', { name: 'For a reviewer', exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Plan a batch' })).toHaveCount(0);
  await page.goto('/datasets');
  await expect(page.getByRole('link', { name: 'For a reviewer.csv' }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Choose a file' })).toHaveCount(0);
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Admin' })).toHaveCount(0);
  await page.goto('/admin/people');
  await expect(page.getByRole('heading', { name: 'Only an admin sees the people here' })).toBeVisible();
  await page.goto(`/batches/${id}/chunks/1`);
  await expect(decision(page)).toBeVisible();

  const { datasetId } = await rest.api.batches.read({ id });
  const send = { data: { datasetId, name: 'Mine', plan: SHELF_PLAN }, headers: { origin: baseURL ?? '' } };
  const refused = await page.request.post('/api/v1/batches', send);
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining("A reviewer can't") });
});

test('An auditor sees receipts and no items', async ({ invite, rest }) => {
  const id = await rest.startBatch({ name: 'For an auditor', rows: 30, plan: { ...SHELF_PLAN, execution: { first: 0 } } });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'done');
  const page = await invite('Aude', 'auditor');
  const nav = page.getByRole('navigation', { name: 'Main' });
  await expect(nav.getByRole('link', { name: 'Batches' })).toBeVisible();
  await expect(nav.getByRole('link', { name: 'Datasets' })).toHaveCount(0);
  await page.goto(`/batches/${id}?tab=receipts`);
  await expect(page.getByText('Archived: 2026-01-10 | sender0@example.org | mail 1', { exact: true })).toBeVisible();
  await page.goto(`/batches/${id}?tab=downloads`);
  await expect(page.getByRole('link', { name: 'JSONL' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'ZIP' })).toHaveCount(0);
  await page.goto(`/batches/${id}/chunks/1`);
  await expect(page.getByRole('heading', { name: 'An auditor does not see items' })).toBeVisible();

  const asked = async (path: string) => (await page.request.get(`/api/v1/batches/${id}${path}`)).status();
  expect(await asked('/receipts?format=jsonl')).toBe(200);
  for (const path of ['/chunks/1', '/chunks/1/items', '/scratchpad.zip', '/dataset?format=csv'])
    expect([path, await asked(path)]).toEqual([path, 403]);
  expect((await page.request.get('/api/v1/datasets')).status()).toBe(403);
});

test('Whoever has neither key nor session gets nothing, and is asked to sign in', async ({ page, request }) => {
  for (const path of ['/batches', '/datasets', '/workers']) expect((await request.get(`/api/v1${path}`)).status()).toBe(401);
  await page.goto('/batches');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('heading', { name: 'Sign in', level: 1 })).toBeVisible();
});
