/** What no honest caller sends, to every path: it is refused in words, and never a fault of ours. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { format, promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { answerAuth } from '#lib/auth/route.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { BODY_PART_MS } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { makeKey } from '#lib/steps/keys/make-key.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { somebody } from '#test/fixtures/signed-in.ts';
import { atSize } from '#test/size.ts';
import { answerApi } from './answer.ts';
import { contract } from './contract.ts';
import { routesOf } from './paths.ts';
import { streams } from './streams.ts';

const { pool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

const ROUTES = [...routesOf(contract), ...streams.map(({ method, path }) => ({ method, path }))];
const ITEMS = Array.from({ length: 4 }, (_, index) => ({ fields: { subject: `mail ${index}` }, category: 'noise' }));
const seeded = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: ITEMS }] });

type Ask = { method: string; path: string; body?: string; headers?: Record<string, string> };

/** What agents do, nobody else may. */
const { key: AGENT_KEY } = await makeKey(
  { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' },
  { name: 'Agents', role: 'agent', days: 1, owner: (await somebody('operator')).id },
);
const AGENTS_DO = /\/work\/(\w+|errands\/.+)$/;
const keyOf = (path: string) => ({ authorization: `Bearer ${AGENTS_DO.test(path) ? AGENT_KEY : KEY}` });

async function ask({ method, path, body, headers = keyOf(path) }: Ask) {
  const left = new AbortController();
  const response = await answerApi(
    new Request(`http://127.0.0.1:3000${path}`, {
      ...{ method, signal: left.signal },
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    }),
  );
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    left.abort();
    return { status: response.status, text: '', headers: response.headers };
  }
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/**
 * Every fifth of them, of many every tenth, another one first for each path, so that every path meets some and all are met by several: all of them in
 * `npm run proof`.
 */
const some = <T>(all: T[], path: string): T[] =>
  atSize(
    all.filter((_, index) => (index + PATHS.indexOf(path)) % (all.length > 50 ? 10 : 5) === 0),
    all,
  );
const PATHS = ROUTES.map(({ path }) => path);

const idOf = (path: string): string => (path.includes('/datasets/') ? seeded.datasetId : seeded.batchId);
const filled = (path: string, { id = idOf(path), n = '1' } = {}): string => path.replace('{id}', id).replace('{n}', n);

describe('every path', () => {
  it.each(ROUTES)('$method $path answers 401 without a key, and nothing may keep the answer', async ({ method, path }) => {
    const { status, headers, text } = await ask({ method, path: filled(path), headers: {} });
    expect(status).toBe(401);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(text).not.toContain(seeded.batchId);
  });
});

describe('a path', () => {
  const ODD = [
    '0',
    '-1',
    '1.5',
    '99999999999',
    '1e9',
    '9'.repeat(400),
    'NaN',
    '%00',
    '%ff',
    '..',
    '1%2f2',
    "1'--",
    '%F0%9F%92%A9',
    '__proto__',
  ];
  it.each(ROUTES.filter(({ path }) => path.includes('{')))(
    '$method $path with odd parts is refused',
    async ({ method, path }) => {
      const body = method === 'POST' ? '{}' : undefined;
      for (const odd of some(ODD, path)) {
        const tried = [filled(path, { id: odd }), ...(path.includes('{n}') ? [filled(path, { n: odd })] : [])];
        for (const one of tried)
          expect((await ask({ method, path: one, ...(body ? { body } : {}) })).status, one).toBeLessThan(500);
      }
    },
  );
});

describe('a query', () => {
  const LONG = 'x'.repeat(5_000);
  const VALUES = [
    '',
    '0',
    '-1',
    '99999999999999999999',
    '1e5',
    '1.5.5',
    '%00',
    '%',
    '_',
    '%25%25%5F%5C',
    '\\',
    "'",
    LONG,
    '1_2',
    '2026-99-99T99:99:99.999Z_x',
    '٣',
    '💩',
  ];
  const NAMES = ['limit', 'cursor', 'search', 'category', 'state', 'format'];
  it.each(ROUTES.filter(({ method }) => method === 'GET'))(
    '$path with odd values is refused, or answered',
    async ({ method, path }) => {
      const asked = NAMES.flatMap((name) => VALUES.map((value) => [name, value] as const));
      for (const [name, value] of some(asked, path)) {
        const query = `?${name}=${/%/.test(value) ? value : encodeURIComponent(value)}`;
        expect((await ask({ method, path: filled(path) + query })).status, query).toBeLessThan(500);
      }
    },
  );

  it('with cursors of dates and ids that are none is refused', async () => {
    for (const date of ['2026-02-31T00:00:00.000Z', '9999-99-99T99:99:99.999Z', '0000-00-00T00:00:00.000Z']) {
      for (const path of ['/api/v1/batches', '/api/v1/datasets'])
        expect(
          (await ask({ method: 'GET', path: `${path}?cursor=${date}_${randomUUID()}` })).status,
          `${path} ${date}`,
        ).toBeLessThan(500);
    }
  });

  it('searches for % and _ as themselves', async () => {
    const items = [
      { fields: { subject: '100% sure' }, category: 'noise' },
      { fields: { subject: 'plain' }, category: 'noise' },
    ];
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items }] });
    const found = async (search: string) =>
      JSON.parse(
        (await ask({ method: 'GET', path: `/api/v1/batches/${batchId}/chunks/1/items?search=${encodeURIComponent(search)}` }))
          .text,
      ).items.length;
    expect([await found('%'), await found('_'), await found('\\'), await found('0% S')]).toEqual([1, 0, 0, 1]);
  });
});

