import { RECORD_BYTES_MAX } from '#lib/core/limits.ts';
import { HEAD_BYTES } from './port.ts';

/** The smallest piece that is worth parsing by itself. */
const BLOCK_BYTES = 64 * 1024;

/** Any source of bytes as an async iterable of non-empty Buffers (views, nothing is copied). */
export async function* chunksOf(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  // Node's ReadableStream is async iterable; the DOM's type does not say so.
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    if (chunk.byteLength > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

/** The first HEAD_BYTES of a source (fewer when it is shorter), and the whole source again from its start. */
export async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ head: Buffer; complete: boolean; whole: AsyncGenerator<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let size = 0;
  let complete = false;
  while (size < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) {
      complete = true;
      break;
    }
    first.push(value);
    size += value.length;
  }
  const start = Buffer.concat(first);
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      while (!complete) {
        const { value, done } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: start.subarray(0, HEAD_BYTES), complete: complete && start.length <= HEAD_BYTES, whole: whole() };
}

/** No more than the first bytes of a source; tells whether there were more. */
export function firstBytes(source: AsyncIterable<Buffer>, most: number): { chunks: AsyncIterable<Buffer>; wasCut(): boolean } {
  let cut = false;
  async function* chunks(): AsyncGenerator<Buffer> {
    let left = most;
    for await (const chunk of source) {
      if (chunk.length > left) {
        cut = true;
        if (left > 0) yield chunk.subarray(0, left);
        return;
      }
      left -= chunk.length;
      yield chunk;
    }
  }
  return { chunks: chunks(), wasCut: () => cut };
}

/**
 * Feeds a reader that can only consume whole records: `read(block, final)` says how many bytes of the block it consumed, and gets
 * the rest again with more behind it. Blocks grow with what is left over, so that a long record arriving in small chunks is not
 * read again for each of them (linear in total, whatever the chunks). Yields what `read` leaves in `take()`.
 */
export async function* readBlocks<T>(
  source: AsyncIterable<Buffer>,
  reader: { read(block: Buffer, final: boolean): number; take(): T | null },
  blockBytes: number = BLOCK_BYTES,
): AsyncGenerator<T> {
  let left: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let growing: Growing | null = null;
  for await (const chunk of source) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (growing) growing.take(waiting);
    if (waitingBytes < Math.max(blockBytes, Math.min(left.length, LARGE_BYTES))) continue;
    const block = left.length === 0 && waiting.length === 1 ? chunk : (growing?.block() ?? Buffer.concat([left, ...waiting]));
    waiting = [];
    waitingBytes = 0;
    const consumed = reader.read(block, false);
    left = block.subarray(consumed);
    // What was given out of it stays as it is; what is left goes on in a block of its own.
    if (growing && consumed > 0) {
      left = Buffer.from(left);
      growing = null;
    } else if (!growing && consumed === 0 && left.length >= LARGE_BYTES) {
      growing = new Growing(left);
      left = growing.block();
    }
    const taken = reader.take();
    if (taken) yield taken;
  }
  const block = growing?.block() ?? Buffer.concat([left, ...waiting]);
  const consumed = reader.read(block, true);
  if (consumed !== block.length) throw new Error(`a reader left ${block.length - consumed} bytes at the end of the file`);
  const taken = reader.take();
  if (taken) yield taken;
}

/** From here on a record is not copied again each time it has doubled, and is looked at again each time so much has come. */
const LARGE_BYTES = 8 * 1024 ** 2;
/** Of addresses, not of memory: what is used of it is taken as it is used. */
const GROWING_BYTES_MAX = 2 * RECORD_BYTES_MAX;

/** A large record as it comes, in one place. */
class Growing {
  #memory: ArrayBuffer;
  #used = 0;

  constructor(first: Buffer) {
    this.#memory = memoryFor(first.length);
    this.take([first]);
  }

  /** Empties the list. */
  take(chunks: Buffer[]): void {
    for (const chunk of chunks.splice(0)) {
      if (this.#used + chunk.length > this.#memory.maxByteLength) this.#move(this.#used + chunk.length);
      this.#memory.resize(this.#used + chunk.length);
      new Uint8Array(this.#memory, this.#used, chunk.length).set(chunk);
      this.#used += chunk.length;
    }
  }

  block(): Buffer {
    return Buffer.from(this.#memory, 0, this.#used);
  }

  #move(bytes: number): void {
    const before = this.block();
    this.#memory = memoryFor(bytes);
    this.#memory.resize(before.length);
    new Uint8Array(this.#memory).set(before);
  }
}

function memoryFor(bytes: number): ArrayBuffer {
  return new ArrayBuffer(0, { maxByteLength: Math.max(GROWING_BYTES_MAX, 2 * bytes) });
}
