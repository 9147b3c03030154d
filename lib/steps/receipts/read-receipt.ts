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

/** Null where there is no such receipt. Whoever may not see items is given neither request, answer nor words of people. */
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
  const sees = may(actor, 'see');
  const reader = receiptReader(db(), batch, { sees });
  const [receipt] = await reader.rows(stored);
  if (!receipt) return null;
  const story = receipt.ordinal === null ? [] : await reader.rows(await readStory(pool, batchId, receipt.ordinal));
  const sent = sentBy(receipt, story);
  const bytes = sees && sent ? await readFrozenBytes(db(), sent.request) : null;
  return {
    ...receipt,
    request:
      sent &&
      bytes &&
      shownRequest({ connector: sent.action.connector, do: sent.action.do, bytes, idempotencyKey: sent.idempotencyKey }, whole),
    requestDigest: sent?.request ?? null,
    withheld: !sees && sent !== null,
  };
}

/** The intent of a step of an action: itself, or the latest before it. */
function sentBy({ step }: ReceiptRow, story: readonly ReceiptRow[]) {
  const intent = story.findLast((one) => one.kind === 'intent' && one.step !== null && step !== null && one.step <= step);
  return intent?.body.kind === 'intent' ? intent.body : null;
}
