import type { Page } from '@playwright/test';
import { atSize, FULL } from '#test/size.ts';
import { approve, categoryOf, countIn, decision, lookAt, releaseRest } from './checkpoint.ts';
import { test as base, expect, type Session } from './fixtures.ts';
import { type InvitedRole, joins } from './joins.ts';
import { rowsOf, SHELF_PLAN } from './rest.ts';

type Invite = (name: string, role: InvitedRole) => Promise<Page>;

// One after the other, so that whoever was invited by one story is there for the next.
base.describe.configure({ mode: 'default' });
const signedIn = new Map<string, Session>();

/** Stories with somebody else in them, invited by the admin and signed in, in a browser of their own. */
const test = base.extend<{ invite: Invite }>({
  invite: async ({ desk, visit }, use) => {
    await use(async (name, role) => {
      const session = signedIn.get(name);
      if (session) return visit(session);
      const page = await visit();
      await joins(desk, page, name, role);
      signedIn.set(name, await page.context().storageState());
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
  await expect.poll(() => countIn(page, 'keep')).toBe(6);
  await page.getByRole('button', { name: 'Show changes' }).click();
  await expect(page.getByText(/^Item \d+: noise → keep by Bo, /)).toHaveCount(2);
  await page.getByRole('button', { name: 'Reload and continue' }).click();
  await expect(categoryOf(page, 'keep')).toContainText('8');
  await lookAt(page, 'noise');
  await approve(page);
  await releaseRest(page);
  await expect(page.getByText('22 of 22 done')).toBeVisible();
});

test('A mark survives a reload and a colleague sees it, and a decided chunk is read-only', { tag: '@proof' }, async ({
  desk: page,
  invite,
  rest,
}) => {
  const bo = await invite('Bo', 'reviewer');
  const id = await rest.startBatch({ name: 'Marked', rows: 30, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const path = `/batches/${id}/chunks/1`;
  const rowsOn = (one: Page) => one.getByRole('listbox', { name: 'Items in noise' }).getByRole('option');
  await page.goto(path);
  await lookAt(page, 'noise');
  await page.keyboard.press('y');
  await expect(rowsOn(page).first()).toContainText('right');
  await expect(rowsOn(page).nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect.poll(async () => (await rest.api.chunks.read({ id, n: 1 })).samples.filter(({ review }) => review).length).toBe(1);
  await page.reload();
  await expect(rowsOn(page).first()).toContainText('right');

  await bo.goto(path);
  await expect(rowsOn(bo).first()).toContainText('right');
  await expect(page.getByRole('status').filter({ hasText: 'Bo is here too' })).toBeVisible();
  await rowsOn(bo).nth(1).click();
  await bo.keyboard.press('a');
  await expect(rowsOn(page).nth(1)).toContainText('right');
  await bo.keyboard.press('z');
  await expect(rowsOn(page).nth(1)).not.toContainText('right');
  await page.getByRole('button', { name: 'I review this' }).click();
  await expect(bo.getByRole('status').filter({ hasText: /reviews this since/ })).toBeVisible();

  await lookAt(page, 'noise');
  await approve(page);
  await releaseRest(page);
  await rest.untilChunk(id, 1, 'done');
  await bo.goto(path);
  await expect(bo.getByRole('region', { name: 'What was decided' })).toContainText(/approved 24 rows/);
  await expect(bo.getByText('no sample shown yet')).toBeHidden();
  await expect(rowsOn(bo).first()).toContainText('Done');
  const item = bo.getByRole('region', { name: 'The chosen item' });
  await expect(item).toContainText(/Became.*Done/);
  await expect(item).not.toContainText('Will');
  await bo.keyboard.press('2');
  await expect.poll(async () => [await countIn(bo, 'noise'), await countIn(bo, 'keep')]).toEqual([24, 6]);
  await item.getByRole('button', { name: 'This is wrong: undo this one…' }).click();
  await expect(rowsOn(bo).first()).toContainText('wrong');
  expect((await rest.api.chunks.read({ id, n: 1 })).counts).toEqual({ noise: 24, keep: 6 });
});

test('Two people sign what a third started: nothing runs between, one of them may refuse, and nobody signs twice', {
  tag: '@proof',
}, async ({ desk: ada, invite, rest, baseURL }) => {
  const [bo, cy] = [await invite('Bo', 'reviewer'), await invite('Cy', 'reviewer')];
  const { id: datasetId } = await rest.upload('Two sign.csv', rowsOf(30));
  const plan = { ...SHELF_PLAN, gates: { approvals: 2 }, execution: { first: 0 } };
  const send = { data: { datasetId, name: 'Two sign', plan, start: true }, headers: { origin: baseURL ?? '' } };
  const { id } = (await (await ada.request.post('/api/v1/batches', send)).json()) as { id: string };
  await rest.untilChunk(id, 1, 'awaiting_review');
  const path = `/batches/${id}/chunks/1`;
  const signing = (page: Page) => decision(page).getByRole('button').first();

  await ada.goto(path);
  await expect(decision(ada)).toContainText('You started this batch, so two other people sign its chunks.');
  await expect(signing(ada)).toBeDisabled();

  await bo.goto(path);
  await lookAt(bo, 'noise');
  await expect(signing(bo)).toHaveText('Sign as the first: Archive 24…');
  await approve(bo);
  await expect(
    bo.getByText(/^Signed first by Bo, .* You signed this chunk first\. Another person signs second\.$/),
  ).toBeVisible();
  await expect(signing(bo)).toBeDisabled();
  expect((await rest.api.chunks.read({ id, n: 1 })).chunk.counts).toMatchObject({ approved: 0, done: 0 });

  const asked = (page: Page) =>
    page.getByRole('region', { name: 'Two sign' }).getByRole('link', { name: /Awaiting a second signature/ });
  await bo.goto('/');
  await expect(bo.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
  await expect(asked(bo)).toHaveCount(0);
  await cy.goto('/');
  await asked(cy).click();
  await expect(cy.getByText(/^Signed first by Bo, /)).toBeVisible();
  await expect(signing(cy)).toHaveText('Sign as the second: Archive 24…');
  await decision(cy).getByRole('button', { name: 'Do not sign…' }).click();
  await cy.getByRole('dialog').getByRole('textbox').fill('mail 3 is an invoice');
  await cy.getByRole('dialog').getByRole('button', { name: 'Do not sign', exact: true }).click();
  await expect(cy.getByText(/^Cy did not sign: mail 3 is an invoice/)).toBeVisible();

  await bo.goto(path);
  await expect(bo.getByText(/^Cy did not sign: mail 3 is an invoice/)).toBeVisible();
  await lookAt(bo, 'noise');
  await approve(bo);
  await expect(bo.getByText(/^Signed first by Bo, /)).toBeVisible();
  await expect(signing(cy)).toHaveText('Sign as the second: Archive 24…');
  await lookAt(cy, 'noise');
  await approve(cy);
  await expect(cy.getByText('24 of 24 done')).toBeVisible();
  await ada.goto(`/batches/${id}?tab=receipts&kind=decision`);
  for (const line of [/^signed first by Bo, .*; a second signature is needed$/, /^not signed by Cy, /, /^approved by Cy, /])
    await expect(ada.getByText(line).first()).toBeVisible();
});

test('A reviewer decides but plans nothing, and the API refuses what the pages do not offer', { tag: '@proof' }, async ({
  invite,
  rest,
  baseURL,
}) => {
  const id = await rest.startBatch({ name: 'For a reviewer', rows: 30, plan: SHELF_PLAN });
  const page = await invite('Bo', 'reviewer');
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
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'awaiting_release');
  await page.goto(`/shelf?batch=${id}`);
  await expect(page.getByRole('link', { name: 'Download noise' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Restore…' })).toHaveCount(0);

  const { datasetId } = await rest.api.batches.read({ id });
  const send = { data: { datasetId, name: 'Mine', plan: SHELF_PLAN }, headers: { origin: baseURL ?? '' } };
  const refused = await page.request.post('/api/v1/batches', send);
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining("A reviewer can't") });
});

test('A reviewer with pages open is disabled: the live page ends, the next act is refused, and only an admin lets them in again', {
  tag: '@proof',
}, async ({ desk, invite, rest, trouble }) => {
  trouble.expect(/status of 401/);
  const id = await rest.startBatch({ name: 'Left open', rows: 30, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const page = await invite('Dora', 'reviewer');
  const live = await page.context().newPage();
  await live.goto(`/batches/${id}`);
  await page.goto(`/batches/${id}/chunks/1`);
  await lookAt(page, 'noise');

  await desk.goto('/admin/people');
  await desk.getByRole('button', { name: 'Disable Dora…' }).click();
  const question = desk.getByRole('dialog', { name: 'Disable Dora?' });
  await expect(question).toContainText('Batches that Dora started and chunks that Dora approved.');
  await question.getByRole('button', { name: 'Disable Dora', exact: true }).click();
  await expect(question).toBeHidden();
  const row = desk.getByRole('row').filter({ hasText: 'Dora' });
  await expect(row).toContainText('Disabled since');

  await expect(live.getByText(/^Your session has ended/)).toBeVisible();
  await expect(live.getByText(/What you see is from/)).toBeHidden();
  await decision(page).getByRole('button').first().click();
  await page.getByRole('dialog').getByRole('button').first().click();
  // Over the page, and where the press was.
  await expect(page.getByText(/^Your session has ended\. Nothing was done/).first()).toBeVisible();
  expect((await rest.api.chunks.read({ id, n: 1 })).state).toBe('awaiting_review');

  const { items } = await rest.api.people.list();
  const email = items.find(({ name }) => name === 'Dora')?.email ?? '';
  const enter = async () => {
    await page.goto('/sign-in');
    await page.getByLabel('Mail address').fill(email);
    await page.getByLabel('Password').fill('a horse that reads batteries');
    await page.keyboard.press('Enter');
  };
  await enter();
  await expect(page.getByText('An admin disabled this account. Ask an admin to enable it.')).toBeVisible();
  await row.getByRole('button', { name: 'Enable Dora' }).click();
  await expect(row).not.toContainText('Disabled since');
  await enter();
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
});

test('Who is signed in next in the same tab is shown nothing that the one before had read', { tag: '@proof' }, async ({
  invite,
  rest,
}) => {
  const page = await invite('Dee', 'operator');
  const bo = await invite('Bo', 'reviewer');
  const count = atSize(150, 450);
  const { id } = await rest.upload('Read by Dee.csv', rowsOf(count));
  await page.goto(`/datasets/${id}`);
  const rows = page.getByRole('table', { name: 'Items' });
  const toEnd = () => rows.evaluate((table) => table.scrollTo(0, table.scrollHeight));
  await expect(async () => {
    await toEnd();
    await expect(rows.getByRole('cell', { name: `mail ${count}` })).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole('link', { name: 'Batches', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Batches', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Dee, operator: your menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Password')).toBeVisible();

  // Bo signed in elsewhere in this browser, and what this tab asks for is not answered: it shows what it has.
  await page.context().addCookies(await bo.context().cookies());
  await page.route('**/api/v1/datasets/*/items*', () => {});
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Bo, reviewer: your menu' })).toBeVisible();
  await expect(rows.getByRole('cell', { name: 'mail 1', exact: true })).toBeVisible();
  await toEnd();
  await expect(rows.getByRole('cell', { name: 'mail 100' })).toBeVisible();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('An auditor sees receipts and no items', async ({ invite, rest }) => {
  const id = await rest.startBatch({ name: 'For an auditor', rows: 30, plan: { ...SHELF_PLAN, execution: { first: 0 } } });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'done');
  const page = await invite('Aude', 'auditor');
  const nav = page.getByRole('navigation', { name: 'Main' });
  await expect(nav.getByRole('link', { name: 'Batches' })).toBeVisible();
  for (const name of ['Needs you', 'Datasets']) await expect(nav.getByRole('link', { name })).toHaveCount(0);
  await page.goto(`/batches/${id}?tab=receipts`);
  await expect(page.getByText('Archived: 2026-01-10 | sender0@example.org | mail 1', { exact: true })).toBeVisible();
  await page.goto(`/batches/${id}?tab=downloads`);
  await expect(page.getByRole('link', { name: 'JSONL' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'ZIP' })).toHaveCount(0);
  await page.goto(`/batches/${id}/chunks/1`);
  await expect(page.getByRole('heading', { name: 'An auditor does not see items' })).toBeVisible();
  await expect(nav.getByRole('link', { name: 'Shelf' })).toHaveCount(0);
  await page.goto('/shelf');
  await expect(page.getByRole('heading', { name: 'An auditor does not see items' })).toBeVisible();
  const { datasetId } = (await (await page.request.get(`/api/v1/batches/${id}`)).json()) as { datasetId: string };
  for (const path of ['', `/${datasetId}`, `/${datasetId}/reading`]) {
    await page.goto(`/datasets${path}`);
    await expect(page.getByRole('heading', { name: 'An auditor does not see datasets' })).toBeVisible();
  }

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Security' }).click();
  await expect(
    page.getByRole('table', { name: 'Security log' }).getByRole('row').filter({ hasText: 'Accepted an invitation.' }).first(),
  ).toBeVisible();

  // From a customer's name to the whole story of an item: the palette, a line, a press. What an auditor may not see is not even named there.
  await page.goto('/');
  await page.getByRole('button', { name: 'Search' }).click();
  const palette = page.getByRole('dialog', { name: 'Find or do something' });
  await expect(palette.getByRole('status')).toHaveText(
    'Finds batches, chunks and receipts by what they name. In quotes: exactly so.',
  );
  await palette.getByRole('combobox').fill('nobody has this');
  await expect(palette.getByRole('status')).toContainText('Nothing found');
  await palette.getByRole('combobox').fill('ＭÁIL "mail 13"');
  await palette
    .getByRole('group', { name: /^Receipts/ })
    .getByRole('option', { name: /^Archived: .* mail 13.*For an auditor/ })
    .click();
  await expect(page.getByRole('heading', { name: 'Item 13', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Item’s story' }).click();
  await expect(page.getByRole('heading', { name: 'Story of item 13', level: 1 })).toBeVisible();
  const story = page.getByRole('list', { name: 'What happened' });
  await expect(story).toContainText('API key of the environment uploaded “For an auditor.csv”. This is its item 13, at line 14.');
  await expect(story).toContainText('It was classified as “noise” by the rules of revision 1 of the plan. Confidence 0.50.');
  await expect(story).toContainText('This item was approved as “noise”. It was on the screen.');
  await expect(story.getByText(/It was done/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What its receipts name' })).toBeVisible();

  if (FULL) {
    // What is asked of the receipts is in the address, and Back goes back.
    await page.goto(`/batches/${id}?tab=receipts`);
    await page.getByRole('button', { name: 'Filter…' }).click();
    await page.getByLabel('Outcome').selectOption('Failed');
    await page.getByRole('button', { name: 'Only these receipts' }).click();
    await expect(page.getByRole('heading', { name: 'No receipt is like that' })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('row', { name: /Archived: .* mail 30/ })).toBeVisible();
  }

  const asked = async (path: string) => (await page.request.get(`/api/v1/batches/${id}${path}`)).status();
  expect(await asked('/receipts?format=jsonl')).toBe(200);
  for (const path of ['/chunks/1', '/chunks/1/items', '/scratchpad.zip', '/dataset?format=csv'])
    expect([path, await asked(path)]).toEqual([path, 403]);
  for (const path of ['/datasets', '/shelf']) expect((await page.request.get(`/api/v1${path}`)).status()).toBe(403);
});
