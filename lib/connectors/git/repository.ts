/**
 * What this process has of somebody's repository: a bare copy in a folder that can be thrown away at any time. Branches are looked at and fetched from there, commits are made
 * in it, and pushed.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reach, Resolve } from '#lib/connectors/http/addresses.ts';
import { GIT_BYTES_MAX, GIT_TIMEOUT_MS } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { pinned } from './address.ts';
import { type GitCommand, type GitEnd, runGit } from './run.ts';

/** Nothing was asked or sent, and why. `said`: what git or the server said of it. */
export type NotReached = { reason: string; said?: string };

/** What a path is in a tree. */
export type Entry = { mode: string; type: 'blob' | 'tree' | 'commit'; id: string };

export type Repository = {
  /** the folder of the copy */
  folder: string;
  /** The commit that a branch of the server stands at; null where it has none of that name. */
  head(branch: string): Promise<string | null>;
  branches(): Promise<string[]>;
  /** As `head`, with all of its history here. */
  fetch(branch: string): Promise<string | null>;
  /** Whether one commit is in the history of another; both are here. */
  isIn(commit: string, head: string): Promise<boolean>;
  /** What these paths are in a commit that is here. */
  entries(commit: string, paths: readonly string[]): Promise<Map<string, Entry>>;
  /** Every file of a commit that is here, below a folder (all where it is empty), with its bytes. */
  list(commit: string, folder: string): Promise<(Entry & { path: string; size: number })[]>;
  /** How large files are, by their ids; what is not here is left out. */
  sizes(ids: readonly string[]): Promise<Map<string, number>>;
  /** The bytes of files that are here, by their ids. */
  read(ids: readonly string[]): Promise<Map<string, Buffer>>;
  /** A command on the copy that this object has no word for. Throws `Unreached` where it fails. */
  git(args: readonly string[], more?: Partial<GitCommand>): Promise<Buffer>;
  /** Sends a commit to a branch, if that stands at `was` (null: if it is not there). Never throws. */
  push(of: { tip: string; to: string; was: string | null }): Promise<Pushed>;
};

/** `acted: null`: nobody knows. */
type Pushed = { acted: boolean | null; reason: string | null; said: string };

/** Thrown where the server can't be asked, or its copy here can't be worked on. */
export class Unreached extends Error {
  readonly reason: string;
  readonly said: string;
  constructor({ reason, said = '' }: NotReached) {
    super(`${reason}: ${said}`);
    this.reason = reason;
    this.said = said;
  }
}

export type Opening = { reach: Reach; resolve?: Resolve | undefined; folder: () => string };

/** Throws Unreached. It is open for as long as `signal` lets it, and no longer than GIT_TIMEOUT_MS. */
export async function openRepository(live: LiveConnection, opening: Opening, signal: AbortSignal): Promise<Repository> {
  const { address } = live;
  const credentials = credentialsOf(live);
  if ('reason' in credentials) throw new Unreached(credentials);
  const at = await pinned(address, opening.reach, opening.resolve);
  if ('reason' in at) throw new Unreached(at);
  const own = createHash('sha256').update(address).digest('hex').slice(0, 16);
  const folder = join(opening.folder(), `${live.id}-${own}.git`);
  const within = AbortSignal.any([signal, AbortSignal.timeout(GIT_TIMEOUT_MS)]);
  const config = [...credentials.config, ...(at.pin === null ? [] : [['http.curloptResolve', at.pin] as const])];
  const run = (args: readonly string[], more: Partial<GitCommand> = {}): Promise<GitEnd> =>
    runGit(
      { args: ['-C', folder, ...args], bytesMax: GIT_BYTES_MAX, ...more, config: [...config, ...(more.config ?? [])] },
      within,
    );
  await mkdir(opening.folder(), { recursive: true });
  must(await runGit({ args: ['init', '--quiet', '--bare', folder], bytesMax: GIT_BYTES_MAX }, within));
  return repositoryIn(run, address, folder);
}

/**
 * A repository that lasts as long as `act`, for what strangers made: it reads what the copy has, and nothing of it comes into the copy. Its commands have no secret, no line to
 * anywhere, and a bound on their memory. Throws Unreached, and what `act` throws.
 */
