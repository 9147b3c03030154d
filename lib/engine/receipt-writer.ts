/**
 * Group commit: the intents and outcomes of many items in flight share statements. A promise that resolves means that the COMMIT
 * of that receipt was acknowledged (I1), or was found to have happened after its acknowledgement was lost.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { isConnectionLoss } from '../core/database-fault.ts';
import { LEASE_MS, RECEIPT_ANSWER_MS } from '../core/limits.ts';
import type { SealedReceipt } from '../ledger/receipt.ts';
import { type Claim, holdFence, whyRefused } from '../store/claims.ts';
import type { Tx } from '../store/db.ts';
import { type InspectedDoubt, isInDoubt, saveInspection } from '../store/inspections.ts';
import {
  type IntentRow,
  insertIntents,
  insertOutcomes,
  insertOutcomesAndIntents,
  insertResolution,
  type OutcomeRow,
  storedLeaves,
} from '../store/receipts.ts';
import { patience, troubleOf } from './database-trouble.ts';
import { reach } from './failpoints.ts';

/** The fence refused: `stopping` asks the worker to send nothing more and settle; `lost` says that somebody else owns the chunk. */
export class Refused extends Error {
  readonly why: 'stopping' | 'lost';
  constructor(why: 'stopping' | 'lost') {
    super(why === 'lost' ? 'The chunk has another owner.' : 'The chunk is being stopped.');
    this.why = why;
  }
}

/** `resolution`: the sealed receipt that says that it happened; null when the target did not say so. */
export type InspectedRow = InspectedDoubt & { resolution: SealedReceipt | null };

type Outcomes = OutcomeRow[] | ((tx: Tx) => Promise<OutcomeRow[]>);

export type ReceiptWriter = {
  intent(row: IntentRow): Promise<void>;
  outcome(row: OutcomeRow): Promise<void>;
  /** Many at once, as one statement. */
  intents(rows: IntentRow[]): Promise<void>;
  /** Many at once; given a function, it makes their effect in the transaction of the outcomes that it returns. */
  outcomes(rows: Outcomes): Promise<void>;
  /** What the target said about a doubt, and the receipt that ends it, if it does. Nothing when a person was faster. */
  inspected(row: InspectedRow): Promise<void>;
};

/**
 * The writer of one claim. While the database takes nothing (away, full, no connection left) it waits and tries again: what is known is kept until it
 * is written. An intent is not: once `mayBegin` says no, nothing would be sent for it.
 */
export function receiptWriter(pool: Pool, claim: Claim, mayBegin: () => boolean): ReceiptWriter {
  const waiting: { intents: Pending<IntentRow>[]; outcomes: Pending<OutcomeRow>[] } = { intents: [], outcomes: [] };
  let flushing = false;
  /** I6: an outcome could not be recorded. Nothing new is begun. */
  let fault: unknown = null;

  const flush = async (): Promise<void> => {
    if (flushing) return;
    flushing = true;
    while (waiting.outcomes.length + waiting.intents.length > 0) {
      const known = waiting.outcomes.splice(0);
      const planned = waiting.intents.splice(0);
      let begun = false;
      await settle(
        known,
        async (rows) => {
          if (planned.length === 0 || fault !== null) await writeOutcomes(pool, claim, rows);
          else begun = await writeBoth(pool, claim, rows, rowsOf(planned), mayBegin);
        },
        (error) => {
          fault = error;
        },
      );
      await settle(planned, async (rows) => {
        if (begun) return;
        if (fault !== null) throw fault;
        await writeIntents(pool, claim, rows, mayBegin);
      });
    }
    flushing = false;
  };
  const enqueue = <Row>(queue: Pending<Row>[], row: Row): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.push({ row, resolve, reject });
      // A turn of the event loop lets the answers that arrived together share a statement.
      setImmediate(flush);
    });

  return {
    intent: (row) => enqueue(waiting.intents, row),
    outcome: (row) => enqueue(waiting.outcomes, row),
    intents: (rows) => writeIntents(pool, claim, rows, mayBegin),
    outcomes: (rows) => writeOutcomes(pool, claim, rows),
    inspected: (row) => writeInspected(pool, claim, row),
  };
}

type Pending<Row> = { row: Row; resolve: () => void; reject: (error: unknown) => void };

const rowsOf = <Row>(pending: Pending<Row>[]): Row[] => pending.map(({ row }) => row);

