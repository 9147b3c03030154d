/** A chunk's intermediate state as it is now: counts, and each item's category with its reason. */
import {
  detailsHeading,
  detailsItem,
  detailsNote,
  NOTES_HEADING,
  type ScratchpadSummary,
  scratchpadSummary,
} from '#lib/core/checkpoints/scratchpad.ts';
import { EXPORT_PAGE_ROWS } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { ERASED, fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { BatchFacts, ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import { walkClassified } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { type OfChunk, readNotes } from '#lib/store/chunks/appends.ts';
import { readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import { readChunkCalls } from '#lib/store/models/spend.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

export type Scratchpad = {
  summary: ScratchpadSummary;
  /** Markdown, streamed */
  details: AsyncIterable<string>;
};

/** The scratchpad of one chunk; the caller has authorised. */
export async function scratchpadOf(batch: BatchFacts, chunk: ChunkNow): Promise<Scratchpad> {
  const counts = await readCategoryCounts(db(), chunk.id);
  const summary = scratchpadSummary(
    batch.plan.categories.map(({ name }) => name),
    counts,
    batch.rows,
  );
  const models = await readChunkCalls(db().pool, chunk.id);
  if (models.length > 0) summary.models = models.map((one) => ({ ...one, spent: one.spent / 1_000_000 }));
  return { summary, details: details(batch, chunk, summary.processed) };
}

async function* details(batch: BatchFacts, chunk: ChunkNow, processed: number): AsyncGenerator<string> {
  const { pool } = db();
  const { plan, fieldNames } = batch;
  // Without receipt fields the first columns say which item it is.
  const shown = plan.receiptFields.length > 0 ? plan.receiptFields : fieldNames.slice(0, 3);
  yield detailsHeading(chunk, processed);
  const of = { batchId: batch.id, datasetId: batch.datasetId, chunkId: chunk.id };
  for await (const items of walkClassified(pool, of, shown, EXPORT_PAGE_ROWS)) {
    const names = await readNames(
      db(),
      items.map(({ by }) => by),
    );
    yield items
      .map(({ fields, by, ...item }) =>
        detailsItem({ ...item, by: actorName(by, names), line: fieldsLine({ ...plan, receiptFields: shown }, fields) }),
      )
      .join('');
  }
  yield* notes({ batchId: batch.id, chunk: chunk.number });
}

/** What agents appended before the chunk's approval. */
async function* notes(of: OfChunk): AsyncGenerator<string> {
  for (let after = 0n; ; ) {
    const page = await readNotes(db(), of, { after, limit: EXPORT_PAGE_ROWS });
    const last = page.at(-1);
    if (!last) return;
    const names = await readNames(
      db(),
      page.map(({ by }) => by),
    );
    if (after === 0n) yield NOTES_HEADING;
    yield page
      .map(({ ordinal, text, by, at }) => detailsNote({ ordinal, text: text ?? ERASED, by: actorName(by, names), at }))
      .join('');
    after = last.id;
  }
}
