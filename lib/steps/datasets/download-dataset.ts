/** The items of a dataset, or of one category of a batch, as a file: their original bytes, or their fields. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { Format, WriteBack } from '#lib/ingest/port.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import { storedFields } from '#lib/shapes/datasets.ts';
import { endingOf, fileStem, withoutEnding } from '#lib/steps/file-stem.ts';
import { type Original, readOriginals } from '#lib/store/datasets/originals.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { DOWNLOAD_FORMATS } from './formats.ts';
import { readKept } from './reading-now.ts';

const input = z
  .strictObject({
    batchId: z.uuid().optional(),
    datasetId: z.uuid().optional(),
    format: z.enum(DOWNLOAD_FORMATS, `The format is ${DOWNLOAD_FORMATS.slice(0, -1).join(', ')} or ${DOWNLOAD_FORMATS.at(-1)}.`),
    category: z.string().min(1).optional(),
    shelf: z.string().min(1).optional(),
  })
  .refine(({ batchId, datasetId }) => (batchId === undefined) !== (datasetId === undefined), 'Give either a batch or a dataset.')
  .refine(({ batchId, category }) => category === undefined || batchId !== undefined, 'Only a batch has categories.')
  .refine(({ category, shelf }) => shelf === undefined || category !== undefined, 'With a shelf, give the category too.');

export type DownloadDatasetInput = z.input<typeof input>;
export type Download = { fileName: string; contentType: string; body: AsyncIterable<Uint8Array> };

/**
 * A stream of the items in the order of the file; of a whole dataset in its own format, the file itself where it is kept. A format's name asks for the original bytes, to be had only where the upload
 * was of that format; `original` is whichever it was; `jsonl` is a line `{ordinal, fields, category}` for each item. With a shelf it is exactly
 * what this category of the batch put there and what still lies there.
 *
 * @throws CountersignError `invalid`, `not_found`, `unsupported` (another format than the upload's).
 */
export async function downloadDataset(actor: Actor, raw: DownloadDatasetInput): Promise<Download> {
  authorise(actor, 'download');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The download can't be read: ${problems[0]?.message}`, { problems });
  }
  const { batchId = null, category = null, shelf = null, format } = read.data;
  const datasetId = batchId === null ? (read.data.datasetId ?? '') : await datasetOf(batchId, category);
  const dataset = await db().prisma.dataset.findUnique({ where: { id: datasetId } });
  if (!dataset) throw new CountersignError('not_found', 'There is no such dataset.');
  // Its rows may be there still, for its batches.
  if (batchId === null && dataset.deletedAt !== null) throw new CountersignError('not_found', `“${dataset.name}” was deleted.`);
  const items = readOriginals(db().pool, { datasetId, batchId, category, shelf });
  const parts = [withoutEnding(dataset.name), category, shelf].filter((part) => part !== null);
  const name = parts.map((part) => fileStem(part)).join('-');

  if (format === 'jsonl') {
    const { value: fields } = storedFields(dataset.fields);
    return {
      fileName: `${name}.jsonl`,
      contentType: 'application/jsonl; charset=utf-8',
      body: jsonLines(
        items,
        fields.map((field) => field.name),
      ),
    };
  }
  if (format !== 'original' && format !== dataset.format) {
    const message = `“${dataset.name}” was uploaded as ${dataset.format ?? 'an unknown format'} and can't be given back as ${format}. Ask for original or jsonl.`;
    throw new CountersignError('unsupported', message);
  }
  const own = formatOf(dataset.format);
  if (own === null) throw new CountersignError('unsupported', `“${dataset.name}” has no format that can be given back.`);
  const file = own.writeBack(dataset.dialect);
  const original = batchId === null ? await originalOf(datasetId) : null;
  if (original) {
    const ending = endingOf(original.name);
    // What was packed, or is of another ending, is nobody's text.
    const contentType = own.endings.includes(ending) ? own.contentType + charsetOf(file) : 'application/octet-stream';
    return { fileName: `${name}${ending || own.endings[0]}`, contentType, body: original.read() };
  }
  return fileOf(name, own, file, items);
}

/** A file of the format with these rows in it. @param stem its name without its ending */
export function fileOf(stem: string, format: Format, file: WriteBack, rows: AsyncIterable<{ raw: Buffer }>): Download {
  const { ending = format.endings[0], contentType = format.contentType } = file.written ?? {};
  return { fileName: `${stem}${ending}`, contentType: contentType + charsetOf(file), body: bytesOf(rows, file) };
}

const charsetOf = ({ charset }: WriteBack): string => (charset ? `; charset=${charset.toLowerCase()}` : '');

/** The file that the dataset was read from, byte for byte; null where it was several, or is not there. */
async function originalOf(datasetId: string): Promise<{ name: string; read(): AsyncIterable<Uint8Array> } | null> {
  const [file, ...others] = await readKept(datasetId);
  const { name, original } = file ?? {};
  return name !== undefined && original && others.length === 0 ? { name, read: () => original.read() } : null;
}

async function datasetOf(batchId: string, category: string | null): Promise<string> {
  const batch = await db().prisma.batch.findUnique({ where: { id: batchId }, select: { datasetId: true, plan: true } });
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  const names = storedPlan(batch.plan).value.categories.map(({ name }) => name);
  if (category === null || names.includes(category)) return batch.datasetId;
  throw new CountersignError('invalid', `There is no category “${category}”. Choose one of: ${names.join(', ')}.`);
}

async function* jsonLines(items: AsyncIterable<Original>, names: string[]): AsyncGenerator<Uint8Array> {
  yield* packed(items, ({ ordinal, fields, category }) => {
    // The database keeps the keys of an object in an order of its own; a person expects the file's.
    const ordered = Object.fromEntries(names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]));
    return Buffer.from(`${JSON.stringify({ ordinal, fields: ordered, category })}\n`);
  });
}

async function* bytesOf(rows: AsyncIterable<{ raw: Buffer }>, { head, write, tail }: WriteBack): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* packed(rows, ({ raw }) => write(raw));
  if (tail && tail.length > 0) yield tail;
}

const PIECE_BYTES = 64 * 1024;

/** Small records go out together: a stream of a million tiny pieces spends its time on the pieces. */
async function* packed<Item>(items: AsyncIterable<Item>, write: (item: Item) => Buffer): AsyncGenerator<Uint8Array> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const item of items) {
    const piece = write(item);
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}
