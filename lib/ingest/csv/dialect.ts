/**
 * How a CSV file is written, from its first bytes. Every delimiter that occurs is tried with every way to quote, and the table that each gives is weighed:
 * rows that have as many cells as the header, and cells that look like values or words. Weights are natural logarithms, as in table.ts.
 */
import { FIELDS_MAX } from '#lib/core/limits.ts';
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { asciiText, type Charset, type CharsetGuess, detectCharset } from './charset.ts';
import { isBlank, isData } from './form.ts';
import { inUnits, lineCount, RecordReader, type Shape } from './records.ts';
import { type Row, type Table, tableOf } from './table.ts';

export type Quote = NonNullable<LayoutSaid['quote']>;
export type Escape = NonNullable<LayoutSaid['escape']>;

export type CsvDialect = {
  shape: Shape;
  charset: Guess<string>;
  /** As people write it; the shape has it in units of the character set. */
  delimiter: Guess<string>;
  quote: Guess<Quote>;
  escape: Guess<Escape>;
  table: Table;
  /** The line that says “sep=;”, as Excel writes and reads it; 0 where there is none. */
  separatorLine: number;
};

const USUAL_DELIMITERS: readonly [string, number][] = [
  [',', 1],
  [';', 0.9],
  ['\t', 0.9],
  ['|', 0.5],
];
/** A colon stands in every time of the day, so it has to be much better than what else there is. */
const UNUSUAL_DELIMITERS: readonly [string, number][] = [
  ['^', 0],
  ['~', 0],
  ['\u001f', 0.5],
  ['\u0001', 0.5],
  ['¦', 0],
  [':', -2.5],
];
const DELIMITERS = [...USUAL_DELIMITERS, ...UNUSUAL_DELIMITERS];
/** What a table of one column is worth less than one of several that is as good. */
const ONE_COLUMN = -3;
const SAMPLE_RECORDS = 200;
const OFFERED = 0.01;

/** What people call the quotes, and what they are. */
const QUOTES: Record<Quote, Shape['quote']> = { double: '"', single: "'", none: '' };

/**
 * Goes by what a person said, without a guess at it.
 * @returns null where there is not one record.
 */
export function detectDialect(
  head: Buffer,
  complete: boolean,
  fileName: string,
  said: LayoutSaid = {},
  { charset, guess }: CharsetGuess = detectCharset(head, complete),
): CsvDialect | null {
  const body = head.subarray(charset.bom);
  const separator = separatorOf(body, charset);
  const sample: Sample = {
    ...{ body, complete, said, fileName, charset },
    skip: separator ? 1 : 0,
    newline: newlineOf(body, charset),
    text: asciiText(body, charset),
  };
  const delimiters = delimitersIn(sample, said.delimiter ?? separator);
  const tried = delimiters.map(([delimiter, weight]) => ({ delimiter, ...bestQuoting(sample, delimiter, weight) }));
  const best = tried.reduce((a, b) => (b.reading.weight > a.reading.weight ? b : a));
  const { reading, quote, escape } = best;
  if (reading.rows.length === 0) return null;
  const { table } = reading;
  return {
    shape: {
      ...reading.shape,
      undecided: guess.by === 'file' && charset.name === 'UTF-8' && charset.bom === 0,
      columns: commonWidth(reading.rows),
    },
    charset: guess,
    delimiter:
      said.delimiter !== undefined
        ? saidByPerson(said.delimiter)
        : separator !== null
          ? certain(separator, [1])
          : delimiterGuess(best.delimiter, tried, table),
    quote,
    escape,
    table,
    separatorLine: separator === null ? 0 : 1,
  };
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

/** What is looked at: the first bytes without their byte order mark. */
type Sample = {
  body: Buffer;
  complete: boolean;
  said: LayoutSaid;
  fileName: string;
  charset: Charset;
  /** Records at the beginning that are no part of the table. */
  skip: number;
  newline: '\n' | '\r';
  text: string;
};

/** The sample under one shape. */
type Reading = { shape: Shape; rows: Row[]; refused: number[]; table: Table; weight: number };

const SEPARATOR = /^"?sep=(\\t|[^\w"\r\n])"?\1*(?:[\r\n]|$)/i;

