import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { certain, type Guess, LINES_MAX } from '#lib/core/values/guess.ts';
import { CANDIDATES } from './likelihood.ts';

/**
 * A character set that records can be split in. `unit` is how many bytes the separators take: in the 1-byte sets (and UTF-8) the
 * bytes of comma, quote and line end never occur inside another character; UTF-16 and UTF-32 are split by units of 16 and 32 bits.
 */
export type Charset = { name: string; unit: 1 | 2 | 4; bom: number };

const UTF8: Charset = { name: 'UTF-8', unit: 1, bom: 0 };

/** Byte order marks; that of UTF-32LE begins as that of UTF-16LE does. */
const MARKED: readonly { mark: Buffer; charset: Charset }[] = [
  { mark: Buffer.from([0xff, 0xfe, 0, 0]), charset: { name: 'UTF-32LE', unit: 4, bom: 4 } },
  { mark: Buffer.from([0, 0, 0xfe, 0xff]), charset: { name: 'UTF-32BE', unit: 4, bom: 4 } },
  { mark: Buffer.from([0xef, 0xbb, 0xbf]), charset: { ...UTF8, bom: 3 } },
  { mark: Buffer.from([0xff, 0xfe]), charset: { name: 'UTF-16LE', unit: 2, bom: 2 } },
  { mark: Buffer.from([0xfe, 0xff]), charset: { name: 'UTF-16BE', unit: 2, bom: 2 } },
];

/** The names that a person can choose from. */
export const CHARSETS: readonly string[] = [
  ...['UTF-8', 'UTF-16LE', 'UTF-16BE', 'UTF-32LE', 'UTF-32BE'],
  ...CANDIDATES.map(({ name }) => name).filter((name) => name !== 'UTF-8'),
];

/** Sets whose second bytes may be letters, `\`, `^`, `|` and `~`, but never a quote, comma, semicolon, tab or line end. */
const MULTIBYTE = new Set(['Shift_JIS', 'Big5', 'GB18030', 'EUC-KR']);

export function isMultibyte(charset: Charset): boolean {
  return MULTIBYTE.has(charset.name);
}

export type CharsetGuess = { charset: Charset; guess: Guess<string> };

/**
 * The character set of a file, from its first bytes: a byte order mark, else UTF-16 or UTF-32 by its zeros, else UTF-8 where the bytes are
 * valid (or so nearly that the rest reads as a few spoiled characters), else the likeliest of the others.
 * @param complete whether `head` is the whole file, so that its last character is not cut off.
 */
export function detectCharset(head: Buffer, complete: boolean): CharsetGuess {
  const marked = markOf(head) ?? wideByZeros(head);
  if (marked) return { charset: marked, guess: certain(marked.name, marked.bom > 0 ? [1] : []) };
  if (isAscii(head)) return { charset: UTF8, guess: certain(UTF8.name) };
  return guessCharset(head, complete, 1);
}

/** The character set of this name, as a person said; with the file's byte order mark, where it has that one's. */
export function charsetNamed(name: string, head: Buffer): Charset | null {
  const known = CHARSETS.find((one) => one.toLowerCase() === name.toLowerCase());
  if (known === undefined) return null;
  const marked = markOf(head);
  if (marked?.name === known) return marked;
  return { name: known, unit: known.startsWith('UTF-16') ? 2 : known.startsWith('UTF-32') ? 4 : 1, bom: 0 };
}

/** The character set of bytes outside ASCII that begin at `line`: UTF-8, or the likeliest of those that are not `never`. */
export function guessCharset(bytes: Buffer, complete: boolean, line: number, never?: RegExp): CharsetGuess {
  const { good, spoiled } = utf8Of(bytes, complete);
  if (spoiled === 0) return { charset: UTF8, guess: { ...certain(UTF8.name), sure: 0.99, by: 'guess' } };
  if (good < GOOD_MIN || spoiled * 2 > good) return likeliest(bytes, complete, line, never);
  const others = likeliest(bytes, complete, line, never).guess;
  const lines = linesOutsideAscii(bytes, complete, line);
  return {
    charset: UTF8,
    guess: {
      value: UTF8.name,
      sure: 1 - spoiled / (good + spoiled) / 2,
      by: 'guess',
      for: numbers(lines.filter(({ bytes: own }) => isUtf8(own))),
      against: numbers(lines.filter(({ bytes: own }) => !isUtf8(own))),
      others: [{ value: others.value, sure: spoiled / (good + spoiled) / 2 }],
    },
  };
}

