/**
 * The thread in which a process makes its downloads: started with the first one, and kept. It serves any number of them at once, each only as far ahead as its
 * reader has taken what there was. Nothing that Next bundles imports this.
 */
import { Worker } from 'node:worker_threads';
import { CountersignError } from '#lib/core/errors.ts';
import { DOWNLOAD_THREAD_MEMORY_MB } from '#lib/core/limits.ts';
import { ROOM_BYTES } from './download-rooms.ts';
import { type Download, type DownloadThread, leaveDownloadThread, lendPart, takeDownloadThread } from './downloads.ts';
import type { Came } from './threads.ts';

/** Parts that are under way to a reader. */
export const PARTS_AHEAD = 4;

export type ToThread = { id: number } & (
  | { open: string; input: unknown }
  | { more: true }
  | { close: true }
  /** memory that came with a part */
  | { back: ArrayBuffer }
);
export type FromThread = { id: number } & (
  | { opened: Omit<Download, 'body'> }
  | { part: Uint8Array }
  | { ended: true }
  | { failed: Exclude<Came, string | { value: unknown } | { ended: unknown }> }
);

type Heard = Exclude<FromThread, { opened: unknown }> | null;
type Open = {
  opened: (download: Download) => void;
  failed: (error: Error) => void;
  parts: Heard[];
  wake: () => void;
};

/** Makes the process's thread. @param program its program: bin/download-thread.ts */
export function startDownloadThread(program: string): DownloadThread {
  const open = new Map<number, Open>();
  let worker: Worker | null = null;
  let last = 0;

  function started(): Worker {
    if (worker) return worker;
    const own = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: DOWNLOAD_THREAD_MEMORY_MB } });
    // It ends with the process; what reads from it has a connection that does not.
    own.unref();
    own.on('message', hear);
    const lost = (error: Error): void => {
      if (worker === own) worker = null;
      for (const one of [...open.values()]) one.failed(error);
      open.clear();
    };
    own.on('error', lost);
    own.on('exit', () => lost(new Error('The thread that made the download ended.')));
    worker = own;
    return own;
  }

  function hear(message: FromThread): void {
    const one = open.get(message.id);
    if (!one) return;
    if ('opened' in message) one.opened({ ...message.opened, body: body(message.id, one) });
    else if ('failed' in message) one.failed(errorOf(message.failed));
    else {
      one.parts.push(message);
      one.wake();
    }
  }

  async function* body(id: number, one: Open): AsyncGenerator<Uint8Array> {
    let broke: Error | null = null;
    one.failed = (error) => {
      broke = error;
      one.wake();
    };
    try {
      for (;;) {
        const heard = one.parts.shift();
        if (heard && 'ended' in heard) return;
        if (heard && 'part' in heard) {
          const { part } = heard;
          tell({ id, more: true });
          // A smaller one costs as much on its way back.
          if (part.buffer.byteLength === ROOM_BYTES) lendPart(part, () => giveBack(id, part));
          yield part;
        } else if (broke) throw broke;
        else
          await new Promise<void>((wake) => {
            one.wake = wake;
          });
      }
    } finally {
      if (open.delete(id)) tell({ id, close: true });
    }
  }

  const tell = (message: ToThread): void => worker?.postMessage(message);

  function giveBack(id: number, { buffer }: Uint8Array): void {
    const back = buffer as ArrayBuffer;
    worker?.postMessage({ id, back } satisfies ToThread, [back]);
  }

  const thread: DownloadThread = {
    open(name, input) {
      last += 1;
      const id = last;
      const target = started();
      return new Promise((opened, failed) => {
        const refuse = (error: Error): void => {
          open.delete(id);
          failed(error);
        };
        open.set(id, { opened, failed: refuse, parts: [], wake: () => {} });
        target.postMessage({ id, open: name, input } satisfies ToThread);
      });
    },
    async end() {
      leaveDownloadThread(thread);
      await worker?.terminate();
    },
  };
  takeDownloadThread(thread);
  return thread;
}

function errorOf(failed: Extract<FromThread, { failed: unknown }>['failed']): Error {
  if ('refused' in failed) {
    const { code, message, ...more } = failed.refused;
    return new CountersignError(code, message, more);
  }
  return Object.assign(new Error(failed.broke.message), failed.broke);
}
