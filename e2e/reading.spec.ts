/** How a file was read is asked about where it is doubtful, corrected where it is wrong, and what could not be read is fixed. */
import { readFile } from 'node:fs/promises';
import { drop, UPLOAD } from './drop.ts';
import { expect, test } from './fixtures.ts';

test('A file of dates that can all be read in two ways is asked about, answered in one press, and planned', async ({
  desk: page,
}) => {
  const rows = Array.from(
    { length: 40 },
    (_, index) => `T${index},0${1 + (index % 9)}/0${1 + ((index * 5) % 8)}/2026,Subject ${index}\n`,
  );
  await page.goto('/datasets');
  await drop(page, UPLOAD, 'visits.csv', Buffer.from(`ticket,opened,subject\nT,03/04/2026,First\n${rows.join('')}`));
  await expect(page.getByRole('heading', { name: 'visits.csv', level: 1 })).toBeVisible();
  await expect(page.getByText('“opened” has 03/04/2026: is this 3 April 2026 or 4 March 2026?')).toBeVisible();
  await page.getByRole('button', { name: '3 April 2026' }).click();
  await expect(page.getByText(/^“opened” has/)).toBeHidden();
  const line = page.getByRole('link', { name: /^How it was read/ });
  await expect(line).toContainText('dates 31/12/2026');
  await page.getByRole('link', { name: 'Plan a batch' }).click();
  await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
  await page.getByRole('button', { name: /^Start/ }).click();
  await expect(
    page
      .getByRole('link', { name: 'visits.csv' })
      .or(page.getByText(/of visits\.csv$/))
      .first(),
  ).toBeVisible();
});

test('A wrong character set and a wrong delimiter are corrected on the page of the reading, and the rows follow', {
  tag: '@proof',
}, async ({ desk: page }) => {
  // “é” of MS-DOS is “‚” of Windows: valid in both, and nothing in so short a file says which.
  const file = Buffer.concat([
    Buffer.from('name|city;note\n'),
    Buffer.from([...Buffer.from('Jos'), 0x82]),
    Buffer.from('|Paris;x\nAda|London;y\nBo|Rome;z\n'),
  ]);
  await page.goto('/datasets');
  await drop(page, UPLOAD, 'dos.csv', file);
  await page.getByRole('link', { name: /^How it was read/ }).click();
  await expect(page.getByRole('heading', { name: 'How it was read', level: 1 })).toBeVisible();
  await page.getByLabel('Character set', { exact: true }).selectOption('IBM850');
  await page.getByLabel('Cells are separated by').selectOption('|');
  const after = page.getByRole('region', { name: 'As it would be read' });
  await expect(after.getByRole('cell', { name: 'José' })).toBeVisible();
  await page.getByRole('button', { name: 'Read the file anew: 3 rows become a new dataset' }).click();
  await expect(page.getByRole('heading', { name: 'dos.csv', level: 1 })).toBeVisible();
  const items = page.getByRole('table', { name: 'Items' });
  await expect(items.getByRole('cell', { name: 'José' })).toBeVisible();
  await expect(items.getByRole('columnheader', { name: 'city;note' })).toBeVisible();
  await items.getByRole('button', { name: 'Row 1', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('José|Paris;x')).toBeVisible();
});

test('Rows that could not be read are asked about before a start, downloaded, fixed and uploaded', async ({ desk: page }) => {
  const good = Array.from({ length: 60 }, (_, index) => `${index},Name ${index},ok\n`);
  const bad = Array.from({ length: 25 }, (_, index) => `${100 + index},Name, again ${index},not ok,?\n`);
  await page.goto('/datasets');
  await drop(page, UPLOAD, 'to-fix.csv', Buffer.from(`id,name,state\n${good.join('')}${bad.join('')}`));
  await expect(page.getByRole('heading', { name: 'to-fix.csv', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Plan a batch' }).click();
  await page.getByRole('button', { name: /^Start/ }).click();
  const asked = page.getByRole('dialog');
  await expect(asked).toContainText('25 of 85 rows could not be read. Start without them?');
  await expect(asked.getByRole('button', { name: 'Start without the 25 rows' })).toBeVisible();
  await asked.getByRole('link', { name: 'See and fix these rows' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Rows to fix (25)' }).click();
  const toFix = (await readFile(await (await download).path())).toString();
  expect(toFix.split('\n').slice(0, 2)).toEqual(['id,name,state', '100,Name, again 0,not ok,?']);
  const fixed = toFix.replaceAll('Name, again', 'Name again').replaceAll(',?', '');
  await drop(page, /^Drop the fixed file here/, 'fixed.csv', Buffer.from(fixed));
  await expect(page.getByText('85 rows ·')).toBeVisible();
  await expect(page.getByText(/could not be read/)).toHaveCount(0);
  await expect(page.getByText('Replaces')).toBeVisible();
  await page.goto(`${page.url()}?q=again+24`);
  await expect(page.getByRole('status').filter({ hasText: '1 row of 85' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Items' }).getByRole('cell', { name: 'Name again 24' })).toBeVisible();
});
