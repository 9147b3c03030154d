/** What a browser may paint before its answer, and what it may not: moves of items yes, decisions never. */
import type { Page, Request, Route } from '@playwright/test';
import { categoryOf, countIn, decision, lookAt } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';

const CORRECTIONS = '**/api/v1/batches/*/chunks/*/corrections';
const isAction = (request: Request): boolean => request.method() === 'POST' && 'next-action' in request.headers();
const isRender = (request: Request): boolean => request.method() === 'GET' && 'rsc' in request.headers();

/** A chunk of 30 rows in review, 24 of them noise, open on the screen and looked at. */
async function open(page: Page, rest: Rest, name: string) {
  const id = await rest.startBatch({ name, rows: 30, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  // Before it opens: what a page that is open sends in the moment after the first route goes past it.
  await page.route(CORRECTIONS, (route) => route.fallback());
  await page.goto(`/batches/${id}/chunks/1`);
  await lookAt(page, 'noise');
  await expect.poll(() => countIn(page, 'noise')).toBe(24);
  return { id, rows: page.getByRole('listbox', { name: 'Items in noise' }).getByRole('option') };
}

/** Holds requests back until it is let go; tells which came. */
function gate() {
  let letGo = () => {};
  const opened = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const came: string[] = [];
  const hold = async (route: Route) => {
    came.push(route.request().postData() ?? '');
    await opened;
    await route.continue();
  };
  return { hold, came, opened, letGo };
}

/** Until it is let go, the page does not hear by itself that somebody else has decided. */
async function unaware(page: Page) {
  const news = gate();
  await page.route(/\/api\/v1\/batches\/[^/]+\/chunks\?/, news.hold);
  return news;
}

test('A correction that did not arrive is taken back, says so, and goes through when it is tried again; and corrections in a row keep their order, however slow the first is', async ({
  desk: page,
  rest,
  trouble,
}) => {
  trouble.expect(/net::ERR_FAILED/);
  const { id, rows } = await open(page, rest, 'Taken back');
  const sent = gate();
  const refuse = async (route: Route): Promise<void> => {
    await sent.opened;
    await route.abort();
  };
  await page.route(CORRECTIONS, refuse);
  await page.keyboard.press('2');
  await expect(rows.first()).toContainText('→ keep');
  await expect(categoryOf(page, 'keep')).toContainText('7');
  sent.letGo();
  await expect(page.getByRole('alert').filter({ hasText: '1 correction not saved: The server did not answer.' })).toBeVisible();
  await expect(rows.first()).not.toContainText('→ keep');
  await expect.poll(async () => [await countIn(page, 'noise'), await countIn(page, 'keep')]).toEqual([24, 6]);
  // This one alone: without any route, what is sent in the moment after the next one goes past it.
  await page.unroute(CORRECTIONS, refuse);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(rows.first()).toContainText('→ keep');
  await expect.poll(async () => (await rest.api.chunks.read({ id, n: 1 })).counts).toEqual({ noise: 23, keep: 7 });
  await expect(page.getByText('not saved')).toBeHidden();

  await rows.nth(1).click();
  const held = gate();
  await page.route(CORRECTIONS, held.hold);
  await page.keyboard.press('2');
  await expect.poll(() => held.came).toHaveLength(1);
  // Each move goes on to the next item by itself.
  await page.keyboard.press('k');
  await page.keyboard.press('1');
  await page.keyboard.press('2');
  await expect(rows.nth(2)).toContainText('→ keep');
  await expect(rows.nth(1)).not.toContainText('→ keep');
  await expect(decision(page)).toContainText('Saving 3 corrections…');
  expect(held.came).toHaveLength(1);
  held.letGo();
  await expect(decision(page)).not.toContainText('Saving');
  const bodies = held.came.map((body) =>
    (JSON.parse(body) as { ordinal: number; category: string }[]).map(({ category }) => category),
  );
  expect(bodies).toEqual([['keep'], ['noise', 'keep']]);
  expect((await rest.api.chunks.read({ id, n: 1 })).counts).toEqual({ noise: 22, keep: 8 });
  await expect.poll(async () => [await countIn(page, 'noise'), await countIn(page, 'keep')]).toEqual([22, 8]);
  await expect(rows.nth(1)).not.toContainText('→ keep');
});

test('A correction of what somebody else decided meanwhile is taken back, and the page shows what was decided', {
  tag: '@proof',
}, async ({ desk: page, rest, trouble }) => {
  trouble.expect(/status of 409/);
  const { id, rows } = await open(page, rest, 'Decided meanwhile');
  const news = await unaware(page);
  await rest.approve(id, 1);
  await page.keyboard.press('2');
  const told = page.getByRole('alert').filter({ hasText: /^1 correction not saved: Chunk 1 is .*can't be changed any more/ });
  await expect(told).toBeVisible();
  news.letGo();
  await expect(told.getByRole('button')).toHaveCount(0);
  await expect(decision(page)).toBeHidden();
  await expect(rows.first()).not.toContainText('→ keep');
  await expect.poll(async () => [await countIn(page, 'noise'), await countIn(page, 'keep')]).toEqual([24, 6]);
});

test('A decision on what somebody else decided meanwhile is refused where it was pressed, and the page shows what was decided', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const { id } = await open(page, rest, 'Decided before');
  const news = await unaware(page);
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'awaiting_release');
  await page.getByRole('button', { name: 'More decisions' }).click();
  await page.getByRole('menuitem', { name: 'Close without executing…' }).click();
  const question = page.getByRole('dialog');
  await question.getByRole('button', { name: 'Close without executing' }).click();
  await expect(question.getByRole('alert')).toContainText(
    /^Chunk 1 is now “first done, waiting for release”\. Nothing was decided\.$/,
  );
  await question.getByRole('button', { name: 'Cancel' }).click();
  news.letGo();
  await expect(page.getByRole('region', { name: 'The first receipts' }).getByRole('listitem')).toHaveCount(3);
  await expect(decision(page)).toBeHidden();
});

test('An approval pressed right after a correction signs what was corrected, waits for no page, and is painted only once it is done', async ({
  desk: page,
  rest,
}) => {
  const { id } = await open(page, rest, 'Right after');
  const [corrections, decisions, renders] = [gate(), gate(), gate()];
  await page.route(CORRECTIONS, corrections.hold);
  // Nothing that the page is rendered from arrives before the decision has left.
  await page.route('**/*', async (route) => {
    const request = route.request();
    if (isAction(request)) return decisions.hold(route);
    if (isRender(request)) return renders.hold(route);
    await route.fallback();
  });
  await page.keyboard.press('2');
  await page.keyboard.press('e');
  const question = page.getByRole('dialog', { name: 'Archive 23 rows?' });
  const yes = question.getByRole('button', { name: 'Archive first 3' });
  await expect(yes).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(yes).toHaveAttribute('aria-busy', 'true');
  await expect.poll(() => corrections.came).toHaveLength(1);
  // The decision does not overtake the correction that it is about.
  expect(decisions.came).toHaveLength(0);
  corrections.letGo();
  await expect.poll(() => decisions.came).toHaveLength(1);
  const corrected = await rest.api.chunks.read({ id, n: 1 });
  expect(corrected).toMatchObject({ revision: 2, counts: { noise: 23, keep: 7 }, state: 'awaiting_review' });
  expect(decisions.came[0]).toContain(`"digest":"${corrected.digest}"`);
  expect(decisions.came[0]).toContain('"revision":2');

  // It is on its way: nothing says that it was done, and pressing again sends nothing.
  await expect(yes).toHaveAttribute('aria-busy', 'true');
  await page.keyboard.press('Enter');
  await yes.click({ force: true });
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(decision(page).getByRole('button').first()).toHaveAttribute('aria-busy', 'true');
  await expect(page.getByRole('status').filter({ hasText: 'Awaiting review' })).toBeVisible();
  expect(decisions.came).toHaveLength(1);
  decisions.letGo();
  renders.letGo();
  await expect(page.getByRole('region', { name: 'The first receipts' }).getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Archive the other 20' }).click();
  await expect(page.getByText('23 of 23 done')).toBeVisible();
});

test('A decision that is pressed twice is sent once', { tag: '@proof' }, async ({ desk: page, rest }) => {
  const { id } = await open(page, rest, 'Pressed twice');
  const sent: string[] = [];
  page.on('request', (request) => {
    if (isAction(request)) sent.push(request.postData() ?? '');
  });
  // Both presses before the page can draw anything.
  await page.getByRole('button', { name: 'Next chunk only' }).evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await expect(page.getByText('Reviewed, not executed')).toBeVisible();
  expect(sent).toHaveLength(1);
  expect((await rest.api.chunks.read({ id, n: 1 })).state).toBe('awaiting_review');
});

test('Whoever moved something while another looked keeps the other from approving it unseen, also right after a correction', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const { id, rows } = await open(page, rest, 'Not unseen');
  const { samples } = await rest.api.chunks.read({ id, n: 1 });
  const [first] = samples.filter(({ category }) => category === 'noise').slice(-1);
  await rest.api.chunks.correct({ params: { id, n: 1 }, body: [{ ordinal: first?.ordinal ?? 0, category: 'keep' }] });
  await page.keyboard.press('2');
  await expect(rows.first()).toContainText('→ keep');
  await page.keyboard.press('e');
  await expect(page.getByRole('dialog').getByRole('button').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/while you looked\. Nothing was approved\.$/)).toBeVisible();
  expect(await rest.api.chunks.read({ id, n: 1 })).toMatchObject({ state: 'awaiting_review', revision: 3 });
  await page.getByRole('button', { name: 'Show changes' }).click();
  await expect(page.getByText(`Item ${first?.ordinal}: noise → keep`)).toBeVisible();
  await page.getByRole('button', { name: 'Reload and continue' }).click();
  await expect(categoryOf(page, 'keep')).toContainText('8');
  await expect.poll(() => countIn(page, 'noise')).toBe(22);
});

test('All items of a category are read on while one scrolls, searched, and moved where they lie', async ({
  desk: page,
  rest,
}) => {
  const id = await rest.startBatch({ name: 'Three hundred', rows: 300, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  await page.goto(`/batches/${id}/chunks/1`);
  await lookAt(page, 'noise');
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.endsWith('/chunks/1/items')) asked.push(search);
  });
  await page.keyboard.press('s');
  const list = page.getByRole('listbox', { name: 'Items in noise' });
  await expect(list.getByRole('option').first()).toContainText(/mail 1(?!\d)/);
  await list.focus();
  await expect(async () => {
    await page.keyboard.press('End');
    await expect(list.getByRole('option', { selected: true })).toContainText('mail 300', { timeout: 1_000 });
  }).toPass();
  expect(asked).toHaveLength(3);
  await page.keyboard.press('2');
  await expect(list.getByRole('option', { selected: true })).toContainText('→ keep');
  await expect(decision(page)).not.toContainText('Saving');
  await page.keyboard.press('/');
  await page.keyboard.type('mail 299');
  await expect(list.getByRole('option')).toHaveCount(1);
  await expect(list.getByRole('option')).toContainText('mail 299');
  await page.getByRole('searchbox').fill('');
  // It lies where it was, and says where it went.
  const last = list.getByRole('option', { selected: true });
  await expect(last).toContainText('mail 300');
  await expect(last).toContainText('→ keep');
  expect((await rest.api.chunks.read({ id, n: 1 })).counts).toEqual({ noise: 239, keep: 61 });
});