async function settle<Row>(
  pending: Pending<Row>[],
  write: (rows: Row[]) => Promise<void>,
  failed: (error: unknown) => void = () => {},
): Promise<void> {
  if (pending.length === 0) return;
  try {
    await write(rowsOf(pending));
    for (const { resolve } of pending) resolve();
  } catch (error) {
    failed(error);
    for (const { reject } of pending) reject(error);
  }
}

/**
 * Outcomes, and the intents of what goes into the slots that they free, with one commit. False: the outcomes are stored and the intents, as far as
 * anybody knows, are not; then their own statement says why, or stores them.
 */
async function writeBoth(
  pool: Pool,
  claim: Claim,
  outcomes: OutcomeRow[],
  intents: IntentRow[],
  mayBegin: () => boolean,
): Promise<boolean> {
  let stored: 'stored' | 'stopping' | null = null;
  await surely(pool, claim, async (client, attempt) => {
    attempt(outcomes);
    await reach('outcomes.before', claim.batchId);
    if (!mayBegin()) {
      if (!(await insertOutcomes(client, claim, outcomes))) throw new Refused('lost');
      return;
    }
    await reach('intents.before', claim.batchId);
    const answer = await insertOutcomesAndIntents(client, claim, outcomes, intents);
    if (answer === 'lost') throw new Refused('lost');
    stored = answer;
  });
  await reach('outcomes.committed', claim.batchId);
  // The acknowledgement was lost, and the outcomes were found: the intents are there too, unless the chunk was being stopped.
  const begun = stored === null ? await areStored(pool, claim, intents) : stored === 'stored';
  if (begun) await reach('intents.committed', claim.batchId);
  return begun;
}

async function writeIntents(pool: Pool, claim: Claim, rows: IntentRow[], mayBegin: () => boolean): Promise<void> {
  await surely(pool, claim, async (client, attempt) => {
    if (!mayBegin()) throw new Refused('lost');
    attempt(rows);
    await reach('intents.before', claim.batchId);
    if (!(await insertIntents(client, claim, rows))) throw new Refused(await whyRefused(client, claim));
  });
  await reach('intents.committed', claim.batchId);
}

async function writeOutcomes(pool: Pool, claim: Claim, outcomes: Outcomes): Promise<void> {
  await surely(pool, claim, async (client, attempt) => {
    if (typeof outcomes !== 'function') {
      attempt(outcomes);
      await reach('outcomes.before', claim.batchId);
      if (!(await insertOutcomes(client, claim, outcomes))) throw new Refused('lost');
      return;
    }
    const tx = fencedTransaction(client, claim);
    try {
      const rows = await outcomes(tx);
      attempt(rows);
      await reach('outcomes.before', claim.batchId);
      if (!(await insertOutcomes(client, claim, rows))) throw new Refused('lost');
      await reach('effect.recorded', claim.batchId);
      await tx.commit();
    } catch (error) {
      if (!isConnectionLoss(error)) await tx.rollback();
      throw error;
    }
  });
  await reach('outcomes.committed', claim.batchId);
}

async function writeInspected(pool: Pool, claim: Claim, row: InspectedRow): Promise<void> {
  await surely(pool, claim, async (client, attempt) => {
    const tx = fencedTransaction(client, claim);
    try {
      // Under the fence nobody else moves this action, so what is read here still holds when it is written.
      if (await isInDoubt(tx, claim.batchId, row)) {
        await saveInspection(tx, claim.batchId, row);
        if (row.resolution) {
          attempt([{ ...row.resolution, ordinal: row.ordinal, step: row.step + 1 }]);
          if (!(await insertResolution(tx, claim, { ...row.resolution, ordinal: row.ordinal, step: row.step + 1 })))
            throw new Refused('lost');
        }
      }
      await tx.commit();
    } catch (error) {
      if (!isConnectionLoss(error)) await tx.rollback();
      throw error;
    }
  });
}

/** Begins, under the fence, with the first thing it is asked: an effect that asks the database for nothing needs no transaction. */
function fencedTransaction(client: PoolClient, claim: Claim): Tx & { commit(): Promise<void>; rollback(): Promise<void> } {
  let begun: Promise<void> | null = null;
  const begin = async (): Promise<void> => {
    await client.query(BEGIN);
    if (!(await holdFence(client, claim))) throw new Refused('lost');
  };
  const query = async (...asked: unknown[]): Promise<unknown> => {
    begun ??= begin();
    await begun;
    return (client.query as (...all: unknown[]) => unknown)(...asked);
  };
  return {
    query: query as Tx['query'],
    async commit() {
      if (begun === null) return;
      const ended = await client.query('COMMIT');
      if (ended.command !== 'COMMIT') throw new Error('The transaction of an effect and its outcome was rolled back.');
    },
    async rollback() {
      if (begun !== null) await client.query('ROLLBACK');
    },
  };
}

