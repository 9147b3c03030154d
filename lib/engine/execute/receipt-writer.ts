/**
 * Group commit: the intents and outcomes of many items in flight share statements. A promise that resolves means that the COMMIT
 * of that receipt was acknowledged (I1), or was found to have happened after its acknowledgement was lost.
 */
import { isConnectionLoss, sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import { LEASE_MS, RECEIPT_ANSWER_MS } from '#lib/core/limits.ts';
import { CLOCK, type Clock } from '#lib/engine/clock.ts';
import { patience } from '#lib/engine/database-trouble.ts';
import { reach } from '#lib/engine/failpoints.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import type { Backend } from '#lib/store/postgres/backends.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import type { IntentRow, OutcomeRow, Settled } from '#lib/store/receipts/receipts.sql.ts';
import type { InspectedAction } from '#lib/store/uncertain/inspections.sql.ts';
import type { ExecutionStore, ReceiptConnection } from './execution-store.ts';

/** The fence refused: `stopping` asks the worker to send nothing more and settle; `lost` says that somebody else owns the chunk. */
export class Refused extends Error {
  readonly why: 'stopping' | 'lost';
  constructor(why: 'stopping' | 'lost') {
    super(why === 'lost' ? 'The chunk has another owner.' : 'The chunk is being stopped.');
    this.why = why;
  }
}

/** `resolution`: the sealed receipt that settles it; null when the target did not say what does. */
type InspectedRow = InspectedAction & { resolution: Settled | null };

type NotBegun = { outcome: OutcomeRow; resolution: Settled };

type Outcomes = OutcomeRow[] | ((tx: Tx) => Promise<OutcomeRow[]>);

export type ReceiptWriter = {
  intent(row: IntentRow): Promise<void>;
  outcome(row: OutcomeRow): Promise<void>;
  /** Many at once, as one statement. */
  intents(rows: IntentRow[]): Promise<void>;
  /** Many at once; given a function, it makes their effect in the transaction of the outcomes that it returns. */
  outcomes(rows: Outcomes): Promise<void>;
  /** Of an action that nobody had begun: without an answer and, with the same commit, not executed. */
  notBegun(rows: NotBegun): Promise<void>;
  /** What the target said about an uncertain action, and the receipt that settles it, if one does. Nothing when a person was faster. */
  inspected(row: InspectedRow): Promise<void>;
};

/**
 * So many intents share a statement; twice as many the next one, as long as some are left. What shares a commit is sent at one moment, answered at one
 * moment, and would share the next commit too: soon most of a chunk's slots wait together, for one another's handling and for a large statement. Small
 * groups keep them apart. Where the database is slow, the doubling takes all that waits.
 */
const GROUP = 4;

/**
 * The writer of one claim. While the database takes nothing (away, full, no connection left) it waits and tries again: what is known is kept until it
 * is written. An intent is not: once `mayBegin` says no, nothing would be sent for it.
 */
export function receiptWriter(store: ExecutionStore, claim: Claim, mayBegin: () => boolean, clock: Clock = CLOCK): ReceiptWriter {
  const db = { store, clock };
  const waiting: { intents: Pending<IntentRow>[]; outcomes: Pending<OutcomeRow>[] } = { intents: [], outcomes: [] };
  let enqueued = 0;
  let flushing = false;
  /** I6: an outcome could not be recorded. Nothing new is begun. */
  let fault: unknown = null;

  const flush = async (): Promise<void> => {
    if (flushing) return;
    flushing = true;
    let group = GROUP;
    while (waiting.outcomes.length + waiting.intents.length > 0) {
      const planned = waiting.intents.splice(0, group);
      // An intent is never stored before the outcome that freed its slot.
      const known = cameBefore(waiting.outcomes, waiting.intents[0]?.place);
      group = waiting.intents.length > 0 ? 2 * group : GROUP;
      let begun = false;
      await settle(
        known,
        async (rows) => {
          if (planned.length === 0 || fault !== null) await writeOutcomes(db, claim, rows);
          else begun = await writeBoth(db, claim, rows, rowsOf(planned), mayBegin);
        },
        (error) => {
          fault = error;
        },
      );
      await settle(planned, async (rows) => {
        if (begun) return;
        if (fault !== null) throw fault;
        await writeIntents(db, claim, rows, mayBegin);
      });
    }
    flushing = false;
  };
  const enqueue = <Row>(queue: Pending<Row>[], row: Row): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.push({ row, place: enqueued++, resolve, reject });
      // A turn of the event loop lets the answers that arrived together share a statement.
      clock.soon(flush);
    });

  return {
    intent: (row) => enqueue(waiting.intents, row),
    outcome: (row) => enqueue(waiting.outcomes, row),
    intents: (rows) => writeIntents(db, claim, rows, mayBegin),
    outcomes: (rows) => writeOutcomes(db, claim, rows),
    notBegun: (rows) => writeNotBegun(db, claim, rows),
    inspected: (row) => writeInspected(db, claim, row),
  };
}

