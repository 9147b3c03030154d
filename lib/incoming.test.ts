import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { incoming } from './incoming.ts';

const pace = { partBytes: 100, partMs: 300 };

// A machine that stands still for a moment is no slow sender.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const sleep = (ms: number) => new Promise((over) => setTimeout(over, ms));

/** Lets time pass until what is done is over. */
async function meanwhile<T>(done: Promise<T>): Promise<T> {
  done.catch(() => {});
  await vi.advanceTimersByTimeAsync(5_000);
  return done;
}

async function read(source: AsyncIterable<Uint8Array>, afterEachMs = 0): Promise<number> {
  let bytes = 0;
  for await (const part of incoming(source, pace)) {
    bytes += part.length;
    if (afterEachMs > 0) await sleep(afterEachMs);
  }
  return bytes;
}

async function* parts(count: number, bytes: number, beforeEachMs = 0): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) {
    if (beforeEachMs > 0) await sleep(beforeEachMs);
    yield new Uint8Array(bytes);
  }
}

test('a body that keeps the pace may take as long as it takes', async () => {
  expect(await meanwhile(read(parts(10, 100, 100)))).toBe(1_000);
});

test('the time that the reader takes is not the sender’s', async () => {
  expect(await meanwhile(read(parts(20, 10), 50))).toBe(200);
});

test.each([
  ['nothing comes', parts(1, 1, 10_000), /nothing more of it arrived within 0\.3 s/],
  ['a byte comes, and another', parts(1_000, 1, 20), /\d+ bytes of it arrived within 0\.3 s/],
])('%s, and it is given up in words', async (_, source, words) => {
  await expect(meanwhile(read(source))).rejects.toMatchObject({ code: 'too_slow', message: expect.stringMatching(words) });
});

test('a reader who stops does not end the source', async () => {
  let ended = false;
  async function* source() {
    try {
      for (;;) yield new Uint8Array(1);
    } finally {
      ended = true;
    }
  }
  for await (const _ of incoming(source(), pace)) break;
  expect(ended).toBe(false);
});

test('what broke the source is heard', async () => {
  async function* source() {
    yield new Uint8Array(1);
    throw new Error('aborted');
  }
  await expect(read(source())).rejects.toThrow('aborted');
});