export async function inQuarantine<Given>(
  { folder: of }: Repository,
  memoryMiB: number,
  signal: AbortSignal,
  act: (repository: Repository, run: Run) => Promise<Given>,
): Promise<Given> {
  const folder = await mkdtemp(join(dirname(of), 'quarantine-'));
  try {
    const run: Run = (args, more = {}) =>
      runGit(
        { args: ['-C', folder, ...args], bytesMax: GIT_BYTES_MAX, memoryMiB, ...more, config: [['protocol.allow', 'never']] },
        signal,
      );
    must(await runGit({ args: ['init', '--quiet', '--bare', folder], bytesMax: GIT_BYTES_MAX }, signal));
    await writeFile(join(folder, 'objects', 'info', 'alternates'), `${join(of, 'objects')}\n`);
    return await act(repositoryIn(run, '', folder), run);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export type Run = (args: readonly string[], more?: Partial<GitCommand>) => Promise<GitEnd>;

function repositoryIn(run: Run, address: string, folder: string): Repository {
  const git: Repository['git'] = async (args, more) => must(await run(args, more)).stdout;
  const text = async (args: readonly string[], more?: Partial<GitCommand>): Promise<string> =>
    (await git(args, more)).toString('utf8');
  const heads = async (pattern: string): Promise<Map<string, string>> => {
    const lines = (await text(['ls-remote', '--heads', address, pattern])).split('\n');
    return new Map(
      lines.flatMap((line) => {
        const [id = '', ref = ''] = line.split('\t');
        return ref.startsWith(HEADS) && COMMIT.test(id) ? [[ref.slice(HEADS.length), id] as const] : [];
      }),
    );
  };
  const head = async (branch: string): Promise<string | null> => (await heads(`${HEADS}${branch}`)).get(branch) ?? null;
  return {
    ...{ folder, head, git },
    branches: async () => [...(await heads(`${HEADS}*`)).keys()],
    async fetch(branch) {
      const own = `refs/countersign/heads/${createHash('sha256').update(branch).digest('hex').slice(0, 16)}`;
      for (let attempt = 1; ; attempt += 1) {
        if ((await head(branch)) === null) return null;
        const end = await run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', address, `+${HEADS}${branch}:${own}`]);
        // Somebody else of this machine fetches the same branch at this moment.
        if (end.code !== 0 && /cannot lock ref|Unable to create/.test(end.stderr) && attempt < ATTEMPTS) {
          await sleep(100 * attempt);
          continue;
        }
        must(end);
        return (await text(['rev-parse', `${own}^{commit}`])).trim();
      }
    },
    async isIn(commit, of) {
      const end = await run(['merge-base', '--is-ancestor', commit, of]);
      if (end.why === 'ended' && end.code !== 0 && (end.code === 1 || /Not a valid|bad object/i.test(end.stderr))) return false;
      must(end);
      return true;
    },
    async entries(commit, paths) {
      const found = new Map<string, Entry>();
      for (const some of pagesOf(paths)) {
        const listed = await text(['ls-tree', '-z', '--full-tree', commit, '--', ...some]);
        for (const { path, ...entry } of treeLines(listed)) found.set(path, entry);
      }
      return found;
    },
    async list(commit, below) {
      const listed = await text([
        'ls-tree',
        '-r',
        '-l',
        '-z',
        '--full-tree',
        commit,
        ...(below === '' ? [] : ['--', `${below}/`]),
      ]);
      return treeLines(listed);
    },
    async sizes(ids) {
      const listed = await text(['cat-file', '--batch-check'], { input: ids.map((id) => `${id}\n`) });
      return new Map(
        listed.split('\n').flatMap((line) => {
          const [id = '', kind, size] = line.split(' ');
          return kind === 'blob' ? [[id, Number(size)] as const] : [];
        }),
      );
    },
    async read(ids) {
      const listed = await git(['cat-file', '--batch'], { input: ids.map((id) => `${id}\n`) });
      const found = new Map<string, Buffer>();
      for (let at = 0; at < listed.length; ) {
        const line = listed.indexOf(10, at);
        const [id = '', kind = '', size = '0'] = listed.toString('latin1', at, line).split(' ');
        at = line + 1;
        if (kind !== 'blob') continue;
        found.set(id, listed.subarray(at, at + Number(size)));
        at += Number(size) + 1;
      }
      return found;
    },
    push: async ({ tip, to, was }) => {
      const lease = `--force-with-lease=${HEADS}${to}:${was ?? ''}`;
      const how = ['push', '--porcelain', '--atomic', '--no-verify', '--no-follow-tags', lease];
      return pushed(await run([...how, address, `${tip}:${HEADS}${to}`]));
    },
  };
}

const HEADS = 'refs/heads/';
const COMMIT = /^[0-9a-f]{40}$/;
const ATTEMPTS = 8;

/** The arguments of one command are bounded. */
const ARGUMENT_BYTES = 64 * 1024;

function* pagesOf(paths: readonly string[]): Generator<string[]> {
  let page: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    const own = Buffer.byteLength(path) + 1;
    if (bytes + own > ARGUMENT_BYTES && page.length > 0) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(path);
    bytes += own;
  }
  if (page.length > 0) yield page;
}

function treeLines(listed: string): (Entry & { path: string; size: number })[] {
  return listed.split('\0').flatMap((line) => {
    const tab = line.indexOf('\t');
    if (tab < 0) return [];
    const [mode = '', type = '', id = '', size = ''] = line.slice(0, tab).split(/ +/);
    return [{ mode, type: type as Entry['type'], id, path: line.slice(tab + 1), size: /^\d+$/.test(size) ? Number(size) : 0 }];
  });
}

/** The configuration that signs in. */
function credentialsOf({ auth, secret }: LiveConnection): { config: (readonly [string, string])[] } | NotReached {
  if (auth.kind === 'none') return { config: [] };
  if (secret === 'unreadable' || secret === null) return { reason: 'secret_unreadable' };
  if (auth.kind === 'bearer') return { config: [['http.extraHeader', `Authorization: Bearer ${secret.token ?? ''}`]] };
  if (auth.kind !== 'basic') return { reason: 'connection_changed' };
  const both = Buffer.from(`${auth.username}:${secret.password ?? ''}`).toString('base64');
  return { config: [['http.extraHeader', `Authorization: Basic ${both}`]] };
}

/** Throws Unreached where it failed. */
function must(end: GitEnd): GitEnd {
  if (end.why === 'ended' && end.code === 0) return end;
  throw new Unreached({ reason: reasonOf(end), said: lastLines(end.stderr) });
}

/** The first row that fits counts. What git says, in the language of its messages (LC_ALL=C). */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/Authentication failed|could not read Username|returned error: 40[13]|HTTP 40[13]/i, 'credentials_refused'],
  [/Could not resolve host/i, 'dns'],
  [/Failed to connect|Connection refused|couldn't connect/i, 'refused'],
  [/timed out/i, 'connect_timeout'],
  [/SSL|TLS|certificate/i, 'tls'],
  [/returned error: 429|HTTP 429/i, 'http_429'],
  [/not found|does not appear to be a git repository|not valid: is this a git repository/i, 'no_repository'],
  [/returned error: 5\d\d|HTTP 5\d\d/i, 'git_server_error'],
  [/No space left|unable to write|Disk quota/i, 'no_room'],
];

