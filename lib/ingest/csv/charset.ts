import { isAscii, isUtf8 } from 'node:buffer';
import chardet from 'chardet';
import iconv from 'iconv-lite';

/**
 * A character set that records can be split in. `unit` is how many bytes the separators take: in the 1-byte sets (and UTF-8) the
 * bytes of comma, quote and line end never occur inside another character; UTF-16 is split by 16-bit units.
 */
export type Charset = { name: string; unit: 1 | 2; bom: number };

const UTF8: Charset = { name: 'UTF-8', unit: 1, bom: 0 };

/** Sets whose second bytes may be letters and `|`, but never a quote, comma, semicolon, tab or line end. */
const MULTIBYTE = new Set(['Shift_JIS', 'Big5', 'GB18030', 'GBK', 'EUC-KR', 'EUC-JP', 'EUC-TW']);

/**
 * The character set of a file, from its first bytes: a byte order mark, else UTF-16 by its zeros, else UTF-8 where the bytes are
 * valid (or so nearly that the rest reads as a few spoiled characters), else chardet's best guess that iconv-lite can decode.
 * @param complete whether `head` is the whole file, so that its last character is not cut off.
 */
export function detectCharset(head: Buffer, complete: boolean): Charset {
  if (head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { ...UTF8, bom: 3 };
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return { name: 'UTF-16LE', unit: 2, bom: 2 };
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return { name: 'UTF-16BE', unit: 2, bom: 2 };
  const wide = utf16ByZeros(head);
  if (wide) return wide;
  if (looksUtf8(head, complete)) return UTF8;
  return guessed(head);
}

export function isMultibyte(charset: Charset): boolean {
  return MULTIBYTE.has(charset.name);
}

/**
 * Valid UTF-8, or at least twice as many good characters outside ASCII as spoiled ones: then it is UTF-8 with damage. In text of another
 * set the good ones are accidents: hardly any in the Latin ones, about one in five in the Chinese.
 */
export function looksUtf8(head: Buffer, complete: boolean): boolean {
  if (isUtf8(head)) return true;
  const text = head.toString('utf8', 0, complete ? head.length : lastWholeCharacter(head));
  let spoiled = 0;
  let good = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd) spoiled++;
    else if (code >= 0x80) good++;
  }
  return spoiled * 2 <= good;
}

/**
 * Best guess for bytes that are not UTF-8: what chardet finds likeliest for the lines outside ASCII and decodes them without a flaw;
 * windows-1252 where there is none, for nearly every byte means something there.
 */
export function guessed(bytes: Buffer): Charset {
  const lines = linesOutsideAscii(bytes);
  const names = chardet
    .analyse(lines)
    // ISO-2022 hides quotes in escape sequences; UTF-16 and 32 were looked at before.
    .filter(({ name }) => !/^(UTF|ISO-2022|ASCII)/i.test(name) && iconv.encodingExists(name))
    // A superset that has printable characters where ISO-8859-1 has control codes.
    .map(({ name }) => (name === 'ISO-8859-1' ? 'windows-1252' : name));
  const name = names.find((candidate) => !FLAW.test(iconv.decode(lines, candidate))) ?? 'windows-1252';
  return { name, unit: 1, bom: 0 };
}

/** The C1 controls, which no text means, and what could not be decoded. */
const FLAW = /[\x80-\x9f\ufffd]/;
const GUESS_BYTES = 16 * 1024;

/** Whole lines with a byte outside ASCII in them, so that a long run of plain lines does not hide them. */
function linesOutsideAscii(bytes: Buffer): Buffer {
  const lines: Buffer[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length && size < GUESS_BYTES; ) {
    const eol = bytes.indexOf(10, at);
    const line = bytes.subarray(at, eol === -1 ? bytes.length : eol + 1);
    // A last line without its end may be cut inside a character.
    if (!isAscii(line) && (eol !== -1 || lines.length === 0)) {
      lines.push(line.subarray(0, GUESS_BYTES));
      size += line.length;
    }
    at += line.length;
  }
  return Buffer.concat(lines);
}

function utf16ByZeros(head: Buffer): Charset | null {
  const pairs = Math.min(head.length, 4096) >> 1;
  if (pairs < 4) return null;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i++) {
    if (head[2 * i] === 0) even++;
    if (head[2 * i + 1] === 0) odd++;
  }
  // Text of the Latin alphabets: nearly every second byte is zero, and hardly any other.
  if (odd > pairs * 0.6 && even < pairs * 0.05) return { name: 'UTF-16LE', unit: 2, bom: 0 };
  if (even > pairs * 0.6 && odd < pairs * 0.05) return { name: 'UTF-16BE', unit: 2, bom: 0 };
  return null;
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
