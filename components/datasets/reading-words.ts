/** How a dataset was read, in a person's words: the line of it, each guess, and how sure it is. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { type Guess, isDoubtful } from '#lib/core/values/guess.ts';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import type { DateFormat, FieldGuess, FieldType, NumberFormat } from '#lib/core/values/meaning.ts';
import type { Reading, ReadingPreview } from '#lib/shapes/readings.ts';

/** "read as ; · UTF-8 · dates 31/12/2026": what is as nearly everywhere is left out, and what is asked has a question mark. */
export function readingLine({ format, layout, fields }: Pick<Reading, 'format' | 'layout' | 'fields'>): string {
  const { delimiter, quote, backslashes, header, last, charset, flavour, part, aside = [] } = layout;
  const how = delimiter
    ? marked(delimiter, delimiterSign(delimiter.value))
    : flavour
      ? marked(flavour, flavour.value === 'one mail' ? 'one mail' : `a mailbox, ${flavour.value}`)
      : (FORMATS[format?.value ?? ''] ?? format?.value ?? 'it is');
  return [
    `read as ${how}`,
    part && (part.value !== '' || isDoubtful(part)) ? marked(part, partWords(part.value)) : null,
    charset ? marked(charset, charset.value) : null,
    quote && quote.value !== 'double' ? marked(quote, QUOTES[quote.value]) : null,
    backslashes && (backslashes.value !== 'text' || isDoubtful(backslashes))
      ? marked(backslashes, backslashes.value === 'text' ? 'backslashes are text' : 'backslashes as in a dump')
      : null,
    header && (header.value !== 1 || isDoubtful(header)) ? marked(header, headerWords(header.value)) : null,
    last && isDoubtful(last) ? marked(last, `the table ends ${lastWords(last.value)}`) : null,
    aside.length > 0 ? `${formatNoun(aside.length, 'lines')} put aside` : null,
    ...spread('dates', fields.map(dateExample)),
    ...spread('numbers', fields.map(numberExample)),
  ]
    .filter((one) => one !== null && one !== undefined)
    .join(' · ');
}

/** What was taken from rows or added to them to make a table of them: "15 rows filled up"; and rows that may be none. A row that was cut has lost something. */
export function madeToFit({ filled = 0, cut = 0, summed = 0, misread = 0 }: Layout): { text: string; loss: boolean }[] {
  return [
    ...(filled > 0 ? [{ text: `${formatNoun(filled, 'rows')} filled up`, loss: false }] : []),
    ...(cut > 0 ? [{ text: `${formatNoun(cut, 'rows')} cut`, loss: true }] : []),
    ...(misread > 0 ? [{ text: `${formatNoun(misread, 'mails')} read as another kind of mailbox`, loss: true }] : []),
    ...(summed > 0 ? [{ text: `${formatNoun(summed, 'rows')} that look like sums`, loss: false }] : []),
  ];
}

/** A guess of a layout in words: what it is, and how sure that is. @internal for its tests */
export function guessWords<Key extends LayoutGuess>(key: Key, guess: Guess<LayoutValue<Key>>): { value: string; sure: string } {
  return { value: layoutWords(key, guess.value), sure: sureWords(guess) };
}

/** "very likely, 93 %": in words and a number. A guess that is not certain never rounds to 100. */
export function sureWords(guess: Guess<unknown>): string {
  const { by, sure, others } = guess;
  if (by === 'person') return 'said by a person';
  if (by === 'file') return 'the file says so, 100 %';
  if (sure >= 1 || others.length === 0) return 'nothing else fits, 100 %';
  const words = SURE.find(([above]) => sure >= above)?.[1] ?? 'one of several';
  return `${words}, ${Math.floor(sure * 100)} %`;
}

const SURE: [number, string][] = [
  [0.99, 'nearly certain'],
  [0.9, 'very likely'],
  [0.7, 'likely'],
  [0.5, 'more likely than not'],
];

/** The guesses that a layout is made of, in the order in which a person goes through them. */
export const LAYOUT_GUESSES = [
  'part',
  'flavour',
  'charset',
  'delimiter',
  'quote',
  'escape',
  'backslashes',
  'header',
  'last',
  'sums',
] as const;
export type LayoutGuess = (typeof LAYOUT_GUESSES)[number];
type LayoutValue<Key extends keyof LayoutSaid> = Exclude<LayoutSaid[Key], undefined>;

export const LAYOUT_LABELS: Record<LayoutGuess | 'short' | 'long', string> = {
  part: 'Sheet or list',
  flavour: 'Mails are told apart as',
  charset: 'Character set',
  delimiter: 'Cells are separated by',
  quote: 'Quotes',
  escape: 'A quote inside quotes',
  backslashes: 'Backslashes outside of quotes',
  header: 'Names of the columns',
  last: 'The table ends',
  sums: 'Rows between others that look like sums of them',
  short: 'Rows with too few cells',
  long: 'Rows with too many cells',
};

