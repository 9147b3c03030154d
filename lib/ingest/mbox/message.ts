/** The fields of one mail. */
import { compile } from 'html-to-text';
import iconv from 'iconv-lite';
import libmime from 'libmime';
import { type EmailAddress, parseAddressHeader } from 'mailparser';
import { DAY_MS, readDate, TRUSTED_FROM_YEAR } from '#lib/core/values/dates.ts';
import { toVisible } from '#lib/ingest/visible.ts';
import { charsetDecoded, type ReadBytes, rawText, transferDecoded, wordsDecoded } from './decode.ts';
import { MAIL_FIELDS } from './fields.ts';
import { type Message, type Part, parameter, readParts } from './parts.ts';
import type { Undeclared } from './undeclared.ts';

/** Of a message's text this much is kept as a field; the original has the rest. */
const TEXT_CHARS_MAX = 20_000;
const HEADER_CHARS_MAX = 4_000;
/** HTML beyond this is not turned into text. */
const HTML_CHARS_MAX = 200_000;
/** Of the body of one part this much is decoded: more than any field keeps, in any encoding. */
const PART_BYTES_MAX = 4 * 1024 ** 2;
const SAMPLE_BYTES = 64 * 1024;
const RECEIVED_APART_DAYS_MAX = 7;

/** How a mail stands in its file. */
export type MailBytes = {
  /** without the mailbox's own line before it */
  bytes: Buffer;
  line: number;
  /** Takes back what the mailbox did to a line of its text that starts with "From ". */
  unquoted: (body: Buffer) => Buffer;
};

/**
 * The fields of one message (RFC 5322), in the order of MAIL_FIELDS, escaped for the store. Its work is bounded by what is kept of it, not by its
 * size.
 * @throws a message without any header line.
 */
export function readMessage(mail: MailBytes, undeclared: Undeclared, now: Date): string[] {
  const message = readParts(mail.bytes);
  const { head } = message;
  if (!head.lines.some(({ name }) => name !== '')) throw new Error('it has no header');
  const read = undeclared.of(
    mail.line,
    () => bytesOf(message),
    () => declaredIn(message),
  );
  const text = (name: string) => cut(printable(oneLine(wordsDecoded(head.first(name), read))), HEADER_CHARS_MAX);
  const addresses = (name: string) => addressesIn(head.all(name).map((value) => oneLine(rawText(value, read))));
  const from = (addresses('from')[0] ?? text('from')).toLowerCase();
  const { date, doubtful } = dateOf(message, now);
  const values = [
    from,
    domainOf(from),
    addresses('to').join(', '),
    date,
    doubtful,
    text('subject'),
    messageIdOf(text('message-id')),
    listIdOf(text('list-id')),
    cut(printable(bodyText(mail, message, read)), TEXT_CHARS_MAX),
    printable(attachmentNames(message, read)),
    addresses('cc').join(', '),
    addresses('reply-to').join(', ').toLowerCase(),
    labelsOf(text('x-gmail-labels')),
    threadOf(message, text),
    unsubscribeOf(text('list-unsubscribe')),
    idsIn(text('in-reply-to'))[0] ?? '',
    String(mail.bytes.length),
  ];
  return values.map((value, index) => toVisible(MAIL_FIELDS[index] === 'text' ? value : cut(value, HEADER_CHARS_MAX)));
}

/** Where the text stands of which a mail may declare no character set: its headers, and its texts. */
export function bytesOf({ head, parts }: Message): Buffer[] {
  const texts = parts.filter(({ type }) => type.startsWith('text/'));
  return [
    head.bytes,
    ...parts.map((part) => part.head.bytes),
    ...texts.map((part) => transferDecoded(part.body.subarray(0, SAMPLE_BYTES), part.head.first('content-transfer-encoding'))),
  ];
}

export function declaredIn({ head, parts }: Message): string[] {
  const ofWords = [...head.first('subject').matchAll(/=\?([\w.:-]+)\?[qb]\?/gi)].map(([, charset = '']) => charset);
  return [...parts.map(({ charset }) => charset), ...ofWords].filter((charset) => charset !== '');
}

/** Every address of a header, bare; of a list that hides them from collectors ("bob at example.org"), as they were. */
function addressesIn(values: readonly string[]): string[] {
  const found = bare(values);
  if (found.length > 0) return found;
  const shown = values.map((value) => value.split(',').map(withSign).join(','));
  return shown.some((value, index) => value !== values[index]) ? bare(shown) : [];
}

function bare(values: readonly string[]): string[] {
  if (!values.some((value) => value.includes('@'))) return [];
  return parseAddressHeader([...values]).value.flatMap(flat);
}

