/** A mail taken apart for the person who looks at it: its headers as they were sent, its HTML, what hangs on it. */
import type { OpenedMail } from '#lib/ingest/port.ts';
import { type ReadBytes, transferDecoded, wordsDecoded } from './decode.ts';
import { drawLetter } from './letter.ts';
import { bytesOf, declaredIn, fileName, isText, type MailBytes, oneLine, textOf } from './message.ts';
import { type Message, type Part, readParts } from './parts.ts';
import { Undeclared } from './undeclared.ts';

/** @param charset what a person said that undeclared text is in */
export function openMail(mail: MailBytes, charset?: string): OpenedMail {
  const message = readParts(mail.bytes);
  const read = new Undeclared(charset).of(
    mail.line,
    () => bytesOf(message),
    () => declaredIn(message),
  );
  const lines = message.head.lines.filter(({ name }) => name !== '');
  const attached = message.parts.filter((part) => !isText(part));
  return {
    headers: lines.slice(0, HEADERS_MAX).map(({ name, value }) => ({
      name: named(name),
      value: oneLine(wordsDecoded(value.slice(0, HEADER_CHARS_MAX), read)) + (value.length > HEADER_CHARS_MAX ? '…' : ''),
    })),
    moreHeaders: Math.max(0, lines.length - HEADERS_MAX),
    ...htmlOf(mail, message, read),
    attachments: attached.slice(0, ATTACHMENTS_MAX).map((part) => attachmentOf(part, read)),
    moreAttachments: Math.max(0, attached.length - ATTACHMENTS_MAX),
  };
}

const HEADERS_MAX = 200;
const HEADER_CHARS_MAX = 4_000;
const ATTACHMENTS_MAX = 200;
/** Of all pictures that a mail brings for its own HTML. */
const PICTURES_BYTES_MAX = 2 * 1024 ** 2;

/** "list-unsubscribe", as it is kept, is List-Unsubscribe, as people know it. */
function named(name: string): string {
  return name
    .replace(/(?:^|-)\w/g, (letter) => letter.toUpperCase())
    .replace(/-(Id|Spf|Dkim)$/, (ending) => ending.toUpperCase());
}

function htmlOf(mail: MailBytes, { parts }: Message, read: ReadBytes): Pick<OpenedMail, 'html' | 'remote' | 'cut'> {
  const html = parts.filter((part) => isText(part) && part.type === 'text/html').map((part) => textOf(part, mail, read));
  if (html.length === 0) return { html: null, remote: 0, cut: false };
  let left = PICTURES_BYTES_MAX;
  return drawLetter(html.join('<hr>\n'), (id) => {
    const part = parts.find(({ head }) => idOf(head.first('content-id')) === id);
    if (!part || !PICTURE.test(part.type) || part.body.length > left) return null;
    left -= part.body.length;
    return `data:${part.type};base64,${transferDecoded(part.body, part.head.first('content-transfer-encoding')).toString('base64')}`;
  });
}

const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

function idOf(written: string): string {
  return written.trim().replace(/^<|>$/g, '');
}

function attachmentOf(part: Part, read: ReadBytes): OpenedMail['attachments'][number] {
  const name = oneLine(fileName(part, read)).slice(0, HEADER_CHARS_MAX);
  return { name, type: part.type, bytes: bytesIn(part) };
}

/** How many bytes an attachment has, without decoding it: four signs of base64 are three of them. */
function bytesIn({ head, body }: Part): number {
  if (!/^\s*base64\b/i.test(head.first('content-transfer-encoding'))) return body.length;
  let signs = 0;
  for (const byte of body) if (byte > 0x20 && byte !== 0x3d) signs += 1;
  return Math.floor((signs * 3) / 4);
}
