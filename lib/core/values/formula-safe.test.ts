import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvCell, csvRow } from './formula-safe.ts';

describe('cells that a spreadsheet would run', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['\n=1', `"'\n=1"`],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://evil","x")', `"'=HYPERLINK(""http://evil"",""x"")"`],
  ])('%j becomes %j', (cell, safe) => expect(csvCell(cell)).toBe(safe));
});

test('numbers are ours and stay numbers; null is empty', () => {
  expect(csvRow([-1, null, 'a'])).toBe('-1,,a\r\n');
});

test('any CSV reader gets back what went in, but for the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 6 }), (cells) => {
      const [read] = parse(csvRow(cells), { record_delimiter: '\r\n' }) as string[][];
      const plain = read?.map((cell, index) => (cell === `'${cells[index]}` ? cell.slice(1) : cell));
      expect(plain).toEqual(cells);
      for (const cell of read ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});
