import { decision } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { SHELF_PLAN } from './rest.ts';

test('A correction becomes a rule for all that is not approved yet: what would change is shown first, it is listed, and it is taken away again', async ({
  desk: page,
  rest,
}) => {
  const plan = { ...SHELF_PLAN, version: 2 as const, chunking: { by: 'size', maxItems: 20 } as const };
  const id = await rest.startBatch({ name: 'Taught', rows: 60, plan });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const { keyboard } = page;
  await page.goto(`/batches/${id}/chunks/1?category=noise&show=all`);
  const list = page.getByRole('listbox', { name: 'Items in noise' });
  await list.getByRole('option').filter({ hasText: 'sender2@' }).first().click();
  await keyboard.press('2');
  const offer = page.getByRole('region', { name: 'More like it' });
  await expect(offer.getByRole('radio', { name: /sender2@example\.org/ })).toBeVisible();
  await offer.getByRole('radio', { name: /sender2@example\.org/ }).check();
  await offer.getByRole('button', { name: 'Make it a rule…' }).click();

  const rules = page.getByRole('dialog', { name: 'Change the rules' });
  await rules.getByLabel('Why? (kept with the receipt)').fill('They write to us.');
  await rules.getByRole('button', { name: 'Show what would change' }).click();
  // Three of the four are still noise: a person has moved the other one.
  await expect(rules.getByRole('region', { name: 'What would change' })).toContainText('3 rows: noise → keep');
  expect((await rest.api.chunks.read({ id, n: 1 })).counts).toEqual({ noise: 15, keep: 5 });
  await rules.getByRole('button', { name: 'Use these rules, classify 1 chunk again' }).click();
  await expect(rules).toBeHidden();
  await expect(page.getByText('note: They write to us.')).toBeVisible();
  // Classified again, it is back for review.
  await expect(decision(page)).toBeVisible();
  await expect.poll(async () => (await rest.untilChunk(id, 1, 'awaiting_review')).counts).toEqual({ noise: 12, keep: 8 });
  // What comes next goes by it too, and every decision says by which revision.
  await rest.approve(id, 1);
  expect((await rest.untilChunk(id, 2, 'awaiting_review')).counts).toEqual({ noise: 12, keep: 8 });

  await page.goto(`/batches/${id}?tab=plan`);
  const taught = page.getByRole('region', { name: 'Taught' });
  await expect(taught.getByRole('listitem')).toContainText('sender2@example.org');
  // Edit… goes to that rule, and does so again.
  for (const _ of [1, 2]) {
    await taught.getByRole('button', { name: 'Edit…' }).click();
    await expect(rules.getByLabel('Rule 1: field')).toBeFocused();
    await keyboard.press('Escape');
    await expect(rules).toBeHidden();
  }
  await expect(taught.getByRole('link', { name: /of chunk 1/ })).toBeVisible();
  await taught.getByRole('button', { name: 'Remove…' }).click();
  await rules.getByRole('button', { name: 'Show what would change' }).click();
  await expect(rules.getByRole('region', { name: 'What would change' })).toContainText('4 rows: keep → noise');
  await rules.getByRole('button', { name: 'Use these rules', exact: true }).click();
  await expect(taught).toContainText('The rules are at revision 3. None was added.');
  // Which rules are in force, and what each revision changed.
  const revisions = page.getByRole('region', { name: 'Revisions of the plan' }).getByRole('listitem');
  await expect(revisions).toHaveText([
    /^Revision 3in force1 rule taken away/,
    /^Revision 21 rule added/,
    /^Revision 1as it was started/,
  ]);
  await revisions.getByRole('link', { name: 'Revision 2' }).click();
  await expect(page.getByText('These are the rules of revision 2.')).toBeVisible();
});
