import { CountersignError } from '#lib/core/errors.ts';
import { FIELDS_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { certain } from '#lib/core/values/guess.ts';
import type { Layout } from '#lib/core/values/layout.ts';
import {
  type Dialect,
  type Format,
  HEAD_BYTES,
  type Item,
  type ParseOptions,
  type Segment,
  type UnreadableRow,
} from '#lib/ingest/port.ts';
import { peek, readBlocks } from '#lib/ingest/source.ts';
import { toVisible } from '#lib/ingest/visible.ts';
import { type CsvDialect, columnNames, detectDialect, tooManyColumns } from './dialect.ts';
import { type RawRecord, RecordReader } from './records.ts';
import { writeTable } from './write-back.ts';

/** Tables as text: comma, semicolon, tab or bar between the cells, in any usual character set. */
export const csv: Format = {
  name: 'csv',
  noun: 'rows',
  title: 'a table as text (CSV, TSV)',
  file: 'a CSV file',
  endings: ['.csv', '.tsv', '.tab', '.psv', '.txt'],
  contentType: 'text/csv',
  textField: null,
  sniff(head, fileName) {
    if (looksBinary(head)) return null;
    const dialect = detectDialect(head, head.length < HEAD_BYTES, fileName);
    if (!dialect) return null;
    return dialect.width > 1 ? 0.6 : 0.2;
  },
  parse: parseCsv,
  writeBack: writeTable,
};

const QUOTE_NAMES: Record<string, string> = { '"': 'double', "'": 'single' };

async function* parseCsv(source: AsyncIterable<Buffer>, options: ParseOptions): AsyncGenerator<Segment> {
  const { head, complete, whole } = await peek(source);
  const dialect = detectDialect(head, complete, options.fileName);
  if (!dialect) throw new CountersignError('invalid', 'There is no row in the file.');
  const reader = new TableReader(dialect, head.subarray(0, dialect.shape.charset.bom));
  const body = dialect.shape.charset.bom > 0 ? withoutFirst(whole, dialect.shape.charset.bom) : whole;
  yield* readBlocks(body, reader);
}

/** Turns records into items of a table: the header first, then every row with as many cells. */
class TableReader {
  readonly #reader: RecordReader;
  readonly #dialect: CsvDialect;
  readonly #preamble: Buffer[];
  #left: number;
  #fields: string[] | null = null;
  #items: Item[] = [];
  #unreadable: UnreadableRow[] = [];

  constructor(dialect: CsvDialect, bom: Buffer) {
    this.#dialect = dialect;
    this.#left = dialect.before;
    this.#preamble = bom.length > 0 ? [Buffer.from(bom)] : [];
    if (!dialect.header) this.#begin(Array.from({ length: dialect.width }, () => ''));
    this.#reader = new RecordReader(dialect.shape, {
      record: (record) => this.#record(record),
      unreadable: (row) => {
        this.#unreadable.push(row);
      },
    });
  }

  read(block: Buffer, final: boolean): number {
    const consumed = this.#reader.read(block, final);
    if (final && !this.#fields) this.#begin([]);
    return consumed;
  }

  take(): Segment | null {
    if (!this.#fields) return null;
    const segment = {
      ...{ fields: this.#fields, items: this.#items, unreadable: this.#unreadable },
      ...{ dialect: this.#describe(), layout: this.#layout() },
    };
    this.#items = [];
    this.#unreadable = [];
    return segment;
  }

  #record(record: RawRecord): void {
    if (this.#left > 0) {
      this.#left--;
      this.#refuse(record, `line ${record.line} is above the table`);
      return;
    }
    if (!this.#fields) {
      this.#preamble.push(Buffer.from(record.raw));
      this.#begin(record.cells);
      return;
    }
    const { cells, line, raw, plain } = record;
    if (cells.length === this.#fields.length) this.#items.push({ line, values: cells, raw, plain });
    else
      this.#refuse(
        record,
        `line ${line} has ${cellCount(cells.length)}, ${this.#dialect.header ? 'the header' : 'the first row'} has ${this.#fields.length}`,
      );
  }

  #begin(cells: string[]): void {
    const problem = tooManyColumns(cells.length);
    if (problem) throw new CountersignError('invalid', problem);
    this.#fields = columnNames(cells.map(toVisible));
  }

  #refuse(record: RawRecord, reason: string): void {
    const { line, raw, cut = false } = record;
    this.#unreadable.push({
      line,
      reason,
      excerpt: Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES)),
      raw: cut ? null : raw,
    });
  }

  #layout(): Layout {
    const { charset, delimiter } = this.#reader.shape;
    return { delimiter: certain(delimiter), charset: certain(charset.name), short: 'refuse', long: 'refuse' };
  }

  #describe(): Dialect {
    const { charset, delimiter, quote, newline } = this.#reader.shape;
    return {
      charset: charset.name,
      delimiter,
      quote: QUOTE_NAMES[quote] ?? quote,
      lineEnd: newline === '\r' ? 'CR' : 'LF',
      names: this.#dialect.header ? 'first row' : 'numbered',
      // Byte order mark and header row as they are in the file, so that a selection of rows can be written back as a file.
      header: Buffer.concat(this.#preamble).toString('base64'),
    };
  }
}

function cellCount(cells: number): string {
  if (cells > FIELDS_MAX) return `more than ${FIELDS_MAX} cells`;
  return cells === 1 ? '1 cell' : `${cells} cells`;
}

async function* withoutFirst(source: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of source) {
    const from = Math.min(left, chunk.length);
    left -= from;
    if (from < chunk.length) yield chunk.subarray(from);
  }
}

/** Other than UTF-16, text holds no NUL, and few control characters; a stray one in a cell is no reason to refuse the file. */
function looksBinary(head: Buffer): boolean {
  if (head.length >= 2 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))) return false;
  let control = 0;
  let zeros = 0;
  const length = Math.min(head.length, 8192);
  for (let i = 0; i < length; i++) {
    const byte = head[i] ?? 0;
    if (byte === 0) zeros++;
    else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27 && byte !== 12) control++;
  }
  // UTF-16 without a mark has nearly every second byte zero, and no other control characters.
  if (zeros > length * 0.3) return control > Math.max(16, length * 0.02);
  return control + zeros > Math.max(32, length * 0.05);
}
