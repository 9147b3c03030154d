/**
 * What can't be seen in a text from outside, made visible. A text is cut into pieces: what people read as it stands, and characters that are invisible, turn the
 * reading direction or are no characters at all, each with a stand-in such as ⟨RLO⟩. The pieces joined are the text, unit for unit: nothing is taken away.
 *
 * Some of these characters do honest work and stay as they are (docs/eyes.md has the rule): a joiner inside an emoji or between two letters of a script that joins, a
 * variation selector after a character that has variants, the tags of a region's flag, and the tab and the line's end.
 *
 * What the store can't hold is another matter: `lib/ingest/visible.ts` keeps it as an escape, six plain characters that are text here.
 *
 * The time is linear in the text's length; a plain text costs one test. Sources: UTS #39, UTS #51, UTR #36.
 */

type StandIn = {
  /** what is drawn: ⟨RLO⟩, ⟨U+E000⟩, ⟨ZWSP ×12⟩ */
  label: string;
  /** what it is, for a title: right-to-left override, U+202E */
  name: string;
};

export type Piece = {
  /** the very characters */
  text: string;
  /** null where they are drawn as they stand */
  standIn: StandIn | null;
  /** whether a range that was asked for covers it */
  hit: boolean;
};

/** From (inclusive) and to (exclusive), in UTF-16 units of the text. */
export type Range = readonly [from: number, to: number];

/** Combining characters of no script of their own that may stand on one letter, as Vietnamese and Arabic need them; more of them is a pile. */
const PILE_MAX = 4;
/** Combining characters of any script in a row: Tibetan and Khmer build syllables of six. */
const SCRIPT_PILE_MAX = 8;

const PLAIN_TEXT = /^[\x20-\x7e\t\n]*$/;

/** Letters that shape themselves by their neighbours, or build conjuncts: there a joiner does something. */
const JOINING = [
  ...['Adlm', 'Arab', 'Mand', 'Mong', 'Nkoo', 'Phag', 'Rohg', 'Syrc'],
  ...['Beng', 'Deva', 'Gujr', 'Guru', 'Java', 'Khmr', 'Knda', 'Mlym', 'Mymr', 'Orya', 'Sinh', 'Taml', 'Telu', 'Tibt'],
]
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const VIRAMA = '\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca\\u1039\\u17d2\\ua9c0';
const LETTER = `(?=[\\p{L}\\p{M}])[${JOINING}]`;
const COMBINING = '(?=\\p{M})(?!\\p{DI})\\p{sc=Zinh}';

/** Characters that are visible although Unicode counts them as format: signs that enclose a number, and the layout of hieroglyphs. */
const SEEN_FORMAT = '\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}';
/** Default ignorable, control, format, surrogate, private, unassigned; line and paragraph separators; the blank Braille pattern. */
const UNSEEN = `(?![\\t\\n${SEEN_FORMAT}])[\\p{DI}\\p{C}\\p{Zl}\\p{Zp}\\u2800]`;

/** Such characters where they do honest work. */
const HONEST = [
  '\\r\\n',
  // The flag of a region: England, Scotland, Wales.
  '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,6}\\u{e007f}',
  '(?<=[\\p{ExtPict}\\p{EMod}\\ufe0f])\\u200d(?=\\p{ExtPict})',
  `(?<=${LETTER})[\\u200c\\u200d](?=${LETTER})`,
  `(?<=[${VIRAMA}])\\u200d`,
  '(?<=(?![0-9#*])\\p{Emoji})[\\ufe0e\\ufe0f]|(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
  '(?<=[\\p{sc=Han}\\p{sc=Mymr}\\p{Sm}])[\\ufe00-\\ufe02]|(?<=\\p{sc=Han})[\\u{e0100}-\\u{e01ef}]',
  '(?<=\\p{sc=Mong})[\\u180b-\\u180f]',
];

const PILE = `(?<=(?:${COMBINING}){${PILE_MAX}})(?:${COMBINING})+|(?<=\\p{M}{${SCRIPT_PILE_MAX}})(?:(?!\\p{DI})\\p{M})+`;

/** Whether there may be something to tell: one walk, without a look back. */
const SUSPECT = new RegExp(`${UNSEEN}|(?:${COMBINING}){${PILE_MAX + 1}}|\\p{M}{${SCRIPT_PILE_MAX + 1}}`, 'u');
const FOUND = new RegExp(`(?:${HONEST.join('|')})|(${PILE})|(${UNSEEN})`, 'gu');

