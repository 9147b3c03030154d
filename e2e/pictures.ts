import type { Page } from '@playwright/test';

const SIZE = { width: 1280, height: 860 };

/** Keeps the README's picture of what the page shows now, when UPDATE_SCREENSHOTS=1 asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.UPDATE_SCREENSHOTS !== '1') return;
  const before = page.viewportSize();
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(SIZE);
  await page.screenshot({ path: `docs/screenshots/${name}.png` });
  if (before) await page.setViewportSize(before);
}
