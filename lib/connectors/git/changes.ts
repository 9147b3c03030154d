/**
 * The files that frozen requests change, with their texts: before from the item where it holds the very bytes (the id of a file is a digest of them), else from the copy of the
 * repository, which is fetched only where it lacks something. Reading only.
 */
import { createHash } from 'node:crypto';
import type { ChangedFile, ChangesOf } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { GIT_PAGE_BYTES, REQUEST_BYTES_MAX } from '#lib/core/limits.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';
import { readChanges } from '#lib/store/repositories/staged.ts';
import { COMMIT_ID, type GitChange, type GitPush, readRequest } from './frozen.ts';
import { rangesOf } from './ranges.ts';
import { type Repository, Unreached } from './repository.ts';

/** Opens the repository that a request goes to. Throws Unreached. */
export type OpenFor = (via: GitChange['via'], signal: AbortSignal) => Promise<Repository>;

/** A text, the id of a file, a path that is to be looked up in the branch, or no file. */
type Ref = { text: string } | { id: string } | { path: string } | null;
type Change = Omit<ChangedFile, 'texts'> & { before: Ref; after: Ref; held: string | null };

/** Files are read from the copy so many at a time. */
const AHEAD = 50;

export async function* changedFiles(
  models: WithModels,
  openFor: OpenFor,
  of: readonly ChangesOf[],
  signal: AbortSignal,
): AsyncGenerator<ChangedFile> {
  const reader = readerOf(openFor, signal);
  const plain: { request: GitChange; changes: Change[] }[] = [];
  for (const { ordinal, request: bytes, held } of of) {
    const request = readRequest(bytes);
    if (request.do === 'withdraw') continue;
    if (request.do !== 'push') {
      plain.push({ request, changes: changesOf(request, ordinal, held) });
      continue;
    }
    yield* reader.files(plain.splice(0));
    for await (const page of pushed(models, request))
      yield* reader.files(
        page.map((one) => {
          const change = readRequest(one.request) as GitChange;
          return { request: change, changes: changesOf(change, ordinal, null) };
        }),
        request.base,
      );
  }
  yield* reader.files(plain);
}

async function* pushed(models: WithModels, { batch, branch, items, tip, via }: GitPush) {
  const place = { batchId: batch, connectionId: via.id, branch };
  yield* readChanges(models, place, { items: rangesOf(items), tip });
}

/** A file that goes and one that comes are one that moves. */
function changesOf({ files }: GitChange, ordinal: number, held: string | null): Change[] {
  const before = ({ path, was }: GitChange['files'][number]): Ref =>
    was === 'absent' ? null : COMMIT_ID.test(was) ? { id: was } : { path };
  const gone = files.find(({ to }) => to === null);
  const come = files.find(({ to }) => to !== null);
  if (files.length === 2 && gone && come?.was === 'absent') {
    const was = before(gone);
    const after = afterOf(come.to, was);
    return [{ ordinal, held, path: come.path, from: gone.path, kind: 'moved', before: was, after }];
  }
  return files.map((file): Change => {
    const was = before(file);
    const kind = file.to === null ? 'removed' : was === null ? 'new' : 'changed';
    return { ordinal, held, path: file.path, from: null, kind, before: was, after: afterOf(file.to, was) };
  });
}

function afterOf(to: GitChange['files'][number]['to'], before: Ref): Ref {
  if (to === null) return null;
  if ('text' in to) return to;
  return 'entry' in to ? { id: to.entry.split(' ')[1] ?? '' } : before;
}

/** What only moves has no text that changes: nothing is read for it. */
const staysAsItIs = ({ before, after }: Change): boolean => before !== null && before === after;

