import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApplyInput, ApplyResult } from '#lib/connectors/port.ts';
import { uncertainWords } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action } from '#lib/core/plans/plan.ts';
import { makeHttp } from './connector.ts';
import { readRequest } from './frozen.ts';
import { findingOf } from './inspect.ts';
import { inspectionOf } from './inspection.ts';

const http = makeHttp({ allowPrivateTargets: () => true });
const never = new AbortController().signal;

type Said = { status?: number; type?: string | null; body?: string; cut?: boolean };
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function saying({ status = 200, type = 'application/json', body = '', cut = false }: Said): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, type === null ? {} : { 'content-type': type });
    if (cut) response.write(body, () => request.socket.destroy());
    else response.end(body);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const action = (given: Action['with'], verb = 'POST'): Action => ({
  ...{ connector: 'http', connection: null, do: verb, honoursKeys: false, with: given },
});

type More = { version?: number; mayHaveActed?: boolean; honoursKeys?: boolean; verb?: string };

async function sent(said: Said, given: object, more: More = {}): Promise<ApplyResult> {
  const { version = 2, mayHaveActed = false, honoursKeys = false, verb = 'POST' } = more;
  const one = action({ url: await saying(said), ...(verb === 'GET' ? {} : { body: {} }), ...given }, verb);
  const input: ApplyInput = {
    ...{ batchId: 'b', datasetId: 'd', ordinal: 1, category: 'x', honoursKeys, mayHaveActed, idempotencyKey: 'k' },
    action: { connector: 'http', connection: null, do: verb, version },
    request: http.prepare(one, { ordinal: 1, fields: { id: '7' } }),
  };
  // What is kept of an answer has tests of its own.
  const { heard: _, ...rest } = await http.apply(input, never);
  return rest;
}

const DONE = { result: 'succeeded', target: null };
const OTHER = { result: 'uncertain', reason: 'unexpected_answer' };

describe('what the plan counts as done', () => {
  test.each<[string, object, Said, object]>([
    ['one of the statuses', { status: [200, 201] }, { status: 201 }, DONE],
    ['another 2xx', { status: [201] }, { status: 202 }, OTHER],
    ['another 2xx, called failed', { status: [201], otherwise: 'failed' }, { status: 202 }, { ...OTHER, result: 'failed' }],
    ['a text', { contains: 'done {{id}}' }, { body: '"done 7"' }, DONE],
    ['another text', { contains: 'done {{id}}' }, { body: '"done 8"' }, OTHER],
    ['a value', { json: { '/ok': true } }, { body: '{"ok":true}' }, DONE],
    ['another value', { json: { '/ok': true } }, { body: '{"ok":"true"}' }, OTHER],
    ['one of two values', { json: { '/ok': true, '/n': 1 } }, { body: '{"ok":true,"n":2}' }, OTHER],
    ['no value', { json: { '/ok': null } }, { body: '{}' }, OTHER],
    ['null', { json: { '/ok': null } }, { body: '{"ok":null}' }, DONE],
    ['a list', { json: { '/all/1/id': '{{id}}' } }, { body: '{"all":[{},{"id":"7"}]}' }, DONE],
    ['the length of a list', { json: { '/all/length': 1 } }, { body: '{"all":[1]}' }, OTHER],
    ['a leading zero', { json: { '/all/00': 1 } }, { body: '{"all":[1]}' }, OTHER],
    ['a name that is inherited', { json: { '/constructor/name': 'Object' } }, { body: '{}' }, OTHER],
    ['a name with slash and tilde', { json: { '/a~1b~0c': 1 } }, { body: '{"a/b~c":1}' }, DONE],
    ['a name of two escapes', { json: { '/~01': 1 } }, { body: '{"~1":1}' }, DONE],
    ['the empty name', { json: { '/': 1 } }, { body: '{"":1}' }, DONE],
    ['the whole', { json: { '': 'ok' } }, { body: '"ok"' }, DONE],
    ['all of it', { status: [200], contains: 'x', json: { '/a': 'x' } }, { body: '{"a":"x"}' }, DONE],
    ['no JSON', { json: { '/ok': true } }, { body: '<p>ok</p>' }, OTHER],
    ['a web page that it counts', { status: [200] }, { type: 'text/html', body: '<html>' }, DONE],
    ['a refusal', { status: [200] }, { status: 404 }, { result: 'failed', reason: 'http_404' }],
    [
      'no sign of anything',
      { contains: 'x' },
      { status: 503 },
      { result: 'uncertain', reason: 'http_503', repeat: 'unanswered' },
    ],
  ])('%s', async (_what, success, said, expected) => expect(await sent(said, { success })).toEqual(expected));

  test('of a number that lost digits no value is equal', async () => {
    const given = { success: { json: { '/id': Number.MAX_SAFE_INTEGER } } };
    expect(await sent({ body: '{"id":9007199254740993}' }, given)).toEqual(OTHER);
  });

  test('an answer that breaks off before what would tell is uncertain, and may be asked for again under its key', async () => {
    const given = { success: { json: { '/ok': true }, otherwise: 'failed' } };
    expect(await sent({ body: '{"ok":true', cut: true }, given)).toEqual({
      ...{ result: 'uncertain', reason: 'incomplete_answer', repeat: 'unanswered' },
    });
  });

  test('what is called failed says nothing of an earlier send, and what has no effect is never uncertain', async () => {
    const success = { status: [201], otherwise: 'failed' };
    expect(await sent({}, { success }, { mayHaveActed: true, honoursKeys: true })).toEqual(OTHER);
    expect(await sent({}, { success: { status: [201] } }, { verb: 'GET' })).toEqual({ ...OTHER, result: 'failed' });
  });
});

