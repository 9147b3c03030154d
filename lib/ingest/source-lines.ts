/** Lines of a file as people see them, found by their numbers: what speaks for a guess, and what against it. */
import iconv from 'iconv-lite';
import { LINE_SHOWN_BYTES, LINES_SCAN_BYTES } from '#lib/core/limits.ts';
import { peek } from './source.ts';

export type SourceLine = { line: number; text: string };

const LF = 10;
const CR = 13;

/**
 * The wanted lines (1-based physical ones) in their order, without their ends; a long one is cut. Looks through LINES_SCAN_BYTES at most: lines behind them
 * are left out, and so are all of a file that is not text. Where the beginning of a file has no line feed, its lines end in carriage returns.
 * @param charset as the format detected it; what can't be decoded by that name is taken for UTF-8
 */
export async function linesOfSource(
  source: AsyncIterable<Buffer>,
  charset: string,
  wanted: readonly number[],
): Promise<SourceLine[]> {
  const name = iconv.encodingExists(charset) ? charset : 'UTF-8';
  const unit = unitOf(name);
  const asked = new Set(wanted);
  const last = Math.max(...asked);
  const found: SourceLine[] = [];
  let line = 1;
  let seen = 0;
  let rest: Buffer = Buffer.alloc(0);
  let kept: Buffer[] = [];
  let keptBytes = 0;
  const keep = (piece: Buffer): void => {
    if (!asked.has(line) || keptBytes >= LINE_SHOWN_BYTES) return;
    kept.push(piece.subarray(0, LINE_SHOWN_BYTES - keptBytes));
    keptBytes += piece.length;
  };
  const close = (): void => {
    if (asked.has(line)) found.push({ line, text: textOf(Buffer.concat(kept), name, line === 1) });
    kept = [];
    keptBytes = 0;
    line++;
  };
  const { head, whole: pieces } = await peek(source);
  const binary = unit === BYTE && head.includes(0);
  const end = unit.indexOf(head, LF, 0, head.length) === -1 && unit.indexOf(head, CR, 0, head.length) !== -1 ? CR : LF;
  for await (const piece of pieces) {
    // Left in here, so that the source is closed.
    if (binary) return [];
    const block: Buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = block.length - (block.length % unit.bytes);
    rest = block.subarray(whole);
    let at = 0;
    for (let next = unit.indexOf(block, end, 0, whole); next !== -1; next = unit.indexOf(block, end, at, whole)) {
      keep(block.subarray(at, next));
      close();
      if (line > last) return found;
      at = next + unit.bytes;
    }
    keep(block.subarray(at, whole));
    seen += piece.length;
    if (seen >= LINES_SCAN_BYTES) return found;
  }
  if (keptBytes > 0) close();
  return found;
}

/** The first line of these bytes, without its end; cut where they are too many. */
export function shownLine(bytes: Buffer, charset: string): string {
  const name = iconv.encodingExists(charset) ? charset : 'UTF-8';
  return textOf(bytes.subarray(0, LINE_SHOWN_BYTES), name, false).split(/\r\n|\n|\r/, 1)[0] ?? '';
}

type Unit = { bytes: 1 | 2 | 4; indexOf(block: Buffer, code: number, from: number, to: number): number };
const BYTE: Unit = {
  bytes: 1,
  indexOf: (block, code, from, to) => {
    const at = block.indexOf(code, from);
    return at < to ? at : -1;
  },
};

function unitOf(charset: string): Unit {
  const [, bits, order] = /^utf-?(16|32)(le|be)?$/i.exec(charset) ?? [];
  return bits === undefined ? BYTE : wide(bits === '16' ? 2 : 4, order?.toLowerCase() === 'be');
}

/** In a set of 16-bit or 32-bit units a byte that looks like a line end may be a part of another character. */
function wide(bytes: 2 | 4, big: boolean): Unit {
  const zeros = new Array<number>(bytes - 1).fill(0);
  return {
    bytes,
    indexOf(block, code, from, to) {
      const pattern = Buffer.from(big ? [...zeros, code] : [code, ...zeros]);
      let at = block.indexOf(pattern, from);
      while (at !== -1 && at % bytes !== 0) at = block.indexOf(pattern, at + 1);
      return at < to ? at : -1;
    },
  };
}

/** A multibyte character that the cut went through is left out. */
function textOf(bytes: Buffer, charset: string, first: boolean): string {
  const text = iconv.decode(bytes, charset, { stripBOM: first }).replace(/\r$/, '');
  return bytes.length >= LINE_SHOWN_BYTES ? `${text.replace(/\ufffd+$/, '')}…` : text;
}
