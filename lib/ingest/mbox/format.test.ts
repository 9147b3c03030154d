import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { RECORD_BYTES_MAX } from '#lib/core/limits.ts';
import type { Item, UnreadableRow } from '#lib/ingest/port.ts';
import { readBlocks } from '#lib/ingest/source.ts';
import { atSize } from '#test/size.ts';
import { MAIL_FIELDS } from './fields.ts';
import { splittingOf } from './flavour.ts';
import { mbox } from './format.ts';
import { MessageReader, type RawMessage } from './split.ts';
import { mboxMessage } from './write-back.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const SEPARATOR = 'From bo@example.org Thu Aug 22 12:36:23 2002';

type Mail = Record<(typeof MAIL_FIELDS)[number], string>;

async function read(
  file: Buffer | string,
  { chunk = 1 << 20, fileName = 'a.mbox' } = {},
): Promise<{ items: Item[]; unreadable: UnreadableRow[]; mails: Mail[] }> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const items: Item[] = [];
  const unreadable: UnreadableRow[] = [];
  for await (const segment of mbox.parse(source(), { fileName, now: NOW, said: {} })) {
    items.push(...segment.items);
    unreadable.push(...segment.unreadable);
  }
  const mails = items.map(
    ({ values }) => Object.fromEntries(MAIL_FIELDS.map((name, index) => [name, values[index] ?? ''])) as Mail,
  );
  return { items, unreadable, mails };
}

const one = async (lines: string[] | Buffer): Promise<Mail> => {
  const bytes = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join('\n'));
  const { mails, unreadable } = await read(bytes, { fileName: 'a.eml' });
  expect(unreadable).toEqual([]);
  expect(mails).toHaveLength(1);
  return mails[0] as Mail;
};

describe('where one message ends', () => {
  test.each<[string, string[], number]>([
    ['two messages', [SEPARATOR, 'Subject: a', '', 'text', '', SEPARATOR, 'Subject: b', '', 'text', ''], 2],
    ['a quoted line', [SEPARATOR, 'Subject: a', '', 'text', '', `>${SEPARATOR}`, 'Subject: b', ''], 1],
    ['a sentence in the body', [SEPARATOR, 'Subject: a', '', 'text', '', 'From time to time', 'it rains.', ''], 1],
    ['a sentence that names a header', [SEPARATOR, 'Subject: a', '', '', 'From the editor of', 'Note: this', ''], 1],
    ['no blank line, but a date and a header', [SEPARATOR, 'Subject: a', '', 'text', SEPARATOR, 'Subject: b', '', ''], 2],
    ['no blank line and no header', [SEPARATOR, 'Subject: a', '', 'text', SEPARATOR, 'and so on', ''], 1],
    ['a separator without a date', [SEPARATOR, 'Subject: a', '', 'text', '', 'From -', 'Subject: b', '', ''], 2],
    [
      'the date of a Takeout',
      [SEPARATOR, 'Subject: a', '', '', 'From 17@xxx Sat Jan 01 00:00:00 +0000 2022', 'Subject: b', '', ''],
      2,
    ],
    ['carriage returns', [`${SEPARATOR}\r`, 'Subject: a\r', '\r', 'text\r', '\r', `${SEPARATOR}\r`, 'Subject: b\r', '\r', ''], 2],
    ['blank lines before the first', ['', '', SEPARATOR, 'Subject: a', '', 'x', ''], 1],
  ])('%s', async (_, lines, count) => {
    const file = lines.join('\n');
    const { items } = await read(file);
    expect(items).toHaveLength(count);
    expect(items.map(({ raw }) => raw.toString()).join('')).toBe(file);
  });

  test('lines are counted from the start of the file', async () => {
    const { items } = await read([SEPARATOR, 'Subject: a', '', '', SEPARATOR, 'Subject: b', '', ''].join('\n'));
    expect(items.map(({ line }) => line)).toEqual([1, 5]);
  });

  test('a message that is too large is put aside without being kept', async () => {
    async function* source() {
      yield Buffer.from(`${SEPARATOR}\nSubject: big\n\n`);
      for (let sent = 0; sent <= RECORD_BYTES_MAX; sent += 1 << 20) yield Buffer.alloc(1 << 20, 'x'.repeat(127).concat('\n'));
      yield Buffer.from(`\n${SEPARATOR}\nSubject: small\n\nx\n`);
    }
    const reader = new MessageReader(splittingOf(null));
    const seen: { messages: RawMessage[]; unreadable: UnreadableRow[] } = { messages: [], unreadable: [] };
    for await (const { messages, unreadable } of readBlocks(source(), reader)) {
      seen.messages.push(...messages);
      seen.unreadable.push(...unreadable);
    }
    expect(seen.unreadable.map(({ reason }) => reason)).toEqual(['the message at line 1 is larger than 64 MB']);
    expect(seen.messages.map(({ raw }) => raw.toString())).toEqual([`${SEPARATOR}\nSubject: small\n\nx\n`]);
    expect(seen.messages[0]?.line).toBe(3 + ((RECORD_BYTES_MAX >> 20) + 1) * 8192 + 2);
  });

  test('where a block ends makes no difference', async () => {
    const part = fc.constantFrom(
      SEPARATOR,
      'From -',
      'From x',
      '>From y',
      'Subject: a',
      '',
      '',
      'text',
      'From x 2002',
      `${SEPARATOR}\r`,
      '\r',
      'a: b',
    );
    const split = async (file: Buffer, blockBytes: number) => {
      async function* source() {
        for (let at = 0; at < file.length; at += 3) yield file.subarray(at, at + 3);
      }
      const seen: { line: number; raw: string }[] = [];
      for await (const { messages } of readBlocks(source(), new MessageReader(splittingOf(null)), blockBytes)) {
        seen.push(...messages.map(({ line, raw }) => ({ line, raw: raw.toString() })));
      }
      expect(seen.map(({ raw }) => raw).join('')).toBe(file.toString());
      return seen;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), fc.integer({ min: 1, max: 100 }), async (lines, blockBytes) => {
        const file = Buffer.from(lines.join('\n'));
        expect(await split(file, blockBytes)).toEqual(await split(file, 1 << 20));
      }),
      { numRuns: atSize(100, 500) },
    );
  });

  test('what is written back as an mbox reads back as the same messages', async () => {
    const bodies = ['Subject: a\n\nFrom here\n>From there\n\nFrom - \n', `Subject: b\n\n${SEPARATOR}\nSubject: c\n\n`];
    const file = Buffer.concat(bodies.map((body) => mboxMessage(Buffer.from(body))));
    const { mails } = await read(file);
    expect(mails.map(({ subject }) => subject)).toEqual(['a', 'b']);
    expect(mails.map(({ text }) => text)).toEqual(['From here\n>From there\n\nFrom -', `${SEPARATOR}\nSubject: c`]);
  });
});

