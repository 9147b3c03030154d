import AxeBuilder from '@axe-core/playwright';
import { FULL } from '#test/size.ts';
import { expect, test } from './fixtures.ts';
import { SHELF_PLAN } from './rest.ts';

test('Ctrl-K finds an item by a value, presses the page’s own buttons, and never shows an older answer for what is typed', async ({
  desk: page,
  rest,
}) => {
  const name = 'Palette batch';
  const id = await rest.startBatch({ name, rows: 40, plan: SHELF_PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  const { keyboard } = page;
  const palette = page.getByRole('dialog', { name: 'Find or do something' });
  const field = palette.getByRole('combobox');
  const status = palette.getByRole('status');
  await page.goto(`/batches/${id}`);
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();

  // By value, by keyboard, to the item's story; Back returns.
  await keyboard.press('Control+k');
  await expect(field).toBeFocused();
  await keyboard.type('SENDÉR3@example.org');
  const items = palette.getByRole('group', { name: /^Items/ });
  await expect(items.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await expect(items.getByRole('option').first().locator('mark').first()).toHaveText('sender3@example.org');
  await expect(status).toContainText('Searched:');
  // What the palette is before anything is found, looks.spec.ts looks at.
  if (FULL) expect((await new AxeBuilder({ page }).include('[role=dialog]').setLegacyMode().analyze()).violations).toEqual([]);
  await page.setViewportSize({ width: 390, height: 780 });
  await expect.poll(async () => (await palette.boundingBox())?.width).toBe(390);
  await page.setViewportSize({ width: 1440, height: 900 });
  await keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /^Story of item \d+$/, level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();

  // The chunk by its number in the batch at hand; what was opened is there when nothing is typed; Tab goes to the next group.
  await keyboard.press('Control+k');
  await keyboard.press('Backspace');
  await expect(palette.getByRole('group', { name: 'Recent' }).getByRole('option')).toHaveCount(1);
  await keyboard.press('Tab');
  await expect(
    palette.getByRole('group', { name: 'This page' }).getByRole('option', { name: 'Pause', exact: true }),
  ).toHaveAttribute('aria-selected', 'true');

  // The older of two answers comes last, and is shown nowhere.
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(/\/find\?.*q=sender1%40/, async (route) => {
    await held;
    await route.continue().catch(() => {});
  });
  const older = page.waitForRequest(/\/find\?.*q=sender1%40/);
  await field.fill('sender1@example.org');
  await older;
  await field.fill('sender2@example.org');
  await expect(items.locator('mark').first()).toHaveText('sender2@example.org');
  letGo();
  await page.unrouteAll({ behavior: 'wait' });
  await expect(items.locator('mark').first()).toHaveText('sender2@example.org');

  // Stopping asks the button's own question, and nothing happened yet; pausing is pressed as on the page.
  await field.fill('stop');
  await expect(palette.getByRole('option', { name: 'Stop…' })).toHaveAttribute('aria-selected', 'true');
  await keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: `Stop ${name}?` })).toBeVisible();
  await keyboard.press('Control+k');
  await expect(palette).toBeHidden();
  await page.getByRole('button', { name: 'Keep running' }).click();
  await keyboard.press('Control+k');
  await field.fill('pause');
  await keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Resume', exact: true })).toBeVisible();
  await keyboard.press('Control+k');
  await field.fill('pause');
  await expect(palette.getByRole('option', { name: 'Pause', exact: true })).toHaveCount(0);
  await keyboard.press('Escape');
  await expect(palette).toBeHidden();
});
