/**
 * How a CSV file is written, from its first bytes. Every delimiter that occurs is tried with every way to quote, and the table that each gives is weighed:
 * rows that have as many cells as the header, and cells that look like values or words. Weights are natural logarithms, as in table.ts.
 */
import iconv from 'iconv-lite';
import { FIELDS_MAX } from '#lib/core/limits.ts';
import { certain, type Guess, LINES_MAX, saidByPerson } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { asciiText, type Charset, type CharsetGuess, detectCharset } from './charset.ts';
import { type Backslashes, backslashesOf, endsRows } from './dump.ts';
import { isBlank, isData } from './form.ts';
import { escapeOfPairs, isOtherwise } from './later.ts';
import { inUnits, lineCount, RecordReader, type Shape } from './records.ts';
import { type Row, type Table, tableOf } from './table.ts';

export type Quote = NonNullable<LayoutSaid['quote']>;
type Escape = NonNullable<LayoutSaid['escape']>;

export type CsvDialect = {
  shape: Shape;
  charset: Guess<string>;
  /** As people write it; the shape has it in units of the character set. */
  delimiter: Guess<string>;
  quote: Guess<Quote>;
  escape: Guess<Escape>;
  /** Null where no cell has one. */
  backslashes: Guess<Backslashes> | null;
  /** Whether a cell begins and ends with a mark that could quote it. */
  wrapped: boolean;
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
/** What is above a column is seldom a list. */
const SPLIT_NAME = -3;
const SAMPLE_RECORDS = 150;
const SAMPLE_LINES = 300;
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
  const whole = asciiText(head.subarray(charset.bom), charset);
  const sign = SEPARATOR.exec(whole.slice(0, SEPARATOR_CHARS))?.[1]?.replace('\\t', '\t') ?? null;
  const separator = sign !== null && isTwice(sign, whole.slice(SEPARATOR_SAYS)) ? sign.repeat(2) : sign;
  const ways = newlinesIn(whole).map(({ newline, weight }) => {
    const text = firstLines(whole, newline);
    const sample: Sample = {
      body: head.subarray(charset.bom, text === whole ? head.length : charset.bom + text.length * charset.unit),
      complete: complete && text === whole,
      ...{ said, fileName, charset, newline, text, skip: separator ? 1 : 0, dumped: false },
    };
    const tried = delimitersIn(sample, said.delimiter ?? (isTold(separator, text) ? separator : null)).map(
      ([delimiter, usual]) => ({
        delimiter,
        ...bestQuoting(sample, delimiter, usual),
      }),
    );
    const best = tried.reduce((a, b) => (b.reading.weight > a.reading.weight ? b : a));
    return { sample, tried, best, weight: weight + best.reading.weight };
  });
  const { sample, tried, best } = ways.reduce((a, b) => (b.weight > a.weight ? b : a));
  const { escaping } = best;
  if (best.reading.rows.length === 0) return null;
  const wrapped = best.none.some(({ cells }) => cells.some((cell) => isWrapped(cell.trim(), '"') || isWrapped(cell.trim(), "'")));
  const backslashes = backslashesOf(best.none, { delimiter: best.delimiter, quoted: wrapped, said: said.backslashes });
  const dump = backslashes?.value === 'dump';
  // What is dumped without quotes has quotes in its texts.
  const quote = dump && !wrapped && said.quote === undefined ? certain<Quote>('none') : best.quote;
  const reading = dump ? readSample({ ...sample, dumped: true }, best.delimiter, quote.value, escaping.value, 0) : best.reading;
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
        : isTold(separator, whole)
          ? certain(best.delimiter, [1])
          : delimiterGuess(best.delimiter, tried, table),
    quote,
    escape: escaping,
    ...{ backslashes, wrapped },
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
  /** Whether backslashes outside of quotes are those of a dump. */
  dumped: boolean;
  newline: '\n' | '\r';
  text: string;
};

/** The sample under one shape. */
type Reading = { shape: Shape; rows: Row[]; refused: number[]; table: Table; weight: number };

const SEPARATOR_CHARS = 64;
const SEPARATOR_SAYS = 'sep='.length;
const SEPARATOR = /^"?sep=(\\t|[^\w"\r\n])"?\1*(?:[\r\n]|$)/i;

/** Whether the line “sep=;” is to be believed: in what comes below it, such a delimiter stands. */
function isTold(separator: string | null, text: string): boolean {
  if (separator === null) return false;
  const below = text.slice(text.search(/[\r\n]/));
  return below.includes(separator) || !USUAL_DELIMITERS.some(([usual]) => below.includes(usual));
}

