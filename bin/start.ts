/** `npm start`: database, migrations, build, web server and workers, in that order; Ctrl-C ends them in the other. `--dev`: next dev. */

import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '#lib/core/errors.ts';
import { DRAIN_MS } from '#lib/core/limits.ts';
import { type Env, env } from '#lib/env.ts';
import { openWebIncident } from '#lib/store/fleet/house-incidents.ts';
import { closeDb, openDb } from '#lib/store/postgres/db.ts';
import { type FolderLock, lockFolder } from '#lib/store/postgres/embedded/lock.ts';
import { type DatabaseUrls, migrate } from '#lib/store/postgres/migrate.ts';
import { assertReceiptProtection } from '#lib/store/postgres/protection.ts';
import { ensureBuild } from './start/build.ts';
import { type Keeper, type KeepOptions, keepRunning } from './start/children.ts';
import { type KeptDatabase, keepDatabase } from './start/database.ts';
import { welcomeFirstPerson } from './start/first-person.ts';
import { ensureKeys, type Keys } from './start/keys.ts';
import { endLeftoverWebServer, noteWebServer } from './start/leftover.ts';
import { whenNpmIsGone } from './start/npm.ts';
import { wordsOfRefusal } from './start/refusal.ts';
import { WEB_FLAGS } from './start/web-flags.ts';
import { environmentOfWorker } from './start/worker-environment.ts';

const WEB_STOP_MS = 5_000;
const BEGIN_STOP_MS = 60_000;
const PORT_LOOK_MS = 50;

const dev = process.argv.includes('--dev');
const running: { dataDir?: string; lock?: FolderLock; database?: KeptDatabase; web?: Keeper; workers: Keeper[] } = {
  workers: [],
};
const stopping = new AbortController();
let ending: Promise<void> | undefined;

const begun = begin();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
whenNpmIsGone('bin/start.ts', () => {
  say('npm', 'npm has ended: ending everything that it started');
  void end(0);
});
try {
  await begun;
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(wordsOfRefusal(error, running.dataDir));
    await end(1);
  }
}

async function begin(): Promise<void> {
  const settings = env();
  running.dataDir = settings.DATA_DIR;
  mkdirSync(settings.DATA_DIR, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  running.lock = lockFolder(settings.DATA_DIR);
  const left = await endLeftoverWebServer(settings.DATA_DIR, WEB_STOP_MS, (line) => say('web', line));
  await assertPortFree(settings, left ? WEB_STOP_MS : 0);
  const keys = ensureKeys(settings.DATA_DIR, {
    secretKey: settings.SECRET_KEY,
    connectionsKey: settings.CONNECTIONS_KEY,
    signingKeyFile: settings.SIGNING_KEY_FILE,
    used: !settings.DATABASE_URL && existsSync(join(settings.DATA_DIR, 'postgres.json')),
  });

  say('database');
  const urls = await openDatabase(settings);
  say('migrations');
  const { applied, unproven } = await migrate(urls);
  for (const line of [...applied.map((name) => `applied ${name}`), ...unproven]) say('migrations', line);
  await checkProtection(urls);
  stopping.signal.throwIfAborted();
  if (!dev) {
    say('build');
    await ensureBuild((line) => say('build', line), stopping.signal);
  }
  stopping.signal.throwIfAborted();

  const childEnv = environmentOfChildren(settings, urls, keys);
  const start = (name: string, file: string, more: Partial<KeepOptions> = {}) =>
    keepRunning(name, join(import.meta.dirname, file), { env: childEnv, log: (line) => say(name, line), ...more });
  say('web');
  running.web = start('web', 'web.ts', {
    flags: WEB_FLAGS,
    begun: (pid) => noteWebServer(settings.DATA_DIR, pid),
    // next dev compiles for as long as it takes.
    ...(!dev && { silent: (seconds: number) => void tellSilence(urls.appUrl, seconds) }),
  });
  await running.web.ready;
  stopping.signal.throwIfAborted();
  say('workers', String(settings.WORKERS));
  running.workers = Array.from({ length: settings.WORKERS }, () =>
    start('worker', 'worker.ts', { env: environmentOfWorker(childEnv) }),
  );
  await Promise.all(running.workers.map((worker) => worker.ready));
  if (stopping.signal.aborted) return;
  const welcome = await welcomeFirstPerson(settings, urls.appUrl, addressOf(settings));
  if (welcome) say('setup', welcome);
  console.log(`ready ${addressOf(settings)}`);
}

function say(stage: string, line = ''): void {
  console.log(`${stage.padEnd(10)} ${line}`.trimEnd());
}

/** The address for people: loopback also when we listen everywhere. */
function addressOf({ HOST, PORT }: Env): string {
  const host = ['0.0.0.0', '::', 'localhost'].includes(HOST) ? '127.0.0.1' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

/** `patienceMs` for a port whose holder is just gone: its sockets may close a moment after its process counts as ended. */
async function assertPortFree({ HOST, PORT }: Env, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const problem = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      const probe = createServer();
      probe.once('error', resolve);
      probe.listen(PORT, HOST, () => probe.close(() => resolve(null)));
    });
    if (problem === null) return;
    if (problem.code !== 'EADDRINUSE') {
      const message = `The web server can't listen on ${HOST}:${PORT}: ${problem.message}. Choose another HOST or PORT.`;
      throw new CountersignError('unavailable', message);
    }
    if (performance.now() > until) {
      const message = `Port ${PORT} is in use by another program. Stop that one, or choose another port: PORT=${PORT + 1} npm start`;
      throw new CountersignError('unavailable', message);
    }
    await sleep(PORT_LOOK_MS);
  }
}

