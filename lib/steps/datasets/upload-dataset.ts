/** A file becomes a dataset: parsed as it arrives, stored in committed segments, never held whole. Its bytes are kept as they are, as one file. */

import { randomUUID } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';
import { doneBefore } from '#lib/store/api/api-writes.ts';
import { readSameFile, type SameFile } from '#lib/store/datasets/datasets.ts';
import { BEGUN, UPLOADED } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ArrivingFile, nameOf, tooLarge, type UploadInput } from './arriving-file.ts';
import { land, takeSlot } from './land.ts';
import { receiveRows } from './receive.ts';

export type { UploadInput };

export type UploadOptions = {
  /** The dataset's id, for whoever wants to watch it arrive. */
  id?: string;
  now?: Date;
  /** The sender is gone: what it sent is given up. */
  signal?: AbortSignal;
};

/** `same`: the latest dataset of the very same bytes, which may be what is wanted. */
export type Uploaded = { id: string; itemCount: number; unreadableCount: number; bytes: number; same: SameFile | null };

/**
 * Reads the file to its end and answers when the dataset is ready. While it arrives, its first items can be read. When it can't be
 * read, or breaks off, the dataset is `failed` with the reason and has no items, and the same words are thrown. The repeat of a request with an
 * Idempotency-Key goes on with the same dataset: what an earlier try left of it is replaced.
 * @throws CountersignError `too_large`, `unsupported`, `invalid` (no items, or a file that is none), `unavailable` (broken off, too many
 * at once, the database, no room for the original), `too_slow`, `conflict` (given up by somebody else).
 */
export async function uploadDataset(actor: Actor, input: UploadInput, options: UploadOptions = {}): Promise<Uploaded> {
  authorise(actor, 'create_dataset');
  const name = nameOf(input.name);
  if ((input.contentLength ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge(name);
  const before = doneBefore<Uploaded>(UPLOADED);
  if (before) return before;
  const { now = new Date(), signal } = options;
  const leave = takeSlot(actor);
  try {
    const begun = doneBefore<string>(BEGUN);
    const id = begun ?? options.id ?? randomUUID();
    const dataset = { id, name, createdBy: actor.id, again: begun !== undefined, supersedes: null, sources: [] };
    return await land(dataset, async (upload) => {
      const file = await ArrivingFile.begin(id, { ...input, name }, signal);
      try {
        const said = { layout: {}, fields: [] };
        const sources = [{ name, chunks: () => file.chunks() }];
        const { arrived, reading, ...counts } = await receiveRows({ upload, id, sources, said, now, bytes: () => file.bytes });
        const source = await file.finish();
        const { itemCount, unreadableCount } = counts;
        const same = await readSameFile(db(), source.digest);
        const uploaded = { id, itemCount, unreadableCount, bytes: file.bytes, same };
        await upload.complete({
          ...{ digest: source.digest, arrived, sources: [source], keep: () => file.keep() },
          ...{ reading, by: actor.id, gives: uploaded },
        });
        return uploaded;
      } finally {
        await file.drop();
      }
    });
  } finally {
    leave();
  }
}
