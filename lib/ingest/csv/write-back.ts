/** Rows written back into a table: its own header before them, its own line end where a row has none. */
import { z } from 'zod';
import { endsIn } from '#lib/ingest/ends-in.ts';
import type { WriteBack } from '#lib/ingest/port.ts';

/** `header` is the base64 of the file's own bytes before its rows: byte order mark and, where it had one, header row. */
const detected = z.object({
  charset: z.string().optional(),
  lineEnd: z.string().optional(),
  header: z
    .base64()
    .default('')
    .transform((text) => Buffer.from(text, 'base64')),
});

/** `dialect` as the table's reader detected it. */
export function writeTable(dialect: unknown): WriteBack {
  const { header, charset, lineEnd } = detected.parse(dialect ?? {});
  return {
    charset,
    head: header,
    write: csvWriter({ header, ...(charset ? { charset } : {}), ...(lineEnd ? { lineEnd } : {}) }),
  };
}

/**
 * Gives a record its line end where it has none, as the last record of a file may. The line end is that of the file's `header` (byte
 * order mark and header row), in the file's character set; the bytes of the record stay as they are.
 * @internal for its tests
 */
export function csvWriter({
  header,
  charset,
  lineEnd,
}: {
  header: Buffer;
  charset?: string;
  lineEnd?: string;
}): (raw: Buffer) => Buffer {
  const [lf, cr] = lineEnds(charset);
  const crlf = Buffer.concat([cr, lf]);
  const own = [crlf, lf, cr].find((ending) => endsIn(header, ending)) ?? (lineEnd === 'CR' ? cr : lf);
  return (raw) => (endsIn(raw, lf) || endsIn(raw, cr) ? raw : Buffer.concat([raw, own]));
}

function lineEnds(charset: string | undefined): [lf: Buffer, cr: Buffer] {
  const wide = /^utf-?16(be|le)?/i.exec(charset ?? '');
  const bytes = (code: number) => (!wide ? [code] : wide[1]?.toLowerCase() === 'be' ? [0, code] : [code, 0]);
  return [Buffer.from(bytes(0x0a)), Buffer.from(bytes(0x0d))];
}
