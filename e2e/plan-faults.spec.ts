import type { Page } from '@playwright/test';
import { test as base, expect } from './fixtures.ts';
import { type Rest, rowsOf } from './rest.ts';

/** A plan that is half filled in may be previewed before the rest is typed, and the refusal is what these stories are about. */
const test = base.extend<{ refusals: undefined }>({
  refusals: [
    async ({ trouble }, use) => {
      trouble.expect(/status of 400 .*\/batches\/preview/);
      await use(undefined);
    },
    { auto: true },
  ],
});

const start = (page: Page) => page.getByRole('button', { name: /^Start/ });
const save = (page: Page) => page.getByRole('button', { name: 'Keep for later' });

/** The plan's page over rows of its own, ready to start. */
async function openPlan(page: Page, rest: Rest, name: string): Promise<void> {
  const dataset = await rest.upload(`${name}.csv`, rowsOf(12));
  await page.goto(`/batches/new?dataset=${dataset.id}`);
  await expect(start(page)).toBeEnabled();
}

/** The first category sends a request; gives the category's place in the list. */
async function sendRequests(page: Page) {
  const category = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('combobox', { name: /: action$/ }) })
    .first();
  await category.getByRole('combobox', { name: /: action$/ }).selectOption('http');
  await category.getByLabel('Address').fill('http://127.0.0.1:9/rows');
  return category;
}

async function expectBlocked(page: Page, places: number): Promise<void> {
  await expect(start(page)).toBeDisabled();
  await expect(save(page)).toBeDisabled();
  await expect(page.getByRole('list', { name: 'To fix first' }).getByRole('listitem')).toHaveCount(places);
}

test('A body that is not JSON, or a deadline that tells nobody, keeps the plan from starting, and the batch that starts once both are fixed has them as typed', async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'Broken body');
  const category = await sendRequests(page);
  await category.getByRole('button', { name: 'Body as JSON' }).click();
  const body = category.getByLabel('Body, as JSON');
  await body.fill('{"a":');
  await expectBlocked(page, 1);
  await expect(body).toHaveAttribute('aria-invalid', 'true');
  await expect(category.getByRole('alert')).toContainText('Not JSON');

  // What JSON would lose without a word is a fault too.
  await body.fill('{"id": 12345678901234567890}');
  await expectBlocked(page, 1);
  await body.fill('{"a": 1, "a": 2}');
  await expectBlocked(page, 1);

  // The name of the place leads to it, and what was typed is there still.
  await page.getByRole('button', { name: /^Categories/ }).click();
  await expect(body).toBeHidden();
  await page.getByRole('list', { name: 'To fix first' }).getByRole('button').click();
  await expect(body).toBeFocused();
  await expect(body).toHaveValue('{"a": 1, "a": 2}');

  await body.fill('{"a": ["{{subject}}", 1.50]}');
  await expect(page.getByRole('list', { name: 'To fix first' })).toHaveCount(0);
  await page.getByRole('button', { name: /^Asking/ }).click();
  await page.getByLabel('A question may wait so many hours').fill('36');
  await page.getByLabel('Who is told then').fill('ada');
  await expectBlocked(page, 1);
  await page.getByLabel('Who is told then').fill('ada@firm.example');
  await expect(page.getByRole('list', { name: 'To fix first' })).toHaveCount(0);
  await expect(start(page)).toBeEnabled();
  await start(page).click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  const { plan } = await rest.api.batches.read({ id: page.url().split('/').at(-1) ?? '' });
  expect(plan.deadline).toEqual({ hours: 36, escalateTo: 'ada@firm.example' });
  const sent = { url: 'http://127.0.0.1:9/rows', body: { a: ['{{subject}}', 1.5] } };
  expect(plan.categories).toContainEqual(expect.objectContaining({ action: expect.objectContaining({ with: sent }) }));
});