async function openDatabase(settings: Env): Promise<DatabaseUrls> {
  if (settings.DATABASE_URL) {
    say('database', 'the one of DATABASE_URL');
    return { appUrl: settings.DATABASE_URL, ownerUrl: settings.MIGRATE_DATABASE_URL ?? settings.DATABASE_URL };
  }
  running.database = await keepDatabase({ dataDir: settings.DATA_DIR, log: (line) => say('database', line) });
  return running.database;
}

async function checkProtection(urls: DatabaseUrls): Promise<void> {
  const asApplication = openDb(urls.appUrl, { max: 1 });
  try {
    const { roles } = await assertReceiptProtection(asApplication.pool, urls.appUrl !== urls.ownerUrl);
    if (roles === 'single') {
      say(
        'database',
        'one role owns and uses it: only triggers protect receipts. Give MIGRATE_DATABASE_URL for the owner and DATABASE_URL for another role.',
      );
    }
  } finally {
    await closeDb(asApplication);
  }
}

/** Opens the incident of a web server that was replaced. The terminal has told it already. */
async function tellSilence(appUrl: string, seconds: number): Promise<void> {
  const asApplication = openDb(appUrl, { max: 1 });
  try {
    await openWebIncident(asApplication, `The web server on ${hostname()} did not answer for ${seconds} s and was replaced.`);
  } catch (error) {
    say('web', `the database took no incident of it: ${(error as Error).message}`);
  } finally {
    await closeDb(asApplication);
  }
}

function environmentOfChildren(settings: Env, urls: DatabaseUrls, keys: Keys): NodeJS.ProcessEnv {
  const child: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: dev ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DATA_DIR: settings.DATA_DIR,
    // Of DATA_DIR workers are told this alone.
    ORIGINALS_DIR: settings.ORIGINALS_DIR ?? join(settings.DATA_DIR, 'originals'),
    DATABASE_URL: urls.appUrl,
    SECRET_KEY: keys.secretKey,
    CONNECTIONS_KEY: keys.connectionsKey,
    SIGNING_KEY_FILE: keys.signingKeyFile,
  };
  // Nobody but the migrations is the owner, and the first admin's password is this process's business.
  delete child.MIGRATE_DATABASE_URL;
  delete child.ADMIN_EMAIL;
  delete child.ADMIN_PASSWORD;
  return child;
}

/** Drains the workers, then closes the web server, then the database. A second signal changes nothing: each has its limit. */
function end(code: number): Promise<void> {
  ending ??= (async () => {
    stopping.abort();
    if (running.workers.length > 0) say('workers', `draining: waiting for requests in flight, at most ${DRAIN_MS / 1000} s`);
    await Promise.all(running.workers.map((worker) => worker.stop(DRAIN_MS)));
    await running.web?.stop(WEB_STOP_MS);
    // A database that is just being started has to be up before it can be stopped, and a migration is not left half way. One of DATABASE_URL may
    // never answer.
    await Promise.race([begun.catch(() => {}), sleep(BEGIN_STOP_MS)]);
    await running.database?.stop();
    running.lock?.release();
    process.exit(code);
  })();
  return ending;
}
