/** Writing original records back into a file of their format, so that reading it gives the same records. */
import { isSeparator } from './mbox/split.ts';

/** The line that begins a message in a mailbox (RFC 4155), for messages that came without one. */
const SEPARATOR = 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970';
const FROM = Buffer.from('From ');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Gives a record its line end where it has none, as the last record of a file may. The line end is that of the file's `header` (byte
 * order mark and header row), in the file's character set; the bytes of the record stay as they are.
 */
export function csvWriter({
  header,
  charset,
  lineEnd,
}: {
  header: Buffer;
  charset?: string;
  lineEnd?: string;
}): (raw: Buffer) => Buffer {
  const [lf, cr] = lineEnds(charset);
  const crlf = Buffer.concat([cr, lf]);
  const own = [crlf, lf, cr].find((ending) => endsIn(header, ending)) ?? (lineEnd === 'CR' ? cr : lf);
  return (raw) => (endsIn(raw, lf) || endsIn(raw, cr) ? raw : Buffer.concat([raw, own]));
}

function lineEnds(charset: string | undefined): [lf: Buffer, cr: Buffer] {
  const wide = /^utf-?16(be|le)?/i.exec(charset ?? '');
  const bytes = (code: number) => (!wide ? [code] : wide[1]?.toLowerCase() === 'be' ? [0, code] : [code, 0]);
  return [Buffer.from(bytes(0x0a)), Buffer.from(bytes(0x0d))];
}

/**
 * One message with its separator line before it and an empty line after it. A message that came out of a mailbox has both, and is given
 * byte for byte (but for blank lines and a byte order mark before a file's first one); one that came alone gets a separator, and its own
 * lines that could be taken for one are quoted with `>` (mboxrd).
 */
export function mboxMessage(raw: Buffer): Buffer {
  const message = raw.subarray(messageStart(raw));
  const [line = '', next = ''] = message.toString('latin1', 0, 4_096).split('\n', 2);
  const lineEnd = line.endsWith('\r') ? '\r\n' : '\n';
  const parts = isSeparator(line.trimEnd(), next, true) ? [message] : [Buffer.from(SEPARATOR + lineEnd), quoted(message)];
  if (message.at(-1) !== 0x0a) parts.push(Buffer.from(lineEnd));
  if (!endsIn(message, Buffer.from('\n\n')) && !endsIn(message, Buffer.from('\n\r\n'))) parts.push(Buffer.from(lineEnd));
  return parts.length === 1 ? message : Buffer.concat(parts);
}

function messageStart(raw: Buffer): number {
  let start = raw.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  while (raw[start] === 0x0a || raw[start] === 0x0d) start += 1;
  return raw.subarray(start, start + 3).equals(BYTE_ORDER_MARK) ? start + 3 : start;
}

/** Byte for byte otherwise: latin1 gives every byte a character and back. */
function quoted(raw: Buffer): Buffer {
  if (!raw.includes(FROM)) return raw;
  return Buffer.from(raw.toString('latin1').replace(/(^|\n)(>*From )/g, '$1>$2'), 'latin1');
}

function endsIn(raw: Buffer, ending: Buffer): boolean {
  return raw.length >= ending.length && raw.subarray(raw.length - ending.length).equals(ending);
}
