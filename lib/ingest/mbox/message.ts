import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { compile } from 'html-to-text';
import { type AddressObject, type EmailAddress, type ParsedMail, simpleParser } from 'mailparser';
import { DAY_MS, readDate, TRUSTED_FROM_YEAR } from '#lib/core/values/dates.ts';
import { toVisible } from '#lib/ingest/visible.ts';

export const MAIL_FIELDS = [
  'from',
  'fromDomain',
  'to',
  'date',
  'dateDoubtful',
  'subject',
  'messageId',
  'listId',
  'text',
  'attachments',
] as const;

/** Their names for people. */
export const MAIL_LABELS: Readonly<Record<(typeof MAIL_FIELDS)[number], string>> = {
  from: 'From',
  fromDomain: 'Sender’s domain',
  to: 'To',
  date: 'Date',
  dateDoubtful: 'Doubtful date',
  subject: 'Subject',
  messageId: 'Message-ID',
  listId: 'List',
  text: 'Text',
  attachments: 'Attachments',
};

/** Of a message's text this much is kept as a field; the original has the rest. */
const TEXT_CHARS_MAX = 20_000;
const HEADER_CHARS_MAX = 4_000;
/** HTML beyond this is not turned into text. */
const HTML_CHARS_MAX = 200_000;
const RECEIVED_APART_DAYS_MAX = 7;

/**
 * The fields of one message (RFC 5322), in the order of MAIL_FIELDS, escaped for the store.
 * @param bytes the message without its "From " line, and with ">From " unquoted.
 * @throws what mailparser throws; a message without any header line throws too.
 */
export async function readMessage(bytes: Buffer, now: Date): Promise<string[]> {
  const mail = await simpleParser(bytes.length > PIECE_BYTES ? Readable.from(inPieces(bytes)) : bytes, {
    skipHtmlToText: true,
    skipImageLinks: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    checksumAlgo: false,
  });
  if (!mail.headerLines?.some(({ line }) => line.includes(':'))) throw new Error('it has no header');
  const from = sender(mail);
  const { date, doubtful } = dateOf(mail, now);
  const values = [
    from,
    domainOf(from),
    recipients(mail),
    date,
    doubtful,
    cut(oneLine(textOf(mail.headers.get('subject'))), HEADER_CHARS_MAX),
    cut(bracketed(textOf(mail.headers.get('message-id'))), HEADER_CHARS_MAX),
    listIdOf(mail),
    cut(bodyText(mail), TEXT_CHARS_MAX),
    cut(attachmentNames(mail), HEADER_CHARS_MAX),
  ];
  return values.map(toVisible);
}

/** A message of tens of megabytes is decoded bit by bit, so that others have their turn in between. */
const PIECE_BYTES = 1024 ** 2;

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield bytes.subarray(at, at + PIECE_BYTES);
    await setImmediate();
  }
}

/** The From address in lower case; where there is none, what stands there, for people to judge. */
function sender(mail: ParsedMail): string {
  const first = addresses(mail.headers.get('from'))[0];
  return cut(first ? first.toLowerCase() : oneLine(rawHeader(mail, 'from')), HEADER_CHARS_MAX);
}

function recipients(mail: ParsedMail): string {
  return cut(addresses(mail.headers.get('to')).join(', '), HEADER_CHARS_MAX);
}

function addresses(header: unknown): string[] {
  const objects = (Array.isArray(header) ? header : [header]) as (AddressObject | undefined)[];
  return objects
    .flatMap((object) => (object && typeof object === 'object' && Array.isArray(object.value) ? object.value : []))
    .flatMap(flat);
}

function flat(address: EmailAddress): string[] {
  if (address.group) return address.group.flatMap(flat);
  return address.address ? [address.address] : [];
}

function domainOf(from: string): string {
  const at = from.lastIndexOf('@');
  const domain = at === -1 ? '' : from.slice(at + 1).trim();
  return /^[^\s<>@,]+$/.test(domain) ? domain.toLowerCase() : '';
}

/**
 * The Date header as ISO 8601 in UTC, and why it can't be trusted. It is read here and not by mailparser, which answers with the
 * present time when it can't read one. The last Received line is the topmost: the one of the recipient's own server.
 */
function dateOf(mail: ParsedMail, now: Date): { date: string; doubtful: string } {
  const written = oneLine(rawHeader(mail, 'date'));
  if (written === '') return { date: '', doubtful: 'no date' };
  const at = instantOf(written);
  if (at === null || at < ISO_MIN || at > ISO_MAX) return { date: '', doubtful: "the date can't be read" };
  const date = new Date(at).toISOString();
  const year = new Date(at).getUTCFullYear();
  if (year < TRUSTED_FROM_YEAR) return { date, doubtful: `before ${TRUSTED_FROM_YEAR}` };
  if (year > now.getUTCFullYear() + 1) return { date, doubtful: 'in the future' };
  const received = receivedAt(mail);
  const apart = received === null ? 0 : Math.abs(at - received) / DAY_MS;
  if (apart > RECEIVED_APART_DAYS_MAX) return { date, doubtful: `${Math.round(apart)} days off its last Received line` };
  return { date, doubtful: '' };
}

// Years 0000 to 9999, which ISO 8601 writes with four digits.
const ISO_MIN = Date.UTC(2000, 0) - 730_485 * DAY_MS;
const ISO_MAX = Date.UTC(9999, 11, 31, 23, 59, 59);

function receivedAt(mail: ParsedMail): number | null {
  for (const { key, line } of mail.headerLines) {
    if (key !== 'received') continue;
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

function rawHeader(mail: ParsedMail, name: string): string {
  const found = mail.headerLines.find(({ key }) => key === name);
  return found ? found.line.slice(found.line.indexOf(':') + 1) : '';
}

/** "Name of the list <id.example.org>" is id.example.org (RFC 2919). */
function listIdOf(mail: ParsedMail): string {
  const written = oneLine(rawHeader(mail, 'list-id'));
  const bracket = /<([^<>]*)>/.exec(written);
  return cut((bracket?.[1] ?? written).trim(), HEADER_CHARS_MAX);
}

function bracketed(messageId: string): string {
  return oneLine(messageId).replace(/^<(.*)>$/, '$1');
}

function bodyText(mail: ParsedMail): string {
  const plain = (mail.text ?? '').trimStart();
  // Twice what is kept, for every line may end in two characters; of tens of megabytes the rest is not gone through.
  if (plain.length > 2 * TEXT_CHARS_MAX) return plain.slice(0, 2 * TEXT_CHARS_MAX).replaceAll('\r\n', '\n');
  if (plain !== '' || typeof mail.html !== 'string') return plain.replaceAll('\r\n', '\n').trim();
  return htmlToText(mail.html.slice(0, HTML_CHARS_MAX)).trim();
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

function attachmentNames(mail: ParsedMail): string {
  return mail.attachments.map(({ filename, contentType }) => oneLine(filename ?? '') || contentType).join(', ');
}

function textOf(header: unknown): string {
  if (Array.isArray(header)) return textOf(header[0]);
  return typeof header === 'string' ? header : '';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** At most so many UTF-16 units, never half a character. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax);
}
