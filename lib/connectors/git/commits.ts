/**
 * Commits are made of approved changes, one for each, in the order of their items. The same changes on the same commit are the same commits, to the letter: whoever pushes
 * them a second time pushes what is there, and whoever asks whether they are there asks for one id.
 */
import { randomUUID } from 'node:crypto';
import type { StagedChange } from '#lib/store/repositories/staged.ts';
import { type FileChange, type GitChange, readRequest } from './frozen.ts';
import type { Entry, Repository } from './repository.ts';

/** What a commit did to a file: its mode and id before and after; null where there was none. */
type FileEffect = { path: string; before: string | null; after: string | null };

export type Built = {
  /** the last commit; the base where nothing was left to commit */
  tip: string;
  /** the items that have a commit, and what it does */
  commits: { ordinal: number; key: string; files: FileEffect[] }[];
  /** the items whose file is not any more as it was read */
  left: { ordinal: number; path: string; why: string }[];
};

const AUTHOR = 'Countersign <countersign@countersign.invalid>';

/** Throws Unreached. `changes` come page by page, in the order of their items. */
export async function buildCommits(repository: Repository, base: string, changes: AsyncIterable<StagedChange[]>): Promise<Built> {
  const ref = `refs/countersign/builds/${randomUUID()}`;
  const built: Built = { tip: base, commits: [], left: [] };
  const paths = new Map<string, FileEffect>();
  const stream = async function* (): AsyncGenerator<Buffer | string> {
    yield 'feature done\n';
    for await (const page of changes) {
      const read = page.map((change) => ({ change, request: readRequest(change.request) as GitChange }));
      const wanted = new Set(read.flatMap(({ request }) => request.files.flatMap(({ path }) => [path, ...parentsOf(path)])));
      const there = await repository.entries(base, [...wanted]);
      for (const { change, request } of read) {
        const why = request.files.map((file) => faultOf(file, there, paths)).find((fault) => fault !== null) ?? null;
        if (why !== null) {
          built.left.push({ ordinal: change.ordinal, path: request.files[0]?.path ?? '', why });
          continue;
        }
        const files = request.files.map((file) => ({ path: file.path, before: written(there.get(file.path)), after: null }));
        for (const file of files) paths.set(file.path, file);
        // The first says what it stands on; each other one stands on the one before.
        yield* commitOf(ref, built.commits.length === 0 ? base : null, change, request, there);
        built.commits.push({ ordinal: change.ordinal, key: change.key, files });
      }
    }
    yield 'done\n';
  };
  await repository.git(['fast-import', '--quiet', '--force', '--done', '--date-format=raw'], { input: stream() });
  if (built.commits.length === 0) return built;
  built.tip = (await repository.git(['rev-parse', ref])).toString('utf8').trim();
  const after = await repository.entries(built.tip, [...paths.keys()]);
  for (const [path, file] of paths) file.after = written(after.get(path));
  // What it names stays until the copy goes: nothing is ever collected there.
  await repository.git(['update-ref', '-d', ref]);
  return built;
}

const written = (entry: Entry | undefined): string | null => (entry ? `${entry.mode} ${entry.id}` : null);

/** Why this file can't be changed as it was approved; null where it can. */
function faultOf(file: FileChange, there: ReadonlyMap<string, Entry>, changed: ReadonlyMap<string, unknown>): string | null {
  const { path, was } = file;
  if (changed.has(path)) return 'another change of this push is to the same file';
  for (const parent of parentsOf(path)) {
    if (there.get(parent) && there.get(parent)?.type !== 'tree') return 'a file stands where its folder would be';
    if (changed.has(parent)) return 'another change of this push is to a file of its folder’s name';
  }
  const now = there.get(path);
  if (now && now.type !== 'blob') return 'there is a folder of this name';
  if (was === 'absent') return now ? 'a file of this name is there by now' : null;
  if (!now) return was === 'any' && file.to !== null ? null : 'the file is gone';
  return was === 'any' || was === now.id ? null : 'the file was changed since it was read';
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function* commitOf(
  ref: string,
  on: string | null,
  { key, batchId, chunk, ordinal, at }: StagedChange,
  { message, files }: GitChange,
  there: ReadonlyMap<string, Entry>,
): Generator<Buffer | string> {
  const when = `${Math.floor(at.getTime() / 1000)} +0000`;
  const trailers = [
    `Countersign-Batch: ${batchId}`,
    `Countersign-Chunk: ${chunk}`,
    `Countersign-Item: ${ordinal}`,
    `Countersign-Key: ${key}`,
  ];
  const text = Buffer.from(`${message.trim()}\n\n${trailers.join('\n')}\n`);
  yield `commit ${ref}\nauthor ${AUTHOR} ${when}\ncommitter ${AUTHOR} ${when}\ndata ${text.length}\n`;
  yield text;
  yield on === null ? '\n' : `\nfrom ${on}\n`;
  for (const { path, to, mode } of files) {
    if (to === null) yield `D ${quoted(path)}\n`;
    else if ('entry' in to) yield `M ${to.entry} ${quoted(path)}\n`;
    else if ('of' in to) {
      const entry = there.get(to.of);
      yield `M ${entry?.mode ?? '100644'} ${entry?.id ?? ''} ${quoted(path)}\n`;
    } else {
      const bytes = Buffer.from(to.text);
      yield `M ${there.get(path)?.mode ?? mode} inline ${quoted(path)}\ndata ${bytes.length}\n`;
      yield bytes;
      yield '\n';
    }
  }
  yield '\n';
}

const quoted = (path: string): string => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
