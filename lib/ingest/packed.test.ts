import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { Archive, assertBounded } from './archive.ts';
import { detectFormat, fileToRead } from './registry.ts';

const MAILBOX = 'From a@x.org Mon Jan  5 10:00:00 2026\nFrom: a@x.org\nSubject: one\n\nhello\n\n';

async function* of(bytes: Buffer, chunk = 10): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

function zipOf(members: Record<string, string | Buffer>, compress = true): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(members)) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name);
    else zip.addBuffer(Buffer.from(content), name, { compress });
  }
  zip.end();
  return buffer(zip.outputStream as Readable);
}

async function unpack(name: string, bytes: Buffer): Promise<{ name: string; text: string }> {
  const file = await fileToRead({ name, chunks: of(bytes) });
  const pieces: Buffer[] = [];
  for await (const chunk of file.chunks) pieces.push(chunk);
  return { name: file.name, text: Buffer.concat(pieces).toString() };
}

test('what is not packed stays as it is', async () => {
  expect(await unpack('a.csv', Buffer.from('a,b\n'))).toEqual({ name: 'a.csv', text: 'a,b\n' });
  expect(await unpack('a.csv', Buffer.alloc(0))).toEqual({ name: 'a.csv', text: '' });
});

describe('gzip', () => {
  test('gives what is in it under its own name, in one piece or several', async () => {
    const bytes = Buffer.concat([gzipSync('a,b\n'), gzipSync('1,2\n')]);
    expect(await unpack('rows.csv.gz', bytes)).toEqual({ name: 'rows.csv', text: 'a,b\n1,2\n' });
    expect(await unpack('rows.csv', bytes)).toEqual({ name: 'rows.csv', text: 'a,b\n1,2\n' });
  });

  test.each([
    ['broken off', gzipSync('a,b\n'.repeat(100)).subarray(0, 20)],
    ['broken', Buffer.from(gzipSync('a,b\n'.repeat(100)).map((byte, at) => (at === 15 ? byte ^ 0xff : byte)))],
  ])('%s, says so', async (_, bytes) => {
    await expect(unpack('a.csv.gz', bytes)).rejects.toThrow(/“a.csv.gz” is damaged and can't be unpacked: .+ Pack it anew/);
  });

  test('a bomb ends at its ratio', async () => {
    // Pieces are read as one.
    const piece = gzipSync(Buffer.alloc(1024 ** 2));
    const bomb = Buffer.concat(Array.from({ length: 66 }, () => piece));
    await expect(unpack('a.csv.gz', bomb)).rejects.toThrow(
      '“a.csv.gz” unpacks to more than 250 times its size, which is taken for an attack.',
    );
  });

  test('an archive of files, and what is packed twice, are refused as what they are', async () => {
    const tar = Buffer.alloc(1024);
    tar.write('ustar', 257);
    await expect(unpack('a.tgz', gzipSync(tar))).rejects.toThrow('“a.tgz” is an archive of files (tar).');
    const twice = await unpack('a.csv.gz', gzipSync(gzipSync('a,b\n')));
    expect(() => detectFormat(gzipSync('a,b\n'), twice.name)).toThrow('compressed with gzip, twice');
  });
});

describe('zip', () => {
  test.each<[string, Record<string, string>, string]>([
    ['one file', { 'rows.csv': 'a,b\n' }, 'rows.csv'],
    [
      'one file in a folder, and what macOS adds',
      { 'x/': '', 'x/rows.csv': 'a,b\n', '__MACOSX/x/._rows.csv': 'zzz', 'x/.DS_Store': 'z' },
      'rows.csv',
    ],
    [
      'a Takeout',
      { 'Takeout/archive_browser.html': '<html>'.repeat(100), 'Takeout/Mail/All mail Including Spam and Trash.mbox': MAILBOX },
      'All mail Including Spam and Trash.mbox',
    ],
    [
      'a mailbox beside its settings',
      { 'Takeout/Mail/User Settings/Filters.json': '{}', 'Takeout/Mail/All.mbox': MAILBOX.repeat(50) },
      'All.mbox',
    ],
    ['one file of another name', { mail: MAILBOX }, 'mail'],
  ])('%s', async (_, members, name) => {
    const found = await unpack('a.zip', await zipOf(members));
    expect(found.name).toBe(name);
    expect(found.text).toBe(Object.entries(members).find(([member]) => member.endsWith(name))?.[1]);
  });

  test('a workbook that is packed without being compressed is what is meant, not the archive', async () => {
    const workbook = await zipOf({ '[Content_Types].xml': '', 'xl/workbook.xml': '' });
    const found = await unpack('a.zip', await zipOf({ 'a.xlsx': workbook }, false));
    expect(found.name).toBe('a.xlsx');
    // Whatever its first part is, and whatever its name.
    for (const first of ['docProps/app.xml', '_rels/.rels', 'xl/workbook.xml'])
      expect((await unpack('a.bin', await zipOf({ [first]: '', '[Content_Types].xml': '' }))).name).toBe('a.bin');
  });

  test('several files that could be meant are named', async () => {
    await expect(unpack('a.zip', await zipOf({ 'a.csv': 'a,b\n', 'b/c.json': '[]', 'read me.pdf': 'x' }))).rejects.toThrow(
      '“a.zip” holds 2 files that could be meant: “a.csv”, “b/c.json”. Upload the one that is, or a zip with that one alone.',
    );
    const many = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`${at}.csv`, 'a\n']));
    await expect(unpack('a.zip', await zipOf(many))).rejects.toThrow(/“9.csv” and 3 more\. Upload/);
  });

  test('one without a file, with a password, or damaged, says so', async () => {
    await expect(unpack('a.zip', await zipOf({ 'x/': '' }))).rejects.toThrow('“a.zip” holds no file.');
    const locked = await zipOf({ 'a.csv': 'a,b\n' });
    const central = locked.indexOf('PK\x01\x02');
    locked[central + 8] = (locked[central + 8] ?? 0) | 1;
    await expect(unpack('a.zip', locked)).rejects.toThrow('locked with a password');
    const file = await zipOf({ 'a.csv': 'a,b\n'.repeat(1000) });
    await expect(unpack('a.zip', file.subarray(0, file.length - 30))).rejects.toThrow('“a.zip” is damaged');
    const broken = Buffer.from(file);
    broken.writeUInt32LE(12345, broken.indexOf('PK\x01\x02') + 16);
    await expect(unpack('a.zip', broken)).rejects.toThrow('“a.csv” has another checksum');
  });

  test('a bomb is refused before it is unpacked', async () => {
    const bomb = await zipOf({ 'a.csv': 'a,b\n' });
    bomb.writeUInt32LE(2 ** 27, bomb.indexOf('PK\x01\x02') + 24);
    await expect(unpack('a.zip', bomb)).rejects.toThrow('unpacks to more than 250 times its size');
    expect(() => assertBounded({ compressedSize: 2 ** 30, uncompressedSize: 2 ** 33 }, '“a.csv”')).toThrow(
      '“a.csv” unpacks to more than 4 GB',
    );
  });

  test('one that holds more than it says ends there', async () => {
    const file = await zipOf({ 'a.csv': 'a,b\n'.repeat(1000) });
    file.writeUInt32LE(10, file.indexOf('PK\x01\x02') + 24);
    await expect(unpack('a.zip', file)).rejects.toThrow('“a.zip” is damaged');
  });

  test('one with too many members is refused before they are looked at', async () => {
    const file = await zipOf({ 'a.csv': 'a,b\n' });
    const end = file.indexOf('PK\x05\x06');
    file.writeUInt16LE(20_000, end + 8);
    file.writeUInt16LE(20_000, end + 10);
    await expect(Archive.open(of(file), 'a.zip')).rejects.toThrow('“a.zip” holds 20000 files, more than the 10000');
  });

  test('a document of an office program is left to its format', async () => {
    const workbook = await zipOf({ '[Content_Types].xml': '', 'xl/workbook.xml': '' });
    expect((await unpack('a.bin', workbook)).text).toBe(workbook.toString());
    const letter = await zipOf({ '[Content_Types].xml': '', 'word/document.xml': '' });
    expect(() => detectFormat(letter, 'a.docx')).toThrow('a document of an office program that is no Excel workbook');
  });
});
