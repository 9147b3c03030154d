import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { fileStem, withoutEnding } from './file-stem.ts';

test.each([
  ['Mail 2026', 'Mail-2026'],
  ['Sales: 2024/Q1', 'Sales-2024-Q1'],
  ['Müll, größer', 'Müll-größer'],
  ['請求書 一覧', '請求書-一覧'],
  ['../../etc/passwd', 'etc-passwd'],
  ['a"b\r\nSet-Cookie: x', 'a-b-Set-Cookie-x'],
  ['...', 'download'],
  ['', 'download'],
])('%j is kept as %s', (name, stem) => {
  expect(fileStem(name)).toBe(stem);
});

test('whatever the name is, the stem is a file name on every system, and short enough for two of them', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 300 }), (name) => {
      const stem = fileStem(name);
      expect(stem).toMatch(/^[\p{L}\p{M}\p{N}._-]+$/u);
      expect(stem).not.toMatch(/^[-.]|[-.]$/);
      expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(100);
      expect(fileStem(stem)).toBe(stem);
    }),
  );
});

test.each([
  ['sample.mbox', 'sample'],
  ['tickets.2024.csv', 'tickets.2024'],
  ['2024.01 Sales', '2024.01 Sales'],
  ['Tickets.csv.gz', 'Tickets'],
  ['tickets.2024.zip', 'tickets.2024'],
  ['.csv', '.csv'],
  ['plain', 'plain'],
])('%s without its ending is %s', (name, rest) => {
  expect(withoutEnding(name)).toBe(rest);
});
