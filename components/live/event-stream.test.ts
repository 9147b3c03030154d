import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '#components/ui/connection.ts';
import { createEventStream } from './event-stream.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

type Asked = { path: string; lastEventId: string | null; at: number; signal: AbortSignal };
type Answer = (signal: AbortSignal) => Response | Promise<Response>;

/** A tab and the server that it follows: `answer` is what the server does to the next request for events, `alive` whether it answers at all. */
function tab({ random = () => 0.5 }: { random?: () => number } = {}) {
  const world = {
    ...{ answer: null as Answer | null, alive: true, visible: true, signedOut: 0, asked: [] as Asked[] },
    connection: { lostAt: null, answers: true, why: null } as Partial<Connection>,
    /** writes into the stream that is open */
    write: (_text: string) => {},
    /** ends it: in order, or by breaking it */
    end: (_fault?: Error) => {},
  };
  const opened: Answer = (signal) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let over = false;
        world.write = (text) => void (over || controller.enqueue(new TextEncoder().encode(text)));
        world.end = (fault) => {
          if (over) return;
          over = true;
          if (fault) controller.error(fault);
          else controller.close();
        };
        signal.addEventListener('abort', () => world.end(new DOMException('aborted', 'AbortError')));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  };
  const send = async (path: string, { headers, signal }: RequestInit): Promise<Response> => {
    if (path === '/healthz') return world.alive ? new Response('alive') : refuse();
    const asked = new Headers(headers);
    world.asked.push({ path, lastEventId: asked.get('last-event-id'), at: Date.now(), signal: signal as AbortSignal });
    return (world.answer ?? opened)(signal as AbortSignal);
  };
  const stream = createEventStream({
    ...{ send, random, visible: () => world.visible },
    tell: (change) => void Object.assign(world.connection, change),
    signedOut: () => {
      world.signedOut += 1;
    },
  });
  const heard: string[] = [];
  const leave = stream.follow(({ event, data }) => void heard.push(`${event} ${data}`));
  return { world, stream, heard, leave };
}

const refuse = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
const hang: Answer = (signal) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
const CHANGED = 'id: a.1_\nevent: changed\ndata: {"topics":[]}\n\n';
const BEAT = ': still here\n\n';
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Open, and heard of. */
async function openTab(more: Parameters<typeof tab>[0] = {}) {
  const opened = tab(more);
  await pass(10);
  opened.world.write(`retry: 1000\n\n${CHANGED}`);
  await pass(0);
  expect(opened.heard).toEqual(['changed {"topics":[]}']);
  return opened;
}

/** The server is there again, and is found within the longest wait. */
async function comesBack(world: Awaited<ReturnType<typeof openTab>>['world']) {
  Object.assign(world, { answer: null, alive: true });
  const tries = world.asked.length;
  for (let looks = 0; looks < 100 && world.asked.length === tries; looks += 1) await pass(100);
  world.write(CHANGED);
  await pass(0);
}

