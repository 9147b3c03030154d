/** What PostgreSQL notifies of: one connection of its own per process, past any pool, shared by everybody who listens. */
import pg from 'pg';

export const CHANNEL = 'countersign';
/** The payload that says that somebody claimed a chunk. */
export const CLAIMED = 'claimed';
/** The payload that says that somebody was disabled, has another role, or lost a session or a key; every other is a batch's id. Triggers tell it. */
export const STANDING = 'standing';
const RECONNECT_MS = 1_000;

/**
 * Calls `heard` at every notification with this payload, and once whenever the connection was made (again): what was notified before was not
 * heard. Until the returned function is called. Never throws; while the database is away it tries again.
 */
export function hear(url: string, payload: string, heard: () => void): () => void {
  state.countersignEars ??= ears();
  return state.countersignEars(url, payload, heard);
}

type Hear = typeof hear;

// Next loads modules more than once; the process needs one connection that listens.
const state = globalThis as typeof globalThis & { countersignEars?: Hear };

function ears(): Hear {
  const listeners = new Map<string, Set<() => void>>();
  let client: pg.Client | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const everybody = (): void => {
    for (const heard of [...listeners.values()].flatMap((set) => [...set])) heard();
  };

  const connect = async (url: string): Promise<void> => {
    const mine = new pg.Client({ connectionString: url, keepAlive: true, application_name: 'countersign live' });
    client = mine;
    const lost = (): void => {
      if (client !== mine) return;
      client = null;
      void mine.end().catch(() => {});
      if (listeners.size > 0) retry = setTimeout(() => void connect(url), RECONNECT_MS);
    };
    mine.on('error', lost);
    mine.on('end', lost);
    mine.on('notification', ({ payload = '' }) => {
      for (const heard of listeners.get(payload) ?? []) heard();
    });
    try {
      await mine.connect();
      await mine.query(`LISTEN ${CHANNEL}`);
      // What was announced before this connection listened was not heard.
      everybody();
    } catch {
      lost();
    }
  };

  return (url, payload, heard) => {
    // Each call is its own listener, even when two share a function.
    const own = (): void => heard();
    const set = listeners.get(payload) ?? new Set();
    listeners.set(payload, set.add(own));
    if (client === null) {
      clearTimeout(retry);
      void connect(url);
    }
    return () => {
      set.delete(own);
      if (set.size === 0 && listeners.get(payload) === set) listeners.delete(payload);
      if (listeners.size > 0) return;
      clearTimeout(retry);
      const idle = client;
      client = null;
      void idle?.end().catch(() => {});
    };
  };
}
