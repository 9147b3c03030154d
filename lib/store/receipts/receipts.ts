/**
 * The receipts that people make, and those of the batch itself. Their numbers are taken from the chunk's row (`takeSequence`), or the batch's
 * (`takeBatchSequence`), and they are stored in the transaction that took them (I3).
 */
import { randomBytes } from 'node:crypto';
import { commitment } from '#lib/ledger/canonical.ts';
import type { ReceiptBody, SealedReceipt } from '#lib/ledger/receipt.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { insertReceipts, insertReceiptValues, type PersonalValue } from './receipts.sql.ts';

export type NumberedReceipt = SealedReceipt & {
  chunk: number;
  seq: number;
  ordinal: number | null;
  step: number | null;
  kind: Exclude<ReceiptBody['kind'], 'intent' | 'outcome'>;
  result: string | null;
  /** what its body commits to; stored beside it */
  values?: readonly PersonalValue[];
};

/** Where a receipt stands that is no step of an action. */
export const NO_STEP = { ordinal: null, step: null, result: null } as const;

/** Stores receipts under the numbers that were taken for them, in the same transaction. The database says when. */
export async function storeReceipts(tx: Querying, batchId: string, receipts: readonly NumberedReceipt[]): Promise<void> {
  await insertReceipts(tx, batchId, receipts);
  await insertReceiptValues(
    tx,
    batchId,
    receipts.flatMap(({ chunk, seq, values = [] }) => values.map((value) => ({ ...value, chunk, seq }))),
  );
}

/** People's words for a receipt, by the member of its body: what the body holds of them, and what is stored beside it, where it can be erased. */
export function commitTo<Member extends string>(
  words: Record<Member, string | null>,
): { commitments: Record<Member, string | null>; values: PersonalValue[] } {
  const values: PersonalValue[] = [];
  const committed = Object.entries<string | null>(words).map(([field, value]): [string, string | null] => {
    if (value === null) return [field, null];
    const salt = randomBytes(16);
    values.push({ field, salt, value });
    return [field, commitment(salt, value)];
  });
  return { commitments: Object.fromEntries(committed) as Record<Member, string | null>, values };
}

/** A person's words to these receipts. They may name people, so they live beside the receipts, where they can be erased. */
export async function storeNotes(
  tx: Querying,
  batchId: string,
  receipts: readonly { chunk: number; seq: number }[],
  note: string,
): Promise<void> {
  const values = receipts.map(({ chunk, seq }) => ({ chunk, seq, field: 'note', salt: randomBytes(16), value: note }));
  await insertReceiptValues(tx, batchId, values);
}
