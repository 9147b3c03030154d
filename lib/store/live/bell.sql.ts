/** A bell is a job of pg-boss, whose statements are its own; they go out in the caller's transaction, behind a savepoint. */
import type { Querying } from '#lib/store/postgres/db.ts';

type Statements = { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };

/**
 * Lets `act` ask its statements in the transaction. When it fails, `failed` hears of it, what it did is undone, and the transaction goes on.
 * Throws only what the connection itself throws.
 */
export async function apart(
  tx: Querying,
  act: (statements: Statements) => Promise<unknown>,
  failed: (error: Error) => void,
): Promise<void> {
  await tx.query('SAVEPOINT bell');
  try {
    await act({ executeSql: (text, values) => tx.query(text, values) });
  } catch (error) {
    failed(error as Error);
    await tx.query('ROLLBACK TO SAVEPOINT bell');
  }
}
