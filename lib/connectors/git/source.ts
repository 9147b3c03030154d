/** The files of a branch as they are now, one item each, with their text where they have one. Nothing is changed there. */
import type { Source } from '#lib/connectors/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { GIT_FILE_BYTES_MAX, GIT_FILES_MAX, GIT_PAGE_BYTES } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { whyNot } from './failures.ts';
import { branchFault, pathFault } from './names.ts';
import { type Entry, type Opening, openRepository, type Repository, Unreached } from './repository.ts';

type File = Entry & { path: string; size: number };

/** @param place a branch, or branch:folder */
export function filesSource(live: LiveConnection, place: string, opening: Opening, signal: AbortSignal): Source {
  return { contentType: 'application/x-ndjson', items: filesOf(live, place, opening, signal) };
}

/** Throws `invalid` for a place that is none or has no files, `not_found` where there is no such branch, `unavailable` where the server can't be read. */
async function* filesOf(
  live: LiveConnection,
  place: string,
  opening: Opening,
  signal: AbortSignal,
): AsyncGenerator<{ about: Record<string, string>; bytes: Buffer }> {
  const [branch = '', ...rest] = place.trim().split(':');
  const folder = rest.join(':').replace(/^\/+|\/+$/g, '');
  const wrong = branchFault(branch) ?? (folder === '' ? null : pathFault(folder));
  if (wrong !== null) throw new CountersignError('invalid', `“${place}” ${wrong}. Write a branch, or branch:folder.`);
  try {
    const repository = await openRepository(live, opening, signal);
    const commit = await repository.fetch(branch);
    if (commit === null) throw new CountersignError('not_found', `“${live.name}” has no branch “${branch}”.`);
    const files = (await repository.list(commit, folder)).filter(({ type }) => type === 'blob');
    if (files.length === 0) throw new CountersignError('invalid', `There are no files in ${folder || branch} of “${live.name}”.`);
    if (files.length > GIT_FILES_MAX)
      throw new CountersignError(
        'too_large',
        `“${live.name}” has more than ${GIT_FILES_MAX} files in ${folder || branch}. Name a folder: ${branch}:docs.`,
      );
    for (const page of pagesOf(files)) yield* read(repository, page, { branch, commit });
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    throw new CountersignError('unavailable', `“${live.name}” could not be read. ${whyNot(error.reason)}`, { cause: error });
  }
}

async function* read(repository: Repository, page: readonly File[], at: { branch: string; commit: string }) {
  const small = page.filter(isSmall);
  const texts = small.length === 0 ? new Map<string, Buffer>() : await repository.read([...new Set(small.map(({ id }) => id))]);
  for (const { path, mode, id, size } of page) {
    const bytes = texts.get(id);
    const text = bytes && isText(bytes) ? bytes : null;
    const dot = path.lastIndexOf('.');
    const slash = path.lastIndexOf('/');
    yield {
      about: {
        ...{ path, folder: slash < 0 ? '' : path.slice(0, slash), extension: dot > slash + 1 ? path.slice(dot + 1) : '' },
        ...{ size: String(size), mode, blob: id, ...at, text: text ? 'yes' : 'no' },
      },
      bytes: text ?? Buffer.alloc(0),
    };
  }
}

const isSmall = ({ size }: File): boolean => size <= GIT_FILE_BYTES_MAX;

function isText(bytes: Buffer): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function* pagesOf(files: readonly File[]): Generator<File[]> {
  let page: File[] = [];
  let bytes = 0;
  for (const file of files) {
    const own = isSmall(file) ? file.size : 0;
    if (page.length >= PAGE_FILES || bytes + own > GIT_PAGE_BYTES) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(file);
    bytes += own;
  }
  yield page;
}

const PAGE_FILES = 500;
