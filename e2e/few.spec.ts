import type { Locator, Page } from '@playwright/test';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { expect, test } from './fixtures.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';
import { untilSettled } from './sum.ts';
import { tabTo } from './tab-to.ts';

const firstOf = (page: Page) => page.getByRole('region', { name: 'The first receipts' });

/** Confirms the question that is open, which Enter answers as soon as it can be. */
async function answer(page: Page, question: Locator, confirm: string | RegExp): Promise<void> {
  await expect(question.getByRole('button', { name: confirm })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
}

/** Lets the rest of all chunks of the approval run, once the first ones are done. */
async function release(page: Page): Promise<void> {
  await expect(firstOf(page).getByRole('button', { name: /^Run the other/ })).toBeVisible();
  // As long as the approval's dialog is there, the page takes no key.
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('e');
}

/** Undoes all of the batch whose page is open: a preview, one approval, one release. Gives the undo's address. */
async function undoAll(page: Page, name: string, done: number): Promise<string> {
  await tabTo(page, page.getByRole('button', { name: 'Undo…' }));
  await page.keyboard.press('Enter');
  const preview = page.getByRole('dialog', { name: `Undo ${name}?` });
  await expect(preview).toContainText('will come back from the archive shelf');
  await expect(preview).toContainText('Nothing is changed yet');
  await tabTo(page, preview.getByRole('button', { name: 'Start the undo' }));
  await page.keyboard.press('Enter');
  const question = page.getByRole('dialog', { name: /^(Restore|Withdraw)/ });
  await expect(question).toContainText('no sample is asked for');
  await answer(page, question, /first/);
  await release(page);
  await expect(page.getByText('Finished', { exact: true })).toBeVisible({ timeout: 240_000 });
  await untilSettled(page, { approved: done, done });
  return new URL(page.url()).pathname;
}

test('Three chunks are decided by one press, on looks over all of them, and undone by one: by keyboard, no chunk opened', async ({
  desk: page,
  rest,
}) => {
  const name = 'Few decisions';
  const plan: PlanInput = { ...SHELF_PLAN, chunking: { by: 'size', maxItems: 20 }, gates: { next: 'parallel' } };
  const id = await rest.startBatch({ name, rows: 60, plan });
  for (const n of [1, 2, 3]) await rest.untilChunk(id, n, 'awaiting_review');
  const { keyboard } = page;

  await page.goto(`/batches/${id}`);
  await lookAtAllBut(page, rest, id, 3);
  const chunks = page.getByRole('list', { name: 'Chunks', exact: true }).getByRole('link');
  await expect(page.getByRole('region', { name: 'Chunks that wait' })).toContainText('noise: looked at');
  await tabTo(page, chunks.first());
  await keyboard.press('x');
  await keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('2 chunks selected: 40 rows')).toBeVisible();
  await keyboard.press('Control+a');
  await expect(page.getByRole('button', { name: 'Approve the 3 chunks…' })).toBeVisible();
  await keyboard.press('Escape');

  // What the bound still wants, in the order of the draw, from whatever chunks it lies in.
  await keyboard.press('r');
  const looks = page.getByRole('listbox', { name: 'Random items of the batch' }).getByRole('option');
  await expect(looks).toHaveCount(3);
  await keyboard.press('2');
  await expect(looks.first()).toContainText('→ keep');
  await keyboard.press('z');
  await expect(looks.first()).not.toContainText('→');
  for (let at = 0; at < 3; at += 1) await keyboard.press('a');
  await expect(page.getByText('At most 2 % of each category is wrong, 95 % sure')).toBeVisible();

  await keyboard.press('e');
  const question = page.getByRole('dialog', { name: 'Archive 48 rows?' });
  await expect(question).toContainText('3 chunks (');
  await expect(question).toContainText('Three run first, then we stop and show you.');
  await expect(question).toContainText('Approved under the batch’s bound: 2 % is proven.');
  await expect(question.getByRole('region', { name: 'A request of noise' })).toBeVisible();
  await answer(page, question, 'Archive first 3');
  await expect(firstOf(page).getByRole('listitem')).toHaveCount(3);
  await release(page);
  await untilSettled(page, { approved: 48, done: 48 });

  const undo = await undoAll(page, name, 48);
  expect(undo).not.toContain(id);
  await page.goto(`/batches/${id}`);
  await expect(page.getByText(`48 of 48 undone by Undo of ${name}.`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo…' })).toBeHidden();
  // A receipt names the one that undid it, and that one names it.
  await page.getByRole('link', { name: 'Receipts', exact: true }).click();
  await page
    .getByRole('row', { name: /Archived: / })
    .first()
    .getByRole('link')
    .first()
    .click();
  await page.getByRole('link', { name: new RegExp(`^receipt \\d+\\.\\d+ of Undo of ${name}$`) }).click();
  await expect(page.getByRole('link', { name: new RegExp(`^receipt \\d+\\.\\d+ of ${name}$`) })).toBeVisible();
});

test('6,046 real mails go from their upload to the last receipt by keyboard with a bound of 2 %, and back by one approval', {
  tag: '@proof',
}, async ({ desk: page }) => {
  test.setTimeout(900_000);
  const { keyboard } = page;
  let decisions = 0;
  await page.goto('/datasets');
  await tabTo(page, page.getByRole('button', { name: 'Try 6,046 real mails' }));
  await keyboard.press('Enter');
  await expect(page.getByText(/^6,046 mails · [\d.]+ MB$/)).toBeVisible();
  await tabTo(page, page.getByRole('link', { name: 'Plan a batch' }));
  await keyboard.press('Enter');
  const start = page.getByRole('button', { name: /^Start pilot/ });
  await expect(start).toBeEnabled();
  // The plan's page is walked by a short cut of its own.
  await start.focus();
  await keyboard.press('Enter');
  await page.waitForURL(/\/batches\/[0-9a-f-]{36}$/);
  const path = new URL(page.url()).pathname;
  // The pilot is classified first. That the others go on is a decision too.
  await expect(page.getByRole('link', { name: /Review next/ })).toBeVisible();
  await keyboard.press('n');
  await tabTo(page, page.getByRole('button', { name: 'Next chunk only' }));
  await keyboard.press('Enter');
  decisions += 1;
  await page.goto(path);
  const offer = page.getByRole('region', { name: 'Chunks that wait' });
  const chunks = page.getByRole('list', { name: 'Chunks', exact: true }).getByRole('listitem');
  // The page is there, and not its outline.
  await expect(chunks.first()).toBeVisible();
  const count = await chunks.count();
  await expect(offer.getByRole('button', { name: `Approve the ${count} chunks that wait` })).toBeVisible({ timeout: 240_000 });

  await keyboard.press('r');
  const looks = page.getByRole('listbox', { name: 'Random items of the batch' }).getByRole('option');
  const proven = page.getByText('At most 2 % of each category is wrong, 95 % sure');
  while (!(await proven.isVisible())) {
    await expect(looks.first()).toBeVisible();
    const left = await looks.filter({ hasNotText: /right$/ }).count();
    for (let at = 0; at < left; at += 1) await keyboard.press('a');
    await expect(page.getByText('Saving…')).toBeHidden({ timeout: 120_000 });
    const further = page.getByRole('button', { name: /^Draw the next/ });
    await expect(proven.or(further)).toBeVisible({ timeout: 120_000 });
    if (await further.isVisible()) await keyboard.press('r');
  }
  await keyboard.press('e');
  const question = page.getByRole('dialog', { name: /^Archive [\d,]+ mails, create a task for/ });
  await expect(question).toContainText('Approved under the batch’s bound', { timeout: 120_000 });
  await answer(page, question, 'Run the first 6');
  decisions += 1;
  await release(page);
  decisions += 1;
  await expect(page.getByText('Finished', { exact: true })).toBeVisible({ timeout: 240_000 });
  const sum = await untilSettled(page, { failed: 0, uncertain: 0, 'not executed': 0 });
  expect(sum.done).toBe(sum.approved);
  expect(decisions).toBeLessThan(15);
  await undoAll(page, 'Classify sample', sum.done);
});

/** Marks as right what the batch's bound wants, but for the last few, by the session of the page: a key's marks are no looks. */
async function lookAtAllBut(page: Page, { api }: Rest, id: string, few: number): Promise<void> {
  const { items } = await api.batches.looks({ id });
  const marked = items.slice(0, -few);
  for (const [n, own] of Map.groupBy(marked, ({ chunk }) => chunk)) {
    const answer = await page.request.post(`/api/v1/batches/${id}/chunks/${n}/reviews`, {
      headers: { origin: new URL(page.url()).origin },
      data: own.map(({ ordinal, category }) => ({ ordinal, right: true, category })),
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }
}
