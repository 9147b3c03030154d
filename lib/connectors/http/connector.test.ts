import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApplyInput, ApplyResult } from '#lib/connectors/port.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { readHeard } from '#lib/core/receipts/heard.ts';
import { type RunningTarget, startTarget } from '#test/target.ts';
import type { Resolve } from './addresses.ts';
import { makeHttp } from './connector.ts';

const inside = makeHttp({ allowPrivateTargets: () => true });
const KEY = '00112233445566778899aabbccddeeff';
const never = new AbortController().signal;

type Given = {
  method?: string;
  honoursKeys?: boolean;
  timeoutMs?: number;
  key?: string;
  mayHaveActed?: boolean;
  effect?: string;
};

function input(url: string, given: Given = {}): ApplyInput {
  const {
    method = 'POST',
    honoursKeys = false,
    timeoutMs = 5_000,
    key = KEY,
    mayHaveActed = false,
    effect = 'permanent',
  } = given;
  const request = { method, url, headers: {}, body: method === 'GET' ? null : '{"a":1}', timeoutMs, effect };
  return {
    batchId: '00000000-0000-4000-8000-000000000001',
    datasetId: '00000000-0000-4000-8000-000000000002',
    ordinal: 1,
    category: 'x',
    action: { connector: 'http', connection: null, do: method, version: 1 },
    honoursKeys,
    request: Buffer.from(JSON.stringify(request)),
    idempotencyKey: key,
    mayHaveActed,
  };
}

/** A server that says exactly these bytes, request by request, and keeps what it heard. */
type Raw = { url: string; heard: string[]; sockets: Set<Socket>; close(): void };
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function raw(say: (socket: Socket, index: number) => void): Promise<Raw> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!/\r\n\r\n/.test(text) || (/^POST/.test(text) && !text.endsWith('}'))) return;
      heard.push(text);
      text = '';
      say(socket, heard.length - 1);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = address && typeof address === 'object' ? address.port : 0;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  open.push({ close });
  return { url: `http://127.0.0.1:${port}/it`, heard, sockets, close };
}

const saying = (...answers: string[]) => raw((socket, index) => socket.write(answers[Math.min(index, answers.length - 1)] ?? ''));
const reply = (status: string, headers = '', body = '') =>
  `HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('answers', () => {
  test('the request is the frozen one, with the key, uncompressed', async () => {
    const server = await saying(reply('201 Created', 'location: /things/9\r\n'));
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target: '/things/9' });
    expect(server.heard[0]).toMatch(/^POST \/it HTTP\/1\.1\r\n/);
    expect(server.heard[0]).toMatch(new RegExp(`\r\nidempotency-key: ${KEY}\r\n`));
    expect(server.heard[0]).toMatch(/\r\naccept-encoding: identity\r\n/);
    expect(server.heard[0]).toMatch(/\r\n\r\n\{"a":1\}$/);
  });

  test.each([
    ['a string id', '{"id":"abc"}', 'abc'],
    ['a number id', '{"id":17}', '17'],
    ['a number that lost digits', '{"id":12345678901234567890}', null],
    ['an id that is no name', '{"id":{"a":1}}', null],
    ['an endless id', `{"id":"${'x'.repeat(600)}"}`, null],
    ['an id with a line break', '{"id":"a\\nb"}', null],
    ['an id with half a character', '{"id":"\\ud800"}', null],
    ['no id of its own', '{"__proto__":{"id":"x"}}', null],
    ['JSON that breaks off', '{"id":"a', null],
  ])('the target from %s', async (_what, body, target) => {
    const server = await saying(reply('200 OK', 'content-type: application/json\r\n', body));
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target });
  });

  test.each<[string, ApplyResult]>([
    ['204 No Content', { result: 'succeeded', target: null }],
    ['404 Not Found', { result: 'failed', reason: 'http_404' }],
    ['409 Conflict', { result: 'failed', reason: 'http_409' }],
    ['429 Too Many Requests', { result: 'failed', reason: 'http_429' }],
    ['500 Broken', { result: 'uncertain', reason: 'http_500', repeat: 'unanswered' }],
    ['503 Unavailable', { result: 'uncertain', reason: 'http_503', repeat: 'unanswered' }],
    ['303 See Other', { result: 'uncertain', reason: 'http_303', repeat: 'unanswered' }],
  ])('%s', async (status, expected) => {
    const server = await raw((socket) =>
      socket.write(status.startsWith('204') ? 'HTTP/1.1 204 No Content\r\n\r\n' : reply(status)),
    );
    expect(await inside.apply(input(server.url), never)).toEqual(expected);
    expect(server.heard).toHaveLength(1);
  });

  test('a redirect to loopback is not followed', async () => {
    const second = await saying(reply('200 OK'));
    const first = await saying(reply('302 Found', `location: ${second.url}\r\n`));
    expect(await inside.apply(input(first.url), never)).toEqual({ result: 'failed', reason: 'http_302' });
    expect(second.heard).toEqual([]);
  });

  test('an informational answer is not the answer', async () => {
    const server = await saying(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${reply('404 Not Found')}`);
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'failed', reason: 'http_404' });
  });
});

