/** Mailboxes that other programs read wrongly: the files of test/cases, and more of each kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import type { Layout, LayoutSaid } from '#lib/core/values/layout.ts';
import { detectFormat } from '#lib/ingest/registry.ts';
import { atSize } from '#test/size.ts';
import { MAIL_FIELDS } from './fields.ts';
import type { Flavour } from './flavour.ts';
import { mbox } from './format.ts';

type Mail = Record<(typeof MAIL_FIELDS)[number], string>;
type Read = { mails: Mail[]; raws: string[]; layout: Layout; unreadable: number };

const NOW = new Date('2026-11-24T12:00:00Z');
const DATED = 'From a@x.org Mon Jan  5 10:00:00 2026';
const OWN = 'From: a@x.org\nTo: b@x.org\nDate: Mon, 05 Jan 2026 10:00:00 +0000\n';

async function read(
  file: Buffer | string,
  { said = {}, fileName = 'a.mbox', chunk = 1 << 20 }: Partial<Options> = {},
): Promise<Read> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  async function* source() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const out: Read = { mails: [], raws: [], layout: {}, unreadable: 0 };
  for await (const { items, unreadable, layout } of mbox.parse(source(), { fileName, now: NOW, said })) {
    out.layout = layout;
    out.unreadable += unreadable.length;
    for (const { values, raw } of items) {
      out.mails.push(Object.fromEntries(MAIL_FIELDS.map((name, index) => [name, values[index]])) as Mail);
      out.raws.push(raw.toString('latin1'));
    }
  }
  // What was cut is the file, whatever was cut.
  if (out.unreadable === 0) expect(out.raws.join('')).toBe(bytes.toString('latin1'));
  return out;
}

type Options = { said: LayoutSaid; fileName: string; chunk: number };

function caseOf(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, '../../../test/cases', name));
}

const subjects = ({ mails }: Read) => mails.map(({ subject }) => subject);

describe('where a mail ends', () => {
  const mail = (subject: string, text = 'hello', more = '') => `${OWN}Subject: ${subject}\n${more}\n${text}\n`;

  test('30: separators without a date and without a blank line before them', async () => {
    const { mails } = await read(caseOf('30-mbox-undated-from-no-blank.mbox'));
    expect(mails.map(({ subject, text }) => [subject, text])).toEqual([
      ['one', 'hello'],
      ['two', 'hello'],
    ]);
  });

  test('32: what a Content-Length spans is one mail, whatever looks like a separator in it', async () => {
    const found = await read(caseOf('32-mboxcl2-content-length.mbox'));
    expect(found.mails.map(({ subject, text }) => [subject, text])).toEqual([
      ['one', 'Hi\n\nFrom bob Tue Jan  6 09:00:00 2026\nSubject: not a mail\n\nbye'],
      ['two', 'hello'],
    ]);
    expect(found.layout.flavour).toMatchObject({ value: 'mboxcl2', sure: 1, by: 'guess', for: [10], others: [] });
  });

  test('mails that were read by another flavour than the file turned out to have are told and asked about', async () => {
    const sized = (subject: string, text: string) => `${DATED}\n${mail(subject, text, `Content-Length: ${text.length + 1}\n`)}\n`;
    const file = sized('one', '>From me') + sized('two', `Hi\n\n${DATED}\nSubject: none\n\nbye`) + sized('three', '>From me');
    const { mails, layout } = await read(file);
    expect(mails.map(({ text }) => text.split('\n')[0])).toEqual(['From me', 'Hi', '>From me']);
    expect(layout).toMatchObject({
      flavour: { value: 'mboxcl2', sure: 0.7, against: [1], others: [{ value: 'mboxcl' }] },
      misread: 1,
    });
    const said = await read(file, { said: { flavour: 'mboxcl2' } });
    expect(said.mails.map(({ text }) => text.split('\n')[0])).toEqual(['>From me', 'Hi', '>From me']);
  });

  test.each<[string, string, string[]]>([
    ['an address alone, no blank line', `From a@x.org\n${mail('one')}From b@x.org\n${mail('two')}`, ['one', 'two']],
    ['carriage returns', `From -\n${mail('one')}From -\n${mail('two')}`.replaceAll('\n', '\r\n'), ['one', 'two']],
    [
      'Mailman’s addresses',
      `From a at x.org\n${mail('one')}\nFrom b at x.org  Mon Jan  5 10:00:00 2026\n${mail('two')}`,
      ['one', 'two'],
    ],
    ['one after an attachment without its end', `${DATED}\n${mail('one')}--b\n${DATED}\n${mail('two')}`, ['one', 'two']],
    ['a mail without text', `${DATED}\n${OWN}Subject: one\n\n${DATED}\n${mail('two')}`, ['one', 'two']],
    ['UUCP’s remote', `${DATED} remote from uucp\n${mail('one')}\n${DATED} remote from uucp\n${mail('two')}`, ['one', 'two']],
    [
      'a zone before the year',
      `From 1@xxx Mon Jan 05 10:00:00 +0000 2026\n${mail('one')}\nFrom 2@xxx Mon Jan 05 10:00:00 +0000 2026\n${mail('two')}`,
      ['one', 'two'],
    ],
    ['a first header line that is broken', `${DATED}\n${mail('one')}\n${DATED}\nX broken\n${mail('two')}`, ['one', 'two']],
  ])('%s: two mails', async (_, file, expected) => {
    expect(subjects(await read(file))).toEqual(expected);
  });

  test.each<[string, string]>([
    [
      'a sentence with a weekday, a month, a time and a year',
      'hi\n\nFrom Monday, 5 January 2026 at 10:30 we are away.\nNote: really\n',
    ],
    ['such a sentence above prose', 'hi\n\nFrom Mon Jan 5 at 10:00 until 2026\nwe are away\n'],
    ['a separator without a header after it', `hi\n\nsee the log:\n\n${DATED}\nconnected, then left\nwithout a word\n\nbye\n`],
    ['a dash alone above a list', 'hi\nFrom -\nRome: 3\nParis: 4\n'],
    ['an address alone above one header', 'hi\nFrom c@x.org\nSubject: his words\nand so on\n'],
    ['a quoted separator', `hi\n\n>${DATED}\n>From: c@x.org\n`],
    ['a separator without a blank line, above a line that is no header of mail', `hi\n${DATED}\nTotal: 3\n`],
  ])('%s: no mail of its own', async (_, text) => {
    const file = `${DATED}\n${mail('one', text)}\n${DATED}\n${mail('two')}`;
    expect(subjects(await read(file))).toEqual(['one', 'two']);
  });

  const inner = `hi\n\n${DATED}\n${mail('inner')}`;
  const sized = (bytes: number) => mail('one', inner, `Content-Length: ${bytes}\n`);
  const length = inner.length + 1;
  const lines = inner.split('\n').length;

  test.each<[string, string, string[]]>([
    ['is right', `${DATED}\n${sized(length)}\n${DATED}\n${mail('two')}`, ['one', 'two']],
    ['counts the blank line', `${DATED}\n${sized(length + 1)}\n${DATED}\n${mail('two')}`, ['one', 'two']],
    ['leads to the end of the file', `${DATED}\n${mail('two')}\n${DATED}\n${sized(length)}\n`, ['two', 'one']],
    [
      'leads to an end without a line end',
      `${DATED}\n${mail('two')}\n${DATED}\n${sized(length - 1)}`.replace(/\n$/, ''),
      ['two', 'one'],
    ],
    ['was counted with carriage returns', `${DATED}\n${sized(length + lines)}\n${DATED}\n${mail('two')}`, ['one', 'two']],
    ['was counted without them', `${DATED}\n${sized(length)}\n${DATED}\n${mail('two')}`.replaceAll('\n', '\r\n'), ['one', 'two']],
    ['is too small', `${DATED}\n${sized(3)}\n${DATED}\n${mail('two')}`, ['one', 'inner', 'two']],
    ['is too large', `${DATED}\n${sized(100_000)}\n${DATED}\n${mail('two')}`, ['one', 'inner', 'two']],
    ['leads into a line', `${DATED}\n${sized(length + 30)}\n${DATED}\n${mail('two')}`, ['one', 'inner', 'two']],
    ['is beyond every file', `${DATED}\n${sized(999_999_999_999)}\n${DATED}\n${mail('two')}`, ['one', 'inner', 'two']],
  ])('a Content-Length that %s', async (_, file, expected) => {
    for (const chunk of [7, 64 * 1024]) expect(subjects(await read(file, { chunk }))).toEqual(expected);
  });

  test('where every Content-Length lies, none swallows a mail by chance', async () => {
    const stale = mail('stale', 'hello', 'Content-Length: 40\n');
    const size = `${DATED}\n${stale}\n`.length;
    // Behind the others, one that happens to lead to the separator two mails on.
    const lucky = mail('lucky', 'hello', `Content-Length: ${6 + 1 + size}\n`);
    const file = `${`${DATED}\n${stale}\n`.repeat(10)}${DATED}\n${lucky}\n${`${DATED}\n${stale}\n`.repeat(3)}`;
    expect((await read(file)).mails).toHaveLength(14);
  });

  test.each<[Flavour, string[], string]>([
    ['mboxcl2', ['one', 'two'], '>From me\n>>From you'],
    ['mboxcl', ['one', 'two'], 'From me\n>>From you'],
    ['mboxrd', ['one', 'inner', 'two'], 'From me\n>From you'],
    ['mboxo', ['one', 'inner', 'two'], 'From me\n>>From you'],
    ['one mail', ['one'], '>From me\n>>From you'],
  ])('a person who says %s is obeyed', async (flavour, expected, text) => {
    const quoting = '>From me\n>>From you\n';
    const file = `${DATED}\n${mail('one', `${quoting}${inner}`, `Content-Length: ${length + quoting.length}\n`)}\n${DATED}\n${mail('two')}`;
    const found = await read(file, { said: { flavour } });
    expect(subjects(found)).toEqual(expected);
    expect(found.mails[0]?.text.startsWith(text)).toBe(true);
    expect(found.layout.flavour).toMatchObject({ value: flavour, sure: 1, by: 'person' });
  });

  test.each<[string, string, Partial<Layout['flavour']>]>([
    ['no quoted line', `${DATED}\n${mail('one')}`, { value: 'mboxrd', sure: 1, for: [], others: [] }],
    ['one quoted once', `${DATED}\n${mail('one', '>From me')}`, { value: 'mboxrd', sure: 1, for: [1], others: [] }],
    [
      'one quoted twice',
      `${DATED}\n${mail('one', '>>From me')}`,
      { value: 'mboxrd', sure: 0.9, for: [1], others: [{ value: 'mboxo', sure: 0.1 }] },
    ],
    [
      'lengths and a quoted line',
      `${DATED}\n${mail('one', '>From me', 'Content-Length: 9\n')}`,
      { value: 'mboxcl', sure: 0.9, for: [1] },
    ],
    ['lengths alone', `${DATED}\n${mail('one', 'hi', 'Content-Length: 3\n')}`, { value: 'mboxcl2', sure: 1, for: [1] }],
  ])('its flavour, with %s', async (_, file, flavour) => {
    expect((await read(file)).layout.flavour).toMatchObject({ ...flavour });
  });

  test('mailboxes of every flavour are read back as what was put into them', async () => {
    const line = fc.constantFrom(
      'hello',
      'From me',
      '>From you',
      '>>From us',
      DATED,
      'Subject: x',
      '',
      'From: c@x.org',
      'Content-Length: 3',
      'Grüße',
    );
    const mails = fc.array(fc.array(line, { maxLength: 8 }), { minLength: 1, maxLength: 6 });
    const flavours = fc.constantFrom<Flavour>('mboxrd', 'mboxo', 'mboxcl', 'mboxcl2');
    await fc.assert(
      fc.asyncProperty(mails, flavours, fc.boolean(), async (texts, flavour, crlf) => {
        const bodies = texts
          .map((lines) => ['.', ...lines, '.'].join('\n'))
          .map((body) => (crlf ? body.replaceAll('\n', '\r\n') : body));
        const file = bodies.map((body, index) => written(body, index, flavour, crlf ? '\r\n' : '\n')).join('');
        // mboxo loses what was quoted already.
        const lossy = flavour === 'mboxo' || flavour === 'mboxcl';
        const expected = texts.map((lines) =>
          ['.', ...lines.map((one) => (lossy && one === '>From you' ? 'From you' : one)), '.'].join('\n'),
        );
        const found = await read(file, { said: { flavour }, chunk: 50 });
        expect(found.mails.map(({ text }) => text)).toEqual(expected);
        // Unsaid, the mails are the same, whatever is made of their quoted lines.
        expect((await read(file)).mails.map(({ subject }) => subject)).toEqual(texts.map((_lines, index) => String(index)));
      }),
      { numRuns: atSize(20, 100) },
    );
  });

  function written(body: string, index: number, flavour: Flavour, eol: string): string {
    const quoted =
      flavour === 'mboxrd'
        ? body.replace(/^(>*From )/gm, '>$1')
        : flavour === 'mboxcl2'
          ? body
          : body.replace(/^From /gm, '>From ');
    const bytes = Buffer.byteLength(quoted + eol);
    const length = flavour.startsWith('mboxcl') ? `Content-Length: ${bytes}${eol}` : '';
    const head = `${DATED}\n${OWN}`.replaceAll('\n', eol);
    return `${head}Subject: ${index}${eol}Content-Type: text/plain; charset=utf-8${eol}${length}${eol}${quoted}${eol}${eol}`;
  }
});

describe('text that declares no character set', () => {
  const latin = (text: string) => iconv.encode(text, 'windows-1252');

  test('33: subject and text in Latin-1', async () => {
    const { mails, layout } = await read(caseOf('33-mail-raw-latin1.mbox'));
    expect(mails).toMatchObject([{ subject: 'Grüße aus Köln', text: 'Schöne Grüße' }]);
    expect(layout.charset).toMatchObject({ value: 'windows-1252', by: 'guess', for: [1] });
  });

  test.each<[string, string, string, string]>([
    ['Japanese', 'Shift_JIS', '', 'これは日本語の件名です。よろしくお願いします。'],
    ['Russian', 'KOI8-R', '', 'Привет из Москвы, как дела у вас сегодня'],
    [
      'Korean that says ASCII',
      'EUC-KR',
      'Content-Type: text/plain; charset=us-ascii\n',
      '안녕하세요 반갑습니다 오늘 날씨가 좋네요',
    ],
    [
      'Polish that names no charset that exists',
      'windows-1250',
      'Content-Type: text/plain; charset=x-unknown\n',
      'Zażółć gęślą jaźń, proszę o odpowiedź',
    ],
    [
      'Greek that says UTF-8',
      'windows-1253',
      'Content-Type: text/plain; charset=utf-8\n',
      'Καλημέρα σας, ευχαριστώ πολύ για την απάντηση',
    ],
    ['UTF-8', 'UTF-8', '', 'Grüße aus Köln'],
    ['UTF-8 that says ASCII', 'UTF-8', 'Content-Type: text/plain; charset=us-ascii\n', 'Привет из Москвы'],
    [
      'German that says ISO-8859-1 and has the quotes of Windows',
      'windows-1252',
      'Content-Type: text/plain; charset=iso-8859-1\n',
      '„Grüße“ – aus Köln',
    ],
  ])('%s', async (_, charset, declared, text) => {
    const file = Buffer.concat([
      Buffer.from(`${DATED}\n${OWN}${declared}Subject: `),
      iconv.encode(text, charset),
      Buffer.from('\n\n'),
      iconv.encode(text, charset),
    ]);
    expect((await read(file)).mails).toMatchObject([{ subject: text, text }]);
  });

  test.each(['macintosh', 'IBM850', 'IBM437'])('of a program for files, %s, where nothing that is sent fits', async (charset) => {
    const file = iconv.encode('From: a@x.org\nSubject: Grüße aus Köln, déjà vu\n\nSchöne Grüße aus Köln\n', charset);
    const { mails } = await read(file, { fileName: 'a.eml' });
    expect(mails[0]).toMatchObject({ subject: 'Grüße aus Köln, déjà vu', text: 'Schöne Grüße aus Köln' });
  });

  test('quoted-printable and base64 of undeclared bytes', async () => {
    const qp = `${DATED}\n${OWN}Content-Transfer-Encoding: quoted-printable\n\nSch=F6ne Gr=FC=DFe=\n aus K=F6ln\n`;
    const b64 = `${DATED}\n${OWN}Content-Transfer-Encoding: base64\n\n${latin('Schöne Grüße').toString('base64')}\n`;
    expect((await read(`${qp}\n${b64}`)).mails.map(({ text }) => text)).toEqual(['Schöne Grüße aus Köln', 'Schöne Grüße']);
  });

  test.each<[string, Buffer, string]>([
    ['raw bytes within a word', latin('=?iso-8859-1?Q?Grüße_aus?= Köln'), 'Grüße aus Köln'],
    ['raw bytes beside a word', latin('Grüße =?utf-8?B?YXVzIEvDtmxu?='), 'Grüße aus Köln'],
    ['a word in an unknown set', Buffer.from('=?x-none?Q?Gr=FC=DFe?='), 'Grüße'],
    ['a word that says UTF-8 and is not', Buffer.from('=?utf-8?Q?Gr=FC=DFe_aus_K=F6ln?='), 'Grüße aus Köln'],
    ['a character cut between two words', Buffer.from('=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?='), 'Grüße'],
    ['a word that says ASCII', Buffer.from('=?us-ascii?Q?Gr=FC=DFe?='), 'Grüße'],
    ['a folded word', Buffer.from('=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?Q?_aus?= Rom'), 'Grüße aus Rom'],
  ])('%s', async (_, subject, expected) => {
    const file = Buffer.concat([Buffer.from(`${DATED}\n${OWN}Subject: `), subject, Buffer.from('\n\nhi\n')]);
    expect((await read(file)).mails[0]?.subject).toBe(expected);
  });

  test('what the mail declares for its text holds for its header', async () => {
    const file = Buffer.concat([
      Buffer.from(`${DATED}\n${OWN}Content-Type: text/plain; charset=iso-8859-7\nSubject: `),
      iconv.encode('νέα', 'iso-8859-7'),
      Buffer.from('\n\nhi\n'),
    ]);
    expect((await read(file)).mails[0]?.subject).toBe('νέα');
  });

  test('a mail too short to tell goes by those before it', async () => {
    const russian = (text: string) =>
      Buffer.concat([Buffer.from(`${DATED}\n${OWN}Subject: x\n\n`), iconv.encode(text, 'windows-1251'), Buffer.from('\n\n')]);
    const long = russian('Добрый день, высылаю вам документы по вашему запросу');
    const short = russian('Да');
    expect((await read(Buffer.concat([...Array.from({ length: 6 }, () => long), short]))).mails.at(-1)?.text).toBe('Да');
  });

  test('a person who says it is obeyed, where nothing is declared', async () => {
    const greek = iconv.encode('Καλημέρα', 'windows-1253');
    const file = Buffer.concat([
      Buffer.from(`${DATED}\n${OWN}Subject: =?iso-8859-1?Q?Gr=FC=DFe?= `),
      greek,
      Buffer.from('\n\n'),
      greek,
    ]);
    const found = await read(file, { said: { charset: 'windows-1253' } });
    expect(found.mails).toMatchObject([{ subject: 'Grüße Καλημέρα', text: 'Καλημέρα' }]);
    expect(found.layout.charset).toMatchObject({ value: 'windows-1253', by: 'person', sure: 1 });
    await expect(read(file, { said: { charset: 'klingon' } })).rejects.toThrow(/“klingon” is no character set/);
  });

  test('nobody is asked where every mail declares its own', async () => {
    expect((await read(`${DATED}\n${OWN}Content-Type: text/plain; charset=utf-8\n\nGrüße\n`)).layout.charset).toBeUndefined();
  });
});

describe('the fields of a mail', () => {
  const fields = async (head: string, text = 'hi') => (await read(`${DATED}\n${head}\n\n${text}\n`)).mails[0];

  test('35: Gmail’s labels and its thread', async () => {
    const { mails } = await read(caseOf('35-gmail-takeout-labels.mbox'));
    expect(mails).toMatchObject([{ labels: 'Inbox, Important, Unread', threadId: '1790000000000000001', subject: 'one' }]);
  });

  test.each([
    ['Inbox', 'Inbox'],
    ['=?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Important?=', 'Boîte de réception, Important'],
    ['Inbox,=?UTF-8?B?UmVjaG51bmdlbiDigqw=?=', 'Inbox, Rechnungen €'],
    ['Inbox,"a, b",Unread', 'Inbox, "a, b", Unread'],
    ['Inbox,\n Opened', 'Inbox, Opened'],
    ['Work/Clients,Category Promotions', 'Work/Clients, Category Promotions'],
  ])('labels %j', async (written, labels) => {
    expect(await fields(`${OWN}X-Gmail-Labels: ${written}`)).toMatchObject({ labels });
  });

  test.each([
    ['bob at example.org (Bob)', 'bob@example.org'],
    ['bob at example.org', 'bob@example.org'],
    ['"bob at example.org" (Bob)', 'bob@example.org'],
    ['Bob.Smith AT mail.example.org (Bob, the other)', 'bob.smith@mail.example.org'],
    ['bob [at] example [dot] org', 'bob@example.org'],
    ['bob at example dot org (Bob)', 'bob@example.org'],
    ['bob(at)example.org', 'bob@example.org'],
    ['Customer Care at example.org', 'customer care at example.org'],
    ['Bob <bob@example.org>', 'bob@example.org'],
  ])('from %j', async (written, from) => {
    const mail = await fields(`From: ${written}\nSubject: s`);
    expect(mail?.from).toBe(from);
    expect(mail?.fromDomain).toBe(from.includes('@') ? from.split('@')[1] : '');
  });

  test('copies, where answers go, what it answers, how it is unsubscribed from, and its size', async () => {
    const head = `${OWN}Cc: c@x.org, "D" <d@x.org>\nReply-To: List <list@x.org>\nIn-Reply-To: <1@x.org> (added)\nReferences: <0@x.org>\n <1@x.org>\nList-Unsubscribe: <mailto:u@x.org>,\n <https://x.org/u?a=1>`;
    expect(await fields(head)).toMatchObject({
      ...{ cc: 'c@x.org, d@x.org', replyTo: 'list@x.org', inReplyTo: '1@x.org', threadId: '0@x.org' },
      ...{ listUnsubscribe: 'https://x.org/u?a=1', size: String(`${head}\n\nhi\n`.length) },
    });
  });

  const index = Buffer.alloc(22, 7);
  test.each([
    ['its own id where it begins one', 'Message-ID: <1@x>', '1@x'],
    ['what it answers', 'Message-ID: <2@x>\nIn-Reply-To: <1@x>', '1@x'],
    ['the first mail of the conversation', 'Message-ID: <3@x>\nReferences: <1@x> <2@x>\nIn-Reply-To: <2@x>', '1@x'],
    [
      'Outlook’s, of an answer that names no mail',
      `Message-ID: <2@x>\nThread-Index: ${Buffer.concat([index, Buffer.alloc(5)]).toString('base64')}`,
      index.toString('hex'),
    ],
    ['its own id, whatever Outlook adds to a first mail', `Message-ID: <1@x>\nThread-Index: ${index.toString('base64')}`, '1@x'],
    ['nothing, where nothing is known', 'Subject: s', ''],
  ])('its thread is %s', async (_, head, threadId) => {
    expect(await fields(head)).toMatchObject({ threadId });
  });

  const part = (head: string, body: string) => `--b\n${head}\n\n${body}\n`;
  const mixed = (parts: string[]) => `From: a@x.org\nContent-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`;

  test.each<[string, string[], string, string]>([
    [
      'a text to be shown that has a name',
      [
        part('Content-Type: text/plain', 'hi'),
        part('Content-Disposition: inline; filename="notes.txt"\nContent-Type: text/plain', 'notes'),
      ],
      'hi\nnotes',
      'notes.txt',
    ],
    [
      'a text with a name in its type',
      [part('Content-Type: text/plain', 'hi'), part('Content-Type: text/plain; name=a.log', 'log')],
      'hi\nlog',
      'a.log',
    ],
    [
      'a table',
      [part('Content-Type: text/plain', 'hi'), part('Content-Type: text/csv; name="=?utf-8?Q?B=C3=A4r.csv?="', 'a,b')],
      'hi',
      'Bär.csv',
    ],
    [
      'a name in pieces',
      [
        part('Content-Type: text/plain', 'hi'),
        part("Content-Type: text/x-patch\nContent-Disposition: inline; filename*0*=utf-8''B%C3%A4; filename*1=r.patch", 'x'),
      ],
      'hi',
      'Bär.patch',
    ],
    [
      'a text without a name',
      [part('Content-Type: text/plain', 'hi'), part('Content-Type: text/plain\nContent-Disposition: inline', 'more')],
      'hi\nmore',
      '',
    ],
    ['HTML with a name', [part('Content-Type: text/html; name="page.html"', '<p>hi</p>')], 'hi', 'page.html'],
    [
      'a mail within, to be shown',
      [
        part('Content-Type: text/plain', 'see'),
        part('Content-Type: message/rfc822\nContent-Disposition: inline', 'From: z@x.org\nSubject: inner\n\nbody'),
      ],
      'see\n\nFrom: z@x.org\nSubject: inner\n\nbody',
      '',
    ],
    [
      'a mail attached',
      [part('Content-Type: text/plain', 'see'), part('Content-Type: message/rfc822', 'From: z@x.org\n\nbody')],
      'see',
      'message/rfc822',
    ],
  ])('%s', async (_, parts, text, attachments) => {
    expect((await read(mixed(parts), { fileName: 'a.eml' })).mails).toMatchObject([{ text, attachments }]);
  });

  test('raw bytes in the name of an attachment', async () => {
    const file = mixed([
      part('Content-Type: text/plain', 'hi'),
      part('Content-Disposition: attachment; filename="Bär.pdf"', 'x'),
    ]);
    expect((await read(Buffer.from(file, 'latin1'), { fileName: 'a.eml' })).mails).toMatchObject([{ attachments: 'Bär.pdf' }]);
  });
});

describe('a single mail', () => {
  test('38: one header is enough where the name says that it is a mail', async () => {
    const file = caseOf('38-one-header.eml');
    expect(detectFormat(file, '38-one-header.eml').name).toBe('mbox');
    const { mails, layout } = await read(file, { fileName: '38-one-header.eml' });
    expect(mails).toMatchObject([{ text: 'hi', from: '', subject: '' }]);
    expect(layout.flavour).toMatchObject({ value: 'one mail', sure: 1 });
  });

  test.each([
    ['a.eml', 'Subject: s\n\nhi\n'],
    ['a.eml', 'X-Anything: s\n\nhi\n'],
    ['a.EML', 'From: a@x.org\n'],
    ['a.eml', 'Content-Type: text/html\r\n\r\n<p>hi</p>\r\n'],
    ['a.eml', '\ufeffSubject: s\n\nhi\n'],
    ['a.eml', 'DKIM-Signature: v=1;\n\tb=abc\n\nhi\n'],
    ['mail', 'List-Unsubscribe: <https://x.org/u>\nCc: c@x.org\n\nhi\n'],
    ['a.txt', 'In-Reply-To: <1@x>\nReferences: <1@x>\n\nhi\n'],
  ])('%s of %j is one', async (fileName, text) => {
    expect(detectFormat(Buffer.from(text), fileName).name).toBe('mbox');
    expect((await read(text, { fileName })).mails).toHaveLength(1);
  });

  test.each([
    ['a.csv', 'name,value\nFrom: x,1\n'],
    ['a.csv', 'note: a,b\nx,1\n'],
  ])('%s of %j is a table', (fileName, text) => {
    expect(detectFormat(Buffer.from(text), fileName).name).toBe('csv');
  });
});
