import { FIELDS_MAX } from '#lib/core/limits.ts';
import { typeOf } from '#lib/ingest/value-type.ts';
import { type Charset, detectCharset, isMultibyte } from './charset.ts';
import { type RawRecord, RecordReader, type Shape } from './records.ts';

export type CsvDialect = {
  shape: Shape;
  /** Whether the first record names the columns. */
  header: boolean;
  /** How many records come before the header: a title line or two of one cell each. */
  before: number;
  /** Cells of a record. */
  width: number;
};

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE_RECORDS = 200;

/**
 * How a CSV file is written, from its first bytes. The delimiter and quote are those under which most sampled records have the same
 * number of cells, the more the better; the header is told by its cells not looking like those below it.
 * @returns null where there is not one record.
 */
export function detectDialect(head: Buffer, complete: boolean, fileName: string): CsvDialect | null {
  const charset = detectCharset(head, complete);
  const body = head.subarray(charset.bom);
  const newline = newlineOf(body, charset);
  let best: { shape: Shape; records: RawRecord[]; width: number; score: number } | null = null;
  for (const quote of quotesOf(body)) {
    for (const delimiter of DELIMITERS) {
      if (delimiter === '|' && isMultibyte(charset)) continue;
      const shape: Shape = { charset, delimiter, quote, newline };
      const { records, refused } = sample(body, shape, complete);
      if (records.length === 0) continue;
      const width = commonWidth(records);
      const alike = records.filter((record) => record.cells.length === width).length / (records.length + refused);
      // One column is what any text has under the wrong delimiter: it wins only where nothing else is consistent.
      const score = width === 1 ? 0.1 * alike : alike + Math.min(width, 50) / 1000 + (endingSays(fileName, delimiter) ? 0.01 : 0);
      if (!best || score > best.score) best = { shape, records, width, score };
    }
  }
  if (!best) return null;
  // Two thirds of the rows must agree before anything is cut into columns.
  if (best.width > 1 && best.score < 0.5 && best.records.length > 3) {
    const shape: Shape = { charset, delimiter: ',', quote: '"', newline };
    best = { shape, ...only(sample(body, shape, complete).records), score: 0 };
  }
  const { shape, records, width } = best;
  let before = 0;
  while (width > 1 && before < records.length - 1 && before < 10 && records[before]?.cells.length === 1) before++;
  const table = records.slice(before);
  const first = table[0];
  if (!first) return null;
  const header = looksLikeHeader(first.cells, table.slice(1));
  return { shape, header, before, width: header ? first.cells.length : width };
}

/** Column names for a header's cells: unnamed ones are called column_3, and repeated ones get " (2)". */
export function columnNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, index) => {
    const base = cell.trim() === '' ? `column_${index + 1}` : cell.trim();
    let name = base;
    for (let again = 2; taken.has(name); again++) name = `${base} (${again})`;
    taken.add(name);
    return name;
  });
}

export function tooManyColumns(width: number): string | null {
  return width > FIELDS_MAX
    ? `The first row has more than ${FIELDS_MAX} columns, the limit of a file. Remove columns that nobody needs and upload the file again.`
    : null;
}

function only(records: RawRecord[]): { records: RawRecord[]; width: number } {
  return { records, width: commonWidth(records) };
}

function sample(body: Buffer, shape: Shape, complete: boolean): { records: RawRecord[]; refused: number } {
  const records: RawRecord[] = [];
  let refused = 0;
  const reader = new RecordReader(shape, {
    record: (record) => {
      if (records.length < SAMPLE_RECORDS) records.push(record);
    },
    unreadable: () => {
      if (records.length < SAMPLE_RECORDS) refused++;
    },
  });
  reader.read(body, complete);
  // A first record that is longer than the sample: take what there is of it.
  if (records.length === 0 && !complete) reader.read(body, true);
  return { records, refused };
}

function newlineOf(body: Buffer, charset: Charset): '\n' | '\r' {
  const lf =
    charset.unit === 1
      ? body.includes(10)
      : body.includes(charset.name === 'UTF-16LE' ? Buffer.from([10, 0]) : Buffer.from([0, 10]));
  return !lf && body.includes(13) ? '\r' : '\n';
}

/** The apostrophe quotes only in files that have no double quote and cells between apostrophes. */
function quotesOf(body: Buffer): string[] {
  if (body.includes(34) || !body.includes(39)) return ['"'];
  return /(^|[,;\t|\n])'[^'\n]*'([,;\t|\r\n]|$)/.test(body.toString('latin1')) ? ['"', "'"] : ['"'];
}

function commonWidth(records: RawRecord[]): number {
  const seen = new Map<number, number>();
  for (const { cells } of records) seen.set(cells.length, (seen.get(cells.length) ?? 0) + 1);
  let width = 1;
  let most = 0;
  for (const [cells, times] of seen) {
    if (times > most || (times === most && cells > width)) {
      width = cells;
      most = times;
    }
  }
  return width;
}

function endingSays(fileName: string, delimiter: string): boolean {
  const name = fileName.toLowerCase();
  return (delimiter === '\t' && (name.endsWith('.tsv') || name.endsWith('.tab'))) || (delimiter === '|' && name.endsWith('.psv'));
}

/**
 * A header's cells are names. Column by column, compared with the rows below: a cell that is text above numbers, dates or the like says
 * header; one that is of the same type as its column, or occurs in it again, says row. Where neither
 * decides it is a header, as most files have one.
 */
function looksLikeHeader(first: readonly string[], rows: RawRecord[]): boolean {
  if (rows.length === 0) return !first.some((cell) => isData(cell));
  let score = 0;
  for (const [column, cell] of first.entries()) {
    const name = cell.trim();
    const below = rows.map((row) => row.cells[column] ?? '').filter((value) => value.trim() !== '');
    if (below.length === 0) continue;
    const typed = below.filter(isData).length / below.length > 0.8;
    if (typed) score += isData(name) && !/^(19|20)\d\d$/.test(name) ? -1 : 1;
    else if (isData(name)) score -= 1;
    else if (name !== '' && below.length >= 2 && below.some((value) => value.trim() === name)) score -= 1;
  }
  return score >= 0;
}

function isData(cell: string): boolean {
  const type = typeOf(cell.trim());
  return type !== 'text' && type !== 'empty';
}