test('A request is written without JSON: its body, its headers and what undoes it in rows, with fields picked from a list', async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'No JSON');
  const category = await sendRequests(page);
  const pick = async (from: string, item: string) => {
    await category.getByRole('button', { name: from, exact: true }).first().click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  await pick('Member', 'subject');
  await pick('Member', 'Another member');
  await category.getByRole('textbox', { name: 'Body: name 2' }).fill('state');
  await category.getByRole('textbox', { name: 'Body: state' }).fill('archived');
  await pick('Header', 'Another header');
  await category.getByRole('textbox', { name: 'Headers: name 1' }).fill('X-Source');
  await category.getByRole('textbox', { name: 'Headers: X-Source' }).fill('countersign');
  // Two of one name are told, and block.
  await category.getByRole('textbox', { name: 'Body: name 2' }).fill('subject');
  await expectBlocked(page, 1);
  await category.getByRole('textbox', { name: 'Body: name 2' }).fill('state');
  await category.getByRole('checkbox', { name: /^It can be undone, by another request/ }).check();
  await category.getByLabel('Address of the undo').fill('http://127.0.0.1:9/rows/{{target}}');
  await category.getByRole('checkbox', { name: /^Only some answers count as done/ }).check();
  await category.getByLabel('Status is one of (empty: any 2xx)').fill('200, 201');
  await expect(start(page)).toBeEnabled();
  await save(page).click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  const { plan } = await rest.api.batches.read({ id: page.url().split('/').at(-1) ?? '' });
  expect(plan.categories).toContainEqual(
    expect.objectContaining({
      action: expect.objectContaining({
        with: {
          url: 'http://127.0.0.1:9/rows',
          body: { subject: '{{subject}}', state: 'archived' },
          headers: { 'X-Source': 'countersign' },
          undo: { do: 'POST', url: 'http://127.0.0.1:9/rows/{{target}}' },
          success: { json: { '/ok': true }, status: [200, 201] },
        },
      }),
    }),
  );
});

test('A broken field that is gone no longer blocks', { tag: '@proof' }, async ({ desk: page, rest }) => {
  await openPlan(page, rest, 'Gone field');
  const category = await sendRequests(page);
  // What a GET can't have is there again once it is none.
  await category.getByRole('button', { name: 'Body as JSON' }).click();
  await category.getByLabel('Body, as JSON').fill('{"kept": true}');
  await category.getByLabel('Method').selectOption('GET');
  await expect(category.getByLabel('Body, as JSON')).toHaveCount(0);
  await category.getByLabel('Method').selectOption('PUT');
  await expect(category.getByRole('textbox', { name: 'Body: name 1' })).toHaveValue('kept');

  await category.getByRole('button', { name: 'Headers as JSON' }).click();
  await category.getByLabel('Headers, as JSON').fill('{"x"');
  await expectBlocked(page, 1);
  await category.getByRole('combobox', { name: /: action$/ }).selectOption('none.label');
  await expect(start(page)).toBeEnabled();

  // What is broken in one category stays with it when another is removed.
  await page.getByRole('button', { name: 'Category', exact: true }).click();
  const names = page.getByLabel(/^Category \d+: name$/);
  const last = await names.count();
  await page.getByLabel(`Category ${last}: name`).fill('first to go');
  await page.getByRole('button', { name: 'Category', exact: true }).click();
  await page.getByLabel(`Category ${last + 1}: name`).fill('');
  await expectBlocked(page, 1);
  await page.getByRole('button', { name: 'Remove first to go' }).click();
  await expect(page.getByLabel(`Category ${last}: name`)).toHaveValue('');
  await expectBlocked(page, 1);
  await page.getByLabel(`Category ${last}: name`).fill(await names.first().inputValue());
  await expectBlocked(page, 1);
  await page.getByLabel(`Category ${last}: name`).fill('second');
  await expect(start(page)).toBeEnabled();
});

