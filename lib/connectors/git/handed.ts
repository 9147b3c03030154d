/**
 * Commits that an agent hands in, read under suspicion: in a repository of their own that is thrown away, their objects checked by git, then each commit by what it names and
 * touches. A refusal says which commit and why.
 */
import { createReadStream } from 'node:fs';
import type { HandedIn, HandInRead } from '#lib/connectors/port.ts';
import {
  COMMIT_MESSAGE_CHARS_MAX,
  HAND_IN_BYTES_MAX,
  HAND_IN_COMMITS_MAX,
  HAND_IN_MEMORY_MIB,
  HAND_IN_TEXT_BYTES_MAX,
  REQUEST_BYTES_MAX,
} from '#lib/core/limits.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';
import { readBundleHead, refused } from './bundle.ts';
import { utf8 } from './changes.ts';
import type { FileChange, GitHanded } from './frozen.ts';
import { pathFault } from './names.ts';
import { type Entry, inQuarantine, type Repository, type Run, Unreached } from './repository.ts';
import { itemFile } from './request.ts';

type Touched = { path: string; modes: [before: string, after: string] };
type Commit = { id: string; ordinal: number; message: string; touched: Touched[] };
/** An item that commits name: its file as it was read, and every path that it had on the way. */
type Named = { ordinal: number; path: string; base: Entry; paths: Set<string>; last: Commit; messages: string[] };

/** Throws CountersignError `invalid`, and Unreached where the repository can't be asked. */
export async function readHandIn(repository: Repository, of: HandedIn, signal: AbortSignal): Promise<HandInRead> {
  const head = await readBundleHead(of.file);
  await assertHere(repository, [of.place.commit, ...head.stands], of);
  return inQuarantine(repository, HAND_IN_MEMORY_MIB, signal, async (own, run) => {
    await takeIn(run, of.file, head.packAt);
    try {
      const ids = await lineOf(own, run, { base: of.place.commit, tip: head.tip });
      const commits = await readCommits(own, ids, of);
      const named = await namedItems(own, commits, of);
      return { tip: head.tip, commits: commits.length, items: await becomes(own, head.tip, named, of) };
    } catch (error) {
      // What stands in the way here is the bundle's own, and no fault of the server.
      if (error instanceof Unreached && OF_THE_BUNDLE.has(error.reason))
        throw refused('What the bundle holds can’t be read, or is too much.');
      throw error;
    }
  });
}

const OF_THE_BUNDLE: ReadonlySet<string> = new Set(['too_much', 'git_failed']);

/** What the bundle stands on has to be in the copy; it is fetched where it is not. */
async function assertHere(repository: Repository, ids: readonly string[], { place }: HandedIn): Promise<void> {
  const lacking = async (): Promise<string | undefined> => {
    const listed = await repository.git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
      input: ids.map((id) => `${id}\n`),
    });
    const there = new Set(
      listed
        .toString('latin1')
        .split('\n')
        .flatMap((line) => (line.endsWith(' commit') ? [line.slice(0, 40)] : [])),
    );
    return ids.find((id) => !there.has(id));
  };
  if ((await lacking()) === undefined) return;
  await repository.fetch(place.branch);
  const id = await lacking();
  if (id !== undefined)
    throw refused(
      `The bundle stands on commit ${id}, which branch ${place.branch} of ${place.connection} does not have. Make it on the commit that the claim named: git bundle create c.bundle ${place.commit}..HEAD`,
    );
}

/** Objects are checked while they are taken in: their form, their names, and that nothing which they name is missing. */
async function takeIn(run: Run, file: string, packAt: number): Promise<void> {
  const end = await run(
    ['-c', 'pack.threads=1', 'index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${HAND_IN_BYTES_MAX}`],
    {
      input: createReadStream(file, { start: packAt }),
    },
  );
  if (end.why === 'ended' && end.code === 0) return;
  if (end.why === 'aborted') throw refused('The bundle took too long to be read.');
  throw refused(`Git does not take the bundle: ${saidOf(end.stderr)}.`);
}

/** The line that says most, without what is only its place. */
function saidOf(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(error|fatal): /, '').trim());
  if (lines.some((line) => /attempting to allocate|out of memory/i.test(line))) return 'it unpacks to more than is taken of one';
  return (
    lines.find((line) => /hasDot|missing|expected object|EOF|exceeds|corrupt|inflate/i.test(line)) ??
    lines[0] ??
    'it failed'
  ).slice(0, 300);
}

