/**
 * Splits CSV bytes into records and cells. Our own, for two reasons: the original bytes of each record must be kept as they are,
 * and a stray quote must cost a line and not the rest of the file; docs/ingest.md says what was measured. RFC 4180, with the leniency that
 * files in the wild need: any delimiter, LF or CR or CRLF, spaces around a quoted cell, a quote inside an unquoted cell is an ordinary character.
 *
 * Works on one string in which a position is a byte (or a 16-bit unit): the native search for the next quote, delimiter and line end
 * carries it, and no byte is looked at one by one in JavaScript.
 */

import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { CELL_BYTES_MAX, FIELDS_MAX, RECORD_BYTES_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import { LINES_MAX } from '#lib/core/values/guess.ts';
import type { UnreadableRow } from '#lib/ingest/port.ts';
import { toVisible } from '#lib/ingest/visible.ts';
import { asciiText, type Charset, type CharsetGuess, guessCharset, isMultibyte } from './charset.ts';
import { dumpedCell, dumpedCells } from './dump.ts';

export type Shape = {
  charset: Charset;
  /** Nothing outside ASCII was seen yet, so that the character set can still turn out to be another one than UTF-8. */
  undecided: boolean;
  /** In the units of the character set: of one byte, or of 16 or 32 bits (`inUnits`). */
  delimiter: string;
  /** Empty where nothing quotes. */
  quote: '"' | "'" | '';
  /** How a quote stands inside a quoted cell; a doubled one is a quote either way. */
  escape: 'doubled' | 'backslash';
  /** Backslashes outside of quotes are those of a database's dump (dump.ts). */
  dumped: boolean;
  /** Spaces before the quotes are the file's habit: such a cell may have line ends in it too. */
  padded: boolean;
  /** What ends a record: '\n' (a '\r' before it is part of the line end) or '\r' (where the file has no '\n'). */
  newline: '\n' | '\r';
  /** Cells of nearly every record, 0 while that is not known: a record over several lines each of which has as many is `sink.areRows`' to judge. */
  columns: number;
};

/** A delimiter in units of the character set: a position in the text of a block is a byte there, unless the units are wider. */
export function inUnits(delimiter: string, { name, unit }: Charset): string {
  if (unit > 1) return delimiter;
  return (name === 'UTF-8' ? Buffer.from(delimiter) : iconv.encode(delimiter, name)).toString('latin1');
}

export type RawRecord = {
  line: number;
  /** All of them, or the first CELLS_MAX of a record that has more than a row can have. */
  cells: string[];
  raw: Buffer;
  plain: boolean;
  /** `raw` is the beginning of a record that is too long to be looked at to its end */
  cut?: boolean;
};

/** Lines that a record takes, its own end included. */
export function lineCount(raw: Buffer, { charset, newline }: Pick<Shape, 'charset' | 'newline'>): number {
  const lines = asciiText(raw, charset).split(newline);
  return /^\n?$/.test(lines.at(-1) ?? '') ? lines.length - 1 : lines.length;
}

/** One more than a row can have, so that it is known for too wide. Nobody looks at those beyond. */
const CELLS_MAX = FIELDS_MAX + 1;
/** A record with that many cells is looked at to its end as long as it is no longer than this. */
const WIDE_BYTES_MAX = 256 * 1024;

/** Gets the records and what could not be read, in the file's order. */
export type Sink = {
  record(record: RawRecord): void;
  unreadable(row: UnreadableRow): void;
  /**
   * Whether the lines of a quoted record, which begins at `line`, are rows of the table themselves: then its quotes are text that happens to stand
   * where quotes would, and the first line is a record.
   */
  areRows(lines: readonly string[], line: number): boolean;
};

export class RecordReader {
  readonly shape: Shape;
  readonly #sink: Sink;
  #line = 1;
  /** Inside a line that is too long to be a record: drop bytes up to its end. */
  #skipping = false;
  /** What the character set turned out to be after the shape was made; null where it was known. */
  decided: CharsetGuess | null = null;
  /** The first lines with bytes that are no characters in the character set, and how many there are. */
  readonly spoiled: number[] = [];
  spoiledCount = 0;

  // The block that is being read, as a string of its units, and where the next delimiter and quote are in it.
  #block: Buffer = Buffer.alloc(0);
  #units = '';
  #ascii = true;
  /** No byte of the block can be spoiled. */
  #sound = true;
  /** The quoted cell that was closed last has quotes in it. */
  #marked = false;
  readonly #delimiters: Finder;
  readonly #quotes: Finder;
  readonly #newlines: Finder;
  readonly #escaped: RegExp;

  constructor(shape: Shape, sink: Sink) {
    this.shape = shape;
    this.#sink = sink;
    this.#delimiters = new Finder(shape.delimiter);
    this.#quotes = new Finder(shape.quote);
    this.#newlines = new Finder(shape.newline);
    this.#escaped = shape.quote === "'" ? /\\([\\'])|''/g : /\\([\\"])|""/g;
  }

  /** Reads the whole records of a block; `final` when nothing comes after it. Returns the number of bytes consumed. */
  read(block: Buffer, final: boolean): number {
    const { unit } = this.shape.charset;
    const whole = block.length - (block.length % unit);
    this.#block = block;
    this.#ascii = unit === 1 && isAscii(block);
    if (!this.#ascii && this.shape.undecided) this.#decide(block, final);
    this.#sound = this.#ascii || (this.shape.charset.name === 'UTF-8' && isUtf8(block));
    this.#units = this.#unitsOf(block, whole);
    this.#delimiters.search(this.#units);
    this.#quotes.search(this.#units);
    this.#newlines.search(this.#units);
    const consumed = this.#records(final) * unit;
    if (!final || consumed === block.length) return consumed;
    this.#sink.unreadable({
      line: this.#line,
      reason: `line ${this.#line}: the file ends in half a character`,
      excerpt: Buffer.from(block.subarray(consumed)),
      raw: block.subarray(consumed),
    });
    return block.length;
  }

  #decide(block: Buffer, final: boolean): void {
    this.shape.undecided = false;
    this.decided = guessCharset(block, final, this.#line);
    this.shape.charset = this.decided.charset;
  }

  #unitsOf(block: Buffer, whole: number): string {
    const { charset, delimiter } = this.shape;
    if (charset.unit > 1) return wideUnits(block, whole, charset.name);
    // Half a character can look like these.
    const alike = /[@-~]/.test(delimiter) || this.shape.escape === 'backslash' || this.shape.dumped;
    return alike && !this.#ascii && isMultibyte(charset) ? maskedUnits(block, charset.name) : block.toString('latin1');
  }

  #records(final: boolean): number {
    const units = this.#units;
    const length = units.length;
    const { newline, delimiter, quote } = this.shape;
    const escapes = blockEscapes(units, this.shape);
    let at = 0;
    while (at < length) {
      let eol = this.#newlines.from(at);
      if (eol === length && !final) {
        if (this.#skipping) return length;
        // With a quote in it the line may still be given up for its first line only.
        if (this.#quotes.from(at) === length) {
          if (this.#tooWide(at, length)) return this.#giveUp(at, length, units.slice(at, length).split(delimiter, CELLS_MAX));
          return this.#tooLong(at, length) ? this.#skip(at, this.#tooLongReason()) : at;
        }
      }
      const next = this.#afterNewline(eol, final);
      if (next === -1) return at;
      if (this.#skipping) {
        this.#skipping = false;
        this.#line++;
        at = next;
        continue;
      }
      if (this.#quotes.from(at) > eol) {
        if (this.shape.dumped && isEscaped(units, eol, at)) {
          const end = this.#dumped(at, eol, final, delimiter, escapes);
          if (end === NEEDS_MORE) return at;
          at = end;
          continue;
        }
        if (newline === '\n' && eol > at && units.charCodeAt(eol - 1) === CR) eol--;
        if (eol > at) this.#simple(at, eol, next, delimiter, escapes);
        this.#line++;
        at = next;
        continue;
      }
      const end = this.#quoted(at, final, escapes, quote, delimiter);
      if (end === NEEDS_MORE) return at;
      at = end;
    }
    return at;
  }

  /** A record on one line without a quote in it: cells are what lies between delimiters. */
  #simple(from: number, to: number, next: number, delimiter: string, escapes: Escapes): void {
    if (this.#tooLong(from, to)) {
      this.#refuse(from, next, this.#tooLongReason());
      return;
    }
    const text = this.#units.slice(from, to);
    const cells =
      this.shape.dumped && text.includes('\\') ? dumpedCells(text, delimiter, CELLS_MAX) : text.split(delimiter, CELLS_MAX);
    const raw = this.#raw(from, next);
    const plain = !escapes.any && !(escapes.otherNewline !== null && text.includes(escapes.otherNewline));
    this.#finish(cells, raw, plain, escapes);
  }

  /** A record whose first line ends behind a backslash: it goes on until one does not. Returns where the next one starts, or NEEDS_MORE. */
  #dumped(from: number, firstEnd: number, final: boolean, delimiter: string, escapes: Escapes): number {
    const units = this.#units;
    let lines = 1;
    let eol = firstEnd;
    while (eol < units.length && eol - from <= CELL_BYTES_MAX && isEscaped(units, eol, from)) {
      eol = this.#newlines.from(eol + 1);
      lines++;
    }
    if (eol - from > CELL_BYTES_MAX) return this.#resync(from, final, TOO_LONG);
    if (eol === units.length && !final) return NEEDS_MORE;
    const next = this.#afterNewline(eol, final);
    if (next === -1) return NEEDS_MORE;
    const end = this.shape.newline === '\n' && units.charCodeAt(eol - 1) === CR ? eol - 1 : eol;
    this.#finish(dumpedCells(units.slice(from, end), delimiter, CELLS_MAX), this.#raw(from, next), false, escapes);
    this.#line += lines;
    return next;
  }

  /** A record with quotes in it. Returns where the next one starts, or NEEDS_MORE. */
  #quoted(from: number, final: boolean, escapes: Escapes, quote: string, delimiter: string): number {
    const units = this.#units;
    const length = units.length;
    const quoteCode = quote.charCodeAt(0);
    const delimiterCode = delimiter.charCodeAt(0);
    const delimiterLength = delimiter.length;
    const space = delimiterCode === SPACE ? -1 : SPACE;
    const newlineCode = this.shape.newline.charCodeAt(0);
    const cells: string[] = [];
    let plain = !escapes.any && escapes.otherNewline === null;
    let lines = 0;
    let at = from;
    for (;;) {
      let end: number;
      let start = at;
      if (units.charCodeAt(at) === space) {
        while (units.charCodeAt(start) === space) start++;
        if (start === length && !final) return this.#waitOrGiveUp(from, at, cells);
      }
      let close = NO_QUOTE;
      if (units.charCodeAt(start) === quoteCode) {
        close = start === at ? this.#closing(start + 1, final) : this.#closingOfPadded(start + 1, final);
        if (close === NEEDS_MORE) return NEEDS_MORE;
        if (close === TOO_FAR)
          return this.#resync(
            from,
            final,
            `a quote opens in column ${cells.length + 1} and is not closed within ${megabytes(CELL_BYTES_MAX)}`,
          );
        if (close === NEVER) return this.#resync(from, final, `a quote opens in column ${cells.length + 1} and is never closed`);
      }
      if (close >= 0) {
        let cell = units.slice(start + 1, close);
        if (this.#newlines.from(start + 1) < close) {
          lines += count(cell, this.shape.newline);
          plain = false;
        }
        if (this.#marked) {
          cell = this.#unescaped(cell);
          plain = false;
        }
        cells.push(cell);
        end = close + 1;
        while (units.charCodeAt(end) === space) end++;
        if (end + delimiterLength > length && !final) return NEEDS_MORE;
      } else {
        const eol = this.#newlines.from(at);
        if (eol === length && !final) return this.#waitOrGiveUp(from, at, cells);
        const stop = this.#delimiters.from(at);
        end = Math.min(stop, eol);
        // The line end of CRLF is no part of the last cell.
        const cellEnd = end === eol && newlineCode === LF && end > at && units.charCodeAt(end - 1) === CR ? end - 1 : end;
        if (this.#quotes.from(at) < end) plain = false;
        const cell = units.slice(at, cellEnd);
        cells.push(this.shape.dumped && cell.includes('\\') ? dumpedCell(cell) : cell);
        end = cellEnd;
      }
      if (cells.length >= CELLS_MAX && end - from > WIDE_BYTES_MAX) return this.#giveUp(from, end, cells.slice(0, CELLS_MAX));
      const code = end < length ? units.charCodeAt(end) : -1;
      if (code === delimiterCode && (delimiterLength === 1 || units.startsWith(delimiter, end))) {
        at = end + delimiterLength;
        if (at === length && !final) return NEEDS_MORE;
        continue;
      }
      let eol = end;
      if (code === CR && newlineCode === LF) {
        if (end + 1 === length && !final) return NEEDS_MORE;
        if (end + 1 === length || units.charCodeAt(end + 1) === LF) eol = end + 1;
      }
      if (eol < length && units.charCodeAt(eol) !== newlineCode) {
        return this.#resync(from, final, `text follows the closing quote in column ${cells.length}`);
      }
      const next = this.#afterNewline(eol, final);
      if (next === -1) return NEEDS_MORE;
      if (next - from > CELL_BYTES_MAX && (next - from > RECORD_BYTES_MAX || cells.some(cellTooLong)))
        return this.#resync(from, final, TOO_LONG);
      if (lines > 0 && this.shape.columns > 1) {
        const rows = this.#linesAlike(from, eol);
        if (rows && this.#sink.areRows(rows, this.#line)) {
          const second = this.#afterNewline(this.#newlines.from(from), final);
          this.#finish((rows[0] ?? '').split(delimiter, CELLS_MAX), this.#raw(from, second), false, escapes);
          this.#line++;
          return second;
        }
      }
      this.#finish(cells, this.#raw(from, next), plain, escapes);
      this.#line += lines + 1;
      return next;
    }
  }

  /** Where the quoted cell that begins at `start` is closed; NEEDS_MORE, TOO_FAR or NEVER. */
  #closing(start: number, final: boolean): number {
    const units = this.#units;
    const length = units.length;
    const { quote } = this.shape;
    const backslashes = this.shape.escape === 'backslash';
    const quoteCode = quote.charCodeAt(0);
    this.#marked = false;
    let close = start;
    for (;;) {
      close = units.indexOf(quote, close);
      if (close === -1) close = length;
      if (close - start > CELL_BYTES_MAX) return TOO_FAR;
      if (close === length) return final ? NEVER : NEEDS_MORE;
      if (backslashes && isEscaped(units, close, start)) {
        this.#marked = true;
        close++;
        continue;
      }
      if (close + 1 === length && !final) return NEEDS_MORE;
      if (units.charCodeAt(close + 1) !== quoteCode) break;
      this.#marked = true;
      close += 2;
    }
    if (backslashes && !this.#marked) this.#marked = units.slice(start, close).includes('\\');
    return close;
  }

  /** The same after spaces, where a quote is one only if the cell ends behind it: else it is text. */
  #closingOfPadded(start: number, final: boolean): number {
    const units = this.#units;
    const length = units.length;
    const eol = this.#newlines.from(start);
    if (!this.shape.padded && this.#quotes.from(start) > eol) return eol === length && !final ? NEEDS_MORE : NO_QUOTE;
    const close = this.#closing(start, final);
    if (close === NEEDS_MORE) return NEEDS_MORE;
    if (close < 0 || (!this.shape.padded && close > eol)) return NO_QUOTE;
    let end = close + 1;
    while (units.charCodeAt(end) === SPACE) end++;
    if (end + this.shape.delimiter.length > length && !final) return NEEDS_MORE;
    const ends = end === length || isLineEnd(units.charCodeAt(end)) || units.startsWith(this.shape.delimiter, end);
    return ends ? close : NO_QUOTE;
  }

  #unescaped(cell: string): string {
    const { quote } = this.shape;
    if (this.shape.escape === 'doubled') return cell.replaceAll(quote + quote, quote);
    return cell.replace(this.#escaped, (_, char: string | undefined) => char ?? quote);
  }

  /** The lines of a record, where every one of them has as many cells as a row. */
  #linesAlike(from: number, to: number): string[] | null {
    const lines: string[] = [];
    for (let at = from; at <= to; ) {
      const eol = Math.min(this.#newlines.from(at), to);
      const end = eol > at && this.#units.charCodeAt(eol - 1) === CR ? eol - 1 : eol;
      const line = this.#units.slice(at, end);
      if (count(line, this.shape.delimiter) !== this.shape.columns - 1) return null;
      lines.push(line);
      at = eol + 1;
    }
    return lines;
  }

  /** The last line of the block is not at its end, and a record with quotes stands in it. */
  #waitOrGiveUp(from: number, at: number, cells: string[]): number {
    const length = this.#units.length;
    if (this.#quotes.from(at) === length && this.#tooWide(from, length, at, cells.length)) {
      const rest = this.#units.slice(at, length).split(this.shape.delimiter, CELLS_MAX);
      return this.#giveUp(from, length, [...cells, ...rest].slice(0, CELLS_MAX));
    }
    return this.#tooLong(from, length, at) ? this.#resync(from, false, TOO_LONG) : NEEDS_MORE;
  }

  #finish(cells: string[], raw: Buffer, plain: boolean, escapes: Escapes): void {
    if (!this.#ascii) this.#decode(cells, raw);
    if (escapes.invisible || (this.shape.dumped && escapes.any))
      for (let i = 0; i < cells.length; i++) cells[i] = toVisible(cells[i] ?? '');
    this.#sink.record({ line: this.#line, cells, raw, plain });
  }

  /** Cells are byte strings here unless the units are characters already: read those with bytes outside ASCII in the character set. */
  #decode(cells: string[], raw: Buffer): void {
    const { unit, name } = this.shape.charset;
    if (unit === 4) restoreAstral(cells, raw, name);
    if (unit > 1 || isAscii(raw)) return;
    let spoiled = false;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] ?? '';
      if (!OUTSIDE_ASCII.test(cell)) continue;
      const bytes = Buffer.from(cell, 'latin1');
      const text = name === 'UTF-8' ? bytes.toString('utf8', 0, bytes.length) : iconv.decode(bytes, name, { stripBOM: false });
      cells[i] = text;
      if (!this.#sound && text.includes('\ufffd')) spoiled = true;
    }
    if (!spoiled) return;
    this.spoiledCount++;
    if (this.spoiled.length < LINES_MAX) this.spoiled.push(this.#line);
  }

  /** The quotes of this record don't close as they should: give up its first line only and read on at the next. */
  #resync(from: number, final: boolean, reason: string): number {
    const eol = this.#newlines.from(from);
    if (eol === this.#units.length && !final) {
      return eol - from > CELL_BYTES_MAX ? this.#skip(from, `line ${this.#line}: ${reason}`) : NEEDS_MORE;
    }
    const next = this.#afterNewline(eol, final);
    if (next === -1) return NEEDS_MORE;
    this.#refuse(from, next, `line ${this.#line}: ${reason}`);
    this.#line++;
    return next;
  }

  /** Drops a line whose end has not come. */
  #skip(from: number, reason: string): number {
    this.#refuse(from, this.#units.length, reason, null);
    this.#skipping = true;
    return this.#units.length;
  }

  /** Hands over what is known of a record that is too wide and too long to be looked at to its end, and drops the rest of its line. */
  #giveUp(from: number, at: number, cells: string[]): number {
    this.#sink.record({ line: this.#line, cells, raw: this.#raw(from, at), plain: false, cut: true });
    this.#skipping = true;
    return at;
  }

  #refuse(from: number, to: number, reason: string, raw: Buffer | null = this.#raw(from, to)): void {
    const { unit } = this.shape.charset;
    const end = Math.min(to * unit, from * unit + UNREADABLE_EXCERPT_BYTES);
    this.#sink.unreadable({ line: this.#line, reason, excerpt: Buffer.from(this.#block.subarray(from * unit, end)), raw });
  }

  #raw(from: number, next: number): Buffer {
    const { unit } = this.shape.charset;
    return this.#block.subarray(from * unit, next * unit);
  }

  /** Whether a line, or the cell of it that starts at `lastCell`, is over its limit. */
  #tooLong(from: number, to: number, lastCell?: number): boolean {
    if (to - from <= CELL_BYTES_MAX) return false;
    if (to - from > RECORD_BYTES_MAX) return true;
    let at = lastCell ?? from;
    while (to - at > CELL_BYTES_MAX) {
      // The last delimiter that a cell can reach: all cells before it are short enough, however many they are.
      const stop = this.#units.lastIndexOf(this.shape.delimiter, at + CELL_BYTES_MAX);
      if (stop < at) return true;
      at = stop + this.shape.delimiter.length;
    }
    return false;
  }

  /** Whether a long line, of which `before` cells lie before `lastCell`, has more than a row can have: counted to that number and no further. */
  #tooWide(from: number, to: number, lastCell = from, before = 0): boolean {
    if (to - from <= WIDE_BYTES_MAX) return false;
    let at = lastCell;
    for (let cells = before + 1; cells < CELLS_MAX; cells++) {
      at = this.#delimiters.from(at) + this.shape.delimiter.length;
      if (at > to) return false;
    }
    return true;
  }

  #tooLongReason(): string {
    return `line ${this.#line}: ${TOO_LONG}`;
  }

  /** Where the next record starts when this one ends at `eol`; -1 when that needs bytes that have not come yet. */
  #afterNewline(eol: number, final: boolean): number {
    const length = this.#units.length;
    if (eol >= length) return length;
    if (this.shape.newline === '\n') return eol + 1;
    if (eol + 1 === length) return final ? length : -1;
    return this.#units.charCodeAt(eol + 1) === LF ? eol + 2 : eol + 1;
  }
}

