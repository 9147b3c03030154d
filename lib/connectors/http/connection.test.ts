/** Requests over connections: what is put into them and when, what of an answer is kept, and which addresses may be asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, test } from 'vitest';
import type { ApplyInput } from '#lib/connectors/port.ts';
import type { ConnectionAuth } from '#lib/core/connections/auth.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { makeHttp } from './connector.ts';
import { redactor } from './redact.ts';

type Reached = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
const servers: ReturnType<typeof createServer>[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});
async function listener(
  answer: (request: Reached, response: ServerResponse) => void,
): Promise<{ url: string; port: number; reached: Reached[] }> {
  const reached: Reached[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
    };
    reached.push(one);
    answer(one, response);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, reached };
}

const ID = '00000000-0000-4000-8000-00000000000c';
let live: LiveConnection | null = null;
const http = makeHttp({ allowPrivateTargets: () => true, connections: async () => live });
const never = new AbortController().signal;
const KEY = '00112233445566778899aabbccddeeff';

const target = await listener((_request, response) => {
  response.statusCode = 201;
  response.end('ok');
});
const connect = (auth: ConnectionAuth, secret: LiveConnection['secret'], address = `${target.url}/api/`): LiveConnection => ({
  ...{
    id: ID,
    name: 'crm',
    revision: 1,
    address,
    auth,
    secret,
    secretId: ID,
    secretVersion: 1,
    limits: { concurrency: null, windows: [] },
    declared: { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false },
  },
});
const actionOver = ({ address, auth }: LiveConnection, given: Action['with'] = {}, more: Partial<Action> = {}): Action => ({
  ...{
    connector: 'http',
    connection: 'crm',
    do: 'POST',
    honoursKeys: false,
    with: { url: 'tickets/{{id}}?a=1', body: { id: '{{id}}' }, ...given },
  },
  through: {
    id: ID,
    revision: 1,
    address,
    auth,
    secret: `secret:${ID}`,
    keys: false,
    inspect: null,
    success: null,
    permanent: false,
  },
  ...more,
});
function inputOf(action: Action, more: Partial<ApplyInput> = {}): ApplyInput {
  const request = http.prepare(action, { ordinal: 1, fields: { id: 'A/1' } });
  return {
    ...{ batchId: ID, datasetId: ID, ordinal: 1, category: 'x', honoursKeys: false, request, idempotencyKey: KEY },
    action: { connector: 'http', connection: 'crm', do: 'POST', version: 3 },
    ...more,
  };
}
async function sent(auth: ConnectionAuth, secret: Record<string, string> | null): Promise<Reached> {
  live = connect(auth, secret);
  target.reached.length = 0;
  const input = inputOf(actionOver(live));
  for (const value of Object.values(secret ?? {})) expect(Buffer.from(input.request).toString()).not.toContain(value);
  expect(await http.apply(input, never)).toMatchObject({ result: 'succeeded' });
  return target.reached[0] as Reached;
}
const problemsOf = (action: Action): { path: string; message: string }[] => {
  try {
    http.check(action, ['id']);
    return [];
  } catch (error) {
    return (error as CountersignError).problems;
  }
};

describe('the credential is put in when it is sent', () => {
  test.each<[ConnectionAuth, Record<string, string> | null, Partial<Record<string, unknown>>]>([
    [{ kind: 'none' }, null, { authorization: undefined }],
    [{ kind: 'bearer' }, { token: 'tok-123456' }, { authorization: 'Bearer tok-123456' }],
    [
      { kind: 'basic', username: 'bot' },
      { password: 'pass word' },
      { authorization: `Basic ${Buffer.from('bot:pass word').toString('base64')}` },
    ],
    [{ kind: 'header', header: 'X-Api-Key' }, { value: 'val-123456' }, { 'x-api-key': 'val-123456', authorization: undefined }],
  ])('%j', async (auth, secret, headers) => {
    const { url, headers: reached } = await sent(auth, secret);
    expect(url).toBe('/api/tickets/A%2F1?a=1');
    for (const [name, value] of Object.entries(headers)) expect(reached[name]).toBe(value);
  });

  test('in the query', async () => {
    expect((await sent({ kind: 'query', parameter: 'api_key' }, { value: 'a&b=c/123' })).url).toBe(
      '/api/tickets/A%2F1?a=1&api_key=a%26b%3Dc%2F123',
    );
  });

  test('signed as Standard Webhooks, so that their own library takes it', async () => {
    const signingSecret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
    const { headers, body } = await sent({ kind: 'signed' }, { signingSecret });
    expect(new Webhook(signingSecret).verify(body, headers as Record<string, string>)).toEqual({ id: 'A/1' });
    expect(headers['webhook-id']).toBe(KEY);
    expect(() => new Webhook(signingSecret).verify(`${body} `, headers as Record<string, string>)).toThrow('signature');
  });
});

describe('OAuth 2 client credentials', () => {
  test('a token is fetched once for all, kept, fetched anew once when it is refused, and its giver’s refusal stops', async () => {
    let given = 0;
    let holds = 3600;
    let refused = false;
    const giver = await listener((_request, response) => {
      given += 1;
      response.statusCode = refused ? 401 : 200;
      response.end(
        JSON.stringify(refused ? { error: 'invalid_client' } : { access_token: `access-${given}-token`, expires_in: holds }),
      );
    });
    let takes = /access-\d/;
    const guarded = await listener((request, response) => {
      response.statusCode = takes.test(request.headers.authorization ?? '') ? 201 : 401;
      response.end(`you sent ${request.headers.authorization}`);
    });
    live = connect(
      { kind: 'oauth2', tokenUrl: `${giver.url}/token`, clientId: 'id/1', scope: 'a b' },
      { clientSecret: 'client+secret' },
      `${guarded.url}/`,
    );
    const apply = () => http.apply(inputOf(actionOver(live as LiveConnection)), never);
    const first = await Promise.all([apply(), apply(), apply()]);
    expect(first.map(({ result }) => result)).toEqual(Array(3).fill('succeeded'));
    expect(JSON.stringify(first)).not.toContain('access-1');
    expect([given, giver.reached[0]?.body]).toEqual([1, 'grant_type=client_credentials&scope=a+b']);
    expect(giver.reached[0]?.headers.authorization).toBe(`Basic ${Buffer.from('id%2F1:client%2Bsecret').toString('base64')}`);

    takes = /access-2/;
    const over = await Promise.all([apply(), apply()]);
    expect(over.map((one) => 'reason' in one && one.reason)).toEqual(['token_refused', 'token_refused']);
    expect([await apply(), given]).toMatchObject([{ result: 'succeeded' }, 2]);
    // One that was never taken is the credentials' fault, and no reason to ask for more.
    takes = /nothing/;
    expect(await apply()).toMatchObject({ result: 'failed', reason: 'token_refused' });
    expect(await apply()).toMatchObject({ result: 'failed', reason: 'credentials_refused' });
    holds = 0.001;
    takes = /access/;
    await apply();
    const before = given;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await apply();
    expect(given).toBe(before + 1);
    refused = true;
    live = { ...live, secretVersion: 2 };
    const reached = guarded.reached.length;
    expect(await apply()).toMatchObject({ result: 'failed', reason: 'credentials_refused' });
    expect(guarded.reached.length).toBe(reached);
  });
});

describe('whoever gives tokens lies', () => {
  // Each has no token yet.
  const fresh = () => makeHttp({ allowPrivateTargets: () => true, connections: async () => live });
  test.each<[string, number, string, Record<string, string>]>([
    ['another kind of token', 200, '{"access_token":"abcdefgh","token_type":"mac"}', {}],
    ['a token too long for a header', 200, JSON.stringify({ access_token: 'x'.repeat(20_000) }), {}],
    ['a token with a header in it', 200, JSON.stringify({ access_token: 'abc\r\nx-more: 1' }), {}],
    ['no text', 200, '{"access_token":["abcdefgh"]}', {}],
    ['a body without an end', 200, `{"access_token":"abcdefgh","x":"${'y'.repeat(400_000)}"}`, {}],
    ['a compressed body', 200, gzipSync('{"access_token":"abcdefgh"}').toString('latin1'), { 'content-encoding': 'gzip' }],
    ['a redirect', 307, '{"access_token":"abcdefgh"}', { location: '/elsewhere' }],
    ['another success', 201, '{"access_token":"abcdefgh"}', {}],
  ])('%s', async (_, status, body, headers) => {
    const giver = await listener((_request, response) => response.writeHead(status, headers).end(body, 'latin1'));
    live = connect(
      { kind: 'oauth2', tokenUrl: `${giver.url}/token`, clientId: 'id', scope: '' },
      { clientSecret: 'client+secret' },
    );
    target.reached.length = 0;
    const sender = fresh();
    const asked = await Promise.all(
      Array.from({ length: 16 }, () => sender.apply(inputOf(actionOver(live as LiveConnection)), never)),
    );
    expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"result":"failed","reason":"no_token"}']));
    // All waited for one answer, and nobody went on with it.
    expect([giver.reached.length, target.reached.length]).toEqual([1, 0]);
  });

  test.each([1e308, -1, 'soon', null])('of how long it holds: %j', async (holds) => {
    const giver = await listener((_request, response) => {
      response.end(JSON.stringify({ access_token: 'abcdefgh', token_type: 'BEARER', expires_in: holds }));
    });
    live = connect(
      { kind: 'oauth2', tokenUrl: `${giver.url}/token`, clientId: 'id', scope: '' },
      { clientSecret: 'client+secret' },
    );
    const sender = fresh();
    for (let sends = 0; sends < 3; sends += 1)
      expect(await sender.apply(inputOf(actionOver(live)), never)).toMatchObject({ result: 'succeeded' });
    expect(giver.reached.length).toBe(1);
  });
});

describe('nothing is sent', () => {
  const bearer = { kind: 'bearer' } as const;
  const kept = connect(bearer, { token: 'tok-123456' });
  test.each<[string, LiveConnection | null]>([
    ['connection_gone', null],
    ['connection_changed', { ...kept, address: 'http://evil.example/' }],
    ['connection_changed', { ...kept, auth: { kind: 'query', parameter: 'q' } }],
    ['secret_unreadable', { ...kept, secret: 'unreadable' }],
  ])('%s', async (reason, now) => {
    live = now;
    target.reached.length = 0;
    expect(await http.apply(inputOf(actionOver(kept)), never)).toEqual({ result: 'failed', reason });
    expect(await http.apply(inputOf(actionOver(kept), { mayHaveActed: true }), never)).toEqual({ result: 'uncertain', reason });
    expect(target.reached).toEqual([]);
    expect(http.connections?.stopsAtOnce).toContain(reason);
  });

  test('where the connection can’t be read: it is attempted again', async () => {
    const broken = makeHttp({ allowPrivateTargets: () => true, connections: () => Promise.reject(new Error('gone')) });
    expect(await broken.apply(inputOf(actionOver(kept)), never)).toMatchObject({ result: 'failed', reason: 'connection_unread' });
  });
});

test('what an action leaves out its connection says, and what it says holds', () => {
  const of = connect({ kind: 'none' }, null);
  const action = actionOver(of);
  const through = {
    ...action.through,
    inspect: { url: 'by-key/{{idempotencyKey}}' },
    success: { contains: 'done' },
    permanent: true,
  } as NonNullable<Action['through']>;
  const frozen = (one: Action) => JSON.parse(Buffer.from(http.prepare(one, { ordinal: 1, fields: { id: '1' } })).toString());
  expect(frozen({ ...action, through })).toMatchObject({
    effect: 'permanent',
    inspect: { url: `${of.address}by-key/{{idempotencyKey}}` },
    success: { contains: 'done' },
  });
  const undo = { do: 'DELETE', url: 'tickets/{{target}}' };
  expect(frozen({ ...action, through, with: { ...action.with, undo, success: { contains: 'own' } } })).toMatchObject({
    effect: 'undoable',
    undo: { url: `${of.address}tickets/{{target}}` },
    success: { contains: 'own' },
  });
  expect(problemsOf({ ...action, through })).toEqual([]);
});

test('an action stays under the address of its connection, whatever an item holds', () => {
  const of = connect({ kind: 'none' }, null, 'http://127.0.0.1/api/v1/');
  for (const url of [
    'http://evil.example/',
    '//evil.example/',
    '\\\\evil.example',
    '/../x',
    'a/%2e%2e/b',
    'a\\..\\..\\b',
    'data:x',
    'a?token=x',
    'a#b',
  ])
    expect([url, problemsOf(actionOver(of, { url })).length]).toEqual([url, 1]);
  for (const name of [
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'X-Api-Key',
    'apikey',
    'X-Auth-Token',
    'PRIVATE-TOKEN',
    'x-secret',
  ])
    expect([name, problemsOf(actionOver(of, { headers: { [name]: 'x' } }))[0]?.message]).toEqual([
      name,
      expect.stringContaining('Use a connection'),
    ]);
  const keyed = connect({ kind: 'header', header: 'X-Team' }, null, 'http://127.0.0.1/');
  expect(problemsOf(actionOver(keyed, { headers: { 'x-team': 'a' } }))[0]?.message).toContain('is set by the connection “crm”');
  fc.assert(
    fc.property(fc.string(), (id) => {
      let url: string;
      try {
        url = JSON.parse(Buffer.from(http.prepare(actionOver(of), { ordinal: 1, fields: { id } })).toString()).url;
      } catch {
        return true;
      }
      return url.startsWith(of.address);
    }),
  );
});

test('TARGETS_ALLOWED lets a host and its port be asked, and no other port', async () => {
  const only = makeHttp({ allowPrivateTargets: () => false, targetsAllowed: () => [`127.0.0.1:${target.port}`, 'localhost:1'] });
  const at = (url: string): Action => ({ connector: 'http', connection: null, do: 'POST', honoursKeys: false, with: { url } });
  expect(() => only.check(at(`${target.url}/x`))).not.toThrow();
  expect(() => only.check(at('http://127.0.0.1:1/x'))).toThrow('TARGETS_ALLOWED=127.0.0.1:1');
  const apply = (url: string) =>
    only.apply({ ...inputOf(at(url)), request: only.prepare(at(url), { ordinal: 1, fields: {} }) }, never);
  expect(await apply(`${target.url}/x`)).toMatchObject({ result: 'succeeded' });
  // The name is allowed at another port; its address is not.
  expect(await apply(`http://localhost:${target.port}/x`)).toMatchObject({ result: 'failed', reason: 'refused_address' });
});

test('no secret goes over a network in clear, but to a place that is allowed by name', () => {
  const outside = makeHttp({ allowPrivateTargets: () => false, targetsAllowed: () => ['crm.internal:80'] });
  const problems = (address: string, auth: ConnectionAuth, secrets: Record<string, string> | null): string[] => {
    try {
      outside.connections?.check({
        address,
        auth,
        declared: { keys: { honoured: false, forHours: null }, inspect: null, success: null, permanent: false },
        secrets,
      });
      return [];
    } catch (error) {
      return (error as CountersignError).problems.map(({ path }) => path);
    }
  };
  const bearer = [{ kind: 'bearer' }, { token: 'tok-123456' }] as const;
  const oauth2 = (tokenUrl: string) =>
    [{ kind: 'oauth2', tokenUrl, clientId: 'id', scope: '' }, { clientSecret: 'client+secret' }] as const;
  expect(problems('http://crm.example/', ...bearer)).toEqual(['address']);
  expect(problems('https://crm.example/', ...bearer)).toEqual([]);
  expect(problems('http://crm.internal/', ...bearer)).toEqual([]);
  expect(problems('http://crm.example/', { kind: 'none' }, null)).toEqual([]);
  // A signature is no secret.
  const signingSecret = Buffer.from('a secret of twenty-four b').toString('base64');
  expect(problems('http://crm.example/', { kind: 'signed' }, { signingSecret })).toEqual([]);
  expect(problems('https://crm.example/', ...oauth2('http://id.example/token'))).toEqual(['auth.tokenUrl']);
});

test('what a target repeats of a secret is taken out, in whatever form, also where it is cut', () => {
  const secret = 'se"cr<et/+ 12';
  const redact = redactor([secret], 'secret of crm');
  for (const said of [
    secret,
    JSON.stringify({ it: secret }),
    encodeURIComponent(secret),
    `x${Buffer.from(`ab${secret}cd`).toString('base64')}`,
    Buffer.from(secret).toString('hex'),
  ])
    expect(redact(Buffer.from(`before ${said} after`)).toString()).toMatch(/^before .*\[secret of crm\].* after$/);
  expect(redact(Buffer.from(`before ${secret.slice(0, 9)}`)).toString()).toBe('before [secret of crm]');
  expect(redact(Buffer.from('nothing of it, ünï')).toString()).toBe('nothing of it, ünï');
});
