/**
 * Prisma on the connection of a transaction that somebody else began. Prisma's own interactive transaction is another connection, ends after 5 s, and
 * takes a quiet ROLLBACK for success; so `inTransaction` begins and commits, and Prisma only asks in between (docs/persistence.md).
 *
 * A client costs 17 ms for its first query, which it compiles, and 4 MB. So clients are kept and lent to one transaction at a time.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { type Prisma, PrismaClient } from '#lib/store/generated/client.ts';

/** The tables by their models, inside of a transaction and outside. It begins none: `inTransaction` does. */
export type Models = Omit<Prisma.TransactionClient, '$transaction'>;

/** Statements in pg's own words, as hand-written SQL is asked. */
export type Querying = Pick<pg.PoolClient, 'query'>;

export type Binding = {
  /** Takes a client when it is first read. Each call of it starts at once and counts as begun. */
  readonly prisma: Models;
  /** Throws when the lending is over. */
  check(): void;
  /**
   * Ends the lending: what is asked afterwards is refused. `unfinished`: something was started and not awaited, so nobody knows what it
   * did. `failed`: Prisma gave up a write of several statements, perhaps without a failing statement, and wants none of it kept. Once more: `whole`.
   */
  end(): 'whole' | 'failed' | 'unfinished';
};

/** Binds Prisma to a connection, for as long as its transaction lasts. */
export function bindPrisma(connection: Querying): Binding {
  let lent: Lent | null = null;
  let seen: Models | null = null;
  let ended = false;
  let running = 0;
  const check = (): void => {
    if (ended) throw new Error(OVER);
  };
  const run = async (act: () => unknown): Promise<unknown> => {
    check();
    running += 1;
    try {
      return await act();
    } finally {
      running -= 1;
    }
  };
  return {
    get prisma() {
      lent ??= lend(connection);
      seen ??= watched(lent.client, run) as Models;
      return seen;
    },
    check,
    end() {
      if (ended) return 'whole';
      ended = true;
      if (lent === null) return 'whole';
      const { failed } = lent.pool;
      lent.pool.lendTo(null);
      // A client whose work goes on is given to nobody: it would go on in another's transaction.
      if (running > 0) return 'unfinished';
      if (idle.length < IDLE_MAX) idle.push(lent);
      return failed ? 'failed' : 'whole';
    },
  };
}

type Lent = { client: PrismaClient; pool: OneConnection };

/** As many as a process's pool has connections. */
const IDLE_MAX = 16;
const idle: Lent[] = [];

/** Prisma's timer for its own transactions, which are no transactions here: the longest that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

function lend(connection: Querying): Lent {
  const lent = idle.pop() ?? fresh();
  lent.pool.lendTo(connection);
  return lent;
}

function fresh(): Lent {
  const pool = new OneConnection();
  const transactionOptions = { maxWait: NEVER_MS, timeout: NEVER_MS };
  return { pool, client: new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions }) };
}

const OVER = 'The transaction is over. A statement of it was asked too late: await it inside.';

/** What the adapter takes for a pool: it has the one connection that it was lent, and opens none. */
class OneConnection extends pg.Pool {
  /** Prisma asked to roll back. */
  failed = false;
  #connection: Querying | null = null;

  constructor() {
    super({ max: 1 });
    // pg declares these with many signatures; the adapter calls each with one.
    this.query = ((asked: pg.QueryConfig) => this.#ask(asked)) as typeof this.query;
    this.connect = (() => Promise.resolve(this.#inner())) as unknown as typeof this.connect;
  }

  lendTo(connection: Querying | null): void {
    this.#connection = connection;
    this.failed = false;
  }

  async #ask(asked: pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.#connection === null) throw new Error(OVER);
    return await this.#connection.query(asked);
  }

  /** For a write of several statements, which Prisma puts in a transaction of its own: here it is part of the one that is open. */
  #inner(): unknown {
    return {
      query: (asked: pg.QueryConfig) => {
        if (!ENDS.has(asked.text)) return this.#ask(asked);
        this.failed ||= asked.text === 'ROLLBACK';
        return Promise.resolve({ rows: [], fields: [], rowCount: 0 });
      },
      on() {},
      removeListener() {},
      release() {},
    };
  }
}

const ENDS = new Set(['BEGIN', 'COMMIT', 'ROLLBACK']);

/** The client, and its models, with every call going through `run`. */
function watched<T extends object>(of: T, run: (act: () => unknown) => Promise<unknown>): T {
  return new Proxy(of, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member === 'function') return (...given: unknown[]) => run(() => Reflect.apply(member, target, given));
      return typeof member === 'object' && member !== null ? watched(member, run) : member;
    },
  });
}

/** What became of a transaction that can't be committed. */
export function refusalOf(ended: 'failed' | 'unfinished'): Error {
  return ended === 'failed'
    ? new CountersignError('conflict', 'The transaction had failed and was rolled back.')
    : new Error('A statement of the transaction was not awaited. The transaction was rolled back.');
}
