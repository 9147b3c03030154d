/**
 * Writes that carry an Idempotency-Key: one row per actor and key. What such a write does is written into its row by the transactions that do it, and the
 * row names the process that carries it out. So a write whose process died is carried out by its repeat from where it was left, at once, and nothing
 * that was committed is done a second time.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { API_WRITES_KEEP_HOURS } from '#lib/core/limits.ts';
import { databaseTime, databaseTimeAgo } from '#lib/store/postgres/database-time.ts';
import { db, inTransaction, type Querying, type Tx } from '#lib/store/postgres/db.ts';
import { presence } from '#lib/store/postgres/presence.ts';
import { addDone, type Found, readKey } from './api-writes.sql.ts';

export type ApiAnswer = { status: number; body: Uint8Array<ArrayBuffer> };
export type Key = { actor: string; key: string };
/** A write that this process carries out. `epoch` fences it: whoever takes it over raises it. `done`: what its transactions gave, by their names. */
export type KeyedWrite = Key & { epoch: number; done: Record<string, unknown> };
export type TakenKey =
  /** the key is this request's: carry it out, keep its answer if it is one to keep, then leave it */
  | { kind: 'taken'; write: KeyedWrite }
  /** an earlier request of the same digest was answered so */
  | { kind: 'answered'; answer: ApiAnswer }
  /** it is being carried out, by a process that lives */
  | { kind: 'open' }
  /** the key was used for something else */
  | { kind: 'other'; path: string };

export type Asked = Key & { path: string; digest: Buffer<ArrayBuffer> };

// Next loads modules more than once; the process is one.
const state = globalThis as typeof globalThis & { countersignKeys?: Set<string> };
state.countersignKeys ??= new Set();
/** The keys of the writes that this process carries out. */
const held = state.countersignKeys;
// A key has no spaces.
const nameOf = ({ actor, key }: Key): string => `${key} ${actor}`;

/** Takes the key for a request, or says what became of the one that has it. A key older than its keeping time is free again. */
export async function takeKey(asked: Asked): Promise<TakenKey> {
  const mine = !held.has(nameOf(asked));
  if (mine) held.add(nameOf(asked));
  try {
    const taken = await lookOrTake(asked, mine);
    if (mine && taken.kind !== 'taken') leaveKey(asked);
    return taken;
  } catch (error) {
    if (mine) leaveKey(asked);
    throw error;
  }
}

/** Whoever asks with the key from now on finds what was kept, or carries it out. */
export function leaveKey(key: Key): void {
  held.delete(nameOf(key));
}

/** @param mine whether nobody else in this process has the key */
async function lookOrTake(asked: Asked, mine: boolean): Promise<TakenKey> {
  const owner = await presence();
  for (;;) {
    if (mine && (await insertKey(asked, owner))) return { kind: 'taken', write: { ...named(asked), epoch: 1, done: {} } };
    const row = await readKey(asked, owner);
    if (!row && mine) continue;
    if (!row) return { kind: 'open' };
    const open = row.status === null && (row.held || !mine);
    if (!row.expired || open) {
      if (!row.same) return { kind: 'other', path: row.path };
      if (row.status !== null) return { kind: 'answered', answer: { status: row.status, body: row.response ?? Buffer.alloc(0) } };
      if (open) return { kind: 'open' };
    }
    const write = mine ? await takeOver(asked, owner, row) : null;
    if (write) return { kind: 'taken', write };
    if (!mine) return { kind: 'open' };
    // Somebody else took it between the two statements: what they make of it is looked at.
  }
}

const named = ({ actor, key }: Key): Key => ({ actor, key });

async function insertKey({ actor, key, path, digest: requestDigest }: Asked, owner: number): Promise<boolean> {
  const data = { actor, key, path, requestDigest, owner };
  return (await db().prisma.apiWrite.createMany({ data, skipDuplicates: true })).count === 1;
}

/** Waits for a transaction of a dead owner that is just committing, and then sees what it did. Null: somebody else was faster. */
async function takeOver(
  { actor, key, path, digest }: Asked,
  owner: number,
  { epoch, expired }: Found,
): Promise<KeyedWrite | null> {
  const { prisma } = db();
  const [taken] = await prisma.apiWrite.updateManyAndReturn({
    where: { actor, key, epoch, ...(expired ? {} : { status: null }) },
    data: {
      ...{ owner, path, requestDigest: digest, status: null, response: null },
      epoch: { increment: 1 },
      createdAt: await databaseTime({ prisma }),
      ...(expired ? { done: {} } : {}),
    },
    select: { epoch: true, done: true },
  });
  return taken ? { actor, key, epoch: taken.epoch, done: taken.done as KeyedWrite['done'] } : null;
}

/** Keeps the answer for the key's repeats, unless somebody else carries the write out by now. */
export async function keepAnswer({ actor, key, epoch }: KeyedWrite, { status, body }: ApiAnswer): Promise<void> {
  await db().prisma.apiWrite.updateMany({ where: { actor, key, epoch }, data: { status, response: body } });
}

const HOUR_MS = 60 * 60 * 1000;

/** Removes what is older than its keeping time; gives how many. */
export async function pruneApiWrites(): Promise<number> {
  const { prisma } = db();
  const before = await databaseTimeAgo({ prisma }, API_WRITES_KEEP_HOURS * HOUR_MS);
  return (await prisma.apiWrite.deleteMany({ where: { createdAt: { lt: before } } })).count;
}

const current = new AsyncLocalStorage<KeyedWrite>();

/** Runs what carries the write out: the transactions in it find the write by themselves. */
export function carryOut<T>(write: KeyedWrite, act: () => Promise<T>): Promise<T> {
  return current.run(write, act);
}

/** Runs what goes on when the write is answered: nothing of it is written down with the write. */
export function apartFromWrite<T>(act: () => T): T {
  return current.exit(act);
}

/**
 * A transaction of a step that may be asked for with an Idempotency-Key. With one, what it gives is written down in it, under its name: the repeat of a write
 * that broke off behind its commit gets that, and `act` is not run again. What it gives has to be JSON. Without a key it is `inTransaction`.
 *
 * @throws CountersignError `conflict` when a repeat of the request carries the write out by now; nothing was done then
 */
export async function inWrite<T>(pool: pg.Pool, name: string, act: (tx: Tx) => Promise<T>): Promise<T> {
  const before = doneBefore<T>(name);
  if (before !== undefined) return before;
  return inTransaction(pool, async (tx) => {
    const value = await act(tx);
    await writeDown(tx, name, value);
    return value;
  });
}

/** What the transaction of this name gave, if it was committed before this request; undefined without a key too. */
export function doneBefore<T>(name: string): T | undefined {
  const done = current.getStore()?.done ?? {};
  return Object.hasOwn(done, name) ? (done[name] as T) : undefined;
}

/** Writes down, in the transaction that does it, what it gave. The last statement of it: the row is then locked for no longer than the commit. */
export async function writeDown(tx: Querying, name: string, value: unknown): Promise<void> {
  const write = current.getStore();
  if (!write) return;
  if (!(await addDone(tx, write, name, value)))
    throw new CountersignError(
      'conflict',
      'A repeat of this request with the same Idempotency-Key is carrying it out now. This request did nothing.',
    );
}
