import { expect, type Locator, type Page } from '@playwright/test';

/** Far more than a page has stops: what other stories left waiting is listed on it too. */
const TABS_MAX = 2_000;

/** Presses Tab until the control has the focus. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  for (let pressed = 0; pressed < TABS_MAX; pressed += 1) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${TABS_MAX} presses of Tab do not lead to ${control}.`);
}