test('A number that is none is neither rounded nor left out, and every broken place is named', { tag: '@proof' }, async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'Broken numbers');
  await page.getByRole('button', { name: /^Limits/ }).click();
  const first = page.getByLabel('Run first, then ask');
  for (const typed of ['', '-1', '1.5', 'three', '1001', '99999999999999999999']) {
    await first.fill(typed);
    await expectBlocked(page, 1);
    await expect(first).toHaveValue(typed);
    await expect(first).toHaveAttribute('aria-invalid', 'true');
  }
  await page.getByLabel('Merge below').fill('a few');
  await page.getByLabel('Name of the batch').fill(' ');
  await expectBlocked(page, 3);
  await page.getByRole('button', { name: 'Run first, then ask', exact: true }).click();
  await expect(first).toBeFocused();
  await first.fill('7');
  await page.getByLabel('Merge below').fill('');
  await page.getByLabel('At most per second').fill('0.5');
  await page.getByLabel('Name of the batch').fill('Half a row a second');
  await expect(start(page)).toBeEnabled();
  await save(page).click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  const { plan } = await rest.api.batches.read({ id: page.url().split('/').at(-1) ?? '' });
  expect(plan.execution).toMatchObject({ first: 7, ratePerSecond: 0.5 });
});

test('A broken plan as JSON and an edit of a row beside it: neither is lost without a word', { tag: '@proof' }, async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'Broken plan');
  await page.getByRole('button', { name: /^JSON/ }).click();
  const json = page.getByLabel('The plan', { exact: true });
  const whole = await json.inputValue();
  await json.fill(whole.slice(0, -1));
  await expectBlocked(page, 1);
  await page.getByRole('button', { name: /^Limits/ }).click();
  await page.getByLabel('Attempts').fill('9');
  await expect(json).toHaveValue(whole.slice(0, -1));
  await expectBlocked(page, 1);

  // The text reads again, but without the edit of the row: a person says which of them counts.
  await json.fill(whole);
  await expectBlocked(page, 1);
  await expect(page.getByLabel('Attempts')).toHaveValue('9');
  await page.getByRole('button', { name: 'Discard this text' }).click();
  await expect(json).toHaveValue(/"attempts": 9/);
  await expect(start(page)).toBeEnabled();

  await json.fill('{}');
  await expectBlocked(page, 1);
  await page.getByLabel('Attempts').fill('8');
  await json.fill(whole);
  await page.getByRole('button', { name: 'Use this text' }).click();
  await expect(page.getByLabel('Attempts')).not.toHaveValue('8');
  await expect(start(page)).toBeEnabled();
});

