import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { LINE_SHOWN_BYTES, LINES_SCAN_BYTES } from '#lib/core/limits.ts';
import { linesOfSource } from './source-lines.ts';

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('lines are those of the text, however the file is cut and written', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', ';', '"', 'Ċ', '਀', ' '), maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 2, maxLength: 12 }),
      fc.constantFrom('UTF-8', 'UTF-16LE', 'UTF-16BE', 'UTF-32LE', 'UTF-32BE'),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.integer({ min: 1, max: 40 }),
      async (lines, charset, end, size) => {
        const bytes = iconv.encode(lines.join(end) + end, charset);
        const wanted = lines.map((_, index) => index + 1);
        const found = await linesOfSource(cut(bytes, size), charset, wanted);
        expect(found.map(({ text }) => text)).toEqual(lines);
      },
    ),
  );
});

test('only the wanted lines come, in the file’s order', async () => {
  const bytes = Buffer.from('a\nb\nc\nd');
  expect(await linesOfSource(cut(bytes, 3), 'UTF-8', [4, 2, 9])).toEqual([
    { line: 2, text: 'b' },
    { line: 4, text: 'd' },
  ]);
});

test('a byte order mark is no text, and a long line is cut between characters', async () => {
  const [first] = await linesOfSource(cut(Buffer.from('\ufeffa,b\n1,2'), 100), 'UTF-8', [1]);
  expect(first?.text).toBe('a,b');
  const long = Buffer.from(`x${'é'.repeat(LINE_SHOWN_BYTES)}\nb`);
  const [one, two] = await linesOfSource(cut(long, 1_000), 'UTF-8', [1, 2]);
  expect(one?.text).toMatch(/^xé+…$/);
  expect(two?.text).toBe('b');
});

test('what lies too far into the file, and a file that is no text, has no lines', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    const mib = Buffer.alloc(1024 ** 2, 'x');
    yield Buffer.from('a\n');
    for (let sent = 0; sent < LINES_SCAN_BYTES + 4 * mib.length; sent += mib.length) yield mib;
    throw new Error('It was read on.');
  }
  expect(await linesOfSource(endless(), 'UTF-8', [1, 3])).toEqual([{ line: 1, text: 'a' }]);
  expect(await linesOfSource(cut(Buffer.from([80, 75, 3, 4, 0, 0, 10, 1]), 8), 'UTF-8', [1])).toEqual([]);
});
