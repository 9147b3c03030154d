/** One attempt, sent again under its own key: what a target that honours keys has not settled, over http and with real receipts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, chunkStates, counters, leasesCount, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { executeChunk } from './execute-chunk.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

beforeAll(() => leasesCount(pool));
beforeEach(() => {
  // In `npm test` each wait is the shortest that may be drawn.
  if (!FULL) vi.spyOn(Math, 'random').mockReturnValue(0);
});
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  vi.restoreAllMocks();
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
  await pool.query('DELETE FROM breaker');
});

const PATIENT = { first: 0, concurrency: 1, haltAfter: { consecutive: 100, share: 1 } };

/** A busy machine makes no request time out; where one has to, it waits for less. */
const [PATIENT_MS, SHORT_MS] = [20_000, 1_500];

type Options = { execution?: object; honoursKeys?: unknown; timeoutMs?: number };

function sending(url: string, items = 1, { execution = {}, timeoutMs = PATIENT_MS, ...more }: Options = {}) {
  const plan: Partial<PlanInput> = {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [
      {
        name: 'send',
        action: {
          ...{ connector: 'http', do: 'POST', honoursKeys: true },
          with: { url: `${url}/{{subject}}`, body: {}, timeoutMs },
          ...(more as object),
        },
      },
    ],
    chunking: { by: 'size' },
    execution: { ...PATIENT, ...execution },
    receiptFields: ['subject'],
  };
  const own = Array.from({ length: items }, (_, index) => ({ fields: { subject: `m${index + 1}` }, category: 'send' }));
  return seedBatch(pool, { plan, chunks: [{ state: 'executing', items: own }] });
}