/** Where lines end with CR alone, LF may still stand in cells, as Excel for the Macintosh writes them, and the other way round. */
function newlinesIn(text: string): { newline: '\n' | '\r'; weight: number }[] {
  const returns = text.match(/\r(?!\n)/g)?.length ?? 0;
  const feeds = text.match(/\n/g)?.length ?? 0;
  if (returns === 0 || (feeds > 0 && !/\r(?!\n|$)/.test(text))) return [{ newline: '\n', weight: 0 }];
  if (feeds === 0) return [{ newline: '\r', weight: 0 }];
  return [
    { newline: '\n', weight: (6 * feeds) / (feeds + returns) },
    { newline: '\r', weight: (6 * returns) / (feeds + returns) },
  ];
}

function firstLines(text: string, newline: string): string {
  let at = 0;
  for (let lines = 0; lines < SAMPLE_LINES; lines++) {
    const end = text.indexOf(newline, at);
    if (end === -1) return text;
    at = end + 1;
  }
  return text.slice(0, at);
}

/** Those that occur, and a table of one column, which has a delimiter that does not. */
function delimitersIn({ text, charset, fileName }: Sample, known: string | null | undefined): [string, number][] {
  if (known !== null && known !== undefined) return [[known, 0]];
  const found = DELIMITERS.filter(([delimiter]) => text.includes(inUnits(delimiter, charset))).map(
    ([delimiter, weight]): [string, number] => [isTwice(delimiter, text) ? delimiter.repeat(2) : delimiter, weight],
  );
  const absent = ['\t', ',', ';', '|', '\u001f', '\u0001'].find((delimiter) => !text.includes(delimiter)) ?? '\u0002';
  const weighed = found.map(([delimiter, weight]): [string, number] => [
    delimiter,
    weight + (endingSays(fileName, delimiter) ? 1 : 0),
  ]);
  return found.length === 0 ? [[',', 0]] : [...weighed, [absent, ONE_COLUMN]];
}

/** “a||b”: a sign that never stands alone, and would else be a delimiter with nothing between. Commas and semicolons do enclose empty cells. */
function isTwice(delimiter: string, text: string): boolean {
  if (!TWICE.has(delimiter)) return false;
  const times = text.split(delimiter).length - 1;
  return text.split(delimiter.repeat(2)).length - 1 === times / 2 && times > 2;
}

const TWICE = new Set(['|', ':', '^', '~']);

function endingSays(fileName: string, delimiter: string): boolean {
  const name = fileName.toLowerCase();
  return (delimiter === '\t' && (name.endsWith('.tsv') || name.endsWith('.tab'))) || (delimiter === '|' && name.endsWith('.psv'));
}

/** `none`: its rows where no quote is one. */
type Quoting = { reading: Reading; none: readonly Row[]; quote: Guess<Quote>; escaping: Guess<Escape> };

function bestQuoting(sample: Sample, delimiter: string, weight: number): Quoting {
  const read = (quote: Quote, escaping: Escape) => readSample(sample, delimiter, quote, escaping, weight);
  const { said } = sample;
  if (said.quote !== undefined) {
    const { reading, escaping } = bestEscape(sample, said.quote, read);
    return { reading, none: reading.rows, escaping, quote: saidByPerson(said.quote) };
  }
  const none = read('none', said.escape ?? 'doubled');
  const own = { none: none.rows };
  const marks = quotesIn(none.rows);
  if (marks.length === 0) {
    return {
      ...own,
      reading: { ...none, shape: { ...none.shape, quote: '"' } },
      quote: certain<Quote>('double'),
      ...escapeOf(said),
    };
  }
  const ways = marks.map((quote) => {
    const { reading, escaping } = bestEscape(sample, quote, read);
    return { quote, reading, escaping, ...oddsOfQuote(reading, none, QUOTES[quote], delimiter) };
  });
  const best = ways.reduce((a, b) => (b.odds > a.odds ? b : a));
  const sure = 1 / (1 + Math.exp(-best.odds));
  if (best.odds >= 0) {
    const others = sure < 1 - OFFERED ? [{ value: 'none' as const, sure: 1 - sure }] : [];
    const quote: Guess<Quote> = { value: best.quote, sure, by: 'guess', for: best.for, against: best.against, others };
    return { ...own, reading: best.reading, quote, escaping: best.escaping };
  }
  const others = [{ value: best.quote, sure }];
  const quote: Guess<Quote> = { value: 'none', sure: 1 - sure, by: 'guess', for: best.against, against: best.for, others };
  return { ...own, reading: none, quote, ...escapeOf(said) };
}