describe('what a person is shown', () => {
  const POST = (given: object, method = 'POST'): Action => ({
    ...{ connector: 'http', connection: null, do: method, honoursKeys: false, with: given as Action['with'] },
  });
  const item = { ordinal: 1, fields: { id: 'a b', subject: 'line\u0007\u202E\nend 🎉' } };

  test.each([
    [
      'a JSON body',
      'POST',
      { body: { subject: '{{subject}}', big: 1 }, headers: { 'X-Api-Key': 'secret:3f2a', Accept: 'application/json' } },
    ],
    ['a text', 'PUT', { body: 'hello {{subject}}' }],
    ['no body', 'POST', {}],
    ['a read', 'GET', {}],
    ['a removal', 'DELETE', {}],
  ])('is what is sent, to the byte: %s', async (_what, method, given) => {
    const heard: { method?: string; url?: string; headers: string[]; body: string }[] = [];
    const server = createHttpServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        heard.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.rawHeaders,
          body: Buffer.concat(parts).toString(),
        });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const request = inside.prepare(POST({ url: `${origin}/mails/{{id}}?q=1`, ...given }, method), item);
    const shown = inside.describe({ do: method, request, idempotencyKey: KEY });
    await inside.apply(
      { ...input(origin), action: { connector: 'http', connection: null, do: method, version: 2 }, request },
      never,
    );
    if (shown.form !== 'message') throw new Error('It is a message.');
    const [was] = heard;
    expect([was?.method, `${origin}${was?.url}`, was?.body]).toEqual([shown.method, shown.address, shown.body ?? '']);
    const pairs =
      was?.headers.flatMap((name, index, all) => (index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : [])) ?? [];
    expect(pairs.filter(([name]) => name !== 'connection').sort()).toEqual(
      shown.headers.map(({ name, value }) => [name, value]).sort(),
    );
  });

  test('the key is said to be made when it is sent, and a secret is its name', () => {
    const request = inside.prepare(POST({ url: 'http://a.example/', headers: { 'X-Api-Key': 'secret:3f2a' } }), item);
    const shown = inside.describe({ do: 'POST', request, idempotencyKey: null });
    expect(shown).toMatchObject({
      headers: expect.arrayContaining([
        { name: 'idempotency-key', value: null, note: 'made when it is sent, one for each attempt' },
        { name: 'x-api-key', value: 'secret:3f2a', note: null },
      ]),
    });
  });

  const asking = (url: string, more: object = {}) =>
    inside.prepare(POST({ url: 'http://127.0.0.1:9/', inspect: { url: `${url}/{{id}}`, ...more } }), item);
  const look = (request: Uint8Array, connector = inside, signal = never) =>
    connector.look?.(null as never, { do: 'POST', request, idempotencyKey: null, datasetId: '', ordinal: 1 }, signal);

  test('what is there now: the whole of it, or its beginning', async () => {
    const there = await saying(reply('200 OK', 'content-type: application/json\r\n', '{"state":"inbox"}'));
    expect(await look(asking(there.url))).toEqual({
      heard: 'HTTP 200\ncontent-type: application/json\n\n{"state":"inbox"}',
      whole: '{"state":"inbox"}',
    });
    expect(there.heard[0]).toMatch(/^GET \/it\/a%20b HTTP/);
    const large = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n');
      socket.write('y'.repeat(10 * 1024 ** 2));
    });
    expect(await look(asking(large.url))).toEqual({
      heard: expect.stringMatching(/^HTTP 200\ncut: .*\n\ny{4096}$/),
      whole: null,
    });
  });

  test('a look that gets no answer says why, and never throws', async () => {
    const hanging = await raw(() => {});
    const over = AbortSignal.timeout(200);
    expect(await look(asking(hanging.url), inside, over)).toEqual({
      cannot: expect.stringMatching(/^The target could not be asked/),
    });
    expect(await look(asking('http://127.0.0.1:9'))).toEqual({ cannot: expect.stringMatching(/refused the connection/) });
    expect(await look(asking(hanging.url), makeHttp({ allowPrivateTargets: () => false }))).toEqual({
      cannot: expect.stringMatching(/private/),
    });
    expect(await look(inside.prepare(POST({ url: 'http://a.example/' }), item))).toEqual({
      cannot: expect.stringMatching(/plan does not say/),
    });
    expect(await look(asking('http://127.0.0.1:9/{{idempotencyKey}}'))).toEqual({
      cannot: expect.stringMatching(/idempotency key/),
    });
  });
});

