import { UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import type { Layout } from '#lib/core/values/layout.ts';
import { CHARSETS } from '#lib/ingest/csv/charset.ts';
import type { Dialect, Format, Item, ParseOptions, Segment, UnreadableRow } from '#lib/ingest/port.ts';
import { peek, readBlocks } from '#lib/ingest/source.ts';
import { toVisible } from '#lib/ingest/visible.ts';
import { draftForMail } from './draft.ts';
import { KEPT_FIELDS, MAIL_FIELDS, MAIL_LABELS } from './fields.ts';
import { Flavours, type Quoting, quotingOf, splittingOf, unquoted } from './flavour.ts';
import { beginsKept, keptMail, keptValues, withoutKept } from './kept.ts';
import type { MailBytes } from './message.ts';
import { HEADER, isSeparator, LOOK_BYTES, ownHeader } from './separator.ts';
import { afterBlanks, MessageReader, type RawMessage } from './split.ts';
import { Undeclared } from './undeclared.ts';
import { mboxMessage } from './write-back.ts';

/** Mail: a mailbox of many messages, or a file that is one. */
export const mbox: Format = {
  name: 'mbox',
  noun: 'mails',
  title: 'a mailbox (mbox) or a mail (eml)',
  file: 'a mailbox (mbox)',
  endings: ['.mbox', '.mbx', '.eml'],
  charsets: CHARSETS,
  contentType: 'application/mbox',
  textField: 'text',
  fieldLabels: MAIL_LABELS,
  sniff(head, fileName) {
    const text = textAtStart(head);
    if (startsWithSeparator(text)) return 1;
    return startsWithMailHeader(text, fileName) ? 0.96 : null;
  },
  parse: parseMbox,
  writeBack: () => ({ head: Buffer.alloc(0), write: mboxMessage }),
  collects: { contentType: 'message/rfc822', write: keptMail },
  draft: draftForMail,
  drawn: { as: 'mail', first: ['from', 'to', 'cc', 'date', 'subject'] },
  async open(raw, { flavour, charset }) {
    const { openMail } = await import('./opened.ts');
    const quoting = quotingOf(flavour?.value ?? 'mboxrd');
    const said = charset?.by === 'person' ? charset.value : undefined;
    return openMail(
      { bytes: withoutKept(withoutSeparator(raw)).bytes, line: 1, unquoted: (body) => unquoted(body, quoting) },
      said,
    );
  },
};

async function* parseMbox(source: AsyncIterable<Buffer>, { fileName, now, said }: ParseOptions): AsyncGenerator<Segment> {
  // Loaded with the first file of mail: most processes need no more than the names of the format and its fields.
  const { readMessage } = await import('./message.ts');
  const { head, whole } = await peek(source);
  const start = textAtStart(head);
  const separated = startsWithSeparator(start);
  const kept = separated && beginsKept(start);
  const single = !separated && isMailByName(fileName);
  const flavour = said.flavour ?? (single ? 'one mail' : kept ? 'mboxrd' : null);
  const flavours = new Flavours(flavour, said.flavour !== undefined);
  const undeclared = new Undeclared(said.charset);
  const read: Read = (mail) => {
    if (!kept) return readMessage(mail, undeclared, now);
    const { bytes, about } = withoutKept(mail.bytes);
    const values = readMessage({ ...mail, bytes }, undeclared, now);
    // Of a mail that was too large only the headers came.
    if (about.size !== undefined) values[MAIL_FIELDS.indexOf('size')] = about.size;
    return [...values, ...keptValues(about).map(toVisible)];
  };
  const fields: readonly string[] = kept ? [...MAIL_FIELDS, ...KEPT_FIELDS] : MAIL_FIELDS;
  const dialect: Dialect = { kind: separated ? 'mbox' : single ? 'one message' : 'mbox without its first separator' };
  for await (const { messages, unreadable } of readBlocks(whole, new MessageReader(splittingOf(flavour)))) {
    const items: Item[] = [];
    for (const message of messages) {
      const result = readOne(message, flavours.of(message), read);
      if ('values' in result) items.push(result);
      else unreadable.push(result);
    }
    const charset = undeclared.guess();
    const { misread } = flavours;
    const layout: Layout = { flavour: flavours.guess(), ...(charset ? { charset } : {}), ...(misread > 0 ? { misread } : {}) };
    yield { fields, items, unreadable, dialect, layout };
  }
}

type Read = (mail: MailBytes) => string[];

function readOne(message: RawMessage, quoting: Quoting, read: Read): Item | UnreadableRow {
  const { line, raw } = message;
  try {
    const mail = { bytes: withoutSeparator(raw), line, unquoted: (body: Buffer) => unquoted(body, quoting) };
    return { line, values: read(mail), raw, plain: false };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      line,
      reason: `the message at line ${line} can't be read: ${why}`,
      excerpt: Buffer.from(raw.subarray(0, UNREADABLE_EXCERPT_BYTES)),
      raw,
    };
  }
}

/** The message without what the mailbox put around it: its separator, and the blank line before the next. */
function withoutSeparator(raw: Buffer): Buffer {
  const start = afterBlanks(raw, 0);
  if (raw.toString('latin1', start, start + 5) !== 'From ') return raw.subarray(start);
  const eol = raw.indexOf(10, start);
  const message = eol === -1 ? raw.subarray(raw.length) : raw.subarray(eol + 1);
  const ending = message.toString('latin1', Math.max(0, message.length - 4));
  return message.subarray(0, message.length - (ending.endsWith('\n\r\n') ? 2 : ending.endsWith('\n\n') ? 1 : 0));
}

function textAtStart(head: Buffer): string {
  return head.toString('latin1', 0, Math.min(head.length, 16_384)).replace(/^(?:\xef\xbb\xbf)?[\r\n]*/, '');
}

function startsWithSeparator(text: string): boolean {
  return isSeparator(text.slice(0, LOOK_BYTES), true);
}

function isMailByName(fileName: string): boolean {
  return fileName.toLowerCase().endsWith('.eml');
}

/** A block of header lines of which at least so many are mail's own; where the file's name says that it is a mail, any header will do. */
function startsWithMailHeader(text: string, fileName: string): boolean {
  const known = new Set<string>();
  let headers = 0;
  for (const line of text.split(/\r?\n/, 200)) {
    if (line === '' || known.size >= 3) break;
    if (headers > 0 && /^[ \t]/.test(line)) continue;
    if (!HEADER.test(line)) return false;
    headers++;
    const name = ownHeader(line);
    if (name) known.add(name);
  }
  return known.size >= (isMailByName(fileName) ? 0 : 2) && headers > 0;
}
