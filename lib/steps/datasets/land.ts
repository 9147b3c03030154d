/** A dataset from its beginning to its end: whatever happens to it, it is ready or failed afterwards, with words. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { DATABASE_FAULT_WORDS, damageOf, databaseFault, refusalOfFault } from '#lib/core/fleet/database-fault.ts';
import { UPLOADS_AT_ONCE, UPLOADS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { beginUpload, type NewDataset, type Upload } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Begins the dataset and has `act` fill and complete it. What `act` throws is thrown in words, and is why the dataset failed. */
export async function land<T>(dataset: NewDataset, act: (upload: Upload) => Promise<T>): Promise<T> {
  const { id, name } = dataset;
  const upload = await beginUpload(db().pool, dataset).catch((error: unknown) => {
    throw inWords(error, name);
  });
  try {
    return await act(upload);
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
}

/** Who sends, or has read anew, the files that are arriving here. */
const arriving: string[] = [];

/** Counted before anything is awaited, so that many who come at once don't pass together. Gives what frees the slot. */
export function takeSlot({ id }: Actor): () => void {
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