describe('what is kept of an answer', () => {
  const heard = async (url: string, given: Given = {}) => {
    const asked = input(url, given);
    const said = await inside.apply({ ...asked, action: { ...asked.action, version: 2 } }, never);
    return readHeard(said.heard ?? '');
  };

  test('its status, what it is of, and its beginning; of a refusal too', async () => {
    const server = await saying(
      reply('201 Created', 'content-type: application/json\r\nlocation: /things/9\r\nset-cookie: session=secret\r\n', '{"id":9}'),
    );
    expect(await heard(server.url)).toEqual({
      ...{ status: 'HTTP 201', about: ['content-type: application/json', 'location: /things/9'], body: '{"id":9}' },
    });
    const refusing = await saying(reply('422 Unprocessable', '', 'no such customer'));
    expect(await heard(refusing.url)).toEqual({ status: 'HTTP 422', about: [], body: 'no such customer' });
  });

  test('the first 4 KiB of ten megabytes, and no more of it is read than is needed', async () => {
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n');
      socket.write('y'.repeat(10 * 1024 ** 2));
    });
    const { about, body } = await heard(server.url);
    expect(about).toEqual(['cut: these are the first 4,096 bytes of the answer']);
    expect(body).toBe('y'.repeat(4_096));
  });

  test('what came before it broke off', async () => {
    const server = await raw((socket) => {
      socket.end('HTTP/1.1 500 Broken\r\ncontent-length: 50\r\n\r\nhalf of');
    });
    expect(await heard(server.url)).toMatchObject({
      status: 'HTTP 500',
      about: [expect.stringMatching(/^cut: /)],
      body: 'half of',
    });
  });

  test('NUL and bytes that are not UTF-8 are readable, and it says so', async () => {
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n');
      socket.write(Buffer.of(0x61, 0, 0xff, 0x62));
    });
    expect(await heard(server.url)).toMatchObject({
      about: [expect.stringMatching(/U\+FFFD/), expect.stringMatching(/U\+2400/)],
      body: 'a\u2400\uFFFDb',
    });
  });

  test('nothing where none came, and nothing of a request that an earlier version froze', async () => {
    const server = await raw((socket) => socket.destroy());
    const asked = input(server.url);
    const second = { ...asked, action: { ...asked.action, version: 2 } };
    expect(await inside.apply(second, never)).toEqual({ result: 'uncertain', reason: 'reset', repeat: 'unanswered' });
    const answering = await saying(reply('200 OK', '', 'hello'));
    expect(await inside.apply(input(answering.url), never)).toEqual({ result: 'succeeded', target: null });
  });
});

