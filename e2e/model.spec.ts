/** From a file and a sentence to a batch that a model classified, by its pages: the connection, a try with what all would cost, the start, and what an answer came with. */
import { modelServer } from '#test/fixtures/model-server.ts';
import { expect, test } from './fixtures.ts';
import { rowsOf } from './rest.ts';

test('An admin connects a model, asks it about some rows and sees what all would cost, starts, raises the limit where it stops, and reads which call an answer came with', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const server = await modelServer();
  const name = `llm-${Date.now()}`;
  try {
    await page.goto('/connections/new');
    await page.getByLabel('What it leads to').selectOption('model');
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Address', { exact: true }).fill(server.url);
    await page.getByLabel('Model', { exact: true }).fill('scripted');
    await page.getByLabel('Price of a million tokens read').fill('2');
    await page.getByLabel('Price of a million tokens written').fill('10');
    await page.getByLabel('Token', { exact: true }).fill('sk-of-somebody-1234567890');
    await page.getByRole('button', { name: 'Add connection' }).click();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();

    const dataset = await rest.upload(`${name}.csv`, rowsOf(60));
    await page.goto(`/batches/new?dataset=${dataset.id}`);
    await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
    await page.getByLabel('Who classifies').selectOption('model');
    await page.getByLabel('Model', { exact: true }).selectOption(name);
    await page.getByLabel('What should happen?').fill('Keep what is somebody’s; the rest may go.');
    await page.getByLabel('May cost, all of it').fill('0.02');
    const ask = page.getByRole('button', { name: /^Ask about 50 items, at most 0\.\d+ USD$/ });
    await expect(ask).toBeEnabled();
    await ask.click();
    await expect(page.getByText(/All 60 would cost between 0\.\d+ USD and 0\.\d+ USD, at 95 %/)).toBeVisible();
    await expect(page.getByRole('table', { name: 'What the model says' }).getByRole('row')).toHaveCount(51);
    await page.getByLabel('What should happen?').fill('Keep what is somebody’s; the rest may go. Be careful.');
    await page.getByRole('button', { name: /^Ask about the first 20 of these again/ }).click();
    await expect(page.getByText(/0 of 20 moved since the instruction before/)).toBeVisible();

    await page.getByRole('button', { name: /^Start/ }).click();
    await expect(page).toHaveURL(/\/batches\/[0-9a-f-]{36}/);
    const id = /batches\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
    await expect(page.getByText(/The batch may not cost more/).first()).toBeVisible();
    await page.getByLabel('What it may cost, in USD').fill('3');
    await page.getByRole('button', { name: 'Raise and resume' }).click();
    await rest.untilChunk(id, 1, 'awaiting_review');
    await page.goto(`/batches/${id}`);
    await expect(page.getByText(/of 3\.00 USD spent/)).toBeVisible();
    await page.goto(`/batches/${id}/items/1`);
    await expect(page.getByText(new RegExp(`scripted over ${name}, asked about \\d+ items? at once: .* USD`))).toBeVisible();
  } finally {
    server.close();
  }
});
