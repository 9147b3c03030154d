/**
 * Bells: a pg-boss job that says "look at the chunk table". It is sent in the transaction that makes a chunk claimable and ends as soon
 * as a worker hears it; the chunk table holds the truth, and a slow poll hears what a bell missed.
 */
import { PgBoss } from 'pg-boss';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { apart } from '#lib/store/live/bell.sql.ts';
import { CLAIMED, hear } from '#lib/store/live/notifications.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

const QUEUE = 'bell';

// Next loads modules more than once; the process must not start a pg-boss for each.
const state = globalThis as typeof globalThis & { countersignBell?: Promise<PgBoss> };

/**
 * Rings in the caller's transaction: heard only if it commits. A bell that is out of order costs promptness, never what the caller does: the poll hears it.
 * Throws only what the caller's own connection throws.
 */
export async function ring(tx: Querying): Promise<void> {
  state.countersignBell ??= sender(env().DATABASE_URL ?? '');
  const boss = await state.countersignBell.catch(outOfOrder);
  if (!boss) return;
  await apart(tx, (db) => boss.send(QUEUE, {}, { db }), outOfOrder);
}

function outOfOrder(error: Error): null {
  log.warn({ err: error }, 'a bell could not be rung; workers hear of it at their next poll');
  return null;
}

/**
 * Ends this process's sender, if it has one.
 * @internal for its tests
 */
export async function stopRinging(): Promise<void> {
  const boss = await state.countersignBell;
  state.countersignBell = undefined;
  await boss?.stop({ graceful: false });
}

/**
 * Calls `heard` at every bell, until the returned function is called. A bell reaches one worker; whoever is `idle` also hears when others claim, for where
 * one chunk was there may be more. It also keeps pg-boss's own tables clean.
 */
export async function listenForBells(url: string, heard: () => void, idle: () => boolean): Promise<() => Promise<void>> {
  const boss = new PgBoss({ ...CONNECTION, connectionString: url, useListenNotify: true, supervise: true, schedule: false });
  // Faults of pg-boss cost promptness only: the poll goes on.
  boss.on('error', () => {});
  await boss.start();
  await boss.work(QUEUE, { batchSize: 1, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 }, async () => heard());
  const deaf = hear(url, CLAIMED, () => {
    if (idle()) heard();
  });
  return () => {
    deaf();
    return boss.stop({ graceful: false });
  };
}

/** The migration role made the schema and the queue; the application role only uses them. */
const CONNECTION = { max: 2, migrate: false, createSchema: false } as const;

async function sender(url: string): Promise<PgBoss> {
  const boss = new PgBoss({ ...CONNECTION, connectionString: url, supervise: false, schedule: false });
  boss.on('error', () => {});
  try {
    return await boss.start();
  } catch (error) {
    state.countersignBell = undefined;
    throw error;
  }
}
