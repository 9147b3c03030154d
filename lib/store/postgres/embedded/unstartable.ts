/**
 * Why the embedded database of a data folder can't be started: what, where, and what to do, in a sentence or two. Nothing here advises to remove
 * anything: what looks broken may be all that is left, and half of a copy has its whole somewhere else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';
import { damageOf } from '#lib/core/fleet/database-fault.ts';
import type { Place } from './place.ts';

/** What initdb makes and PostgreSQL does not start without. Tools that copy files leave empty folders out, so those count too. */
const NEEDED = [
  ...[
    'PG_VERSION',
    'base',
    'global',
    join('global', 'pg_control'),
    join('global', 'pg_filenode.map'),
    'pg_hba.conf',
    'postgresql.conf',
  ],
  ...[
    'pg_commit_ts',
    'pg_dynshmem',
    'pg_logical',
    'pg_notify',
    'pg_replslot',
    'pg_serial',
    'pg_snapshots',
    'pg_stat',
    'pg_stat_tmp',
  ],
  ...[
    'pg_subtrans',
    'pg_tblspc',
    'pg_twophase',
    'pg_wal',
    'pg_xact',
    join('pg_multixact', 'members'),
    join('pg_multixact', 'offsets'),
  ],
];
const NAMED_MAX = 4;
/** Less than this is no room: PostgreSQL can't even write its pid file, or what is wrong into its log. */
const ROOM_BYTES = 64 * 1024;

/** The folder as people know it, and where PostgreSQL tells the rest. */
type Where = { dataDir: string; place: Place; logPath: string };

/** @throws CountersignError `unavailable` when parts of the database's folder are missing. */
export function assertWhole({ dataDir, place }: Where): void {
  const missing = NEEDED.filter((name) => !existsSync(join(place.data, name)));
  if (missing.length === 0) return;
  const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : '';
  throw unavailable(
    `The database in ${place.data} is not whole: ${missing.slice(0, NAMED_MAX).join(', ')}${more} ${missing.length === 1 ? 'is' : 'are'} missing, as after a copy that broke off. ${restore(dataDir, place)}`,
  );
}

/** The passwords are there, the database is not: starting would make an empty one beside whatever is left of the other. */
export function missingDatabase(dataDir: string, place: Place): CountersignError {
  return unavailable(
    `${join(dataDir, 'postgres.json')} belongs to a database that was in ${place.data} and is not there. ${restore(dataDir, place)} To start empty, set DATA_DIR to another folder.`,
  );
}

/** @param what is wrong with it */
export function damagedMemory(path: string, what: string): CountersignError {
  return unavailable(
    `${path} is damaged (${what}): it holds the passwords of the embedded database, which itself may be whole. Restore this one file from a backup, or give the database new passwords as docs/runbooks/start-refused.md says.`,
  );
}

export function missingMemory(path: string, place: Place): CountersignError {
  return unavailable(
    `${place.data} holds a database, but ${path} with its passwords is missing. Restore this one file from a backup, or give the database new passwords as docs/runbooks/start-refused.md says. To start empty, set DATA_DIR to another folder.`,
  );
}

/** Of a server that ended before it was up, by what it said in its log. */
export function whyItEnded(said: string, where: Where): CountersignError {
  const { place, logPath } = where;
  // A disk that is full takes no log either.
  if (tellsDiskFull(said) || isFull(place.root)) return diskFull(place.root);
  const fatal = fatalWords(said);
  const version = otherVersion(place);
  if (version) {
    return unavailable(
      `The database in ${place.data} was made by PostgreSQL ${version}, another major version than this Countersign brings. Start it with the Countersign that made it. ${logPath} has more.`,
    );
  }
  if (fatal && /wrong ownership|invalid permissions|Permission denied/.test(fatal)) {
    return unavailable(
      `PostgreSQL may not use ${place.data}: ${fatal}. Give the folder and all in it to ${ownerOf(place)} (chown -R), with mode 0700 for the folder, as a copy with cp -a keeps it. ${logPath} has more.`,
    );
  }
  if (fatal && DAMAGE.test(said)) return damaged(fatal, where);
  return unavailable(
    `The embedded PostgreSQL does not start. Its log (${logPath}) ends:\n${said.split('\n').slice(-12).join('\n')}`,
  );
}

/** Of a server that runs and lets nobody in, or does not do the first thing that it is asked. */
export function whyItRefuses(error: Error, where: Where): Error {
  const { code } = error as { code?: unknown };
  const { dataDir, place, logPath } = where;
  if (code === '53100' || isFull(place.root)) return diskFull(place.root);
  if (code === '28P01') {
    return unavailable(
      `The passwords in ${join(dataDir, 'postgres.json')} are not those of the database in ${place.data}: the two are of different moments, or of different copies. ${restore(dataDir, place)}`,
    );
  }
  if (damageOf(error) || isRefusal(error)) return damaged(error.message, where);
  return unavailable(`The embedded PostgreSQL does not answer as it should: ${error.message}. ${logPath} has more.`);
}

/** Whether asking again would change nothing: a wrong password (28), a database that is missing (3D), a broken file (58, XX). */
export function isRefusal(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(28|3D|58|XX)...$/.test(code);
}

/** Of an error of the file system. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String((error as { code?: unknown } | null)?.code));
}

/** Of what a program of PostgreSQL said. */
export function tellsDiskFull(said: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(said);
}

export function diskFull(path: string): CountersignError {
  return unavailable(
    `The disk that holds ${path} is full. Free space on it, with nothing from inside that folder, and start again. What is stored is safe.`,
  );
}

/** Of the files that PostgreSQL can't do without, and of the log of transactions from which it would recover. */
const DAMAGE =
  /control file|pg_control|incompatible with server|checkpoint record|redo|not a valid data directory|invalid data in|bogus data|invalid page|could not read blocks|could not (open|read|access|stat|fsync) [^\n]*"?(base|global|pg_[a-z_]+)\/|status of transaction|could not (open|read) (file|directory) "(base|global|pg_|PG_)/;

/** Why it ended. It turns our own questions away as fatal too while it starts; what it says before it has read its settings has no level. */
function fatalWords(said: string): string | undefined {
  const all = [...said.matchAll(/(?:FATAL|PANIC|postgres): +(.*)/g)].flatMap(([, words]) => words ?? []);
  return all.find((words) => !words.startsWith('the database system is '));
}

/** What PG_VERSION says, where that is a version and not the one of our programs. */
function otherVersion({ data, native }: Place): string | null {
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  const ours = /\) (\d+)/.exec(stdout ?? '')?.[1];
  return /^\d+$/.test(made) && ours !== undefined && made !== ours ? made : null;
}

function damaged(said: string, { dataDir, place, logPath }: Where): CountersignError {
  return unavailable(
    `The database in ${place.data} is damaged; PostgreSQL says: ${said}. ${restore(dataDir, place)} ${logPath} has more.`,
  );
}

function restore(dataDir: string, place: Place): string {
  const folders = place.moved ? `${dataDir} and ${place.root} together` : dataDir;
  return `Restore ${folders} from a backup, or copy all of it again while its Countersign is stopped; keep what is here until the restored one has started.`;
}

function ownerOf({ user }: Place): string {
  return user ? `the user that runs PostgreSQL (uid ${user.uid})` : 'the user that starts Countersign';
}

function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < ROOM_BYTES;
  } catch {
    return false;
  }
}

function unavailable(message: string): CountersignError {
  return new CountersignError('unavailable', message);
}
