/**
 * Connections to the databases of others: a bounded pool for each connection of ours, in this process. Values come as PostgreSQL writes them: what is kept of a
 * row is put back by the very same text.
 */
import { type LookupFunction, Socket } from 'node:net';
import pg from 'pg';
import type { TlsMode } from '#lib/core/connections/postgres.ts';
import { CONNECT_TIMEOUT_MS, TARGET_ANSWER_MS, TARGET_IDLE_MS, TARGET_POOL_MAX } from '#lib/core/limits.ts';

export type TargetPlace = {
  host: string;
  port: number;
  database: string;
  tls: TlsMode;
  user: string;
  password: string;
};

/** How its socket finds the address, and why it may not be opened; asked at every connect. */
export type TargetSocket = { lookup: LookupFunction; refuse(): Error | null };

/** Which of a connection's pools it is: another secret or place is another one, and the one before ends. */
type Named = { id: string; version: string };

const pools = new Map<string, { version: string; pool: pg.Pool }>();

/** The pool of this connection as it is now. */
export function targetPool({ id, version }: Named, place: TargetPlace, socket: TargetSocket): pg.Pool {
  const found = pools.get(id);
  if (found?.version === version) return found.pool;
  // Whoever has one of its connections still gives it back.
  if (found) void found.pool.end();
  const pool = open(place, socket);
  pools.set(id, { version, pool });
  return pool;
}

function open({ host, port, database, tls, user, password }: TargetPlace, { lookup, refuse }: TargetSocket): pg.Pool {
  const name = host.replaceAll(/[[\]]/g, '');
  const pool = new pg.Pool({
    ...{ host: name, port, database, user, password, max: TARGET_POOL_MAX, application_name: 'countersign' },
    ssl: tls === 'disable' ? false : { rejectUnauthorized: tls === 'verify-full' },
    ...{ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, idleTimeoutMillis: TARGET_IDLE_MS, query_timeout: TARGET_ANSWER_MS },
    ...{ keepAlive: true, allowExitOnIdle: true, types: { getTypeParser: () => (text: string) => text } },
    stream: () => guarded(lookup, refuse),
    // One that dies while somebody has it says so by an event too, which would end the process.
    onConnect: (client) => {
      client.on('error', () => {});
    },
  });
  pool.on('error', () => {});
  return pool;
}

/** A socket that goes to a judged address: pg asks it to connect by a name. */
function guarded(lookup: LookupFunction, refuse: () => Error | null): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  socket.connect = ((port: number, host: string) => {
    const refused = refuse();
    if (refused) {
      process.nextTick(() => socket.destroy(refused));
      return socket;
    }
    return connect({ port, host, lookup });
  }) as typeof socket.connect;
  return socket;
}

/** Who waits for one of the connections of a pool: as long as it takes, for that says nothing of the database; but no longer than until it is called off. */
const places = new WeakMap<pg.Pool, { free: number; waiting: (() => void)[] }>();

async function inPlace<T>(pool: pg.Pool, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  const place = places.get(pool) ?? { free: TARGET_POOL_MAX, waiting: [] };
  places.set(pool, place);
  if (place.free > 0) place.free -= 1;
  else await turnIn(place.waiting, signal);
  try {
    signal.throwIfAborted();
    return await act();
  } finally {
    const next = place.waiting.shift();
    if (next) next();
    else place.free += 1;
  }
}

/** Throws, out of the line, when the signal comes first. */
function turnIn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const calledOff = (): void => {
      waiting.splice(waiting.indexOf(turn), 1);
      reject(signal.reason);
    };
    const turn = (): void => {
      signal.removeEventListener('abort', calledOff);
      resolve();
    };
    signal.throwIfAborted();
    waiting.push(turn);
    signal.addEventListener('abort', calledOff, { once: true });
  });
}

/** A connection that is made too late for whoever is called off ends when it is there. */
async function connected(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  const calledOff = Promise.withResolvers<never>();
  const callOff = (): void => calledOff.reject(signal.reason);
  signal.addEventListener('abort', callOff, { once: true });
  const connecting = pool.connect();
  try {
    return await Promise.race([connecting, calledOff.promise]);
  } catch (error) {
    connecting.then((late) => late.release(true)).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', callOff);
  }
}

/** One connection while `act` has it; broken ones do not come back. `signal`: what is asked then ends with an error, at once. */
export function onTarget<T>(pool: pg.Pool, signal: AbortSignal, act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inPlace(pool, signal, async () => {
    const client = await connected(pool, signal);
    const hangUp = (): void => void (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    signal.addEventListener('abort', hangUp);
    let kept = false;
    try {
      signal.throwIfAborted();
      const result = await act(client);
      kept = !signal.aborted;
      return result;
    } finally {
      signal.removeEventListener('abort', hangUp);
      // Whatever went wrong: a connection in the middle of something is nobody's.
      client.release(!kept);
    }
  });
}
