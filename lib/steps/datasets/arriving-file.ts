/** A file that is being sent: counted, digested, and kept as an original while it is read. */
import { createHash } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import { UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';
import { withoutHidden } from '#lib/core/values/given-name.ts';
import { chunksOf } from '#lib/ingest/source.ts';
import { withoutEnding } from '#lib/steps/file-stem.ts';
import type { DatasetSource } from '#lib/store/datasets/sources.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import type { ArrivingOriginal } from '#lib/store/originals/port.ts';

export type UploadInput = {
  /** The file's name: its ending tells between formats, and people know the dataset by it. */
  name: string;
  source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  /** What the sender announced; a file that ends before it has broken off. */
  contentLength?: number | null | undefined;
};

/** Tells a broken-off source from one that is at its end. Nothing of it is left unless it is kept. */
export class ArrivingFile {
  bytes = 0;
  readonly name: string;
  readonly #source: UploadInput['source'];
  readonly #announced: number | null;
  readonly #signal: AbortSignal | undefined;
  readonly #original: ArrivingOriginal;
  readonly #hash = createHash('sha256');
  #onDisk: Promise<void> | null = null;
  #digest: Buffer | null = null;

  private constructor({ name, source, contentLength }: UploadInput, original: ArrivingOriginal, signal: AbortSignal | undefined) {
    this.name = name;
    this.#source = source;
    this.#announced = contentLength ?? null;
    this.#original = original;
    this.#signal = signal;
  }

  /** @param datasetId the dataset that is receiving it */
  static async begin(datasetId: string, input: UploadInput, signal: AbortSignal | undefined): Promise<ArrivingFile> {
    return new ArrivingFile(input, await originals().put(datasetId), signal);
  }

  /** Its bytes, each piece as it is on its way to the disk. */
  async *chunks(): AsyncGenerator<Buffer> {
    const source = chunksOf(this.#source);
    try {
      while (true) {
        const next = await source.next().catch((error: unknown) => {
          if (error instanceof CountersignError) throw error;
          throw brokeOff(this.name, this.bytes, this.#announced, error);
        });
        if (this.#signal?.aborted) throw brokeOff(this.name, this.bytes, this.#announced, this.#signal.reason);
        if (next.done) break;
        this.bytes += next.value.length;
        if (this.bytes > UPLOAD_BYTES_MAX) throw tooLarge(this.name);
        this.#hash.update(next.value);
        await this.#original.write(next.value);
        yield next.value;
      }
    } finally {
      // A sender that is not listened to any more is told so; it may be gone itself.
      await source.return(undefined).catch(() => {});
    }
    if (this.#announced !== null && this.bytes < this.#announced)
      throw brokeOff(this.name, this.bytes, this.#announced, undefined);
    // While its last rows are stored. Whoever finishes hears of a failure; until then it is not unhandled.
    this.#finish().catch(() => {});
  }

  /** After its last piece: all of it is on the disk. */
  async finish(): Promise<DatasetSource> {
    await this.#finish();
    this.#digest ??= this.#hash.digest();
    return { digest: this.#digest, bytes: this.bytes, name: this.name };
  }

  #finish(): Promise<void> {
    this.#onDisk ??= this.#original.finish();
    return this.#onDisk;
  }

  /** After `finish`: its bytes again. */
  read(): AsyncGenerator<Buffer> {
    return this.#original.read();
  }

  /** After `finish`: it is there under its digest. */
  async keep(): Promise<void> {
    const { digest } = await this.finish();
    await this.#original.keep(digest);
  }

  drop(): Promise<void> {
    return this.#original.drop();
  }
}

const NAME_CHARS_MAX = 200;

/** A name without a path and without what can't be shown. */
export function nameOf(given: string): string {
  const last = given.split(/[\\/]/).at(-1) ?? '';
  const name = withoutHidden(last);
  if (name === '') throw new CountersignError('invalid', 'The file has no name. Give it one: its ending says what it is.');
  if (name.length <= NAME_CHARS_MAX) return name;
  const ending = name.slice(withoutEnding(name).length);
  return `${name.slice(0, NAME_CHARS_MAX - ending.length)}${ending}`.toWellFormed();
}

export function tooLarge(name: string): CountersignError {
  const most = UPLOAD_BYTES_MAX / 1024 ** 3;
  return new CountersignError(
    'too_large',
    `“${name}” has more than ${most} GB, the limit of a file. Split it and upload the parts.`,
  );
}

function brokeOff(name: string, bytes: number, announced: number | null, cause: unknown): CountersignError {
  const of = announced === null ? '' : ` of ${sizeOf(announced)}`;
  return new CountersignError(
    'unavailable',
    `The upload of “${name}” broke off after ${sizeOf(bytes)}${of}. Nothing of it was kept. Upload it again.`,
    {
      cause,
    },
  );
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
