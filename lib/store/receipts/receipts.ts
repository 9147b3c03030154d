/** The receipts that people make. The statement that numbers them is `takeSequence`, in the same transaction. */
import type { SealedReceipt } from '#lib/ledger/receipt.ts';
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

/** Stores receipts whose numbers `takeSequence` gave. The database says when. */
export async function storeReceipts(tx: WithModels, batchId: string, receipts: readonly NumberedReceipt[]): Promise<void> {
  for (const page of modelPages(receipts)) {
    await tx.prisma.receipt.createMany({
      data: page.map(({ body, leaf, ...receipt }) => ({
        ...{ batchId, ...receipt, body: new Uint8Array(body), leaf: new Uint8Array(leaf) },
      })),
    });
  }
}
