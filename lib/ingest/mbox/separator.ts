/** Which line that starts with "From " begins a message in a mailbox (RFC 4155), by its looks and by the lines after it. */

/** A separator is decided within this many bytes from its start. */
export const LOOK_BYTES = 2048;

/** The line that we begin a message with in a mailbox (RFC 4155), where it came without one. */
export const OWN_SEPARATOR = 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970';

/**
 * Whether what stands here begins a message. Body lines that start so are not quoted by every program, so one sign is not enough:
 *
 *     our own, which begins whatever came alone      blank line before   anything
 *     ends in a date as "Thu Aug 22 12:36:23 2002"   blank line before   a header, nothing, or one of mail's own headers soon
 *     has a date                                     in any case         a header, and one of mail's own soon
 *     "From x" alone                                 blank line before   a header
 *     "From -" or "From x@y" alone                   no blank line       nothing but headers, two of them mail's own
 *
 * @param text the line and what follows it, LOOK_BYTES of it or all there is; a byte a character.
 */
export function isSeparator(text: string, blankBefore: boolean): boolean {
  if (!text.startsWith('From ')) return false;
  const [first = '', ...after] = text.split('\n', LINES_LOOKED_AT + 1);
  const line = first.trimEnd();
  const next = after[0]?.trimEnd() ?? '';
  if (blankBefore && line === OWN_SEPARATOR) return true;
  const header = HEADER.test(next);
  if (blankBefore && DATED_AT_END.test(line)) {
    return header || next === '' || next.startsWith('>From ') || ownHeaders(after.slice(0, 4)) > 0;
  }
  if (isDated(line)) return header && ownHeaders(after) > 0;
  if (!header) return false;
  if (blankBefore) return /^From \S+(?: at \S+)?$/.test(line);
  return /^From (?:-|[^\s@]+@[^\s@]+|\S+ at \S+)$/.test(line) && ownHeaders(after, true) >= 2;
}

/** A cheap look before the rest: whether the line could be a separator, whatever follows. */
export function couldSeparate(line: string): boolean {
  return /\d:\d\d/.test(line) || /^From \S+(?: at \S+)?\s*$/.test(line);
}

/** A header field's name and colon (RFC 5322 2.2). */
export const HEADER = /^[!-9;-~]{1,100}[ \t]*:/;

const LINES_LOOKED_AT = 12;

const OWN_HEADERS = new Set(
  (
    'from to cc bcc date subject received return-path message-id mime-version delivered-to reply-to content-type sender in-reply-to references ' +
    'content-transfer-encoding content-disposition content-length envelope-to dkim-signature authentication-results received-spf arc-seal ' +
    'list-id list-unsubscribe list-post precedence status x-status x-mailer user-agent x-mozilla-status x-mozilla-status2 x-gm-thrid ' +
    'x-gmail-labels x-original-to x-received x-uidl x-keywords resent-from resent-date resent-to errors-to organization importance thread-index ' +
    'thread-topic'
  ).split(' '),
);

/** The name of a header of mail's own that the line is, lower case; null for any other line. */
export function ownHeader(line: string): string | null {
  if (!HEADER.test(line)) return null;
  const name = line.slice(0, line.indexOf(':')).trim().toLowerCase();
  return OWN_HEADERS.has(name) ? name : null;
}

/** How many of the lines up to the first blank one are headers of mail's own; none if `only` and another line stands between them. */
function ownHeaders(lines: readonly string[], only = false): number {
  let count = 0;
  for (const line of lines) {
    if (line.trimEnd() === '') break;
    if (ownHeader(line)) count++;
    else if (only && !HEADER.test(line) && !/^[ \t]/.test(line)) return 0;
  }
  return count;
}

function isDated(line: string): boolean {
  return DATED.every((part) => part.test(line));
}

/** Weekday, month, time and year, in any order; one after the other, so that no line can make them slow. */
const DATED = [
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/,
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/,
  /\d:\d\d/,
  /\b\d{4}\b/,
];
/** As asctime writes it, with a zone before or behind the year. */
const DATED_AT_END =
  /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: +[-+A-Z0-9]{1,6})? +\d{4}(?: +[-+A-Z0-9]{1,6})?(?: +remote from \S+)?$/;
