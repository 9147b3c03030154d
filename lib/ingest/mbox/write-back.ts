/** Messages written back into a mailbox. */
import { endsIn } from '#lib/ingest/ends-in.ts';
import { isSeparator, LOOK_BYTES } from './separator.ts';

/** The line that begins a message in a mailbox (RFC 4155), for messages that came without one. */
const SEPARATOR = 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970';
const FROM = Buffer.from('From ');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * One message with its separator line before it and an empty line after it. A message that came out of a mailbox has both, and is given
 * byte for byte (but for blank lines and a byte order mark before a file's first one); one that came alone gets a separator, and its own
 * lines that could be taken for one are quoted with `>` (mboxrd).
 */
export function mboxMessage(raw: Buffer): Buffer {
  const message = raw.subarray(messageStart(raw));
  const text = message.toString('latin1', 0, LOOK_BYTES);
  const lineEnd = text.split('\n', 1)[0]?.endsWith('\r') ? '\r\n' : '\n';
  const parts = isSeparator(text, true) ? [message] : [Buffer.from(SEPARATOR + lineEnd), quoted(message)];
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