/** Whether a person sees every character of a text as it stands. */
export function isLegible(text: string): boolean {
  return !mayHide(text) || read(text, []).every(({ standIn }) => standIn === null);
}

/** A text as people read it, with stand-ins in it, for where only text can be: a title, a label, a line of a download. */
export function legible(text: string): string {
  if (!mayHide(text)) return text;
  return read(text, [])
    .map((piece) => piece.standIn?.label ?? piece.text)
    .join('');
}

/**
 * A text in pieces, cut at the ends of `ranges` too (in order, not overlapping), which are hits. At most `max` pieces: the last one then has all of the rest, its
 * stand-in being the rest as `legible` writes it.
 */
export function piecesOf(text: string, ranges: readonly Range[] = [], max = PIECES_MAX): Piece[] {
  if (ranges.length === 0 && !mayHide(text)) return text === '' ? [] : [{ text, standIn: null, hit: false }];
  const pieces = read(text, ranges);
  if (pieces.length <= max) return pieces;
  const kept = pieces.slice(0, max - 1);
  const rest = pieces.slice(max - 1);
  const label = rest.map((piece) => piece.standIn?.label ?? piece.text).join('');
  return [
    ...kept,
    { text: rest.map((piece) => piece.text).join(''), standIn: { label, name: 'the rest of the text' }, hit: false },
  ];
}

/** White space and line ends. To JavaScript the byte order mark is one; to people it is invisible. */
export const WHITE: RegExp = /(?:(?!\ufeff)[\s\u0085])+/gu;

/** The first `max` units of a text, without half a character at their end. */
export function beginOf(text: string, max: number): string {
  if (text.length <= max) return text;
  const split = /[\ud800-\udbff]/.test(text[max - 1] ?? '') && /[\udc00-\udfff]/.test(text[max] ?? '');
  return text.slice(0, split ? max - 1 : max);
}

/** Each piece is an element on the page. */
const PIECES_MAX = 2_000;

function mayHide(text: string): boolean {
  return !PLAIN_TEXT.test(text) && SUSPECT.test(text);
}

type Hidden = { from: number; text: string; kind: string };

function read(text: string, ranges: readonly Range[]): Piece[] {
  const pieces: Piece[] = [];
  const marks = ranges.flatMap(([from, to]) => (to > from ? [from, to] : []));
  let mark = 0;
  const plain = (from: number, to: number) => {
    let at = from;
    while (at < to) {
      while (mark < marks.length && (marks[mark] ?? 0) <= at) mark += 1;
      const end = Math.min(marks[mark] ?? to, to);
      pieces.push({ text: text.slice(at, end), standIn: null, hit: mark % 2 === 1 });
      at = end;
    }
  };
  let at = 0;
  for (const hidden of hiddenIn(text)) {
    plain(at, hidden.from);
    while (mark < marks.length && (marks[mark] ?? 0) <= hidden.from) mark += 1;
    at = hidden.from + hidden.text.length;
    pieces.push({ text: hidden.text, standIn: standInOf(hidden), hit: mark % 2 === 1 || (marks[mark] ?? at) < at });
  }
  plain(at, text.length);
  return pieces;
}

/** The characters that are not seen; those of one kind that follow each other are one. */
function hiddenIn(text: string): Hidden[] {
  const all: Hidden[] = [];
  if (!mayHide(text)) return all;
  for (const { 0: found, 1: pile, 2: unseen, index } of text.matchAll(FOUND)) {
    if (pile === undefined && unseen === undefined) continue;
    const kind = unseen === undefined ? 'pile' : kindOf(unseen);
    const last = all.at(-1);
    if (last && last.kind === kind && last.from + last.text.length === index) last.text += found;
    else all.push({ from: index, text: found, kind });
  }
  return all;
}

/** Characters of a kind that only a run of gives a meaning, else the character itself. */
function kindOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300 || (code >= 0x2000 && code < 0x2070)) return char;
  if (code >= 0xe0000 && code <= 0xe007f) return 'tag';
  if ((code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef)) return 'variant';
  if (/\p{Co}/u.test(char)) return 'private';
  if (/\p{Cn}/u.test(char)) return 'none';
  return char;
}

