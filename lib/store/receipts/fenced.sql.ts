/** The transaction of an effect inside Countersign and its outcome, under the claim's fence. */
import type { PoolClient } from 'pg';
import { LEASE_MS } from '#lib/core/limits.ts';
import { type Claim, holdFence } from '#lib/store/chunks/claims.sql.ts';
import { refusalOf, type Tx, transactionOn } from '#lib/store/postgres/db.ts';

export type Fenced = {
  /** Begins with the first thing it is asked: an effect that asks for nothing needs no transaction. */
  tx: Tx;
  /** Begins before that, for statements that are asked of the connection itself. */
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
};

/**
 * A transaction on this connection that holds the chunk's row from its first statement on: nobody takes the chunk over before it ends. Where the claim is
 * lost, whatever is asked throws what `lost` makes.
 */
export function fenced(client: PoolClient, claim: Claim, lost: () => Error): Fenced {
  let begun: Promise<void> | null = null;
  const hold = async (): Promise<void> => {
    await client.query(BEGIN);
    if (!(await holdFence(client, claim))) throw lost();
  };
  const begin = (): Promise<void> => {
    begun ??= hold();
    return begun;
  };
  const query = async (...asked: unknown[]): Promise<unknown> => {
    await begin();
    return (client.query as (...all: unknown[]) => unknown)(...asked);
  };
  const { tx, end } = transactionOn({ query: query as Tx['query'] });
  return {
    tx,
    begin,
    async commit() {
      const whole = end();
      if (whole !== 'whole') throw refusalOf(whole);
      if (begun === null) return;
      const ended = await client.query('COMMIT');
      if (ended.command !== 'COMMIT') throw new Error('The transaction of an effect and its outcome was rolled back.');
    },
    async rollback() {
      end();
      if (begun !== null) await client.query('ROLLBACK');
    },
  };
}

/** A worker that freezes in here would hold the chunk's row, and nobody could take over: the server then ends its connection. */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${LEASE_MS}`;
