/** What is sent, seen in full before it is approved and found in full after it was sent; and the No at the first few. */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asOutcome, createApiClient } from '#components/api-client.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { REQUEST_SHOWN_BYTES } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import type { ItemRequest } from '#lib/shapes/requests.ts';
import { refuseRest } from '#lib/steps/checkpoints/refuse-rest.ts';
import { readReceiptInFull } from '#lib/steps/receipts/read-receipt.ts';
import { lookAtTarget } from '#lib/steps/requests/look-at-target.ts';
import { readItemRequest } from '#lib/steps/requests/read-item-request.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates, counters, leasesCount, steps, workUntil } from '#test/fixtures/started-batch.ts';
import { answerApi } from './answer.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
const { pool } = await testDatabase();
beforeAll(() => leasesCount(pool));

const api = createApiClient('http://127.0.0.1:3000', (request) => {
  request.headers.set('authorization', `Bearer ${process.env.ADMIN_API_KEY}`);
  return answerApi(request);
});
const AUDITOR: Actor = { ...ADA, role: 'auditor' };

type Got = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
const got: Got[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    got.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    if (method === 'GET' && url.endsWith('/slow')) return;
    response.writeHead(method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    response.end(method === 'GET' ? '{"state":"inbox","subject":"Weekly deals"}' : `{"id":"t-${got.length}"}`);
  });
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const plan: Partial<PlanInput> = {
  classifier: { kind: 'rules', rules: [], otherwise: 'send' },
  categories: [
    {
      name: 'send',
      action: {
        ...{ connector: 'http', do: 'POST' },
        with: {
          url: `${origin}/mails/{{id}}/archive`,
          headers: { 'X-Mark': 'secret:3f2a' },
          body: { state: 'archived', subject: '{{subject}}', text: '{{text}}' },
          undo: { do: 'DELETE', url: `${origin}/mails/{{id}}/archive` },
          inspect: { url: `${origin}/mails/{{id}}`, happened: { json: { '/state': 'archived' } } },
        },
      },
    },
    { name: 'task', action: { connector: 'task', do: 'create', with: { title: 'Call {{subject}}', body: 'About {{text}}' } } },
    { name: 'shelve', action: { connector: 'shelf', do: 'archive', with: { shelf: 'old' } } },
    { name: 'label', action: { connector: 'none', do: 'label' } },
    { name: 'keep' },
  ],
  execution: { first: 3, concurrency: 1 },
  receiptFields: ['subject'],
};

const item = (id: string, subject: string, category = 'send', text = 'hello'): SeedItem => ({
  fields: { id, subject, text, other: id },
  category,
});

async function reviewed(...items: SeedItem[]): Promise<string> {
  const { batchId } = await seedBatch(pool, { plan, chunks: [{ state: 'awaiting_review', items }] });
  return batchId;
}

async function decide(id: string, answers: object) {
  const { digest, samples } = await api.chunks.read({ id, n: 1 });
  const seen = samples.map(({ ordinal }) => ordinal);
  return api.chunks.decide({ params: { id, n: 1 }, body: { digest: digest ?? '', seen, ...answers } });
}

const keyIn = ({ request }: Pick<ItemRequest, 'request'>) =>
  request?.form === 'message' && request.headers.find(({ name }) => name === 'idempotency-key');

const comesTo = (id: string, ...states: string[]) =>
  workUntil(pool, async () => (await chunkStates(pool, id)).every((state) => states.includes(state)));

