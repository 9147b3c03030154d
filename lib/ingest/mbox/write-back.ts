/** Messages written back into a mailbox. */
import { endsIn } from '#lib/ingest/ends-in.ts';
import { isSeparator, LOOK_BYTES, OWN_SEPARATOR } from './separator.ts';
import { endOfFirst, withLengths } from './split.ts';

const FROM = Buffer.from('From ');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** What a mail is followed by, for a look at where it ends. */
const NEXT = Buffer.from(`${OWN_SEPARATOR}\nSubject: next\n\n`);

/**
 * One message with its separator line before it and an empty line after it, so that it is read as one whatever it is put between. A message that came out of a
 * mailbox has both, and is given byte for byte (but for blank lines and a byte order mark before a file's first one); one that came alone gets a separator, and its own
 * lines that could be taken for one are quoted with `>` (mboxrd). Where a message stood as one only by what was around it, as much of it is changed as must be:
 *
 *     its Content-Length leads to its end if each line end has become shorter     has the length that it has
 *     its Content-Length leads anywhere else                                      has blanks for a number: it could lead into the next message
 *     a line within would begin a message, and no length says otherwise           its lines are quoted
 */
export function mboxMessage(raw: Buffer): Buffer {
  const message = raw.subarray(messageStart(raw));
  const text = message.toString('latin1', 0, LOOK_BYTES);
  const lineEnd = text.split('\n', 1)[0]?.endsWith('\r') ? '\r\n' : '\n';
  if (isSeparator(text, true)) return alone(ended(message, lineEnd));
  const body = quoted(message);
  // A length is that of what was there before.
  const mail = Buffer.concat([Buffer.from(OWN_SEPARATOR + lineEnd), body]);
  return alone(ended(body === message ? mail : unclaimed(mail), lineEnd));
}

function ended(message: Buffer, lineEnd: string): Buffer {
  const missing: Buffer[] = [];
  if (message.at(-1) !== 0x0a) missing.push(Buffer.from(lineEnd));
  if (!endsIn(message, Buffer.from('\n\n')) && !endsIn(message, Buffer.from('\n\r\n'))) missing.push(Buffer.from(lineEnd));
  return missing.length === 0 ? message : Buffer.concat([message, ...missing]);
}

/** @param mail with its separator, and the blank line at its end */
function alone(mail: Buffer): Buffer {
  const { end, length, claimed } = endOfFirst(Buffer.concat([mail, NEXT]));
  if (end === mail.length && (claimed === null || (length === true && claimed <= mail.length))) return mail;
  if (end === mail.length && length === true) return withLengths(mail, (bodyBytes) => Math.max(0, bodyBytes - blankLine(mail)));
  const read = unclaimed(mail);
  if (endOfFirst(Buffer.concat([read, NEXT])).end === mail.length) return read;
  const first = read.indexOf(0x0a) + 1;
  return Buffer.concat([read.subarray(0, first), quoted(read.subarray(first))]);
}

function unclaimed(mail: Buffer): Buffer {
  return withLengths(mail, () => null);
}

function blankLine(mail: Buffer): number {
  return endsIn(mail, Buffer.from('\r\n')) ? 2 : 1;
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