describe('where the plan says nothing', () => {
  test.each<[string, object, Said, object]>([
    [
      'a web page for JSON',
      {},
      { type: 'text/html; charset=utf-8', body: '<p>Sign in' },
      { result: 'uncertain', reason: 'html_answer' },
    ],
    ['XHTML for JSON', {}, { type: 'application/xhtml+xml' }, { result: 'uncertain', reason: 'html_answer' }],
    ['an untold web page', {}, { type: null, body: ' <!DOCTYPE html>…' }, { result: 'uncertain', reason: 'html_answer' }],
    [
      'a web page where JSON is accepted',
      { body: null, headers: { Accept: 'application/json' } },
      { type: 'text/html' },
      { result: 'uncertain', reason: 'html_answer' },
    ],
    ['a web page for a text', { body: 'x' }, { type: 'text/html' }, DONE],
    ['many answers in one', {}, { status: 207 }, { result: 'uncertain', reason: 'http_207' }],
    ['JSON', {}, { body: '{"id":5}' }, { result: 'succeeded', target: '5' }],
    [
      'an answer that breaks off',
      {},
      { body: '{"id":5', cut: true },
      { result: 'succeeded', target: null, reason: 'incomplete_answer' },
    ],
  ])('%s', async (_what, given, said, expected) => expect(await sent(said, given)).toEqual(expected));

  test.each<[Said]>([[{ type: 'text/html' }], [{ status: 207 }], [{ body: '{"id":5', cut: true }]])(
    'what was frozen under version 1 is judged by its status alone: %j',
    async (said) => expect(await sent(said, {}, { version: 1 })).toEqual(DONE),
  );

  test('each reason has a sentence', () => {
    for (const reason of ['html_answer', 'http_207', 'unexpected_answer', 'incomplete_answer'])
      expect(uncertainWords('http', reason).why).not.toMatch(/^No answer/);
  });
});

