/** Files that are packed, with gzip or as the one member of a zip archive: whatever is in them is read as if it had come unpacked. */
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CountersignError } from '#lib/core/errors.ts';
import { Archive, assertBounded, damaged, type Member } from './archive.ts';
import { peek } from './source.ts';

/** File name endings of what is packed, lower case with the dot. */
export const PACKED_ENDINGS: readonly string[] = ['.gz', '.zip'];

export type FileToRead = { name: string; chunks: AsyncIterable<Buffer> };

/**
 * The file itself, or what is packed in it under its own name. Packed twice stays packed once, and is refused as what it is.
 * @param endings of the files that can be read
 * @throws CountersignError `invalid` (damaged, empty, or several files that could be meant), `too_large`, `unsupported`; what the source throws.
 */
export async function unpacked({ name, chunks }: FileToRead, endings: readonly string[]): Promise<FileToRead> {
  const { head, whole } = await peek(chunks);
  if (startsWith(head, GZIP)) return gunzipped(name, whole);
  if (startsWith(head, ZIP) && !isOffice(head, name)) return onlyMember(name, whole, endings);
  return { name, chunks: whole };
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

function startsWith(head: Buffer, bytes: Buffer): boolean {
  return head.subarray(0, bytes.length).equals(bytes);
}

/**
 * Documents of office programs are zip archives too, and begin with a part of theirs. The first member alone says it: a document that is packed without being
 * compressed has the names of its parts in the archive's bytes as well.
 */
function isOffice(head: Buffer, name: string): boolean {
  if (/\.(?:xls|doc|ppt)[xm]$/i.test(name)) return true;
  const length = head.length < NAME_AT ? 0 : head.readUInt16LE(NAME_LENGTH_AT);
  return OFFICE_PART.test(head.toString('latin1', NAME_AT, NAME_AT + length));
}

/** Where the header of a member has the length of its name, and the name. */
const NAME_LENGTH_AT = 26;
const NAME_AT = 30;
/** Of Microsoft's documents, in whatever order a program writes them, and of OpenDocument's. */
const OFFICE_PART = /^(?:\[Content_Types\]\.xml|mimetype|(?:_rels|docProps|customXml|xl|word|ppt)\/.*)$/;

async function gunzipped(name: string, packed: AsyncIterable<Buffer>): Promise<FileToRead> {
  const { head, whole } = await peek(unzip(name, packed));
  if (head.toString('latin1', 257, 262) === 'ustar')
    throw new CountersignError(
      'unsupported',
      `“${name}” is an archive of files (tar). Unpack it and upload the one that is meant.`,
    );
  return { name: name.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar'), chunks: whole };
}

async function* unzip(name: string, packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const size = { compressedSize: 0, uncompressedSize: 0 };
  const counted = async function* () {
    for await (const chunk of packed) {
      size.compressedSize += chunk.length;
      yield chunk;
    }
  };
  const gunzip = createGunzip();
  const fed = pipeline(counted, gunzip);
  // Whoever reads the end hears of it.
  fed.catch(() => {});
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      size.uncompressedSize += chunk.length;
      assertBounded(size, `“${name}”`);
      yield chunk;
    }
    await fed;
  } catch (error) {
    throw damaged(name, error);
  } finally {
    gunzip.destroy();
  }
}

async function onlyMember(name: string, packed: AsyncIterable<Buffer>, endings: readonly string[]): Promise<FileToRead> {
  const archive = await Archive.open(packed, name);
  try {
    const member = memberMeant(name, archive.members, endings);
    return { name: member.name.split('/').at(-1) ?? member.name, chunks: closing(archive, member.name) };
  } catch (error) {
    await archive.close();
    throw error;
  }
}

async function* closing(archive: Archive, member: string): AsyncGenerator<Buffer> {
  try {
    yield* archive.read(member);
  } finally {
    await archive.close();
  }
}

/** The one file that can be read; of several the one that is nearly all of the archive, as a mailbox beside its settings. */
function memberMeant(name: string, members: readonly Member[], endings: readonly string[]): Member {
  const files = members.filter((member) => member.bytes > 0 && !NOT_MEANT.test(member.name));
  const readable = files.filter((member) => endings.some((ending) => member.name.toLowerCase().endsWith(ending)));
  const possible = readable.length > 0 ? readable : files;
  const [largest, ...others] = [...possible].sort((a, b) => b.bytes - a.bytes);
  if (!largest) throw new CountersignError('invalid', `“${name}” holds no file. Pack the one that is meant.`);
  const rest = others.reduce((sum, { bytes }) => sum + bytes, 0);
  if (rest <= largest.bytes * REST_SHARE_MAX) return largest;
  const names = possible.slice(0, NAMES_TOLD_MAX).map((member) => `“${member.name}”`);
  const more = possible.length > names.length ? ` and ${possible.length - names.length} more` : '';
  throw new CountersignError(
    'invalid',
    `“${name}” holds ${possible.length} files that could be meant: ${names.join(', ')}${more}. Upload the one that is, or a zip with that one alone.`,
  );
}

/** Folders, what macOS and Windows add, and hidden files. */
const NOT_MEANT = /\/$|^__MACOSX\/|(?:^|\/)(?:\.[^/]*|Thumbs\.db|desktop\.ini)$/i;
const REST_SHARE_MAX = 0.01;
const NAMES_TOLD_MAX = 10;
