/** This process, as all others can see it: a session lock that the database takes back when the process is gone, however it ended. */
import { randomInt } from 'node:crypto';
import pg from 'pg';
import { env } from '#lib/env.ts';

type Presence = { url: string; number: Promise<number> };

// Next loads modules more than once; the process is one.
const state = globalThis as typeof globalThis & { countersignPresence?: Presence | undefined };

/** First of the two keys of the lock; the second is the process's number. */
const PRESENCE_LOCK = 0x70726573;

/** Whether the process of this number lives: SQL over an expression that is its number. */
export const isPresent = (number: string): string =>
  `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${PRESENCE_LOCK} AND objid = (${number})::bigint
     AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`;

/**
 * The number that this process is present by, on a connection of its own. When that connection breaks, the process is present by another number from
 * the next call on: to all others the old one is gone, so nothing may rely on the number alone.
 */
export async function presence(): Promise<number> {
  const url = env().DATABASE_URL ?? '';
  if (state.countersignPresence?.url !== url) state.countersignPresence = begin(url);
  return state.countersignPresence.number;
}

function begin(url: string): Presence {
  const client = new pg.Client({ connectionString: url, keepAlive: true });
  const forget = () => {
    if (state.countersignPresence === begun) state.countersignPresence = undefined;
  };
  client.on('error', forget).on('end', forget);
  const begun: Presence = { url, number: take(client) };
  begun.number.catch(() => {
    forget();
    client.end().catch(() => {});
  });
  return begun;
}

/** A machine that lost its power says no goodbye: the server finds out by itself within half a minute. */
const SESSION = `SELECT set_config(name, value, false) FROM (VALUES ('application_name', 'countersign presence'),
  ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '4'), ('idle_session_timeout', '0')) AS s (name, value)`;

async function take(client: pg.Client): Promise<number> {
  await client.connect();
  await client.query(SESSION);
  for (;;) {
    const number = randomInt(1, 2 ** 31 - 1);
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [
      PRESENCE_LOCK,
      number,
    ]);
    if (rows[0]?.taken) return number;
  }
}
