/** The soak's own PostgreSQL, which can be restarted, with the product's schema and a log of claims that the product does not know of. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { threadsOf } from '#bin/threads.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { openDb } from '#lib/store/postgres/db.ts';
import { isPostmasterOf, processLife } from '#lib/store/postgres/embedded/process.ts';
import { type Embedded, startEmbedded } from '#lib/store/postgres/embedded.ts';
import { migrate } from '#lib/store/postgres/migrate.ts';
import { startProxy, type Wire } from './proxy.ts';

export type SoakServer = {
  folder: string;
  /** The superuser's connections, of the oracle and of whoever cuts the others. */
  pool: pg.Pool;
  version: string;
  port(): number;
  /** The superuser's, through a proxy that finds the server again after a restart. */
  superUrl(): string;
  /** The application role's URL through a proxy on this port. */
  appUrl(port: number, name: string): string;
  /** Ends the server, calls `meanwhile`, starts it again. In turn it is asked to end, crashes with all its processes, or loses its first one. */
  restart(meanwhile: () => void): Promise<void>;
  /** When each was over, in ms by this machine's clock, which is the database's too; and whether one is under way. */
  restarts(): { at: number[]; away: boolean };
  /** Without waiting, for a process that ends at once. */
  abandon(): void;
  stop(): Promise<void>;
};

const PREFIX = join(tmpdir(), 'countersign-soak-');
/** Fast shutdown, immediate shutdown (recovery at the next start), and the postmaster gone from under its backends. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGKILL'];
const SETTINGS = { shared_buffers: '128MB', track_commit_timestamp: 'on' };

/** A fresh server and database. This process's steps (`db()`) use it too, through a proxy that finds it again after a restart. */
export async function startServer(): Promise<SoakServer> {
  sweep();
  const folder = mkdtempSync(PREFIX);
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'owner.pid'), String(process.pid));
  const options = { dataDir: folder, settings: SETTINGS };
  let server: Embedded = await startEmbedded(options);
  await migrate(server);
  const door: Wire = await startProxy(() => server.port);
  const pool = new pg.Pool({ connectionString: at(server.superUrl, door.port, 'countersign', 'soak'), max: 8 });
  pool.on('error', () => {});
  process.env.ORIGINALS_DIR = join(folder, 'originals');
  process.env.DATABASE_URL = at(server.appUrl, door.port, 'countersign', 'people');
  process.env.ALLOW_PRIVATE_TARGETS = '1';
  process.env.SECRET_KEY ??= 'a key of the soak, of no use elsewhere';
  Object.assign(globalThis, { countersignDb: openDb(process.env.DATABASE_URL), countersignEnv: undefined });
  // People's plans are worked out in this process.
  const threads = threadsOf(1, null);
  await pool.query(CLAIM_LOG);
  const { rows } = await pool.query<{ version: string }>("SELECT current_setting('server_version') AS version");
  const restartedAt: number[] = [];
  let away = false;
  let turn: Promise<void> = Promise.resolve();
  const restart = async (meanwhile: () => void): Promise<void> => {
    away = true;
    const signal = SIGNALS[restartedAt.length % SIGNALS.length] as NodeJS.Signals;
    process.kill(server.pid, signal);
    await server.ended;
    // Gives the folder back.
    await server.stop();
    meanwhile();
    await sleep(300);
    server = await startEmbedded(options);
    away = false;
    restartedAt.push(Date.now());
  };
  return {
    folder,
    pool,
    version: rows[0]?.version ?? 'unknown',
    port: () => server.port,
    superUrl: () => at(server.superUrl, door.port, 'postgres', 'soak'),
    appUrl: (port, name) => at(server.appUrl, port, 'countersign', name),
    restart: (meanwhile) => {
      turn = turn.then(() => restart(meanwhile));
      return turn;
    },
    restarts: () => ({ at: restartedAt, away }),
    abandon() {
      process.kill(server.pid, 'SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
    async stop() {
      await threads.end();
      await pool.end();
      door.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Asks again until the database answers: for the soak's own questions, and for people, who try again when a page says that it does not work. What the
 * product refuses in words is passed on.
 */
export async function patiently<T>(act: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const refused = error instanceof CountersignError && error.code !== 'unavailable';
      if (refused || performance.now() > until) throw error;
      await sleep(100);
    }
  }
}

const PATIENCE_MS = 60_000;

function at(address: string, port: number, database: string, name: string): string {
  const url = new URL(address);
  url.port = String(port);
  url.pathname = `/${database}`;
  url.searchParams.set('application_name', name);
  return url.href;
}

/** When each claim was made, by the database's clock, and of whom: takeovers are timed by it. */
const CLAIM_LOG = `
CREATE SCHEMA soak;
CREATE TABLE soak.claim (chunk_id uuid, epoch int, owner uuid, state text, at timestamptz, PRIMARY KEY (chunk_id, epoch));
CREATE FUNCTION soak.claimed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO soak.claim VALUES (NEW.id, NEW.epoch, NEW.lease_owner, NEW.state, clock_timestamp());
  RETURN NULL;
END $$;
CREATE TRIGGER soak_claimed AFTER UPDATE OF epoch ON chunk FOR EACH ROW
  WHEN (NEW.epoch <> OLD.epoch AND NEW.lease_owner IS NOT NULL) EXECUTE FUNCTION soak.claimed();`;

/** Ends what soaks that were killed left behind. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(basename(PREFIX)))) {
    const folder = join(tmpdir(), name);
    const owner = join(folder, 'owner.pid');
    if (!existsSync(owner) || processLife(Number(readFileSync(owner, 'utf8'))) !== null) continue;
    const data = join(folder, 'postgres', 'data');
    const file = join(data, 'postmaster.pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
    if (pid > 0 && isPostmasterOf(pid, data)) process.kill(pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  }
}
