/** A file dropped on the zone with these words, once the page's script hears it: a browser by itself would open the file. */
import { expect, type Page } from '@playwright/test';

export async function drop(page: Page, where: RegExp, name: string, bytes: Buffer): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name: called, base64 }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], called, { type: 'text/csv' }));
      return transfer;
    },
    { name, base64: bytes.toString('base64') },
  );
  const words = page.getByText(where);
  await expect(words.locator('xpath=..')).not.toHaveAttribute('aria-busy');
  await words.dispatchEvent('drop', { dataTransfer });
}

/** Where a dataset's file is dropped. */
export const UPLOAD = /^Drop (a|another) file here/;