test('a stream begins where the page was read, and goes on from what was heard since', async () => {
  const asked: (string | null)[] = [];
  const stream = createEventStream({
    ...{ place: 'a.7_', random: () => 0.5, visible: () => true, tell: () => {}, signedOut: () => {} },
    send: async (path, { headers }) => {
      if (path === '/healthz') return new Response('alive');
      asked.push(new Headers(headers).get('last-event-id'));
      return new Response('id: a.8_\nevent: changed\ndata: {"topics":[]}\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
  const leave = stream.follow(() => {});
  await pass(6_000);
  leave();
  expect(asked.slice(0, 2)).toEqual(['a.7_', 'a.8_']);
});

test('a stream that beats is there, for however long', async () => {
  const { world } = await openTab();
  for (let beats = 0; beats < 100; beats += 1) {
    await pass(1_500);
    world.write(BEAT);
  }
  expect(world.connection.lostAt).toBeNull();
  expect(world.asked).toHaveLength(1);
});

test('a server that falls silent without a word is lost within 5 s, since its last word, and writes are held', async () => {
  const { world } = await openTab();
  await pass(1_500);
  world.write(BEAT);
  await pass(0);
  const last = Date.now();
  Object.assign(world, { answer: hang, alive: false });
  await pass(4_400);
  expect(world.connection.lostAt).toBeNull();
  await pass(600);
  expect(world.connection).toMatchObject({ lostAt: last, answers: false });
  // It says so for as long as it lasts, and since the same moment.
  await pass(60_000);
  expect(world.connection).toMatchObject({ lostAt: last, answers: false });
  await comesBack(world);
  expect(world.connection).toMatchObject({ lostAt: null, answers: true });
});

test('a server that goes away is lost at once, and followed again from the last event when it is back', async () => {
  const { world, heard } = await openTab();
  await pass(10_000 - 4_400 * 2);
  world.write(BEAT);
  await pass(4_400);
  world.write('id: a.7_12\nevent: changed\ndata: {"topics":["batches"]}\n\n');
  await pass(0);
  Object.assign(world, { answer: refuse, alive: false });
  world.end(new TypeError('network error'));
  await pass(500);
  expect(world.connection).toMatchObject({ lostAt: Date.now() - 500, answers: false, why: null });
  await pass(60_000);
  // Not without end, and not seldom.
  const tries = world.asked.length;
  expect(tries).toBeGreaterThan(8);
  expect(tries).toBeLessThan(30);
  await comesBack(world);
  expect(world.asked.at(-1)).toMatchObject({ path: '/api/v1/events', lastEventId: 'a.7_12' });
  expect(world.connection).toMatchObject({ lostAt: null, answers: true });
  expect(heard.at(-1)).toBe('changed {"topics":[]}');
});

test('a stream that ends after it lived is opened anew at once, and nobody is alarmed', async () => {
  const { world } = await openTab();
  for (let beats = 0; beats < 5; beats += 1) {
    await pass(1_500);
    world.write(BEAT);
  }
  await pass(0);
  world.end();
  await pass(300);
  expect(world.asked).toHaveLength(2);
  expect(world.connection.lostAt).toBeNull();
});

test('a server that opens streams and drops each is lost, and not asked in a loop', async () => {
  const { world } = await openTab();
  for (let turns = 0; turns < 60; turns += 1) {
    world.end(new TypeError('network error'));
    await pass(250);
    world.write('retry: 1000\n\n');
    await pass(250);
  }
  expect(world.connection.lostAt).not.toBeNull();
  expect(world.asked.length).toBeLessThan(16);
});

test('a 502 page of what stands before the server is no answer', async () => {
  const page = () => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'content-type': 'text/html' } });
  const { world } = tab();
  Object.assign(world, { answer: page, alive: false });
  await pass(100);
  expect(world.connection).toMatchObject({ lostAt: 1_000_000, answers: false, why: null });
  // Nor is one that says 200.
  world.answer = () => new Response('<h1>Back soon</h1>', { headers: { 'content-type': 'text/html' } });
  await pass(20_000);
  expect(world.connection).toMatchObject({ lostAt: 1_000_000, answers: false });
});

test('where the server answers and only its stream does not come, the view is lost and writes are not held', async () => {
  const { world } = tab();
  world.answer = hang;
  await pass(4_500);
  expect(world.connection).toMatchObject({ lostAt: 1_000_000, answers: true });
  // It is told once, and does not flicker.
  const told: (boolean | undefined)[] = [];
  for (let looks = 0; looks < 100; looks += 1) {
    await pass(100);
    told.push(world.connection.answers);
  }
  expect(new Set(told)).toEqual(new Set([true]));
});

test('a refusal of the server is told in its words, and holds no writes', async () => {
  const { world } = tab();
  const problem = JSON.stringify({ code: 'unavailable', detail: 'The database does not answer.' });
  world.answer = () => new Response(problem, { status: 503, headers: { 'content-type': 'application/problem+json' } });
  await pass(100);
  expect(world.connection).toMatchObject({ lostAt: 1_000_000, answers: true, why: 'The database does not answer.' });
});

test('a session that has ended is told as that, and is no loss; who comes back to the tab is asked about at once', async () => {
  const { world, stream } = await openTab();
  world.answer = () => new Response('{}', { status: 401 });
  world.end();
  await pass(1_000);
  expect(world).toMatchObject({ signedOut: 1, connection: { lostAt: null, answers: true } });
  world.answer = null;
  stream.hurry();
  await pass(10);
  world.write(CHANGED);
  await pass(0);
  expect(world.connection.lostAt).toBeNull();
  expect(world.asked).toHaveLength(3);
});

test('a page that asks for another batch has its stream opened anew at once, with what it had heard', async () => {
  const { world, stream } = await openTab();
  const leave = stream.follow(() => {}, { batch: 'one' });
  await pass(10);
  expect(world.asked.at(-1)).toMatchObject({ path: '/api/v1/events?batch=one', lastEventId: 'a.1_' });
  // The page that goes and the next one that comes are one change.
  leave();
  stream.follow(() => {}, { board: true });
  await pass(10);
  expect(world.asked.map(({ path }) => path)).toEqual([
    '/api/v1/events',
    '/api/v1/events?batch=one',
    '/api/v1/events?board=true',
  ]);
  expect(world.connection.lostAt).toBeNull();
});

test('a tab that nobody sees lets go of its connection, and has it back when it is seen', async () => {
  const { world, stream } = await openTab();
  world.visible = false;
  stream.seen();
  for (let beats = 0; beats < 40; beats += 1) {
    await pass(1_500);
    world.write(BEAT);
  }
  expect(world.asked).toHaveLength(1);
  expect(world.asked[0]?.signal.aborted).toBe(true);
  expect(world.connection.lostAt).toBeNull();
  world.visible = true;
  stream.seen();
  await pass(0);
  expect(world.asked).toHaveLength(2);
});

test('when nobody follows any more, nothing is asked', async () => {
  const { world, leave } = await openTab();
  leave();
  await pass(60_000);
  expect(world.asked).toHaveLength(1);
  expect(world.asked[0]?.signal.aborted).toBe(true);
});

test('tabs that lose the server together do not come back together', async () => {
  // A seed that prints itself in the failure.
  let seed = 20_261_126;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const tabs = [];
  for (let count = 0; count < 10; count += 1) tabs.push(await openTab({ random }));
  for (const { world } of tabs) {
    Object.assign(world, { answer: refuse, alive: false });
    world.end(new TypeError('network error'));
  }
  await pass(60_000);
  const times = tabs.flatMap(({ world }) => world.asked.slice(1).map(({ at }) => at));
  const fullest = Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + 100).length));
  // Of the first attempts, which are due within 300 ms, and never again as many.
  const late = times.filter((at) => at > Math.min(...times) + 10_000);
  const fullestLate = Math.max(...late.map((at) => late.filter((other) => other >= at && other < at + 100).length));
  expect(fullest, `seed ${seed}`).toBeLessThanOrEqual(10);
  expect(fullestLate, `seed ${seed}`).toBeLessThanOrEqual(4);
  // Ten tabs ask less than five times a second while the server is away.
  expect(times.length / 60).toBeLessThan(5);
});
