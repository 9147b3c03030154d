/** A connection from its making to the target, by its page; and that nobody sees its secret. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './fixtures.ts';
import { rowsOf } from './rest.ts';

const [FIRST, SECOND] = ['canary-first-77d1', 'canary-second-90ab'];

test('An admin makes a connection, plans with it by name, has its secret refused, gives another and goes on; the page, the list of processes and the downloads hold neither', {
  tag: '@proof',
}, async ({ desk: page, rest }) => {
  const heard: string[] = [];
  const target = createServer((request, response) => {
    const given = request.headers.authorization ?? '';
    heard.push(`${request.method} ${request.url} ${given}`);
    response.statusCode = given === `Bearer ${SECOND}` ? 201 : 401;
    response.end(`you sent ${given}`);
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const address = `http://127.0.0.1:${(target.address() as AddressInfo).port}/api/`;
  const name = `crm-${Date.now()}`;
  const seen: string[] = [];
  const look = async () => seen.push(await page.content());
  try {
    await page.goto('/');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connections' }).click();
    await page.getByRole('link', { name: 'Add connection' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Address', { exact: true }).fill(address);
    await page.getByLabel('Token', { exact: true }).fill(FIRST);
    await page.getByRole('button', { name: 'Add connection' }).click();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(page.getByLabel(/New token/)).toHaveValue('');
    await look();
    await page.getByRole('button', { name: 'Test' }).click();
    await expect(page.getByText(/did not accept the credentials/).first()).toBeVisible();

    const dataset = await rest.upload(`${name}.csv`, rowsOf(4));
    await page.goto(`/batches/new?dataset=${dataset.id}`);
    // Before the page is ready, what is chosen on it is lost.
    await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled();
    // What no rule of the first plan takes is kept; here it is sent.
    const action = page.getByRole('combobox', { name: 'keep: action' });
    await action.selectOption('http');
    const category = page.getByRole('listitem').filter({ has: action });
    await category.getByLabel('Connection').selectOption(name);
    await category.getByLabel('Address').fill('tickets/{{subject}}');
    await look();
    await page.getByRole('button', { name: /^Start/ }).click();
    await expect(page).toHaveURL(/\/batches\/[0-9a-f-]{36}/);
    const id = /batches\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';
    await rest.approve(id, 1);
    await rest.untilChunk(id, 1, 'halted', 'done', 'awaiting_release');
    await page.goto(`/batches/${id}/chunks/1`);
    await expect(page.getByText(/refuses our credentials/).first()).toBeVisible();
    await look();
    await page.getByRole('link', { name: 'Update connection' }).first().click();
    await page.getByLabel(/New token/).fill(SECOND);
    await page.getByRole('button', { name: 'Save changes' }).click();
    await expect(page.getByLabel(/version 2 stays/)).toBeVisible();
    await look();
    await page.goto(`/batches/${id}/chunks/1`);
    await page.getByRole('button', { name: 'Resume' }).first().click();
    const chunk = await rest.untilChunk(id, 1, 'awaiting_release', 'done');
    expect(chunk.counts).toBeTruthy();
    await page.reload();
    await look();
    await page.goto(`/batches/${id}?tab=plan`);
    await look();

    for (const path of [
      `batches/${id}/receipts?format=jsonl`,
      `batches/${id}/receipts?format=md`,
      `batches/${id}`,
      'connections',
      'incidents',
    ])
      seen.push(await page.evaluate(async (to) => (await fetch(`/api/v1/${to}`)).text(), path));
    seen.push(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }));
    expect(heard.some((line) => line.endsWith(SECOND))).toBe(true);
    for (const text of seen)
      expect(text.includes('canary') || text.includes(Buffer.from('canary').toString('base64'))).toBe(false);
  } finally {
    target.closeAllConnections();
    target.close();
  }
});