describe('interim answers are read over', () => {
  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
  const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
  const created = reply('201 Created', 'location: /things/9\r\n');
  const made = { result: 'succeeded', target: '/things/9' };

  test.each([
    ['one that nobody asked for', CONTINUE + created],
    ['several, of several kinds', HINTS + CONTINUE + HINTS + CONTINUE + created],
    ['with headers of its own', `HTTP/1.0 100 Go on\r\nx: y\r\nserver: z\r\n\r\n${created}`],
  ])('%s', async (_what, bytes) => {
    const server = await saying(bytes);
    expect(await inside.apply(input(server.url), never)).toEqual(made);
    expect(server.heard).toHaveLength(1);
  });

  test('byte by byte', async () => {
    const server = await raw((socket) => {
      const bytes = Buffer.from(CONTINUE + HINTS + created);
      let at = 0;
      const timer = setInterval(() => (at < bytes.length ? socket.write(bytes.subarray(at, ++at)) : clearInterval(timer)), 1);
      socket.once('close', () => clearInterval(timer));
    });
    expect(await inside.apply(input(server.url), never)).toEqual(made);
  });

  test('for each request of a connection, and not in the middle of an answer', async () => {
    const server = await saying(
      `${CONTINUE}${reply('200 OK', 'content-type: application/json\r\n', `{"id":"${CONTINUE.trim()}"}`)}`,
      CONTINUE + created,
    );
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target: 'HTTP/1.1 100 Continue' });
    // Its connection is free a moment after its answer.
    await new Promise(setImmediate);
    expect(await inside.apply(input(server.url), never)).toEqual(made);
    expect(server.sockets.size).toBe(1);
  });

  test.each<[string, string, string]>([
    ['whose head never ends is refused like any head', `HTTP/1.1 100 Continue\r\n${'x: y\r\n'.repeat(20_000)}`, 'bad_response'],
    ['that switches to another protocol breaks it off', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', 'reset'],
  ])('one %s', async (_what, bytes, reason) => {
    const server = await saying(bytes);
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'uncertain', reason, repeat: 'unanswered' });
  });

  test('one alone, or more of them without an end, are no answer at the deadline', async () => {
    const alone = await saying(CONTINUE);
    const endless = await raw((socket) => {
      const timer = setInterval(() => socket.write(CONTINUE.repeat(100)), 1);
      socket.once('close', () => clearInterval(timer));
    });
    const results = [alone, endless].map(({ url }) => inside.apply(input(url, { timeoutMs: 300 }), never));
    const timeout = { result: 'uncertain', reason: 'timeout', repeat: 'unanswered' };
    expect(await Promise.all(results)).toEqual([timeout, timeout]);
  });
});

