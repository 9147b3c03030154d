/** The side of the thread: makes downloads, and hands on their bytes as their readers take them. */
import { parentPort } from 'node:worker_threads';
import { CountersignError } from '#lib/core/errors.ts';
import { keepRoom } from './download-rooms.ts';
import { type FromThread, PARTS_AHEAD, type ToThread } from './download-thread.ts';
import type { Maker } from './downloads.ts';

type Reader = { room: number; wake: () => void; left: boolean };

/** Serves the downloads of these names for as long as the thread lives. */
export function serveDownloads(makers: Record<string, Maker>): void {
  const readers = new Map<number, Reader>();
  parentPort?.on('message', (message: ToThread) => {
    const { id } = message;
    if ('open' in message) {
      const reader: Reader = { room: PARTS_AHEAD, wake: () => {}, left: false };
      readers.set(id, reader);
      void make(makers[message.open], message.input, id, reader)
        .catch((error) => tell({ id, failed: dataOf(error) }))
        .finally(() => readers.delete(id));
      return;
    }
    if ('back' in message) {
      keepRoom(message.back);
      return;
    }
    const reader = readers.get(id);
    if (!reader) return;
    if ('more' in message) reader.room += 1;
    else reader.left = true;
    reader.wake();
  });
}

async function make(maker: Maker | undefined, input: unknown, id: number, reader: Reader): Promise<void> {
  if (!maker) throw new Error('There is no such download.');
  const { body, ...opened } = await maker(input);
  tell({ id, opened });
  for await (const part of body) {
    while (reader.room === 0 && !reader.left)
      await new Promise<void>((wake) => {
        reader.wake = wake;
      });
    if (reader.left) return;
    reader.room -= 1;
    tellPart(id, part);
  }
  tell({ id, ended: true });
}

/** What is most of its memory goes over with it; a small piece of a shared one is copied. */
function tellPart(id: number, part: Uint8Array): void {
  const own = 2 * part.byteLength > part.buffer.byteLength ? part : new Uint8Array(part);
  parentPort?.postMessage({ id, part: own } satisfies FromThread, [own.buffer as ArrayBuffer]);
}

const tell = (message: FromThread): void => parentPort?.postMessage(message);

function dataOf(error: unknown): Extract<FromThread, { failed: unknown }>['failed'] {
  if (error instanceof CountersignError) {
    const { code, message, problems, facts } = error;
    return { refused: { code, message, problems, facts } };
  }
  const { name, message, stack, code, severity } = error as Error & { code?: unknown; severity?: unknown };
  return { broke: { name, message, ...(stack ? { stack } : {}), code, severity } };
}
