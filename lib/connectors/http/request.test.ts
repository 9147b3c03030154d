import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { anyText } from '#test/any-text.ts';
import { makeHttp } from './connector.ts';
import { readRequest } from './frozen.ts';
import { findingOf } from './inspect.ts';
import { inspectionOf } from './inspection.ts';

const http = makeHttp({ allowPrivateTargets: () => false });
const inside = makeHttp({ allowPrivateTargets: () => true });

const action = (given: Action['with'], verb = 'POST', more: Partial<Action> = {}): Action => ({
  connector: 'http',
  connection: null,
  do: verb,
  honoursKeys: false,
  with: given,
  ...more,
});
const frozen = (one: Action, fields: Record<string, string>) =>
  JSON.parse(Buffer.from(http.prepare(one, { ordinal: 7, fields })).toString('utf8')) as {
    url: string;
    headers: Record<string, string>;
    body: string | null;
    method: string;
    effect: string;
    timeoutMs: number;
  };
const problemsOf = (act: () => void) => {
  try {
    act();
  } catch (error) {
    if (error instanceof CountersignError) return error.problems;
    throw error;
  }
  return [];
};

describe('check', () => {
  test('takes an ordinary request', () => {
    const one = action({
      url: 'https://api.example.com/tickets/{{id}}?q={{subject}}',
      body: { title: '{{subject}}', tags: ['a', '{{Ticket Subject}}'] },
    });
    expect(problemsOf(() => http.check(one, ['id', 'subject', 'Ticket Subject']))).toEqual([]);
    expect(problemsOf(() => http.check(one))).toEqual([]);
  });

  test.each([
    ['ftp://example.com/', /begins with http/],
    ['//example.com/', /begins with http/],
    ['https://{{host}}/', /a literal host/],
    ['https://example.com{{path}}', /a literal host/],
    ['https://example.{{tld}}/', /a literal host/],
    ['https://example.com:{{port}}/', /a literal host/],
    ['https://user:secret@example.com/', /Use a connection/],
    ['https://example.com/?api_key=abc', /“api_key” would put a secret.*Use a connection/],
    ['https://example.com/a?b=1&Access%5FToken={{id}}', /Use a connection/],
    ['https://example.com/?key=abc{{id}}', /“key” would put a secret/],
    ['https://example.com/?PASSWORD=', /Use a connection/],
    ['https://example.com\\@evil.example/', /a literal host/],
    ['https://exa mple.com/', /a literal host/],
    ['https:///path', /a literal host/],
    ['https://example.com/a/../b', /can’t contain \. or \.\./],
    ['https://example.com/a/%2E%2e/b', /can’t contain \. or \.\./],
    ['https://example.com/#top', /after #/],
    ['https://example.com/{{#each}}x{{/each}}', /Sections/],
    ['https://example.com/{{nope}}', /no field “nope”/],
    ['http://127.0.0.1/', /loopback address.*TARGETS_ALLOWED=127\.0\.0\.1:80/],
    ['http://2130706433/', /loopback/],
    ['http://0x7f.1/', /loopback/],
    ['http://[::ffff:127.0.0.1]/', /IPv4-mapped/],
    ['http://localhost.:3000/', /loopback name/],
    ['http://169.254.169.254/latest/meta-data/', /link-local/],
    ['http://0.0.0.0/', /this host/],
    ['http://192.168.1.1/', /private address/],
  ])('%s is refused', (url, message) => {
    const problems = problemsOf(() => http.check(action({ url }), ['id']));
    expect(problems[0]?.path).toBe('with.url');
    expect(problems[0]?.message).toMatch(message);
  });

  test('private hosts are taken where they are allowed', () => {
    expect(problemsOf(() => inside.check(action({ url: 'http://127.0.0.1:8080/{{id}}' }), ['id']))).toEqual([]);
  });

  test.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'TE',
    'Upgrade',
    'Idempotency-Key',
    'Accept-Encoding',
    'Authorization',
    'Cookie',
  ])('the header %s is refused', (name) => {
    const [problem] = problemsOf(() => http.check(action({ url: 'https://example.com/', headers: { [name]: 'x' } })));
    expect(problem?.path).toBe(`with.headers.${name}`);
  });

  test.each(['', 'a b', 'x:y', 'x\r\ny', 'ü'])('“%s” is not a header name', (name) => {
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/', headers: { [name]: 'x' } })))).not.toEqual([]);
  });

  test('names of Object.prototype are ordinary header names', () => {
    const one = action({ url: 'https://example.com/', headers: { constructor: 'x', tostring: 'y' } });
    expect(problemsOf(() => http.check(one))).toEqual([]);
    expect(frozen(one, {}).headers).toEqual({ constructor: 'x', tostring: 'y' });
  });

  test('what else is refused', () => {
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/' }, 'TRACE')))[0]?.path).toBe('do');
    expect(
      problemsOf(() => http.check(action({ url: 'https://example.com/' }, 'POST', { connection: 'crm' })))[0]?.message,
    ).toMatch('There is no connection “crm”');
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/', body: 'x' }, 'GET')))[0]?.path).toBe('with.body');
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/', headers: { A: '1', a: '2' } })))).toHaveLength(2);
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/', verify: false })))[0]?.path).toBe('with');
    expect(problemsOf(() => http.check(action({ url: 'https://example.com/', body: { a: ['{{b}}'] } }), ['c']))[0]?.path).toBe(
      'with.body.a.0',
    );
  });
});

