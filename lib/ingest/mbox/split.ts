/**
 * Splits a mailbox into messages, on bytes. A message ends at the next line that looks like a separator (separator.ts), unless it says
 * itself how long it is: a Content-Length after which a separator or the end of the file stands is believed, whatever lies within.
 * One that leads anywhere else is not, and where most lead elsewhere none is looked at any more.
 */

import { RECORD_BYTES_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import type { UnreadableRow } from '#lib/ingest/port.ts';
import { couldSeparate, isSeparator, LOOK_BYTES } from './separator.ts';

/** `length`: whether its Content-Length led to its end; null where it names none. `bare`: lines within that look like separators. */
export type RawMessage = { line: number; raw: Buffer; length: boolean | null; bare: number[] };

/** What ends a message. */
export type Splitting = { separators: boolean; lengths: 'never' | 'where they fit' | 'always' };

export class MessageReader {
  readonly #splitting: Splitting;
  #line = 1;
  #fit = 0;
  #misfit = 0;
  #misfitBytes = 0;
  #skipping = false;
  #out: { messages: RawMessage[]; unreadable: UnreadableRow[] } = { messages: [], unreadable: [] };

  /** @param splitting without separators the file is one message, whatever its body holds. */
  constructor(splitting: Splitting) {
    this.#splitting = splitting;
  }

  read(block: Buffer, final: boolean): number {
    let start = 0;
    for (;;) {
      const end = this.#splitting.separators ? this.#end(block, start, final) : UNKNOWN;
      if (end !== UNKNOWN) {
        this.#message(block.subarray(start, end.at), end.length, end.bare);
        start = end.at;
        continue;
      }
      if (final) {
        if (start < block.length) this.#message(block.subarray(start), null, []);
        return block.length;
      }
      return this.#waiting(block, start);
    }
  }

  take(): { messages: RawMessage[]; unreadable: UnreadableRow[] } | null {
    const out = this.#out;
    if (out.messages.length === 0 && out.unreadable.length === 0) return null;
    this.#out = { messages: [], unreadable: [] };
    return out;
  }

  /** Where the message that starts here ends; UNKNOWN where that has not come yet. */
  #end(block: Buffer, start: number, final: boolean): End | typeof UNKNOWN {
    const first = nextSeparator(block, this.#line === 1 ? afterBlanks(block, start) : start, final);
    if (this.#skipping || !this.#believes()) return first === NONE ? UNKNOWN : { at: first, length: null, bare: [] };
    const claim = claimedLength(block, start, first);
    if (claim === null) return first === NONE ? UNKNOWN : { at: first, length: null, bare: [] };
    const { claimed } = claim;
    const fits = claimed - start <= RECORD_BYTES_MAX;
    if (fits && !final && block.length < claimed) return UNKNOWN;
    const slack = fits ? Math.min(2 * countLines(block.subarray(claim.body, claimed)), RECORD_BYTES_MAX - (claimed - start)) : 0;
    // What shows whether a separator stands there has to have come, wherever the block ends.
    if (fits && !final && block.length < claimed + slack + 2 + LOOK_BYTES) return UNKNOWN;
    const at = fits ? claimedEnd(block, claim, slack, first, final) : NONE;
    if (at === NONE) {
      if (first === NONE && !final) return UNKNOWN;
      this.#misfit++;
      if (fits) this.#misfitBytes += claimed - start;
      return { at: first === NONE ? block.length : first, length: false, bare: [] };
    }
    this.#fit++;
    return { at, length: true, bare: first === NONE || first >= at ? [] : this.#linesOf(block, start, first, at, final) };
  }

  #believes(): boolean {
    const { lengths } = this.#splitting;
    if (this.#misfitBytes > MISFIT_BYTES_MAX) return false;
    if (lengths === 'where they fit') return this.#misfit < MISFITS_MAX + 2 * this.#fit;
    return lengths === 'always';
  }

  /** The lines, in the file, of the separators by their looks from `first` up to `end`. */
  #linesOf(block: Buffer, start: number, first: number, end: number, final: boolean): number[] {
    const lines: number[] = [];
    for (let at = first; at !== NONE && at < end && lines.length < BARE_TOLD_MAX; at = nextSeparator(block, at, final))
      lines.push(this.#line + countLines(block.subarray(start, at)));
    return lines;
  }

  #message(raw: Buffer, length: boolean | null, bare: number[]): void {
    if (this.#skipping) this.#skipping = false;
    else if (raw.length > RECORD_BYTES_MAX) this.#refuse(raw);
    else this.#out.messages.push({ line: this.#line, raw, length, bare });
    this.#line += countLines(raw);
  }

  /** The message's end has not come. One that is too long is given up, and its bytes dropped as they come. */
  #waiting(block: Buffer, start: number): number {
    if (!this.#skipping && block.length - start <= RECORD_BYTES_MAX + 2 * LOOK_BYTES) return start;
    if (!this.#skipping) {
      this.#refuse(block.subarray(start));
      this.#skipping = true;
    }
    const drop = Math.max(start, block.length - LOOK_BYTES);
    this.#line += countLines(block.subarray(start, drop));
    return drop;
  }

  #refuse(raw: Buffer): void {
    const reason = `the message at line ${this.#line} is larger than ${RECORD_BYTES_MAX / 1024 ** 2} MB`;
    const excerpt = Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES));
    this.#out.unreadable.push({ line: this.#line, reason, excerpt, raw: null });
  }
}

