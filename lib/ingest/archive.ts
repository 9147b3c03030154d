/** A zip archive that comes as a stream. Its list of members is at its end, so it lies in a file without a name while it is read. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Entry, fromFd, type ZipFile } from 'yauzl';
import { CountersignError } from '#lib/core/errors.ts';
import { PACKED_BYTES_FREE, PACKED_MEMBERS_MAX, PACKED_RATIO_MAX, UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';

/** `bytes`: what it unpacks to, as the archive says; reading it ends with an error where that is not so. */
export type Member = { name: string; bytes: number };

export class Archive {
  readonly members: readonly Member[];
  readonly #fileName: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #zip: ZipFile;
  readonly #file: FileHandle;

  private constructor(fileName: string, zip: ZipFile, file: FileHandle, entries: readonly Entry[]) {
    this.#fileName = fileName;
    this.#zip = zip;
    this.#file = file;
    this.#entries = new Map(entries.map((entry) => [entry.fileName, entry]));
    this.members = [...this.#entries.values()].map((entry) => ({ name: entry.fileName, bytes: entry.uncompressedSize }));
  }

  /**
   * Takes all of the source in. It is the caller's to `close`.
   * @throws CountersignError `invalid` (damaged), `too_large` (too many members); what the source throws.
   */
  static async open(source: AsyncIterable<Buffer>, fileName: string): Promise<Archive> {
    const path = join(tmpdir(), `countersign-${randomUUID()}.zip`);
    const file = await open(path, 'wx+', 0o600);
    try {
      // Nobody else finds it, and nothing is left of it whatever happens.
      await unlink(path);
      for await (const chunk of source) await file.write(chunk);
      const zip = await new Promise<ZipFile>((resolve, reject) => {
        fromFd(file.fd, { lazyEntries: true, autoClose: false }, (error, opened) =>
          error ? reject(damaged(fileName, error)) : resolve(opened),
        );
      });
      if (zip.entryCount > PACKED_MEMBERS_MAX)
        throw new CountersignError(
          'too_large',
          `“${fileName}” holds ${zip.entryCount} files, more than the ${PACKED_MEMBERS_MAX} that are looked through. Pack the one that is meant.`,
        );
      return new Archive(fileName, zip, file, await entriesOf(zip, fileName));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * The bytes of a member.
   * @throws CountersignError `too_large` (before anything is unpacked), `unsupported` (with a password, or packed otherwise), `invalid` (damaged, or no such member)
   */
  async *read(name: string): AsyncGenerator<Buffer> {
    const entry = this.#entries.get(name);
    if (!entry) throw new CountersignError('invalid', `“${this.#fileName}” holds no “${name}”.`);
    assertBounded(entry, `“${name}” in “${this.#fileName}”`);
    if (entry.isEncrypted())
      throw new CountersignError(
        'unsupported',
        `“${name}” in “${this.#fileName}” is locked with a password. Unlock it and upload it again.`,
      );
    if (!entry.canDecodeFileData())
      throw new CountersignError(
        'unsupported',
        `“${name}” in “${this.#fileName}” is packed in a way that can't be read. Unpack it and upload it.`,
      );
    let sum = 0;
    try {
      const stream = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
        this.#zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened as AsyncIterable<Buffer>)));
      });
      for await (const chunk of stream) {
        sum = crc32(chunk, sum);
        yield chunk;
      }
    } catch (error) {
      throw damaged(this.#fileName, error);
    }
    if (sum !== entry.crc32) throw damaged(this.#fileName, new Error(`“${name}” has another checksum`));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** What a thing unpacks to and what it is packed to: throws `too_large` where nobody would pack so, or where it is more than a file may have. */
export function assertBounded(
  { compressedSize, uncompressedSize }: Pick<Entry, 'compressedSize' | 'uncompressedSize'>,
  what: string,
): void {
  if (uncompressedSize > UPLOAD_BYTES_MAX)
    throw new CountersignError(
      'too_large',
      `${what} unpacks to more than ${UPLOAD_BYTES_MAX / 1024 ** 3} GB, the limit of a file. Split it and upload the parts.`,
    );
  if (uncompressedSize > PACKED_BYTES_FREE && uncompressedSize > PACKED_RATIO_MAX * compressedSize)
    throw new CountersignError(
      'too_large',
      `${what} unpacks to more than ${PACKED_RATIO_MAX} times its size, which is taken for an attack. Unpack it and upload it.`,
    );
}

function entriesOf(zip: ZipFile, fileName: string): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error: unknown) => reject(damaged(fileName, error)));
    zip.readEntry();
  });
}

export function damaged(fileName: string, cause: unknown): CountersignError {
  if (cause instanceof CountersignError) return cause;
  const why = (cause instanceof Error ? cause.message : String(cause)).replace(/\.+$/, '');
  return new CountersignError(
    'invalid',
    `“${fileName}” is damaged and can't be unpacked: ${why}. Pack it anew and upload it again.`,
    { cause },
  );
}