/** The commits from the base to the tip, which have to be one line. */
async function lineOf(own: Repository, run: Run, { base, tip }: { base: string; tip: string }): Promise<string[]> {
  const kind = await run(['cat-file', '-t', tip]);
  if (kind.code !== 0 || kind.stdout.toString().trim() !== 'commit') throw refused('The bundle’s last commit is not in it.');
  if (!(await own.isIn(base, tip)))
    throw refused(`Commit ${tip} does not stand on ${base}, the commit that the items were read at.`);
  const most = HAND_IN_COMMITS_MAX + 1;
  const listed = await own.git(['rev-list', '--topo-order', '--parents', `--max-count=${most}`, tip, `^${base}`]);
  const lines = listed
    .toString('latin1')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
  if (lines.length === 0) throw refused('The bundle has no commit behind the one that the items were read at.');
  if (lines.length === most) throw refused(`The bundle has more than ${HAND_IN_COMMITS_MAX} commits, the limit.`);
  for (const [id, ...parents] of lines)
    if (parents.length !== 1)
      throw refused(
        `Commit ${id} ${parents.length === 0 ? 'stands on nothing' : 'is a merge'}. Commit one after the other, on ${base}.`,
      );
  return lines.map(([id = '']) => id).reverse();
}

async function readCommits(own: Repository, ids: readonly string[], of: HandedIn): Promise<Commit[]> {
  const input = ids.map((id) => `${id}\n`);
  const told = await own.git(['cat-file', '--batch'], { input, bytesMax: HAND_IN_BYTES_MAX });
  const messages: string[] = [];
  for (let at = 0, place = 0; at < told.length; place += 1) {
    const line = told.indexOf(10, at);
    const size = Number(told.toString('latin1', at, line).split(' ')[2]);
    messages.push(messageOf(ids[place] ?? '', told.subarray(line + 1, line + 1 + size)));
    at = line + 1 + size + 1;
  }
  const diffs = await own.git(['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-abbrev', '--no-renames'], {
    input,
    bytesMax: HAND_IN_BYTES_MAX,
  });
  const touched = touchedBy(diffs);
  return ids.map((id, place) => ({ id, ...trailersOf(id, messages[place] ?? '', of), touched: touched.get(id) ?? [] }));
}

function messageOf(id: string, bytes: Buffer): string {
  const end = bytes.indexOf('\n\n');
  if (end < 0) throw refused(`Commit ${id} has no message.`);
  if (/^encoding (?!utf-?8$)/im.test(bytes.toString('latin1', 0, end)))
    throw refused(`The message of commit ${id} is not UTF-8.`);
  const text = utf8(bytes.subarray(end + 2));
  if (text === null) throw refused(`The message of commit ${id} is not UTF-8.`);
  if (text.length > COMMIT_MESSAGE_CHARS_MAX + TRAILERS_CHARS)
    throw refused(`The message of commit ${id} has more than ${COMMIT_MESSAGE_CHARS_MAX} characters.`);
  return text;
}

/** Room for our lines, which are not kept with the message. */
const TRAILERS_CHARS = 500;

/** Commit -> what it touches: `:100644 100644 before after M`, then the path. */
function touchedBy(diffs: Buffer): Map<string, Touched[]> {
  const found = new Map<string, Touched[]>();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(diffs);
  } catch {
    throw refused('A commit has a path that is not UTF-8.');
  }
  const parts = text.split('\0');
  let of: Touched[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    if (/^[0-9a-f]{40}$/.test(part)) {
      of = [];
      found.set(part, of);
    } else if (part.startsWith(':')) {
      const [before = '', after = ''] = part.slice(1).split(' ');
      at += 1;
      of.push({ path: parts[at] ?? '', modes: [before, after] });
    }
  }
  return found;
}

const TRAILER = /^countersign-(batch|chunk|item|key):[ \t]*(.*?)[ \t]*$/i;