type Database = { store: ExecutionStore; clock: Clock };
/** `place`: among all that was enqueued */
type Pending<Row> = { row: Row; place: number; resolve: () => void; reject: (error: unknown) => void };

const rowsOf = <Row>(pending: Pending<Row>[]): Row[] => pending.map(({ row }) => row);

/** Takes what came before that place; all, where there is none. */
function cameBefore<Row>(pending: Pending<Row>[], place = Number.POSITIVE_INFINITY): Pending<Row>[] {
  const later = pending.findIndex((one) => one.place > place);
  return pending.splice(0, later < 0 ? pending.length : later);
}

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
  db: Database,
  claim: Claim,
  outcomes: OutcomeRow[],
  intents: IntentRow[],
  mayBegin: () => boolean,
): Promise<boolean> {
  let stored: 'stored' | 'stopping' | null = null;
  await surely(db, claim, async (client, attempt) => {
    attempt(outcomes);
    await reach('outcomes.before', claim.batchId);
    if (!mayBegin()) {
      if (!(await client.insertOutcomes(claim, outcomes))) throw new Refused('lost');
      return;
    }
    await reach('intents.before', claim.batchId);
    const answer = await client.insertOutcomesAndIntents(claim, outcomes, intents);
    if (answer === 'lost') throw new Refused('lost');
    stored = answer;
  });
  await reach('outcomes.committed', claim.batchId);
  // The acknowledgement was lost, and the outcomes were found: the intents are there too, unless the chunk was being stopped.
  const begun = stored === null ? await areStored(db, claim, intents) : stored === 'stored';
  if (begun) await reach('intents.committed', claim.batchId);
  return begun;
}

async function writeIntents(db: Database, claim: Claim, rows: IntentRow[], mayBegin: () => boolean): Promise<void> {
  await surely(db, claim, async (client, attempt) => {
    if (!mayBegin()) throw new Refused('lost');
    attempt(rows);
    await reach('intents.before', claim.batchId);
    if (!(await client.insertIntents(claim, rows))) throw new Refused(await client.whyRefused(claim));
  });
  await reach('intents.committed', claim.batchId);
}

async function writeOutcomes(db: Database, claim: Claim, outcomes: Outcomes): Promise<void> {
  await surely(db, claim, async (client, attempt) => {
    if (typeof outcomes !== 'function') {
      attempt(outcomes);
      await reach('outcomes.before', claim.batchId);
      if (!(await client.insertOutcomes(claim, outcomes))) throw new Refused('lost');
      return;
    }
    const fenced = client.transaction(claim);
    try {
      const rows = await outcomes(fenced.tx);
      attempt(rows);
      await reach('outcomes.before', claim.batchId);
      if (!(await fenced.insertOutcomes(rows))) throw new Refused('lost');
      await reach('effect.recorded', claim.batchId);
      await fenced.commit();
    } catch (error) {
      if (!isConnectionLoss(error)) await fenced.rollback();
      throw error;
    }
  });
  await reach('outcomes.committed', claim.batchId);
}