function reasonOf({ why, stderr }: GitEnd): string {
  if (why === 'no_git') return 'no_git';
  if (why === 'aborted') return 'timeout';
  if (why === 'too_long') return 'too_much';
  return SAID.find(([said]) => said.test(stderr))?.[1] ?? 'git_failed';
}

/** What of a push's end certainly did nothing: it never came to the commits. */
const BEFORE_SENDING = /unable to access|Authentication failed for|could not read Username/i;

function pushed(end: GitEnd): Pushed {
  const line = end.stdout
    .toString('utf8')
    .split('\n')
    .find((one) => /^[ +\-*!=]\t/.test(one));
  const said = lastLines([line?.slice(2) ?? '', end.stderr].join('\n'));
  if (end.why === 'no_git') return { acted: false, reason: 'no_git', said };
  if (end.why !== 'ended') return { acted: null, reason: 'timeout', said };
  if (line !== undefined && !line.startsWith('!'))
    return end.code === 0 ? { acted: true, reason: null, said } : { acted: null, reason: 'reset', said };
  // "remote failure" is what git says when the server did not tell of this branch.
  if (line !== undefined && /stale info|non-fast-forward|fetch first|\[no match\]/.test(line))
    return { acted: false, reason: 'branch_moved', said };
  if (line !== undefined && /\[remote rejected\]|\[rejected\]/.test(line)) return { acted: false, reason: 'push_refused', said };
  if (BEFORE_SENDING.test(end.stderr)) return { acted: false, reason: reasonOf(end), said };
  return { acted: null, reason: 'reset', said };
}

function lastLines(text: string): string {
  return text.trim().slice(-2_000);
}
