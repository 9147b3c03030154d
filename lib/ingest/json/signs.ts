/** The signs of JSON in bytes, whatever their character set: where a value ends, without a look at what it means. */
import iconv from 'iconv-lite';
import type { Charset } from '#lib/ingest/csv/charset.ts';
import { unitsOf } from './rows.ts';

export class Signs {
  readonly #bytes: Buffer;
  readonly #unit: number;
  readonly #low: number;

  readonly #charset: string;

  constructor(bytes: Buffer, charset: Charset) {
    const { unit, low } = unitsOf(charset);
    this.#bytes = bytes;
    this.#charset = charset.name;
    this.#unit = unit;
    this.#low = low;
  }

  /** The character here if it is one of ASCII; empty behind the end, and for any other. */
  at(start: number): string {
    const code = this.#code(start);
    return code > 0 && code < 0x80 ? String.fromCharCode(code) : '';
  }

  pastBlanks(start: number): number {
    let at = start;
    for (let code = this.#code(at); code === 32 || code === 10 || code === 13 || code === 9; code = this.#code(at))
      at += this.#unit;
    return at;
  }

  /** Behind the value that begins here; -1 where its end has not come. What is no value ends at the next comma or bracket. */
  pastValue(start: number, final: boolean): number {
    let depth = 0;
    for (let at = start; ; ) {
      const code = this.#code(at);
      if (code === END) return final ? this.#bytes.length : -1;
      if (code === QUOTE) {
        const end = this.#pastString(at);
        if (end === -1) return final ? this.#bytes.length : -1;
        at = end;
        if (depth === 0) return at;
        continue;
      }
      if (code === 0x7b || code === 0x5b) depth++;
      else if (code === 0x7d || code === 0x5d) {
        if (depth === 0) return at === start ? at + this.#unit : at;
        depth--;
        if (depth === 0) return at + this.#unit;
      } else if (depth === 0 && (code === 0x2c || code === 32 || code === 10 || code === 13 || code === 9)) {
        return at === start ? at + this.#unit : at;
      }
      at += this.#unit;
    }
  }

  /**
   * The lists in the object that begins here and in the objects within it, as far as they have come, by their paths; not those within lists.
   * `start` is behind the bracket. The last one may have no end here.
   */
  lists(start: number): { path: string; start: number; ofObjects: boolean }[] {
    const found: { path: string; start: number; ofObjects: boolean }[] = [];
    const walk = (object: number, path: string, depth: number): number => {
      let at = this.pastBlanks(object + this.#unit);
      while (this.#code(at) === QUOTE) {
        const end = this.#pastString(at);
        if (end === -1) return -1;
        const key = this.#key(at, end);
        at = this.pastBlanks(end);
        if (this.at(at) !== ':') return -1;
        at = this.pastBlanks(at + this.#unit);
        const own = path === '' ? key : `${path}.${key}`;
        if (this.at(at) === '[') {
          const first = at + this.#unit;
          found.push({ path: own, start: first, ofObjects: this.at(this.pastBlanks(first)) === '{' });
        }
        at = this.at(at) === '{' && depth < LISTS_DEPTH_MAX ? walk(at, own, depth + 1) : this.pastValue(at, false);
        if (at === -1) return -1;
        at = this.pastBlanks(at);
        if (this.at(at) === ',') at = this.pastBlanks(at + this.#unit);
      }
      return this.at(at) === '}' ? at + this.#unit : -1;
    };
    walk(start, '', 0);
    return found;
  }

  #key(start: number, end: number): string {
    const text = iconv.decode(this.#bytes.subarray(start, end), this.#charset, { stripBOM: false });
    try {
      return JSON.parse(text) as string;
    } catch {
      return text.slice(1, -1);
    }
  }

  #pastString(start: number): number {
    if (this.#unit > 1) return this.#pastWideString(start);
    for (let at = this.#bytes.indexOf(QUOTE, start + 1); at !== -1; at = this.#bytes.indexOf(QUOTE, at + 1)) {
      let escapes = 0;
      while (this.#bytes[at - 1 - escapes] === BACKSLASH) escapes++;
      if (escapes % 2 === 0) return at + 1;
    }
    return -1;
  }

  #pastWideString(start: number): number {
    for (let at = start + this.#unit; ; at += this.#unit) {
      const code = this.#code(at);
      if (code === END) return -1;
      if (code === BACKSLASH) at += this.#unit;
      else if (code === QUOTE) return at + this.#unit;
    }
  }

  /** OTHER for a character beyond the first 256, END behind the last whole unit. */
  #code(start: number): number {
    if (this.#unit === 1) return this.#bytes[start] ?? END;
    if (start + this.#unit > this.#bytes.length) return END;
    for (let at = 0; at < this.#unit; at++) if (at !== this.#low && this.#bytes[start + at] !== 0) return OTHER;
    return this.#bytes[start + this.#low] ?? END;
  }
}

const END = -1;
const OTHER = 0x100;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** A list lies in an object of an answer, or in one within it. */
const LISTS_DEPTH_MAX = 3;