describe('prepare', () => {
  test('freezes what is sent', () => {
    const one = action({
      url: 'https://example.com/m/{{id}}?s={{subject}}',
      headers: { 'X-From': '{{from}}' },
      body: { s: '{{subject}}', n: 1 },
    });
    expect(frozen(one, { id: 'a/b', subject: 'Q&A = "1"', from: 'ann@x.org' })).toEqual({
      method: 'POST',
      url: 'https://example.com/m/a%2Fb?s=Q%26A%20%3D%20%221%22',
      headers: { 'content-type': 'application/json', 'x-from': 'ann@x.org' },
      body: '{"s":"Q&A = \\"1\\"","n":1}',
      timeoutMs: 30_000,
      effect: 'permanent',
    });
  });

  test('a value can change neither host nor path nor query, whatever it is', () => {
    const one = action({ url: 'https://example.com/a/{{x}}/b?c={{x}}&d=1' });
    fc.assert(
      fc.property(anyText({ minLength: 1 }), (x) => {
        fc.pre(x !== '.' && x !== '..');
        const url = new URL(frozen(one, { x }).url);
        const parts = url.pathname.split('/');
        expect(url.origin).toBe('https://example.com');
        expect([parts.length, parts[1], parts[3]]).toEqual([4, 'a', 'b']);
        expect(decodeURIComponent(parts[2] ?? '')).toBe(x);
        expect([...url.searchParams.keys()]).toEqual(['c', 'd']);
        expect(url.hash).toBe('');
      }),
    );
  });

  test.each(['.', '..', ''])('a path part “%s” is refused, naming the item', (x) => {
    expect(() => frozen(action({ url: 'https://example.com/mails/{{x}}' }, 'DELETE'), { x })).toThrow(
      /^Item 7: a part of the URL's path/,
    );
  });

  test('a missing field leaves no empty path part either', () => {
    expect(() => frozen(action({ url: 'https://example.com/mails/{{x}}' }, 'DELETE'), {})).toThrow(/Item 7/);
  });

  test('dots put together from template and value are refused', () => {
    expect(() => frozen(action({ url: 'https://example.com/.{{x}}/a' }), { x: '.' })).toThrow(/changes the path/);
    expect(() => frozen(action({ url: 'https://example.com/%2e{{x}}/a' }), { x: '.' })).toThrow(/changes the path/);
  });

  test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\rb', 'a\0b', 'snow ☃', 'a\u0085b'])(
    'a header value %j is refused, naming the item',
    (x) => {
      expect(() => frozen(action({ url: 'https://example.com/', headers: { 'x-it': '{{x}}' } }), { x })).toThrow(
        /^Item 7: the header “x-it”/,
      );
    },
  );

  test('lone surrogates are refused, naming the item', () => {
    expect(() => frozen(action({ url: 'https://example.com/{{x}}' }), { x: '\ud800' })).toThrow(/^Item 7/);
    expect(() => frozen(action({ url: 'https://example.com/', body: '{{x}}' }), { x: '\ud800' })).toThrow(/^Item 7/);
  });

  test('a request over the limit is refused, naming the item', () => {
    expect(() => frozen(action({ url: 'https://example.com/', body: '{{x}}' }), { x: 'a'.repeat(1024 ** 2) })).toThrow(
      /^Item 7: its request has/,
    );
    expect(() => frozen(action({ url: 'https://example.com/{{x}}' }), { x: 'ä'.repeat(3_000) })).toThrow(/^Item 7: its URL has/);
  });

  test('lengths are added up before anything is joined', () => {
    const most = { x: 'a'.repeat(4 * 1024 ** 2) };
    // Joined, these would be 800 GB.
    const body = Array.from({ length: 200 }, () => '{{x}}'.repeat(1_000));
    const inspect = { url: 'https://example.com/{{idempotencyKey}}', happened: { contains: '{{x}}' } };
    const all: Action['with'][] = [
      { body },
      { body: body.join('') },
      { headers: { a: '{{x}}'.repeat(1_000) } },
      { undo: { do: 'DELETE', url: 'https://example.com/', body } },
      { inspect },
    ];
    for (const given of all)
      expect(() => frozen(action({ url: 'https://example.com/', ...given }), most)).toThrow(
        'Item 7: its request would have more than 1048576 bytes',
      );
    expect(() => frozen(action({ url: `https://example.com/${'{{x}}'.repeat(1_000)}` }), most)).toThrow(
      'Item 7: its URL would have more than 8000 characters',
    );
  });

  test('an inherited name is not a field', () => {
    expect(frozen(action({ url: 'https://example.com/?q={{constructor}}', body: '{{__proto__}}' }), {}).url).toBe(
      'https://example.com/?q=',
    );
  });

  test('the same action and item give the same bytes', () => {
    const one = action({ url: 'https://example.com/{{x}}', headers: { b: '1', a: '2' } });
    const two = action({ headers: { a: '2', b: '1' }, url: 'https://example.com/{{x}}' });
    expect(http.prepare(one, { ordinal: 1, fields: { x: 'y' } })).toEqual(http.prepare(two, { ordinal: 1, fields: { x: 'y' } }));
  });
});

