/**
 * The receipts that people make. Their numbers are taken from the chunk's row by the one guarded statement that workers' receipts are numbered by too
 * (`takeSequence`), and they are stored in its transaction (I3).
 */
import { randomBytes } from 'node:crypto';
import type { SealedReceipt } from '#lib/ledger/receipt.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';

export type NumberedReceipt = SealedReceipt & {
  chunk: number;
  seq: number;
  ordinal: number | null;
  step: number | null;
  kind: 'decision' | 'resolution';
  result: string | null;
};

/** Stores receipts under the numbers that `takeSequence` gave, in the same transaction. The database says when. */
export async function storeReceipts(
  { prisma }: WithModels,
  batchId: string,
  receipts: readonly NumberedReceipt[],
): Promise<void> {
  for (const page of modelPages(receipts)) {
    await prisma.receipt.createMany({
      data: page.map(({ body, leaf, ...receipt }) => ({ ...receipt, batchId, body: bytesOf(body), leaf: bytesOf(leaf) })),
    });
  }
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
