/**
 * This process's connections, as the application role. Prisma is the persistence: what a noun ordinarily reads and writes is asked of `prisma`.
 * Statements that Prisma has no words for, or that have to be as fast as the database, are written by hand in `*.sql.ts` (docs/persistence.md).
 *
 * Writes that belong together are one transaction, for both, on one connection:
 *
 *     await inTransaction(pool, async (tx) => {
 *       await tx.prisma.incident.update({ … });
 *       await tx.query('…', [id]);
 *     });
 */

import { Socket } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { IDLE_IN_TRANSACTION_MS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { PrismaClient } from '#lib/store/generated/client.ts';
import { type Binding, bindPrisma, type Models, type Querying, refusalOf } from './bound-prisma.ts';
import { copySocket } from './copy-out.ts';
import { tellDamage } from './damage.ts';

export { type Querying, refusalOf };

export type Db = WithModels & { pool: pg.Pool; disconnect(): Promise<void> };

/** What a function takes that asks Prisma, inside of a transaction or outside: a `Tx` and a `Db` both are one. */
export type WithModels = { readonly prisma: Models };

/** One connection inside a transaction: Prisma's models, and pg's own `query`. */
export type Tx = WithModels & Querying;

const POOL_MAX = 16;
const KEEP_ALIVE_MS = 10_000;

export type DbOptions = {
  max?: number;
  /** How long a statement may take, in ms; without it, for ever: a page that reads a million rows has no lease to lose. */
  answerMs?: number;
  /** After so long the server ends a connection that waits in a transaction, and with it its locks. */
  idleInTransactionMs?: number;
  /** For a thread that mostly reads by COPY: its connections give what they read in place (copy-out.ts). */
  reads?: 'copies';
};

// Next loads modules more than once; the process must not open a pool for each.
const state = globalThis as typeof globalThis & { countersignDb?: Db };

/** The process's database, opened at the first call, with that call's options. Throws `unavailable` when DATABASE_URL is not set. */
export function db(options: DbOptions = {}): Db {
  state.countersignDb ??= openDb(urlOfEnv(), options);
  return state.countersignDb;
}

/** A database of its own, for tests and entry points that name it. Close it with `closeDb(it)`. */
export function openDb(url: string, options: DbOptions = {}): Db {
  const pool = openPool(url, options);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return { pool, prisma, disconnect: () => prisma.$disconnect() };
}

/** Connections of their own, for statements that must not wait for those of others. The caller ends it. */
export function openPool(url: string, options: DbOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? POOL_MAX,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
    ...(options.answerMs !== undefined && { query_timeout: options.answerMs }),
    // An encrypted connection has a stream over its socket, which has memory of its own.
    ...(options.reads && { stream: (asked?: { ssl?: unknown }) => (asked?.ssl ? new Socket() : copySocket()) }),
    // Prisma's adapter writes times without their zone and takes what it reads for UTC; pg does neither. Here both say the same.
    onConnect: async (client) => {
      // The pool hears a connection only while it is idle. One that dies before that, or while somebody has it, says so by an event that would end the process.
      client.on('error', () => {});
      await client.query("SET TIME ZONE 'UTC'");
    },
  });
  // An idle connection that the server ended; the pool opens another when it is needed.
  pool.on('error', () => {});
  tellDamage(pool);
  return pool;
}

/** Ends the process's database, or the one given; waits for what is running. */
export async function closeDb(given: Db | undefined = state.countersignDb): Promise<void> {
  if (!given) return;
  if (given === state.countersignDb) state.countersignDb = undefined;
  await given.disconnect();
  await given.pool.end();
}

/**
 * Runs `act` in one transaction on one connection: commits what it did when it returns, rolls back when it throws.
 * A COMMIT whose answer is lost throws, and the caller doesn't know whether it happened (I1).
 */
export async function inTransaction<T>(pool: pg.Pool, act: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const { tx, end } = transactionOn(client);
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const result = await act(tx);
    const whole = end();
    if (whole !== 'whole') throw refusalOf(whole);
    // PostgreSQL answers COMMIT of a failed transaction with a quiet ROLLBACK.
    const ended = await client.query('COMMIT');
    if (ended.command !== 'COMMIT') throw new CountersignError('conflict', 'The transaction had failed and was rolled back.');
    return result;
  } catch (error) {
    end();
    await client.query('ROLLBACK').catch((problem: Error) => {
      broken ??= problem;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** What works in a transaction that is begun on this connection, until `end`; then all that it is asked is refused. */
export function transactionOn(connection: Querying): { tx: Tx; end: Binding['end'] } {
  const binding = bindPrisma(connection);
  const query = (...asked: unknown[]): unknown => {
    binding.check();
    return (connection.query as (...all: unknown[]) => unknown)(...asked);
  };
  return {
    tx: {
      query: query as Tx['query'],
      get prisma() {
        return binding.prisma;
      },
    },
    end: () => binding.end(),
  };
}

function urlOfEnv(): string {
  const url = env().DATABASE_URL;
  if (url) return url;
  throw new CountersignError(
    'unavailable',
    'DATABASE_URL is not set. npm start sets it for the processes that it starts; a worker elsewhere needs it given.',
  );
}