describe('a body', () => {
  const POSTS = ROUTES.filter(({ method, path }) => method === 'POST' && path !== '/api/v1/datasets');
  const plan = {
    classifier: { kind: 'rules', otherwise: 'a' },
    categories: [{ name: 'a' }],
    chunking: { by: 'size' },
  };
  /** Everything that some path takes, in one: a path refuses what it does not know, so each takes its own below. */
  const bodies = (path: string): Record<string, unknown>[] => {
    const digest = 'a'.repeat(64);
    if (path.endsWith('/decision'))
      return [
        path.includes('/chunks/')
          ? { digest, next: true, execute: true, seen: [1], override: 'why', note: 'note' }
          : { chunks: [{ number: 1, digest }], next: true, execute: true, seen: [1], override: 'why', note: 'note' },
      ];
    if (path.endsWith('/uncertain')) {
      const group = Buffer.from(JSON.stringify([seeded.batchId, 'timeout', 'worker:1', [[1, 1]]])).toString('base64url');
      return [
        { ordinals: [1], answer: 'happened', note: 'note' },
        { group, answer: 'ask' },
        { group, answer: 'did_not' },
      ];
    }
    if (path.endsWith('/preview/rows'))
      return [{ datasetId: seeded.datasetId, plan, of: { category: 'a' }, cursor: '1', limit: 5 }];
    if (path.endsWith('/preview')) return [{ datasetId: seeded.datasetId, plan }];
    if (path.endsWith('/batches')) return [{ datasetId: seeded.datasetId, name: 'name', plan, taskRef: 'ref' }];
    return [];
  };
  const ODD_TEXTS = ['\0', 'a\0b', '\ud800', '\udc00x', '\u2028', '💩'.repeat(300), '__proto__', 'constructor'];
  const ODD_NUMBERS = [0, -1, 1.5, 2_147_483_648, 99_999_999_999, Number.MAX_SAFE_INTEGER, 1e308];

  /** The value with each of its texts or numbers replaced, one at a time. */
  function* mutants(value: unknown, replace: (leaf: unknown) => unknown[]): Generator<unknown> {
    if (Array.isArray(value)) {
      for (const [index, one] of value.entries()) for (const odd of mutants(one, replace)) yield value.with(index, odd);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) for (const odd of mutants(one, replace)) yield { ...value, [key]: odd };
    } else yield* replace(value);
  }

  it.each(POSTS)('to $path with odd texts and numbers is refused, or taken', async ({ path }) => {
    const tried = [...bodies(path)].flatMap((body) => [
      ...mutants(body, (leaf) => (typeof leaf === 'string' ? ODD_TEXTS : typeof leaf === 'number' ? ODD_NUMBERS : [])),
    ]);
    for (const body of [...some(tried, path), null, [], 'text', 1, { '': 1 }]) {
      const { status, text } = await ask({ method: 'POST', path: filled(path), body: JSON.stringify(body) });
      expect(status, `${JSON.stringify(body)?.slice(0, 300)} -> ${text.slice(0, 200)}`).toBeLessThan(500);
    }
  });

  it.each([
    ['corrections', { ordinal: 1, category: 'noise', note: 'note' }],
    ['reviews', { ordinal: 1, category: 'noise', right: true }],
  ])('of %s with odd texts and numbers is refused', async (what, one) => {
    const path = `/api/v1/batches/${seeded.batchId}/chunks/1/${what}`;
    for (const body of some([...mutants([one], (leaf) => (typeof leaf === 'string' ? ODD_TEXTS : ODD_NUMBERS))], path)) {
      const { status, text } = await ask({ method: 'POST', path, body: JSON.stringify(body) });
      expect(status, `${JSON.stringify(body)} -> ${text.slice(0, 200)}`).toBeLessThan(500);
    }
  });

  it('nested a hundred thousand times is refused', async () => {
    const deep = (open: string, close: string): string => `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    const texts = [deep('[', ']'), deep('{"a":', '}'), deep('[{"a":', '}]')];
    for (const [at, { path }] of POSTS.entries()) {
      const inPlan = (text: string) => `{"datasetId":"${seeded.datasetId}","name":"x","plan":{"classifier":${text}}}`;
      const all = texts.flatMap((text) => [text, inPlan(text)]);
      for (const body of atSize([all[at % all.length]], all))
        expect((await ask({ method: 'POST', path: filled(path), ...(body && { body }) })).status).toBe(400);
    }
  });
});

it('a body that comes a byte at a time is given up in words, by every path that takes one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const [trickle, answered] = [new Set<ReadableStreamDefaultController<Uint8Array>>(), [] as Promise<unknown>[]];
    const send = (
      method: string,
      path: string,
      headers: Record<string, string>,
      answer: (request: Request) => Promise<Response>,
    ) => {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void trickle.add(controller) });
      const asked = {
        method,
        body,
        duplex: 'half' as const,
        headers: { 'content-type': 'application/json', ...headers },
      };
      answered.push(
        answer(new Request(`http://127.0.0.1:3000${path}`, asked)).then(
          async (response) => [path, response.status, ((await response.json()) as { code: string }).code],
          (error) => [path, error.status, error.code],
        ),
      );
    };
    // A file is refused by its address first.
    const files = ['/api/v1/datasets', '/api/v1/datasets/{id}/fixed-rows'];
    // A person's key is looked up first, which takes no fake time: what agents do reads its body as everything else.
    const writes = ROUTES.filter(({ method, path }) => method !== 'GET' && !files.includes(path) && !AGENTS_DO.test(path));
    const paths = writes.map(({ path }) => filled(path));
    for (const { method, path } of writes) send(method, filled(path), { authorization: `Bearer ${KEY}` }, answerApi);
    send('POST', '/api/auth/sign-in/email', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }, answerAuth);
    for (let ms = 0; ms <= BODY_PART_MS; ms += 1_000) {
      for (const controller of trickle) controller.enqueue(new Uint8Array([0x20]));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(await Promise.all(answered)).toEqual([...paths, '/api/auth/sign-in/email'].map((path) => [path, 408, 'too_slow']));
  } finally {
    vi.useRealTimers();
  }
});