/** Without a quoted cell in which one could stand it makes no difference. */
function escapeOf(said: LayoutSaid): { escaping: Guess<Escape> } {
  return { escaping: said.escape === undefined ? certain<Escape>('doubled') : saidByPerson(said.escape) };
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
  read: (quote: Quote, escaping: Escape) => Reading,
): { reading: Reading; escaping: Guess<Escape> } {
  const { said, text } = sample;
  if (said.escape !== undefined || quote === 'none' || !text.includes(`\\${QUOTES[quote]}`)) {
    const reading = read(quote, said.escape ?? 'doubled');
    return { reading, escaping: said.escape === undefined ? escapeIn(reading, quote) : saidByPerson(said.escape) };
  }
  const doubled = read(quote, 'doubled');
  const backslash = read(quote, 'backslash');
  const odds = 1.5 * (lostRows(doubled) - lostRows(backslash)) + (backslash.weight - doubled.weight);
  const sure = 1 / (1 + Math.exp(-Math.max(-8, Math.min(8, odds))));
  const [value, other, share] =
    odds > 0 ? (['backslash', 'doubled', sure] as const) : (['doubled', 'backslash', 1 - sure] as const);
  const reading = odds > 0 ? backslash : doubled;
  const lines = reading.rows.filter(({ raw }) => raw.includes(`\\${QUOTES[quote]}`)).map(({ line }) => line);
  const escaping: Guess<Escape> = {
    ...{ value, sure: share, by: 'guess', for: lines.slice(0, LINES_MAX) },
    ...{ against: reading.refused.slice(0, LINES_MAX), others: share < 1 - OFFERED ? [{ value: other, sure: 1 - share }] : [] },
  };
  return { reading, escaping };
}

/** Backslashes that only come in pairs in quoted cells, where no quote is doubled: each pair may be one. */
function escapeIn({ rows, shape: { charset, delimiter } }: Reading, quote: Quote): Guess<Escape> {
  const mark = QUOTES[quote];
  const quoted = rows
    .filter(({ raw }) => raw.includes(0x5c))
    .flatMap(({ line, raw }) => {
      const text = iconv.decode(raw, charset.name, { stripBOM: false });
      return text.split(delimiter).map((cell) => ({ line, cell: cell.trim() }));
    })
    .filter(({ cell }) => cell.startsWith(mark));
  const pairs = quoted.filter(({ cell }) => cell.includes('\\\\'));
  if (pairs.length === 0 || quoted.some(({ cell }) => isOtherwise(cell, mark))) return certain<Escape>('doubled');
  return escapeOfPairs([...new Set(pairs.map(({ line }) => line))]);
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

function readSample(sample: Sample, delimiter: string, quote: Quote, escaping: Escape, weight: number): Reading {
  const { body, complete, charset, newline, said, skip, dumped } = sample;
  const shape: Shape = {
    ...{
      charset,
      undecided: false,
      delimiter: inUnits(delimiter, charset),
      quote: QUOTES[quote],
      escape: escaping,
      dumped,
      newline,
      columns: 0,
    },
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
  const rows = all.slice(skip).filter((row) => !dumped || !endsRows(row));
  const table = tableOf(rows, complete, said);
  // Whatever stands in no cell makes one column, as nothing does.
  const one = rows.every(({ cells }) => cells.length === 1);
  const cut = one && USUAL_DELIMITERS.some(([usual]) => (rows[0]?.cells[0] ?? '').split(usual).length > 2);
  const own = (one ? Math.min(weight, ONE_COLUMN) : weight) + (cut ? SPLIT_NAME : 0);
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

const CELLS_WEIGHED = 600;

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

const SPLITS = [';', '\t', '|', '^', '~', '\u001f', '\u0001', '¦'];

/** Of a text in which delimiters stand one of them may be the right one; a comma with a space behind it is more often a comma. */
function cleannessOf(cell: string): number {
  if (isBlank(cell) || isData(cell)) return 1;
  if (/[\r\n]/.test(cell)) return /[\r\n] *["']/.test(cell) ? 0 : 0.6;
  if (SPLITS.some((one) => cell.includes(one))) return 0.2;
  if (/,\S/.test(cell)) return 0.4;
  if (/:[^:]+:[^:]+:/.test(cell)) return 0.1;
  if (/\d:\d|\w:\w+:/.test(cell)) return 0.3;
  if (cell.startsWith('"') && cell.length > 1) return 0.5;
  return cell.includes(',') ? 0.7 : 0.9;
}

function commonWidth(rows: readonly Row[]): number {
  const seen = new Map<number, number>();
  for (const { cells } of rows) seen.set(cells.length, (seen.get(cells.length) ?? 0) + 1);
  return [...seen].sort(([a, x], [b, y]) => y - x || b - a)[0]?.[0] ?? 0;
}
