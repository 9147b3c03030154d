/** Bodies as they arrive: a sender who sends nothing, or a byte at a time, is not waited for without an end. */
import { CountersignError } from '#lib/core/errors.ts';
import { BODY_PART_BYTES, BODY_PART_MS } from '#lib/core/limits.ts';

/** So much has to come in so long; only the time in which somebody waits for it counts. */
export type Pace = { partBytes: number; partMs: number };
const PACE: Pace = { partBytes: BODY_PART_BYTES, partMs: BODY_PART_MS };

/**
 * The parts of a body, for as long as they keep the pace. A reader who stops leaves the source as it is: ending it would end the connection, and with it the
 * answer. What is left unread is bin/web's to read past.
 *
 * @throws CountersignError `too_slow`, in the middle
 */
export function incoming(
  source: AsyncIterable<Uint8Array>,
  { partBytes, partMs }: Pace = PACE,
): AsyncIterableIterator<Uint8Array, undefined> {
  const parts = source[Symbol.asyncIterator]();
  let part = 0;
  let leftMs = partMs;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const began = performance.now();
      const next = await within(parts.next(), leftMs, () => tooSlow(part, { partBytes, partMs }));
      if (next.done) return { done: true, value: undefined };
      part += next.value.length;
      leftMs -= performance.now() - began;
      if (part >= partBytes) {
        part = 0;
        leftMs = partMs;
      }
      return { done: false, value: next.value };
    },
  };
}

async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), Math.max(0, ms));
  // Of the one that comes too late nobody hears any more.
  promise.catch(() => {});
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(bytes: number, { partBytes, partMs }: Pace): CountersignError {
  const came = bytes === 0 ? 'nothing more of it' : bytes === 1 ? '1 byte of it' : `${bytes} bytes of it`;
  return new CountersignError(
    'too_slow',
    `The body came too slowly: ${came} arrived within ${partMs / 1000} s, and at least ${partBytes / 1024} KiB have to. Nothing was kept. Send it again.`,
  );
}
