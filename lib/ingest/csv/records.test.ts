import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { readBlocks } from '#lib/ingest/source.ts';
import { atSize } from '#test/size.ts';
import { type RawRecord, RecordReader, type Shape } from './records.ts';

type Seen = (RawRecord | { line: number; reason: string })[];

/** Reads with blocks of `blockBytes` out of chunks of one byte, so that every place in a record is once the end of a block. */
async function readIn(file: Buffer, shape: Shape, blockBytes: number): Promise<Seen> {
  const seen: Seen = [];
  const inner = new RecordReader(
    { ...shape },
    {
      record: (record) => seen.push({ ...record, raw: Buffer.from(record.raw), plain: false }),
      unreadable: ({ line, reason }) => seen.push({ line, reason }),
      areRows: (lines) => lines.every((line) => !line.startsWith('é')),
    },
  );
  async function* bytes() {
    for (let at = 0; at < file.length; at++) yield file.subarray(at, at + 1);
  }
  const reader = { read: (block: Buffer, final: boolean) => inner.read(block, final), take: () => null };
  for await (const _ of readBlocks(bytes(), reader, blockBytes));
  return seen;
}

const parts = fc.array(
  fc.constantFrom(
    ...[
      '"',
      '""',
      ',',
      '\n',
      '\r\n',
      '\r',
      'a',
      'é',
      '\0',
      'x,y\n',
      '"a","b"\n',
      '"a\n',
      'b"\r\n',
      ' ',
      '\\',
      '\\"',
      '\\\n',
      '\\N,',
      ' "a"',
      '||',
      '😀',
    ],
  ),
  { maxLength: 40 },
);
const plain: Shape = {
  charset: { name: 'UTF-8', unit: 1, bom: 3 },
  undecided: false,
  ...{ delimiter: ',', quote: '"', escape: 'doubled', dumped: false, padded: false, newline: '\n', columns: 0 },
};
const shapes = fc.constantFrom<[Shape, string]>(
  [plain, 'utf8'],
  [{ ...plain, newline: '\r' }, 'utf8'],
  [{ ...plain, escape: 'backslash', padded: true }, 'utf8'],
  [{ ...plain, columns: 2 }, 'utf8'],
  [{ ...plain, dumped: true, quote: '' }, 'utf8'],
  [{ ...plain, dumped: true, newline: '\r' }, 'utf8'],
  [{ ...plain, quote: '' }, 'utf8'],
  [{ ...plain, delimiter: '||', padded: true }, 'utf8'],
  [{ ...plain, delimiter: '\xc3\xa9' }, 'utf8'],
  [{ ...plain, charset: { name: 'UTF-16LE', unit: 2, bom: 0 } }, 'utf16le'],
  [{ ...plain, charset: { name: 'UTF-32BE', unit: 4, bom: 0 } }, 'UTF-32BE'],
  [{ ...plain, charset: { name: 'Shift_JIS', unit: 1, bom: 0 }, delimiter: '|' }, 'Shift_JIS'],
);

test('where a block ends makes no difference to what is read', async () => {
  await fc.assert(
    fc.asyncProperty(parts, shapes, fc.integer({ min: 1, max: 12 }), async (texts, [shape, encoding], blockBytes) => {
      const file = iconv.encode(texts.join(''), encoding, { addBOM: false });
      expect(await readIn(file, shape, blockBytes)).toEqual(await readIn(file, shape, 1 << 20));
    }),
    { numRuns: atSize(600, 3000) },
  );
});