function separatorOf(body: Buffer, charset: Charset): string | null {
  const found = SEPARATOR.exec(asciiText(body.subarray(0, 64 * charset.unit), charset))?.[1];
  return found === undefined ? null : found === '\\t' ? '\t' : found;
}

/** Where lines end with CR alone, LF may still stand in cells: Excel for the Macintosh writes such files. */
function newlineOf(body: Buffer, charset: Charset): '\n' | '\r' {
  const text = asciiText(body, charset);
  const breaks = text.match(/\r(?!\n|$)|\n/g) ?? [];
  const returns = breaks.filter((one) => one === '\r').length;
  if (breaks.length === 0) return text.endsWith('\r') ? '\r' : '\n';
  return returns > breaks.length - returns ? '\r' : '\n';
}

/** Those that occur, and a table of one column, which has a delimiter that does not. */
function delimitersIn({ text, charset, fileName }: Sample, known: string | null | undefined): [string, number][] {
  if (known !== null && known !== undefined) return [[known, 0]];
  const found = DELIMITERS.filter(([delimiter]) => text.includes(inUnits(delimiter, charset)));
  const absent = ['\t', ',', ';', '|', '\u001f', '\u0001'].find((delimiter) => !text.includes(delimiter)) ?? '\u0002';
  const weighed = found.map(([delimiter, weight]): [string, number] => [
    delimiter,
    weight + (endingSays(fileName, delimiter) ? 1 : 0),
  ]);
  return found.length === 0 ? [[',', 0]] : [...weighed, [absent, ONE_COLUMN]];
}

function endingSays(fileName: string, delimiter: string): boolean {
  const name = fileName.toLowerCase();
  return (delimiter === '\t' && (name.endsWith('.tsv') || name.endsWith('.tab'))) || (delimiter === '|' && name.endsWith('.psv'));
}

type Quoting = { reading: Reading; quote: Guess<Quote>; escape: Guess<Escape> };

function bestQuoting(sample: Sample, delimiter: string, weight: number): Quoting {
  const read = (quote: Quote, escape: Escape) => readSample(sample, delimiter, quote, escape, weight);
  const { said } = sample;
  if (said.quote !== undefined) {
    const { reading, escape } = bestEscape(sample, said.quote, read);
    return { reading, escape, quote: saidByPerson(said.quote) };
  }
  const none = read('none', said.escape ?? 'doubled');
  const marks = quotesIn(none.rows);
  if (marks.length === 0) {
    return { reading: { ...none, shape: { ...none.shape, quote: '"' } }, quote: certain<Quote>('double'), ...escapeOf(said) };
  }
  const ways = marks.map((quote) => {
    const { reading, escape } = bestEscape(sample, quote, read);
    return { quote, reading, escape, ...oddsOfQuote(reading, none, QUOTES[quote], delimiter) };
  });
  const best = ways.reduce((a, b) => (b.odds > a.odds ? b : a));
  const sure = 1 / (1 + Math.exp(-best.odds));
  if (best.odds >= 0) {
    const others = sure < 1 - OFFERED ? [{ value: 'none' as const, sure: 1 - sure }] : [];
    const quote: Guess<Quote> = { value: best.quote, sure, by: 'guess', for: best.for, against: best.against, others };
    return { reading: best.reading, quote, escape: best.escape };
  }
  const others = [{ value: best.quote, sure }];
  const quote: Guess<Quote> = { value: 'none', sure: 1 - sure, by: 'guess', for: best.against, against: best.for, others };
  return { reading: none, quote, ...escapeOf(said) };
}

