import type { Page } from '@playwright/test';
import { approveUndo, releaseRest } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';
import { sumLine, untilSettled } from './sum.ts';

/** 20 rows: 16 archived, 4 kept. */
async function archived(rest: Rest, name: string): Promise<string> {
  const plan = { ...SHELF_PLAN, execution: { first: 0 } };
  const id = await rest.startBatch({ name, rows: 20, plan });
  await rest.approve(id, 1);
  await rest.untilChunk(id, 1, 'done');
  return id;
}

const question = (page: Page, what: string) => page.getByRole('dialog', { name: `Undo ${what}?` });

test('A batch is undone like it was done: previewed, looked at, approved; both batches say so, and the undo is undone', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const name = 'Archived by mistake';
  const id = await archived(rest, name);
  await page.goto(`/batches/${id}`);
  await page.getByRole('button', { name: 'Undo…' }).click();
  await expect(question(page, name)).toContainText('Restore 16 rows noise · will come back from the archive shelf');
  await expect(question(page, name)).toContainText('Nothing is changed yet');
  await question(page, name).getByRole('button', { name: 'Start the undo' }).click();

  // One approval over all of it, with the usual words. Its ground is the receipts.
  await expect(page.getByRole('dialog', { name: 'Restore 16 rows?' })).toContainText('(noise)');
  const undo = await approveUndo(page);
  expect(undo).not.toContain(id);
  await expect(page.getByText('Finished', { exact: true })).toBeVisible();
  await untilSettled(page, { approved: 16, done: 16 });
  await expect(page.getByRole('listitem').filter({ hasText: /Restored: \d{4}-\d\d-\d\d \| / })).not.toHaveCount(0);

  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByText(`16 of 16 undone by Undo of ${name}.`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo…' })).toBeHidden();
  await page.getByRole('link', { name: 'Receipts', exact: true }).click();
  await page
    .getByRole('row', { name: /Archived: / })
    .first()
    .getByRole('link')
    .first()
    .click();
  await page.getByRole('link', { name: /^receipt 1\.\d+ of Undo of/ }).click();
  await expect(page.getByRole('link', { name: new RegExp(`^receipt 1\\.\\d+ of ${name}$`) })).toBeVisible();

  // And back again, from the undo's own page.
  await page.goto(undo);
  await page.getByRole('button', { name: 'Undo…' }).click();
  await expect(question(page, `Undo of ${name}`)).toContainText('Archive 16 rows');
  await question(page, `Undo of ${name}`).getByRole('button', { name: 'Start the undo' }).click();
  await approveUndo(page);
  await untilSettled(page, { approved: 16, done: 16 });
  await page.goto(`/batches/${id}`);
  await expect(page.getByText('All of them were undone in turn, so what was done stands again.')).toBeVisible();
});

test('A single item is undone from its receipt, and the rest of its chunk afterwards; what was undone is named', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const name = 'One too many';
  const plan = { ...SHELF_PLAN, execution: { first: 3 } };
  const id = await rest.startBatch({ name, rows: 20, plan });
  await rest.approve(id, 1);
  await page.goto(`/batches/${id}/chunks/1`);
  await releaseRest(page);
  await expect(page.getByText('16 of 16 done')).toBeVisible();
  await page.getByRole('link', { name, exact: true }).click();
  await page
    .getByRole('list', { name: 'Newest receipts' })
    .getByRole('link', { name: /mail 3$/ })
    .click();
  await page.getByRole('button', { name: 'Undo this…' }).click();
  await expect(question(page, 'item 3')).toContainText('Restore 1 row');
  await question(page, 'item 3').getByRole('button', { name: 'Start the undo' }).click();
  await approveUndo(page);
  await untilSettled(page, { approved: 1, done: 1 });

  await page.goto(`/batches/${id}`);
  await expect(page.getByText(`1 of 16 undone by Undo of ${name}.`)).toBeVisible();
  await page
    .getByRole('link', { name: 'Items 1 to 20' })
    .or(page.getByRole('region', { name: 'Chunks' }).getByRole('link'))
    .first()
    .click();
  await page.getByRole('button', { name: 'Undo this chunk…' }).click();
  const asked = page.getByRole('dialog');
  await expect(asked).toContainText('Restore 15 rows');
  await expect(asked).toContainText(`1: “Undo of ${name}” undid it already (item 3)`);
  await asked.getByRole('button', { name: 'Start the undo' }).click();
  await approveUndo(page);
  await page.getByRole('button', { name: /^Run the other/ }).click();
  await untilSettled(page, { approved: 15, done: 15 });
  await page.goto(`/batches/${id}`);
  await expect(sumLine(page)).toContainText(/\b16 done/);
  await expect(page.getByText(/^15 of 16 undone by/)).toBeVisible();
});