describe('hostile answers', () => {
  test('an endless answer is cut, and its status counts', async () => {
    let sent = 0;
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n');
      const more = () => {
        if (socket.destroyed) return;
        sent += 65_536;
        if (socket.write(Buffer.alloc(65_536))) setImmediate(more);
        else socket.once('drain', more);
      };
      more();
    });
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target: null });
    await Promise.all([...server.sockets].map((socket) => socket.destroyed || new Promise((done) => socket.once('close', done))));
    expect(sent).toBeLessThan(64 * 1024 ** 2);
  });

  test('what trickles is left at the deadline: a body, whose status counts, and headers, which are uncertain', async () => {
    const trickling = (head: string, drop: string) =>
      raw((socket) => {
        socket.write(head);
        const drip = setInterval(() => (socket.destroyed ? clearInterval(drip) : socket.write(drop)), 20);
      });
    const body = await trickling('HTTP/1.1 404 Not Found\r\ncontent-length: 1000\r\n\r\n', 'x');
    const headers = await trickling('HTTP/1.1 200 OK\r\n', 'x: y\r\n');
    const results = [body, headers].map(({ url }) => inside.apply(input(url, { timeoutMs: 300 }), never));
    expect(await Promise.all(results)).toEqual([
      { result: 'failed', reason: 'http_404' },
      { result: 'uncertain', reason: 'timeout', repeat: 'unanswered' },
    ]);
  });

  test('a chunked body that breaks off half way', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n100\r\n{"id":'));
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target: null });
  });

  test.each([
    ['not HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
  ])('%s is uncertain', async (_what, text) => {
    const server = await saying(text);
    expect(await inside.apply(input(server.url), never)).toMatchObject({ result: 'uncertain' });
  });

  test('a compressed answer is not unpacked', async () => {
    // 64 MiB of it: what is compressed in pieces is unpacked as one.
    const bomb = Buffer.concat(Array<Buffer>(64).fill(gzipSync(Buffer.alloc(1024 ** 2))));
    const server = await raw((socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-type: application/json\r\ncontent-length: ${bomb.length}\r\n\r\n`,
      );
      socket.write(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'succeeded', target: null });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 ** 2);
  });
});

describe('what was not sent is failed, what may have been is uncertain', () => {
  test('a refused connection', async () => {
    const server = await saying('');
    server.close();
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'failed', reason: 'refused' });
  });

  test('an unknown name', async () => {
    const nobody: Resolve = (hostname, _options, done) => done(Object.assign(new Error(hostname), { code: 'ENOTFOUND' }), []);
    const http = makeHttp({ allowPrivateTargets: () => false, resolve: nobody });
    expect(await http.apply(input('http://nobody.example/'), never)).toEqual({ result: 'failed', reason: 'dns' });
  });

  test('TLS with somebody who does not speak it', async () => {
    const plain = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
    open.push(plain);
    const address = plain.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    expect(await inside.apply(input(`https://127.0.0.1:${port}/`), never)).toEqual({ result: 'failed', reason: 'tls' });
  });

  test('a connection that ends after the request', async () => {
    const server = await raw((socket) => socket.destroy());
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'uncertain', reason: 'reset', repeat: 'unanswered' });
    expect(server.heard).toHaveLength(1);
  });

  test('a kept-alive connection that ends under the second request is never sent again unasked', async () => {
    const server = await raw((socket, index) => (index === 0 ? socket.write(reply('200 OK')) : socket.destroy()));
    expect(await inside.apply(input(server.url), never)).toMatchObject({ result: 'succeeded' });
    expect(await inside.apply(input(server.url), never)).toEqual({ result: 'uncertain', reason: 'reset', repeat: 'unanswered' });
    expect(server.heard).toHaveLength(2);
  });

  test('a GET without an effect is not uncertain', async () => {
    const server = await raw((socket) => socket.destroy());
    expect(await inside.apply(input(server.url, { method: 'GET', effect: 'none' }), never)).toEqual({
      result: 'failed',
      reason: 'reset',
    });
    // Another attempt is the executor's, with receipts.
    expect(server.heard).toHaveLength(1);
  });

  test('an abort before anything was sent', async () => {
    const server = await saying(reply('200 OK'));
    expect(await inside.apply(input(server.url), AbortSignal.abort())).toEqual({ result: 'failed', reason: 'not_sent' });
    expect(server.heard).toEqual([]);
  });

  test('an abort while the name is looked up keeps the request from ever being sent', async () => {
    const server = await saying(reply('200 OK'));
    const asked = Promise.withResolvers<() => void>();
    let count = 0;
    const slow: Resolve = (_hostname, _options, done) => {
      const answer = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
      count += 1;
      if (count === 1) asked.resolve(answer);
      else answer();
    };
    const http = makeHttp({ allowPrivateTargets: () => true, resolve: slow });
    const url = server.url.replace('127.0.0.1', 'it.example');
    const stop = new AbortController();
    const result = http.apply(input(url), stop.signal);
    const answer = await asked.promise;
    stop.abort();
    expect(await result).toEqual({ result: 'failed', reason: 'not_sent' });
    answer();
    // Others go over the same pool and the same connection after it, so nothing of the first can still be on its way.
    for (const digit of ['d', 'e', 'f'])
      expect(await http.apply(input(url, { key: digit.repeat(32) }), never)).toMatchObject({ result: 'succeeded' });
    expect(server.heard).toHaveLength(3);
    expect(server.heard.filter((text) => text.includes(KEY))).toEqual([]);
  });

  test('an abort after it was sent', async () => {
    const stop = new AbortController();
    const server = await raw(() => stop.abort());
    expect(await inside.apply(input(server.url), stop.signal)).toEqual({
      result: 'uncertain',
      reason: 'aborted',
      repeat: 'unanswered',
    });
  });

  test('a request that can not be read back', async () => {
    const unreadable = { ...input('http://127.0.0.1/'), request: Buffer.from('nonsense') };
    expect(await inside.apply(unreadable, never)).toEqual({ result: 'failed', reason: 'unreadable_request' });
  });
});

describe('a target that honours keys', () => {
  const keyed = { honoursKeys: true };

  test('is sent the request once; whether it is repeated is the executor’s', async () => {
    const server = await saying(reply('503 Busy', 'retry-after: 7\r\n'), reply('200 OK'));
    expect(await inside.apply(input(server.url, keyed), never)).toEqual({
      ...{ result: 'uncertain', reason: 'http_503', retryAfterMs: 7_000, repeat: 'unanswered' },
    });
    expect(server.heard).toHaveLength(1);
    expect(await inside.apply(input(server.url, { ...keyed, mayHaveActed: true }), never)).toMatchObject({ result: 'succeeded' });
    expect(server.heard[1]).toBe(server.heard[0]);
  });

  test('a refusal of the repeat does not end the uncertainty', async () => {
    const server = await saying(reply('404 Not Found'));
    expect(await inside.apply(input(server.url, { ...keyed, mayHaveActed: true }), never)).toEqual({
      result: 'uncertain',
      reason: 'http_404',
    });
  });

  test('after a takeover a refused connection leaves it uncertain, and a success settles it', async () => {
    const server = await saying(reply('200 OK'));
    const again = input(server.url, { ...keyed, mayHaveActed: true });
    expect(await inside.apply(again, never)).toMatchObject({ result: 'succeeded' });
    server.close();
    expect(await inside.apply(again, never)).toMatchObject({ result: 'uncertain' });
  });
});

