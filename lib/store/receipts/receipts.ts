/**
 * The receipts that people make, and those of the batch itself. Their numbers are taken from the chunk's row (`takeSequence`), or the batch's
 * (`takeBatchSequence`), and they are stored in the transaction that took them (I3).
 */
import { randomBytes } from 'node:crypto';
import { commitment } from '#lib/ledger/canonical.ts';
import type { ReceiptBody, SealedReceipt } from '#lib/ledger/receipt.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';
import type { PersonalValue } from './receipts.sql.ts';

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
export async function storeReceipts(
  { prisma }: WithModels,
  batchId: string,
  receipts: readonly NumberedReceipt[],
): Promise<void> {
  for (const page of modelPages(receipts)) {
    await prisma.receipt.createMany({
      data: page.map(({ body, leaf, values: _, ...receipt }) => ({
        ...{ ...receipt, batchId, body: bytesOf(body), leaf: bytesOf(leaf) },
      })),
    });
  }
  const values = receipts.flatMap(({ chunk, seq, values = [] }) =>
    values.map(({ salt, ...value }) => ({ ...value, batchId, chunk, seq, salt: bytesOf(salt) })),
  );
  for (const page of modelPages(values)) await prisma.receiptValue.createMany({ data: page });
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
  { prisma }: WithModels,
  batchId: string,
  receipts: readonly { chunk: number; seq: number }[],
  note: string,
): Promise<void> {
  for (const page of modelPages(receipts)) {
    await prisma.receiptValue.createMany({
      data: page.map(({ chunk, seq }) => ({ batchId, chunk, seq, field: 'note', salt: randomBytes(16), value: note })),
    });
  }
}