/** Which item it is of. Our lines are taken off its message: a push puts them there again. */
function trailersOf(id: string, text: string, { batchId, chunk }: HandedIn): { ordinal: number; message: string } {
  const said = new Map<string, string[]>();
  const kept = text.split('\n').filter((line) => {
    const [, name, value = ''] = TRAILER.exec(line) ?? [];
    if (name === undefined) return true;
    said.set(name.toLowerCase(), [...(said.get(name.toLowerCase()) ?? []), value]);
    return false;
  });
  const one = (name: 'batch' | 'chunk' | 'item'): string => {
    const [value, ...more] = said.get(name) ?? [];
    const line = `Countersign-${name[0]?.toUpperCase()}${name.slice(1)}`;
    if (value === undefined)
      throw refused(`Commit ${id} has no line “${line}: …”. Each commit says at its end which batch, chunk and item it is of.`);
    if (more.length > 0) throw refused(`Commit ${id} names more than one ${name}. Commit the items one by one.`);
    return value;
  };
  if (one('batch').toLowerCase() !== batchId) throw refused(`Commit ${id} is of another batch: ${one('batch').slice(0, 80)}.`);
  if (one('chunk') !== String(chunk))
    throw refused(`Commit ${id} is of another chunk: ${one('chunk').slice(0, 80)}. This is chunk ${chunk}.`);
  const item = one('item');
  if (!/^[1-9]\d{0,8}$/.test(item)) throw refused(`Commit ${id} names “${item.slice(0, 80)}”, which is no number of an item.`);
  const message = kept.join('\n').trim();
  if (message === '') throw refused(`Commit ${id} has no message but the lines that name its item.`);
  if (message.includes('\r')) throw refused(`The message of commit ${id} has control characters.`);
  return { ordinal: Number(item), message };
}

const FILE = new Set(['100644', '100755']);
const NO_FILE = '000000';

/** Every commit touches its own item's file, and nothing else. */
async function namedItems(own: Repository, commits: readonly Commit[], of: HandedIn): Promise<Named[]> {
  const ordinals = [...new Set(commits.map(({ ordinal }) => ordinal))];
  const items = await of.items(ordinals);
  const files = new Map([...items].map(([ordinal, fields]) => [ordinal, itemFile(of.action, { ordinal, fields })]));
  const touched = commits.flatMap((commit) => commit.touched.map(({ path }) => path));
  const wanted = [...new Set([...touched, ...[...files.values()].map(({ path }) => path)])];
  // A name that no file may have is never looked up: it is refused where it is touched.
  const base = await own.entries(
    of.place.commit,
    wanted.filter((path) => pathFault(path) === null),
  );
  const named = new Map<number, Named>();
  const owner = new Map<string, number>();
  for (const commit of commits) {
    const { id, ordinal } = commit;
    const file = files.get(ordinal);
    if (!file) throw refused(`Commit ${id} names item ${ordinal}, which is not in chunk ${of.chunk}.`);
    const was = base.get(file.path);
    if (was?.type !== 'blob' || was.id !== file.blob)
      throw refused(`Commit ${id} names item ${ordinal}, whose file ${file.path} is not in ${of.place.commit} as it was read.`);
    const one = named.get(ordinal) ?? {
      ordinal,
      path: file.path,
      base: was,
      paths: new Set([file.path]),
      last: commit,
      messages: [],
    };
    for (const { path, modes } of commit.touched) {
      const wrong = (why: string) => refused(`Commit ${id}, of item ${ordinal}, ${why}.`);
      const fault = pathFault(path);
      if (fault !== null) throw wrong(`has a path that ${fault}: ${JSON.stringify(path.slice(0, 200))}`);
      const [, after] = modes;
      if (after === '120000') throw wrong(`makes ${path} a symbolic link`);
      if (after === '160000') throw wrong(`makes ${path} a submodule`);
      if (after !== NO_FILE && !FILE.has(after)) throw wrong(`gives ${path} the mode ${after}`);
      if (path !== file.path) {
        const theirs = owner.get(path);
        if (base.has(path) || (theirs !== undefined && theirs !== ordinal))
          throw wrong(`touches ${path}, which is not the file of this item`);
        owner.set(path, ordinal);
        one.paths.add(path);
      }
      if (after !== NO_FILE && after !== was.mode) throw wrong(`changes the mode of ${path} from ${was.mode} to ${after}`);
    }
    one.last = commit;
    if (!one.messages.includes(commit.message)) one.messages.push(commit.message);
    named.set(ordinal, one);
  }
  return [...named.values()].sort((a, b) => a.ordinal - b.ordinal);
}