/** The bytes, or the wider units, as text in which characters of ASCII are themselves and all others are not. */
export function asciiText(body: Buffer, { unit, name }: Charset): string {
  if (unit === 1) return body.toString('latin1');
  const bytes = Buffer.alloc(Math.floor(body.length / unit));
  const low = name.endsWith('LE') ? 0 : unit - 1;
  const high = name.endsWith('LE') ? 1 : unit - 2;
  for (let i = 0; i < bytes.length; i++) bytes[i] = body[i * unit + high] === 0 ? (body[i * unit + low] ?? 0) : 0xff;
  return bytes.toString('latin1');
}

/**
 * Whether this is UTF-8: valid, or with at least twice as many good characters outside ASCII as spoiled ones: then it is UTF-8 with damage. In text of
 * another set the good ones are accidents: hardly any in the Latin ones, about one in five in the Chinese.
 */
export function looksUtf8(head: Buffer, complete: boolean): boolean {
  const { good, spoiled } = utf8Of(head, complete);
  return spoiled === 0 || (good >= GOOD_MIN && spoiled * 2 <= good);
}

/** So many good characters outside ASCII are no accident, if there are twice as many as spoiled ones. */
const GOOD_MIN = 8;
/** What is as good as impossible is not offered. */
const OFFERED = 0.01;
const OFFERED_MAX = 4;
const SURE_MAX = 0.99;

/**
 * Each set's likelihood on the distinct words outside ASCII. Sets that read all of them alike are one, for nobody can tell them apart, nor has to:
 * the most usual of them stands for all.
 */
function likeliest(bytes: Buffer, complete: boolean, line: number, never?: RegExp): CharsetGuess {
  const lines = linesOutsideAscii(bytes, complete, line);
  const words = wordsOutsideAscii(lines);
  const joined = Buffer.concat(words.flatMap((word) => [word, NEWLINE]));
  const apart = withoutDelimiters(joined, lines.length);
  const mac = bytes.includes(CR) && !bytes.includes(LF);
  const outside = joined.reduce((sum, byte) => sum + (byte >> 7), 0);
  // A few letters are few witnesses, and what they say is not said independently.
  const trust = (outside + 1) / (outside + 2.5);
  const readings = new Map<string, { name: string; log: number }>();
  for (const { name, weight, likelihood } of CANDIDATES) {
    if (never?.test(name)) continue;
    const text = iconv.decode(joined, name);
    const log = weight + (mac && name.startsWith('mac') ? MAC_LINE_ENDS : 0) + trust * likelihood(words, apart);
    const known = readings.get(text);
    if (!known) readings.set(text, { name, log });
    else if (log > known.log) readings.set(text, { name: mac && name.startsWith('mac') ? name : known.name, log });
  }
  const ranked = [...readings.values()].sort((a, b) => b.log - a.log);
  const [best = { name: 'windows-1252', log: 0 }, ...rest] = ranked;
  const sum = ranked.reduce((all, { log }) => all + Math.exp(log - best.log), 0);
  const others = rest
    .map(({ name, log }) => ({ value: name, sure: Math.exp(log - best.log) / sum }))
    .filter(({ sure }) => sure >= OFFERED)
    .slice(0, OFFERED_MAX);
  const second = others[0]?.value;
  return {
    charset: { name: best.name, unit: 1, bom: 0 },
    guess: {
      value: best.name,
      sure: Math.min(SURE_MAX, 1 / sum),
      by: 'guess',
      for: numbers(
        second ? lines.filter((one) => iconv.decode(one.bytes, best.name) !== iconv.decode(one.bytes, second)) : lines,
      ),
      against: numbers(lines.filter((one) => FLAW.test(iconv.decode(one.bytes, best.name)))),
      others,
    },
  };
}

/** The C1 controls, which no text means, and what could not be decoded. */
const FLAW = /[\x80-\x9f\ufffd]/;
/** Only old programs for the Macintosh end lines with CR alone. */
const MAC_LINE_ENDS = 3;
const LF = 10;
const CR = 13;
const NEWLINE = Buffer.from([LF]);
const LINES_LOOKED_AT = 400;
const LINE_BYTES = 512;
const WORDS_MAX = 300;

type Line = { line: number; bytes: Buffer };

function numbers(lines: readonly Line[]): number[] {
  return lines.slice(0, LINES_MAX).map(({ line }) => line);
}

