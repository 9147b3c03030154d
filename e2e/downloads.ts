/** Files as a person downloads them, and what is in them. */
import { buffer } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import type { Page } from '@playwright/test';

/** The bytes behind a link of the Downloads tab. */
export async function download(page: Page, link: string): Promise<Buffer> {
  const arriving = page.waitForEvent('download');
  await page.getByRole('link', { name: link, exact: true }).click();
  return buffer(await (await arriving).createReadStream());
}

const ENTRY = 0x02014b50;

/** The files of a zip as its own directory lists them (APPNOTE 4.3.12), as text. */
export function entriesOf(zip: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = zip.readUInt32LE(zip.lastIndexOf('PK\x05\x06') + 16); zip.readUInt32LE(at) === ENTRY; ) {
    const [method, bytes, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(start, start + bytes);
    files.set(zip.toString('utf8', at + 46, at + 46 + name), (method === 8 ? inflateRawSync(data) : data).toString('utf8'));
    at += 46 + name + extra + comment;
  }
  return files;
}
