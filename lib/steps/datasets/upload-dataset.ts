/** A file becomes a dataset: parsed as it arrives, stored in committed segments, never held whole. */

import { createHash, randomUUID } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { DATABASE_FAULT_WORDS, damageOf, databaseFault, refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import {
  SEGMENT_BYTES,
  SEGMENT_MS,
  SEGMENT_ROWS,
  UPLOAD_BYTES_MAX,
  UPLOADS_AT_ONCE,
  UPLOADS_PER_PERSON_MAX,
} from '#lib/core/limits.ts';
import { Profile } from '#lib/ingest/profile.ts';
import { detectFormat, fileToRead } from '#lib/ingest/registry.ts';
import { chunksOf, peek } from '#lib/ingest/source.ts';
import { log } from '#lib/log.ts';
import { withoutEnding } from '#lib/steps/file-stem.ts';
import { doneBefore } from '#lib/store/api/api-writes.ts';
import { ItemRows } from '#lib/store/datasets/item-rows.ts';
import { type Arrived, BEGUN, beginUpload, UPLOADED, type Upload } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type UploadInput = {
  /** The file's name: its ending tells between formats, and people know the dataset by it. */
  name: string;
  source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  /** What the sender announced; a file that ends before it has broken off. */
  contentLength?: number | null | undefined;
};

export type UploadOptions = {
  /** The dataset's id, for whoever wants to watch it arrive. */
  id?: string;
  now?: Date;
  /** The sender is gone: what it sent is given up. */
  signal?: AbortSignal;
};

export type Uploaded = { id: string; itemCount: number; unreadableCount: number; bytes: number };

/**
 * Reads the file to its end and answers when the dataset is ready. While it arrives, its first items can be read. When it can't be
 * read, or breaks off, the dataset is `failed` with the reason and has no items, and the same words are thrown. The repeat of a request with an
 * Idempotency-Key goes on with the same dataset: what an earlier try left of it is replaced.
 * @throws CountersignError `too_large`, `unsupported`, `invalid` (no items, or a file that is none), `unavailable` (broken off, too many
 * at once, the database), `too_slow`, `conflict` (given up by somebody else).
 */
export async function uploadDataset(actor: Actor, input: UploadInput, options: UploadOptions = {}): Promise<Uploaded> {
  authorise(actor, 'upload');
  const name = nameOf(input.name);
  if ((input.contentLength ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge(name);
  const before = doneBefore<Uploaded>(UPLOADED);
  if (before) return before;
  const leave = takeSlot(actor);
  try {
    const begun = doneBefore<string>(BEGUN);
    const id = begun ?? options.id ?? randomUUID();
    const dataset = { id, name, createdBy: actor.id, again: begun !== undefined };
    const upload = await beginUpload(db().pool, dataset).catch((error: unknown) => {
      throw inWords(error, name);
    });
    try {
      return await receive(upload, id, name, input, options);
    } catch (error) {
      const told = inWords(error, name);
      // When even this fails, the sweep of abandoned uploads finds the dataset once the database is back.
      await upload
        .fail(told.message)
        .catch((problem: unknown) => log.error({ err: problem, dataset: id }, 'a failed upload could not be marked'));
      throw told;
    } finally {
      upload.close();
    }
  } finally {
    leave();
  }
}

/** Who sends the files that are arriving here. */
const arriving: string[] = [];

/** Counted before anything is awaited, so that many who come at once don't pass together. Gives what frees the slot. */
function takeSlot({ id }: Actor): () => void {
  const own = arriving.filter((other) => other === id).length;
  if (own >= UPLOADS_PER_PERSON_MAX)
    throw new CountersignError(
      'unavailable',
      `${own} files of yours are being uploaded already. Try again when one of them is complete.`,
    );
  if (arriving.length >= UPLOADS_AT_ONCE) {
    const message = `${arriving.length} files are being uploaded already. Try again when one of them is complete.`;
    throw new CountersignError('unavailable', message);
  }
  arriving.push(id);
  return () => void arriving.splice(arriving.indexOf(id), 1);
}

async function receive(
  upload: Upload,
  id: string,
  name: string,
  { source, contentLength }: UploadInput,
  { now = new Date(), signal }: UploadOptions,
): Promise<Uploaded> {
  const counted = new CountedSource(source, name, contentLength ?? null, signal);
  const file = await fileToRead({ name, chunks: counted.chunks() });
  const { head, whole } = await peek(file.chunks);
  if (head.length === 0) throw new CountersignError('invalid', `“${name}” is empty: it has 0 bytes.`);
  const format = detectFormat(head, file.name);
  const profile = new Profile();
  const pipe = new Segments(upload, id);
  const arrived = (dialect: unknown, fields: unknown): Arrived => ({
    bytes: counted.bytes,
    format: format.name,
    dialect,
    fields,
  });
  let dialect: unknown = null;
  try {
    for await (const segment of format.parse(whole, { fileName: file.name, now, said: {} })) {
      dialect = segment.dialect;
      profile.add(segment.fields, segment.items);
      pipe.add(segment);
      if (pipe.isDue()) await pipe.send((described) => arrived(dialect, described ? profile.fields() : null));
    }
    if (pipe.itemCount === 0) throw new CountersignError('invalid', nothingIn(name, pipe.unreadableCount));
    await pipe.send(() => arrived(dialect, null));
    await pipe.settle();
  } catch (error) {
    // The connection is busy until its segment is through or has failed.
    await pipe.settle().catch(() => {});
    throw error;
  }
  const uploaded = { id, itemCount: pipe.itemCount, unreadableCount: pipe.unreadableCount, bytes: counted.bytes };
  await upload.complete(counted.digest(), arrived(dialect, profile.fields()), uploaded);
  return uploaded;
}

/** Two sets of rows: one is filled while the other is on its way into the database. */
class Segments {
  itemCount = 0;
  unreadableCount = 0;
  readonly #upload: Upload;
  #filling: ItemRows;
  #sent: ItemRows;
  #inFlight: Promise<void> | null = null;
  #lastSent = performance.now();
  #lastDescribed = Number.NEGATIVE_INFINITY;

  constructor(upload: Upload, id: string) {
    this.#upload = upload;
    this.#filling = new ItemRows(id);
    this.#sent = new ItemRows(id);
  }

  add(segment: Parameters<ItemRows['add']>[0]): void {
    this.#filling.add(segment, this.itemCount + 1);
    this.itemCount += segment.items.length;
    this.unreadableCount += segment.unreadable.length;
  }

  isDue(): boolean {
    const { itemCount, unreadableCount, bytes } = this.#filling;
    if (itemCount + unreadableCount === 0) return false;
    if (itemCount + unreadableCount >= SEGMENT_ROWS || bytes >= SEGMENT_BYTES) return true;
    // A slow sender's rows are to be seen too.
    return performance.now() - this.#lastSent >= SEGMENT_MS;
  }

  /** Waits for the segment before, and starts this one on its way. `arrived(true)` asks for the profile so far, now and then. */
  async send(arrived: (described: boolean) => Arrived): Promise<void> {
    await this.settle();
    if (this.#filling.itemCount + this.#filling.unreadableCount === 0) return;
    const rows = this.#filling;
    this.#filling = this.#sent;
    this.#sent = rows;
    this.#filling.reset();
    const now = performance.now();
    const described = now - this.#lastDescribed >= SEGMENT_MS;
    if (described) this.#lastDescribed = now;
    this.#lastSent = now;
    this.#inFlight = this.#upload.commit(rows, arrived(described));
    // Whoever settles hears of a failure; until then it is not unhandled.
    this.#inFlight.catch(() => {});
  }

  async settle(): Promise<void> {
    const inFlight = this.#inFlight;
    this.#inFlight = null;
    await inFlight;
  }
}

/** Counts and digests what goes by, and tells a broken-off source from one that is at its end. */
class CountedSource {
  bytes = 0;
  readonly #source: UploadInput['source'];
  readonly #name: string;
  readonly #announced: number | null;
  readonly #signal: AbortSignal | undefined;
  readonly #hash = createHash('sha256');

  constructor(source: UploadInput['source'], name: string, announced: number | null, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#name = name;
    this.#announced = announced;
    this.#signal = signal;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const source = chunksOf(this.#source);
    try {
      while (true) {
        const next = await source.next().catch((error: unknown) => {
          if (error instanceof CountersignError) throw error;
          throw brokeOff(this.#name, this.bytes, this.#announced, error);
        });
        if (this.#signal?.aborted) throw brokeOff(this.#name, this.bytes, this.#announced, this.#signal.reason);
        if (next.done) break;
        this.bytes += next.value.length;
        if (this.bytes > UPLOAD_BYTES_MAX) throw tooLarge(this.#name);
        this.#hash.update(next.value);
        yield next.value;
      }
    } finally {
      // A sender that is not listened to any more is told so; it may be gone itself.
      await source.return(undefined).catch(() => {});
    }
    if (this.#announced !== null && this.bytes < this.#announced)
      throw brokeOff(this.#name, this.bytes, this.#announced, undefined);
  }

  digest(): Buffer {
    return this.#hash.digest();
  }
}

const NAME_CHARS_MAX = 200;

/** A name without a path and without what can't be shown. */
function nameOf(given: string): string {
  const last = given.toWellFormed().split(/[\\/]/).at(-1) ?? '';
  const name = last.replace(/\p{C}+/gu, ' ').trim();
  if (name === '') throw new CountersignError('invalid', 'The file has no name. Give it one: its ending says what it is.');
  if (name.length <= NAME_CHARS_MAX) return name;
  const ending = name.slice(withoutEnding(name).length);
  return `${name.slice(0, NAME_CHARS_MAX - ending.length)}${ending}`.toWellFormed();
}

function nothingIn(name: string, unreadable: number): string {
  if (unreadable === 0) return `“${name}” has a header but no rows below it.`;
  return `None of the ${unreadable} rows of “${name}” could be read. Check that it is the right file.`;
}

function tooLarge(name: string): CountersignError {
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

function inWords(error: unknown, name: string): CountersignError {
  if (error instanceof CountersignError) return error;
  log.error({ err: error }, 'an upload failed');
  const fault = databaseFault(error);
  const why = fault
    ? `${DATABASE_FAULT_WORDS[fault.kind].what} ${DATABASE_FAULT_WORDS[fault.kind].todo}`
    : damageOf(error)?.message;
  return new CountersignError(
    'unavailable',
    why
      ? `“${name}” could not be stored. ${why} Nothing of it was kept. Upload it again then.`
      : 'The database did not take the file. Nothing of it was kept. Upload it again.',
    { facts: refusalOfFault(error)?.facts ?? {}, cause: error },
  );
}