/** "bob at example.org (Bob)", as Mailman and Pipermail write it. */
function withSign(entry: string): string {
  return entry.replace(
    /^( ?"?[\w.!#$%&'*+/=?^`{|}~-]{1,64})(?: at | ?\[at\] ?| ?\(at\) ?)([\w-]+(?:(?:\.| dot | ?\[dot\] ?| ?\(dot\) ?)[\w-]+)+)(?="? ?(?:$|\(|<))/i,
    (_, local: string, domain: string) => `${local}@${domain.replace(/ dot | ?\[dot\] ?| ?\(dot\) ?/gi, '.')}`,
  );
}

function flat(address: EmailAddress): string[] {
  if (address.group) return address.group.flatMap(flat);
  return address.address ? [address.address] : [];
}

function domainOf(from: string): string {
  const at = from.lastIndexOf('@');
  const domain = at === -1 ? '' : from.slice(at + 1).trim();
  return /^[^\s<>@,]+$/.test(domain) ? domain : '';
}

/** What Gmail's Takeout says, one after the other; one with a comma in it stays in its quotes. */
function labelsOf(written: string): string {
  return [...written.matchAll(/(?:"[^"]*"|[^",])+/g)]
    .map(([label]) => label.trim())
    .filter((label) => label !== '')
    .join(', ');
}

/**
 * What the mails of one conversation have in common: Gmail's own number, else the first mail it goes back to, which is the mail itself where it
 * begins one. Outlook's index stands for the first mail only where nothing names one, for a mail that begins a conversation has both.
 */
function threadOf({ head }: Message, text: (name: string) => string): string {
  const gmail = text('x-gm-thrid');
  if (gmail !== '') return gmail;
  const first = idsIn(text('references'))[0] ?? idsIn(text('in-reply-to'))[0];
  if (first) return first;
  const index = Buffer.from(head.first('thread-index'), 'base64');
  const own = messageIdOf(text('message-id'));
  const answers = index.length > THREAD_INDEX_BYTES;
  return answers || (own === '' && index.length === THREAD_INDEX_BYTES) ? index.toString('hex', 0, THREAD_INDEX_BYTES) : own;
}

/** The header block of Outlook's Thread-Index; each answer adds five bytes. */
const THREAD_INDEX_BYTES = 22;

/** The web address if there is one (RFC 2369), else the first of any kind. */
function unsubscribeOf(written: string): string {
  const addresses = [...written.matchAll(/<([^<>]*)>/g)].map(([, address = '']) => address.replaceAll(' ', ''));
  return addresses.find((address) => /^https?:/i.test(address)) ?? addresses[0] ?? written;
}

/** Without its brackets, and without what programs add behind them. */
function messageIdOf(written: string): string {
  return /^<([^<>]+)>/.exec(written)?.[1]?.trim() ?? written.replace(/^<|>$/g, '').trim();
}

/** Ids without their brackets. Programs add words behind them. */
function idsIn(written: string): string[] {
  const ids = [...written.matchAll(/<([^<>]+)>/g)].map(([, id = '']) => id.trim());
  if (ids.length > 0) return ids;
  const whole = written.replace(/^<|>$/g, '').trim();
  return whole === '' ? [] : [whole];
}

/** "Name of the list <id.example.org>" is id.example.org (RFC 2919). */
function listIdOf(written: string): string {
  const bracket = /<([^<>]*)>/.exec(written);
  return (bracket?.[1] ?? written).trim();
}

/**
 * The Date header as ISO 8601 in UTC, and why it can't be trusted. It is read here and not by mailparser, which answers with the
 * present time when it can't read one. The last Received line is the topmost: the one of the recipient's own server.
 */
function dateOf({ head }: Message, now: Date): { date: string; doubtful: string } {
  const written = oneLine(head.first('date'));
  if (written === '') return { date: '', doubtful: 'no date' };
  const at = instantOf(written);
  if (at === null || at < ISO_MIN || at > ISO_MAX) return { date: '', doubtful: "the date can't be read" };
  const date = new Date(at).toISOString();
  const year = new Date(at).getUTCFullYear();
  if (year < TRUSTED_FROM_YEAR) return { date, doubtful: `before ${TRUSTED_FROM_YEAR}` };
  if (year > now.getUTCFullYear() + 1) return { date, doubtful: 'in the future' };
  const received = receivedAt(head.all('received'));
  const apart = received === null ? 0 : Math.abs(at - received) / DAY_MS;
  if (apart > RECEIVED_APART_DAYS_MAX) return { date, doubtful: `${Math.round(apart)} days off its last Received line` };
  return { date, doubtful: '' };
}

