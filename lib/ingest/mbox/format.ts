import { UNREADABLE_EXCERPT_BYTES } from '#lib/core/limits.ts';
import type { Dialect, Format, Item, ParseOptions, Segment, UnreadableRow } from '#lib/ingest/port.ts';
import { peek, readBlocks } from '#lib/ingest/source.ts';
import { draftForMail } from './draft.ts';
import { MAIL_FIELDS, MAIL_LABELS, readMessage } from './message.ts';
import { afterBlanks, HEADER, isSeparator, MessageReader, type RawMessage } from './split.ts';
import { mboxMessage } from './write-back.ts';

/** Mail: a mailbox of many messages, or a file that is one. */
export const mbox: Format = {
  name: 'mbox',
  noun: 'mails',
  title: 'a mailbox (mbox) or a mail (eml)',
  file: 'a mailbox (mbox)',
  endings: ['.mbox', '.mbx', '.eml'],
  contentType: 'application/mbox',
  textField: 'text',
  fieldLabels: MAIL_LABELS,
  sniff(head) {
    const text = textAtStart(head);
    if (startsWithSeparator(text)) return 1;
    return startsWithMailHeader(text) ? 0.96 : null;
  },
  parse: parseMbox,
  writeBack: () => ({ head: Buffer.alloc(0), write: mboxMessage }),
  draft: draftForMail,
};

async function* parseMbox(source: AsyncIterable<Buffer>, options: ParseOptions): AsyncGenerator<Segment> {
  const { head, whole } = await peek(source);
  const separated = startsWithSeparator(textAtStart(head));
  const single = !separated && options.fileName.toLowerCase().endsWith('.eml');
  const dialect: Dialect = { kind: separated ? 'mbox' : single ? 'one message' : 'mbox without its first separator' };
  for await (const { messages, unreadable } of readBlocks(whole, new MessageReader(!single))) {
    const items: Item[] = [];
    for (const message of messages) {
      const result = await readOne(message, options.now);
      if ('values' in result) items.push(result);
      else unreadable.push(result);
    }
    yield { fields: MAIL_FIELDS, items, unreadable, dialect, layout: {} };
  }
}

async function readOne(message: RawMessage, now: Date): Promise<Item | UnreadableRow> {
  const { line, raw } = message;
  try {
    return { line, values: await readMessage(withoutQuoting(raw), now), raw, plain: false };
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

/** The message as it was before it was put in a mailbox: no separator, and one ">" less before each "From " (mboxrd). */
function withoutQuoting(raw: Buffer): Buffer {
  const start = afterBlanks(raw, 0);
  if (raw.toString('latin1', start, start + 5) !== 'From ') return raw.subarray(start);
  const eol = raw.indexOf(10, start);
  const message = eol === -1 ? raw.subarray(raw.length) : raw.subarray(eol + 1);
  if (!message.includes('>From ')) return message;
  return Buffer.from(message.toString('latin1', 0, message.length).replace(/^>(>*From )/gm, '$1'), 'latin1');
}

function textAtStart(head: Buffer): string {
  return head.toString('latin1', 0, Math.min(head.length, 16_384)).replace(/^(?:\xef\xbb\xbf)?[\r\n]*/, '');
}

function startsWithSeparator(text: string): boolean {
  const [line = '', next = ''] = text.split('\n', 2);
  return isSeparator(line.trimEnd(), next, true);
}

const MAIL_HEADERS = new Set([
  'from',
  'to',
  'date',
  'subject',
  'received',
  'return-path',
  'message-id',
  'mime-version',
  'delivered-to',
  'reply-to',
  'content-type',
  'sender',
]);

/** A block of header lines of which at least two are mail's own. */
function startsWithMailHeader(text: string): boolean {
  const known = new Set<string>();
  for (const line of text.split(/\r?\n/, 200)) {
    if (line === '' || known.size >= 3) break;
    if (/^[ \t]/.test(line)) continue;
    if (!HEADER.test(line)) return false;
    const name = line.slice(0, line.indexOf(':')).trim().toLowerCase();
    if (MAIL_HEADERS.has(name)) known.add(name);
  }
  return known.size >= 2;
}
