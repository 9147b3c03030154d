/**
 * A real PostgreSQL from the binaries that npm brought, started and stopped by us. It outlives a killed parent on purpose: the next
 * start finds it by its pid file and goes on with it.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { lockFolder } from './embedded/lock.ts';
import { findPlace, type Place } from './embedded/place.ts';
import { isPostmasterOf, processLife } from './embedded/process.ts';
import { prepareRoles } from './embedded/roles.ts';
import {
  assertWhole,
  damagedMemory,
  diskFull,
  isDiskFull,
  isRefusal,
  missingDatabase,
  missingMemory,
  tellsDiskFull,
  whyItEnded,
  whyItRefuses,
} from './embedded/unstartable.ts';

export type Embedded = {
  /** Connections as superuser (tests, repairs), as owner (migrations) and as the application. */
  superUrl: string;
  ownerUrl: string;
  appUrl: string;
  port: number;
  pid: number;
  /** The data directory; not under DATA_DIR when root had to move it. */
  data: string;
  /** Whether a server left by a killed parent was found and kept. */
  reused: boolean;
  /** Resolves when the server's process ends, asked or not. */
  ended: Promise<void>;
  /** Fast shutdown; resolves when the process is gone and DATA_DIR is free again. */
  stop(): Promise<void>;
};

export type EmbeddedOptions = {
  /** Created if missing; holds `postgres/`, `postgres.json` (passwords, port; owner-readable) and `postgres.log`. */
  dataDir: string;
  /** On this port or not at all; without it, on the one of the last time if that is free. */
  port?: number;
  /** Server settings that differ from ours (tests use less memory). */
  settings?: Record<string, string>;
  log?: (line: string) => void;
};

/** What postgres.json holds. `root` only where the files had to move: a DATA_DIR that is renamed keeps its database. */
const memorySchema = z.object({
  superPassword: z.string().min(1),
  ownerPassword: z.string().min(1),
  appPassword: z.string().min(1),
  /** 0 until the database was up for the first time. */
  port: z.int().min(0).max(65_535),
  root: z.string().min(1).optional(),
});
type Memory = z.infer<typeof memorySchema>;
type Running = { pid: number; port: number; ended: Promise<void>; reused: boolean };

const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path has a length limit, and loopback with a password is all we need.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  // An acknowledged receipt is on disk; start-up refuses anything else (assertReceiptProtection).
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  password_encryption: 'scram-sha-256',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_checkpoints: 'off',
  // DETAIL lines and failed statements would copy people's data into the log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

const LOG_BYTES_MAX = 10 * 1024 ** 2;
const START_MS = 60_000;
const STOP_MS = 20_000;
const PORT_TRIES = 5;
const ASK_MS = 50;
const STRANGER_MS = 500;

/**
 * Starts (or finds) the embedded PostgreSQL of a data folder, with its roles and its database `countersign`.
 *
 * @throws CountersignError `locked` when another process uses the folder; `unavailable` when it does not start, with why and what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  try {
    return await start(options);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(options.dataDir) : error;
  }
}

async function start(options: EmbeddedOptions): Promise<Embedded> {
  const { dataDir, log = () => {} } = options;
  // Root's server runs as another user, who has to be able to pass through.
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const place = findPlace(dataDir, recall(dataDir)?.root);
  // The lock is beside the files: a copied DATA_DIR remembers the original's moved place, and only one of the two may run.
  const lock = lockFolder(place.root);
  try {
    if (place.moved) log(`its files are in ${place.root}, for the user that runs PostgreSQL can't reach ${dataDir}`);
    const memory = recall(dataDir) ?? newMemory(dataDir, place, log);
    const where = { dataDir, place, logPath: join(dataDir, 'postgres.log') };
    if (existsSync(place.data)) assertWhole(where);
    else if (memory.port > 0) throw missingDatabase(dataDir, place);
    remember(dataDir, memory);
    if (!existsSync(place.data)) await initialise(place, memory.superPassword);
    const running = (await findOrphan(place, memory, log)) ?? (await launch(place, memory, options));
    remember(dataDir, { ...memory, port: running.port });
    const superUrl = urlOf('postgres', memory.superPassword, running.port, 'postgres');
    await prepareRoles(superUrl, memory).catch(async (error: unknown) => {
      await stop(running.pid, place);
      throw whyItRefuses(error as Error, where);
    });
    return {
      superUrl,
      ownerUrl: urlOf('countersign_owner', memory.ownerPassword, running.port, 'countersign'),
      appUrl: urlOf('countersign_app', memory.appPassword, running.port, 'countersign'),
      port: running.port,
      pid: running.pid,
      data: place.data,
      reused: running.reused,
      ended: running.ended,
      stop: () => stop(running.pid, place).finally(() => lock.release()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * The owner's address of the database of a data folder, for one piece of work: of the one that runs, whoever started it, or of one that is started and stopped
 * for it. Throws what `startEmbedded` throws, but not `locked`.
 */
