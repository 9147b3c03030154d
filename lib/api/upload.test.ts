import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BODY_PART_MS, UPLOAD_BYTES_MAX, UPLOADS_AT_ONCE, UPLOADS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { log } from '#lib/log.ts';
import { testDatabase } from '#test/database.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { answerApi } from './answer.ts';

const { pool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

// What an answer is, and what its description says, are two things that only this keeps together.
const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

async function ask(path: string, init: RequestInit & { headers?: Record<string, string>; duplex?: 'half' } = {}) {
  const headers = { authorization: `Bearer ${KEY}`, ...init.headers };
  const response = await answerApi(new Request(`http://127.0.0.1:3000/api/v1${path}`, { ...init, headers }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
const upload = (name: string, body: BodyInit, headers: Record<string, string> = {}) =>
  ask(`/datasets?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers,
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  });
const countDatasets = async () => (await pool.query('SELECT FROM dataset')).rowCount ?? 0;

const CSV = 'from,__proto__,subject\na@b.example,kept,first\nragged\nc@d.example,too,second\n';

it('takes a file as a stream and gives it back as a dataset, its items and its unreadable rows', async () => {
  const body = new Blob([CSV]).stream();
  const {
    status,
    body: { same, ...dataset },
  } = await upload('Märchen.csv', body);
  expect([status, same]).toEqual([201, null]);
  expect(dataset).toMatchObject({
    name: 'Märchen.csv',
    state: 'ready',
    format: 'csv',
    items: 2,
    unreadable: 1,
    bytes: Buffer.byteLength(CSV),
  });
  expect(dataset.fields.map(({ name }: { name: string }) => name)).toEqual(['from', '__proto__', 'subject']);
  expect((await ask(`/datasets/${dataset.id}`)).body).toEqual(dataset);
  expect((await ask('/datasets?limit=1')).body.items).toEqual([dataset]);
  const first = await ask(`/datasets/${dataset.id}/items?limit=1`);
  expect(first.text).toContain('"fields":{"from":"a@b.example","__proto__":"kept","subject":"first"}');
  expect((await ask(`/datasets/${dataset.id}/items?limit=1&cursor=${first.body.next}`)).body).toMatchObject({
    items: [{ ordinal: 2 }],
    next: null,
  });
  expect((await ask(`/datasets/${dataset.id}/unreadable`)).body.items).toMatchObject([
    { line: 3, reason: expect.stringMatching(/cell/) },
  ]);
});

it('goes from a file to the plan, the batch and its chunks', async () => {
  const { body: dataset } = await upload('mails.csv', CSV);
  const plan = {
    classifier: { kind: 'rules', otherwise: 'skip' },
    categories: [{ name: 'skip' }],
    chunking: { by: 'size', maxItems: 1 },
  };
  const json = (value: unknown, more = {}) => ({
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json', ...more },
  });
  expect((await ask('/batches/preview', json({ datasetId: dataset.id, plan }))).body).toMatchObject({
    itemCount: 2,
    chunks: [{ number: 1 }, { number: 2 }],
  });
  const key = { 'idempotency-key': randomUUID() };
  const made = await ask('/batches', json({ datasetId: dataset.id, name: 'Mails', plan, taskRef: 'JIRA-1' }, key));
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'proposed', taskRef: 'JIRA-1', plan: { chunking: { maxItems: 1 } }, chunks: [{ number: 1 }, { number: 2 }] },
  });
  expect((await ask('/batches', json({ datasetId: dataset.id, name: 'Mails', plan, taskRef: 'JIRA-1' }, key))).text).toBe(
    made.text,
  );
  const { id } = made.body;
  expect((await ask(`/batches/${id}/start`, { method: 'POST' })).body).toMatchObject({
    ...{ status: 409, code: 'conflict', unreadable: 1, detail: expect.stringContaining('acceptUnreadable: 1') },
  });
  expect((await ask(`/batches/${id}/start`, json({ acceptUnreadable: 1 }))).body).toMatchObject({
    ...{ id, state: 'running', rows: { read: 2, unreadable: 1, accepted: 1 } },
  });
  expect((await ask(`/batches/${id}/start`, { method: 'POST' })).body).toMatchObject({ status: 409, code: 'conflict' });
  expect((await ask(`/batches/${id}/cancel`, { method: 'POST' })).body).toMatchObject({ state: 'cancelled' });
});

it('says what was wrong with the plan, and where', async () => {
  const { body: dataset } = await upload('mails.csv', CSV);
  const rules = [{ when: 'item.from.endsWith(', category: 'skip' }];
  const plan = {
    classifier: { kind: 'rules', rules, otherwise: 'skip' },
    categories: [{ name: 'skip' }],
    chunking: { by: 'size' },
  };
  const body = JSON.stringify({ datasetId: dataset.id, name: 'Mails', plan });
  const refused = await ask('/batches', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(refused.body).toMatchObject({
    status: 400,
    code: 'invalid',
    problems: [{ path: 'classifier.rules.0.when', column: expect.any(Number) }],
  });
});

it('refuses what is no file: without a name, empty, too large by its own word, of no known kind', async () => {
  expect((await ask('/datasets', { method: 'POST', body: CSV })).body).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/name/),
  });
  expect((await upload('empty.csv', '')).body).toMatchObject({ status: 400, detail: expect.stringMatching(/empty/) });
  expect((await ask('/datasets?name=none.csv', { method: 'POST' })).body).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/empty/),
  });
  expect((await upload('big.csv', CSV, { 'content-length': String(UPLOAD_BYTES_MAX + 1) })).status).toBe(413);
});

it('that breaks off leaves no dataset that looks ready', async () => {
  const half = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(CSV));
    },
    pull(controller) {
      controller.error(new Error('aborted'));
    },
  });
  expect((await upload('half.csv', half)).body).toMatchObject({
    status: 503,
    code: 'unavailable',
    detail: expect.stringMatching(/broke off/),
  });
  expect((await upload('short.csv', CSV, { 'content-length': '1000' })).body).toMatchObject({
    status: 503,
    detail: expect.stringMatching(/broke off/),
  });
  const { rows } = await pool.query("SELECT state FROM dataset WHERE name IN ('half.csv', 'short.csv')");
  expect(rows.map(({ state }) => state)).toEqual(['failed', 'failed']);
});

describe('files that arrive slowly', () => {
  /** A body whose next part comes when the test says so. */
  function slow() {
    let say = (_: string) => {};
    let end = () => {};
    const { promise: waitedFor, resolve: asked } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          say = (text) => controller.enqueue(new TextEncoder().encode(text));
          end = () => controller.close();
        },
        pull: () => asked(),
      },
      { highWaterMark: 0 },
    );
    say('a,b\n1,');
    return { body, waitedFor, say: (text: string) => say(text), end: () => end() };
  }

  it('of one person leave room for another, and all are told when to come back', async () => {
    const { cookie, ...site } = await operator();
    const files = Array.from({ length: UPLOADS_AT_ONCE }, slow);
    const sent = files.map(({ body }, index) => upload(`slow-${index}.csv`, body));
    // One of them was turned away, and not the one that came first.
    const [refused] = await Promise.all([Promise.race(sent), untilReceiving(UPLOADS_PER_PERSON_MAX)]);
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'unavailable', retryAfterSeconds: 5, detail: expect.stringContaining('of yours') },
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    const theirs = await answerApi(
      new Request('http://127.0.0.1:3000/api/v1/datasets?name=theirs.csv', {
        method: 'POST',
        body: CSV,
        headers: { cookie, ...site },
      }),
    );
    expect(theirs.status).toBe(201);
    for (const { say, end } of files) {
      say('2\n');
      end();
    }
    expect((await Promise.all(sent)).map(({ status }) => status).sort()).toEqual([201, 201, 201, 503]);
    expect((await upload('later.csv', CSV)).status).toBe(201);
  });

  it('too slowly are given up in words, and can be sent again with their key', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { body, waitedFor } = slow();
    const key = { 'idempotency-key': randomUUID() };
    try {
      const sent = upload('trickle.csv', body, key);
      await untilReceiving(1);
      // The clock runs for a part that is asked for.
      await waitedFor;
      await vi.advanceTimersByTimeAsync(BODY_PART_MS + 1);
      vi.useRealTimers();
      expect(await sent).toMatchObject({
        status: 408,
        body: { code: 'too_slow', detail: expect.stringMatching(/came too slowly.*Nothing was kept/) },
      });
    } finally {
      vi.useRealTimers();
    }
    const reasons = await pool.query("SELECT state, reason FROM dataset WHERE name = 'trickle.csv'");
    expect(reasons.rows).toEqual([{ state: 'failed', reason: expect.stringContaining('came too slowly') }]);
    expect((await upload('trickle.csv', new Blob([CSV]).stream(), key)).status).toBe(201);
    expect((await pool.query("SELECT state FROM dataset WHERE name = 'trickle.csv'")).rows).toEqual([{ state: 'ready' }]);
  });

  const untilReceiving = (count: number) =>
    vi.waitFor(async () => {
      const { rowCount } = await pool.query("SELECT FROM dataset WHERE state = 'receiving'");
      expect(rowCount).toBe(count);
    }, 60_000);

  async function operator() {
    const site = { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' };
    return { ...site, cookie: await sessionOf((await somebody('operator', 'Ada')).id) };
  }
});

it('sent again with its key is one dataset', async () => {
  const before = await countDatasets();
  const key = { 'idempotency-key': randomUUID(), 'content-length': String(Buffer.byteLength(CSV)) };
  const first = await upload('once.csv', CSV, key);
  const second = await upload('once.csv', CSV, key);
  expect([second.status, second.text, second.headers.get('idempotent-replay')]).toEqual([201, first.text, 'true']);
  expect((await upload('other.csv', CSV, key)).status).toBe(409);
  expect(await countDatasets()).toBe(before + 1);
});
