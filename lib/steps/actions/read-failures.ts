/** What failed, by why it did. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { failureWords } from '#lib/connectors/registry.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { FailureGroup } from '#lib/shapes/actions.ts';
import { isId } from '#lib/steps/ids.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readFailureGroups } from '#lib/store/actions/failures.sql.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptsAt } from '#lib/store/receipts/receipt-reads.sql.ts';

const EXAMPLES = 3;

/** Actions whose last receipt says failed, by reason, the largest group first; null when there is no such batch. */
export async function readFailures(actor: Actor, { batchId }: { batchId: string }): Promise<FailureGroup[] | null> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const batch = isId(batchId) ? await readBatchFacts(pool, batchId) : null;
  if (!batch) return null;
  const groups = await readFailureGroups(pool, batchId, EXAMPLES);
  const places = groups.flatMap(({ examples }) => examples);
  const receipts = await receiptReader(db(), batch).rows(await readReceiptsAt(pool, batchId, places));
  const lines = new Map(receipts.map(({ chunk, seq, fields }) => [`${chunk}.${seq}`, fieldsLine(batch.plan, fields)]));
  return groups.map(({ from, to, examples, ...group }) => ({
    ...group,
    why: failureWords(group.reason),
    from: from.toISOString(),
    to: to.toISOString(),
    examples: examples.map((place) => ({ ...place, line: lines.get(`${place.chunk}.${place.seq}`) ?? '' })),
  }));
}