// Years 0000 to 9999, which ISO 8601 writes with four digits.
const ISO_MIN = Date.UTC(2000, 0) - 730_485 * DAY_MS;
const ISO_MAX = Date.UTC(9999, 11, 31, 23, 59, 59);

function receivedAt(lines: readonly string[]): number | null {
  for (const line of lines) {
    const at = instantOf(oneLine(line.slice(line.lastIndexOf(';') + 1)));
    if (at !== null) return at;
  }
  return null;
}

/** @param written one line, without runs of blanks */
function instantOf(written: string): number | null {
  // Comments, and anything that programs put behind the zone.
  const bare = written
    .replace(/ ?\([^()]*\)/g, '')
    .replace(/^([A-Za-z]{3}),(?=\d)/, '$1, ')
    .replace(/:(\d)(?!\d)/g, ':0$1')
    .trim();
  const read = readDate(bare) ?? readDate(bare.replace(/([+-]\d{4}|[A-Z]{3,4})\s.*$/, '$1'));
  if (!read || read.kind === 'either') return null;
  return read.ms;
}

/** The texts of a mail one after the other, or its HTML as text where it has none. */
function bodyText(mail: MailBytes, { parts }: Message, read: ReadBytes): string {
  const texts: string[] = [];
  let chars = 0;
  let plain = false;
  for (const part of parts) {
    if (chars > 2 * TEXT_CHARS_MAX) break;
    if (!isText(part)) continue;
    if (part.type === 'text/html') {
      if (plain && !part.alternative) texts.push('');
      continue;
    }
    const text = heading(part, read) + textOf(part, mail, read);
    if (texts.length > 0 || text.trim() !== '') texts.push(text);
    chars += text.length;
    plain = true;
  }
  const text = texts.join('\n').trimStart();
  // Twice what is kept, for every line may end in two characters.
  if (text.length > 2 * TEXT_CHARS_MAX) return text.slice(0, 2 * TEXT_CHARS_MAX);
  if (text.trim() !== '') return text.trim();
  const html = parts.filter((part) => isText(part) && part.type === 'text/html').map((part) => textOf(part, mail, read));
  return htmlToText(html.join('<br/>\n').slice(0, HTML_CHARS_MAX)).trim();
}

/** What a message within the mail says of itself, above its text. */
function heading({ begins }: Part, read: ReadBytes): string {
  if (!begins) return '';
  const lines = ['From', 'Subject', 'Date', 'To', 'Cc']
    .map((name) => [name, oneLine(wordsDecoded(begins.first(name.toLowerCase()), read))] as const)
    .filter(([, value]) => value !== '');
  return `\n${lines.map(([name, value]) => `${name}: ${value}\n`).join('')}\n`;
}

const SHOWN = new Set(['text/plain', 'text/html', 'message/delivery-status']);

/** Whether it is read as the mail's own words. A text that is only to be shown may have a name beside. */
export function isText({ type, disposition }: Part): boolean {
  return SHOWN.has(type) && (disposition === '' || disposition === 'inline');
}

export function textOf(part: Part, { unquoted }: MailBytes, read: ReadBytes): string {
  const body = unquoted(part.body.subarray(0, PART_BYTES_MAX));
  const bytes = transferDecoded(body, part.head.first('content-transfer-encoding'));
  const text = charsetDecoded(bytes, part.charset, read).replaceAll('\r\n', '\n').replaceAll('\r\n', '\n');
  return part.flowed ? libmime.decodeFlowed(text, part.delSp) : text;
}

const htmlToText = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
  limits: { maxInputLength: HTML_CHARS_MAX, maxDepth: 100, maxChildNodes: 5_000 },
});

/** Of attachments, and of texts that have a name; what has none is told by its type. */
function attachmentNames({ parts }: Message, read: ReadBytes): string {
  return parts
    .map((part) => oneLine(fileName(part, read)) || (isText(part) ? '' : part.type))
    .filter((name) => name !== '')
    .join(', ');
}

export function fileName({ head }: Part, read: ReadBytes): string {
  for (const [header, name] of NAMED_IN) {
    const value = head.first(header);
    const found = /name/i.test(value) ? parameter(rawText(value, read), name) : null;
    if (found?.decoded) return found.text;
    // It is text already; what is left are its encoded words.
    if (found) return wordsDecoded(Buffer.from(found.text).toString('latin1'), (bytes) => bytes.toString('utf8'));
  }
  return '';
}

const NAMED_IN = [
  ['content-disposition', 'filename'],
  ['content-type', 'name'],
] as const;

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The C1 controls mean nothing in a text: where they stand, windows-1252 was called ISO-8859-1 or Unicode. */
function printable(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => iconv.decode(Buffer.from(control, 'latin1'), 'windows-1252'));
}

/** At most so many UTF-16 units, never half a character. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax);
}