/** Without a quoted cell in which one could stand it makes no difference. */
function escapeOf({ escape }: LayoutSaid): { escape: Guess<Escape> } {
  return { escape: escape === undefined ? certain<Escape>('doubled') : saidByPerson(escape) };
}

/** The quotes that cells begin with. Apostrophes begin words too, so in a row as many cells have to end with one. */
function quotesIn(rows: readonly Row[]): Quote[] {
  let double = false;
  let single = 0;
  let begun = 0;
  let ended = 0;
  for (const { cells } of rows) {
    const texts = cells.map((cell) => cell.trim());
    if (texts.some((text) => text.startsWith('"'))) double = true;
    const begin = texts.filter((text) => text.startsWith("'")).length;
    const end = texts.filter((text) => text.endsWith("'") && text !== "'").length;
    begun += begin;
    ended += end;
    if (begin > 0 && begin === end) single++;
  }
  const quotes: Quote[] = double ? ['double'] : [];
  // A cell over several lines begins in one of them and ends in another.
  if (single > rows.length / 2 || (!double && begun > 0 && begun === ended)) quotes.push('single');
  return quotes;
}

/** Whether backslashes or second quotes stand before the quotes inside quoted cells: whatever costs fewer rows. */
function bestEscape(
  sample: Sample,
  quote: Quote,
  read: (quote: Quote, escape: Escape) => Reading,
): { reading: Reading; escape: Guess<Escape> } {
  const { said, text } = sample;
  if (said.escape !== undefined || quote === 'none' || !text.includes(`\\${QUOTES[quote]}`)) {
    const reading = read(quote, said.escape ?? 'doubled');
    return { reading, escape: said.escape === undefined ? escapeOfPairs(reading, quote) : saidByPerson(said.escape) };
  }
  const doubled = read(quote, 'doubled');
  const backslash = read(quote, 'backslash');
  const odds = 1.5 * (lostRows(doubled) - lostRows(backslash)) + (backslash.weight - doubled.weight);
  const sure = 1 / (1 + Math.exp(-Math.max(-8, Math.min(8, odds))));
  const [value, other, share] =
    odds > 0 ? (['backslash', 'doubled', sure] as const) : (['doubled', 'backslash', 1 - sure] as const);
  const reading = odds > 0 ? backslash : doubled;
  const lines = reading.rows.filter(({ raw }) => raw.includes(`\\${QUOTES[quote]}`)).map(({ line }) => line);
  const escape: Guess<Escape> = {
    ...{ value, sure: share, by: 'guess', for: lines.slice(0, LINES_MAX) },
    ...{ against: reading.refused.slice(0, LINES_MAX), others: share < 1 - OFFERED ? [{ value: other, sure: 1 - share }] : [] },
  };
  return { reading, escape };
}

/** Backslashes that only come in pairs, where no quote is doubled: each pair may be one. */
function escapeOfPairs({ rows }: Reading, quote: Quote): Guess<Escape> {
  const mark = QUOTES[quote];
  const texts = rows.map(({ raw, line }) => ({ line, text: raw.toString('latin1').replaceAll('\0', '') }));
  const pairs = texts.filter(({ text }) => text.includes(mark) && text.includes('\\\\'));
  const single = texts.some(({ text }) => text.includes(mark) && (text.match(/\\+/g) ?? []).some((run) => run.length % 2 === 1));
  const doubled = texts.some(({ text }) => new RegExp(`[^\\s,;|${mark}]${mark}${mark}`).test(text));
  if (pairs.length === 0 || single || doubled) return certain<Escape>('doubled');
  const lines = pairs.map(({ line }) => line).slice(0, LINES_MAX);
  return { value: 'doubled', sure: 0.7, by: 'guess', for: [], against: lines, others: [{ value: 'backslash', sure: 0.3 }] };
}

function lostRows({ refused, rows, table }: Reading): number {
  return refused.length + rows.filter(({ cells }) => cells.length > table.width).length;
}

