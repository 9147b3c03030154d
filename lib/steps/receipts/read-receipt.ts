/** One receipt with what was sent and what came back. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { ReceiptInFull } from '#lib/shapes/requests.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { shownRequest } from '#lib/steps/requests/shown.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readFrozenBytes } from '#lib/store/checkpoints/requests.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptsAt, readStory } from '#lib/store/receipts/receipt-reads.sql.ts';
import { receiptReader } from './receipt-rows.ts';

type Input = { batchId: string; chunk: number; seq: number; whole?: boolean | undefined };

/** Null where there is no such receipt. Whoever may not see items is given the receipt fields, and neither request, answer nor notes. */
export async function readReceiptInFull(
  actor: Actor,
  { batchId, chunk, seq, whole = false }: Input,
): Promise<ReceiptInFull | null> {
  authorise(actor, 'see_batches');
  if (!isId(batchId) || !isNumber(seq) || (chunk !== 0 && !isNumber(chunk))) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  const stored = batch ? await readReceiptsAt(pool, batchId, [{ chunk, seq }]) : [];
  if (!batch) return null;
  await tellOpened(actor, 'batch_opened', batch);
  const answers = may(actor, 'see');
  const reader = receiptReader(db(), batch, { answers });
  const [receipt] = await reader.rows(stored);
  if (!receipt) return null;
  const story = receipt.ordinal === null ? [] : await reader.rows(await readStory(pool, batchId, receipt.ordinal));
  const sent = sentBy(receipt, story);
  const named = new Set(batch.plan.receiptFields);
  // Words of people may say what items hold: no trail gives them to whoever may not see items, and neither does a page.
  const fields = answers
    ? receipt.fields
    : Object.fromEntries(Object.entries(receipt.fields).filter(([name]) => named.has(name)));
  const bytes = answers && sent ? await readFrozenBytes(db(), sent.request) : null;
  return {
    ...receipt,
    fields,
    request:
      sent &&
      bytes &&
      shownRequest({ connector: sent.action.connector, do: sent.action.do, bytes, idempotencyKey: sent.idempotencyKey }, whole),
    requestDigest: sent?.request ?? null,
    withheld: !answers && sent !== null,
  };
}

/** The intent of a step of an action: itself, or the latest before it. */
function sentBy({ step }: ReceiptRow, story: readonly ReceiptRow[]) {
  const intent = story.findLast((one) => one.kind === 'intent' && one.step !== null && step !== null && one.step <= step);
  return intent?.body.kind === 'intent' ? intent.body : null;
}