const until =
  ({ batchId }: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

const reasons = async ({ batchId }: SeededBatch): Promise<(string | null)[]> =>
  (
    await pool.query<{ reason: string | null }>(
      "SELECT convert_from(body, 'UTF8')::json ->> 'reason' AS reason FROM receipt WHERE batch_id = $1 AND kind = 'outcome' ORDER BY seq",
      [batchId],
    )
  ).rows.map(({ reason }) => reason);

type Answer = number | 'reset' | 'garbage' | 'silence';

/** Answers one after the other, the last one for ever. */
const saying =
  (...answers: Answer[]) =>
  async (request: IncomingMessage, count: number, response: ServerResponse): Promise<number> => {
    const answer = answers[Math.min(count, answers.length) - 1] ?? 500;
    if (typeof answer === 'number') return answer;
    if (answer === 'garbage') request.socket.end('HTTP/9 what\r\n\r\n');
    if (answer === 'reset') request.socket.destroy();
    if (answer === 'silence') await new Promise((resolve) => response.on('close', resolve));
    return 200;
  };

/** Sends one item per list of answers, all at once, and gives the receipts and the keys of each, in their order. */
async function sendEach(lists: Answer[][], execution: object = {}) {
  const tries = lists.map(() => 0);
  const { url, seen } = await target((request, _count, response) => {
    const at = numberOf(request.url) - 1;
    tries[at] = (tries[at] ?? 0) + 1;
    return saying(...(lists[at] ?? []))(request, tries[at], response);
  });
  const timeoutMs = lists.flat().includes('silence') ? SHORT_MS : PATIENT_MS;
  const batch = await sending(url, lists.length, { timeoutMs, execution: { concurrency: lists.length, ...execution } });
  await workUntil(pool, until(batch, 'done', 'unresolved', 'halted'));
  const all = await steps(pool, batch.batchId);
  return lists.map((answers, at) => {
    const keys = seen.filter(({ url: path }) => numberOf(path) === at + 1).map(({ key }) => key);
    return { answers, steps: all[at + 1], sent: keys.length, keys: new Set(keys).size };
  });
}

const numberOf = (path = ''): number => Number(path.slice('/m'.length));
const SUCCEEDED = ['intent', 'outcome:succeeded'];

test('after an answer that settles nothing the same attempt goes out again under the same key, and its success is the one outcome', async () => {
  const firsts: Answer[] = [408, 500, 503, 'reset', 'garbage', 'silence', 303];
  const lists = firsts.map((first): Answer[] => [first, 201]);
  expect(await sendEach(lists)).toEqual(lists.map((answers) => ({ answers, steps: SUCCEEDED, sent: 2, keys: 1 })));
});

test('while the target says that it is still at it, it is waited for', async () => {
  const lists: Answer[][] = [[409, 201], [425, 425, 201], atSize<Answer[]>(['silence', 409, 201], ['silence', 409, 425, 201])];
  // Being at it is no failure: with a budget of two, only the silence counts.
  const found = await sendEach(lists, { haltAfter: { consecutive: 2, share: 1 } });
  expect(found).toEqual(lists.map((answers) => ({ answers, steps: SUCCEEDED, sent: answers.length, keys: 1 })));
});

test('a conflict that stays one, where nothing may have acted, has failed', async () => {
  const { url, seen } = await target(saying(409));
  const batch = await sending(url, 1, { execution: { retry: { attempts: 1 } } });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:failed'] });
  expect(seen).toHaveLength(2);
});

test('it is repeated as often as the plan grants attempts, and then uncertain for what it was first', async () => {
  const answers = atSize<Answer[]>(['reset', 409, 429], ['reset', 500, 409, 429]);
  const { url, seen } = await target(saying(...answers, 201));
  const batch = await sending(url, 1, { execution: { retry: { attempts: answers.length - 1 } } });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
  expect(await reasons(batch)).toEqual(['reset']);
  expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
  expect(seen).toHaveLength(answers.length);
});

test('a refusal of the repeat ends the repeats, and not the doubt', async () => {
  const { url, seen } = await target(saying(500, 404));
  const batch = await sending(url);
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
  expect(await reasons(batch)).toEqual(['http_500']);
  expect(seen).toHaveLength(2);
});

test('a target that keeps no keys is sent nothing again, neither after a 500 nor after a 408', async () => {
  const { url, seen } = await target((_request, count) => (count === 1 ? 408 : 500));
  const batch = await sending(url, 2, { honoursKeys: false });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'], 2: ['intent', 'outcome:uncertain'] });
  expect(await reasons(batch)).toEqual(['http_408', 'http_500']);
  expect(seen).toHaveLength(2);
});

test('after a definite refusal the next attempt has a key of its own: a target that replays what it said to the old one does not stop it', async () => {
  const stored = new Map<string, number>();
  const refused = new Set<string>();
  const { url, seen } = await target((request) => {
    const [key, path] = [String(request.headers['idempotency-key']), request.url ?? ''];
    const says = stored.get(key) ?? (refused.has(path) ? 201 : 429);
    refused.add(path);
    stored.set(key, says);
    return says;
  });
  // Some of them must wait for less than a second, in their slots, as with the shortest wait all do: a chunk whose next send is further off is given back, and
  // read anew.
  const items = atSize(3, 9);
  const batch = await sending(url, items, { execution: { concurrency: items } });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  const own = ['intent', 'outcome:failed', 'intent', 'outcome:succeeded'];
  expect(await steps(pool, batch.batchId)).toEqual(Object.fromEntries(Array.from({ length: items }, (_, at) => [at + 1, own])));
  expect([seen.length, new Set(seen.map(({ key }) => key)).size]).toEqual([2 * items, 2 * items]);
});

test('each repeat is counted: a target that only fails is not sent more than the budget, and its breaker opens', async () => {
  const { url, seen } = await target(saying(500));
  const batch = await sending(url, 9, { execution: { haltAfter: { consecutive: 3, share: 1 }, retry: { attempts: 9 } } });
  await workUntil(pool, until(batch, 'halted'));
  expect(seen).toHaveLength(3);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
  expect((await pool.query('SELECT target FROM breaker')).rows).toEqual([{ target: new URL(url).origin }]);
});

test('a pause ends the wait for a repeat: the action is uncertain for what it was, and nothing is sent again', async () => {
  const { url, seen } = await target((_request, _count, response) => {
    response.setHeader('Retry-After', '50');
    return 503;
  });
  const batch = await sending(url);
  let asked = 0;
  await workUntil(pool, async () => {
    if (seen.length === 1 && asked === 0) {
      await pause(ADA, { batchId: batch.batchId });
      asked = performance.now();
    }
    return asked > 0 && (await until(batch, 'paused', 'unresolved')());
  });
  // Less than what the target asked for.
  expect(performance.now() - asked).toBeLessThan(45_000);
  expect(await reasons(batch)).toEqual(['http_503']);
  await resume(ADA, { batchId: batch.batchId }).catch(() => {});
  await workUntil(pool, until(batch, 'unresolved'));
  expect(seen).toHaveLength(1);
  expect(await counters(pool, batch.batchId)).toMatchObject({ uncertain: 1, inFlight: 0 });
});

test('a worker that is asked to end while it waits leaves the intent to its heir, who repeats it under the same key', async () => {
  const { url, seen } = await target((_request, count, response) => {
    if (count === 1) response.setHeader('Retry-After', '50');
    return count === 1 ? 503 : 201;
  });
  const batch = await sending(url);
  await workUntil(pool, async () => seen.length === 1);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent'] });
  await workUntil(pool, until(batch, 'done', 'unresolved'));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
  expect(seen[1]).toEqual(seen[0]);
});

test('a worker whose lease ends while the request is out tells nothing of it, and its heir repeats it', async () => {
  const { url, seen } = await target(saying('silence', 201));
  const batch = await sending(url);
  const handled: string[] = [];
  await workUntil(pool, until(batch, 'done', 'unresolved'), {
    executing: async (task) => {
      if (handled.length > 0) return executeChunk(task);
      const gone = new AbortController();
      const froze = setInterval(() => seen.length > 0 && gone.abort(), 10);
      const lease = { ...task.lease, valid: () => !gone.signal.aborted, signal: gone.signal };
      handled.push(await executeChunk({ ...task, lease }));
      clearInterval(froze);
      await pool.query('UPDATE chunk SET lease_until = NULL WHERE id = $1', [task.claim.chunkId]);
      return 'lost';
    },
  });
  expect(handled).toEqual(['lost']);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
  expect(seen).toHaveLength(2);
  expect(seen[1]).toEqual(seen[0]);
});
