import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connection, NotSent, tellConnection } from '#components/ui/connection.ts';
import { holdingRequests } from './held-requests.ts';

const HOME = 'http://desk.example';
const RSC = { headers: { rsc: '1' } };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  tellConnection({ lostAt: null, answers: true, why: null, opening: false });
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const page = () => new Response('0:{}', { headers: { 'content-type': 'text/x-component' } });
const badGateway = () => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'content-type': 'text/html' } });

/** A server that is away, in the way that is given, until it is `back`. */
function server(away: () => Response) {
  const sent: string[] = [];
  let here = false;
  const send = async (input: Parameters<typeof fetch>[0]): Promise<Response> => {
    const path = new URL(input instanceof Request ? input.url : String(input), HOME).pathname;
    sent.push(path);
    if (!here) return away();
    return path === '/healthz' ? new Response('alive') : page();
  };
  const back = (): void => {
    here = true;
  };
  return { sent, ask: holdingRequests(send as typeof fetch, HOME), back };
}

const gone = (): never => {
  throw new TypeError('Failed to fetch');
};

test.each([
  ['is gone', gone],
  ['is behind a 502 page', badGateway],
])('a page that is asked for while the server %s opens when it is back, and is never given up', async (_, away) => {
  const { ask, back, sent } = server(away);
  let got: Response | null = null;
  // Nobody knows yet that it is away.
  void ask(new URL('/batches', HOME), RSC).then((response) => {
    got = response;
  });
  await pass(2_000);
  tellConnection({ lostAt: 1, answers: false });
  await pass(60_000);
  expect(got).toBeNull();
  expect(connection().opening).toBe(true);
  // What waits does not ask.
  expect(sent.length).toBeLessThan(8);
  back();
  tellConnection({ lostAt: null, answers: true });
  await pass(10);
  expect((got as Response | null)?.status).toBe(200);
  expect(connection().opening).toBe(false);
});

test('a page that fails while the server answers others is given to the browser, as it failed', async () => {
  const ask = holdingRequests(
    (async (input: unknown) => (String(input).endsWith('/healthz') ? new Response('alive') : badGateway())) as typeof fetch,
    HOME,
  );
  const got = ask('/batches', RSC);
  await pass(10_000);
  expect((await got).status).toBe(502);
});

test('a write is not begun while the server is away, and goes as it is while it is not', async () => {
  const { ask, back, sent } = server(gone);
  tellConnection({ lostAt: 1, answers: false });
  await expect(ask('/batches/1', { method: 'POST', headers: { 'next-action': 'x' } })).rejects.toThrow(NotSent);
  await expect(ask(new Request(`${HOME}/api/v1/people/1/disable`, { method: 'POST' }))).rejects.toThrow(NotSent);
  expect(sent).toEqual([]);
  back();
  tellConnection({ lostAt: 1, answers: true });
  expect((await ask('/batches/1', { method: 'POST' })).status).toBe(200);
});

test('what is read ahead of a click, and what pages read themselves, fails as it always did', async () => {
  const { ask } = server(gone);
  tellConnection({ lostAt: 1, answers: false });
  await expect(ask('/batches', { headers: { rsc: '1', 'next-router-prefetch': '1' } })).rejects.toThrow('Failed to fetch');
  await expect(ask('/api/v1/batches')).rejects.toThrow('Failed to fetch');
  await expect(ask('https://elsewhere.example/', { method: 'POST' })).rejects.toThrow('Failed to fetch');
});

test('a page that breaks off half way is asked for again, and keeps its address', async () => {
  let asked = 0;
  const broken = (): Response =>
    new Response(
      new ReadableStream({
        start: (stream) => stream.enqueue(new TextEncoder().encode('0:{')),
        pull: (stream) => stream.error(new TypeError('network error')),
      }),
      { headers: { 'content-type': 'text/x-component' } },
    );
  const send = async (input: Parameters<typeof fetch>[0]): Promise<Response> => {
    if (String(input).endsWith('/healthz')) return new Response('alive');
    asked += 1;
    return Object.defineProperty(asked === 1 ? broken() : page(), 'url', { value: `${HOME}/batches?_rsc=1` });
  };
  const got = holdingRequests(send as typeof fetch, HOME)('/batches', RSC);
  await pass(5_000);
  expect(asked).toBe(2);
  const whole = await got;
  expect([whole.url, whole.redirected, await whole.text()]).toEqual([`${HOME}/batches?_rsc=1`, false, '0:{}']);
});