describe('the fields of a message', () => {
  test('addresses, subject and ids', async () => {
    const mail = await one([
      'From: =?utf-8?B?Sm9zw6k=?= <Jose@Example.ORG>',
      'To: a@x.org, "B, C" <b@y.org>, Team: c@z.org, d@z.org;',
      'Subject: =?iso-8859-1?Q?Gr=FC=DFe?=',
      '  aus Köln',
      'Message-ID: <1@example.org>',
      'List-Id: "The list" <list.example.org>',
      'Date: Thu, 22 Aug 2002 18:26:25 +0700',
      '',
      'Hello\n>From me',
    ]);
    expect(mail).toMatchObject({
      from: 'jose@example.org',
      fromDomain: 'example.org',
      to: 'a@x.org, b@y.org, c@z.org, d@z.org',
      subject: 'Grüße aus Köln',
      messageId: '1@example.org',
      listId: 'list.example.org',
      date: '2002-08-22T11:26:25.000Z',
      dateDoubtful: '',
      text: 'Hello\n>From me',
      attachments: '',
    });
  });

  test.each<[string, string[], string, string]>([
    ['none', [], '', 'no date'],
    ['nonsense', ['Date: yesterday'], '', "the date can't be read"],
    ['of the year 102', ['Date: Thu, 22 Aug 0102 12:07:35 +0800'], '0102-08-22T04:07:35.000Z', 'before 1990'],
    ['in three digits', ['Date: Thu, 22 Aug 102 12:00:00 +0000'], '2002-08-22T12:00:00.000Z', ''],
    ['next year', ['Date: Mon, 04 Oct 2027 12:05:01 +0000'], '2027-10-04T12:05:01.000Z', ''],
    ['after next year', ['Date: Wed, 04 Oct 2028 12:05:01 -0400'], '2028-10-04T16:05:01.000Z', 'in the future'],
    [
      'far from the last Received line',
      [
        'Received: from a by b; Mon, 2 Sep 2002 12:00:00 +0000',
        'Received: from c by a; Sun, 1 Sep 2002 12:00:00 +0000',
        'Date: Thu, 22 Aug 2002 12:00:00 +0000',
      ],
      '2002-08-22T12:00:00.000Z',
      '11 days off its last Received line',
    ],
    [
      'near it',
      ['Received: by b;\n\tThu, 29 Aug 2002 11:00:00 +0000 (GMT)', 'Date: Thu, 22 Aug 2002 12:00:00 +0000'],
      '2002-08-22T12:00:00.000Z',
      '',
    ],
    ['with a comment', ['Date: Thu,22 Aug 2002 12:00:5 +0200 (added by x)'], '2002-08-22T10:00:05.000Z', ''],
  ])('a date: %s', async (_, lines, date, dateDoubtful) => {
    expect(await one(['From: a@x.org', 'Subject: s', 'To: b@x.org', ...lines, '', 'text'])).toMatchObject({ date, dateDoubtful });
  });

  test('HTML alone becomes text', async () => {
    const mail = await one([
      'From: a@x.org',
      'Subject: s',
      'Content-Type: text/html',
      '',
      '<style>p{}</style><p>One <b>two</b></p><p>three &amp; 4</p>',
    ]);
    expect(mail.text).toBe('One two\n\nthree & 4');
  });

  test('the text part is taken before the HTML, and attachments are named', async () => {
    const part = (type: string, body: string, more: string[] = []) => ['--b', `Content-Type: ${type}`, ...more, '', body];
    const mail = await one([
      'From: a@x.org',
      'Subject: s',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...part('text/plain; charset=windows-1252', 'plain'),
      ...part('application/pdf', 'xx', ['Content-Disposition: attachment; filename="=?utf-8?Q?B=C3=A4r.pdf?="']),
      ...part('application/octet-stream', 'yy', ['Content-Disposition: attachment']),
      '--b--',
    ]);
    expect(mail).toMatchObject({ text: 'plain', attachments: 'Bär.pdf, application/octet-stream' });
  });

  test('a charset that is unknown, or not what it says, still gives text', async () => {
    const start = 'From: a@x.org\nSubject: s\nContent-Type: text/plain; charset=';
    expect((await one(Buffer.from(`${start}no-such-set\n\nhello`))).text).toBe('hello');
    expect((await one(Buffer.concat([Buffer.from(`${start}utf-8\n\n`), iconv.encode('Köln', 'latin1')]))).text).toMatch(/^K.ln$/);
  });

  test('NUL and broken characters are shown, and the bytes stay', async () => {
    const file = Buffer.concat([
      Buffer.from(`${SEPARATOR}\nSubject: a\0b\nFrom: x\xff@y\n\n`, 'latin1'),
      Buffer.from([0, 0xff, 0xfe, 10]),
    ]);
    const { items, mails } = await read(file);
    expect(mails[0]?.subject.includes('\0')).toBe(false);
    expect(items[0]?.raw).toEqual(file);
  });

  test('a separator with nothing behind it is an unreadable row', async () => {
    const { items, unreadable } = await read(`${SEPARATOR}\n\n${SEPARATOR}\nSubject: b\n\nx\n`);
    expect(items).toHaveLength(1);
    const raw = Buffer.from(`${SEPARATOR}\n\n`);
    expect(unreadable).toEqual([{ line: 1, reason: "the message at line 1 can't be read: it has no header", excerpt: raw, raw }]);
  });

  test('hostile bytes never throw', async () => {
    const piece = fc.constantFrom(
      ...[
        'From: ',
        'To: ',
        'Date: ',
        'Content-Type: multipart/mixed; boundary=b\n',
        'Content-Type: text/html\n',
        '--b\n',
        '--b--\n',
        '\n',
        '\n\n',
      ],
      ...[
        'Content-Transfer-Encoding: base64\n',
        '=?utf-8?B?////?=',
        '=?x',
        '<',
        '>',
        '@',
        ':',
        ';',
        ',',
        '"',
        '\0',
        '\xff\xfe',
        '\ud800',
        '{',
        '(',
        ' ',
      ],
      ...[SEPARATOR, 'Subject', '<a href="', 'From ', '\r\n', '\t'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const file = Buffer.from(`${SEPARATOR}\nSubject: x\n${pieces.join('')}`, 'latin1');
        const { items, unreadable } = await read(file, { chunk: 7 });
        expect(items.length + unreadable.length).toBeGreaterThan(0);
        expect(items.every(({ values }) => values.every((value) => value.isWellFormed() && !value.includes('\0')))).toBe(true);
      }),
      { numRuns: atSize(60, 300) },
    );
  });
});
