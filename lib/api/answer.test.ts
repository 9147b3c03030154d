import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { API_BODY_BYTES_MAX } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { log } from '#lib/log.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { sessionOf, somebody } from '#test/fixtures/signed-in.ts';
import { answerApi } from './answer.ts';

const { pool, ownerPool } = await testDatabase();
const KEY = 'a-key-of-the-environment';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = KEY;

// What an answer is, and what its description says, are two things that only this keeps together.
const logged = vi.spyOn(log, 'error');
afterEach(() => expect(logged).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining('does not fit')));

const SITE = 'http://127.0.0.1:3000';
const bearer = { authorization: `Bearer ${KEY}` };

type Ask = { method?: string; headers?: Record<string, string>; json?: unknown; body?: BodyInit };

async function ask(path: string, { method, headers = bearer, json, body }: Ask = {}) {
  const sent = json === undefined ? body : JSON.stringify(json);
  const response = await answerApi(
    new Request(`${SITE}/api/v1${path}`, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(sent === undefined ? {} : { body: sent }),
    }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
}

async function cookieOf(role: Role): Promise<Record<string, string>> {
  return { cookie: await sessionOf((await somebody(role)).id), host: '127.0.0.1:3000' };
}

const mails = (count: number, category = 'noise') =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `mail ${index}` }, category }));
const waiting = (): Promise<SeededBatch> =>
  seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [...mails(4), ...mails(2, 'keep')] }] });

