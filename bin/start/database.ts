/** The embedded PostgreSQL, started again whenever it ends unasked: killed, out of memory, or because its disk is full. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Embedded, type EmbeddedOptions, startEmbedded } from '#lib/store/postgres/embedded.ts';

export type KeptDatabase = Pick<Embedded, 'superUrl' | 'ownerUrl' | 'appUrl'> & {
  /** Resolves when its process is gone, also one that is just being started. */
  stop(): Promise<void>;
};

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 10_000;

/**
 * Starts the database of a data folder and keeps it running: on the same port, for everybody reconnects to that. While it can't be started again (its
 * disk is full: recovery needs room too) it is tried again and again, and what stands in the way is said once. Throws what `startEmbedded` throws the
 * first time.
 */
export async function keepDatabase(options: EmbeddedOptions & { log: (line: string) => void }): Promise<KeptDatabase> {
  const { log } = options;
  const stopping = new AbortController();
  let server = await startEmbedded(options);
  let starting = false;
  log(`PostgreSQL on 127.0.0.1:${server.port}, files in ${server.data}`);
  const { superUrl, ownerUrl, appUrl } = server;

  const keep = async (): Promise<void> => {
    for (;;) {
      await server.ended;
      if (stopping.signal.aborted) return;
      log(`process ${server.pid} ended: starting it again`);
      starting = true;
      await server.stop();
      const next = await startAgain({ ...options, port: server.port }, stopping.signal);
      if (!next) return;
      server = next;
      starting = false;
      log(`runs again as process ${server.pid}`);
    }
  };
  const kept = keep();
  return {
    ...{ superUrl, ownerUrl, appUrl },
    async stop() {
      stopping.abort();
      if (!starting) await server.stop();
      await kept;
    },
  };
}

/** Null when it was asked to stop before it was up. */
async function startAgain(
  options: EmbeddedOptions & { log: (line: string) => void },
  stop: AbortSignal,
): Promise<Embedded | null> {
  for (let wait = RETRY_MS; !stop.aborted; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
    try {
      const server = await startEmbedded(options);
      if (!stop.aborted) return server;
      await server.stop();
    } catch (error) {
      if (wait === RETRY_MS) options.log(`${(error as Error).message}\nIt is tried again until it starts; this is said once.`);
      await sleep(wait, undefined, { signal: stop }).catch(() => {});
    }
  }
  return null;
}
