/**
 * The store that an executor is given, over the model's tables. Each call is two events: the statement at the server, and its answer at the
 * process. Between them the connection may break, and then nobody says whether the statement was, or still will be, done.
 */
import { LEASE_MS } from '#lib/core/limits.ts';
import type { Clock } from '#lib/engine/clock.ts';
import { trouble } from '#lib/engine/database-trouble.ts';
import type { ExecutionStore, FencedTransaction, ReceiptConnection } from '#lib/engine/execute/execution-store.ts';
import { Refused } from '#lib/engine/execute/receipt-writer.ts';
import type { Claim, Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import { fault, type ModelDatabase } from './database.ts';

/**
 * What becomes of the next statement that writes receipts. `before`: it never arrived. `after`: it is done, and its answer is lost. `late`: its
 * connection is lost while it runs. `silent`: it is done, and nobody says anything any more. `full`: the disk takes nothing.
 */
export const LOSSES = ['before', 'after', 'late', 'silent', 'full'] as const;
export type Loss = (typeof LOSSES)[number];

/** The same for the next other statement, whose connection breaks before it is done, or after. */
export const FAILURES = ['before', 'after'] as const;
export type Failure = (typeof FAILURES)[number];

/** How calls travel. `at`: something happens at the server, which the returned function prevents. `hear`: the process is told. */
export type Transport = {
  at(label: string, act: () => void, when?: { possible?: () => boolean; afterMs?: number }): () => void;
  hear(label: string, act: () => void): void;
  /** the next loss of a receipt's statement; null: all is well */
  loss(): Loss | null;
  /** of any other statement */
  failure(): Failure | null;
};

/** Everything at once and nothing lost, for the suite that compares the stores. */
const DIRECT: Transport = {
  at(_label, act, when) {
    if (when?.afterMs === undefined) act();
    return () => {};
  },
  hear: (_label, act) => act(),
  loss: () => null,
  failure: () => null,
};

const GONE = (): Error => new Error('Connection terminated unexpectedly');

export type ModelStore = ExecutionStore & {
  /** The process is no more, and the server finds its connections closed. */
  die(): void;
  claim(): Promise<Claim | null>;
  releaseLease(claim: Claim): Promise<void>;
  giveBack(claim: Claim, wait: Wait): Promise<void>;
  haltChunk(claim: Claim): Promise<'halted' | 'cancelled' | null>;
};

export function modelStore(db: ModelDatabase, clock: Clock, transport: Transport = DIRECT): ModelStore {
  let pids = 0;
  const backends = new Map<number, { end: () => void; lose: () => void }>();
  const free = () => db.lockedBy === null;
  const ask = <T>(label: string, act: () => T, possible: () => boolean = () => true): Promise<T> =>
    new Promise((resolve, reject) => {
      transport.at(
        label,
        () => {
          const failure = transport.failure();
          const said: Said<T> = failure === 'before' ? { threw: GONE() } : attempt(act);
          transport.hear(label, () => {
            if (failure === 'after') reject(GONE());
            else if ('threw' in said) reject(said.threw);
            else resolve(said.gave);
          });
        },
        { possible },
      );
    });
  return {
    die() {
      for (const { lose } of backends.values()) lose();
    },
    claim: () => ask('claim', () => db.claim()),
    releaseLease: (claim) => ask('release the lease', () => db.releaseLease(claim), free),
    giveBack: (claim, wait) => ask(`give back for ${wait.for}`, () => db.giveBack(claim, wait), free),
    haltChunk: (claim) => ask('halt', () => db.haltChunk(claim), free),
    readApproval: (claim) => ask('read the approval', () => db.readApproval(claim)),
    async *frozenRows() {
      yield await ask('read the manifest', () => db.frozenRows());
    },
    nextWork: (_claim, page) => ask('read the next work', () => db.nextWork(page)),
    openIntents: (_claim, page) => ask('read the open intents', () => db.openIntents(page)),
    reserveRate: (claim, count, perSecond) => ask('reserve', () => db.reserveRate(claim, count, perSecond)),
    returnRate: (claim, unused, perSecond) => ask('give a reservation back', () => db.returnRate(claim, unused, perSecond)),
    // No plan of the model goes over a connection.
    enterConnection: async () => ({ inside: true, ms: 0 }),
    leaveConnection: async () => {},
    leaveConnections: async () => {},
    howClaimStands: (claim) => ask('look at the claim', () => db.howClaimStands(claim)),
    keepCounted: (claim, counted) => ask('keep what is counted', () => db.keepCounted(claim, counted), free),
    endExecution: (claim, cutShort) => ask('end', () => db.endExecution(claim, cutShort), free),
    closeBreaker: () => ask('close the breaker', () => db.closeBreaker()),
    renewLeases: (claims) => ask('renew all', () => claims.map((claim) => db.renewal(claim))),
    renewLease: (claim) => ask('renew', () => db.renewLease(claim), free),
    storedLeaves: (_batch, rows) => ask('look for receipts', () => db.storedLeaves(rows)),
    connect: () => ask('connect', () => connection()),
    isGone: ({ pid }, end) =>
      ask('is it gone', () => {
        const backend = backends.get(pid);
        if (end) backend?.end();
        return backend === undefined;
      }),
    trouble: trouble(clock),
  };

  function connection(): ReceiptConnection {
    pids += 1;
    const pid = pids;
    let broken: Error | null = null;
    let running: { reject: (error: Error) => void } | null = null;
    /** what the server still has to do for this connection */
    let undone: (() => void) | null = null;
    let transaction: symbol | null = null;
    let idle = (): void => {};
    const rollBack = (): void => {
      idle();
      if (transaction !== null && db.lockedBy === transaction) db.lockedBy = null;
      transaction = null;
    };
    const end = (): void => {
      broken ??= GONE();
      undone?.();
      undone = null;
      rollBack();
      backends.delete(pid);
    };
    const lose = (): void => {
      broken ??= GONE();
      running?.reject(broken);
      running = null;
      // The server notices when it has nothing to do for this connection any more.
      transport.at(`connection ${pid} is gone`, end, { possible: () => undone === null });
    };
    backends.set(pid, { end, lose });
    const mayWrite = () => db.lockedBy === null || db.lockedBy === transaction;

    const send = <T>(label: string, act: () => T, possible: () => boolean, write: boolean): Promise<T> =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken);
        running = { reject };
        const loss = write ? transport.loss() : null;
        if (loss === 'before') return lose();
        let ran = false;
        const prevent = transport.at(
          `${label}${loss ? ` (${loss})` : ''}`,
          () => {
            ran = true;
            undone = null;
            idle();
            const said: Said<T> = loss === 'full' ? { threw: fault('53100', 'No space left on device') } : attempt(act);
            // A process that says nothing in a transaction is ended by the server, and its locks are free.
            if (transaction !== null) idle = transport.at('a silent transaction is ended', end, { afterMs: LEASE_MS });
            if (loss === 'after') return lose();
            if (loss === 'late' || loss === 'silent') return;
            transport.hear(label, () => {
              if (broken) return;
              running = null;
              if ('threw' in said) reject(said.threw);
              else resolve(said.gave);
            });
          },
          { possible },
        );
        if (!ran) undone = prevent;
        if (loss === 'late') lose();
      });
    const write = <T>(label: string, act: () => T): Promise<T> => send(label, act, mayWrite, true);

    return {
      backend: { pid, started: 'then' },
      insertIntents: (claim, rows) => write(`store ${rows.length} intents`, () => db.insertIntents(claim, rows)),
      insertOutcomes: (claim, rows) => write(`store ${rows.length} outcomes`, () => commit(db.outcomes(claim, rows))),
      insertOutcomesAndIntents: (claim, outcomes, intents) =>
        write(`store ${outcomes.length} outcomes and ${intents.length} intents`, () =>
          db.insertOutcomesAndIntents(claim, outcomes, intents),
        ),
      whyRefused: (claim) =>
        send(
          'ask why',
          () => db.whyRefused(claim),
          () => true,
          false,
        ),
      transaction: (claim) => fenced(claim),
      hangUp: () => {
        if (!broken) lose();
      },
      release: (isBroken) => {
        if (!isBroken) end();
      },
    };

    function fenced(claim: Claim): FencedTransaction {
      const staged: (() => void)[] = [];
      let begun: Promise<void> | null = null;
      const hold = async (): Promise<void> => {
        const held = await send(
          'begin',
          () => {
            if (!db.holds(claim)) return false;
            transaction = Symbol('transaction');
            db.lockedBy = transaction;
            return true;
          },
          free,
          false,
        );
        if (!held) throw new Refused('lost');
      };
      const begin = (): Promise<void> => {
        begun ??= hold();
        return begun;
      };
      const within = async <T>(label: string, act: () => T): Promise<T> => {
        await begin();
        return send(label, act, () => true, false);
      };
      return {
        begin,
        // The only statement that the model's target inside Countersign knows.
        tx: {
          get prisma(): never {
            throw new Error('The model has no tables.');
          },
          query: ((_text: string, [ordinal, key]: [number, string]) =>
            within(
              'make an effect',
              () => void staged.push(() => void db.made.push({ ordinal, key })),
            )) as unknown as Tx['query'],
        },
        insertOutcomes: (rows) =>
          begun === null
            ? write(`store ${rows.length} outcomes`, () => commit(db.outcomes(claim, rows)))
            : within(`stage ${rows.length} outcomes`, () => {
                const commits = db.outcomes(claim, rows);
                if (commits) staged.push(commits);
                return commits !== null;
              }),
        isUncertain: (action) => within('look at the uncertain action', () => db.isUncertain(action)),
        saveInspection: (action) => within('keep what was said', () => void staged.push(() => db.saveInspection(action))),
        insertResolution: (row) =>
          within('stage a resolution', () => {
            if (!db.holds(claim)) return false;
            staged.push(() => void db.insertResolution(claim, row));
            return true;
          }),
        async commit() {
          if (begun === null) return;
          await write('commit', () => {
            for (const one of staged) one();
            rollBack();
          });
        },
        async rollback() {
          if (begun !== null) await send('roll back', rollBack, () => true, false);
        },
      };
    }
  }
}

function commit(commits: (() => void) | null): boolean {
  commits?.();
  return commits !== null;
}

type Said<T> = { gave: T } | { threw: unknown };

function attempt<T>(act: () => T): Said<T> {
  try {
    return { gave: act() };
  } catch (threw) {
    return { threw };
  }
}
