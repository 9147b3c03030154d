/**
 * What COPY … TO STDOUT gives, gathered into one buffer as it comes off the socket. pg-copy-streams makes a stream of it, and looks at, copies and buffers each
 * row for that: of a million small rows that took twice the time of all else that reads them. Here only the lengths of messages are looked at.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection, PoolClient, Submittable } from 'pg';

/** A message that is no row begins with another byte than this one. */
const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
/** Its kind, and its length without that */
const HEADER_BYTES = 5;
/** May come between rows, and tells nothing about them (PostgreSQL's documentation, Protocol Flow, COPY): a notice, a parameter, a notification. */
const ASIDES = [0x4e, 0x53, 0x41];

/** What was read: `bytes` up to `end`, in messages of the protocol (`CopyRows` reads them). The rest of `bytes` is room. */
export type Copied = { bytes: Buffer; end: number };

/**
 * Runs a COPY … TO STDOUT. @param into room to use again; where it does not do, more is made. @returns null where the rows have more bytes than `most`: the
 * connection is then in the middle of them, and of no use to anybody. Throws what the statement or the connection throws.
 */
export function copyOut(
  client: PoolClient,
  text: string,
  { into, most }: { into: Buffer; most: number },
): Promise<Copied | null> {
  return new Promise((took, failed) => {
    client.query(new Gathering(text, into, most, took, failed));
  });
}

/** Who reads from a socket now, where that is not pg. */
type Place = { reader: Gathering | null };
const places = new WeakMap<Duplex, Place>();

/** What a read is given room for, at least. */
const ROOM_BYTES = 64 * 1024;

/**
 * A socket for a connection of pg, from which a COPY is read straight into its room: the kernel writes there, and no memory is made for what was read. All else
 * that comes is handed to pg as a stream would; but nobody can pause it.
 */
export function copySocket(): Socket {
  const place: Place = { reader: null };
  const own = Buffer.allocUnsafeSlow(ROOM_BYTES);
  const socket = new Socket({
    onread: {
      buffer: () => place.reader?.room() ?? own,
      callback: (length, bytes) => {
        const rest = place.reader ? place.reader.take(bytes, length) : Buffer.from(bytes.subarray(0, length));
        if (!rest) return true;
        place.reader = null;
        socket.emit('data', rest);
        return true;
      },
    },
  });
  places.set(socket, place);
  return socket;
}

class Gathering implements Submittable {
  readonly #text: string;
  readonly #most: number;
  readonly #took: (copied: Copied | null) => void;
  readonly #failed: (error: Error) => void;
  #bytes: Buffer;
  #end = 0;
  /** where the next message begins, or will */
  #next = 0;

  constructor(text: string, into: Buffer, most: number, took: (copied: Copied | null) => void, failed: (error: Error) => void) {
    this.#text = text;
    this.#bytes = into;
    this.#most = most;
    this.#took = took;
    this.#failed = failed;
  }

  /** Called by pg, as the four that begin with `handle` are. */
  submit(connection: Connection): void {
    const { stream } = connection;
    const place = places.get(stream);
    if (place) place.reader = this;
    else this.#listen(stream);
    connection.query(this.#text);
  }

  /** To a stream that gives what it reads in memory of its own. */
  #listen(stream: Duplex): void {
    const [others] = stream.listeners('data') as ((chunk: Buffer) => void)[];
    if (!others) throw new Error('Nobody reads from this connection.');
    const take = (chunk: Buffer): void => {
      const rest = this.take(chunk, chunk.length);
      if (!rest) return;
      stream.off('data', take);
      stream.on('data', others);
      others(rest);
    };
    stream.off('data', others);
    stream.on('data', take);
  }