describe('before the decision', () => {
  it('the request of an item is shown in full, to the header and the byte, and what is there now is asked only when somebody asks', async () => {
    const id = await reviewed(item('7 7', 'Weekly\u0007 \u202Edeals'), item('8', 'Second'));
    const before = got.length;
    const shown = await api.chunks.request({ id, n: 1, ordinal: 1 });
    // The database keeps the members of a plan in an order of its own: the shorter names first.
    const body = '{"text":"hello","state":"archived","subject":"Weekly\\u0007 \u202Edeals"}';
    expect(shown).toMatchObject({
      ...{
        ordinal: 1,
        category: 'send',
        approved: false,
        problem: null,
        canLook: true,
        action: { do: 'POST', effect: 'undoable' },
      },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      request: {
        ...{ form: 'message', method: 'POST', address: `${origin}/mails/7%207/archive`, done: null },
        body: {
          text: body,
          bytes: Buffer.byteLength(body),
          cut: false,
          pretty: expect.stringContaining('\n  "state": "archived",\n'),
        },
        headers: expect.arrayContaining([
          { name: 'x-mark', value: 'secret:3f2a', note: null },
          { name: 'idempotency-key', value: null, note: expect.stringContaining('made when it is sent') },
        ]),
      },
    });
    expect(got).toHaveLength(before);
    expect(await api.chunks.look({ params: { id, n: 1, ordinal: 1 } })).toEqual({
      ...{
        says: 'answer',
        status: 'HTTP 200',
        about: ['content-type: application/json'],
        body: '{"state":"inbox","subject":"Weekly deals"}',
      },
      differs: [
        { at: '/text', now: null, will: '"hello"' },
        { at: '/state', now: '"inbox"', will: '"archived"' },
        { at: '/subject', now: '"Weekly deals"', will: JSON.stringify('Weekly\u0007 \u202Edeals') },
      ],
    });
    expect(got.slice(before).map(({ method, url }) => [method, url])).toEqual([['GET', '/mails/7%207']]);
  });

  it('a task, a shelf, a label and a category without an action each say what they are', async () => {
    const id = await reviewed(
      item('1', 'Ada', 'task', 'the\ninvoice'),
      item('2', 'b', 'shelve'),
      item('3', 'c', 'label'),
      item('4', 'd', 'keep'),
    );
    const of = (ordinal: number, category?: string) =>
      api.chunks.request({ id, n: 1, ordinal, ...(category ? { category } : {}) });
    expect((await of(1)).request).toEqual({
      ...{ form: 'text', does: 'Makes a follow-up task', title: 'Call Ada' },
      text: { text: 'About the\ninvoice', bytes: 17, cut: false },
    });
    expect((await of(2)).request).toEqual({ form: 'place', does: 'Puts the item on', place: 'the old shelf' });
    expect(await api.chunks.look({ params: { id, n: 1, ordinal: 2 } })).toEqual({
      says: 'words',
      text: 'The item is not on the old shelf now.',
    });
    expect((await of(3)).request).toEqual({ form: 'nothing' });
    expect(await of(4)).toMatchObject({ action: null, request: null, digest: null, canLook: false });
    // As it would be after a correction that is not made yet.
    expect(await of(4, 'send')).toMatchObject({ category: 'send', request: { address: `${origin}/mails/4/archive` } });
    expect(await asOutcome(of(4, 'nonsense'))).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('no category “nonsense”'),
    });
  });

  it('one request of each category is shown, and in which fields the others differ', async () => {
    const id = await reviewed(item('1', 'a'), item('2', 'b'), item('3', 'c'), item('4', 's', 'shelve'), item('5', 't', 'shelve'));
    expect(await api.chunks.requests({ id, n: 1 })).toMatchObject({
      requests: [
        { ordinal: 1, category: 'send', others: 2, compared: 2, differ: ['id', 'subject'], request: { form: 'message' } },
        { ordinal: 4, category: 'shelve', others: 1, compared: 1, differ: [] },
      ],
    });
  });

  it('a request that can’t be built says why, and one of a megabyte is shown by its beginning unless all of it is asked for', async () => {
    const id = await reviewed(item('', 'no id', 'keep'), item('2', 'large', 'send', 'é'.repeat(400_000)));
    expect(await api.chunks.request({ id, n: 1, ordinal: 1, category: 'send' })).toMatchObject({
      ...{ request: null, digest: null, canLook: false, problem: expect.stringContaining('a part of the URL') },
    });
    expect(await api.chunks.look({ params: { id, n: 1, ordinal: 1 }, body: { category: 'send' } })).toMatchObject({
      says: 'cannot',
    });
    const cut = (await api.chunks.request({ id, n: 1, ordinal: 2 })).request;
    const whole = (await api.chunks.request({ id, n: 1, ordinal: 2, whole: 'true' })).request;
    if (cut?.form !== 'message' || whole?.form !== 'message') throw new Error('Both are messages.');
    expect(cut.body).toMatchObject({ cut: true, pretty: null, bytes: whole.body?.bytes });
    expect(Buffer.byteLength(cut.body?.text ?? '')).toBeGreaterThan(REQUEST_SHOWN_BYTES - 4);
    expect(whole.body?.text.startsWith(cut.body?.text ?? 'x')).toBe(true);
    expect([whole.body?.cut, whole.body?.text.length]).toEqual([
      false,
      400_000 + '{"state":"archived","subject":"large","text":""}'.length,
    ]);
  });

  it('what is not there, not classified or closed is told in words, and an auditor is refused', async () => {
    const id = await reviewed(item('1', 'a'));
    const of = (ordinal: number, n = 1) => asOutcome(api.chunks.request({ id, n, ordinal }));
    expect(await of(2)).toMatchObject({ code: 'not_found' });
    expect(await of(1, 2)).toMatchObject({ code: 'not_found' });
    await pool.query("UPDATE chunk SET state = 'classifying' WHERE batch_id = $1", [id]);
    expect(await of(1)).toMatchObject({ code: 'conflict', message: expect.stringContaining('once all of it is classified') });
    await pool.query("UPDATE chunk SET state = 'closed' WHERE batch_id = $1", [id]);
    expect(await of(1)).toMatchObject({ code: 'conflict', message: expect.stringContaining('Nothing of it is sent') });
    for (const asked of [readItemRequest, lookAtTarget])
      await expect(asked(AUDITOR, { batchId: id, chunk: 1, ordinal: 1 })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('nobody is asked who fails for everybody, or is paused', async () => {
    const id = await reviewed(item('1', 'a'));
    await pool.query(
      `WITH i AS (INSERT INTO incident (id, kind, message) VALUES (gen_random_uuid(), 'target', 'It fails') RETURNING id)
       INSERT INTO breaker (target, state, incident_id) SELECT $1, 'open', id FROM i`,
      [origin],
    );
    const before = got.length;
    expect(await api.chunks.look({ params: { id, n: 1, ordinal: 1 } })).toEqual({
      says: 'cannot',
      why: expect.stringContaining('Nobody sends to'),
    });
    expect(got).toHaveLength(before);
    await pool.query('DELETE FROM breaker');
  });
});

describe('after the decision', () => {
  it('what was seen is what is found: in the frozen request, at the target and on the receipt, with the answer', async () => {
    const id = await reviewed(item('1', 'First'), item('2', 'Second'), item('3', 'Third'));
    const seen = await api.chunks.request({ id, n: 1, ordinal: 1 });
    const before = got.length;
    expect(await asOutcome(decide(id, { next: true, first: 1 }))).toMatchObject({ code: 'invalid' });
    await decide(id, { execute: true, first: 1 });
    await comesTo(id, 'awaiting_release');
    expect(await steps(pool, id)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
    // What waits has no key yet; what went out has its own.
    expect(keyIn(await api.chunks.request({ id, n: 1, ordinal: 2 }))).toEqual(keyIn(seen));
    const found = await api.chunks.request({ id, n: 1, ordinal: 1 });
    const own = { name: 'idempotency-key', value: got[before]?.headers['idempotency-key'], note: null };
    expect(keyIn(found)).toEqual(own);
    const headers = seen.request?.form === 'message' ? seen.request.headers : [];
    expect(found).toEqual({
      ...seen,
      approved: true,
      request: { ...seen.request, headers: headers.map((one) => (one.name === own.name ? own : one)) },
    });
    expect(await asOutcome(api.chunks.requests({ id, n: 1 }))).toMatchObject({
      ...{ code: 'conflict', message: expect.stringContaining('its requests are frozen') },
    });

    const sent = got.slice(before);
    const { request } = seen;
    if (request?.form !== 'message') throw new Error('It is a message.');
    expect(sent.map(({ method, url, body }) => [method, `${origin}${url}`, body])).toEqual([
      [request.method, request.address, request.body?.text],
    ]);
    for (const { name, value } of request.headers) if (value !== null) expect(sent[0]?.headers[name]).toBe(value);

    const receipt = await api.receipts.read({ id, receipt: '1-3' });
    expect(receipt).toMatchObject({
      ...{ kind: 'outcome', result: 'succeeded', withheld: false, requestDigest: seen.digest, body: { v: 2 } },
      answer: expect.stringMatching(/^HTTP 201\ncontent-type: application\/json\n\n\{"id":"t-\d+"\}$/),
      request: { address: request.address, body: request.body },
    });
    expect(keyIn(receipt)).toEqual(own);
    expect(await readReceiptInFull(AUDITOR, { batchId: id, chunk: 1, seq: 3 })).toMatchObject({
      ...{ request: null, answer: null, withheld: true, requestDigest: seen.digest, fields: { subject: 'First' } },
    });
    expect(await asOutcome(api.receipts.read({ id, receipt: '1-99' }))).toMatchObject({ code: 'not_found' });
    expect(await asOutcome(api.receipts.read({ id, receipt: 'x' }))).toMatchObject({ code: 'invalid' });
  });

  it('a No at the first few sends nothing more, and makes the undo of what was done, whose requests are shown too', async () => {
    const id = await reviewed(item('1', 'First'), item('2', 'Second'), item('3', 'Third'));
    expect(await asOutcome(api.chunks.refuseRest({ params: { id, n: 1 } }))).toMatchObject({ code: 'conflict' });
    await decide(id, { execute: true, first: 1 });
    await comesTo(id, 'awaiting_release');
    const headers = { 'idempotency-key': 'no-1' };
    const said = await api.chunks.refuseRest({ params: { id, n: 1 }, headers });
    expect(said).toEqual({ chunks: [1], undo: { id: expect.any(String), chunk: 1 }, notUndone: null });
    expect(await api.chunks.refuseRest({ params: { id, n: 1 }, headers })).toEqual(said);
    expect(await chunkStates(pool, id)).toEqual(['cancelled']);
    expect(await counters(pool, id)).toMatchObject({ approved: 3, done: 1, notExecuted: 2, inFlight: 0 });
    const { sum } = await api.batches.read({ id });
    expect(sum).toMatchObject({ approved: 3, done: 1, notExecuted: 2, addsUp: true });

    const undo = said.undo?.id ?? '';
    await comesTo(undo, 'awaiting_review');
    const own = await api.chunks.request({ id: undo, n: 1, ordinal: 1 });
    expect(own).toMatchObject({
      request: { form: 'message', method: 'DELETE', address: `${origin}/mails/1/archive`, body: null },
    });
    expect((await api.chunks.requests({ id: undo, n: 1 })).requests).toMatchObject([{ ordinal: 1, others: 0, differ: null }]);
  });

  it('whoever may not undo leaves the rest unsent all the same, and is told who can', async () => {
    const id = await reviewed(item('1', 'First'), item('2', 'Second'));
    await decide(id, { execute: true, first: 1 });
    await comesTo(id, 'awaiting_release');
    expect(await refuseRest(BO, { batchId: id, chunk: 1 })).toEqual({
      chunks: [1],
      undo: null,
      notUndone: expect.stringContaining('operator'),
    });
    expect(await chunkStates(pool, id)).toEqual(['cancelled']);
    await expect(refuseRest(BO, { batchId: id, chunk: 1 })).rejects.toMatchObject({ code: 'conflict' });

    // The other one goes back to review, once however often the same is asked.
    const headers = { 'idempotency-key': 'again-1' };
    const again = await api.batches.reviewAgain({ params: { id }, headers, body: { chunks: [1] } });
    expect(again).toMatchObject({ state: 'proposed', restOf: { id, chunks: [1] }, chunks: [{ itemCount: 1 }] });
    expect((await api.batches.reviewAgain({ params: { id }, headers, body: { chunks: [1] } })).id).toBe(again.id);
    expect(await asOutcome(api.batches.reviewAgain({ params: { id }, body: {} }))).toMatchObject({
      ...{ code: 'conflict', facts: { batches: [{ id: again.id, name: again.name }] } },
    });
  });

  it('a No ends every chunk of the approval, and no other', async () => {
    const { batchId: id } = await seedBatch(pool, {
      plan,
      chunks: ['a', 'b', 'c'].map((name) => ({
        name,
        state: 'awaiting_review' as const,
        items: [item(`${name}1`, name), item(`${name}2`, name)],
      })),
    });
    const chunks = await Promise.all(
      [1, 2].map(async (n) => ({ number: n, digest: (await api.chunks.read({ id, n })).digest ?? '' })),
    );
    await api.batches.decide({ params: { id }, body: { chunks, execute: true, first: 1, override: 'a test' } });
    await workUntil(pool, async () => (await chunkStates(pool, id))[0] === 'awaiting_release');
    expect(await refuseRest(ADA, { batchId: id, chunk: 2, undo: false })).toEqual({
      chunks: [1, 2],
      undo: null,
      notUndone: null,
    });
    expect(await chunkStates(pool, id)).toEqual(['cancelled', 'cancelled', 'awaiting_review']);
    expect(Object.keys(await steps(pool, id))).toEqual(['1']);
  });
});
