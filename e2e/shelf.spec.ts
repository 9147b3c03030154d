import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { FULL } from '#test/size.ts';
import { approveUndo } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { type Rest, rowsOf, SHELF_PLAN } from './rest.ts';

/** 20 rows: 12 archived as noise, 4 as old, 4 kept. */
async function archived(rest: Rest, name: string): Promise<string> {
  const rules = [
    { when: "item.from == 'sender1@example.org'", category: 'keep', why: 'from a friend' },
    { when: "item.from == 'sender2@example.org'", category: 'old', why: 'from long ago' },
  ];
  const plan = {
    ...SHELF_PLAN,
    classifier: { kind: 'rules', rules, otherwise: 'noise' } as const,
    categories: [...SHELF_PLAN.categories, { name: 'old', action: { connector: 'shelf', do: 'archive' } } as const],
    execution: { first: 0 },
  };
  const id = await rest.startBatch({ name, rows: 20, plan });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'done');
  return id;
}

/** The line of a category on the shelf, below its batch's name. */
function lineOf(page: Page, name: string, category: string): Locator {
  const ofBatch = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}`) }) });
  return ofBatch.getByRole('listitem').filter({ has: page.getByRole('link', { name: category, exact: true }) });
}

async function fileOf(page: Page, link: Locator): Promise<string> {
  const arriving = page.waitForEvent('download');
  await link.click();
  return readFileSync(await (await arriving).path(), 'utf8');
}

/** The rows of `senders`, as the file had them. */
function fileWith(...senders: number[]): string {
  const [header, ...rows] = rowsOf(20).trimEnd().split('\n');
  const own = rows.filter((row) => senders.some((sender) => row.includes(`sender${sender}@`)));
  return [header, ...own, ''].join('\n');
}

test('What a batch archived lies on the shelf, is downloaded as it came, and a category of it is restored by a look and a yes', async ({
  desk: page,
  rest,
}) => {
  const name = `Put away ${Date.now()}`;
  const id = await archived(rest, name);
  await page.goto(`/batches/${id}`);
  await page.getByRole('link', { name: 'On the shelf' }).click();
  await expect(page.getByRole('heading', { name: `Shelf · ${name}`, level: 1 })).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Shelf' }).click();
  await expect(page.getByRole('heading', { name: 'Shelf', exact: true, level: 1 })).toBeVisible();
  await expect(lineOf(page, name, 'noise')).toContainText('12 rows');
  await expect(lineOf(page, name, 'old')).toContainText('4 rows');
  await expect(lineOf(page, name, 'old')).toContainText('on the archive shelf · since');
  expect(await fileOf(page, lineOf(page, name, 'noise').getByRole('link', { name: 'Download' }))).toBe(fileWith(0, 3, 4));

  // What is in it, each with its receipt.
  await lineOf(page, name, 'noise').getByRole('link', { name: 'noise', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'noise · 12 rows', level: 1 })).toBeVisible();
  await expect(page.getByRole('row')).toHaveCount(13);
  await page.getByRole('searchbox', { name: 'Search these items' }).fill('MAIL 14');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('row')).toHaveCount(2);
  await page
    .getByRole('row', { name: /mail 14/ })
    .getByRole('link', { name: /^\d+\.\d+$/ })
    .click();
  await expect(page.getByRole('heading', { name: 'Item 14', level: 1 })).toBeVisible();

  await page.goto('/shelf');
  await lineOf(page, name, 'noise').getByRole('button', { name: 'Restore…' }).click();
  const question = page.getByRole('dialog', { name: `Undo noise of ${name}?` });
  await expect(question).toContainText('Restore 12 rows noise · will come back from the archive shelf');
  // From here on it is undone like a batch (undo.spec.ts).
  if (!FULL) return;
  await question.getByRole('button', { name: 'Start the undo' }).click();
  await expect(page.getByRole('dialog', { name: 'Restore 12 rows?' })).toContainText('no sample is asked for');
  const undo = `${new URL(page.url()).pathname}?approve`;

  // Until somebody approves, it lies there, and who is about to take it is said.
  await page.goto('/shelf');
  await expect(lineOf(page, name, 'noise')).toContainText('12 rows');
  await expect(lineOf(page, name, 'noise')).toContainText(`Undo of ${name} is not finished`);
  await expect(lineOf(page, name, 'old')).not.toContainText('not finished');
  await page.goto(undo);
  await approveUndo(page);
  await expect(page.getByText('Finished', { exact: true })).toBeVisible();

  await page.goto('/shelf');
  await expect(lineOf(page, name, 'old')).toContainText('4 rows');
  await expect(lineOf(page, name, 'noise')).toBeHidden();
  await page.goto(`/shelf?batch=${id}&category=noise&shelf=archive`);
  await expect(page.getByText('Nothing of noise is on the archive shelf any more.')).toBeVisible();
  await expect(page.getByText(`12 were taken back by Undo of ${name}.`)).toBeVisible();
});
