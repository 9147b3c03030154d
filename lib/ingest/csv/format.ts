import { CountersignError } from '#lib/core/errors.ts';
import { FIELDS_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
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
import { Adding } from './adding.ts';
import { CHARSETS, type CharsetGuess, charsetNamed, detectCharset, isMultibyte } from './charset.ts';
import { type CsvDialect, columnNames, detectDialect, fitsTable, type Quote, tooManyColumns } from './dialect.ts';
import { BackslashesSeen, endsRows } from './dump.ts';
import { ASIDE_MAX, endAmong, endOf, LAST_ROWS, type LastRow } from './footer.ts';
import { isBlank } from './form.ts';
import { MarksSeen, PairsSeen } from './later.ts';
import { lineCount, type RawRecord, RecordReader } from './records.ts';
import { SumRows } from './sums.ts';
import { writeTable } from './write-back.ts';

/** Tables as text: any delimiter between the cells, in any usual character set. */
export const csv: Format = {
  name: 'csv',
  noun: 'rows',
  title: 'a table as text (CSV, TSV)',
  file: 'a CSV file',
  endings: ['.csv', '.tsv', '.tab', '.psv', '.txt'],
  charsets: CHARSETS,
  contentType: 'text/csv',
  textField: null,
  sniff(head, fileName) {
    if (looksBinary(head)) return null;
    const dialect = detectDialect(head, head.length < HEAD_BYTES, fileName);
    if (!dialect) return null;
    return dialect.table.width > 1 ? 0.6 : 0.2;
  },
  parse: parseCsv,
  writeBack: writeTable,
};

async function* parseCsv(source: AsyncIterable<Buffer>, { fileName, said }: ParseOptions): AsyncGenerator<Segment> {
  const { head, complete, whole } = await peek(source);
  const charset = charsetOf(head, complete, said.charset);
  if (said.delimiter !== undefined && /["'\r\n]/.test(said.delimiter))
    throw new CountersignError('invalid', 'A quote or a line end can’t be the delimiter. Choose another one.');
  const dialect = detectDialect(head, complete, fileName, said, charset);
  if (!dialect) throw new CountersignError('invalid', 'There is no row in the file.');
  if (said.header !== undefined && dialect.table.header.value !== said.header)
    throw new CountersignError(
      'invalid',
      `Line ${said.header} can’t be the header: no row begins there, or it is not among the first of the file. Choose one of the first lines.`,
    );
  const { bom } = dialect.shape.charset;
  const reader = new TableReader(dialect, said, head.subarray(0, bom));
  yield* readBlocks(bom > 0 ? withoutFirst(whole, bom) : whole, reader);
}

function charsetOf(head: Buffer, complete: boolean, said: string | undefined): CharsetGuess {
  if (said === undefined) return detectCharset(head, complete);
  const charset = charsetNamed(said, head);
  if (charset) return { charset, guess: saidByPerson(charset.name) };
  throw new CountersignError(
    'invalid',
    `“${said}” is no character set that tables are read in. Choose one of: ${CHARSETS.join(', ')}.`,
  );
}

/** Bytes of the rows that are held back until it is known whether they are the last. */
const HELD_BYTES_MAX = 64 * 1024;
const BACKSLASH = 0x5c;
/** How sure it is that quotes are quotes where a cell over several lines may be rows, and nothing tells. */
const QUOTES_SURE = 0.8;
/** And that it is UTF-8, where some of it can't be read as that. */
const SPOILED_SURE = 0.95;

/** Turns records into items of a table: the header first, then every row with as many cells. */
class TableReader {
  readonly #reader: RecordReader;
  readonly #dialect: CsvDialect;
  readonly #short: 'fill' | 'refuse';
  readonly #long: 'cut' | 'refuse';
  readonly #preamble: Buffer[];
  #fields: string[] | null = null;
  /** The cells of the header. */
  #names: readonly string[] = [];
  #items: Item[] = [];
  #unreadable: UnreadableRow[] = [];
  /** What is known of rows with another number of cells, which may turn out to be notes below the table. */
  readonly #miscounted = new WeakMap<UnreadableRow, { cells: string[]; raw: Buffer }>();
  readonly #aside: number[] = [];
  /** The line that a person says the last row is in. */
  readonly #lastSaid: number | undefined;
  #last: Guess<number>;
  readonly #adding = new Adding();
  /** Lines of rows that were filled up, or cut, and are held back still. */
  readonly #filled = new Set<number>();
  readonly #cut = new Set<number>();
  #filledCount = 0;
  #cutCount = 0;
  readonly #sums: SumRows;
  readonly #backslashes: BackslashesSeen;
  readonly #pairs: PairsSeen;
  readonly #marks: MarksSeen;
  /** Cells over several lines that may be rows: quoted for all that is known, and certainly not. */
  readonly #swallowing: number[] = [];
  readonly #literal: number[] = [];
  #final = false;

  constructor(dialect: CsvDialect, said: LayoutSaid, bom: Buffer) {
    this.#dialect = dialect;
    this.#short = said.short ?? dialect.table.short;
    this.#long = said.long ?? 'refuse';
    this.#lastSaid = said.last;
    this.#sums = new SumRows(said);
    this.#backslashes = new BackslashesSeen(dialect.backslashes, { delimiter: dialect.delimiter.value, quoted: dialect.wrapped });
    this.#pairs = new PairsSeen(dialect.escape, dialect.shape.quote);
    this.#marks = new MarksSeen(dialect.quote.value);
    this.#last = endOf(said.last);
    this.#preamble = bom.length > 0 ? [Buffer.from(bom)] : [];
    if (dialect.table.header.value === 0) this.#begin(Array.from({ length: dialect.table.width }, () => ''));
    this.#reader = new RecordReader(dialect.shape, {
      record: (record) => this.#record(record),
      unreadable: (row) => {
        this.#unreadable.push(row);
      },
      areRows: (lines, line) => this.#areRows(lines, line),
    });
  }

  read(block: Buffer, final: boolean): number {
    const consumed = this.#reader.read(block, final);
    this.#final = final;
    if (final && !this.#fields) this.#begin([]);
    return consumed;
  }

  take(): Segment | null {
    if (!this.#fields) return null;
    const held = this.#final ? this.#putFooterAside() : this.#holdBack();
    this.#filledCount += leaveBefore(this.#filled, held.from);
    this.#cutCount += leaveBefore(this.#cut, held.from);
    this.#sums.keepBefore(held.from);
    const segment = {
      ...{ fields: this.#fields, items: this.#items, unreadable: this.#unreadable },
      ...{ dialect: this.#describe(), layout: this.#layout() },
    };
    this.#items = held.items;
    this.#unreadable = held.unreadable;
    return segment;
  }

  #record(record: RawRecord): void {
    const { line } = record;
    const { header, first } = this.#dialect.table;
    if (line < first && line !== header.value) {
      if (line === this.#dialect.separatorLine) this.#preamble.push(Buffer.from(record.raw));
      this.#putAside(line, record.raw);
      return;
    }
    if (this.#dialect.shape.dumped && endsRows(record)) {
      this.#putAside(line, record.raw);
      return;
    }
    if (!this.#fields) {
      this.#preamble.push(Buffer.from(record.raw));
      const { spare, unnamedFirst } = this.#dialect.table;
      this.#names = record.cells.slice(0, record.cells.length - spare);
      this.#begin([...(unnamedFirst ? [''] : []), ...this.#names]);
      return;
    }
    if (this.#lastSaid && line > this.#lastSaid) {
      this.#putBelow(line, record.raw);
      return;
    }
    if (this.#repeatsNames(record.cells)) {
      // Files that were put one behind the other have their names again and again.
      if (this.#aside.length < ASIDE_MAX) this.#putAside(line, record.raw);
      else this.#refuseFor(record, `line ${line} has the names of the columns again`);
      return;
    }
    if (!record.plain && record.raw.includes(BACKSLASH)) this.#backslashed(record);
    this.#marks.take(line, record.cells);
    this.#row(record, this.#fields.length);
  }

  /** Its cells as they stand in the file: without a look at quotes and backslashes. */
  #backslashed({ line, cells, raw }: RawRecord): void {
    const { charset, delimiter, newline, dumped } = this.#reader.shape;
    if (charset.unit === 1 && !isMultibyte(charset)) {
      const text = raw.toString('latin1');
      const own = text.split(newline).flatMap((one) => one.replace(/\r$/, '').split(delimiter));
      this.#backslashes.take(line, own);
      this.#pairs.take(line, own);
    } else if (!dumped && !raw.includes(this.#reader.shape.quote || '"')) this.#backslashes.take(line, cells);
  }

  #row(record: RawRecord, width: number): void {
    const { cells, line, raw, plain } = record;
    if (cells.length < width) {
      if (this.#short !== 'fill') {
        this.#refuse(record, width);
        return;
      }
      this.#filled.add(line);
      while (cells.length < width) cells.push('');
    } else if (cells.length > width) {
      // A record that is too wide to be looked at to its end may have anything there.
      const spare = cells.length <= FIELDS_MAX && cells.every((cell, column) => column < width || isBlank(cell));
      if (!spare && this.#long !== 'cut') {
        this.#refuse(record, width);
        return;
      }
      if (!spare) this.#cut.add(line);
      cells.length = width;
    }
    const isSum = cells.includes('') && this.#sums.has(cells);
    if (isSum) {
      if (this.#sums.areAside) {
        this.#filled.delete(line);
        if (this.#aside.length < ASIDE_MAX) this.#putAside(line, raw);
        else this.#refuseFor(record, `line ${line} looks like a sum of other rows`);
        return;
      }
      this.#sums.hold(line);
    }
    this.#items.push({ line, values: cells, raw, plain });
    if (!isSum) this.#adding.add({ line, values: cells }, raw.length);
  }

  #repeatsNames(cells: readonly string[]): boolean {
    const names = this.#names;
    return names.length > 1 && cells.length >= names.length && names.every((name, at) => name !== '' && cells[at] === name);
  }

  #begin(cells: string[]): void {
    const problem = tooManyColumns(cells.length);
    if (problem) throw new CountersignError('invalid', problem);
    this.#fields = columnNames(cells.map(toVisible));
  }

  #refuse(record: RawRecord, width: number): void {
    const than = this.#dialect.table.header.value > 0 ? 'the header' : 'the first row';
    this.#refuseFor(record, `line ${record.line} has ${cellCount(record.cells.length)}, ${than} has ${width}`);
  }

  #refuseFor({ line, cells, raw, cut = false }: RawRecord, reason: string): void {
    const row = { line, reason, excerpt: Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES)), raw: cut ? null : raw };
    this.#unreadable.push(row);
    this.#miscounted.set(row, { cells, raw: row.excerpt });
  }

  /** Lines of a quoted cell with as many delimiters as rows have are rows if they fit the columns that have values only. */
  #areRows(lines: readonly string[], line: number): boolean {
    const { typed } = this.#dialect.table;
    const rows = lines.map((text) => text.split(this.#reader.shape.delimiter));
    if (!rows.every((cells) => fitsTable(cells, this.#dialect.table))) return false;
    const told = rows.every((cells) => cells.some((cell, column) => typed[column] && !isBlank(cell)));
    const known = told ? this.#literal : this.#swallowing;
    if (known.length < LINES_MAX) known.push(line);
    return told;
  }

  /** The last rows so far, which may turn out to be sums and notes below the table, are kept for the next segment. */
  #holdBack(): { items: Item[]; unreadable: UnreadableRow[]; from: number } {
    let bytes = 0;
    let items = this.#items.length;
    let unreadable = this.#unreadable.length;
    let from = Number.POSITIVE_INFINITY;
    for (let held = 0; held < LAST_ROWS && items + unreadable > 0; held++) {
      const item = this.#items[items - 1];
      const row = this.#unreadable[unreadable - 1];
      const isItem = item !== undefined && (row === undefined || item.line > row.line);
      bytes += (isItem ? item.raw : row?.raw)?.length ?? UNREADABLE_EXCERPT_BYTES;
      if (bytes > HELD_BYTES_MAX) break;
      if (isItem) items--;
      else unreadable--;
      from = (isItem ? item.line : row?.line) ?? from;
    }
    // The block that they are views of goes on to be overwritten.
    const held = this.#items.splice(items).map((item) => ({ ...item, raw: Buffer.from(item.raw) }));
    const rows = this.#unreadable.splice(unreadable);
    for (const row of rows) row.raw &&= Buffer.from(row.raw);
    return { items: held, unreadable: rows, from };
  }

  /** Items are held back no more. */
  #putFooterAside(): { items: Item[]; unreadable: UnreadableRow[]; from: number } {
    const rows = this.#lastSaid === undefined ? this.#lastRows() : [];
    const end = endAmong(rows, this.#dialect.table.typed, this.#adding, this.#sums.between(rows));
    // Where all is below, nothing is: then its rows are told as what they are.
    const isBelow = end.rows > 0 && end.rows < this.#items.length + this.#unreadable.length;
    if (this.#lastSaid === undefined && (isBelow || end.rows === 0)) this.#last = end.last;
    const from = isBelow ? rows[rows.length - end.rows]?.line : undefined;
    if (from !== undefined) {
      for (const { line, raw } of rows.slice(-end.rows)) this.#putAside(line, raw);
      this.#items = this.#items.filter(({ line }) => line < from);
      this.#unreadable = this.#unreadable.filter(({ line }) => line < from);
      leaveFrom(this.#filled, from);
      leaveFrom(this.#cut, from);
      this.#sums.forget(rows.slice(-end.rows).map(({ line }) => line));
    }
    // What is asked about as the end of the table is not asked about twice.
    this.#sums.forget(this.#last.against);
    return { items: [], unreadable: [], from: Number.POSITIVE_INFINITY };
  }

  #lastRows(): (LastRow & { raw: Buffer })[] {
    const items = this.#items.slice(-LAST_ROWS).map(({ line, values, raw }) => ({ line, values, raw, refused: false }));
    const refused = this.#unreadable.slice(-LAST_ROWS).map((row) => {
      const { cells, raw } = this.#miscounted.get(row) ?? { cells: null, raw: row.excerpt };
      return { line: row.line, values: cells, raw, refused: true };
    });
    const rows = [...items, ...refused].sort((a, b) => a.line - b.line).slice(-LAST_ROWS);
    return rows.map((row, at) => {
      const above = rows[at - 1];
      return { ...row, afterBlank: above !== undefined && row.line > above.line + lineCount(above.raw, this.#reader.shape) };
    });
  }

  /** Below the line that a person named. */
  #putBelow(line: number, raw: Buffer): void {
    this.#putAside(line, raw);
    if (this.#aside.length > ASIDE_MAX)
      throw new CountersignError(
        'invalid',
        `More than ${ASIDE_MAX} lines stand below line ${this.#lastSaid}, too many to be put aside. Name a later line, or leave them out of the file.`,
      );
  }

  /** Every line of a record that is no part of the table. */
  #putAside(line: number, raw: Buffer): void {
    for (let at = 0; at < lineCount(raw, this.#reader.shape); at++) this.#aside.push(line + at);
  }

  #layout(): Layout {
    const { delimiter, table } = this.#dialect;
    const backslashes = this.#backslashes.guess();
    return {
      ...(backslashes ? { backslashes } : {}),
      ...this.#sums.layout(),
      ...{ delimiter, quote: this.#quote(), escape: this.#pairs.guess(), header: table.header, charset: this.#charset() },
      last: this.#last,
      ...{ short: this.#short, long: this.#long, aside: [...this.#aside] },
      ...{ filled: this.#filledCount, cut: this.#cutCount },
    };
  }

  #quote(): Guess<Quote> {
    const quote = this.#marks.doubting(this.#dialect.quote);
    const against = [...quote.against, ...this.#swallowing, ...this.#literal].sort((a, b) => a - b).slice(0, LINES_MAX);
    if (this.#swallowing.length === 0 || quote.by === 'person') return { ...quote, against };
    return {
      ...quote,
      against,
      by: 'guess',
      sure: Math.min(quote.sure, QUOTES_SURE),
      others: [{ value: 'none', sure: 1 - QUOTES_SURE }],
    };
  }

  #charset(): Guess<string> {
    const guess = this.#reader.decided?.guess ?? this.#dialect.charset;
    const { spoiled } = this.#reader;
    if (spoiled.length === 0) return guess;
    const sure = guess.by === 'person' ? 1 : Math.min(guess.sure, SPOILED_SURE);
    return { ...guess, sure, against: [...new Set([...guess.against, ...spoiled])].sort((a, b) => a - b).slice(0, LINES_MAX) };
  }

  #describe(): Dialect {
    const { charset, newline } = this.#reader.shape;
    const { delimiter, quote, table } = this.#dialect;
    return {
      charset: charset.name,
      ...{ delimiter: delimiter.value, quote: quote.value, escape: this.#dialect.escape.value },
      lineEnd: newline === '\r' ? 'CR' : 'LF',
      names: table.header.value > 0 ? 'first row' : 'numbered',
      // Byte order mark, separator line and header row as they are in the file, so that a selection of rows can be written back as a file.
      header: Buffer.concat(this.#preamble).toString('base64'),
    };
  }
}

/** How many lines were before this one; they are forgotten. */
function leaveBefore(lines: Set<number>, from: number): number {
  let left = 0;
  for (const line of lines) {
    if (line >= from) continue;
    lines.delete(line);
    left++;
  }
  return left;
}

function leaveFrom(lines: Set<number>, from: number): void {
  for (const line of lines) if (line >= from) lines.delete(line);
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

/** Other than UTF-16 and UTF-32, text holds no NUL, and few control characters; a stray one in a cell is no reason to refuse the file. */
function looksBinary(head: Buffer): boolean {
  if (detectCharset(head, head.length < HEAD_BYTES).charset.unit > 1) return false;
  let control = 0;
  let zeros = 0;
  const length = Math.min(head.length, 8192);
  for (let i = 0; i < length; i++) {
    const byte = head[i] ?? 0;
    if (byte === 0) zeros++;
    else if (byte < 32 && !TEXT_CONTROLS.has(byte)) control++;
  }
  // UTF-16 without a mark has nearly every second byte zero, and no other control characters.
  if (zeros > length * 0.3) return control > Math.max(16, length * 0.02);
  return control + zeros > Math.max(32, length * 0.05);
}

/** Tab, line ends, form feed, escape, and the ones that are made to stand between cells and records. */
const TEXT_CONTROLS = new Set([1, 9, 10, 12, 13, 27, 28, 29, 30, 31]);
