/** One item taken apart, for the person who has it open: nobody else's mail is. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { MAIL_OPENED_BYTES, MAIL_OPENED_MS, TREE_SHOWN_BYTES } from '#lib/core/limits.ts';
import { EndedEarly, inThread } from '#lib/engine/threads.ts';
import type { OpenedMail } from '#lib/ingest/port.ts';
import type { itemOpened } from '#lib/shapes/datasets.ts';
import { isNumber } from '#lib/steps/ids.ts';
import { readItemWithRaw } from '#lib/store/datasets/found-items.sql.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { textInFile } from './find-items.ts';
import type { ItemToOpen } from './open-item.ts';
import { readDataset } from './read-datasets.ts';

/**
 * Null where there is no such item.
 * @throws CountersignError `too_large` where a mail takes longer than MAIL_OPENED_MS, `unavailable` where too many wait to be taken apart
 */
export async function readOpened(
  actor: Actor,
  { id, ordinal }: { id: string; ordinal: number },
): Promise<z.infer<typeof itemOpened> | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset || !isNumber(ordinal)) return null;
  const { format, dialect } = dataset;
  const { as } = dataset.drawn;
  const most = as === 'mail' ? MAIL_OPENED_BYTES : TREE_SHOWN_BYTES;
  const row = await readItemWithRaw(db().pool, id, ordinal, as === 'form' ? 0 : most);
  if (!row) return null;
  const whole = row.rawBytes <= most;
  if (as === 'tree') return { kind: 'tree', json: whole ? textInFile(row.raw, dialect?.charset).text : null };
  if (as === 'form' || format === null) return { kind: 'form' };
  const reading = await readStoredReading(db().pool, { datasetId: id });
  const mail = await inAThread({ format, raw: row.raw, layout: reading?.body.layout ?? {} });
  return mail ? { kind: 'mail', ...mail, whole } : { kind: 'form' };
}

async function inAThread(item: ItemToOpen): Promise<OpenedMail | null> {
  try {
    return await inThread<ItemToOpen, OpenedMail | null>('openItem', item, { jobMs: MAIL_OPENED_MS });
  } catch (error) {
    if (!(error instanceof EndedEarly)) throw error;
    throw new CountersignError(
      'too_large',
      `This mail takes longer than ${MAIL_OPENED_MS / 1_000} s to be taken apart. Read its text, or its source.`,
    );
  }
}