  /** Where the next bytes are read to; null: they are wanted no more. */
  room(): Uint8Array | null {
    if (this.#end > this.#most) return null;
    return this.#grown(ROOM_BYTES).subarray(this.#end);
  }

  /** Takes the first bytes of what was read. Gives what is for pg when the rows are over, or never came. */
  take(chunk: Uint8Array, length: number): Buffer | null {
    if (this.#end > this.#most) return null;
    if (chunk.buffer !== this.#bytes.buffer) this.#grown(length).set(chunk.subarray(0, length), this.#end);
    this.#end += length;
    const bytes = this.#bytes;
    let next = this.#next;
    const last = this.#end - HEADER_BYTES;
    while (next <= last) {
      const kind = bytes[next] as number;
      if (kind !== COPY_DATA && kind !== COPY_OUT_RESPONSE && !ASIDES.includes(kind)) {
        this.#next = next;
        return Buffer.from(bytes.subarray(next, this.#end));
      }
      // No message has 2 GB. A call for each would cost more than all else here.
      next +=
        1 +
        (((bytes[next + 1] as number) << 24) |
          ((bytes[next + 2] as number) << 16) |
          ((bytes[next + 3] as number) << 8) |
          (bytes[next + 4] as number));
    }
    this.#next = next;
    if (this.#end > this.#most) this.#took(null);
    return null;
  }

  /** Has room for so many bytes more. */
  #grown(more: number): Buffer {
    const needed = this.#end + more;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * needed);
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
    }
    return this.#bytes;
  }

  handleReadyForQuery(): void {
    this.#took({ bytes: this.#bytes, end: this.#next });
  }

  handleError(error: Error): void {
    this.#failed(error);
  }

  handleCommandComplete(): void {}
}

/**
 * The rows of a binary COPY, read one after the other where they lie (PostgreSQL's documentation, COPY, Binary Format): a count of fields, then each with its
 * length; -1 is null. Nothing is made of a row but what is asked for.
 */
export class CopyRows {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #end: number;
  #next = 0;
  #first = true;
  readonly #words = new Map<number, { text: string; bytes: Buffer }>();
  /** where the next field begins, and so where the last one ends */
  at = 0;

  constructor({ bytes, end }: Copied) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = end;
  }

  /** Whether there is another one; its fields are read in their order. */
  next(): boolean {
    while (this.#next < this.#end) {
      const begin = this.#next;
      this.#next = begin + 1 + this.#view.getUint32(begin + 1);
      if (this.#bytes[begin] !== COPY_DATA) continue;
      this.at = begin + HEADER_BYTES;
      if (this.#first) {
        this.#first = false;
        this.at += COPY_HEADER_BYTES;
        // The header comes with the first row, or alone.
        if (this.at >= this.#next) continue;
      }
      const fields = this.#view.getInt16(this.at);
      this.at += 2;
      return fields >= 0;
    }
    return false;
  }

  /** 0 where it is null. */
  int(): number {
    const at = this.field();
    return at < 0 ? 0 : this.#view.getInt32(at);
  }

  /** False where it is null. */
  bool(): boolean {
    const at = this.field();
    return at >= 0 && this.#bytes[at] !== 0;
  }

  /** One of few: a text that was met before is not made again. */
  word(): string | null {
    const at = this.field();
    if (at < 0) return null;
    const length = this.at - at;
    const key = length * 256 + (length === 0 ? 0 : (this.#bytes[at] as number));
    const known = this.#words.get(key);
    if (known && sameBytes(known.bytes, this.#bytes, at)) return known.text;
    const word = { text: this.#bytes.toString('utf8', at, this.at), bytes: Buffer.from(this.#bytes.subarray(at, this.at)) };
    this.#words.set(key, word);
    return word.text;
  }

  /** Where the next field begins; it ends at `at`. -1: it is null. */
  field(): number {
    const length = this.#view.getInt32(this.at);
    this.at += 4;
    if (length < 0) return -1;
    this.at += length;
    return this.at - length;
  }
}

/** A signature of eleven bytes, flags, and the length of an extension that nobody has used yet */
const COPY_HEADER_BYTES = 19;

function sameBytes(word: Buffer, bytes: Buffer, at: number): boolean {
  for (let place = 0; place < word.length; place += 1) if (word[place] !== bytes[at + place]) return false;
  return true;
}