function readerOf(openFor: OpenFor, signal: AbortSignal) {
  const open = new Map<string, Promise<Repository>>();
  const repositoryOf = ({ via }: GitChange): Promise<Repository> => {
    const opened = open.get(via.id) ?? openFor(via, signal);
    open.set(via.id, opened);
    return opened;
  };

  /** By the ids of files; what can't be read here is not there. */
  async function blobs(request: GitChange, ids: readonly string[]): Promise<Map<string, Buffer | 'large'>> {
    const repository = await repositoryOf(request);
    let sizes = await repository.sizes(ids);
    if (sizes.size < ids.length && (await repository.fetch(request.branch)) !== null) sizes = await repository.sizes(ids);
    const found = new Map<string, Buffer | 'large'>();
    let page: string[] = [];
    let bytes = 0;
    const readPage = async (): Promise<void> => {
      if (page.length > 0) for (const [id, text] of await repository.read(page)) found.set(id, text);
      [page, bytes] = [[], 0];
    };
    for (const [id, size] of sizes) {
      if (size > REQUEST_BYTES_MAX) found.set(id, 'large');
      else {
        if (bytes + size > GIT_PAGE_BYTES) await readPage();
        page.push(id);
        bytes += size;
      }
    }
    await readPage();
    return found;
  }

  async function* files(
    of: readonly { request: GitChange; changes: readonly Change[] }[],
    at: string | null = null,
  ): AsyncGenerator<ChangedFile> {
    const all = of.flatMap(({ request, changes }) => changes.map((change) => ({ request, change })));
    for (let from = 0; from < all.length; from += AHEAD) {
      const page = all.slice(from, from + AHEAD);
      // Nothing is read before somebody asks for a text of this page.
      let texts: Promise<Texts> | null = null;
      for (const { change } of page)
        yield {
          ...{ ordinal: change.ordinal, path: change.path, from: change.from, kind: change.kind },
          texts: async () => {
            texts ??= readTexts(page, at);
            const read = await texts;
            return 'unknown' in read ? read : read.of(change);
          },
        };
    }
  }

  type Texts = { unknown: string } | { of(change: Change): Awaited<ReturnType<ChangedFile['texts']>> };

  async function readTexts(page: readonly { request: GitChange; change: Change }[], at: string | null): Promise<Texts> {
    const known = new Map<string, Buffer | 'large'>();
    for (const { change } of page) if (change.held !== null) known.set(blobId(change.held), Buffer.from(change.held));
    const paths = new Map<string, string>();
    try {
      for (const [, some] of Map.groupBy(page, ({ request }) => `${request.via.id} ${request.branch}`)) {
        const [first] = some;
        if (!first) continue;
        const wanted = some.flatMap(({ change }) => (staysAsItIs(change) ? [] : [change.before, change.after]));
        const lookedUp = wanted.flatMap((ref) => (ref && 'path' in ref ? [ref.path] : []));
        if (lookedUp.length > 0) {
          const repository = await repositoryOf(first.request);
          const commit = at ?? (await repository.fetch(first.request.branch));
          if (commit !== null) for (const [path, { id }] of await repository.entries(commit, lookedUp)) paths.set(path, id);
        }
        const ids = wanted.flatMap((ref) =>
          ref && 'id' in ref ? [ref.id] : ref && 'path' in ref ? (paths.get(ref.path) ?? []) : [],
        );
        const lacking = [...new Set(ids)].filter((id) => !known.has(id));
        if (lacking.length > 0) for (const [id, text] of await blobs(first.request, lacking)) known.set(id, text);
      }
    } catch (error) {
      if (!(error instanceof Unreached || error instanceof CountersignError)) throw error;
      // What is known without the repository is shown all the same.
    }
    const textOf = (ref: Ref): { text: string | null } | { unknown: string } => {
      if (ref === null) return { text: null };
      if ('text' in ref) return ref;
      const id = 'id' in ref ? ref.id : paths.get(ref.path);
      const bytes = id === undefined ? undefined : known.get(id);
      if (bytes === undefined)
        return { unknown: 'The file as it was can’t be read here: the repository does not answer, or has it no more.' };
      if (bytes === 'large') return { unknown: 'The file is too large to be compared.' };
      const text = utf8(bytes);
      return text === null ? { unknown: 'The file is no text.' } : { text };
    };
    return {
      of(change) {
        if (staysAsItIs(change)) return { before: null, after: null };
        const { before, after } = change;
        const [was, is] = [textOf(before), textOf(after)];
        if ('unknown' in was) return was;
        if ('unknown' in is) return is;
        return { before: was.text, after: is.text };
      },
    };
  }

  return { files };
}

/** As git names a file of these bytes. */
function blobId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Null where it is no text of UTF-8. */
export function utf8(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