/** A tab never stands in cells by chance, so what quotes it is rarer. */
const QUOTES_ARE_USUAL = { tab: 1, other: 3 };

/**
 * How much likelier quotes are quotes than text. For it: cells that hold what they would be cut at, and cells that begin and end with one. Against it:
 * rows that can't be read with them, and cells over several lines each of which is a row of its own without them.
 */
function oddsOfQuote(
  quoted: Reading,
  none: Reading,
  quote: string,
  delimiter: string,
): { odds: number; for: number[]; against: number[] } {
  const needed: number[] = [];
  const swallowing: number[] = [];
  const width = commonWidth(quoted.rows);
  const starts = new Map(none.rows.map((row) => [row.line, row]));
  const wrapped = none.rows.flatMap(({ cells }) => cells.map((cell) => cell.trim())).filter((cell) => isWrapped(cell, quote));
  for (const row of quoted.rows) {
    if (isSwallowing(row, starts, width, quoted.table)) swallowing.push(row.line);
    else if (row.cells.some((cell) => cell.includes(delimiter) || cell.includes(quote) || /[\r\n]/.test(cell)))
      needed.push(row.line);
  }
  const prior = delimiter === '\t' ? QUOTES_ARE_USUAL.tab : QUOTES_ARE_USUAL.other;
  const better = Math.max(-6, Math.min(6, (quoted.weight - none.weight) / 2));
  const odds =
    prior +
    better +
    3 * Math.min(needed.length, 4) +
    0.7 * Math.min(wrapped.length, 6) -
    4 * Math.min(swallowing.length, 3) -
    2 * Math.min(quoted.refused.length, 4);
  const against = [...swallowing, ...quoted.refused].sort((a, b) => a - b);
  return { odds, for: needed.slice(0, LINES_MAX), against: against.slice(0, LINES_MAX) };
}

function isWrapped(cell: string, quote: string): boolean {
  return cell.length > 1 && cell.startsWith(quote) && cell.endsWith(quote);
}

/** A record over several lines, each of which is a whole row if its quotes are text; where its typed columns contradict, it is none. */
function isSwallowing(row: Row, starts: ReadonlyMap<number, Row>, width: number, table: Table): boolean {
  if (width < 2) return false;
  const { lines } = row;
  if (lines < 2) return false;
  for (let line = row.line; line < row.line + lines; line++) {
    const own = starts.get(line);
    if (own?.cells.length !== width) return false;
    if (!fitsTable(own.cells, table)) return false;
  }
  return true;
}

/** Whether nothing in a row contradicts the columns that have values only, and the habits of the others. */
export function fitsTable(cells: readonly string[], { typed, spaced }: Table): boolean {
  return cells.every((cell, column) => {
    if (isBlank(cell)) return true;
    return (!typed[column] || isData(cell.replaceAll('"', ''))) && (spaced || column === 0 || !cell.startsWith(' '));
  });
}

function delimiterGuess(value: string, tried: readonly { delimiter: string; reading: Reading }[], table: Table): Guess<string> {
  const best = Math.max(...tried.map(({ reading }) => reading.weight));
  // One row has nothing to be compared with.
  const trust = tried.some(({ reading }) => reading.rows.length > 1) ? 1 : 0.5;
  const shares = tried.map(({ delimiter, reading }) => ({ value: delimiter, sure: Math.exp(trust * (reading.weight - best)) }));
  const sum = shares.reduce((all, { sure }) => all + sure, 0);
  const others = shares
    .map((one) => ({ ...one, sure: one.sure / sum }))
    .filter((one) => one.value !== value && one.sure >= OFFERED)
    .sort((a, b) => b.sure - a.sure);
  if (tried.length === 1) return certain(value);
  const own = shares.find((one) => one.value === value)?.sure ?? 0;
  return { value, sure: own / sum, by: 'guess', for: [...table.fits], against: [...table.misfits], others };
}

