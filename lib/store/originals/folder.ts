/** Originals as files of a folder, which processes on several machines may share. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';
import type { ArrivingOriginal, Leftover, Originals } from './port.ts';

/** What is arriving lies in a folder in the folder, for a rename stays on its volume. */
const ARRIVING = 'arriving';
const PIECE_BYTES = 256 * 1024;

/** Makes the folder when the first file arrives. */
export function originalsIn(folder: string): Originals {
  const pathOf = (digest: Buffer): string => join(folder, digest.toString('hex'));
  const arriving = join(folder, ARRIVING);
  return {
    async put(datasetId) {
      const path = join(arriving, `${datasetId}.${randomBytes(8).toString('hex')}`);
      const handle = await inWords(folder, async () => {
        await mkdir(arriving, { recursive: true, mode: 0o700 });
        return open(path, 'wx', 0o600);
      });
      return arrivingFile({ folder, path, handle, pathOf });
    },
    async open(digest) {
      const path = pathOf(digest);
      const found = await stat(path).catch(unlessMissing);
      if (!found) return null;
      return {
        bytes: found.size,
        read: (end) => pieces(path, end),
      };
    },
    delete: (digest) => rm(pathOf(digest), { force: true }),
    async leftovers() {
      const names = (await readdir(arriving).catch(unlessMissing)) ?? [];
      return names.map((name): Leftover => {
        const [datasetId = ''] = name.split('.');
        return { datasetId, remove: () => rm(join(arriving, name), { force: true }) };
      });
    },
  };
}

/** Throws `unavailable` where the file is gone meanwhile, or its disk does not give it. */
async function* pieces(path: string, end: number | undefined): AsyncGenerator<Buffer> {
  if (end === 0) return;
  try {
    yield* createReadStream(path, { highWaterMark: PIECE_BYTES, ...(end === undefined ? {} : { end: end - 1 }) });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new CountersignError('unavailable', `The original ${path} can’t be read. The system says ${code ?? String(error)}.`, {
      cause: error,
    });
  }
}

type Arriving = { folder: string; path: string; handle: FileHandle; pathOf: (digest: Buffer) => string };

function arrivingFile({ folder, path, handle, pathOf }: Arriving): ArrivingOriginal {
  let under: Promise<void> = Promise.resolve();
  const gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let isOpen = true;
  /** Gives the system what was gathered, once it has taken what it was given before. */
  const pass = async (): Promise<void> => {
    await under;
    if (gatheredBytes === 0) return;
    const bytes = Buffer.concat(gathered.splice(0), gatheredBytes);
    gatheredBytes = 0;
    under = inWords(folder, () => writeWhole(handle, bytes));
    // Whoever writes the next piece, or finishes, hears of a failure; until then it is not unhandled.
    under.catch(() => {});
  };
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    async write(piece) {
      gathered.push(piece);
      gatheredBytes += piece.length;
      if (gatheredBytes >= PIECE_BYTES) await pass();
    },
    async finish() {
      await pass();
      await under;
      if (!isOpen) return;
      await inWords(folder, async () => {
        await handle.sync();
        await close();
      });
    },
    read: () => pieces(path, undefined),
    async keep(digest) {
      await inWords(folder, async () => {
        await rename(path, pathOf(digest));
        await syncFolder(folder);
      });
    },
    async drop() {
      await under.catch(() => {});
      await close().catch(() => {});
      await rm(path, { force: true });
    },
  };
}

/** A disk that is nearly full takes a part of a piece, and refuses the rest. */
async function writeWhole(handle: FileHandle, piece: Buffer): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten;
}

/** A name is on the disk when its folder is. Not every system opens folders. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

function unlessMissing(error: unknown): null {
  if ((error as { code?: unknown }).code === 'ENOENT') return null;
  throw error;
}

const FAULTS: Record<string, string> = {
  ENOSPC: 'The disk that holds it is full. Free space there.',
  EDQUOT: 'Its quota is used up. Free space there, or raise the quota.',
  EROFS: 'It is mounted for reading only. Mount it for writing.',
  EACCES: 'It can’t be written. Give it to the user that runs Countersign.',
  EPERM: 'It can’t be written. Give it to the user that runs Countersign.',
};

async function inWords<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code = '' } = error as { code?: string };
    const why = FAULTS[code] ?? `The system says ${code || String(error)}.`;
    throw new CountersignError('unavailable', `The original can’t be kept in ${folder}. ${why}`, { cause: error });
  }
}