/**
 * The next occurrence of a character at or after a position, the text's length when there is none. Remembers the stretch in which it
 * knows of none, so that asking in ascending order searches every stretch once, and going back is right too.
 */
class Finder {
  readonly #what: string;
  #text = '';
  #searchedFrom = 0;
  #found = -1;

  constructor(what: string) {
    this.#what = what;
  }

  search(text: string): void {
    this.#text = text;
    this.#searchedFrom = 0;
    this.#found = this.#what === '' ? text.length : -1;
  }

  from(at: number): number {
    if (at > this.#found || at < this.#searchedFrom) {
      const found = this.#text.indexOf(this.#what, at);
      this.#searchedFrom = at;
      this.#found = found === -1 ? this.#text.length : found;
    }
    return this.#found;
  }
}

const NEEDS_MORE = -1;
const TOO_FAR = -2;
const NEVER = -3;
/** What looks like one is text. */
const NO_QUOTE = -4;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TOO_LONG = `it is longer than a row can be (${megabytes(CELL_BYTES_MAX)} a cell, ${megabytes(RECORD_BYTES_MAX)} a row)`;
const OUTSIDE_ASCII = /[^\0-\x7f]/;

/** What occurs anywhere in a block, so that most records need not be looked at for it. */
type Escapes = {
  /** A character that JSON escapes, other than the quote that quotes cells and line ends. */
  any: boolean;
  /** The line end that is not this file's, where it occurs: it may be inside a cell. */
  otherNewline: '\n' | '\r' | null;
  /** What jsonb can't hold, or could be taken for its escape. */
  invisible: boolean;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const JSON_ESCAPED = /[\0-\x09\x0b\x0c\x0e-\x1f\\]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, in a file whose delimiter is the tab
const JSON_ESCAPED_BUT_TAB = /[\0-\x08\x0b\x0c\x0e-\x1f\\]/;

function blockEscapes(units: string, shape: Shape): Escapes {
  const wide = shape.charset.unit > 1;
  const other = shape.newline === '\n' ? '\r' : '\n';
  const unquoted = shape.quote !== '"' && units.includes('"');
  const any = wide || unquoted || (shape.delimiter === '\t' ? JSON_ESCAPED_BUT_TAB : JSON_ESCAPED).test(units);
  return {
    any,
    otherNewline: units.includes(other) ? other : null,
    invisible: wide || (any && (units.includes('\0') || units.includes('\\u'))),
  };
}

/** UTF-16 as the string it is: lone surrogates stay, and a position is two bytes. UTF-32 likewise, a position being four. */
function wideUnits(block: Buffer, whole: number, name: string): string {
  if (name === 'UTF-16LE') return block.toString('utf16le', 0, whole);
  if (name !== 'UTF-16BE') return narrowed(block, whole, name);
  return Buffer.from(block.subarray(0, whole)).swap16().toString('utf16le');
}

/** What stands for a character beyond 16 bits until the record is finished; UTF-32 has no surrogates of its own. */
const ASTRAL = '\ud800';

function narrowed(block: Buffer, whole: number, name: string): string {
  const units = new Uint16Array(whole >> 2);
  for (let i = 0; i < units.length; i++) {
    const code = codeAt(block, i * 4, name);
    units[i] = code > 0xffff ? (code > 0x10ffff ? 0xfffd : ASTRAL.charCodeAt(0)) : isSurrogate(code) ? 0xfffd : code;
  }
  return Buffer.from(units.buffer).toString('utf16le');
}

function restoreAstral(cells: string[], raw: Buffer, name: string): void {
  let at = 0;
  const next = (): string => {
    while (at + 4 <= raw.length) {
      const code = codeAt(raw, at, name);
      at += 4;
      if (code > 0xffff && code <= 0x10ffff) return String.fromCodePoint(code);
    }
    return '\ufffd';
  };
  for (let i = 0; i < cells.length; i++) cells[i] = (cells[i] ?? '').replaceAll(ASTRAL, next);
}

function codeAt(block: Buffer, at: number, name: string): number {
  return name === 'UTF-32LE' ? block.readUInt32LE(at) : block.readUInt32BE(at);
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** Bytes, where those that are the second half of a character are moved out of the way; read as latin1 they are the same bytes again. */
function maskedUnits(block: Buffer, name: string): string {
  const units = new Uint16Array(block.length);
  // Katakana of half the width are one byte each.
  const single = name === 'Shift_JIS' ? (byte: number) => byte >= 0xa0 && byte <= 0xdf : () => false;
  for (let i = 0; i < block.length; i++) {
    const byte = block[i] ?? 0;
    units[i] = byte;
    const second = block[i + 1] ?? 0;
    if (byte > 0x80 && second >= 0x40 && !single(byte)) units[++i] = 0x100 | second;
  }
  return Buffer.from(units.buffer).toString('utf16le');
}

/** Whether a quote stands behind an odd number of backslashes. */
function isEscaped(units: string, at: number, start: number): boolean {
  let backslashes = 0;
  while (at - backslashes > start && units.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

const BACKSLASH = 92;

function isLineEnd(code: number): boolean {
  return code === LF || code === CR;
}

function count(text: string, what: string): number {
  let found = 0;
  for (let at = text.indexOf(what); at !== -1; at = text.indexOf(what, at + 1)) found++;
  return found;
}

function cellTooLong(cell: string): boolean {
  return cell.length > CELL_BYTES_MAX;
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 ** 2} MB`;
}