/** Nobody is asked about it between the two, and no owner that dies leaves the one without the other. */
async function writeNotBegun(db: Database, claim: Claim, { outcome, resolution }: NotBegun): Promise<void> {
  await surely(db, claim, async (client, attempt) => {
    const settled = { ...resolution, ordinal: outcome.ordinal, step: outcome.step + 1 };
    const fenced = client.transaction(claim);
    try {
      attempt([outcome, settled]);
      await fenced.begin();
      await reach('outcomes.before', claim.batchId);
      if (!(await fenced.insertOutcomes([outcome]))) throw new Refused('lost');
      if (!(await fenced.insertResolution(settled))) throw new Refused('lost');
      await fenced.commit();
    } catch (error) {
      if (!isConnectionLoss(error)) await fenced.rollback();
      throw error;
    }
  });
  await reach('outcomes.committed', claim.batchId);
}

async function writeInspected(db: Database, claim: Claim, row: InspectedRow): Promise<void> {
  await surely(db, claim, async (client, attempt) => {
    const fenced = client.transaction(claim);
    try {
      // Under the fence nobody else moves this action, so what is read here still holds when it is written.
      if (await fenced.isUncertain(row)) {
        await fenced.saveInspection(row);
        if (row.resolution) {
          attempt([{ ...row.resolution, ordinal: row.ordinal, step: row.step + 1 }]);
          if (!(await fenced.insertResolution({ ...row.resolution, ordinal: row.ordinal, step: row.step + 1 })))
            throw new Refused('lost');
        }
      }
      await fenced.commit();
    } catch (error) {
      if (!isConnectionLoss(error)) await fenced.rollback();
      throw error;
    }
  });
}

const BACKEND_POLL_MS = 200;

type Attempted = { ordinal: number; step: number; leaf: Buffer };

/**
 * Runs one receipt transaction to a known end. When the connection dies before the answer, it waits until that backend is gone (its
 * transaction is then decided), looks whether these very receipts are there, and writes again only if they are not (I1). What the database refused
 * for want of room is not there, and is written again when there is some.
 */
async function surely(
  db: Database,
  claim: Claim,
  write: (client: ReceiptConnection, attempt: (rows: Attempted[]) => void) => Promise<void>,
): Promise<void> {
  const bear = patience(db.store.trouble, db.clock);
  for (;;) {
    let attempted: Attempted[] = [];
    const client = await connect(db);
    // Nor does a connection say that its answers don't arrive any more.
    const answered = db.clock.after(RECEIPT_ANSWER_MS, client.hangUp);
    try {
      await write(client, (rows) => {
        attempted = rows;
      });
      client.release(false);
      return;
    } catch (error) {
      answered();
      client.release(isConnectionLoss(error));
      // I2: a duplicate (batch, ordinal, step) means that somebody else moved this action.
      if (sqlStateOf(error) === '23505') throw new Refused('lost');
      if (!isConnectionLoss(error)) {
        await bear(error);
        continue;
      }
      db.store.trouble.met(error);
    } finally {
      answered();
    }
    await reach('acknowledgement.lost', claim.batchId);
    await untilGone(db, client.backend);
    await reach('acknowledgement.decided', claim.batchId);
    if (attempted.length > 0 && (await areStored(db, claim, attempted))) return;
  }
}

async function areStored(db: Database, claim: Claim, attempted: Attempted[]): Promise<boolean> {
  const bear = patience(db.store.trouble, db.clock);
  for (;;) {
    try {
      const leaves = new Set((await db.store.storedLeaves(claim.batchId, attempted)).map((leaf) => leaf.toString('hex')));
      return attempted.every(({ leaf }) => leaves.has(leaf.toString('hex')));
    } catch (error) {
      await bear(error);
    }
  }
}

async function connect({ store, clock }: Database): Promise<ReceiptConnection> {
  const bear = patience(store.trouble, clock);
  for (;;) {
    try {
      return await store.connect();
    } catch (error) {
      await bear(error);
    }
  }
}

/** Returns when the backend can't commit any more. One that has not noticed the loss after one lease is ended: it may hold the chunk's row. */
async function untilGone({ store, clock }: Database, backend: Backend): Promise<void> {
  const bear = patience(store.trouble, clock);
  for (const since = clock.now(); ; ) {
    try {
      if (await store.isGone(backend, clock.now() - since > LEASE_MS)) return;
      await clock.sleep(BACKEND_POLL_MS);
    } catch (error) {
      await bear(error);
    }
  }
}
