/** The live board, while an admin looks at it and steps in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { atSize } from '#test/size.ts';
import { type RunningTarget, startTarget } from '#test/target.ts';
import { test as base, expect } from './fixtures.ts';
import { httpPlan, SHELF_PLAN } from './rest.ts';

const test = base.extend<{ target: RunningTarget }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from the pattern
  target: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-board-'));
    const target = await startTarget({ log: join(folder, 'effects.jsonl'), latencyMs: 500 });
    await use(target);
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  },
});

const rowOf = (page: Page, table: string, name: string | RegExp): Locator =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });

test('The board says by itself what runs and what waits for whom; a target is paused and resumed, and the incident acknowledged', async ({
  desk: page,
  rest,
  target,
}) => {
  const [sending, asking] = [`Sends ${Date.now()}`, `Asks ${Date.now()}`];
  const rows = atSize(100, 400);
  // Fifty seconds of work: it runs for as long as one looks at that.
  const id = await rest.startBatch({ name: sending, rows, plan: httpPlan(target.url, { concurrency: atSize(1, 4) }) });
  await page.goto('/admin');
  await expect(page.getByRole('heading', { name: 'Admin', level: 1 })).toBeVisible();
  await expect(rowOf(page, 'Batches under way', sending)).toContainText('Waiting for you (1)');
  await page.evaluate(() => document.documentElement.setAttribute('data-loaded', 'once'));

  // What is started and approved meanwhile appears, without a reload.
  const other = await rest.startBatch({
    name: asking,
    rows: 40,
    plan: { ...SHELF_PLAN, chunking: { by: 'size', maxItems: 20 } },
  });
  await expect(rowOf(page, 'Batches under way', asking)).toContainText('Waiting for you (1) · waiting for an earlier review (1)');
  // Of this batch, and of what other stories left.
  await expect(page.getByRole('list', { name: 'Queue' })).toContainText(/[1-9]\d* chunks? waiting for an earlier review/);
  await rest.approve(id, 1);
  await expect(rowOf(page, 'Batches under way', sending)).toContainText('Running (1)');
  await expect(rowOf(page, 'Batches under way', sending)).toContainText(/\d\/s/);
  await expect(rowOf(page, 'Workers', `${sending}, chunk 1`)).toContainText('Busy');
  const origin = new URL(target.url).origin;
  await expect(rowOf(page, 'Targets', origin)).toContainText('Receives requests');
  await expect(page.getByRole('img', { name: /^Receipts a second over the last hour/ })).toBeVisible();

  await page.getByRole('button', { name: `Pause ${origin}…` }).click();
  const question = page.getByRole('dialog', { name: `Pause ${origin}?` });
  await expect(question.getByRole('button', { name: 'Pause this target' })).toBeDisabled();
  await question.getByLabel('Why? Whoever resumes it reads this.').fill('They migrate until noon');
  await question.getByRole('button', { name: 'Pause this target' }).click();
  await expect(question).toBeHidden();
  const incident = page.getByRole('list', { name: 'Open incidents' }).getByRole('listitem').filter({ hasText: origin });
  await expect(incident).toContainText(/paused http:\/\/.*: They migrate until noon\./);
  await expect(rowOf(page, 'Targets', origin)).toContainText('Paused');
  await expect(rowOf(page, 'Batches under way', sending)).toContainText(`Waiting for ${origin} (1)`);
  await expect(page.getByRole('list', { name: 'Queue' })).toContainText(`1 chunk waiting for ${origin}`);
  const sent = target.lines().length;
  await incident.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(incident).toContainText('has known of it since');
  // The batch's own page says the same.
  expect((await rest.api.batches.read({ id })).says).toEqual({ mood: 'stands', words: `Waiting for ${origin} (1)` });
  expect(target.lines()).toHaveLength(sent);
  await incident.getByRole('button', { name: 'Resume' }).click();
  await target.latency(0);
  await rest.untilChunk(id, 1, 'done');
  await expect(incident).toBeHidden();
  await expect(rowOf(page, 'Batches under way', sending)).toBeHidden();
  await page.getByRole('button', { name: /^Incidents before/ }).click();
  await expect(page.getByRole('list', { name: 'Incidents that are over' })).toContainText('They migrate until noon.');
  expect(await page.evaluate(() => document.documentElement.getAttribute('data-loaded'))).toBe('once');
  expect(new Set(target.lines().map(({ body }) => body)).size).toBe(rows);
  await rest.api.cancel.batch({ params: { id: other } });
});

test('A worker that is drained gives back its chunk, and a new one takes its place', { tag: '@proof' }, async ({
  desk: page,
  rest,
  target,
}) => {
  const name = `Goes on ${Date.now()}`;
  const id = await rest.startBatch({ name, rows: 200, plan: httpPlan(target.url, { concurrency: 4 }) });
  await rest.approve(id, 1);
  await page.goto('/admin');
  const owner = rowOf(page, 'Workers', `${name}, chunk 1`);
  const pid = Number(await owner.getByRole('cell').nth(1).textContent());
  await page.getByRole('button', { name: `Drain… process ${pid}` }).click();
  const question = page.getByRole('dialog', { name: new RegExp(`^Drain process ${pid} on `) });
  await expect(question).toContainText('It has 1 chunk');
  await question.getByRole('button', { name: 'Drain this worker' }).click();
  const drained = page.getByRole('table', { name: 'Workers' }).getByRole('cell', { name: String(pid), exact: true });
  await expect(drained).toBeHidden();
  await target.latency(0);
  await expect.poll(async () => (await rest.api.workers.list()).items.filter(({ state }) => state !== 'gone').length).toBe(2);
  await rest.untilChunk(id, 1, 'done');
  expect((await rest.api.batches.read({ id })).sum).toMatchObject({ done: 200, uncertain: 0, failed: 0, addsUp: true });
});

test('Who loses the live view is told, and sees on when it is back', async ({ desk: page, trouble }) => {
  trouble.expect(/v1\/events/);
  // A stream that is open is not cut by going offline: the page is given one that fails.
  await page.route('**/api/v1/events?board=true', (route) => route.abort());
  await page.goto('/admin');
  await expect(page.getByRole('table', { name: 'Workers' })).toBeVisible();
  await expect(page.getByText(/^The live view is lost\. What you see is from \d\d:\d\d:\d\d\./)).toBeVisible();
  // The server answers all the same: nothing is held.
  await expect(page.getByRole('button', { name: /^Drain… process/ }).first()).toBeEnabled();
  await page.unroute('**/api/v1/events?board=true');
  await expect(page.getByText(/The live view is lost/)).toBeHidden();
});