describe('effect and wording', () => {
  test.each([
    ['GET', undefined, 'none'],
    ['POST', undefined, 'permanent'],
    ['DELETE', undefined, 'permanent'],
    ['POST', 'undoable', 'undoable'],
    ['POST', 'none', 'none'],
  ] as const)('%s declared %s is %s', (verb, effect, expected) => {
    const one = action(effect ? { url: 'https://example.com/', effect } : { url: 'https://example.com/' }, verb);
    expect(http.effect(one)).toBe(expected);
  });

  test('names the host', () => {
    expect(http.wording(action({ url: 'https://api.example.com:8443/a/{{b}}' }))).toMatchObject({
      target: 'api.example.com:8443',
    });
  });
});

describe('the undo request', () => {
  const undo = { do: 'DELETE', url: 'https://api.example.com/notes/{{target}}', headers: { 'X-About': '{{id}}' }, body: null };
  const fields = { id: '7', target: 'a column of this name', subject: '{{target}} {{id}}' };
  const done = (one: Action, target: string | null, more: Record<string, string> = {}) => ({
    ...{ datasetId: 'd', ordinal: 7, action: one, idempotencyKey: 'k', target, before: null, reason: null, undid: null },
    request: http.prepare(one, { ordinal: 7, fields: { ...fields, ...more } }),
  });
  const undone = async (one: Action, target: string | null) => {
    const [made] = await http.undo(null as never, [done(one, target)]);
    if (made === undefined || 'cannot' in made) return made?.cannot;
    return { ...made, request: JSON.parse(Buffer.from(made.request).toString('utf8')) };
  };
  const given = { url: 'https://api.example.com/notes', body: { about: '{{id}}' } };

  test('is filled in with the values of then and the target’s own id', async () => {
    expect(await undone(action({ ...given, undo }), 'n/5 ü')).toMatchObject({
      action: { do: 'DELETE', with: { effect: 'undoable' } },
      request: {
        method: 'DELETE',
        url: 'https://api.example.com/notes/n%2F5%20%C3%BC',
        headers: { 'x-about': '7' },
        effect: 'undoable',
      },
    });
    expect(http.effect(action({ ...given, undo }))).toBe('undoable');
    expect(http.effect(action(given))).toBe('permanent');
  });

  test.each([
    ['/v1/notes/5', '5'],
    ['/v1/notes/5/?page=2', '5'],
    ['https://api.example.com/v1/notes/a%20b', 'a%20b'],
    ['urn:note:5', 'urn%3Anote%3A5'],
    ['5', '5'],
  ])('a location %s is %s inside another address', async (target, part) => {
    expect(await undone(action({ ...given, undo }), target)).toMatchObject({
      request: { url: `https://api.example.com/notes/${part}` },
    });
  });

  test('what an item holds is a value, and never a template or the id', async () => {
    const one = action({
      ...given,
      undo: { do: 'POST', url: 'https://api.example.com/undo', body: { text: '{{subject}}', id: '{{target}}' } },
    });
    expect(await undone(one, '5')).toMatchObject({ request: { body: JSON.stringify({ id: '5', text: '{{target}} {{id}}' }) } });
  });

  test('says why there is none', async () => {
    expect(await undone(action(given), '5')).toBe('the plan has no undo request for it');
    expect(await undone(action({ ...given, undo }), null)).toBe('the target gave no id, and the undo request needs one');
    expect(await undone(action({ ...given, undo }), '..')).toContain('can’t be built');
    expect(await undone(action({ url: 'https://api.example.com/x' }, 'GET'), '5')).toBe('it changed nothing');
  });

  test('one that could not be built is refused before the original is approved', () => {
    const one = action({ ...given, undo: { do: 'DELETE', url: 'https://api.example.com/{{folder}}/x' } });
    expect(() => http.prepare(one, { ordinal: 7, fields })).toThrow(/Item 7: .*path is empty \(folder\)/);
  });

  test.each([
    [{ do: 'GET', url: 'https://api.example.com/' }, 'with.undo.do'],
    [{ do: 'DELETE', url: 'https://{{host}}/' }, 'with.undo.url'],
    [{ do: 'DELETE', url: 'http://127.0.0.1/' }, 'with.undo.url'],
    [{ do: 'DELETE', url: 'https://api.example.com/{{nope}}' }, 'with.undo.url'],
    [{ do: 'DELETE', url: 'https://api.example.com/', headers: { Authorization: 'x' } }, 'with.undo.headers.Authorization'],
    [{ do: 'DELETE', url: 'https://api.example.com/', body: { a: '{{nope}}' } }, 'with.undo.body.a'],
    [{ do: 'DELETE', url: 'https://api.example.com/', undo: {} }, 'with.undo'],
  ])('%j is refused', (wrong, path) => {
    expect(problemsOf(() => http.check(action({ ...given, undo: wrong }), ['id'])).map((one) => one.path)).toContain(path);
  });

  test('permanent and undoable at once, or undoing what changes nothing, is refused', () => {
    const paths = (one: Action) => problemsOf(() => http.check(one, ['id'])).map(({ path }) => path);
    expect(paths(action({ ...given, undo: { ...undo, headers: {} }, effect: 'permanent' }))).toEqual(['with.effect']);
    expect(paths(action({ url: given.url, undo: { ...undo, headers: {} } }, 'GET'))).toEqual(['with.undo']);
  });
});

