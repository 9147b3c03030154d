/**
 * This process's connections, as the application role. Prisma for ordinary reads and writes, the pool for hot paths in plain SQL; both
 * draw from the same connections.
 *
 * Several writes that belong together, Prisma's way (raw SQL inside goes over the same connection):
 *
 *     await prisma.$transaction(async (tx) => {
 *       await tx.batch.update({ … });
 *       await tx.$executeRaw`UPDATE chunk SET state = 'queued' WHERE batch_id = ${id}::uuid AND state = 'proposed'`;
 *     });
 *
 * and in plain SQL: `inTransaction(pool, async (tx) => tx.query('…', [id]))`.
 */

import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { IDLE_IN_TRANSACTION_MS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { PrismaClient } from '#lib/store/generated/client.ts';
import { tellDamage } from './damage.ts';

export type Db = { prisma: PrismaClient; pool: pg.Pool };

/** One connection inside a transaction; `query` is pg's own. */
export type Tx = Pick<pg.PoolClient, 'query'>;

const POOL_MAX = 16;
const KEEP_ALIVE_MS = 10_000;

export type DbOptions = {
  max?: number;
  /** How long a statement may take, in ms; without it, for ever: a page that reads a million rows has no lease to lose. */
  answerMs?: number;
  /** After so long the server ends a connection that waits in a transaction, and with it its locks. */
  idleInTransactionMs?: number;
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
  return { pool, prisma: new PrismaClient({ adapter: new PrismaPg(pool) }) };
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
  await given.prisma.$disconnect();
  await given.pool.end();
}

/**
 * Runs `act` in one transaction on one connection: commits what it did when it returns, rolls back when it throws.
 * A COMMIT whose answer is lost throws, and the caller doesn't know whether it happened (I1).
 */
export async function inTransaction<T>(pool: pg.Pool, act: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const result = await act(client);
    // PostgreSQL answers COMMIT of a failed transaction with a quiet ROLLBACK.
    const ended = await client.query('COMMIT');
    if (ended.command !== 'COMMIT') throw new CountersignError('conflict', 'The transaction had failed and was rolled back.');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((problem: Error) => {
      broken ??= problem;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

function urlOfEnv(): string {
  const url = env().DATABASE_URL;
  if (url) return url;
  throw new CountersignError(
    'unavailable',
    'DATABASE_URL is not set. npm start sets it for the processes that it starts; a worker elsewhere needs it given.',
  );
}
