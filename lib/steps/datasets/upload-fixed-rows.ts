/** Rows that could not be read, fixed by a person, are uploaded: a new dataset of the items that were read and of these. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { UPLOAD_BYTES_MAX } from '#lib/core/limits.ts';
import { saidIn } from '#lib/core/values/said.ts';
import { doneBefore } from '#lib/store/api/api-writes.ts';
import { BEGUN, UPLOADED } from '#lib/store/datasets/items.sql.ts';
import type { DatasetSource } from '#lib/store/datasets/sources.sql.ts';
import { ArrivingFile, nameOf, tooLarge, type UploadInput } from './arriving-file.ts';
import { withAnswers } from './change-reading.ts';
import { CheckedFile } from './checked-file.ts';
import { land, takeSlot } from './land.ts';
import { filesOf, readReadingNow } from './reading-now.ts';
import { receiveRows } from './receive.ts';
import type { Uploaded, UploadOptions } from './upload-dataset.ts';

const about = z.strictObject({
  datasetId: z.uuid(),
  /** how many of the rows that could not be read the file does not bring: they are given up */
  leaveOut: z.int().min(0).default(0),
});

/**
 * The items of the dataset come first, in order, then those of the fixed file, which has the same first line. The new dataset replaces the old one, which stays.
 * Throws as `uploadDataset` does; `invalid` when the file brings fewer rows than could not be read, and not as many are left out; `conflict` without an unreadable
 * row, or without the original.
 */
export async function uploadFixedRows(
  actor: Actor,
  raw: z.input<typeof about>,
  input?: UploadInput,
  { now = new Date(), signal, id: chosen }: UploadOptions = {},
): Promise<Uploaded> {
  authorise(actor, 'upload');
  const read = about.safeParse(raw);
  if (!read.success || !input)
    throw new CountersignError('invalid', 'Give the id of a dataset, a file, and how many rows are left out.');
  const name = nameOf(input.name);
  if ((input.contentLength ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge(name);
  const before = doneBefore<Uploaded>(UPLOADED);
  if (before) return before;
  const old = await readReadingNow(read.data.datasetId);
  if (!old) throw new CountersignError('not_found', 'There is no such dataset.');
  if (old.head.state !== 'ready' || old.head.unreadableCount === 0)
    throw new CountersignError('conflict', `“${old.head.name}” has no row that could not be read.`);
  const files = filesOf(old);
  const kept: DatasetSource[] = files.map(({ original: _, ...source }) => source);
  const said = saidIn(old.reading.body);
  const leave = takeSlot(actor);
  try {
    const begun = doneBefore<string>(BEGUN);
    const id = begun ?? chosen ?? randomUUID();
    const dataset = {
      ...{ id, name: old.head.name, createdBy: actor.id, again: begun !== undefined },
      ...{ supersedes: old.head.id, sources: kept },
    };
    return await land(dataset, async (upload) => {
      const fixed = await ArrivingFile.begin(id, { ...input, name }, signal);
      try {
        // Its rows come last, and nobody waits with sending them while the others are read.
        for await (const _ of fixed.chunks());
        const arrived = await fixed.finish();
        const checked = files.map(({ original, ...source }) => new CheckedFile(source, original));
        const sources = [
          ...checked.map((file, index) => ({ name: kept[index]?.name ?? '', chunks: () => file.chunks() })),
          { name, chunks: () => fixed.read() },
        ];
        const bytes = () => checked.reduce((sum, file) => sum + file.bytes, fixed.bytes);
        const received = await receiveRows({ upload, id, sources, said, now, bytes });
        assertAllBrought(name, old.head.unreadableCount, received.brought, read.data.leaveOut);
        const { itemCount, unreadableCount } = received;
        const uploaded: Uploaded = { id, itemCount, unreadableCount, bytes: bytes(), same: null };
        await upload.complete({
          ...{ digest: null, arrived: received.arrived, sources: [...kept, arrived], keep: () => fixed.keep() },
          ...{ reading: await withAnswers(id, received.reading, said), by: actor.id, gives: uploaded },
        });
        return uploaded;
      } finally {
        await fixed.drop();
      }
    });
  } finally {
    leave();
  }
}

/** A row that is not there is a loss, and somebody has to say so. */
function assertAllBrought(name: string, unreadable: number, brought: number, leaveOut: number): void {
  const missing = Math.max(0, unreadable - brought);
  if (missing === leaveOut) return;
  const rows = (count: number) => (count === 1 ? '1 row' : `${count} rows`);
  const message =
    missing === 0
      ? `“${name}” brings ${rows(brought)}, and ${rows(unreadable)} could not be read: none is left out, and ${leaveOut} were to be.`
      : `“${name}” brings ${rows(brought)}, and ${rows(unreadable)} could not be read. Add the others, or say that ${missing} are left out (leaveOut=${missing}).`;
  throw new CountersignError('invalid', message, { facts: { unreadable, brought, leaveOut: missing } });
}
