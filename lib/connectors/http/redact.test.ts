/** What a target says back of a secret, in the forms that programs write texts in, mixed and cut. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { redactor } from './redact.ts';

const secret = `p/A+s"s'w<o>r\\d&=% 12`;
const redact = redactor([secret], 'secret of crm');
const said = (text: string) => redact(Buffer.from(text)).toString();
const each = (write: (char: string, code: number) => string) =>
  [...secret].map((char) => write(char, char.charCodeAt(0))).join('');
const hex = (code: number, length: number) => code.toString(16).padStart(length, '0');
const inJson = JSON.stringify(secret).slice(1, -1);
const base64 = Buffer.from(`user:${secret}`).toString('base64');

describe('a secret that is written otherwise is taken out', () => {
  test.each<[string, string]>([
    ['as it is', secret],
    ['JSON', inJson],
    ['JSON with escaped slashes, as PHP writes it', inJson.replaceAll('/', '\\/')],
    ['JSON for HTML, as Go writes it', inJson.replace(/[<>&]/g, (char) => `\\u${hex(char.charCodeAt(0), 4)}`)],
    ['JSON in JSON', JSON.stringify(inJson).slice(1, -1)],
    ['every character as \\u', each((_, code) => `\\u${hex(code, 4).toUpperCase()}`)],
    ['a URL', encodeURIComponent(secret)],
    ['a URL in small letters', encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['every byte of a URL', each((_, code) => `%${hex(code, 2)}`)],
    ['a URL in a URL', encodeURIComponent(encodeURIComponent(secret))],
    ['HTML', each((char, code) => (/[&<>"']/.test(char) ? `&#${code};` : char))],
    ['HTML by names', each((char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' })[char] ?? char)],
    ['HTML in hexadecimal', each((_, code) => `&#x${hex(code, 2)};`)],
    ['base64', base64],
    ['base64url', Buffer.from(`user:${secret}`).toString('base64url')],
    ['base64 in JSON of PHP', base64.replaceAll('/', '\\/')],
    ['base64 in lines', base64.replaceAll(/.{12}/g, '$&\r\n')],
    ['base64 in lines in JSON', base64.replaceAll(/.{12}/g, '$&\\n')],
    ['base64 in a URL', encodeURIComponent(base64)],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ['hexadecimal in capitals', Buffer.from(secret).toString('hex').toUpperCase()],
    ['a mixture', each((char, code) => (code % 3 === 0 ? `%${hex(code, 2)}` : code % 3 === 1 ? `\\u${hex(code, 4)}` : char))],
  ])('%s', (_, written) => {
    const kept = said(`before ${written} after`);
    expect(kept).toMatch(/^before .{0,9}\[secret of crm\].{0,5} after$/s);
    expect(said(`${written}${written} `)).not.toContain(written);
    // What was read of the answer ends in the middle of it.
    const cut = said(`before ${written.slice(0, Math.floor(written.length * 0.7))}`);
    expect(cut).toMatch(/^before .{0,9}\[secret of crm\]$/s);
  });

  test('and what is none of it stays, to the byte', () => {
    for (const bytes of [
      Buffer.from('p/A and nothing else, ünï \\u00e9 %20 &amp;'),
      gzipSync(secret),
      Buffer.from([0, 255, 128]),
    ])
      expect(redact(bytes).equals(bytes)).toBe(true);
  });

  test('a body of the largest size is looked through at once', () => {
    const body = Buffer.from(`${secret.slice(0, -1)}x`.repeat(12_000));
    expect(redact(body).equals(body)).toBe(true);
  });
});
