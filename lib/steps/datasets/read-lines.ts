/** Lines of the file that a dataset was read from, for people who look at what a guess goes by. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { LINES_ASKED_MAX, LINES_SCAN_BYTES } from '#lib/core/limits.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import { linesOfSource, type SourceLine } from '#lib/ingest/source-lines.ts';
import type { SourceLines } from '#lib/shapes/readings.ts';
import { isNumber } from '#lib/steps/ids.ts';
import { readSources } from '#lib/store/datasets/sources.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import type { Original } from '#lib/store/originals/port.ts';
import { db } from '#lib/store/postgres/db.ts';
import { itemLines } from './item-lines.ts';
import { beginningOf } from './original-text.ts';
import { readDataset } from './read-datasets.ts';

/**
 * Of a dataset's first file those lines that it has, in its order; none where the file was not kept. Of a packed file they are those of what is in it. Too far into the file, and where it is no text,
 * they are those at which an item begins, as its bytes say it. Null without the dataset.
 * @throws CountersignError `invalid`
 */
export async function readLines(
  actor: Actor,
  { id, lines }: { id: string; lines: readonly number[] },
): Promise<SourceLines | null> {
  const dataset = await readDataset(actor, { id });
  if (!dataset) return null;
  if (lines.length === 0 || lines.length > LINES_ASKED_MAX || !lines.every(isNumber)) {
    throw new CountersignError('invalid', `Lines are whole numbers from 1, at most ${LINES_ASKED_MAX} of them.`, {
      problems: [{ path: 'lines', message: 'These are not the numbers of lines.' }],
    });
  }
  const [source] = await readSources(db(), id);
  const original = source && (await originals().open(source.digest));
  if (!original) return { kept: false, lines: [] };
  const charset = String(dataset.dialect?.charset ?? 'UTF-8');
  const found = formatOf(dataset.format)?.readsWhole ? [] : await linesOf(original, source.name, charset, lines);
  const others = lines.filter((line) => !found.some((one) => one.line === line));
  if (others.length === 0) return { kept: true, lines: found };
  return { kept: true, lines: [...found, ...(await itemLines(id, others, charset))].sort((a, b) => a.line - b.line) };
}

async function linesOf(original: Original, name: string, charset: string, lines: readonly number[]): Promise<SourceLine[]> {
  // A piece more than is looked through, so that the scan itself ends it.
  const beginning = await beginningOf(original, name, LINES_SCAN_BYTES + PIECE_BYTES);
  return beginning ? linesOfSource(beginning, charset, lines) : [];
}

const PIECE_BYTES = 1024 ** 2;