function standInOf({ text, kind }: Hidden): StandIn {
  const chars = [...text];
  const count = chars.length;
  const [first = ''] = chars;
  const code = codeOf(first);
  const many = RUNS[kind];
  if (kind === 'pile') return { label: `⟨+${count} ${PILED}⟩`, name: `${count} more combining characters on one letter` };
  if (many && count > 1)
    return { label: `⟨${many.label} ×${count}⟩`, name: `${count} ${many.name}${kind === 'tag' ? spelt(chars) : ''}` };
  const [label = code, name = many?.one ?? nameless(first)] = NAMES.get(first.codePointAt(0) ?? 0) ?? [];
  return {
    label: count === 1 ? `⟨${label}⟩` : `⟨${label} ×${count}⟩`,
    name: `${name}, ${code}${count === 1 ? '' : `, ${count} times`}`,
  };
}

const PILED = 'COMBINING';
const RUNS: Readonly<Record<string, { label: string; name: string; one: string }>> = {
  tag: { label: 'TAG', name: 'tag characters', one: 'tag character' },
  variant: { label: 'VS', name: 'variation selectors', one: 'variation selector' },
  private: { label: 'PRIVATE', name: 'characters of private use', one: 'character of private use' },
  none: { label: 'UNASSIGNED', name: 'characters that Unicode does not assign', one: 'character that Unicode does not assign' },
};

const codeOf = (char: string): string => `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** What tag characters spell: each stands for one of ASCII. */
function spelt(chars: readonly string[]): string {
  const ascii = chars
    .map((char) => String.fromCharCode((char.codePointAt(0) ?? 0) - 0xe0000))
    .filter((char) => /[ -~]/.test(char));
  const shown = ascii.slice(0, SPELT_MAX).join('');
  return shown === '' ? '' : `, which spell “${shown}${ascii.length > SPELT_MAX ? '…' : ''}”`;
}

const SPELT_MAX = 200;

function nameless(char: string): string {
  if (/\p{Cc}/u.test(char)) return 'control character';
  if (/\p{Cs}/u.test(char)) return 'half a character (surrogate)';
  return 'invisible character';
}

const C0 =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(' ');

const NAMES: ReadonlyMap<number, readonly [label: string, name: string]> = new Map<number, readonly [string, string]>([
  ...C0.map((label, code) => [code, [label, 'control character']] satisfies [number, [string, string]]),
  [0x7f, ['DEL', 'control character']],
  [0x85, ['NEL', 'next line']],
  [0xad, ['SHY', 'soft hyphen']],
  [0x34f, ['CGJ', 'combining grapheme joiner']],
  [0x61c, ['ALM', 'Arabic letter mark']],
  [0x115f, ['FILLER', 'Hangul filler']],
  [0x1160, ['FILLER', 'Hangul filler']],
  [0x3164, ['FILLER', 'Hangul filler']],
  [0xffa0, ['FILLER', 'Hangul filler']],
  [0x180e, ['MVS', 'Mongolian vowel separator']],
  [0x200b, ['ZWSP', 'zero-width space']],
  [0x200c, ['ZWNJ', 'zero-width non-joiner']],
  [0x200d, ['ZWJ', 'zero-width joiner']],
  [0x200e, ['LRM', 'left-to-right mark']],
  [0x200f, ['RLM', 'right-to-left mark']],
  [0x2028, ['LS', 'line separator']],
  [0x2029, ['PS', 'paragraph separator']],
  [0x202a, ['LRE', 'left-to-right embedding']],
  [0x202b, ['RLE', 'right-to-left embedding']],
  [0x202c, ['PDF', 'end of an embedding or override']],
  [0x202d, ['LRO', 'left-to-right override']],
  [0x202e, ['RLO', 'right-to-left override']],
  [0x2060, ['WJ', 'word joiner']],
  [0x2066, ['LRI', 'left-to-right isolate']],
  [0x2067, ['RLI', 'right-to-left isolate']],
  [0x2068, ['FSI', 'first strong isolate']],
  [0x2069, ['PDI', 'end of an isolate']],
  [0x2800, ['BLANK', 'blank Braille pattern']],
  [0xfeff, ['BOM', 'byte order mark, or zero-width no-break space']],
  [0xfff9, ['IAA', 'begin of an annotated text']],
  [0xfffa, ['IAS', 'begin of an annotation']],
  [0xfffb, ['IAT', 'end of an annotation']],
]);
