/**
 * What an execution asks of the database, and PostgreSQL behind it. A model of it, for tests, is asked the same way, and one suite of
 * tests holds both to the same answers.
 */
import type { Socket } from 'node:net';
import type { Pool, PoolClient } from 'pg';
import { type Trouble, troubleOf } from '#lib/engine/database-trouble.ts';
import { closeBreaker } from '#lib/store/actions/breakers.sql.ts';
import {
  type Approval,
  type Counted,
  type Ending,
  endExecution,
  type FrozenRow,
  frozenRows,
  keepCounted,
  nextWork,
  openIntents,
  type Page,
  type Reserved,
  readApproval,
  reserveRate,
  returnRate,
  type WorkRow,
} from '#lib/store/actions/execution.sql.ts';
import { type Claim, howClaimStands, type Renewal, renewLease, renewLeases, whyRefused } from '#lib/store/chunks/claims.sql.ts';
import {
  type Bounds,
  type Entered,
  enterConnection,
  leaveConnection,
  leaveConnections,
} from '#lib/store/connections/buckets.sql.ts';
import { type Backend, backendOf, isGone } from '#lib/store/postgres/backends.ts';
import { type Fenced, fenced } from '#lib/store/receipts/fenced.sql.ts';
import {
  type IntentRow,
  insertIntents,
  insertOutcomes,
  insertOutcomesAndIntents,
  insertResolution,
  type OutcomeRow,
  type Settled,
  storedLeaves,
} from '#lib/store/receipts/receipts.sql.ts';
import { type InspectedAction, isUncertain, saveInspection } from '#lib/store/uncertain/inspections.sql.ts';
import { Refused } from './receipt-writer.ts';

/** Each method is the statement of that name in lib/store; a call fails as the driver fails. */
export type ExecutionStore = {
  readApproval(claim: Claim): Promise<Approval | null>;
  frozenRows(claim: Claim, decisionId: string): AsyncIterable<FrozenRow[]>;
  nextWork(claim: Claim, page: Page): Promise<WorkRow[]>;
  openIntents(claim: Claim, page: Page): Promise<WorkRow[]>;
  reserveRate(claim: Claim, count: number, perSecond: number): Promise<Reserved>;
  returnRate(claim: Claim, unused: number | null, perSecond: number): Promise<void>;
  enterConnection(claim: Claim, bounds: Bounds): Promise<Entered>;
  leaveConnection(claim: Claim, bounds: Bounds, sent: boolean): Promise<void>;
  leaveConnections(claim: Claim): Promise<void>;
  howClaimStands(claim: Claim): Promise<'stopping' | 'lost' | null>;
  keepCounted(claim: Claim, counted: Counted): Promise<void>;
  endExecution(claim: Claim, cutShort: boolean): Promise<Ending | 'resumed' | null>;
  renewLeases(claims: readonly Claim[]): Promise<Renewal[]>;
  renewLease(claim: Claim): Promise<{ held: boolean } | null>;
  closeBreaker(target: string, chunkId: string): Promise<void>;
  storedLeaves(batchId: string, rows: { ordinal: number; step: number }[]): Promise<Buffer[]>;
  connect(): Promise<ReceiptConnection>;
  /** Whether that server process is gone, and can't commit any more. `end`: it is ended if it is still there. */
  isGone(backend: Backend, end: boolean): Promise<boolean>;
  /** What is known of this database's faults. */
  trouble: Trouble;
};

/** One connection, for one transaction of receipts. */
export type ReceiptConnection = {
  backend: Backend;
  insertIntents(claim: Claim, rows: IntentRow[]): Promise<boolean>;
  insertOutcomes(claim: Claim, rows: OutcomeRow[]): Promise<boolean>;
  insertOutcomesAndIntents(claim: Claim, outcomes: OutcomeRow[], intents: IntentRow[]): Promise<'stored' | 'stopping' | 'lost'>;
  whyRefused(claim: Claim): Promise<'stopping' | 'lost'>;
  transaction(claim: Claim): FencedTransaction;
  /** As if the network had: what waits for an answer gets an error. */
  hangUp(): void;
  release(broken: boolean): void;
};

/**
 * A transaction that holds the chunk's row under the claim's fence; what is asked throws `Refused` when the claim is lost.
 */
export type FencedTransaction = Fenced & {
  insertOutcomes(rows: OutcomeRow[]): Promise<boolean>;
  isUncertain(action: { ordinal: number; step: number }): Promise<boolean>;
  saveInspection(action: InspectedAction): Promise<void>;
  insertResolution(row: Settled & { ordinal: number; step: number }): Promise<boolean>;
};

export function executionStore(pool: Pool): ExecutionStore {
  return {
    readApproval: (claim) => readApproval(pool, claim),
    frozenRows: (claim, decisionId) => frozenRows(pool, claim, decisionId),
    nextWork: (claim, page) => nextWork(pool, claim, page),
    openIntents: (claim, page) => openIntents(pool, claim, page),
    reserveRate: (claim, count, perSecond) => reserveRate(pool, claim, count, perSecond),
    returnRate: (claim, unused, perSecond) => returnRate(pool, claim, unused, perSecond),
    enterConnection: (claim, bounds) => enterConnection(pool, claim.chunkId, bounds),
    leaveConnection: (claim, bounds, sent) => leaveConnection(pool, claim, bounds, sent),
    leaveConnections: (claim) => leaveConnections(pool, claim),
    howClaimStands: (claim) => howClaimStands(pool, claim),
    keepCounted: (claim, counted) => keepCounted(pool, claim, counted),
    endExecution: (claim, cutShort) => endExecution(pool, claim, cutShort),
    renewLeases: (claims) => renewLeases(pool, claims),
    renewLease: (claim) => renewLease(pool, claim),
    closeBreaker: (target, chunkId) => closeBreaker(pool, target, chunkId),
    storedLeaves: (batchId, rows) => storedLeaves(pool, batchId, rows),
    connect: () => connect(pool),
    isGone: (backend, end) => isGone(pool, backend, end),
    trouble: troubleOf(pool),
  };
}

async function connect(pool: Pool): Promise<ReceiptConnection> {
  const client = await pool.connect();
  // A connection that dies while it is checked out says so by an event too; unheard, it would end the process.
  const heard = (): void => {};
  client.on('error', heard);
  const release = (broken: boolean): void => {
    client.off('error', heard);
    client.release(broken);
  };
  try {
    return {
      backend: await backendOf(client),
      insertIntents: (claim, rows) => insertIntents(client, claim, rows),
      insertOutcomes: (claim, rows) => insertOutcomes(client, claim, rows),
      insertOutcomesAndIntents: (claim, outcomes, intents) => insertOutcomesAndIntents(client, claim, outcomes, intents),
      whyRefused: (claim) => whyRefused(client, claim),
      transaction: (claim) => fencedTransaction(client, claim),
      hangUp: () => void (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(),
      release,
    };
  } catch (error) {
    release(true);
    throw error;
  }
}

function fencedTransaction(client: PoolClient, claim: Claim): FencedTransaction {
  const { tx, begin, commit, rollback } = fenced(client, claim, () => new Refused('lost'));
  return {
    tx,
    begin,
    // Guarded by itself: without an effect there is no transaction around it.
    insertOutcomes: (rows) => insertOutcomes(client, claim, rows),
    isUncertain: (action) => isUncertain(tx, claim.batchId, action),
    saveInspection: (action) => saveInspection(tx, claim.batchId, action),
    insertResolution: (row) => insertResolution(tx, claim, row),
    commit,
    rollback,
  };
}
