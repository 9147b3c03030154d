/** The items of one group of the shelf. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import type { FieldLabels } from '#lib/shapes/datasets.ts';
import { type ShelfItem, shelfItemsOf } from '#lib/shapes/shelf.ts';
import { labelsOf } from '#lib/steps/datasets/noun.ts';
import { limitOf, numberCursor, type Page, type PageInput } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readShelfItems as readRows } from '#lib/store/shelf/shelf.sql.ts';

const FIELDS_IN_LINE = 3;

type ShelfItems = Page<ShelfItem> & {
  /** the fields that name an item: the receipt's, or else the first of the file */
  columns: string[];
  /** what people call them */
  labels: FieldLabels;
};

/**
 * In the order of the file, all of them or those whose fields hold a text (letter case aside). A page of a search may be short, even empty: `next` says
 * where to go on. Null when there is no such batch. Throws `invalid`.
 */
export async function readShelfItems(
  actor: Actor,
  { cursor, limit: asked, ...raw }: PageInput & z.input<typeof shelfItemsOf>,
): Promise<ShelfItems | null> {
  authorise(actor, 'see');
  const page = { after: numberCursor({ cursor }), limit: limitOf({ limit: asked }) };
  const { batchId, category, shelf, search } = readInput(shelfItemsOf, raw);
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  if (!batch) return null;
  await tellOpened(actor, 'batch_opened', batch);
  const { rows, next } = await readRows(pool, {
    ...{ batchId, category, shelf, datasetId: batch.datasetId, search: search || null },
    ...page,
  });
  const items = rows.map(({ ordinal, fields, since, chunk, seq }) => ({
    ordinal,
    fields: Object.fromEntries(
      batch.fieldNames.flatMap((name) => (Object.hasOwn(fields, name) ? [[name, fields[name] ?? '']] : [])),
    ),
    since: since.toISOString(),
    receipt: chunk === null || seq === null ? null : { chunk, seq },
  }));
  const named = batch.plan.receiptFields.filter((name) => batch.fieldNames.includes(name));
  const columns = named.length > 0 ? named : batch.fieldNames.slice(0, FIELDS_IN_LINE);
  return { items, next: next === null ? null : String(next), columns, labels: labelsOf(batch.datasetFormat) };
}