describe('the log', () => {
  // A stranger's text, as it would have to be to pass for a line of somebody else's.
  const FORGED = 'x\n{"level":30,"msg":"forged"}\r\n\u001b[2Jforged\u2028forged';

  /** Everything that is logged or printed. pino writes past process.stdout, so its methods are watched. */
  async function saidDuring(act: () => Promise<unknown>): Promise<string> {
    const heard: string[] = [];
    const hear = (...said: unknown[]): boolean => heard.push(format(...said)) > 0;
    const spies = [
      ...(['info', 'warn', 'error', 'fatal'] as const).map((level) => vi.spyOn(log, level).mockImplementation(hear)),
      ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((method) => vi.spyOn(console, method).mockImplementation(hear)),
      ...[process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(hear)),
    ];
    try {
      await act();
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    return heard.join('\n');
  }

  const site = { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' };
  const auth = (path: string, method: string, body?: string, headers: Record<string, string> = {}) =>
    answerAuth(
      new Request(`http://127.0.0.1:3000/api/auth${path}`, {
        method,
        headers: { ...site, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    ).catch(() => {});

  it('says nothing of what a stranger tries to sign in with', async () => {
    const bodies = [
      { email: FORGED, password: FORGED },
      { email: 'nobody@example.org', password: FORGED },
      { email: `${encodeURIComponent(FORGED)}@example.org`, password: 'x' },
      { email: { $ne: FORGED }, password: [FORGED] },
      { email: 'a@example.org', password: 'x', callbackURL: FORGED, rememberMe: FORGED, [FORGED]: FORGED },
      FORGED,
      null,
    ].map((body) => JSON.stringify(body));
    const said = await saidDuring(async () => {
      for (const body of [...bodies, FORGED, '{', '\0', '"\\ud800"']) {
        await auth('/sign-in/email', 'POST', body, { 'user-agent': 'forged', 'x-forwarded-for': 'forged' });
      }
      await signIn(JSON.parse(bodies[0] as string), new Headers(site)).catch(() => {});
    });
    expect(said).toBe('');
  });

  it('says nothing of any other path that a stranger may ask', async () => {
    const odd = encodeURIComponent(FORGED);
    const said = await saidDuring(async () => {
      for (const [method, path] of [
        ['POST', '/sign-out'],
        ['GET', '/get-session'],
        ['GET', `/get-session?disableCookieCache=${odd}`],
        ['GET', `/${odd}`],
        ['POST', `/sign-up/email?x=${odd}`],
      ] as const)
        await auth(path, method, method === 'POST' ? FORGED : undefined, {
          cookie: `countersign.session_token=${odd}.${odd}; countersign.session_data=${odd}; x=${odd}`,
        });
      for (const { method, path } of ROUTES)
        await ask({
          method,
          path: `${filled(path, { id: odd })}?x=${odd}`,
          headers: { cookie: `countersign.session_token=${odd}` },
        });
      await ask({ method: 'GET', path: `/api/v1/${odd}`, headers: { authorization: `Bearer ${odd}` } });
    });
    expect(said).toBe('');
  });

  it('has what libraries print as one line each, whatever is in it', async () => {
    const forged = JSON.stringify(FORGED);
    const program = `import { logConsole } from '#lib/log.ts'; logConsole(); console.error('found %s', ${forged}, new Error(${forged})); console.log(${forged});`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    const lines = stdout.trimEnd().split('\n');
    expect([lines.length, stderr]).toEqual([2, '']);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 50, err: { message: FORGED } },
      { level: 30, msg: FORGED },
    ]);
  });
});

describe('a name', () => {
  it.each([
    '%00',
    '%ff.csv',
    '..',
    '../../etc/passwd.csv',
    '%0d%0aSet-Cookie:x=1.csv',
    'x'.repeat(3000),
    '%F0%9F%92%A9.csv',
    '__proto__',
  ])('of a file, %s, is cleaned or refused, and its download names no path', async (name) => {
    const { status, text } = await ask({ method: 'POST', path: `/api/v1/datasets?name=${name}`, body: 'a,b\n1,2\n' });
    expect(status, text).toBeLessThan(500);
    if (status !== 201) return;
    const dataset = JSON.parse(text) as { name: string };
    expect(dataset.name).not.toMatch(/[/\\\r\n\0]/);
  });
});

it('an Idempotency-Key of another kind of text is refused', async () => {
  for (const key of [' ', 'a b', 'x'.repeat(256), 'ä']) {
    const headers = { authorization: `Bearer ${KEY}`, 'idempotency-key': key };
    const { status } = await ask({ method: 'POST', path: `/api/v1/batches/${seeded.batchId}/pause`, body: '{}', headers }).catch(
      () => ({ status: 400 }),
    );
    expect(status, key).toBeLessThan(500);
  }
});

it('a Last-Event-ID of any text begins anew', async () => {
  for (const id of ['9'.repeat(18), '9'.repeat(400), '-1', 'x', "1' OR 1=1", '']) {
    const headers = { authorization: `Bearer ${KEY}`, 'last-event-id': id };
    for (const path of [`/api/v1/batches/${seeded.batchId}/events`, '/api/v1/events'])
      expect((await ask({ method: 'GET', path, headers })).status, id).toBe(200);
  }
});

describe('categories with the names of what every object has', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];

  it('are counted, shown and decided like others', async () => {
    const { batchId } = await seedBatch(pool, {
      plan: {
        classifier: { kind: 'rules', rules: [], otherwise: 'constructor' },
        categories: NAMES.map((name) => ({ name, action: { connector: 'none', do: 'label' } })),
      },
      chunks: [{ state: 'awaiting_review', items: NAMES.map((category) => ({ fields: { subject: category }, category })) }],
    });
    const path = `/api/v1/batches/${batchId}/chunks/1`;
    const seen = JSON.parse((await ask({ method: 'GET', path })).text);
    expect(Object.entries(seen.counts).sort()).toEqual(NAMES.map((name) => [name, 1]).sort());
    const decision = { digest: seen.digest, next: true, execute: true };
    const unseen = await ask({ method: 'POST', path: `${path}/decision`, body: JSON.stringify({ ...decision, seen: [1] }) });
    expect([unseen.status, unseen.text]).toEqual([400, expect.stringContaining('nobody looked')]);
    const { status, text } = await ask({
      ...{ method: 'POST', path: `${path}/decision` },
      body: JSON.stringify({ ...decision, seen: [1, 2, 3, 4, 5] }),
    });
    expect(status, text).toBe(200);
    const lines = (await ask({ method: 'GET', path: `/api/v1/batches/${batchId}/receipts` })).text.trim().split('\n');
    expect(Object.entries(JSON.parse(lines[0] ?? '').counts).sort()).toEqual(NAMES.map((name) => [name, 1]).sort());
  });
});