function readSample(sample: Sample, delimiter: string, quote: Quote, escape: Escape, weight: number): Reading {
  const { body, complete, charset, newline, said, skip } = sample;
  const shape: Shape = {
    ...{ charset, undecided: false, delimiter: inUnits(delimiter, charset), quote: QUOTES[quote], escape, newline, columns: 0 },
    padded: isPadded(sample, quote, delimiter),
  };
  const all: Row[] = [];
  const refused: number[] = [];
  const reader = new RecordReader(shape, {
    record: ({ line, cells, raw }) => {
      if (all.length < SAMPLE_RECORDS) all.push({ line, lines: lineCount(raw, shape), cells, raw });
    },
    unreadable: ({ line }) => {
      if (all.length < SAMPLE_RECORDS) refused.push(line);
    },
    areRows: () => false,
  });
  reader.read(body, complete);
  // A first record that is longer than the sample: take what there is of it.
  if (all.length === 0 && !complete) reader.read(body, true);
  const rows = all.slice(skip);
  const table = tableOf(rows, complete, said.header);
  // Whatever stands in no cell makes one column, as nothing does.
  const own = rows.every(({ cells }) => cells.length === 1) ? Math.min(weight, ONE_COLUMN) : weight;
  return { shape, rows, refused, table, weight: own + weightOf(rows, refused.length, delimiter, table) };
}

/** Whether most quoted cells have spaces before them. */
function isPadded({ text }: Sample, quote: Quote, delimiter: string): boolean {
  if (quote === 'none' || delimiter === ' ') return false;
  const mark = QUOTES[quote];
  const before = delimiter.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  const padded = text.match(new RegExp(`${before} +${mark}`, 'g'))?.length ?? 0;
  const close = text.match(new RegExp(`${before}${mark}`, 'g'))?.length ?? 0;
  return padded > close;
}

const CELLS_WEIGHED = 2_000;

/** How good a table this is: its rows fit, and its cells are values or plain texts. */
function weightOf(rows: readonly Row[], refused: number, delimiter: string, { header, fit, first, width, above }: Table): number {
  let clean = 0;
  let cells = 0;
  for (const row of rows) {
    if (row.line < first && row.line !== header.value) continue;
    for (const cell of row.cells.slice(0, width)) {
      clean += cleannessOf(cell);
      cells++;
    }
    if (cells > CELLS_WEIGHED) break;
  }
  const lost = rows.length === 0 ? 1 : refused / (rows.length + refused);
  const doubt = delimiter === ',' && header.value === 0 && rows.every((row) => isDecimal(row.cells)) ? DECIMAL : 0;
  return doubt + 10 * fit + (cells === 0 ? 0 : (8 * clean) / cells) - 8 * lost - 6 * above;
}

/** What looks like two whole numbers may be one with a decimal comma, if nothing is above it. */
const DECIMAL = -4;

function isDecimal(cells: readonly string[]): boolean {
  return cells.length === 2 && /^-?\d+$/.test(cells[0] ?? '') && /^\d\d$/.test(cells[1] ?? '');
}

/** Of a text in which delimiters stand one of them may be the right one; a comma with a space behind it is more often a comma. */
function cleannessOf(cell: string): number {
  if (isBlank(cell) || isData(cell)) return 1;
  if (/[;\t|^~\u001f\u0001¦]/.test(cell)) return 0.2;
  if (/,\S/.test(cell)) return 0.4;
  if (/\d:\d|\w:\w+:/.test(cell)) return 0.3;
  if (cell.startsWith('"') && cell.length > 1) return 0.5;
  return cell.includes(',') ? 0.7 : 0.9;
}

function commonWidth(rows: readonly Row[]): number {
  const seen = new Map<number, number>();
  for (const { cells } of rows) seen.set(cells.length, (seen.get(cells.length) ?? 0) + 1);
  return [...seen].sort(([a, x], [b, y]) => y - x || b - a)[0]?.[0] ?? 0;
}