test('What is filtered is selected, moved and taken back as one, what somebody else moved meanwhile is told, and Back goes back', async ({
  desk: page,
  rest,
  trouble,
}) => {
  // What matches no longer is what was selected.
  trouble.expect(/409 \(Conflict\)/);
  const id = await rest.startBatch({ name: 'By query', rows: 300, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const { keyboard } = page;
  const list = page.getByRole('listbox', { name: 'Items in noise' });
  const picked = list.getByRole('option', { checked: true });
  const counts = async () => (await rest.api.chunks.read({ id, n: 1 })).counts;
  const asked = new URLSearchParams({ category: 'noise', sort: 'field.subject', order: 'desc' });
  await page.goto(`/batches/${id}/chunks/1?${asked}`);
  await expect(list.getByRole('option').first()).toContainText('mail 99');
  await page.getByRole('button', { name: /^subject.*sorted descending/ }).click();
  await expect(page).toHaveURL(/category=noise&show=all$/);
  await expect(list.getByRole('option').first()).toContainText(/mail 1(?!\d)/);
  await keyboard.press('x');
  await keyboard.press('J');
  await expect(picked).toHaveCount(2);
  await keyboard.press('2');
  await expect(list.getByRole('option').filter({ hasText: '→ keep' })).toHaveCount(2);
  await keyboard.press('z');
  await expect(page.getByText('Taken back: 2 rows are in noise again.')).toBeVisible();
  await expect.poll(counts).toEqual({ noise: 240, keep: 60 });

  await keyboard.press('Control+a');
  await page.getByRole('button', { name: 'Select all 240 that match' }).click();
  await expect(page.getByText('All 240 that match now are selected.')).toBeVisible();
  await rest.api.chunks.correct({ params: { id, n: 1 }, body: [{ ordinal: 300, category: 'keep' }] });
  await keyboard.press('2');
  await expect(
    page.getByRole('alert').filter({ hasText: '239 items match now; when they were selected it was 240.' }),
  ).toBeVisible();
  expect(await counts()).toEqual({ noise: 239, keep: 61 });
  await keyboard.press('Escape');
  await keyboard.press('Control+a');
  await page.getByRole('button', { name: 'Select all 239 that match' }).click();
  await keyboard.press('2');
  await expect(page.getByText('239 rows moved to keep.')).toBeVisible();
  await expect(categoryOf(page, 'keep')).toContainText('300');
  await keyboard.press('z');
  await expect(page.getByText('Taken back: 239 rows are in noise again.')).toBeVisible();
  await expect.poll(counts).toEqual({ noise: 239, keep: 61 });

  await page.goBack();
  await expect(page).toHaveURL(/sort=field.subject&order=desc/);
  await expect(list.getByRole('option').first()).toContainText('mail 99');
});

test('A list that is longer than a page is read on where it is', { tag: '@proof' }, async ({ desk: page, rest }) => {
  const plan = { ...SHELF_PLAN, execution: { first: 0 } };
  const id = await rest.startBatch({ name: 'Many receipts', rows: 60, plan });
  await rest.approve(id, 1);
  await expect(async () => expect((await rest.api.batches.read({ id })).state).toBe('finished')).toPass();
  await page.goto(`/batches/${id}?tab=receipts`);
  const receipts = page.getByRole('table', { name: 'Receipts' }).getByRole('row');
  await expect(receipts).toHaveCount(51);
  await page.getByRole('button', { name: 'Show more' }).click();
  // A decision, 48 actions, and the start and the closing of the batch.
  await expect(receipts).toHaveCount(100);
  await expect(page.getByRole('button', { name: 'Show more' })).toBeHidden();
  await page.goto(`/shelf?${new URLSearchParams({ batch: id, category: 'noise', shelf: 'archive' })}`);
  const lying = page.getByRole('table', { name: 'Items on the shelf' }).getByRole('row');
  await expect(lying).toHaveCount(49);
  await page.getByLabel('Search these items').fill('mail 60');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(lying).toHaveCount(2);
});
