/** What the real server says to those who are no browser: by raw connections. */
import { connect } from 'node:net';
import { expect, test } from './fixtures.ts';
import { ADMIN, ADMIN_API_KEY } from './product.ts';
import { SHELF_PLAN } from './rest.ts';

const CSV = 'subject,from,date\nhello,a@example.org,2026-01-10\n';

/** A connection, and everything that was heard on it. */
function line(product: string) {
  const { hostname, port, host } = new URL(product);
  const socket = connect(Number(port), hostname);
  let heard = '';
  let closed = false;
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true;
    });
  return {
    say: (head: string[], body = '') =>
      socket.write(`${[head[0], `Host: ${host}`, ...head.slice(1)].join('\r\n')}\r\n\r\n${body}`),
    send: (body: string) => socket.write(body),
    hears: (what: RegExp) => expect.poll(() => heard).toMatch(what),
    heard: () => heard,
    ends: () => expect.poll(() => closed).toBe(true),
    leave: () => socket.destroy(),
  };
}

const upload = (key: string, length: number) => [
  'POST /api/v1/datasets?name=asked.csv HTTP/1.1',
  `Authorization: Bearer ${key}`,
  `Content-Length: ${length}`,
  'Expect: 100-continue',
];

test('Whoever asks before sending a file is told to go on, or why not, before it is sent', async ({ product }) => {
  const welcome = line(product);
  welcome.say(upload(ADMIN_API_KEY, CSV.length));
  await welcome.hears(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  welcome.send(CSV);
  await welcome.hears(/HTTP\/1\.1 201 Created[\s\S]*"state":"ready"/);
  welcome.leave();

  const stranger = line(product);
  stranger.say(upload('nobody-knows-this-key', CSV.length));
  await stranger.hears(/^HTTP\/1\.1 401 [\s\S]*"code":"unauthenticated"/);
  expect(stranger.heard()).toMatch(/^connection: close/im);
  await stranger.ends();

  const greedy = line(product);
  greedy.say(upload(ADMIN_API_KEY, 5 * 1024 ** 3));
  await greedy.hears(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
  await greedy.ends();
});

test('A server action that is nested too deeply or too long is refused, and its connection goes on', async ({ product }) => {
  const action = (length: number) => [
    'POST /sign-in HTTP/1.1',
    `Origin: ${product}`,
    'Next-Action: 00112233445566778899aabbccddeeff0011223344',
    'Content-Type: text/plain;charset=UTF-8',
    `Content-Length: ${length}`,
  ];
  const hostile = line(product);
  const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  hostile.say(action(nested.length), nested);
  await hostile.hears(/^HTTP\/1\.1 400 [\s\S]*nested more than 100 levels deep/);
  const long = 'x'.repeat(3 * 1024 ** 2);
  hostile.say(action(long.length), long);
  await hostile.hears(/HTTP\/1\.1 413 [\s\S]*the limit of what a page can send/);
  hostile.say(['GET /sign-in HTTP/1.1', 'Accept: text/html']);
  await hostile.hears(/HTTP\/1\.1 200 OK[\s\S]*<html/);
  hostile.leave();
});

test('A JSON body over the limit that announced no length is answered in words', async ({ product }) => {
  const chatty = line(product);
  const chunk = 'x'.repeat(3 * 1024 ** 2);
  const head = ['Content-Type: application/json', `Authorization: Bearer ${ADMIN_API_KEY}`, 'Transfer-Encoding: chunked'];
  chatty.say(['POST /api/v1/batches/preview HTTP/1.1', ...head], `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`);
  await chatty.hears(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
  chatty.leave();
});

test('A batch that is followed is not shown any longer than the session lasts', async ({ product, rest }) => {
  const id = await rest.startBatch({ name: 'Followed', rows: 5, plan: SHELF_PLAN });
  const headers = { origin: product, 'content-type': 'application/json' };
  const enter = await fetch(`${product}/api/auth/sign-in/email`, { method: 'POST', headers, body: JSON.stringify(ADMIN) });
  expect(enter.status).toBe(200);
  const cookie = enter.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const events = await fetch(`${product}/api/v1/batches/${id}/events`, { headers: { cookie } });
  const reader = (events.body as ReadableStream<Uint8Array>).getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toMatch(/^retry:/);
  const out = await fetch(`${product}/api/auth/sign-out`, { method: 'POST', headers: { ...headers, cookie }, body: '{}' });
  expect(out.status).toBe(200);
  const began = performance.now();
  // It ends, or breaks off: nothing more comes. Else it would go on for as long as somebody reads.
  while (!(await reader.read().catch(() => ({ done: true }))).done) expect(performance.now() - began).toBeLessThan(60_000);
  expect((await fetch(`${product}/api/v1/batches/${id}/events`, { headers: { cookie } })).status).toBe(401);
});