export async function withOwnerUrl<T>(dataDir: string, act: (ownerUrl: string) => Promise<T>): Promise<T> {
  const memory = recall(dataDir);
  if (!memory) throw new CountersignError('not_found', `${dataDir} has no embedded database. Set DATA_DIR, or DATABASE_URL.`);
  const running = urlOf('countersign_owner', memory.ownerPassword, memory.port, 'countersign');
  if (await answersTo(running)) return act(running);
  const server = await startEmbedded({ dataDir });
  try {
    return await act(server.ownerUrl);
  } finally {
    await server.stop();
  }
}

async function answersTo(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  const there = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end().catch(() => {});
  return there;
}

function recall(dataDir: string): Memory | undefined {
  const path = join(dataDir, 'postgres.json');
  if (!existsSync(path)) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw damagedMemory(path, 'it is not JSON: it may be cut off');
  }
  const memory = memorySchema.safeParse(read);
  if (!memory.success)
    throw damagedMemory(path, `${memory.error.issues[0]?.path.join('.') || 'what it holds'} is missing or wrong`);
  return memory.data;
}

function newMemory(dataDir: string, place: Place, log: (line: string) => void): Memory {
  const passwords = { superPassword: secret(), ownerPassword: secret(), appPassword: secret() };
  if (!existsSync(place.data)) return { ...passwords, port: 0, ...(place.moved && { root: place.root }) };
  if (!place.moved) throw missingMemory(join(dataDir, 'postgres.json'), place);
  // DATA_DIR was removed to start empty, and its files elsewhere stayed.
  const aside = `${place.data}.${randomBytes(4).toString('hex')}`;
  renameSync(place.data, aside);
  log(`${dataDir} is new: the database that an earlier one kept in ${place.data} is now in ${aside}`);
  return { ...passwords, port: 0, root: place.root };
}

/** Replaced by a rename, once it is on disk: a kill or a power cut in between leaves the old one, whole. */
function remember(dataDir: string, memory: Memory): void {
  const path = join(dataDir, 'postgres.json');
  const draft = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeFileSync(draft, `${JSON.stringify(memory, null, 2)}\n`);
    fsyncSync(draft);
  } finally {
    closeSync(draft);
  }
  renameSync(`${path}.new`, path);
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}