describe('who asks', () => {
  it('is told 401 without a key, with a wrong one, and with a scheme that is not Bearer', async () => {
    for (const headers of [
      {} as Record<string, string>,
      { authorization: 'Bearer a-key-of-the-environmenT' },
      { authorization: `Basic ${KEY}` },
    ]) {
      const { status, body, headers: given } = await ask('/batches', { headers });
      expect([status, body.code]).toEqual([401, 'unauthenticated']);
      expect(given.get('content-type')).toBe('application/problem+json');
    }
  });

  it('learns nothing about paths without a key', async () => {
    expect((await ask('/nothing/here', { headers: {} })).status).toBe(401);
  });

  it('may read with the session of a browser, and write only from our own pages', async () => {
    const batch = await waiting();
    const session = await cookieOf('reviewer');
    expect((await ask(`/batches/${batch.batchId}`, { headers: session })).status).toBe(200);
    const correction = { json: [{ ordinal: 1, category: 'keep' }] };
    const path = `/batches/${batch.batchId}/chunks/1/corrections`;
    expect((await ask(path, { ...correction, headers: session })).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await ask(path, { ...correction, headers: { ...session, origin: 'https://evil.example' } })).status).toBe(403);
    expect((await ask(path, { ...correction, headers: { ...session, origin: SITE } })).body).toMatchObject({
      revision: 2,
      changed: 1,
    });
  });

  it('is refused what the role may not do', async () => {
    const batch = await waiting();
    const session = { ...(await cookieOf('reviewer')), origin: SITE };
    const { status, body } = await ask(`/batches/${batch.batchId}/cancel`, { method: 'POST', headers: session });
    expect([status, body.code, body.detail]).toEqual([403, 'forbidden', expect.stringMatching(/reviewer can't cancel/)]);
    const auditor = await cookieOf('auditor');
    expect((await ask(`/batches/${batch.batchId}/chunks/1`, { headers: auditor })).status).toBe(403);
    expect((await ask(`/batches/${batch.batchId}/chunks`, { headers: auditor })).status).toBe(200);
  });
});

it('tells a mark with its sample and its item, to whoever looks next, and takes none of a person who was disabled', async () => {
  const batch = await waiting();
  const path = `/batches/${batch.batchId}/chunks/1`;
  const session = { ...(await cookieOf('reviewer')), origin: SITE };
  const marked = await ask(`${path}/reviews`, { json: [{ ordinal: 1, right: true }], headers: session });
  expect(marked.body).toMatchObject({
    marked: 1,
    moved: [],
    marks: [{ ordinal: 1, verdict: 'right', by: 'Bo' }],
    evidence: null,
  });
  const told = { verdict: 'right', category: 'noise', by: 'Bo', at: marked.body.marks[0].at, filed: false };
  const { body: checkpoint } = await ask(path);
  const { body: items } = await ask(`${path}/items`);
  for (const all of [checkpoint.samples, items.items])
    expect(all.map(({ ordinal, review }: { ordinal: number; review: unknown }) => [ordinal, review])).toContainEqual([1, told]);
  await pool.query(`UPDATE "user" SET disabled_at = now() WHERE role = 'reviewer'`);
  expect((await ask(`${path}/reviews`, { json: [{ ordinal: 2, right: true }], headers: session })).status).toBe(401);
});

describe('a problem', () => {
  it('has type, title, status, detail, code and problems, and is kept by no cache', async () => {
    const { status, headers, body } = await ask(`/batches/${randomUUID()}`);
    expect(status).toBe(404);
    expect(body).toEqual({
      type: 'urn:countersign:problem:not_found',
      title: 'It was not found',
      status: 404,
      detail: 'There is no such batch.',
      code: 'not_found',
      problems: [],
    });
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  it('names every place where the input is wrong, as the caller wrote it', async () => {
    const { status, body } = await ask(`/batches/${randomUUID()}/chunks/1/corrections`, {
      json: [{ ordinal: 0, category: 'keep' }, { ordinal: 2 }],
    });
    expect([status, body.code]).toEqual([400, 'invalid']);
    expect(body.problems.map(({ path }: { path: string }) => path)).toEqual(['0.ordinal', '1.category']);
  });

  it('carries the facts of a stale decision', async () => {
    const batch = await waiting();
    const path = `/batches/${batch.batchId}/chunks/1`;
    const { body: seen } = await ask(path);
    await ask(`${path}/corrections?how=like`, { json: [{ ordinal: 1, category: 'keep' }] });
    const { rows } = await pool.query("SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'correction'", [batch.batchId]);
    expect(rows.map((row) => JSON.parse(row.body.toString()))).toMatchObject([{ how: 'like', count: 1, via: 'api' }]);
    expect((await ask(`${path}/corrections?how=so`, { json: [{ ordinal: 1, category: 'noise' }] })).status).toBe(400);
    const { status, body } = await ask(`${path}/decision`, {
      json: { digest: seen.digest, revision: seen.revision, next: true, execute: true, seen: [1, 2] },
    });
    expect([status, body.code]).toEqual([409, 'stale']);
    expect(body.changes).toMatchObject([{ ordinal: 1, from: 'noise', to: 'keep' }]);
  });

  it('leaks nothing of what broke', async () => {
    await ownerPool.query('ALTER TABLE worker RENAME COLUMN host TO secret_column');
    try {
      const { status, body, text } = await ask('/workers');
      expect([status, body.code]).toEqual([500, 'internal']);
      expect(text).not.toMatch(/column|host|worker|select/i);
    } finally {
      await ownerPool.query('ALTER TABLE worker RENAME COLUMN secret_column TO host');
    }
  });
});

describe('unknown keys', () => {
  it('are refused in a body, in a query and deep in a plan', async () => {
    const batch = await waiting();
    const digest = 'a'.repeat(64);
    const path = `/batches/${batch.batchId}/chunks/1/decision`;
    expect((await ask(path, { json: { digest, next: true, excute: true } })).body).toMatchObject({
      code: 'invalid',
      detail: expect.stringMatching(/excute/),
    });
    expect((await ask('/batches?page=2')).body).toMatchObject({ code: 'invalid', detail: expect.stringMatching(/page/) });
    expect((await ask(`/batches/${batch.batchId}/pause?force=1`, { method: 'POST' })).body).toMatchObject({ code: 'invalid' });
    expect((await ask(`/batches/${batch.batchId}/receipts?form=csv`)).body).toMatchObject({ code: 'invalid' });
    const plan = {
      classifier: { kind: 'rules', otherwise: 'a' },
      categories: [{ name: 'a', colour: 'red' }],
      chunking: { by: 'size' },
    };
    const { body } = await ask('/batches/preview', { json: { datasetId: batch.datasetId, plan } });
    expect(body).toMatchObject({
      code: 'invalid',
      problems: [{ path: 'categories.0', message: expect.stringMatching(/colour/) }],
    });
  });

  it('named __proto__ or constructor never get in', async () => {
    const { batchId } = await waiting();
    for (const body of [
      '{"digest":"x","__proto__":{"execute":true}}',
      '{"a":{"__proto__":1}}',
      '{"constructor":{"prototype":{"execute":true}}}',
    ]) {
      const headers = { ...bearer, 'content-type': 'application/json' };
      expect((await ask(`/batches/${batchId}/chunks/1/decision`, { body, headers })).body).toMatchObject({
        status: 400,
        code: 'invalid',
      });
    }
  });
});

describe('a body', () => {
  const path = `/batches/${randomUUID()}/decision`;

  it('above its limit is refused, whatever its length header says', async () => {
    const body = `[${'1,'.repeat(API_BODY_BYTES_MAX / 2)}1]`;
    const headers = { ...bearer, 'content-type': 'application/json' };
    expect((await ask(path, { body, headers })).body).toMatchObject({ status: 413, code: 'too_large' });
    expect(
      (await ask(path, { body: '{}', headers: { ...headers, 'content-length': String(API_BODY_BYTES_MAX + 1) } })).status,
    ).toBe(413);
  });

  it('that is not JSON is refused, by its type or by its content', async () => {
    expect(
      (await ask(path, { body: 'a=1', headers: { ...bearer, 'content-type': 'application/x-www-form-urlencoded' } })).body,
    ).toMatchObject({
      status: 415,
      code: 'unsupported',
    });
    expect((await ask(path, { body: '{"a":', headers: { ...bearer, 'content-type': 'application/json' } })).status).toBe(400);
    expect(
      (await ask(path, { body: new Uint8Array([34, 255, 34]), headers: { ...bearer, 'content-type': 'application/json' } }))
        .status,
    ).toBe(400);
  });
});

describe('paths', () => {
  it('that are not there answer 404, and methods that they do not take 405 with Allow', async () => {
    expect((await ask('/nothing')).body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await ask(`/batches/${randomUUID()}/undo`, { method: 'POST' })).status).toBe(404);
    const { status, headers, body } = await ask('/batches', { method: 'DELETE' });
    expect([status, headers.get('allow'), body.code]).toEqual([405, 'GET, HEAD, POST', 'method_not_allowed']);
    expect((await ask('/batches/preview')).headers.get('allow')).toBe('POST');
  });

  it('answer HEAD as GET without a body', async () => {
    const { status, text } = await ask('/batches', { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
  });
});

describe('lists', () => {
  it('are paged by cursor without missing or repeating any', async () => {
    const { batchId } = await seedBatch(pool, {
      chunks: Array.from({ length: 7 }, () => ({ state: 'queued' as const, items: mails(1) })),
    });
    const seen: number[] = [];
    for (let path = `/batches/${batchId}/chunks?limit=3`; ; ) {
      const { body } = await ask(path);
      seen.push(...body.items.map(({ number }: { number: number }) => number));
      if (body.next === null) break;
      path = `/batches/${batchId}/chunks?limit=3&cursor=${encodeURIComponent(body.next)}`;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuse a limit that is none and a cursor of another list', async () => {
    for (const query of ['limit=0', 'limit=501', 'limit=ten', 'limit=1.5', 'limit=1&limit=2', 'cursor=nonsense']) {
      expect((await ask(`/batches?${query}`)).body, query).toMatchObject({ status: 400, code: 'invalid' });
    }
  });
});

describe('a checkpoint over the API', () => {
  it('gives counts, samples and a digest; a decision bound to it is taken, and its receipt says that it came so', async () => {
    const { batchId } = await waiting();
    const path = `/batches/${batchId}/chunks/1`;
    const { body } = await ask(path);
    expect(body).toMatchObject({
      state: 'awaiting_review',
      total: 6,
      counts: { noise: 4, keep: 2 },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const seen = body.samples.map(({ ordinal }: { ordinal: number }) => ordinal);
    expect(seen).toHaveLength(6);
    const decision = { digest: body.digest, revision: body.revision, next: true, execute: true, seen };
    expect((await ask(`${path}/decision`, { json: decision })).body).toMatchObject({ decided: [1], dropped: [] });
    const { rows } = await pool.query("SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision'", [batchId]);
    expect(JSON.parse(rows[0].body)).toMatchObject({ by: 'key:env', via: 'api', seenCount: 6 });
  });

  it('splits what was seen among the chunks of one decision, so that each receipt counts its own', async () => {
    const chunks = [2, 3].map((count) => ({ state: 'awaiting_review' as const, items: mails(count) }));
    const { batchId } = await seedBatch(pool, { chunks });
    const shown = await Promise.all([1, 2].map((number) => ask(`/batches/${batchId}/chunks/${number}`)));
    const named = shown.map(({ body }, index) => ({ number: index + 1, digest: body.digest }));
    const { body } = await ask(`/batches/${batchId}/decision`, {
      json: { chunks: named, seen: [1, 3, 4, 5, 999], next: true, execute: true },
    });
    expect(body).toMatchObject({ decided: [1, 2], dropped: [] });
    const { rows } = await pool.query("SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision' ORDER BY chunk", [
      batchId,
    ]);
    expect(rows.map((row) => JSON.parse(row.body).seenCount)).toEqual([1, 3]);
  });

  it('takes two signatures from two actors, says whose the first was, and takes none twice', async () => {
    const plan = { gates: { approvals: 2 as const } };
    const { batchId } = await seedBatch(pool, { plan, chunks: [{ state: 'awaiting_review', items: mails(2) }] });
    const path = `/batches/${batchId}/chunks/1`;
    const { body: shown } = await ask(path);
    expect(shown.two).toEqual({ first: null, refused: null, notYou: 'key' });
    const cookie = { ...(await cookieOf('reviewer')), origin: SITE };
    const sign = (headers?: Record<string, string>) =>
      ask(`${path}/decision`, {
        ...(headers && { headers }),
        json: { digest: shown.digest, seen: [1, 2], next: false, execute: true },
      });
    expect((await sign(cookie)).body).toMatchObject({ decided: [1] });
    expect((await ask(path)).body).toMatchObject({
      state: 'awaiting_second',
      digest: shown.digest,
      two: { first: { by: 'Bo', seenCount: 2, marksSince: 0 }, refused: null, notYou: 'key' },
    });
    expect((await ask(path, { headers: cookie })).body.two.notYou).toBe('signed');
    expect(await sign(cookie)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await sign()).toMatchObject({ status: 403, body: { detail: expect.stringContaining('an API key is none') } });
    const other = { ...(await cookieOf('operator')), origin: SITE };
    expect((await sign(other)).body).toMatchObject({ decided: [1] });
    expect(await sign(other)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await ask(path)).body.state).toBe('approved');
  });

  it('keeps a field that is called __proto__', async () => {
    const fields = JSON.parse('{"__proto__": "kept", "subject": "x"}');
    const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [{ fields, category: 'keep' }] }] });
    const { text } = await ask(`/batches/${batchId}/chunks/1/items`);
    expect(text).toContain('"__proto__":"kept"');
  });
});
