/**
 * Random tables, written in random dialects and read back: what is read is what was written, or somebody is asked or told. One run is a table; the seed
 * gives the same tables again.
 */
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { CountersignError } from '#lib/core/errors.ts';
import { fromVisible } from '#lib/ingest/visible.ts';
import { guessesOf, readTable } from '#test/read-table.ts';

export type Written = {
  file: Buffer;
  /** The names over the columns, and null where there are none. */
  fields: readonly string[] | null;
  rows: readonly (readonly string[])[];
};

/** `asked` is whoever uploaded the file, before a plan; `told` are rows that could not be read, or a file. */
export type Outcome = 'equal' | 'asked' | 'told' | 'wrong';

/** Words that each tell the set: one “ñ” alone is Spanish or Polish, and nobody can say which. */
const CHARSETS: readonly { name: string; words: readonly string[]; bom?: boolean }[] = [
  { name: 'UTF-8', words: ['Köln', 'Łódź', '東京', 'Ñandú', '😀 ok', 'plain'] },
  { name: 'UTF-8', bom: true, words: ['Zoë', 'plain', 'Žižkov'] },
  { name: 'US-ASCII', words: ['plain', 'words', 'only', 'of letters'] },
  { name: 'UTF-16LE', bom: true, words: ['Köln', '東京', 'plain'] },
  { name: 'UTF-16BE', bom: true, words: ['Köln', '東京', 'plain'] },
  { name: 'UTF-32LE', bom: true, words: ['Köln', '😀', 'plain'] },
  { name: 'windows-1252', words: ['Köln', 'Besançon', 'Málaga', 'São Paulo', 'plain', 'Ångström'] },
  { name: 'windows-1250', words: ['Łódź', 'Wrocław', 'Białystok', 'Świdnica', 'plain', 'żółć'] },
  { name: 'windows-1250', words: ['Příbram', 'žluťoučký', 'Třebíč', 'Dvořák', 'plain', 'Žižkov'] },
  { name: 'windows-1251', words: ['Москва', 'Казань', 'Иванов', 'привет', 'plain'] },
  { name: 'windows-1254', words: ['İstanbul', 'Kadıköy', 'Ağrı', 'Beşiktaş', 'plain'] },
  { name: 'windows-1257', words: ['Šiauliai', 'Žvėrynas', 'Žemaitė', 'Užupis', 'plain'] },
  { name: 'IBM850', words: ['annulée', 'reçu', 'déjà payé', 'Orléans', 'plain'] },
  { name: 'IBM866', words: ['Москва', 'Казань', 'Иванов', 'plain'] },
  { name: 'macintosh', words: ['annulée', 'reçu', 'déjà payé', 'Orléans', 'plain'] },
  { name: 'Shift_JIS', words: ['山田太郎', '東京都', '表参道', 'カタカナ', 'plain', 'ソ十'] },
  { name: 'EUC-JP', words: ['山田太郎', '東京都', 'ひらがな', 'plain'] },
  { name: 'GB18030', words: ['张三', '北京市', '上海', '杭州', 'plain'] },
  { name: 'Big5', words: ['王小明', '臺北市', '高雄', 'plain'] },
  { name: 'EUC-KR', words: ['김철수', '서울', '부산', 'plain'] },
];
const NAMES = [
  'id',
  'name',
  'date',
  'amount',
  'note',
  'status',
  'city',
  'Order No',
  'created_at',
  'e-mail',
  'Betrag',
  'xyzzy',
  'Q1',
];
const DELIMITERS = [',', ';', '\t', '|', '^', '~', '\u001f', '\u0001', ':'];
const MARKS = [
  'plain',
  'x, y',
  'a; b',
  'it is 5" wide',
  'she said "hi"',
  "it's",
  'two\nrows of it',
  'this | that',
  'C:\\temp\\',
  'back\\"slash',
  '',
  ' ',
  '10:30',
];

const number = fc.integer({ min: 0, max: 99_999 }).map(String);
const columns: Record<string, (words: readonly string[]) => fc.Arbitrary<string>> = {
  number: () => number,
  amount: () => fc.integer({ min: 0, max: 9_999_999 }).map((cents) => (cents / 100).toFixed(2)),
  german: () => fc.integer({ min: 0, max: 99_999 }).map((cents) => (cents / 100).toFixed(2).replace('.', ',')),
  date: () => fc.integer({ min: 1, max: 28 }).map((day) => `2024-03-${String(day).padStart(2, '0')}`),
  word: (words) => fc.constantFrom(...words),
  pair: (words) => fc.tuple(fc.constantFrom(...words), fc.constantFrom(...words)).map((two) => two.join(' ')),
  state: () => fc.constantFrom('open', 'closed', 'waiting'),
  mail: () => number.map((one) => `c${one}@example.org`),
  mark: (words) => fc.constantFrom(...MARKS, ...words),
};

const table = fc
  .record({
    charset: fc.constantFrom(...CHARSETS),
    kinds: fc.array(fc.constantFrom(...Object.keys(columns)), { minLength: 1, maxLength: 6 }),
    count: fc.integer({ min: 1, max: 25 }),
  })
  .chain(({ charset, kinds, count }) => {
    const cells = fc.tuple(...kinds.map((kind) => (columns[kind] ?? columns.word)?.(charset.words) ?? fc.constant('')));
    // A row of empty cells is a blank one, which at the ends of a file is no part of the table.
    const row = cells.map(([first = '', ...rest]) => [
      [first, ...rest].every((cell) => cell.trim() === '') ? 'x' : first,
      ...rest,
    ]);
    return fc.record({
      charset: fc.constant(charset),
      names: fc.constantFrom(
        null,
        ...[NAMES, NAMES, NAMES].map((names, turn) => kinds.map((_, at) => names[(at + turn * 4) % names.length] ?? '')),
      ),
      rows: fc.array(row, { minLength: count, maxLength: count }),
    });
  });

