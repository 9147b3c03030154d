/** The edge of the web server, by raw sockets: what no honest client sends, and what honest ones are told. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readJsonBody } from '#lib/api/body.ts';
import { problemResponse } from '#lib/api/problem.ts';
import { streamOf } from '#lib/api/streams.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ACTION_BODY_BYTES_MAX, API_BODY_BYTES_MAX, API_BODY_DEPTH_MAX } from '#lib/core/limits.ts';
import { lendPart } from '#lib/engine/downloads.ts';
import { throughFetch } from '#test/api-process.ts';
import { type Answer, createEdge, type Patience } from './edge.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function edge(answer: Answer, patience: Patience = {}): Promise<number> {
  const server = createEdge(answer, patience);
  open.push({
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection, and everything that was heard on it. */
async function line(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  let heard = '';
  let ended = false;
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      ended = true;
    });
  open.push({ close: () => socket.destroy() });
  await once(socket, 'connect');
  return {
    socket,
    say: (text: string) => socket.write(text),
    heard: () => heard,
    hear: (what: RegExp) => vi.waitFor(() => expect(heard).toMatch(what), { timeout: 60_000, interval: 10 }),
    end: () => vi.waitFor(() => expect(ended).toBe(true), { timeout: 60_000, interval: 10 }),
  };
}

/** Answers with what it could read of the body. */
const reads: Answer = throughFetch(async (request) => {
  const error = await readJsonBody(request).then(
    (body) => Response.json({ bytes: body.length }),
    (thrown: unknown) => problemResponse(thrown, { method: 'POST', path: '/' }),
  );
  return error;
});
const refuses: Answer = throughFetch(async () =>
  problemResponse(new CountersignError('unauthenticated', 'Nobody is signed in.'), { method: 'POST', path: '/' }),
);
/** As Next reads an action: to its end, then it tells. */
const acts = (seen: string[]): Answer => {
  return async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const part of request) text += part;
    seen.push(`${request.method} ${request.url} ${request.headers['next-action'] ?? ''} ${text}`);
    response.end('acted');
  };
};

const JSON_POST = (length: number | null, more = '') =>
  `POST /api/v1/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n${more}\r\n`;
const ACTION = (length: number | null, more = 'Content-Type: text/plain;charset=UTF-8\r\n') =>
  `POST /batches HTTP/1.1\r\nHost: x\r\nNext-Action: 40ab\r\n${length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n${more}\r\n`;

describe('what the browser may do', () => {
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const told: string[] = [];
    const port = await edge((request, response) => {
      const { headers } = request;
      told.push(
        `${headers['content-security-policy']}`,
        `${headers['content-security-policy-report-only']}`,
        `${headers.cookie}`,
      );
      response.end('ok');
    });
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, { headers });
    return { headers: answer.headers, told };
  };
  const nonceOf = (policy: string | null) => /'nonce-([\w+/=]+)'/.exec(policy ?? '')?.[1];

  test('every page has a nonce of its own, which Next is told, and none that the client sent', async () => {
    const sent = {
      'content-security-policy': "script-src 'nonce-known'",
      'content-security-policy-report-only': "script-src 'nonce-known'",
    };
    const one = await ask('/batches', sent);
    const other = await ask('/batches');
    const nonce = nonceOf(one.headers.get('content-security-policy'));
    expect(nonce).toMatch(/^[\w+/]{22}==$/);
    expect(nonceOf(other.headers.get('content-security-policy'))).not.toBe(nonce);
    expect(one.told.slice(0, 2)).toEqual([one.headers.get('content-security-policy'), 'undefined']);
    expect(one.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe-inline|script-src[^;]*unsafe-eval/);
  });

  test('data that is opened as a page may do nothing', async () => {
    for (const path of ['/api/v1/batches', '/metrics', '/healthz'])
      expect((await ask(path)).headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  });

  test('behind https a session is what this very host set over https', async () => {
    const cookie = '__Host-countersign.session_token=right; countersign.session_token=planted';
    expect((await ask('/', { cookie, 'x-forwarded-proto': 'https' })).told[2]).toBe('countersign.session_token=right');
    expect((await ask('/', { cookie })).told[2]).toBe(cookie);
  });

  test('the browser is told to stay with https where it speaks it', async () => {
    expect((await ask('/')).headers.has('strict-transport-security')).toBe(false);
    const told = (await ask('/', { 'x-forwarded-proto': 'https' })).headers.get('strict-transport-security');
    expect(told).toBe('max-age=31536000');
  });
});