/** The first lines with a byte outside ASCII in them, so that a long run of plain lines does not hide them. */
function linesOutsideAscii(bytes: Buffer, complete: boolean, first: number): Line[] {
  const end = bytes.includes(LF) ? LF : CR;
  const lines: Line[] = [];
  let line = first;
  for (let at = 0; at < bytes.length && lines.length < LINES_LOOKED_AT; line++) {
    const eol = bytes.indexOf(end, at);
    const own = bytes.subarray(at, eol === -1 ? bytes.length : eol);
    // A last line without its end may be cut inside a character.
    if (!isAscii(own) && (complete || eol !== -1 || lines.length === 0)) lines.push({ line, bytes: own.subarray(0, LINE_BYTES) });
    at += own.length + 1;
  }
  return lines;
}

/** What stands between spaces, delimiters, quotes and line ends, each once: a word that comes a thousand times says no more than one. */
function wordsOutsideAscii(lines: readonly Line[]): Buffer[] {
  const words = new Map<string, Buffer>();
  for (const { bytes } of lines) {
    for (const word of bytes.toString('latin1').split(/[\t\r\n ",;]+/)) {
      const own = Buffer.from(word, 'latin1');
      if (!isAscii(own)) words.set(word, own);
      if (words.size >= WORDS_MAX) return [...words.values()];
    }
  }
  return [...words.values()];
}

/** Signs that stand in every line are no part of its words; half a character may look like them, but not in the sets whose letters are judged so. */
function withoutDelimiters(words: Buffer, lines: number): Buffer {
  const text = words.toString('latin1');
  const often = ['^', '|', '~', ':'].filter((sign) => text.split(sign).length > lines);
  return often.length === 0
    ? words
    : Buffer.from(
        often.reduce((left, sign) => left.replaceAll(sign, '\n'), text),
        'latin1',
      );
}

function markOf(head: Buffer): Charset | null {
  return MARKED.find(({ mark }) => head.subarray(0, mark.length).equals(mark))?.charset ?? null;
}

/** UTF-16 and UTF-32 without a mark: text of the Latin alphabets has zeros at the same places of every unit, and hardly any elsewhere. */
function wideByZeros(head: Buffer): Charset | null {
  const quads = Math.min(head.length, 4096) >> 2;
  if (quads < 2) return null;
  const zeros = [0, 0, 0, 0];
  for (let i = 0; i < quads * 4; i++) if (head[i] === 0) zeros[i & 3] = (zeros[i & 3] ?? 0) + 1;
  const [a = 0, b = 0, c = 0, d = 0] = zeros.map((count) => count / quads);
  if (c > 0.95 && d > 0.95 && a < 0.05) return { name: 'UTF-32LE', unit: 4, bom: 0 };
  if (a > 0.95 && b > 0.95 && d < 0.05) return { name: 'UTF-32BE', unit: 4, bom: 0 };
  if (b > 0.6 && d > 0.6 && a + c < 0.1) return { name: 'UTF-16LE', unit: 2, bom: 0 };
  if (a > 0.6 && c > 0.6 && b + d < 0.1) return { name: 'UTF-16BE', unit: 2, bom: 0 };
  // Text of other scripts has them beside its delimiters and line ends only.
  if (zeros.reduce((sum, count) => sum + count, 0) < ZEROS_MIN) return null;
  if (a + c === 0 && besideAscii(head, -1)) return { name: 'UTF-16LE', unit: 2, bom: 0 };
  return b + d === 0 && besideAscii(head, 1) ? { name: 'UTF-16BE', unit: 2, bom: 0 } : null;
}

const ZEROS_MIN = 4;

/** Whether every zero of the first bytes has a character of ASCII before it (-1) or behind it (1). */
function besideAscii(head: Buffer, where: -1 | 1): boolean {
  for (let at = head.indexOf(0); at !== -1 && at < 4096; at = head.indexOf(0, at + 1)) {
    const beside = head[at + where] ?? 0;
    if (beside === 0 || beside > 0x7e) return false;
  }
  return true;
}

function utf8Of(bytes: Buffer, complete: boolean): { good: number; spoiled: number } {
  if (isUtf8(bytes)) return { good: 1, spoiled: 0 };
  const text = bytes.toString('utf8', 0, complete ? bytes.length : lastWholeCharacter(bytes));
  let spoiled = 0;
  let good = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd) spoiled++;
    else if (code >= 0x80) good++;
  }
  return { good, spoiled };
}

function lastWholeCharacter(head: Buffer): number {
  let end = head.length;
  // Step back over continuation bytes and the byte that leads them.
  for (let back = 0; back < 4 && end > 0; back++) {
    const byte = head[end - 1] ?? 0;
    end--;
    if (byte < 0x80) return end + 1;
    if (byte >= 0xc0) return end;
  }
  return head.length;
}