describe('addresses', () => {
  test.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
  ])('%s is not connected to', async (pattern) => {
    const server = await saying(reply('200 OK'));
    const outside = makeHttp({ allowPrivateTargets: () => false });
    const url = pattern.replace('PORT', new URL(server.url).port);
    expect(await outside.apply(input(url), never)).toEqual({ result: 'failed', reason: 'refused_address' });
    expect(server.sockets.size).toBe(0);
  });

  const alternating = (addresses: string[]) => {
    const asked: string[] = [];
    const resolve: Resolve = (_hostname, _options, done) => {
      const address = addresses[asked.length % addresses.length] ?? '';
      asked.push(address);
      done(null, [{ address, family: 4 }]);
    };
    return { asked, resolve };
  };

  test('a name is asked for once for each connection, and the answer that was judged is the one connected to', async () => {
    const server = await saying(reply('200 OK'));
    // A second question would be answered with an address where nobody listens.
    const { asked, resolve } = alternating(['127.0.0.1', '127.0.0.9']);
    const http = makeHttp({ allowPrivateTargets: () => true, resolve });
    expect(await http.apply(input(server.url.replace('127.0.0.1', 'rebinding.example')), never)).toMatchObject({
      result: 'succeeded',
    });
    expect(asked).toEqual(['127.0.0.1']);
  });

  test('a name that turns private is refused then, though its host was taken at the check', async () => {
    const server = await saying(reply('200 OK'));
    const { resolve } = alternating(['127.0.0.1']);
    const outside = makeHttp({ allowPrivateTargets: () => false, resolve });
    const url = server.url.replace('127.0.0.1', 'rebinding.example');
    outside.check({ connector: 'http', connection: null, do: 'POST', honoursKeys: false, with: { url } });
    expect(await outside.apply(input(url), never)).toEqual({ result: 'failed', reason: 'refused_address' });
    expect(server.sockets.size).toBe(0);
  });
});

describe('against a target in a process of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-target-'));
  const log = join(folder, 'target.log');
  let target: RunningTarget;
  beforeAll(async () => {
    target = await startTarget({ log, honourKeys: true });
  });
  afterAll(async () => {
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('what it logged is what the result says', async () => {
    const uncertain = (reason: string) => ({ result: 'uncertain', reason, repeat: 'unanswered' });
    const sent = (path: string, timeoutMs?: number) =>
      inside.apply(input(`${target.url}/${path}`, { key: path.repeat(32), ...(timeoutMs ? { timeoutMs } : {}) }), never);
    expect(await sent('a')).toEqual({ result: 'succeeded', target: '1' });
    expect(target.lines()).toMatchObject([{ key: 'a'.repeat(32), method: 'POST', path: '/a', body: '{"a":1}', effect: true }]);
    await target.mode('refuse');
    expect(await sent('b')).toEqual({ result: 'failed', reason: 'http_422' });
    await target.mode('500-after');
    expect(await sent('c')).toEqual(uncertain('http_500'));
    await target.mode('reset-after');
    expect(await sent('d')).toEqual(uncertain('reset'));
    await target.modeOf('/e', 'timeout-after', 1);
    await target.modeOf('/f', 'hang', 1);
    expect(await Promise.all([sent('e', 300), sent('f', 300)])).toEqual([uncertain('timeout'), uncertain('timeout')]);
    expect(target.lines().map(({ path }) => path)).toEqual(['/a', '/c', '/d', '/e']);
  });

  test('with honoured keys a repeat after a broken answer has one effect, also over its restart', async () => {
    await target.mode('500-after');
    const lines = () => target.lines().filter(({ path }) => path === '/keyed');
    const sent = (mayHaveActed: boolean) =>
      inside.apply(input(`${target.url}/keyed`, { honoursKeys: true, mayHaveActed }), never);
    expect(await sent(false)).toMatchObject({ result: 'uncertain' });
    expect(lines().map(({ effect }) => effect)).toEqual([true]);
    // Its effects have their numbers by the order of the log.
    const id = String(target.lines().length);
    await target.stop();
    target = await startTarget({ log, honourKeys: true, port: target.port });
    expect(await sent(true)).toEqual({ result: 'succeeded', target: id });
    expect(lines().filter(({ effect }) => effect === true)).toHaveLength(1);
  });
});
