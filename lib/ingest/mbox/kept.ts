/**
 * Mails that were read out of a mailbox on a server, one after the other, as one file (mboxrd). What the server said of each stands in a line of our own before its headers, so
 * that the file can be read anew, downloaded and uploaded again, and nothing of that is lost. The mail itself has no say in it: only the very first line counts.
 */
import { isRecord } from '#lib/core/values/stored.ts';
import { KEPT_FIELDS } from './fields.ts';
import { mboxMessage } from './write-back.ts';

const NAME = 'X-Countersign-Mail: ';

/** One of them, with what is known of it. */
export function keptMail({ about, bytes }: { about: Record<string, string>; bytes: Buffer }): Buffer {
  // ASCII, so that the character set of the mail says nothing of it.
  const said = JSON.stringify(about).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return mboxMessage(Buffer.concat([Buffer.from(`${NAME}${said}\r\n`), bytes]));
}

/** Whether a file that begins so was written by `keptMail`. */
export function beginsKept(text: string): boolean {
  const line = text.indexOf('\n');
  return line >= 0 && text.startsWith(NAME, line + 1);
}

/** A mail without our own line, and what that said. */
export function withoutKept(mail: Buffer): { bytes: Buffer; about: Record<string, string> } {
  if (mail.toString('latin1', 0, NAME.length) !== NAME) return { bytes: mail, about: {} };
  const end = mail.indexOf(10);
  const bytes = end < 0 ? mail.subarray(mail.length) : mail.subarray(end + 1);
  return { bytes, about: read(mail.toString('latin1', NAME.length, end < 0 ? undefined : end)) };
}

function read(json: string): Record<string, string> {
  try {
    const said: unknown = JSON.parse(json);
    if (!isRecord(said)) return {};
    return Object.fromEntries(Object.entries(said).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

/** In the order of KEPT_FIELDS. */
export function keptValues(about: Record<string, string>): string[] {
  return KEPT_FIELDS.map((name) => (Object.hasOwn(about, name) ? (about[name] ?? '') : ''));
}