function urlOf(user: string, password: string, port: number, database: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

const DRAFT = 'data.new';

/**
 * initdb into a folder beside, then a rename, so that a kill in between leaves nothing half made. The folder has a name of its own each time: an initdb
 * that outlived its parent empties its own when it fails.
 */
async function initialise(place: Place, password: string): Promise<void> {
  for (const name of readdirSync(place.root)) {
    if (name.startsWith(DRAFT)) rmSync(join(place.root, name), { recursive: true, force: true });
  }
  const draft = join(place.root, `${DRAFT}.${randomBytes(4).toString('hex')}`);
  const passwordFile = join(place.root, 'password.new');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.user) chownSync(passwordFile, place.user.uid, place.user.gid);
  try {
    const made = spawnSync(
      join(place.native, 'bin', 'initdb'),
      [
        `--pgdata=${draft}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The same order and case on every machine, whatever its locales.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
      ],
      { ...place.user, cwd: place.root, env: serverEnv(), encoding: 'utf8' },
    );
    if (made.status !== 0) {
      const said = `${made.error?.message ?? ''}${made.stdout ?? ''}${made.stderr ?? ''}`.trim();
      if (tellsDiskFull(said)) throw diskFull(place.root);
      throw new CountersignError('unavailable', `The embedded PostgreSQL could not be set up in ${place.root}:\n${said}`);
    }
    renameSync(draft, place.data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function serverEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, SystemRoot } = process.env;
  const kept = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR, SystemRoot }).filter(([, value]) => value !== undefined));
  // PG* variables of the person's shell must not reach the server.
  return { ...kept, LC_ALL: 'C', TZ: 'UTC' } as unknown as NodeJS.ProcessEnv;
}

/** The server that a killed parent left behind, if it answers; one that hangs is ended. A pid file of somebody else's process is removed. */
async function findOrphan(place: Place, memory: Memory, log: (line: string) => void): Promise<Running | null> {
  const path = join(place.data, 'postmaster.pid');
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, 'utf8').split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!isPostmasterOf(pid, place.data)) {
    // PostgreSQL itself only asks whether any process has that id, and refuses to start.
    rmSync(path, { force: true });
    return null;
  }
  if ((await answers(memory, port, Date.now() + 3_000)) === true) {
    log(`found the database of an earlier run (process ${pid}) and continues with it`);
    return { pid, port, ended: untilGone(pid), reused: true };
  }
  log(`the database of an earlier run (process ${pid}) does not answer: stopping it`);
  await stop(pid, place);
  return null;
}

async function launch(place: Place, memory: Memory, options: EmbeddedOptions): Promise<Running> {
  const logPath = join(options.dataDir, 'postgres.log');
  if (existsSync(logPath) && statSync(logPath).size > LOG_BYTES_MAX) renameSync(logPath, `${logPath}.1`);
  const deadline = Date.now() + START_MS;
  for (let tries = 1; ; tries++) {
    const port = options.port ?? (await freePort(tries === 1 ? memory.port : 0));
    const from = existsSync(logPath) ? statSync(logPath).size : 0;
    const server = spawnServer(place, port, { ...SETTINGS, ...options.settings }, logPath);
    const gone = new AbortController();
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()).once('error', () => resolve()));
    void ended.then(() => gone.abort());
    let answer = await Promise.race([answers(memory, port, deadline, gone.signal), ended.then(() => false)]);
    if (answer === true && server.pid) return { pid: server.pid, port, ended, reused: false };
    // A stranger may have been faster on the port, and does not know our password. Our own server ends then.
    if (answer instanceof Error) answer = await Promise.race([ended.then(() => false), sleep(STRANGER_MS, answer)]);
    server.kill('SIGQUIT');
    await ended;
    if (answer instanceof Error) throw whyItRefuses(answer, { dataDir: options.dataDir, place, logPath });
    const said = readFileSync(logPath, 'utf8').slice(from).trim();
    // Backends of a killed server take a moment to notice; a port can be taken between our look and the server's.
    const passing =
      /pre-existing shared memory block|still in use/.test(said) ||
      (/could not (bind|create any TCP)/.test(said) && tries < PORT_TRIES);
    if (!passing || Date.now() > deadline) throw whyItEnded(said, { dataDir: options.dataDir, place, logPath });
    await sleep(200);
  }
}

function spawnServer(place: Place, port: number, settings: Record<string, string>, logPath: string): ChildProcess {
  const output = openSync(logPath, 'a', 0o600);
  try {
    const args = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return spawn(join(place.native, 'bin', 'postgres'), ['-D', place.data, ...args], {
      ...place.user,
      cwd: place.root,
      env: serverEnv(),
      // A group of its own: Ctrl-C reaches us, and we stop the database last.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    closeSync(output);
  }
}

/** The remembered port if it is free, else one that the system picks. */
async function freePort(wanted: number): Promise<number> {
  const free = (port: number) =>
    new Promise<number | null>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(null));
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => resolve(address && typeof address === 'object' ? address.port : null));
      });
    });
  const port = (wanted > 0 ? await free(wanted) : null) ?? (await free(0));
  if (port === null) throw new CountersignError('unavailable', 'No port on 127.0.0.1 is free for the embedded PostgreSQL.');
  return port;
}

/**
 * Whether the server answers our own password before the deadline (a stranger on the same port would not know it). Gives the error where asking again
 * would change nothing.
 */
async function answers(memory: Memory, port: number, deadline: number, gone?: AbortSignal): Promise<boolean | Error> {
  while (Date.now() < deadline && !gone?.aborted) {
    const client = new pg.Client({
      connectionString: urlOf('postgres', memory.superPassword, port, 'postgres'),
      connectionTimeoutMillis: 2_000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch (error) {
      if (error instanceof Error && isRefusal(error)) return error;
      await sleep(ASK_MS);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return false;
}

/** Fast shutdown, which rolls back what is open; immediate shutdown if that takes too long (it recovers at the next start). */
async function stop(pid: number, place: Place): Promise<void> {
  if (process.platform === 'win32') {
    spawnSync(join(place.native, 'bin', 'pg_ctl'), ['stop', '-D', place.data, '-m', 'fast', '-w'], { env: serverEnv() });
    return;
  }
  const life = processLife(pid);
  if (life === null) return;
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signalQuietly(pid, signal);
    const deadline = Date.now() + STOP_MS;
    while (Date.now() < deadline) {
      if (processLife(pid) !== life) return;
      await sleep(ASK_MS / 2);
    }
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

async function untilGone(pid: number): Promise<void> {
  const life = processLife(pid);
  while (life !== null && processLife(pid) === life) await sleep(1_000, undefined, { ref: false });
}
