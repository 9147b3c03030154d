/** How a dataset was read: every guess with what speaks for it, and what is to be asked. */
import iconv from 'iconv-lite';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { questionLines, questionsOf, type Seen } from '#lib/core/values/questions.ts';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { HEAD_BYTES } from '#lib/ingest/port.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { isId } from '#lib/steps/ids.ts';
import { readItemPage } from '#lib/store/datasets/items.sql.ts';
import type { Original } from '#lib/store/originals/port.ts';
import { db } from '#lib/store/postgres/db.ts';
import { itemLines } from './item-lines.ts';
import { beginningOf } from './original-text.ts';
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
  const questions = doubtful
    ? questionsOf(body, await seenOf(body, { datasetId: head.id, original: sources[0]?.original ?? null, dialect: head.dialect }))
    : [];
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

/** What questions about a reading take their examples from: the first items, the first lines of the file, and those further on at which an item begins. */
export async function seenOf(
  reading: ReadingBody,
  { datasetId, original, dialect }: { datasetId: string; original: Original | null; dialect: unknown },
): Promise<Seen> {
  const [{ rows }, lines] = await Promise.all([
    readItemPage(db().pool, datasetId, 0, VALUES_SEEN),
    original ? linesOf(original, dialect) : [],
  ]);
  const asked = questionLines(reading).filter((line) => lines[line - 1] === undefined);
  const further = asked.length === 0 ? [] : await itemLines(datasetId, asked, charsetOf(dialect));
  return {
    valuesOf: (field) => rows.flatMap(({ fields }) => (Object.hasOwn(fields, field) ? [fields[field] ?? ''] : [])),
    line: (number) => lines[number - 1] ?? further.find(({ line }) => line === number)?.text ?? null,
  };
}

async function linesOf(original: Original, dialect: unknown): Promise<string[]> {
  const pieces: Buffer[] = [];
  for await (const piece of (await beginningOf(original, '', HEAD_BYTES)) ?? []) pieces.push(piece);
  const charset = charsetOf(dialect);
  const text = Buffer.concat(pieces);
  // A workbook has no lines of text.
  if (text.includes(0) && !/^utf-?(?:16|32)/i.test(charset)) return [];
  return iconv.decode(text, iconv.encodingExists(charset) ? charset : 'UTF-8').split(/\r\n|\n|\r/);
}

function charsetOf(dialect: unknown): string {
  return String((dialect as { charset?: unknown } | null)?.charset ?? 'UTF-8');
}