/**
 * Where the first mail of a file ends that names its length and is believed, or does not. `claimed` is where the length leads by itself; `length` as in RawMessage.
 * @param file all of it
 */
export function endOfFirst(file: Buffer): { end: number; length: boolean | null; claimed: number | null } {
  const first = nextSeparator(file, afterBlanks(file, 0), true);
  const claim = claimedLength(file, 0, first);
  const end = first === NONE ? file.length : first;
  if (claim === null) return { end, length: null, claimed: null };
  const slack = 2 * countLines(file.subarray(claim.body, claim.claimed));
  const at = claimedEnd(file, claim, slack, first, true);
  return { end: at === NONE ? end : at, length: at !== NONE, claimed: claim.claimed };
}

/** The mail, as long as it was, with another number for each length that it names. @param numberOf gives it from how much comes behind its header; null for none */
export function withLengths(mail: Buffer, numberOf: (bodyBytes: number) => number | null): Buffer {
  const text = mail.toString('latin1', 0, HEADERS_BYTES_MAX);
  const blank = BLANK.exec(text);
  if (!blank) return mail;
  const number = String(numberOf(mail.length - blank.index - blank[0].length) ?? '');
  const header = text
    .slice(0, blank.index + 1)
    .replace(LENGTHS, (_, name: string, was: string) => name + number.padStart(was.length));
  return Buffer.concat([Buffer.from(header, 'latin1'), mail.subarray(blank.index + 1)]);
}

type End = { at: number; length: boolean | null; bare: number[] };
type Claim = { body: number; claimed: number };

const UNKNOWN = 'unknown';
const NONE = 0;
/** So many lengths that lead nowhere are looked at before any has led to an end, and two more for each that has. */
const MISFITS_MAX = 3;
/** All that is looked through for lengths that lead nowhere: a short mail may claim to be a long one. */
const MISFIT_BYTES_MAX = 4 * RECORD_BYTES_MAX;
const BARE_TOLD_MAX = 5;
const NEEDLE = Buffer.from('\nFrom ');
const HEADERS_BYTES_MAX = 64 * 1024;
const BLANK = /\n\r?\n/;
const LENGTH = /^(content-length:[ \t]*)(\d{1,12})(?=[ \t]*\r?$)/im;
const LENGTHS = new RegExp(LENGTH, 'gim');

/** Where the next message begins after `start`, or NONE when there is none in this block or what follows it has not come. */
function nextSeparator(block: Buffer, start: number, final: boolean): number {
  for (let at = block.indexOf(NEEDLE, start); at !== -1; at = block.indexOf(NEEDLE, at + 1)) {
    if (!final && block.length - at - 1 < LOOK_BYTES) return NONE;
    if (isSeparatorAt(block, at + 1)) return at + 1;
  }
  return NONE;
}

function isSeparatorAt(block: Buffer, at: number): boolean {
  if (block[at - 1] !== 10 || block[at] !== 70) return false;
  const eol = block.indexOf(10, at);
  if (!couldSeparate(block.toString('latin1', at, Math.min(eol === -1 ? block.length : eol, at + LOOK_BYTES)))) return false;
  return isSeparator(block.toString('latin1', at, at + LOOK_BYTES), blankBefore(block, at - 1));
}

/** What the message that starts here says of its length, if its header has come and ends before `next`. */
function claimedLength(block: Buffer, start: number, next: number): Claim | null {
  const text = block.toString('latin1', start, Math.min(next === NONE ? block.length : next, start + HEADERS_BYTES_MAX));
  const blank = BLANK.exec(text);
  if (!blank) return null;
  const said = LENGTH.exec(text.slice(0, blank.index + 1));
  const body = start + blank.index + blank[0].length;
  return said ? { body, claimed: body + Number(said[2]) } : null;
}

/**
 * The separator, or the end of the file, that the claim leads to: right behind the body, behind the blank line after it, or there when every
 * line end has become one byte longer or shorter since the claim was made (by at most `slack`). NONE where there is none.
 */
function claimedEnd(block: Buffer, { body, claimed }: Claim, slack: number, first: number, final: boolean): number {
  for (let at = claimed; at <= claimed + 2; at++) if (isSeparatorAt(block, at) && isBlank(block, claimed, at)) return at;
  if (final && block.length >= claimed && block.length - claimed <= 2 && isBlank(block, claimed, block.length))
    return block.length;
  let lines = 0;
  let counted = body;
  for (let at = first; ; at = nextSeparator(block, at, final)) {
    const end = at === NONE ? block.length : at;
    if ((at === NONE && !final) || end > claimed + slack + 2) return NONE;
    lines += countLines(block.subarray(counted, end));
    counted = end;
    if (Math.abs(claimed - end - lines) <= 2 || Math.abs(end - claimed - lines) <= 2) return end;
    if (at === NONE) return NONE;
  }
}

function isBlank(block: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (block[at] !== 10 && block[at] !== 13) return false;
  return true;
}

/** Blank lines, and a byte order mark, before the first message belong to it. */
export function afterBlanks(block: Buffer, start: number): number {
  let at = start;
  if (block[at] === 0xef && block[at + 1] === 0xbb && block[at + 2] === 0xbf) at += 3;
  while (block[at] === 10 || block[at] === 13) at++;
  return at;
}

function blankBefore(block: Buffer, newline: number): boolean {
  const before = block[newline - 1] === 13 ? newline - 2 : newline - 1;
  return before >= 0 && block[before] === 10;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}
