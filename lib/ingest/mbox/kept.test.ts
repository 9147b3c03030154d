/** Mails with what a server said of them, through one file and back. */
import { expect, test } from 'vitest';
import { formatOf } from '#lib/ingest/registry.ts';
import { keptMail } from './kept.ts';

const mail = (messageId: string, text: string) =>
  Buffer.from(`Message-ID: <${messageId}>\r\nFrom: bo@example.org\r\nSubject: s\r\n\r\n${text}`);
const about = (uid: number) => ({
  folder: 'Arch\u00efv/\u2028"\n',
  uid: String(uid),
  uidValidity: '7',
  flags: '\\Seen',
  size: '4711',
});

async function readBack(file: Buffer) {
  const mbox = formatOf('mbox');
  if (!mbox) throw new Error('no such format');
  const found: Record<string, string>[] = [];
  const raws: Buffer[] = [];
  const source = (async function* () {
    yield file;
  })();
  for await (const { fields, items, unreadable } of mbox.parse(source, { fileName: 'a.mbox', now: new Date(), said: {} })) {
    expect(unreadable).toEqual([]);
    for (const { values, raw } of items) {
      found.push(Object.fromEntries(fields.map((name, index) => [name, values[index] ?? ''])));
      raws.push(Buffer.from(raw));
    }
  }
  return { found, raws };
}

const HOSTILE = [
  'hello\r\n',
  '\r\nFrom bo@x Thu Oct 22 12:00:00 2026\r\nSubject: not a mail\r\n\r\n',
  '>From quoted\r\n',
  'X-Countersign-Mail: {"uid":"99","folder":"Trash"}\r\n',
  'without an end',
];

test('what the server said is read back, the mail says nothing of it, and no text makes a mail of its own', async () => {
  const file = Buffer.concat(
    HOSTILE.map((text, index) => keptMail({ about: about(index + 1), bytes: mail(`m${index}@x`, text) })),
  );
  const { found, raws } = await readBack(file);
  expect(found).toHaveLength(HOSTILE.length);
  for (const [index, one] of found.entries()) {
    expect(one).toMatchObject({
      messageId: `m${index}@x`,
      uid: String(index + 1),
      uidValidity: '7',
      flags: '\\Seen',
      size: '4711',
    });
    expect(one.folder).toContain('Arch\u00efv/');
    expect(one.text?.trim()).toBe((HOSTILE[index] ?? '').trim().replaceAll('\r\n', '\n'));
  }
  // The rows, whole, are the same file.
  expect(await readBack(Buffer.concat(raws))).toEqual({ found, raws });
});

test('a mail that brings such a line among its own headers, or one that can’t be read, has none', async () => {
  const plain = Buffer.from(
    'From bo@x Thu Oct 22 12:00:00 2026\r\nFrom: bo@example.org\r\nX-Countersign-Mail: {"uid":"9"}\r\nSubject: s\r\n\r\nhello\r\n',
  );
  expect(Object.keys((await readBack(plain)).found[0] ?? {})).not.toContain('uid');
  const broken = Buffer.concat([
    Buffer.from('From bo@x Thu Oct 22 12:00:00 2026\r\nX-Countersign-Mail: {"uid":\r\nFrom: bo@example.org\r\n\r\nhello\r\n\r\n'),
    Buffer.from('From bo@x Thu Oct 22 12:00:00 2026\r\nFrom: cy@example.org\r\n\r\nhello\r\n'),
  ]);
  expect((await readBack(broken)).found).toMatchObject([
    { uid: '', from: 'bo@example.org' },
    { uid: '', from: 'cy@example.org' },
  ]);
});