/** A worker that freezes in here would hold the chunk's row, and nobody could take over: the server then ends its connection. */
const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${LEASE_MS}`;

const BACKEND_POLL_MS = 200;

type Attempted = { ordinal: number; step: number; leaf: Buffer };

/**
 * Runs one receipt transaction to a known end. When the connection dies before the answer, it waits until that backend is gone (its
 * transaction is then decided), looks whether these very receipts are there, and writes again only if they are not (I1). What the database refused
 * for want of room is not there, and is written again when there is some.
 */
async function surely(
  pool: Pool,
  claim: Claim,
  write: (client: PoolClient, attempt: (rows: Attempted[]) => void) => Promise<void>,
): Promise<void> {
  const bear = patience(pool);
  for (;;) {
    let attempted: Attempted[] = [];
    const { client, backend, release } = await connect(pool);
    // Nor does a connection say that its answers don't arrive any more.
    const unanswered = setTimeout(() => hangUp(client), RECEIPT_ANSWER_MS);
    try {
      await write(client, (rows) => {
        attempted = rows;
      });
      release(false);
      return;
    } catch (error) {
      clearTimeout(unanswered);
      release(isConnectionLoss(error));
      // I2: a duplicate (batch, ordinal, step) means that somebody else moved this action.
      if ((error as { code?: string }).code === '23505') throw new Refused('lost');
      if (!isConnectionLoss(error)) {
        await bear(error);
        continue;
      }
      troubleOf(pool).met(error);
    } finally {
      clearTimeout(unanswered);
    }
    await reach('acknowledgement.lost', claim.batchId);
    await untilGone(pool, backend);
    await reach('acknowledgement.decided', claim.batchId);
    if (attempted.length > 0 && (await areStored(pool, claim, attempted))) return;
  }
}

async function areStored(pool: Pool, claim: Claim, attempted: Attempted[]): Promise<boolean> {
  const bear = patience(pool);
  for (;;) {
    try {
      const leaves = new Set((await storedLeaves(pool, claim.batchId, attempted)).map((leaf) => leaf.toString('hex')));
      return attempted.every(({ leaf }) => leaves.has(leaf.toString('hex')));
    } catch (error) {
      await bear(error);
    }
  }
}

/** A server process: pids come round again, a pid with its start does not. */
type Backend = { pid: number; started: string };
type Connected = { client: PoolClient; backend: Backend; release: (broken: boolean) => void };

const backends = new WeakMap<PoolClient, Backend>();

async function connect(pool: Pool): Promise<Connected> {
  const bear = patience(pool);
  for (;;) {
    try {
      const client = await pool.connect();
      // A connection that dies while it is checked out says so by an event too; unheard, it would end the process.
      const heard = (): void => {};
      client.on('error', heard);
      const release = (broken: boolean): void => {
        client.off('error', heard);
        client.release(broken);
      };
      try {
        return { client, backend: await backendOf(client), release };
      } catch (error) {
        release(true);
        throw error;
      }
    } catch (error) {
      await bear(error);
    }
  }
}

/** Asked once for each connection. */
async function backendOf(client: PoolClient): Promise<Backend> {
  const known = backends.get(client);
  if (known) return known;
  const { rows } = await client.query<Backend>(
    'SELECT pid, backend_start::text AS started FROM pg_stat_activity WHERE pid = pg_backend_pid()',
  );
  const backend = rows[0];
  if (!backend) throw new Error('The connection was lost before it could be named.');
  backends.set(client, backend);
  return backend;
}

/** As if the network had: what waits for an answer gets an error. */
function hangUp(client: PoolClient): void {
  (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
}

/** Returns when the backend can't commit any more. One that has not noticed the loss after one lease is ended: it may hold the chunk's row. */
async function untilGone(pool: Pool, { pid, started }: Backend): Promise<void> {
  const bear = patience(pool);
  for (const since = performance.now(); ; ) {
    const end = performance.now() - since > LEASE_MS;
    try {
      const { rowCount } = await pool.query(
        `SELECT ${end ? 'pg_terminate_backend(pid)' : ''} FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2::timestamptz`,
        [pid, started],
      );
      if (rowCount === 0) return;
      await sleep(BACKEND_POLL_MS);
    } catch (error) {
      await bear(error);
    }
  }
}
