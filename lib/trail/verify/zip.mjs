/**
 * A zip as a trail: its list of files is read from its end, and each file when it is asked for. Zip64 too.
 *
 *   file      {size, read(offset, length): Promise<Uint8Array>}
 *   inflate   (AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>: raw deflate
 */

/** What is no whole zip: `kind` says whether it ends early or was altered. */
export class BadZip extends Error {
  constructor(kind, says) {
    super(says);
    this.kind = kind;
  }
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES_MAX = 22 + 0xffff;
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/** Opens a zip. Throws BadZip. */
export async function openZip(file, inflate) {
  const entries = await directory(file);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return { names: entries.map(({ name }) => name), read: (name) => contents(file, byName.get(name), inflate) };
}

async function directory(file) {
  const from = Math.max(0, file.size - END_BYTES_MAX);
  const tail = await view(file, from, file.size - from);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at -= 1;
  if (at < 0)
    throw new BadZip('incomplete', 'The zip ends early: its list of files is at its end, and is missing. Download it again.');
  let [count, size, offset] = [tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (at >= 20 && tail.getUint32(at - 20, true) === END_64_LOCATOR) {
    const end = await view(file, Number(tail.getBigUint64(at - 12, true)), 56);
    if (end.getUint32(0, true) !== END_64) throw altered();
    [count, size, offset] = [32, 40, 48].map((field) => Number(end.getBigUint64(field, true)));
  }
  if (size > DIRECTORY_BYTES_MAX || offset + size > file.size) throw altered();
  const list = await view(file, offset, size);
  const entries = [];
  for (let next = 0; entries.length < count; ) {
    if (next + 46 > size || list.getUint32(next, true) !== ENTRY) throw altered();
    const entry = entryOf(list, next);
    entries.push(entry);
    next += entry.bytes;
  }
  return entries;
}

function entryOf(list, at) {
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => list.getUint16(at + field, true));
  const bytes = 46 + nameBytes + extraBytes + commentBytes;
  if (at + bytes > list.byteLength) throw altered();
  const name = new TextDecoder().decode(new Uint8Array(list.buffer, list.byteOffset + at + 46, nameBytes));
  let [packed, size, offset] = [20, 24, 42].map((field) => list.getUint32(at + field, true));
  for (let extra = at + 46 + nameBytes; extra + 4 <= at + 46 + nameBytes + extraBytes; ) {
    const [id, length] = [list.getUint16(extra, true), list.getUint16(extra + 2, true)];
    if (id === 1) {
      let field = extra + 4;
      const wide = (value) => {
        if (value !== 0xffffffff) return value;
        field += 8;
        return Number(list.getBigUint64(field - 8, true));
      };
      [size, packed, offset] = [wide(size), wide(packed), wide(offset)];
    }
    extra += 4 + length;
  }
  return { name, method: list.getUint16(at + 10, true), packed, size, offset, bytes };
}

async function* contents(file, entry, inflate) {
  const local = await view(file, entry.offset, 30);
  if (local.getUint32(0, true) !== LOCAL || (entry.method !== 0 && entry.method !== 8)) throw altered();
  const from = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = pieces(file, from, entry.packed);
  let size = 0;
  try {
    for await (const piece of entry.method === 0 ? packed : inflate(packed)) {
      size += piece.length;
      if (size > entry.size) break;
      yield piece;
    }
  } catch (error) {
    if (error instanceof BadZip) throw error;
    throw new BadZip('altered', `it can't be unpacked (${error.message}).`);
  }
  if (size !== entry.size) throw new BadZip('altered', 'it has another length than the zip says.');
}

async function* pieces(file, from, length) {
  for (let at = 0; at < length; at += PIECE_BYTES) yield await read(file, from + at, Math.min(PIECE_BYTES, length - at));
}

async function read(file, offset, length) {
  if (offset < 0 || length < 0 || offset + length > file.size) throw altered();
  const bytes = await file.read(offset, length);
  if (bytes.length !== length) throw new BadZip('incomplete', 'The zip ends early. Download it again.');
  return bytes;
}

async function view(file, offset, length) {
  const bytes = await read(file, offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function altered() {
  return new BadZip('altered', 'The zip was altered: what it says of its files can’t be.');
}
