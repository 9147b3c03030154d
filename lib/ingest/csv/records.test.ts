import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBlocks } from '#lib/ingest/source.ts';
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
  fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'a', 'é', '\0', 'x,y\n', '"a","b"\n', '"a\n', 'b"\r\n', ' '),
  {
    maxLength: 40,
  },
);
const shapes = fc.constantFrom<[Shape, BufferEncoding]>(
  [{ charset: { name: 'UTF-8', unit: 1, bom: 3 }, delimiter: ',', quote: '"', newline: '\n' }, 'utf8'],
  [{ charset: { name: 'UTF-8', unit: 1, bom: 3 }, delimiter: ',', quote: '"', newline: '\r' }, 'utf8'],
  [{ charset: { name: 'UTF-16LE', unit: 2, bom: 0 }, delimiter: ',', quote: '"', newline: '\n' }, 'utf16le'],
);

test('where a block ends makes no difference to what is read', async () => {
  await fc.assert(
    fc.asyncProperty(parts, shapes, fc.integer({ min: 1, max: 12 }), async (texts, [shape, encoding], blockBytes) => {
      const file = Buffer.from(texts.join(''), encoding);
      expect(await readIn(file, shape, blockBytes)).toEqual(await readIn(file, shape, 1 << 20));
    }),
    { numRuns: 3000 },
  );
});