describe('an inspection', () => {
  const asks = (inspect: object, verb = 'POST') => action({ url: 'https://api.example.com/', inspect } as Action['with'], verb);

  test.each([
    [{ url: 'https://api.example.com/by-key/{{idempotencyKey}}' }],
    [{ url: 'https://api.example.com/{{id}}', happened: { status: [200, 302], contains: '"done"' } }],
    [{ url: 'https://api.example.com/all', happened: { contains: '{{id}}' } }],
  ])('%j is taken', (inspect) => {
    expect(problemsOf(() => http.check(asks(inspect), ['id']))).toEqual([]);
  });

  test.each([
    ['with.inspect.url', { url: 'http://127.0.0.1/{{id}}' }, /127\.0\.0\.1/],
    ['with.inspect.url', { url: 'https://{{id}}/' }, /a literal host/],
    ['with.inspect.url', { url: 'https://api.example.com/{{nobody}}' }, /no field “nobody”/],
    ['with.inspect.url', { url: 'https://api.example.com/last' }, /the same for every item/],
    [
      'with.inspect.happened.contains',
      { url: 'https://api.example.com/{{id}}', happened: { contains: '{{nobody}}' } },
      /no field/,
    ],
    ['with.inspect.happened.contains', { url: 'https://api.example.com/{{id}}', happened: { contains: '' } }, /empty text/],
    ['with.inspect.happened.status', { url: 'https://api.example.com/{{id}}', happened: { status: [] } }, /at least one/],
    ['with.inspect.happened.status.0', { url: 'https://api.example.com/{{id}}', happened: { status: [42] } }, /./],
    ['with.inspect', { url: 'https://api.example.com/{{id}}', body: {} }, /body/],
  ])('at %s, %j is refused', (path, inspect, message) => {
    expect(problemsOf(() => http.check(asks(inspect), ['id']))).toMatchObject([
      { path, message: expect.stringMatching(message) },
    ]);
  });

  test('of a request that changes nothing is refused', () => {
    const refused = problemsOf(() => http.check(asks({ url: 'https://api.example.com/{{id}}' }, 'GET'), ['id']));
    expect(refused).toMatchObject([{ path: 'with.inspect' }]);
  });

  test('that looks for an empty text, or whose path changes, is refused for the item', () => {
    const empty = asks({ url: 'https://api.example.com/', happened: { contains: '{{id}}' } });
    expect(() => http.prepare(empty, { ordinal: 7, fields: { id: '' } })).toThrow(
      'Item 7: the text that its inspection looks for',
    );
    const path = asks({ url: 'https://api.example.com/mails/{{id}}' });
    for (const id of ['', '..']) expect(() => http.prepare(path, { ordinal: 7, fields: { id } })).toThrow('Item 7');
  });

  test('is frozen with the fields it names, and what an item says is never taken for the key', () => {
    const one = asks({ url: 'https://api.example.com/{{id}}?key={{idempotencyKey}}', happened: { contains: '{{id}}' } });
    const request = readRequest(http.prepare(one, { ordinal: 7, fields: { id: '{{idempotencyKey}}', other: 'x' } }));
    expect(request.inspect?.fields).toEqual({ id: '{{idempotencyKey}}' });
    expect(inspectionOf(request, 'abc')).toEqual({
      url: 'https://api.example.com/%7B%7BidempotencyKey%7D%7D?key=abc',
      status: [200],
      contains: '{{idempotencyKey}}',
      json: null,
    });
  });
});

describe('what the target says to it', () => {
  const asked = (more: object = {}) => ({ url: 'https://api.example.com/1', status: [200], contains: null, json: null, ...more });
  test.each([
    ['happened', asked(), 200, ''],
    ['happened', asked({ contains: 'mail 1' }), 200, 'about mail 1'],
    ['not_there', asked({ contains: 'mail 1' }), 200, 'about mail 2'],
    ['not_there', asked(), 404, ''],
    ['not_there', asked(), 204, ''],
    ['happened', asked({ status: [404] }), 404, ''],
    ['not_there', asked({ status: [404] }), 200, 'still there'],
    ['unknown', asked(), 401, ''],
    ['unknown', asked(), 302, ''],
    ['unknown', asked(), 429, ''],
    ['unknown', asked(), 503, ''],
    ['unknown', asked({ contains: 'mail 1' }), 200, null],
  ])('%s: %j answered with %i %j', (finding, request, status, body) => {
    expect(findingOf(request, status, body === null ? null : Buffer.from(body), null).finding).toBe(finding);
  });
});