describe('a client that asks first', () => {
  const EXPECT = 'Expect: 100-continue\r\n';

  test('is told to go on when somebody reads, and answered on a connection that lives', async () => {
    const { say, hear, heard } = await line(await edge(reads));
    say(JSON_POST(2, EXPECT));
    await hear(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    say('{}');
    await hear(/HTTP\/1\.1 200 OK[\s\S]*\{"bytes":2\}/);
    expect(heard()).not.toMatch(/connection: close/i);
    say(JSON_POST(4));
    say('true');
    await hear(/\{"bytes":4\}/);
  });

  test.each([
    ['by who it is', refuses, 2, 401],
    ['by the length that it announces', reads, API_BODY_BYTES_MAX + 1, 413],
  ] as const)('and is refused %s never hears of going on, and that the connection ends', async (_, answer, length, status) => {
    const { say, hear, heard, end } = await line(await edge(answer));
    say(JSON_POST(length, EXPECT));
    await hear(new RegExp(`^HTTP/1\\.1 ${status} [^]*Connection: close[^]*"code"`));
    await end();
    expect(heard()).not.toContain('100 Continue');
  });

  test('of a server action is told to go on too', async () => {
    const seen: string[] = [];
    const { say, hear } = await line(await edge(acts(seen)));
    say(ACTION(2, `Content-Type: text/plain;charset=UTF-8\r\n${EXPECT}`));
    await hear(/^HTTP\/1\.1 100 Continue/);
    say('[]');
    await hear(/acted/);
    expect(seen).toEqual(['POST /batches 40ab []']);
  });
});

describe('a body that trickles', () => {
  const pace = { partBytes: 1024, partMs: 400 };
  const trickle = async (socket: Socket) => {
    while (!socket.destroyed && socket.writable) {
      socket.write(' ');
      await sleep(20);
    }
  };

  test('of a server action is given up in words, and its connection ends', async () => {
    const seen: string[] = [];
    const { say, socket, hear, end } = await line(await edge(acts(seen), { pace, restMs: 200 }));
    say(ACTION(100_000));
    void trickle(socket);
    await hear(/^HTTP\/1\.1 408 [\s\S]*The body came too slowly: \d+ bytes of it arrived within 0\.4 s/);
    await end();
    expect(seen).toEqual([]);
  });

  test('and that nobody reads does not outlive its answer', async () => {
    const { say, socket, hear, end } = await line(await edge(refuses, { restMs: 200 }));
    say(JSON_POST(100_000));
    void trickle(socket);
    await hear(/^HTTP\/1\.1 401 /);
    await end();
  });

  test('and was read half way does not either, nor does its answer get lost', async () => {
    const half = throughFetch(async (request) => {
      const reader = (request.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      return problemResponse(new CountersignError('invalid', 'Enough.'), { method: 'POST', path: '/' });
    });
    const { say, socket, hear, end } = await line(await edge(half, { restMs: 200 }));
    say(JSON_POST(100_000));
    void trickle(socket);
    await hear(/^HTTP\/1\.1 400 [\s\S]*Enough\./);
    await end();
  });
});

describe('a server action', () => {
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test('reaches Next with its body and headers', async () => {
    const seen: string[] = [];
    const { say, hear } = await line(await edge(acts(seen)));
    const body = JSON.stringify(['ä', { a: deep(500) }]);
    say(ACTION(Buffer.byteLength(body)));
    say(body);
    await hear(/acted/);
    expect(seen).toEqual([`POST /batches 40ab ${body}`]);
  });

  test('nested deeper than REST takes is refused, and so is one that is too long, all on one connection that goes on', async () => {
    const seen: string[] = [];
    const { say, hear, heard } = await line(await edge(acts(seen)));
    const nested = deep(API_BODY_DEPTH_MAX + 1);
    say(ACTION(nested.length) + nested);
    await hear(/^HTTP\/1\.1 400 [\s\S]*nested more than 100 levels deep/);
    say(ACTION(ACTION_BODY_BYTES_MAX + 1));
    await hear(/HTTP\/1\.1 413 [\s\S]*the limit of what a page can send/);
    say('x'.repeat(ACTION_BODY_BYTES_MAX + 1));
    const long = 'y'.repeat(ACTION_BODY_BYTES_MAX + 1);
    say(`${ACTION(null)}${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`);
    await hear(/413 [\s\S]*413 /);
    say(ACTION(deep(API_BODY_DEPTH_MAX).length) + deep(API_BODY_DEPTH_MAX));
    await hear(/acted/);
    expect(heard().match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 413', 'HTTP/1.1 413', 'HTTP/1.1 200']);
    expect(heard()).not.toMatch(/connection: close/i);
    expect(seen).toEqual([`POST /batches 40ab ${deep(API_BODY_DEPTH_MAX)}`]);
  });

  test.each(['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/json'])(
    'as %s is refused: no page sends one so',
    async (type) => {
      const seen: string[] = [];
      const { say, hear } = await line(await edge(acts(seen)));
      say(`${ACTION(2, `Content-Type: ${type}\r\n`)}{}`);
      await hear(/^HTTP\/1\.1 415 /);
      expect(seen).toEqual([]);
    },
  );

  test('without its header, as a form, is refused too; a file for the API is none', async () => {
    const seen: string[] = [];
    const { say, hear } = await line(await edge(acts(seen)));
    say('POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}');
    await hear(/^HTTP\/1\.1 415 /);
    say(
      'POST /api/../sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}',
    );
    await hear(/415 [\s\S]*415 /);
    say(
      'POST /api/v1/datasets?name=a.csv HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\nab',
    );
    await hear(/acted/);
    expect(seen).toEqual(['POST /api/v1/datasets?name=a.csv  ab']);
  });
});

test('a stream that is over is not given to a slow reader any more', async () => {
  const over = new AbortController();
  let given = 0;
  async function* values() {
    for (; ; given++) {
      yield Buffer.alloc(64 * 1024, String(given % 10));
      await sleep(1);
    }
  }
  const port = await edge(throughFetch(async (request) => new Response(streamOf(values(), request, { over: over.signal }))));
  const socket = connect(port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'readable');
  // It reads a little, and then nothing, until the system's buffers are full.
  socket.read(1);
  for (let before = -1; given !== before; ) {
    before = given;
    await sleep(200);
  }
  over.abort();
  // As fast as it reads then, there would always be more.
  await vi.waitFor(
    () => {
      socket.read();
      expect(socket.destroyed).toBe(true);
    },
    { timeout: 60_000, interval: 10 },
  );
});

describe("the memory of a download's part", () => {
  const PARTS = 12;
  /** Each part is a letter, again and again; one that comes back is written over at once. */
  async function lending() {
    const back: number[] = [];
    async function* parts() {
      for (let place = 0; place < PARTS; place += 1) {
        const part = Buffer.alloc(1024 ** 2, 65 + place);
        lendPart(part, () => {
          back.push(place);
          part.fill('!');
        });
        yield part;
      }
    }
    const port = await edge(throughFetch(async (request) => new Response(streamOf(parts(), request))));
    const socket = connect(port, '127.0.0.1');
    open.push({ close: () => socket.destroy() });
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(socket, 'readable');
    return { socket, back };
  }

  test('goes back when all of it has gone out, and not before: a slow reader has what was written', async () => {
    const { socket, back } = await lending();
    for (let before = -1; back.length !== before; ) {
      before = back.length;
      await sleep(200);
    }
    expect(back.length).toBeLessThan(PARTS);
    const counts = new Map<number, number>();
    for await (const chunk of socket) for (const byte of chunk as Buffer) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    for (let place = 0; place < PARTS; place += 1) expect(counts.get(65 + place)).toBeGreaterThanOrEqual(1024 ** 2);
    expect(counts.get(33)).toBeUndefined();
    await vi.waitFor(() => expect(back).toEqual(Array.from({ length: PARTS }, (_, place) => place)));
  });

  test('is left to the collector where the reader has gone', async () => {
    const { socket, back } = await lending();
    socket.destroy();
    await sleep(100);
    expect(back.length).toBeLessThan(PARTS);
  });
});

test('a body over the limit that announced nothing is answered, not cut off', async () => {
  const { say, hear } = await line(await edge(reads));
  const long = 'x'.repeat(API_BODY_BYTES_MAX + 1);
  say(`${JSON_POST(null)}${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`);
  await hear(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
  say(`${JSON_POST(2)}{}`);
  await hear(/\{"bytes":2\}/);
});

test('a path that is no UTF-8 is refused in words, and the connection goes on', async () => {
  const seen: string[] = [];
  const { say, hear, heard } = await line(await edge(acts(seen)));
  say('GET /api/v1/batches/%ff HTTP/1.1\r\nHost: x\r\n\r\n');
  await hear(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"invalid"/);
  say('GET /batches/%zz HTTP/1.1\r\nHost: x\r\n\r\n');
  await hear(/400 [\s\S]*400 [\s\S]*text\/plain[\s\S]*The path of the address is no text/);
  // What stands behind the path is for whoever reads it.
  say('GET /batches/%C3%A9?search=%ff HTTP/1.1\r\nHost: x\r\n\r\n');
  await hear(/acted/);
  expect(heard().match(/^content-type/gim)).toHaveLength(2);
  expect(seen).toEqual(['GET /batches/%C3%A9?search=%ff  ']);
});

test('a request whose length is told twice is refused, and nothing that stands behind it is read', async () => {
  const asked: string[] = [];
  const port = await edge((request, response) => {
    asked.push(request.url ?? '');
    response.end('ok');
  });
  for (const lengths of [
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
    'Content-Length: 4\r\nContent-Length: 5',
    'Transfer-Encoding: identity, chunked\r\nTransfer-Encoding: x',
    'Content-Length: +4',
  ]) {
    const { say, hear } = await line(port);
    say(`POST /api/v1/x HTTP/1.1\r\nHost: a\r\n${lengths}\r\n\r\n0\r\n\r\nGET /api/v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    await hear(/^HTTP\/1\.1 (400|200)/);
  }
  expect(asked.filter((url) => url.includes('smuggled'))).toEqual([]);
});

test('TRACE is answered with nothing of what was asked', async () => {
  const port = await edge((_request, response) => void response.writeHead(405).end());
  const { say, hear, heard } = await line(port);
  say('TRACE /api/v1/batches HTTP/1.1\r\nHost: a\r\nCookie: countersign.session_token=secret\r\n\r\n');
  await hear(/^HTTP\/1\.1 4\d\d/);
  expect(heard()).not.toContain('secret');
});
