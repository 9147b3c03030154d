/** An execution's store that counts the receipts it committed. */
import type { Tallies } from '#lib/engine/tallies.ts';
import type { ExecutionStore, FencedTransaction, ReceiptConnection } from './execution-store.ts';

/** A commit whose acknowledgement was lost is not counted: this is for a line on the board, and the receipts are the truth. */
export function talliedStore(store: ExecutionStore, { receipts }: Pick<Tallies, 'receipts'>): ExecutionStore {
  const counted = (stored: boolean, count: number): boolean => {
    if (stored) receipts(count);
    return stored;
  };
  const transaction = (begun: FencedTransaction): FencedTransaction => {
    let written = 0;
    const wrote = (stored: boolean, count: number): boolean => {
      if (stored) written += count;
      return stored;
    };
    return {
      ...begun,
      insertOutcomes: async (rows) => wrote(await begun.insertOutcomes(rows), rows.length),
      insertResolution: async (row) => wrote(await begun.insertResolution(row), 1),
      commit: async () => {
        await begun.commit();
        receipts(written);
      },
    };
  };
  const connection = (made: ReceiptConnection): ReceiptConnection => ({
    ...made,
    insertIntents: async (claim, rows) => counted(await made.insertIntents(claim, rows), rows.length),
    insertOutcomes: async (claim, rows) => counted(await made.insertOutcomes(claim, rows), rows.length),
    insertOutcomesAndIntents: async (claim, outcomes, intents) => {
      const stored = await made.insertOutcomesAndIntents(claim, outcomes, intents);
      counted(stored !== 'lost', outcomes.length);
      counted(stored === 'stored', intents.length);
      return stored;
    },
    transaction: (claim) => transaction(made.transaction(claim)),
  });
  return { ...store, connect: async () => connection(await store.connect()) };
}
