/** `npm start`: database, migrations, build, web server and workers, in that order; Ctrl-C ends them in the other. `--dev`: next dev. */

import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';
import { DRAIN_MS } from '#lib/core/limits.ts';
import { type Env, env } from '#lib/env.ts';
import { closeDb, openDb } from '#lib/store/postgres/db.ts';
import { type FolderLock, lockFolder } from '#lib/store/postgres/embedded/lock.ts';
import { type DatabaseUrls, migrate } from '#lib/store/postgres/migrate.ts';
import { assertReceiptProtection } from '#lib/store/postgres/protection.ts';
import { ensureBuild } from './start/build.ts';
import { type Keeper, keepRunning } from './start/children.ts';
import { type KeptDatabase, keepDatabase } from './start/database.ts';
import { welcomeFirstPerson } from './start/first-person.ts';
import { ensureKeys } from './start/keys.ts';
import { environmentOfWorker } from './start/worker-environment.ts';

const WEB_STOP_MS = 5_000;

const dev = process.argv.includes('--dev');
const running: { lock?: FolderLock; database?: KeptDatabase; web?: Keeper; workers: Keeper[] } = { workers: [] };
const stopping = new AbortController();
let ending: Promise<void> | undefined;

const begun = begin();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
try {
  await begun;
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof CountersignError ? error.message : error);
    await end(1);
  }
}

async function begin(): Promise<void> {
  const settings = env();
  mkdirSync(settings.DATA_DIR, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  running.lock = lockFolder(settings.DATA_DIR);
  await assertPortFree(settings);

  say('database');
  const urls = await openDatabase(settings);
  say('migrations');
  for (const name of await migrate(urls)) say('migrations', `applied ${name}`);
  await checkProtection(urls);
  stopping.signal.throwIfAborted();
  if (!dev) {
    say('build');
    await ensureBuild((line) => say('build', line), stopping.signal);
  }
  stopping.signal.throwIfAborted();

  const childEnv = environmentOfChildren(settings, urls);
  const start = (name: string, file: string, given = childEnv) =>
    keepRunning(name, join(import.meta.dirname, file), given, (line) => say(name, line));
  say('web');
  running.web = start('web', 'web.ts');
  await running.web.ready;
  stopping.signal.throwIfAborted();
  say('workers', String(settings.WORKERS));
  running.workers = Array.from({ length: settings.WORKERS }, () => start('worker', 'worker.ts', environmentOfWorker(childEnv)));
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

async function assertPortFree({ HOST, PORT }: Env): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const message =
        error.code === 'EADDRINUSE'
          ? `Port ${PORT} is in use by another program. Stop that one, or choose another port: PORT=${PORT + 1} npm start`
          : `The web server can't listen on ${HOST}:${PORT}: ${error.message}. Choose another HOST or PORT.`;
      reject(new CountersignError('unavailable', message));
    });
    probe.listen(PORT, HOST, () => probe.close(() => resolve()));
  });
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

function environmentOfChildren(settings: Env, urls: DatabaseUrls): NodeJS.ProcessEnv {
  const keys = ensureKeys(settings.DATA_DIR, { secretKey: settings.SECRET_KEY, signingKeyFile: settings.SIGNING_KEY_FILE });
  const child: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: dev ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DATA_DIR: settings.DATA_DIR,
    DATABASE_URL: urls.appUrl,
    SECRET_KEY: keys.secretKey,
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
    if (running.workers.length > 0) say('workers', `draining: what is in flight is waited for, at most ${DRAIN_MS / 1000} s`);
    await Promise.all(running.workers.map((worker) => worker.stop(DRAIN_MS)));
    await running.web?.stop(WEB_STOP_MS);
    // A database that is just being started has to be up before it can be stopped.
    await begun.catch(() => {});
    await running.database?.stop();
    running.lock?.release();
    process.exit(code);
  })();
  return ending;
}