/** The sheet, or the list in a JSON file; without a name it is the file itself. */
function partWords(part: string): string {
  return part === '' ? 'the file is the list' : `“${part}”`;
}

/** What formats are called in a sentence; a table is named by its delimiter, and a mailbox by its flavour. */
const FORMATS: Readonly<Record<string, string | undefined>> = { xlsx: 'a workbook', ndjson: 'JSON Lines', json: 'JSON' };

/** The format of a dataset in a list: of one that failed before it was known there is none. */
export function formatWords({ format, state }: { format: string | null; state: string }): string {
  if (format === null) return state === 'failed' ? '–' : 'not known yet';
  return LISTED[format] ?? format;
}

const LISTED: Readonly<Record<string, string | undefined>> = {
  csv: 'CSV',
  mbox: 'mailbox',
  ndjson: 'JSON Lines',
  json: 'JSON',
  xlsx: 'XLSX',
};

/** A value of a layout in words. */
export function layoutWords<Key extends keyof LayoutSaid>(key: Key, value: LayoutValue<Key>): string {
  if (key === 'header') return headerWords(Number(value));
  if (key === 'last') return lastWords(Number(value));
  const text = String(value);
  if (key === 'delimiter') return delimiterWords(text);
  if (key === 'charset') return charsetWords(text);
  if (key === 'part') return partWords(text);
  const words: Record<string, string> = {
    ...QUOTES,
    ...ESCAPES,
    ...BACKSLASHES,
    ...SUMS,
    ...FLAVOURS,
    ...(key === 'short' ? SHORT : LONG),
  };
  return words[text] ?? text;
}

export const QUOTES = {
  none: 'no quotes: every quote is text',
  double: 'double quotes "…"',
  single: "single quotes '…'",
} as const satisfies Record<LayoutValue<'quote'>, string>;

export const ESCAPES = {
  doubled: 'written twice: ""',
  backslash: 'after a backslash: \\"',
} as const satisfies Record<LayoutValue<'escape'>, string>;

export const BACKSLASHES = {
  text: 'are text',
  dump: 'as in the dump of a database: \\N is no value, \\t a tab, \\n a line end',
} as const satisfies Record<LayoutValue<'backslashes'>, string>;

export const SUMS = {
  rows: 'are rows of the table',
  aside: 'are put aside',
} as const satisfies Record<LayoutValue<'sums'>, string>;

export const FLAVOURS = {
  mboxo: 'mboxo: “From ” in a text has one > before it',
  mboxrd: 'mboxrd: “From ” in a text has > before it, and one more each time it is stored',
  mboxcl: 'mboxcl: each mail says how long it is, and > is put before “From ”',
  mboxcl2: 'mboxcl2: each mail says how long it is',
  'one mail': 'one mail, not a mailbox',
} as const satisfies Record<LayoutValue<'flavour'>, string>;

export const SHORT = {
  fill: 'are filled up with empty cells',
  refuse: 'can’t be read',
} as const satisfies Record<LayoutValue<'short'>, string>;

export const LONG = {
  cut: 'are cut: what is too much is left out',
  refuse: 'can’t be read',
} as const satisfies Record<LayoutValue<'long'>, string>;

/** The delimiters that are offered; any other can be typed. */
export const DELIMITERS = [',', ';', '\t', '|', ' ', ':', '~', '^'] as const;

/** As it stands in a sentence: a space is not seen there. */
function delimiterSign(delimiter: string): string {
  return NAMED_SIGNS[delimiter] ?? (isInvisible(delimiter) ? codePoint(delimiter) : delimiter);
}

/** "; semicolon" @internal for its tests */
export function delimiterWords(delimiter: string): string {
  const sign = NAMED_SIGNS[delimiter];
  if (sign !== undefined) return sign;
  const name = SIGN_NAMES[delimiter];
  if (name !== undefined) return `${delimiter} ${name}`;
  return isInvisible(delimiter) ? codePoint(delimiter) : delimiter;
}

const NAMED_SIGNS: Record<string, string> = { '\t': 'tab', ' ': 'space' };
const SIGN_NAMES: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '|': 'bar',
  ':': 'colon',
  '~': 'tilde',
  '^': 'caret',
};

/** Controls, spaces and what joins or turns its neighbours. */
function isInvisible(text: string): boolean {
  return /^[\p{C}\p{Z}\p{M}]+$/u.test(text);
}

