/** How a dataset was read: every guess with what speaks for it, and what is to be asked. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { questionsOf, type Seen } from '#lib/core/values/questions.ts';
import { HEAD_BYTES } from '#lib/ingest/port.ts';
import { fileToRead } from '#lib/ingest/registry.ts';
import { firstBytes } from '#lib/ingest/source.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { isId } from '#lib/steps/ids.ts';
import { readItemPage } from '#lib/store/datasets/items.sql.ts';
import type { Original } from '#lib/store/originals/port.ts';
import { db } from '#lib/store/postgres/db.ts';
import { type ReadingNow, readReadingNow } from './reading-now.ts';

/** The latest reading, or null without the dataset, or when its upload failed. */
export async function readReading(actor: Actor, { datasetId }: { datasetId: string }): Promise<Reading | null> {
  authorise(actor, 'see');
  const now = isId(datasetId) ? await readReadingNow(datasetId) : null;
  return now && now.head.state !== 'failed' ? readingOf(now) : null;
}

/** As it is told. */
export async function readingOf({ head, reading, sources }: ReadingNow): Promise<Reading> {
  const { revision, digest, body } = reading;
  const doubtful = questionsOf(body).length > 0;
  const questions = doubtful ? questionsOf(body, await seenOf(head.id, sources[0]?.original ?? null, head.dialect)) : [];
  return {
    ...{ dataset: head.id, revision, digest, ...body, questions },
    sources: sources.map(({ name, bytes, digest: of, original }) => ({
      ...{ name, bytes, digest: of.toString('hex'), kept: original !== null },
    })),
    state: head.state === 'receiving' ? 'reading' : doubtful ? 'asks' : 'ready',
    ...{ items: head.itemCount, unreadable: head.unreadableCount },
  };
}

const VALUES_SEEN = 50;

/** What questions take their examples from: the first items, and the first lines of the file. */
export async function seenOf(datasetId: string, original: Original | null, dialect: unknown): Promise<Seen> {
  const [{ rows }, lines] = await Promise.all([
    readItemPage(db().pool, datasetId, 0, VALUES_SEEN),
    original ? linesOf(original, dialect) : [],
  ]);
  return {
    valuesOf: (field) => rows.flatMap(({ fields }) => (Object.hasOwn(fields, field) ? [fields[field] ?? ''] : [])),
    line: (number) => lines[number - 1] ?? null,
  };
}

/** For the eye: in a character set that this runtime does not know, the bytes are shown as they are taken most often. */
async function linesOf(original: Original, dialect: unknown): Promise<string[]> {
  const { chunks } = await fileToRead({ name: '', chunks: original.read() });
  const pieces: Buffer[] = [];
  for await (const piece of firstBytes(chunks, HEAD_BYTES).chunks) pieces.push(piece);
  const { charset } = (dialect ?? {}) as { charset?: unknown };
  const text = Buffer.concat(pieces);
  // A workbook has no lines of text.
  if (text.includes(0) && !/^utf-?(?:16|32)/i.test(String(charset))) return [];
  try {
    return new TextDecoder(String(charset ?? 'utf-8')).decode(text).split(/\r\n|\n|\r/);
  } catch {
    return text.toString('latin1').split(/\r\n|\n|\r/);
  }
}