describe('a success in the plan', () => {
  const problems = (given: object): { path: string; message: string }[] => {
    try {
      http.check(action({ url: 'https://api.example.com/', body: {}, ...given }), ['id']);
    } catch (error) {
      if (error instanceof CountersignError) return error.problems;
      throw error;
    }
    return [];
  };

  test.each<[object]>([
    [{ status: [200, 201], contains: null, json: { '/ok': true }, otherwise: 'uncertain' }],
    [{ json: { '': 1, '/a/{{id}}': '{{id}}' } }],
  ])('%j is taken', (success) => expect(problems({ success })).toEqual([]));

  test.each<[string, object, RegExp]>([
    ['with.success', {}, /names nothing in the answer/],
    ['with.success', { otherwise: 'failed' }, /names nothing in the answer/],
    ['with.success', { status: [200], body: 'x' }, /body/],
    ['with.success.status', { status: [] }, /at least one status/],
    ['with.success.status.1', { status: [200, 404] }, /200 to 299/],
    ['with.success.status.0', { status: [199] }, /200 to 299/],
    ['with.success.contains', { contains: '' }, /empty text/],
    ['with.success.contains', { contains: '{{nobody}}' }, /no field “nobody”/],
    ['with.success.json', { json: {} }, /at least one place/],
    ['with.success.json.ok', { json: { ok: true } }, /is not a JSON pointer: a JSON pointer/],
    ['with.success.json./a~2', { json: { '/a~2': true } }, /is not a JSON pointer: a JSON pointer/],
    ['with.success.json./ok', { json: { '/ok': [true] } }, /a text, a number, true, false or null/],
    ['with.success.json./n', { json: { '/n': 2 ** 53 } }, /loses digits/],
    ['with.success.json./id', { json: { '/id': '{{nobody}}' } }, /no field “nobody”/],
    ['with.success.json', { json: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`/${at}`, 1])) }, /At most 20/],
    ['with.success.otherwise', { status: [200], otherwise: 'succeeded' }, /“uncertain” or “failed”/],
  ])('at %s, %j is refused', (path, success, message) => {
    expect(problems({ success }).map((one) => [one.path, one.message])).toEqual([[path, expect.stringMatching(message)]]);
  });

  test('of an undo is checked where it is, and may name the target’s id', () => {
    const undo = (success: object) => ({ undo: { do: 'DELETE', url: 'https://api.example.com/{{target}}', success } });
    expect(problems(undo({ json: { '/gone': '{{target}}' } }))).toEqual([]);
    expect(problems(undo({ status: [302] }))[0]?.path).toBe('with.undo.success.status.0');
  });

  test('whose text is empty for an item is refused, naming it', () => {
    const one = action({ url: 'https://api.example.com/', success: { contains: '{{id}}' } });
    expect(() => http.prepare(one, { ordinal: 7, fields: { id: '' } })).toThrow('Item 7: the text that its success looks for');
  });

  test('is frozen as it is held against the answer, however long an item makes it', () => {
    const one = action({ url: 'https://api.example.com/', success: { contains: '{{id}}', json: { '/id': '{{id}}' } } });
    const id = 'x'.repeat(30_000);
    expect(readRequest(http.prepare(one, { ordinal: 7, fields: { id } })).success).toEqual({
      ...{ status: null, contains: id, json: { '/id': id }, otherwise: 'uncertain' },
    });
  });

  test('is told before anybody approves it', () => {
    const will = (success: object) => http.wording(action({ url: 'https://api.example.com/', success } as Action['with'])).will;
    expect(will({ status: [200, 201], contains: 'yes', json: { '/ok': true } })).toBe(
      'send a POST to api.example.com, counted as done when it is answered with 200 or 201, with “yes” in it and /ok true; any other 2xx is uncertain',
    );
    expect(will({ json: { '': 'ok' }, otherwise: 'failed' })).toContain(
      'any 2xx, with the whole of it "ok"; any other 2xx is failed',
    );
  });
});

describe('what undoes it', () => {
  const undo = {
    do: 'DELETE',
    url: 'https://api.example.com/{{target}}',
    success: { json: { '/gone': '{{target}}', '/of': '{{id}}' } },
  };
  const one = action({ url: 'https://api.example.com/', body: {}, undo });
  const undone = async (target: string | null, reason: string | null) => {
    const request = http.prepare(one, { ordinal: 7, fields: { id: '7' } });
    const [made] = await http.undo(null as never, [
      { datasetId: 'd', ordinal: 7, action: one, idempotencyKey: 'k', target, before: null, reason, undid: null, request },
    ]);
    if (!made) throw new Error('No answer.');
    return made;
  };

  test('has a success of its own, filled in', async () => {
    const made = await undone('5', null);
    if ('cannot' in made) throw new Error(made.cannot);
    expect(readRequest(made.request).success).toMatchObject({ json: { '/gone': '5', '/of': '7' } });
    http.check(made.action, ['id', 'target']);
  });

  test('says that the id is missing because the answer broke off', async () => {
    expect(await undone(null, 'incomplete_answer')).toEqual({
      cannot: 'the answer broke off before the target’s id, and the undo request needs that id',
    });
    expect(await undone(null, null)).toEqual({ cannot: 'the target gave no id, and the undo request needs one' });
  });
});

describe('what happened, looked up', () => {
  const asking = (happened: object) =>
    action({ url: 'https://api.example.com/', inspect: { url: 'https://api.example.com/{{id}}', happened } } as Action['with']);
  const found = (happened: object, body: string | null): string => {
    const request = readRequest(http.prepare(asking(happened), { ordinal: 7, fields: { id: '7' } }));
    const asked = inspectionOf(request, 'k');
    if (!asked) throw new Error('It does not say how.');
    return findingOf(asked, 200, body === null ? null : Buffer.from(body), null).finding;
  };

  test.each<[string, object, string | null]>([
    ['happened', { json: { '/id': '{{id}}', '/key': '{{idempotencyKey}}' } }, '{"id":"7","key":"k"}'],
    ['not_there', { json: { '/id': '{{id}}' } }, '{"id":"8"}'],
    ['not_there', { contains: 'x', json: { '/id': '{{id}}' } }, '{"id":"7"}'],
    ['unknown', { json: { '/id': '{{id}}' } }, '<p>Sign in</p>'],
    ['unknown', { json: { '/id': '{{id}}' } }, null],
  ])('%s: %j said %s', (finding, happened, body) => expect(found(happened, body)).toBe(finding));
});
