/**
 * Splits a mailbox (RFC 4155, mboxo, mboxrd) into messages, on bytes. A line that starts with "From " begins a message only where it
 * looks like a separator, for body lines that start so are not quoted by every program:
 *
 *     blank line before   and   it ends in a date like "Thu Aug 22 12:36:23 2002", or is "From x" alone above a header line
 *     no blank line       and   it ends in such a date and a header line follows
 */

import { RECORD_BYTES_MAX, UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import type { UnreadableRow } from '#lib/ingest/port.ts';

export type RawMessage = { line: number; raw: Buffer };

export class MessageReader {
  readonly #splits: boolean;
  #line = 1;
  #skipping = false;
  #out: { messages: RawMessage[]; unreadable: UnreadableRow[] } = { messages: [], unreadable: [] };

  /** @param splits false for a file that is one message, whatever its body holds. */
  constructor(splits: boolean) {
    this.#splits = splits;
  }

  read(block: Buffer, final: boolean): number {
    let start = 0;
    for (;;) {
      const next = this.#splits ? nextSeparator(block, this.#line === 1 ? afterBlanks(block, start) : start, final) : NONE;
      if (next > 0) {
        this.#message(block.subarray(start, next));
        start = next;
        continue;
      }
      if (final) {
        if (start < block.length) this.#message(block.subarray(start));
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

  #message(raw: Buffer): void {
    if (this.#skipping) this.#skipping = false;
    else if (raw.length > RECORD_BYTES_MAX) this.#refuse(raw);
    else this.#out.messages.push({ line: this.#line, raw });
    this.#line += countLines(raw);
  }

  /** The message's end has not come. One that is too long is given up, and its bytes dropped as they come. */
  #waiting(block: Buffer, start: number): number {
    if (!this.#skipping && block.length - start <= RECORD_BYTES_MAX + LOOK_BYTES) return start;
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

/** Whether a line is a separator by its looks, with the line after it. */
export function isSeparator(line: string, nextLine: string, blankBefore: boolean): boolean {
  if (!line.startsWith('From ')) return false;
  const header = HEADER.test(nextLine);
  if (DATED.every((part) => part.test(line))) return blankBefore || header;
  return blankBefore && header && /^From \S+\s*$/.test(line);
}

/** A header field's name and colon (RFC 5322 2.2). */
export const HEADER = /^[!-9;-~]{1,100}[ \t]*:/;

/** Weekday, month, time and year, in any order; one after the other, so that no line can make them slow. */
const DATED = [
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/,
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/,
  /\d:\d\d/,
  /\b\d{4}\b/,
];
const NEEDLE = Buffer.from('\nFrom ');
const NONE = 0;
/** A separator and the line after it are decided within this many bytes. */
const LOOK_BYTES = 2048;

/** Where the next message begins after `start`, or NONE when there is none in this block or its lines have not come whole. */
function nextSeparator(block: Buffer, start: number, final: boolean): number {
  let at = block.indexOf(NEEDLE, start);
  while (at !== -1) {
    const from = at + 1;
    const enough = final || block.length - from >= LOOK_BYTES;
    const eol = block.indexOf(10, from);
    const nextEol = eol === -1 ? -1 : block.indexOf(10, eol + 1);
    if (nextEol === -1 && !enough) return NONE;
    const lineEnd = eol === -1 ? block.length : eol;
    const line = block.toString('latin1', from, Math.min(lineEnd, from + LOOK_BYTES / 2)).trimEnd();
    const nextLine = block.toString(
      'latin1',
      Math.min(lineEnd + 1, block.length),
      Math.min(nextEol === -1 ? block.length : nextEol, lineEnd + 1 + LOOK_BYTES / 2),
    );
    if (isSeparator(line, nextLine, blankBefore(block, at))) return from;
    at = block.indexOf(NEEDLE, from);
  }
  return NONE;
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
