/** Records of JSON written back: lines with their line ends, a list with what stood around it. */
import iconv from 'iconv-lite';
import { z } from 'zod';
import { endsIn } from '#lib/ingest/ends-in.ts';
import type { WriteBack } from '#lib/ingest/port.ts';

const bytes = z
  .base64()
  .optional()
  .transform((text) => (text === undefined ? undefined : Buffer.from(text, 'base64')));
const NOTHING = Buffer.alloc(0);

const lines = z.object({ charset: z.string().default('UTF-8'), mark: bytes });

/** Only the last line of a file may have no line end. */
export function writeLines(dialect: unknown): WriteBack {
  const { charset, mark = NOTHING } = lines.parse(dialect ?? {});
  const end = iconv.encode('\n', charset, { addBOM: false });
  return { charset, head: mark, write: (raw) => (endsIn(raw, end) ? raw : Buffer.concat([raw, end])) };
}

const list = z.object({ charset: z.string().default('UTF-8'), before: bytes, between: bytes, after: bytes });

/** What stood before the list, between its first two records, and after it. A list that is written evenly comes out as it was. */
export function writeList(dialect: unknown): WriteBack {
  const { charset, before, between = NOTHING, after } = list.parse(dialect ?? {});
  const text = (words: string) => iconv.encode(words, charset, { addBOM: false });
  const separator = between.length > 0 ? between : text(',\n');
  let first = true;
  return {
    charset,
    head: before ?? text('['),
    write(raw) {
      const parts = first ? [raw] : [separator, raw];
      first = false;
      return Buffer.concat(parts);
    },
    tail: after ?? text(']\n'),
  };
}
