/** The rows that could not be read, whole, as a file that can be fixed and uploaded: with the first line of the original and in its character set. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { saidIn } from '#lib/core/values/said.ts';
import type { Format } from '#lib/ingest/port.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import { fileStem, withoutEnding } from '#lib/steps/file-stem.ts';
import { CheckedFile } from './checked-file.ts';
import { type Download, fileOf } from './download-dataset.ts';
import { filesOf, type ReadingNow, readReadingNow } from './reading-now.ts';
import { layoutOf, segmentsOf } from './receive.ts';

const input = z.strictObject({ datasetId: z.uuid() });

/**
 * They are cut out of the original, which is read anew as it was read. A row that is too large to be held is left out. Of several files it is the last: what could
 * not be read of the others was brought by it. Throws `not_found` without the dataset, or without such a row, and `conflict` without the original.
 */
export async function downloadUnreadable(actor: Actor, raw: z.input<typeof input>): Promise<Download> {
  authorise(actor, 'download');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a dataset.');
  const now = await readReadingNow(read.data.datasetId);
  if (!now) throw new CountersignError('not_found', 'There is no such dataset.');
  const { head } = now;
  if (head.unreadableCount === 0) throw new CountersignError('not_found', `Every row of “${head.name}” was read.`);
  const format = formatOf(head.format);
  if (!format) throw new CountersignError('unsupported', `“${head.name}” has no format that can be given back.`);
  const stem = `${fileStem(withoutEnding(head.name))}-to-fix`;
  return fileOf(stem, format, format.writeBack(head.dialect), unreadableRows(now, format, filesOf(now)));
}

async function* unreadableRows(
  { reading }: ReadingNow,
  format: Format,
  files: ReturnType<typeof filesOf>,
): AsyncGenerator<{ raw: Buffer }> {
  const file = files.at(-1);
  if (!file) return;
  const { original, ...source } = file;
  const chunks = () => new CheckedFile(source, original).chunks();
  const from = { name: source.name, chunks };
  const now = new Date();
  const names = reading.body.fields.map(({ name }) => name);
  const layout =
    files.length > 1 ? await layoutOf(from, { format, fields: names }, reading.body.layout, now) : saidIn(reading.body).layout;
  const parsed = await segmentsOf(from, format, undefined, { layout, now });
  for await (const { unreadable } of parsed.segments) for (const { raw } of unreadable) if (raw) yield { raw };
}