const dialect = fc.record({
  delimiter: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(',', ';', '\t') },
    { weight: 1, arbitrary: fc.constantFrom(...DELIMITERS) },
  ),
  quoting: fc.constantFrom('needed', 'needed', 'all', 'texts', 'none'),
  quote: fc.constantFrom('"', '"', '"', "'"),
  escape: fc.constantFrom('doubled', 'doubled', 'backslash'),
  newline: fc.constantFrom('\n', '\r\n', '\r'),
  lastNewline: fc.boolean(),
  spaces: fc.constantFrom(0, 0, 0, 1),
  trailing: fc.constantFrom('none', 'none', 'none', 'rows', 'header', 'both'),
  dropped: fc.constantFrom(false, false, false, true),
  separator: fc.constantFrom(false, false, false, true),
  above: fc.constantFrom<string[]>(
    [],
    [],
    [],
    ['Export of 2024'],
    ['Account:', 'From:', ''],
    ['Report', 'Created by Ada', '', ''],
  ),
  below: fc.constantFrom<string[]>([], [], [], ['', 'Note: nothing is left out here'], ['Total: 17 rows exported'], ['']),
});
type Dialect = typeof dialect extends fc.Arbitrary<infer One> ? One : never;

export const written: fc.Arbitrary<Written> = fc.tuple(table, dialect).map(([{ charset, names, rows }, way]) => {
  const kept = way.quoting === 'none' ? rows.map((row) => row.map((cell) => unquotable(cell, way.delimiter))) : rows;
  const lines: string[] = way.separator ? [`sep=${way.delimiter}`] : [];
  const wide = (names?.length ?? 1) > 1;
  // What stands beside a table of one column can't be told from it.
  if (names && wide) lines.push(...way.above.map((line) => (line.endsWith(':') ? `${line}${way.delimiter}x` : line)));
  const more = (which: string) => (wide && (way.trailing === which || way.trailing === 'both') ? way.delimiter : '');
  if (names) lines.push(lineOf(names, way) + more('header'));
  // Where no row is whole nothing tells how many cells there were.
  const dropped = way.dropped && (names !== null || kept.some((row) => row.at(-1) !== ''));
  for (const row of kept) lines.push(lineOf(dropped ? withoutEmptyEnd(row) : row, way) + more('rows'));
  if (wide) lines.push(...way.below.filter((line) => !line.includes(way.delimiter)));
  const text = lines.join(way.newline) + (way.lastNewline ? way.newline : '');
  return { file: iconv.encode(text, charset.name, { addBOM: charset.bom ?? false }), fields: names, rows: kept };
});

/** A text that needs no quotes, for dialects that have none. */
function unquotable(cell: string, delimiter: string): string {
  return [delimiter, '"', '\n', '\r', "'"].reduce((text, one) => text.replaceAll(one, '_'), cell || '_');
}

function lineOf(row: readonly string[], way: Dialect): string {
  // Of a row that is one empty cell nothing is left but a blank line.
  const only = row.length === 1;
  return row
    .map((cell, at) => (at > 0 ? ' '.repeat(way.spaces * Number(isQuoted(cell, only, way))) : '') + cellOf(cell, only, way))
    .join(way.delimiter);
}

function isQuoted(cell: string, only: boolean, { quoting, quote, delimiter }: Dialect): boolean {
  if (quoting === 'none') return false;
  if (quoting === 'all' || (quoting === 'texts' && !/^[\d.,-]*$/.test(cell))) return true;
  return (
    cell.includes(delimiter) ||
    cell.trimStart().startsWith(quote) ||
    /[\r\n]/.test(cell) ||
    (only && cell.trim() === '') ||
    cell.includes(quote)
  );
}

function cellOf(cell: string, only: boolean, way: Dialect): string {
  if (!isQuoted(cell, only, way)) return cell;
  const { quote } = way;
  const inside =
    way.escape === 'doubled'
      ? cell.replaceAll(quote, quote + quote)
      : cell.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  return `${quote}${inside}${quote}`;
}

function withoutEmptyEnd(row: readonly string[]): readonly string[] {
  const end = row.findLastIndex((cell) => cell !== '');
  return row.slice(0, Math.max(1, end + 1));
}

/** Reads a table back. `why` says what differs, and how sure each guess was. */
export async function readBack({ file, fields, rows }: Written): Promise<{ outcome: Outcome; why: string }> {
  const read = await readTable(file).catch((error: unknown) => {
    if (error instanceof CountersignError) return error;
    throw error;
  });
  if (read instanceof CountersignError) return { outcome: 'told', why: read.message };
  const found = [read.fields, ...read.rows.map((row) => row.map(fromVisible))].map((row) => JSON.stringify(row));
  const wrote = [fields ?? read.fields, ...rows].map((row) => JSON.stringify(row));
  const differs = Array.from({ length: Math.max(found.length, wrote.length) }, (_, at) => at).find(
    (at) => found[at] !== wrote[at],
  );
  if (differs === undefined) return { outcome: 'equal', why: '' };
  const guesses = guessesOf(read.layout).map(([name, { value, sure }]) => `${name} ${JSON.stringify(value)} ${sure.toFixed(2)}`);
  const why = `${guesses.join(', ')}; line ${differs} was read as ${found[differs]}, and was ${wrote[differs]}`;
  return { outcome: read.asked.length > 0 ? 'asked' : read.refused.length > 0 ? 'told' : 'wrong', why };
}
