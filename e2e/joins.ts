/** Somebody else: invited by the admin, and signed in by the link. */
import { createHmac } from 'node:crypto';
import { expect, type Page } from '@playwright/test';

export type InvitedRole = 'reviewer' | 'operator' | 'auditor';

export const PASSWORD = 'a horse that reads batteries';

/** Invites by the admin's page, and goes through the link with the other one. Gives the address to sign in with. */
export async function joins(admin: Page, page: Page, name: string, role: InvitedRole): Promise<string> {
  const email = `${name.toLowerCase()}-${Date.now()}@example.org`;
  await admin.goto('/admin/people');
  await admin.getByLabel('Mail address').fill(email);
  await admin.getByLabel('Role', { exact: true }).selectOption(role);
  await admin.getByRole('button', { name: 'Make an invitation link' }).click();
  const link = await admin.getByLabel(`Link for ${email}`).inputValue();
  await page.goto(link);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: role === 'auditor' ? 'Batches' : 'Needs you', level: 1 })).toBeVisible();
  return email;
}

/** Sets up an authenticator app on the page of the account; gives its key. */
export async function setsUpApp(page: Page): Promise<string> {
  await page.goto('/you');
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible();
  const key = await page.getByLabel('Key', { exact: true }).inputValue();
  await page.getByLabel('Code that the app shows now').fill(codeOf(key));
  await page.getByRole('button', { name: 'Use this app' }).click();
  await expect(page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem')).toHaveCount(10);
  return key;
}

/** What an app with this key shows (RFC 6238), so many half minutes from now. */
export function codeOf(key: string, later = 0): string {
  const bits = [...key].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const from = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Signs in with a password and a code. */
export async function signsInWithCode(page: Page, email: string, code: string, password = PASSWORD): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Needs you', level: 1 })).toBeVisible();
}