test('What was typed or done by hand outlives a choice that has no place for it', { tag: '@proof' }, async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'Choices');
  await page.getByRole('button', { name: 'Rule', exact: true }).click();
  await page.getByLabel('Rule 1: value').fill('mail 1');
  await page.getByLabel('Rule 1: operator').selectOption('empty');
  await page.getByLabel('Rule 1: operator').selectOption('contains_any');
  await page.getByLabel('Rule 1: another value').fill('mail 2');
  await page.getByLabel('Rule 1: another value').press('Enter');
  await page.getByLabel('Rule 1: field').selectOption('date');
  await page.getByLabel('Rule 1: field').selectOption('subject');
  await page.getByLabel('Rule 1: operator').selectOption('contains_any');
  await expect(page.getByRole('button', { name: 'Remove mail 1' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Remove mail 2' })).toBeVisible();

  const category = await sendRequests(page);
  await category.getByRole('combobox', { name: /: action$/ }).selectOption('');
  await expect(category.getByLabel('Address')).toHaveCount(0);
  await category.getByRole('combobox', { name: /: action$/ }).selectOption('http');
  await expect(category.getByLabel('Address')).toHaveValue('http://127.0.0.1:9/rows');

  await page.getByLabel('Time zone', { exact: true }).fill('Europe/Rome');
  await page.getByLabel('Chunks by', { exact: true }).selectOption('size');
  await page.getByLabel('Chunks by', { exact: true }).selectOption('time');
  await expect(page.getByLabel('Time zone', { exact: true })).toHaveValue('Europe/Rome');

  await page
    .getByRole('button', { name: /^Change / })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  const dialog = page.getByRole('dialog');
  for (const typed of [' ', 'x'.repeat(201)]) {
    await dialog.getByLabel('Name').fill(typed);
    await expect(dialog.getByRole('alert')).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Rename' })).toBeDisabled();
  }
  await dialog.getByLabel('Name').fill('By hand');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('cell', { name: 'By hand', exact: true })).toBeVisible();
  await page.getByLabel('Split above').fill('400');
  await expect(page.getByRole('cell', { name: 'By hand', exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'Back to the earlier chunks' }).click();
  await expect(page.getByRole('cell', { name: 'By hand', exact: true })).toBeVisible();
  await expect(page.getByLabel('Split above')).not.toHaveValue('400');
});

const PREVIEWS = '**/api/v1/batches/preview';

test('What starts is the plan whose preview is on the screen', async ({ desk: page, rest }) => {
  // Before the page opens, so that no request goes past what holds it.
  await page.route(PREVIEWS, (route) => route.fallback());
  await openPlan(page, rest, 'Slow preview');
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(PREVIEWS, async (route) => {
    await held;
    await route.continue();
  });
  await page.getByLabel('Split above').fill('400');
  await expect(start(page)).toBeDisabled();
  await page.getByLabel('Split above').press('Enter');
  await expect(page).toHaveURL(/\/batches\/new/);
  answer();
  await expect(start(page)).toBeEnabled();
});

test('A plan outlives a reload, asks before it is left, is saved by name, and tells the next file what that lacks', async ({
  desk: page,
  rest,
}) => {
  await openPlan(page, rest, 'Kept plan');
  await page.getByRole('button', { name: 'Rule', exact: true }).click();
  await page.getByLabel('Rule 1: field').selectOption('subject');
  await page.getByLabel('Rule 1: value').fill('mail 1');
  await page.getByRole('link', { name: 'Tasks', exact: true }).click();
  const asked = page.getByRole('dialog', { name: 'Leave this plan?' });
  await asked.getByRole('button', { name: 'Stay' }).click();
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  await expect(page.getByText('What you typed here before is back.')).toBeVisible();
  await expect(page.getByLabel('Rule 1: value')).toHaveValue('mail 1');

  await page.getByRole('button', { name: 'Save plan…' }).click();
  await page.getByLabel('Name of the plan').fill('Mails by subject');
  await page.getByLabel('Name of the plan').press('Enter');
  await expect(page.getByText('“Mails by subject” is saved for the next file.')).toBeVisible();
  await expect(start(page)).toBeEnabled();
  await page.getByLabel('Name of the batch').press('Enter');
  await page.getByLabel('Name of the batch').press('Control+Enter');
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  await page.getByRole('link', { name: 'Plan', exact: true }).click();
  await expect(page.getByText('subject contains “mail 1”')).toBeVisible();

  const next = await rest.upload('Next.csv', rowsOf(12).replace('subject', 'Subject'));
  await page.goto(`/datasets/${next.id}`);
  await page.getByRole('link', { name: '…by a saved plan' }).click();
  await page.getByRole('link', { name: 'Use “Mails by subject”' }).click();
  const misfits = page.getByRole('list', { name: 'What does not fit' });
  await expect(misfits).toContainText('“Next.csv” has no field “subject”. “Subject” is the nearest name.');
  await expect(start(page)).toBeDisabled();
  await misfits.getByRole('button', { name: 'Use “Subject” everywhere' }).click();
  await expect(start(page)).toBeEnabled();
  await page.getByRole('button', { name: 'Keep for later' }).click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  await page.getByRole('link', { name: 'Plan', exact: true }).click();
  await page.getByRole('link', { name: 'Change the plan…' }).click();
  await page.getByLabel('Merge below').fill('');
  await page.getByLabel('Split above').fill('5');
  await page.getByRole('button', { name: 'Save the changes' }).click();
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  const { chunks } = await rest.api.batches.read({ id: page.url().split('/').at(-1) ?? '' });
  expect(Math.max(...chunks.map(({ itemCount }) => itemCount))).toBeLessThanOrEqual(5);
});