function codePoint(text: string): string {
  return [...text].map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`).join(' ');
}

function headerWords(line: number): string {
  return line === 0 ? 'no line names the columns' : `line ${formatCount(line)} names the columns`;
}

function lastWords(line: number): string {
  return line === 0 ? 'with the file' : `with line ${formatCount(line)}`;
}

/** "Windows, Western European (windows-1252)": a name that few know is told with where it comes from. */
function charsetWords(name: string): string {
  const from = CHARSET_FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
  return from === undefined ? name : `${from} (${name})`;
}

/** Which people know a character set by: `from` is what a spreadsheet or a mail program calls it. */
const CHARSET_FAMILIES: [RegExp, string][] = [
  [/^ibm437$/i, 'MS-DOS, United States'],
  [/^ibm850$/i, 'MS-DOS, Western European'],
  [/^ibm852$/i, 'MS-DOS, Central European'],
  [/^ibm857$/i, 'MS-DOS, Turkish'],
  [/^ibm866$/i, 'MS-DOS, Cyrillic'],
  [/^ibm775$/i, 'MS-DOS, Baltic'],
  [/^ibm737$/i, 'MS-DOS, Greek'],
  [/^macintosh$/i, 'Macintosh, Western European'],
  [/^maccenteuro$/i, 'Macintosh, Central European'],
  [/^maccyrillic$/i, 'Macintosh, Cyrillic'],
  [/^macturkish$/i, 'Macintosh, Turkish'],
  [/^macgreek$/i, 'Macintosh, Greek'],
  [/^windows-1250$/i, 'Windows, Central European'],
  [/^windows-1251$/i, 'Windows, Cyrillic'],
  [/^windows-1252$/i, 'Windows, Western European'],
  [/^windows-1253$/i, 'Windows, Greek'],
  [/^windows-1254$/i, 'Windows, Turkish'],
  [/^windows-1255$/i, 'Windows, Hebrew'],
  [/^windows-1256$/i, 'Windows, Arabic'],
  [/^windows-1257$/i, 'Windows, Baltic'],
  [/^windows-874$/i, 'Windows, Thai'],
  [/^iso-8859-1$/i, 'Western European'],
  [/^iso-8859-2$/i, 'Central European'],
  [/^iso-8859-5$/i, 'Cyrillic'],
  [/^iso-8859-7$/i, 'Greek'],
  [/^iso-8859-9$/i, 'Turkish'],
  [/^iso-8859-13$/i, 'Baltic'],
  [/^iso-8859-15$/i, 'Western European with €'],
  [/^koi8-r$/i, 'Russian'],
  [/^koi8-u$/i, 'Ukrainian'],
  [/^(shift_jis|euc-jp)$/i, 'Japanese'],
  [/^gb18030$/i, 'Chinese, simplified'],
  [/^big5$/i, 'Chinese, traditional'],
  [/^euc-kr$/i, 'Korean'],
];

export const TYPE_WORDS: Record<FieldType, string> = {
  text: 'text',
  identifier: 'identifier',
  number: 'number',
  date: 'date',
  yes_no: 'yes or no',
};

/** What a type is for, where its name does not say it. */
export const TYPE_HINTS: Record<FieldType, string> = {
  text: 'compared letter by letter, in either case',
  identifier: 'a code or a number that names something: never counted with',
  number: 'can be compared, added up and sorted by size',
  date: 'can be compared, and chunks can be made by it',
  yes_no: 'one of two values',
};

export const ORDER_EXAMPLES: Record<DateFormat['order'], string> = {
  dmy: '31/12/2026',
  mdy: '12/31/2026',
  ymd: '2026-12-31',
};

export const ORDER_WORDS: Record<DateFormat['order'], string> = {
  dmy: 'day first',
  mdy: 'month first',
  ymd: 'year first',
};

/** "1.234,56", as a number of this format is written. */
export function numberPattern({ decimal, group }: NumberFormat): string {
  return `1${group}234${decimal}56`;
}

/** "1970 to 2069": the years that two digits mean. */
export function centuryWords(century: number): string {
  return `${century} to ${century + 99}`;
}

export function zoneWords(zone: string): string {
  return zone === 'local' ? 'the clock of whoever plans' : zone;
}

/** "date 31/12/2026": what a field's values mean, in a few words. */
export function fieldWords(field: Pick<FieldGuess, 'type' | 'date' | 'number'>): string {
  const { type, date, number } = field;
  const word = TYPE_WORDS[type.value];
  if (type.value === 'date' && date) {
    const zone = date.zone.value === 'local' ? '' : ` in ${date.zone.value}`;
    return `${word} ${ORDER_EXAMPLES[date.order.value]}${zone}`;
  }
  if (type.value === 'number' && number) return `${word} ${numberPattern(formatOf(number))}`;
  return word;
}

/** The guesses of a field that count for the type that it has, with the least sure first. */
export function guessesOf({ type, date, number }: Pick<FieldGuess, 'type' | 'date' | 'number'>): Guess<unknown>[] {
  const further =
    type.value === 'date' && date
      ? [date.order, date.century, date.zone]
      : type.value === 'number' && number
        ? [number.decimal, number.group]
        : [];
  return [type, ...further].sort((one, other) => one.sure - other.sure);
}

function marked(guess: Guess<unknown>, text: string): string {
  return isDoubtful(guess) ? `${text}?` : text;
}

/** Null where dates are written as a program writes them. */
function dateExample({ type, date }: Pick<FieldGuess, 'type' | 'date'>): string | null {
  if (type.value !== 'date' || !date || date.order.value === 'ymd') return null;
  return marked(date.order, ORDER_EXAMPLES[date.order.value]);
}

/** Null where numbers are written as a program writes them. */
function numberExample({ type, number }: Pick<FieldGuess, 'type' | 'number'>): string | null {
  if (type.value !== 'number' || !number) return null;
  const format = formatOf(number);
  return format.decimal === '.' && format.group === '' ? null : marked(number.decimal, numberPattern(format));
}

function formatOf({ decimal, group }: NonNullable<FieldGuess['number']>): NumberFormat {
  return { decimal: decimal.value, group: group.value };
}

/** ("dates", […]) -> ["dates 31/12/2026 and 12/31/2026"]; nothing where there are none. */
function spread(noun: string, examples: (string | null)[]): string[] {
  const different = [...new Set(examples)].filter((one) => one !== null);
  return different.length === 0 ? [] : [`${noun} ${different.join(' and ')}`];
}

/** "3 lines for it, 1 against": what a press shows; null where there is nothing to show. */
export function guessLines({ for: speaking, against }: Guess<unknown>): string | null {
  if (speaking.length === 0 && against.length === 0) return null;
  const words = [
    ...(speaking.length > 0 ? [`${formatNoun(speaking.length, 'lines')} for it`] : []),
    ...(against.length > 0
      ? [`${speaking.length > 0 ? formatCount(against.length) : formatNoun(against.length, 'lines')} against`]
      : []),
  ];
  return words.join(', ');
}

/** What the button makes of a change: new meanings, or a new dataset. */
export function makesWords(rows: boolean, after: { items: number; whole: boolean } | null, noun: string): string {
  if (!rows) return 'Use this reading';
  return after?.whole
    ? `Read the file anew: ${formatNoun(after.items, noun)} become a new dataset`
    : 'Read the file anew: its rows become a new dataset';
}

/** The first years that two digits can mean, as they are offered. */
export const CENTURIES = [1900, 1930, 1950, 1970, 2000] as const;

/** Why the rows of a dataset can't be read anew; null where they can. */
export function fixedWords({ sources }: Pick<Reading, 'sources'>): string | null {
  if (sources.length === 0) return 'This dataset came before files were kept: to read its rows otherwise, upload the file again.';
  return sources.every(({ kept }) => kept)
    ? null
    : 'The file of this dataset is not there any more: its rows stay as they were read.';
}

/** What a change does, in a few words beside its button: "12 values of “Opened” would mean something else · 3 rows more, 2 fewer unreadable". */
export function differsWords(
  { before, after, fields }: Pick<ReadingPreview, 'before' | 'after' | 'fields'>,
  noun: string,
): string {
  const changed = fields.filter((field) => field.changed > 0);
  const [first] = changed;
  const values = first && `${formatNoun(first.changed, 'values')} of “${first.name}” would mean something else`;
  const others = changed.length > 1 ? `, and of ${formatNoun(changed.length - 1, 'fields')} more` : '';
  const columns =
    after.fields.length !== before.fields.length
      ? `${formatNoun(after.fields.length, 'fields')}, not ${formatCount(before.fields.length)}`
      : named(before.fields, after.fields);
  const parts = [
    values ? `${values}${others}` : null,
    columns,
    moved(after.items - before.items, noun),
    moved(after.unreadable - before.unreadable, 'unreadable rows'),
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'Nothing differs in what was looked at.' : parts.join(' · ');
}

/** Whether as many columns have other names. */
function named(before: ReadingPreview['before']['fields'], after: ReadingPreview['before']['fields']): string | null {
  const other = after.filter(({ name }, at) => name !== before[at]?.name).length;
  return other === 0 ? null : `${formatNoun(other, 'fields')} with another name`;
}

function moved(by: number, noun: string): string | null {
  return by === 0 ? null : `${formatNoun(Math.abs(by), noun)} ${by > 0 ? 'more' : 'fewer'}`;
}
