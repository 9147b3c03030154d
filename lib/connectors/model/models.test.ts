/** Where calls to models go, and what they take along: the same guards as for every request. */
import { afterAll, describe, expect, test } from 'vitest';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { listener } from '#test/fixtures/connected.ts';
import { modelServer } from '#test/fixtures/model-server.ts';
import { makeModels } from './models.ts';

const server = await modelServer({ pauseMs: 1 });
afterAll(() => server.close());

const never = new AbortController().signal;
const MODEL = {
  provider: 'openai-compatible',
  name: 'scripted',
  prices: { input: 1, output: 1, currency: 'EUR' },
  tokensPerMinute: null,
} as const;
const KEY = 'sk-of-somebody-1234567890';
const live = (address: string): LiveConnection => ({
  ...{ id: '00000000-0000-4000-8000-000000000000', name: 'llm', revision: 1, address, auth: { kind: 'bearer' } },
  ...{
    secret: { token: KEY },
    secretId: '00000000-0000-4000-8000-000000000001',
    secretVersion: 1,
    limits: { concurrency: null, windows: [] },
  },
  declared: { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false, model: MODEL },
});
const ASKED = {
  ...{ system: 'Say yes.', prompt: 'Now.', outputTokens: 50 },
  element: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'], additionalProperties: false },
} as const;
const ask = (models: ReturnType<typeof makeModels>, address: string) =>
  models.ask(live(address), MODEL, ASKED as never, () => {}, never);
const anywhere = makeModels({ allowPrivateTargets: () => true });
const publicOnly = makeModels({
  allowPrivateTargets: () => false,
  resolve: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
});

describe('a call', () => {
  test('goes to no private address, by whatever name, and then nothing is sent', async () => {
    const before = server.calls.length;
    for (const address of [server.url, `http://models.example:${server.port}/v1/`])
      expect(await ask(publicOnly, address)).toMatchObject({ outcome: 'refused', reason: 'refused_address' });
    expect(server.calls).toHaveLength(before);
    const given = { auth: { kind: 'none' } as const, secrets: null, declared: live('').declared };
    expect(() => publicOnly.connections.check({ address: server.url, ...given })).toThrow(/loopback/);
  });

  test('follows no redirect, and takes the key nowhere else', async () => {
    const elsewhere = await listener((_request, response) => response.end('{}'));
    const redirecting = await listener((_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/chat/completions` });
      response.end();
    });
    expect(await ask(anywhere, `${redirecting.url}/v1/`)).toMatchObject({ outcome: 'refused', reason: 'http_307' });
    expect(elsewhere.reached).toEqual([]);
  });

  test('whose server repeats the key says it to nobody', async () => {
    server.behave(() => 'refused');
    const answer = await ask(anywhere, server.url);
    expect(answer).toMatchObject({ outcome: 'refused', reason: 'http_401', says: expect.stringContaining('[secret of llm]') });
    expect(JSON.stringify(answer)).not.toContain(KEY);
    const tested = await anywhere.connections.test(live(server.url), { method: 'GET', path: '', key: '' }, never);
    expect(tested).toMatchObject({ ok: false });
    expect(tested.reason).not.toContain(KEY);
    server.behave(() => 'ok');
  });

  test('whose answer is no stream of parts is broken, or says nothing, and never throws', async () => {
    for (const [body, type] of [
      ['<p>hello</p>', 'text/html'],
      ['data: {"nonsense"\n\n', 'text/event-stream'],
      ['', 'text/event-stream'],
    ] as const) {
      const odd = await listener((_request, response) => {
        response.writeHead(200, { 'content-type': type });
        response.end(body);
      });
      expect((await ask(anywhere, `${odd.url}/`)).outcome, body).toBe('broken');
    }
    const gone = await modelServer();
    gone.close();
    expect(await ask(anywhere, gone.url)).toMatchObject({ outcome: 'refused', reason: 'refused' });
  });
});

test('each provider is asked by its own protocol, with the key where it wants it', async () => {
  const odd = await listener((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end('{"error":{"type":"overloaded","message":"busy"}}');
  });
  for (const provider of ['openai', 'anthropic', 'openai-compatible'] as const) {
    const answer = await anywhere.ask(live(`${odd.url}/v1/`), { ...MODEL, provider }, ASKED as never, () => {}, never);
    expect(answer).toMatchObject({ outcome: 'refused', reason: 'http_429', roomMs: 7_000 });
  }
  expect(odd.reached.map(({ url, headers }) => [url, headers.authorization ?? null, headers['x-api-key'] ?? null])).toEqual([
    ['/v1/chat/completions', `Bearer ${KEY}`, null],
    ['/v1/messages', null, KEY],
    ['/v1/chat/completions', `Bearer ${KEY}`, null],
  ]);
});