/** What the last commit leaves of each item: that alone is kept. */
async function becomes(own: Repository, tip: string, named: readonly Named[], of: HandedIn): Promise<HandInRead['items']> {
  const there = await own.entries(tip, [...new Set(named.flatMap(({ paths }) => [...paths]))]);
  const left = named.map((item) => {
    const paths = [...item.paths].filter((path) => there.get(path)?.type === 'blob');
    const [path = null, ...more] = paths;
    if (more.length > 0)
      throw refused(`The commits leave item ${item.ordinal} at ${paths.length} paths: ${paths.join(', ')}. An item is one file.`);
    const entry = path === null ? null : (there.get(path) as Entry);
    return { item, path, entry };
  });
  const changed = left.flatMap(({ item, entry }) => (entry && entry.id !== item.base.id ? [{ item, id: entry.id }] : []));
  const texts = await readTexts(own, changed);
  return left.map(({ item, path, entry }) => {
    const { ordinal, last } = item;
    const about = { ordinal, commit: last.id, path: path === null || path === item.path ? null : path };
    if (path === item.path && entry?.id === item.base.id) return { ...about, kind: 'unchanged', change: null };
    const kind = path === null ? 'removed' : about.path === null ? 'written' : 'moved';
    return { ...about, kind, change: changeOf(item, path, texts.get(entry?.id ?? '') ?? null, of) };
  });
}

const VERB = { written: 'write', moved: 'move', removed: 'delete' } as const;

/** @param text what the file gets; null where it keeps what it has, or goes */
function changeOf(
  { ordinal, path, base, last, messages }: Named,
  to: string | null,
  text: string | null,
  { place }: HandedIn,
): Uint8Array {
  const mode = base.mode === '100755' ? '100755' : '100644';
  const becoming: FileChange['to'] = text === null ? { of: path } : { text };
  const own: FileChange = { path, was: base.id, mode, to: to === path ? becoming : null };
  const files: FileChange[] = to === null || to === path ? [own] : [own, { path: to, was: 'absent', mode, to: becoming }];
  const kind = to === null ? 'removed' : to === path ? 'written' : 'moved';
  const message = messages.join('\n\n');
  if (message.length > COMMIT_MESSAGE_CHARS_MAX)
    throw refused(
      `The messages of the commits of item ${ordinal} have more than ${COMMIT_MESSAGE_CHARS_MAX} characters together.`,
    );
  const change: GitHanded = { do: VERB[kind], branch: place.branch, message, files, commit: last.id };
  const bytes = canonicalBytes(change);
  // Its request says where it goes too.
  if (bytes.length > REQUEST_BYTES_MAX - PLACE_BYTES)
    throw refused(
      `Commit ${last.id}, of item ${ordinal}, makes a change of ${bytes.length} bytes; a file has at most 1 MiB with its message and paths.`,
    );
  return bytes;
}

const PLACE_BYTES = 8 * 1024;

async function readTexts(own: Repository, changed: readonly { item: Named; id: string }[]): Promise<Map<string, string>> {
  const sizes = await own.sizes([...new Set(changed.map(({ id }) => id))]);
  let bytes = 0;
  for (const { item, id } of changed) {
    const size = sizes.get(id) ?? 0;
    const of = `Commit ${item.last.id}, of item ${item.ordinal}`;
    if (size > REQUEST_BYTES_MAX)
      throw refused(`${of}, leaves a file of ${size} bytes; a file has at most 1 MiB with its message and paths.`);
    bytes += size;
    if (bytes > HAND_IN_TEXT_BYTES_MAX)
      throw refused(
        `The files of this bundle have more than ${HAND_IN_TEXT_BYTES_MAX / 1024 ** 2} MiB together. Hand in fewer items at once.`,
      );
  }
  const read = changed.length === 0 ? new Map<string, Buffer>() : await own.read([...sizes.keys()]);
  const texts = new Map<string, string>();
  for (const { item, id } of changed) {
    const text = utf8(read.get(id) ?? Buffer.alloc(0));
    if (text === null) throw refused(`Commit ${item.last.id}, of item ${item.ordinal}, leaves a file that is not UTF-8 text.`);
    texts.set(id, text);
  }
  return texts;
}
