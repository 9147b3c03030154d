/** A connection from its making to the target, by its page; and that nobody sees its secret. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { categoryOf, decision } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { codeOf, joins, setsUpApp, signsInWithCode } from './joins.ts';
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

test('An admin makes a connection, an operator plans with it without JSON, a reviewer with a second factor approves, and the target alone sees the credential; the operator, disabled half way, is out everywhere', {
  tag: '@proof',
}, async ({ desk, visit, rest, trouble }) => {
  trouble.expect(/status of 401/);
  const secret = 'canary-third-51c2';
  const heard: string[] = [];
  const held: (() => void)[] = [];
  let open = true;
  const target = createServer((request, response) => {
    heard.push(request.headers.authorization ?? 'none');
    const answer = () => {
      response.statusCode = 201;
      response.end('made');
    };
    if (open) answer();
    else held.push(answer);
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const name = `desk-${Date.now()}`;
  const seen: string[] = [];
  try {
    await desk.goto('/connections/new');
    await desk.getByLabel('Name', { exact: true }).fill(name);
    await desk.getByLabel('Address', { exact: true }).fill(`http://127.0.0.1:${(target.address() as AddressInfo).port}/api/`);
    await desk.getByLabel('Token', { exact: true }).fill(secret);
    await desk.getByRole('button', { name: 'Add connection' }).click();
    await expect(desk.getByRole('heading', { name, level: 1 })).toBeVisible();
    seen.push(await desk.content());

    const olga = await visit();
    await joins(desk, olga, 'Olga', 'operator');
    const dataset = await rest.upload(`${name}.csv`, rowsOf(8));
    await olga.goto(`/batches/new?dataset=${dataset.id}`);
    await expect(olga.getByRole('button', { name: /^Start/ })).toBeEnabled();
    const action = olga.getByRole('combobox', { name: 'keep: action' });
    await action.selectOption('http');
    const category = olga.getByRole('listitem').filter({ has: action });
    await category.getByLabel('Connection').selectOption(name);
    await category.getByLabel('Address').fill('tickets/{{subject}}');
    await olga.getByText('Asking', { exact: true }).click();
    await olga.getByLabel('Who signs proves it').selectOption('factor');
    await expect(olga.getByRole('button', { name: /^Start/ })).toBeEnabled();
    seen.push(await olga.content());
    await olga.getByRole('button', { name: /^Start/ }).click();
    await expect(olga).toHaveURL(/\/batches\/[0-9a-f-]{36}/);
    const id = /batches\/([0-9a-f-]{36})/.exec(olga.url())?.[1] ?? '';
    await rest.untilChunk(id, 1, 'awaiting_review');
    const made = await olga.evaluate(async () => {
      const body = JSON.stringify({ name: 'Script', role: 'operator', days: 7 });
      const answer = await fetch('/api/v1/keys', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      return ((await answer.json()) as { key: string }).key;
    });

    const rita = await visit();
    const email = await joins(desk, rita, 'Rita', 'reviewer');
    await rita.goto(`/batches/${id}/chunks/1`);
    await expect(rita.getByText(/you have none yet/)).toBeVisible();
    const key = await setsUpApp(rita);
    const again = await visit();
    await signsInWithCode(again, email, codeOf(key, 1));
    await again.goto(`/batches/${id}/chunks/1`);
    // It can't be undone: one is marked first, and the count is typed.
    await categoryOf(again, 'keep').click();
    await again.getByRole('listbox', { name: 'Items in keep' }).getByRole('option').first().click();
    await again.keyboard.press('a');
    await expect(decision(again)).toContainText('Every category with an action was shown');
    await decision(again).getByRole('button').first().click();
    const question = again.getByRole('dialog');
    await question.getByLabel('Type 8 to continue').fill('8');
    await question.getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
    await expect(question).toBeHidden();
    await rest.untilChunk(id, 1, 'awaiting_release');
    expect(heard).toEqual(Array.from({ length: 3 }, () => `Bearer ${secret}`));

    // Half way: the rest is out and not answered yet.
    open = false;
    await again.goto(`/batches/${id}`);
    await again
      .getByRole('region', { name: 'The first receipts' })
      .getByRole('button', { name: /the other/ })
      .click();
    await expect.poll(() => held.length).toBeGreaterThan(0);
    const byKey = () =>
      fetch(`${new URL(olga.url()).origin}/api/v1/batches/${id}`, { headers: { authorization: `Bearer ${made}` } });
    expect((await byKey()).status).toBe(200);
    await desk.goto('/admin/people');
    await desk.getByRole('button', { name: 'Disable Olga…' }).click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Disable Olga', exact: true }).click();
    await expect(desk.getByRole('row').filter({ hasText: 'Olga' })).toContainText('Disabled since');
    expect((await byKey()).status).toBe(401);
    expect(await olga.evaluate(async () => (await fetch('/api/v1/batches')).status)).toBe(401);
    await expect(olga.getByText(/^Your session has ended/)).toBeVisible();

    open = true;
    for (const answer of held) answer();
    await rest.untilChunk(id, 1, 'done');
    expect(new Set(heard)).toEqual(new Set([`Bearer ${secret}`]));
    expect(heard).toHaveLength(8);
    for (const page of [desk, again]) {
      for (const path of [
        `/batches/${id}`,
        `/batches/${id}?tab=receipts`,
        `/batches/${id}?tab=plan`,
        `/batches/${id}/chunks/1`,
      ]) {
        await page.goto(path);
        seen.push(await page.content());
      }
      for (const path of [`batches/${id}/receipts?format=jsonl`, `batches/${id}`])
        seen.push(await page.evaluate(async (to) => (await fetch(`/api/v1/${to}`)).text(), path));
    }
    for (const path of ['security-log?limit=100', 'incidents', 'connections'])
      seen.push(await desk.evaluate(async (to) => (await fetch(`/api/v1/${to}`)).text(), path));
    seen.push(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }));
    const receipts = await again.evaluate(async (to) => (await fetch(to)).text(), `/api/v1/batches/${id}/receipts?format=jsonl`);
    const factors = receipts.split('\n').flatMap((line) => /"factor":"(\w+)"/.exec(line)?.[1] ?? []);
    expect(factors).toEqual(['totp', 'totp']);
    for (const text of seen)
      expect(text.includes('canary') || text.includes(Buffer.from('canary').toString('base64'))).toBe(false);
  } finally {
    target.closeAllConnections();
    target.close();
  }
});
