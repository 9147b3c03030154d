/** From the bytes of a mail to text: transfer encodings (RFC 2045), encoded words (RFC 2047) and declared character sets. */
import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { decode, normalizeCharset } from 'libmime/lib/charset.js';

/** The body of a part without its transfer encoding; what has none it knows is given as it is. */
export function transferDecoded(body: Buffer, encoding: string): Buffer {
  const name = encoding
    .replace(/\([^()]*\)/g, '')
    .trim()
    .toLowerCase();
  if (name === 'base64') return base64(body.toString('latin1'));
  if (name === 'quoted-printable') return quotedPrintable(body.toString('latin1'));
  return body;
}

/** The rest of a text whose character set is not known: how it is read, is up to the caller. */
export type ReadBytes = (bytes: Buffer) => string;

/**
 * The text of a header's value. Words that stand side by side in one character set are decoded together, for a character may be cut between
 * them; bytes outside ASCII within a word are in the word's character set.
 * @param value a byte a character
 */
export function wordsDecoded(value: string, read: ReadBytes): string {
  if (!value.includes('=?')) return rawText(value, read);
  let text = '';
  let at = 0;
  let pending: { charset: string; bytes: Buffer[] } | null = null;
  const flush = () => {
    if (pending) text += charsetDecoded(Buffer.concat(pending.bytes), pending.charset, read);
    pending = null;
  };
  for (const match of value.matchAll(WORD)) {
    const [whole, charset = '', encoding = '', content = ''] = match;
    const between = value.slice(at, match.index);
    if (!(pending && between.trim() === '')) {
      flush();
      text += rawText(between, read);
    }
    const bytes = encoding.toUpperCase() === 'B' ? base64(content) : quotedPrintable(content.replaceAll('_', ' '));
    if (pending && pending.charset !== charset.toLowerCase()) flush();
    pending ??= { charset: charset.toLowerCase(), bytes: [] };
    pending.bytes.push(bytes);
    at = match.index + whole.length;
  }
  flush();
  return text + rawText(value.slice(at), read);
}

/** What stands in a header as it is. @param value a byte a character */
export function rawText(value: string, read: ReadBytes): string {
  const bytes = Buffer.from(value, 'latin1');
  return isAscii(bytes) && !value.includes('\x1b') ? value : read(bytes);
}

/** Bytes in a character set that somebody declared; `read` reads them if it is none, unknown, or plainly another. */
export function charsetDecoded(bytes: Buffer, declared: string, read: ReadBytes): string {
  const charset = knownCharset(declared);
  if (charset === null) return isAscii(bytes) && !bytes.includes(ESCAPE) ? bytes.toString('latin1') : read(bytes);
  if (isAscii(bytes) && !SHIFTED.test(charset)) return bytes.toString('latin1');
  if (charset === 'UTF-8') return isUtf8(bytes) ? bytes.toString('utf8') : read(bytes);
  const text = decodedAs(bytes, charset);
  return text.includes('\ufffd') && isSpoiled(text) ? read(bytes) : text;
}

/** The character set of a name as it stands in mail; null for ASCII, which says nothing of other bytes, and for what is no character set here. */
export function knownCharset(declared: string): string | null {
  const name = declared.replace(/\*.*$/, '').trim();
  if (name === '' || SAYS_NOTHING.test(name)) return null;
  const normal = normalizeCharset(name);
  if (normal === 'UTF-8') return normal;
  // ISO-8859-1 has control codes where mail that names it has the quotes and dashes of windows-1252.
  if (normal === 'ISO-8859-1') return 'windows-1252';
  return JAPANESE.test(normal) || (!NO_CHARSET.test(normal) && iconv.encodingExists(normal)) ? normal : null;
}

/** Bytes in a character set of `knownCharset`. */
export function decodedAs(bytes: Buffer, charset: string): string {
  return decode(bytes, charset);
}

/** Whether more of the characters outside ASCII are lost than read. */
export function isSpoiled(text: string): boolean {
  let spoiled = 0;
  let good = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) spoiled++;
    else if (code >= 0x80) good++;
  }
  return spoiled * 2 > good;
}

const WORD = /=\?([\w.:*-]{1,60})\?([QqBb])\?([^?]*)\?=/g;
const SAYS_NOTHING = /^(?:(?:us-?)?ascii|ansi_x3[\w.-]*|iso-?646[\w-]*|.*unknown.*|.*default.*|none|[78]-?bit|binary)$/i;
/** What decoders know by name and is no character set of a mail. */
const NO_CHARSET = /^(?:(?:cs)?unicode11)?utf-?7(?:-?imap)?$|^base64$|^hex$|^binary$/i;
const JAPANESE = /^iso-?2022-?jp|^EUC-?JP/i;
/** Whose bytes look like ASCII, or are of more than one for every character. */
const SHIFTED = /^ISO-?2022|^HZ|^UTF-?(?:16|32)|^UCS|^UNICODE/i;
const ESCAPE = 0x1b;

/** Padding may stand in the middle, where encoded pieces were put together. */
function base64(text: string): Buffer {
  const bare = text.replace(/[^A-Za-z0-9+/=]/g, '');
  const padded = bare.indexOf('=');
  if (padded === -1 || padded >= bare.length - 2) return Buffer.from(bare, 'base64');
  return Buffer.concat(bare.split(/=+/).map((piece) => Buffer.from(piece, 'base64')));
}

/** Blanks at the end of a line were added on the way. @param text a byte a character */
function quotedPrintable(text: string): Buffer {
  const bare = text.replace(/(^|[^ \t])[ \t]+(?=\r?\n)/g, '$1').replace(/=\r?\n/g, '');
  return Buffer.from(
    bare.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
