/** What a receipt of a batch reads like, from the first item of its file. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { timeZoneOf } from '#lib/core/plans/plan.ts';
import { filtersOf, hasFilters } from '#lib/core/plans/template-filters.ts';
import { receiptLine } from '#lib/core/receipts/receipt-line.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** As of a success of the first action of the plan. Null where no category acts, or the file has no item. */
export async function receiptExample(actor: Actor, { batchId }: { batchId: string }): Promise<string | null> {
  authorise(actor, 'see');
  const batch = isId(batchId) ? await readBatchRow(db(), batchId) : null;
  const [words] = batch ? actionWords(batch.plan).values() : [];
  if (!batch || !words) return null;
  const { plan, datasetId } = batch;
  const { pool } = db();
  const [item] = await readItems(pool, datasetId, { fields: plan.receiptFields, after: 0, limit: 1, among: null });
  if (!item) return null;
  const meanings = hasFilters(plan) ? ((await readMeanings(pool, { batchId })) ?? {}) : null;
  const values = meanings ? filtersOf(plan, { meanings, timeZone: timeZoneOf(plan) }).ofLine(item.fields) : item.fields;
  return receiptLine(plan, { kind: 'outcome', result: 'succeeded', reason: null, evidence: null, past: words.past, values });
}
