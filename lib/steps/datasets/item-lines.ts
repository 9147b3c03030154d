/** Lines of a file by the items that begin at them: where the file itself is no text, or they are too far into it. */
import { LINE_SHOWN_BYTES } from '#lib/core/limits.ts';
import { type SourceLine, shownLine } from '#lib/ingest/source-lines.ts';
import { readItemLines } from '#lib/store/datasets/items.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Those lines of the dataset's first file at which an item begins, in their order. @param charset that its bytes are in */
export async function itemLines(datasetId: string, lines: readonly number[], charset: string): Promise<SourceLine[]> {
  const found = await readItemLines(db().pool, datasetId, lines, LINE_SHOWN_BYTES);
  return found.map(({ line, raw }) => ({ line, text: shownLine(raw, charset) }));
}
