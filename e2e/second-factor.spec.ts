/** Second factors in a browser: an app and a passkey, from setting them up to a signature that names them. */
import type { CDPSession, Page } from '@playwright/test';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { decision, lookAt } from './checkpoint.ts';
import { expect, test } from './fixtures.ts';
import { codeOf, joins, PASSWORD, setsUpApp, signsInWithCode } from './joins.ts';
import { ADMIN, startProduct } from './product.ts';
import { type Rest, SHELF_PLAN } from './rest.ts';

const PLAN: PlanInput = { ...SHELF_PLAN, version: 2, gates: { stepUp: true }, execution: { first: 0 } };

/** Where an approval's receipt says what was proved. */
const factorsOf = async (page: Page, id: string): Promise<unknown[]> => {
  const text = await page.evaluate(async (to) => (await fetch(to)).text(), `/api/v1/batches/${id}/receipts?format=jsonl`);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; factor?: unknown })
    .flatMap(({ kind, factor }) => (kind === 'decision' ? [factor] : []));
};

/** Presses the decision's button and says yes; a proof may be asked for then. */
async function approves(page: Page): Promise<void> {
  await decision(page).getByRole('button').first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).locator('xpath=preceding-sibling::button').click();
}

async function waiting(rest: Rest, name: string): Promise<string> {
  const id = await rest.startBatch({ name, rows: 30, plan: PLAN });
  await rest.untilChunk(id, 1, 'awaiting_review');
  return id;
}

test('A reviewer without a second factor is told before they approve, sets one up, signs in and approves with it; an admin resets it', {
  tag: '@proof',
}, async ({ desk, visit, rest, trouble }) => {
  // What Tess has open when the admin ends her sessions.
  trouble.expect(/status of 401/);
  const page = await visit();
  const email = await joins(desk, page, 'Tess', 'reviewer');
  const id = await waiting(rest, 'Asks for a factor');
  await expect(rest.approve(id, 1)).rejects.toThrow(/API key can’t/);
  await page.goto(`/batches/${id}/chunks/1`);
  await expect(page.getByText(/you have none yet/)).toBeVisible();
  await lookAt(page, 'noise');
  await approves(page);
  const none = page.getByRole('dialog', { name: 'You have no second factor yet' });
  await expect(none).toBeVisible();
  await none.getByRole('link', { name: 'Set one up' }).click();
  await expect(page).toHaveURL(/\/you#second-factor$/);
  const key = await setsUpApp(page);

  const again = await visit();
  await signsInWithCode(again, email, codeOf(key, 1));
  await again.goto(`/batches/${id}/chunks/1`);
  await expect(again.getByText(/you have none yet/)).toBeHidden();
  await lookAt(again, 'noise');
  await approves(again);
  await expect(again.getByText('24 of 24 done')).toBeVisible();
  expect(await factorsOf(again, id)).toEqual(['totp']);

  await desk.goto('/admin/people');
  await desk.getByRole('button', { name: 'Reset the second factor of Tess…' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: 'Reset the second factor' }).click();
  await expect(desk.getByRole('button', { name: 'Reset the second factor of Tess…' })).toBeHidden();
  const last = await visit();
  await last.goto('/sign-in');
  await last.getByLabel('Mail address').fill(email);
  await last.getByLabel('Password').fill(PASSWORD);
  await last.keyboard.press('Enter');
  await expect(last.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
});

/** A device that unlocks itself, or that nobody unlocks. */
async function device(page: Page): Promise<{ unlock(is: boolean): Promise<unknown> }> {
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true } as const;
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...options, hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  return { unlock: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) };
}

test('A passkey is made, proves who approves, and signs in without a password; a device that is not unlocked does neither', {
  tag: '@proof',
}, async ({ desk, visit, rest, product }) => {
  // Passkeys are for names.
  const site = product.replace('127.0.0.1', 'localhost');
  const page = await visit();
  const email = await joins(desk, page, 'Pia', 'reviewer');
  await page.goto('/you');
  await page.getByLabel('Name of a new passkey').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByText(/Passkeys are for names/)).toBeVisible();

  await page.goto(`${site}/sign-in`);
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
  const key = await device(page);
  await page.goto(`${site}/you`);
  await page.getByLabel('Name of a new passkey').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('table', { name: 'Passkeys' }).getByRole('row').filter({ hasText: 'Laptop' })).toContainText(
    'localhost',
  );

  const id = await waiting(rest, 'Asks for a passkey');
  await page.goto(`${site}/batches/${id}/chunks/1`);
  await lookAt(page, 'noise');
  await approves(page);
  const question = page.getByRole('dialog', { name: 'Is it you?' });
  await expect(question).toBeVisible();
  await key.unlock(false);
  await question.getByRole('button', { name: 'Use your passkey' }).click();
  await expect(question.getByRole('alert')).toContainText('The device gave no passkey');
  expect(await factorsOf(page, id)).toEqual([]);
  await key.unlock(true);
  await question.getByRole('button', { name: 'Use your passkey' }).click();
  await expect(question).toBeHidden();
  await expect(page.getByText('24 of 24 done')).toBeVisible();
  expect(await factorsOf(page, id)).toEqual(['passkey']);

  await page.context().clearCookies();
  await page.goto(`${site}/sign-in`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
});

test('Where admins have to have a second factor, one who has none gets at the account alone, sets one up, keeps the codes, and goes on', {
  tag: '@proof',
}, async ({ browser }) => {
  const product = await startProduct({ SECOND_FACTOR_FOR: 'admin', SESSION_IDLE_MINUTES: '30' });
  try {
    const page = await (await browser.newContext({ baseURL: product.url })).newPage();
    await page.goto('/sign-in');
    await page.getByLabel('Mail address').fill(ADMIN.email);
    await page.getByLabel('Password').fill(ADMIN.password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/you$/);
    await expect(page.getByText('Here everybody of your role has a second factor.')).toBeVisible();
    for (const path of ['/', '/batches', '/admin/people', '/connections']) {
      await page.goto(path);
      await expect(page).toHaveURL(/\/you$/);
    }
    expect((await page.request.get('/api/v1/batches')).status()).toBe(403);
    await expect(page.getByRole('button', { name: 'Make a key' })).toHaveCount(0);
    const key = await setsUpApp(page);
    await expect(page.getByRole('list', { name: 'Backup codes' })).toBeVisible();
    await page.getByRole('link', { name: 'Continue' }).click();
    await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
    // Another session asks for the code, and is held by nothing.
    const other = await (await browser.newContext({ baseURL: product.url })).newPage();
    await signsInWithCode(other, ADMIN.email, codeOf(key, 1), ADMIN.password);
  } finally {
    await product.stop();
  }
});
