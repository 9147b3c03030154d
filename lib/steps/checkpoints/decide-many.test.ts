/** One decision over many chunks, the hostile way: others who decide, correct and crash meanwhile. */
import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { expect, test, vi } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { decisionRoot, manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { chunkFrom } from '#lib/core/lifecycle.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { type DecisionBody, readReceipt } from '#lib/ledger/receipt.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { carryOut, leaveKey, takeKey } from '#lib/store/api/api-writes.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { correct } from './correct.ts';
import { type DecideInput, decide } from './decide.ts';
import { readCheckpoint } from './read-checkpoint.ts';

const { pool, ownerPool, superPool } = await testDatabase();

/** More rows than are held back until their chunk is judged: some of them are written before. */
const LARGE = 5_500;
/** So many that they are written twice before, and the rest behind; in `npm test` the LARGE ones below are written before. */
const VERY_LARGE = atSize(20, 11_000);

const CATEGORIES: PlanInput['categories'] = [
  { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
  { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subject}}' } } },
  { name: 'keep' },
];

const some = (count: number, category = 'noise'): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `${category} ${index} ${randomUUID()}` }, category }));

/** For what comes as soon as the machine has time; how long that takes decides nothing. */
const SOON = { timeout: 90_000, interval: 20 };

/** Chunks in review with so many items each; or with the items that are given. */
async function reviewed(chunks: (number | SeedItem[])[], plan: Partial<PlanInput> = {}): Promise<SeededBatch> {
  return seedBatch(pool, {
    plan: { categories: CATEGORIES, execution: { first: 2 }, receiptFields: ['subject'], ...plan },
    chunks: chunks.map((items) => ({
      state: 'awaiting_review' as const,
      items: typeof items === 'number' ? some(items) : items,
    })),
  });
}

type On = DecideInput['chunks'];

/** What a script lists before it decides: numbers, digests and revisions. */
async function listed({ batchId }: SeededBatch, actor: Actor = ADA): Promise<On> {
  const on: On = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readChunks>> = await readChunks(actor, { batchId, cursor, limit: 500 });
    on.push(...(page?.items ?? []).map(({ number, digest, revision }) => ({ number, digest: digest ?? '', revision })));
    cursor = page?.next ?? null;
    if (cursor === null) return on;
  }
}

const approve = (actor: Actor, { batchId }: SeededBatch, chunks: On, more: Partial<DecideInput> = {}) =>
  decide(actor, { batchId, chunks, next: true, execute: true, override: 'a test looks at nothing', ...more });

const states = ({ batchId }: SeededBatch) => chunkStates(pool, batchId);

type Stored = { decisionId: string; number: number; revision: number; digest: string };

/** What decisions cover of the batch, by chunk. */
async function decided({ batchId }: SeededBatch): Promise<Stored[]> {
  const { rows } = await pool.query<Stored>(
    `SELECT d.decision_id AS "decisionId", c.number, d.revision, encode(d.digest, 'hex') AS digest
     FROM decision_chunk d JOIN chunk c ON c.id = d.chunk_id WHERE c.batch_id = $1 ORDER BY c.number`,
    [batchId],
  );
  return rows;
}

async function receipts({ batchId }: SeededBatch): Promise<DecisionBody[]> {
  const { rows } = await pool.query<{ body: Buffer }>(
    "SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision' ORDER BY chunk, seq",
    [batchId],
  );
  return rows.map(({ body }) => readReceipt(body) as DecisionBody);
}

/** The digests of what is frozen, by chunk, hashed here from the rows. */
async function frozen({ batchId }: SeededBatch): Promise<Map<number, string>> {
  const { rows } = await pool.query(
    `SELECT c.number, m.ordinal, m.category, m.connector, m.connection, m."do", m.version, encode(m.request_digest, 'hex') AS request,
       encode(m.item_digest, 'hex') AS item
     FROM manifest_row m JOIN chunk c ON c.id = m.chunk_id WHERE c.batch_id = $1 ORDER BY m.ordinal`,
    [batchId],
  );
  const digests = new Map<number, string>();
  for (const [number, own] of Map.groupBy(rows, (row) => row.number)) {
    const hasher = manifestHasher();
    for (const { ordinal, category, connector, connection, do: verb, version, request, item } of own)
      hasher.add({ ordinal, category, action: connector && { connector, connection, do: verb, version }, request, item });
    digests.set(number, hasher.digest());
  }
  return digests;
}

/** Each decision's root, receipts and frozen rows say the same of the same chunks. */
async function isWhole(batch: SeededBatch): Promise<void> {
  const [stored, bodies, digests] = [await decided(batch), await receipts(batch), await frozen(batch)];
  expect(bodies.map(({ chunk, decision }) => ({ number: chunk, decisionId: decision }))).toEqual(
    stored.map(({ number, decisionId }) => ({ number, decisionId })),
  );
  expect(digests).toEqual(new Map(stored.map(({ number, digest }) => [number, digest])));
  for (const [decisionId, own] of Map.groupBy(stored, (one) => one.decisionId)) {
    const root = decisionRoot(own);
    expect(new Set(bodies.filter(({ decision }) => decision === decisionId).map((body) => body.root))).toEqual(new Set([root]));
    const { rows } = await pool.query("SELECT encode(root, 'hex') AS root FROM decision WHERE id = $1", [decisionId]);
    expect(rows).toEqual([{ root }]);
  }
}

/** Nothing of any decision. */
async function isUntouched(batch: SeededBatch): Promise<void> {
  expect(new Set(await states(batch))).toEqual(new Set(['awaiting_review']));
  expect([await decided(batch), await receipts(batch), (await frozen(batch)).size]).toEqual([[], [], 0]);
  const { rows } = await pool.query('SELECT FROM decision WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([]);
}

test('every size of chunk, in one decision with one root: what is frozen is what was listed', async () => {
  const batch = await reviewed([0, 1, 999, 1, 1_000, 1_001, 3, VERY_LARGE, atSize(9, 2_500), 0, 7]);
  const on = await listed(batch);
  const { decided: numbers, dropped } = await approve(ADA, batch, on);
  expect([numbers, dropped]).toEqual([on.map(({ number }) => number), []]);
  const empty = manifestHasher().digest();
  const digests = await frozen(batch);
  expect(on.map(({ number, digest }) => digest === (digests.get(number) ?? empty))).toEqual(on.map(() => true));
  expect(new Set((await receipts(batch)).map(({ root }) => root)).size).toBe(1);
});

test('no item is left out of a manifest, whatever the chunk says how many it has', async () => {
  const batch = await reviewed([3, atSize(1_100, 2_500), 3, atSize(1_050, 1_500)]);
  const before = await listed(batch);
  for (const [number, said] of [
    [1, 900],
    [2, 1],
    [3, 0],
    [4, 5_000],
  ])
    await pool.query('UPDATE chunk SET item_count = $3, manifest_digest = NULL WHERE batch_id = $1 AND number = $2', [
      ...[batch.batchId, number, said],
    ]);
  expect(await listed(batch)).toEqual(before);
  expect((await approve(ADA, batch, before)).dropped).toEqual([]);
  await isWhole(batch);
});

test('of two people who decide on overlapping chunks at once, each chunk is decided by one of them', async () => {
  const third = atSize(8, 30);
  const batch = await reviewed(Array.from({ length: 3 * third }, () => 3));
  const on = await listed(batch);
  const both = await Promise.all([approve(ADA, batch, on.slice(0, 2 * third)), approve(BO, batch, on.slice(third))]);
  expect(both.flatMap((one) => one.decided).sort((a, b) => a - b)).toEqual(on.map(({ number }) => number));
  const dropped = both.flatMap((one) => one.dropped);
  expect(dropped.map(({ number }) => number)).toEqual(Array.from({ length: third }, (_, index) => third + 1 + index));
  expect(dropped[0]?.why).toBe(`Chunk ${third + 1} is now “approved”. Nothing was decided.`);
  expect(new Set(await states(batch))).toEqual(new Set(['approved']));
  await isWhole(batch);
});

test('a chunk that was corrected meanwhile is refused by name and leaves nothing, a large one too; the first ones are counted without it', async () => {
  const [kept, others] = [atSize(4, LARGE), atSize(24, 300)];
  const tasks = some(LARGE, 'task');
  const batch = await reviewed([3, kept, tasks, ...Array.from({ length: others }, () => 3)]);
  const { batchId } = batch;
  const on = await listed(batch);
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  await correct(BO, { batchId, chunk: 3, corrections: [{ ordinal: kept + 5, category: 'keep' }] });
  const late = others - 20;
  await correct(BO, {
    batchId,
    chunk: late,
    corrections: [{ ordinal: 3 + kept + LARGE + 3 * (late - 4) + 2, category: 'task' }],
  });
  const answer = await approve(ADA, batch, on);
  const refused = [1, 3, late];
  expect(answer.dropped.map(({ number }) => number)).toEqual(refused);
  expect(answer.dropped[2]?.why).toMatch(/ moved 1 item to task while you looked\. Nothing was approved\.$/);
  expect(answer.decided).toEqual(on.map(({ number }) => number).filter((number) => !refused.includes(number)));
  expect((await states(batch)).flatMap((state, index) => (state === 'approved' ? [] : [index + 1]))).toEqual(refused);
  expect([...(await frozen(batch)).keys()].filter((number) => refused.includes(number))).toEqual([]);
  // Of those that were written early, and of those that were held back.
  for (const { fields } of [tasks[3], tasks[LARGE - 1]] as SeedItem[]) {
    const stored = await pool.query("SELECT FROM frozen_request WHERE convert_from(bytes, 'UTF8') LIKE '%' || $1 || '%'", [
      fields.subject,
    ]);
    expect(stored.rowCount).toBe(0);
  }
  const { rows: first } = await pool.query(
    'SELECT c.number, m.ordinal FROM manifest_row m JOIN chunk c ON c.id = m.chunk_id WHERE c.batch_id = $1 AND m.first ORDER BY 2',
    [batchId],
  );
  expect(first).toEqual([
    { number: 2, ordinal: 4 },
    { number: 2, ordinal: 5 },
  ]);
  const { rows: chunks } = await pool.query(
    'SELECT number FROM chunk WHERE batch_id = $1 AND has_first AND approved_actions = item_count AND NOT released',
    [batchId],
  );
  expect(chunks).toEqual([{ number: 2 }]);
  await isWhole(batch);
});

test('a request that can’t be built refuses the whole, however late it is found', async () => {
  const http = { connector: 'http', do: 'POST', with: { url: 'https://example.com/', body: '{{subject}}' } };
  // In `npm test` behind the first page: that nothing is left of what was written before is seen of the one that is killed.
  const late = atSize(1_100, LARGE);
  const batch = await reviewed([2, late], { categories: [{ name: 'noise', action: http }] });
  const long = JSON.stringify({ subject: 'x'.repeat(1024 ** 2) });
  await ownerPool.query('UPDATE item SET fields = $2 WHERE dataset_id = $1 AND ordinal = $3', [batch.datasetId, long, late]);
  expect((await listed(batch)).map(({ digest }) => digest !== '')).toEqual([true, false]);
  const on = await Promise.all(
    [1, 2].map(async (chunk) => {
      const view = await readCheckpoint(ADA, { batchId: batch.batchId, chunk });
      return { number: chunk, digest: view?.digest ?? '' };
    }),
  );
  const refusal = {
    code: 'invalid',
    message: expect.stringMatching(new RegExp(`^Item ${late} \\(noise\\) can't be carried out: .*Move it to another category`)),
  };
  await expect(approve(ADA, batch, on)).rejects.toMatchObject(refusal);
  await expect(approve(ADA, batch, on.slice(1))).rejects.toMatchObject(refusal);
  await isUntouched(batch);
});

test('the rest is not released before the first actions are done, by whichever chunk it is named', async () => {
  const batch = await reviewed([2, 2], { execution: { first: 1 } });
  const on = await listed(batch);
  await approve(ADA, batch, on);
  const release = (chunk: number) =>
    decide(ADA, { batchId: batch.batchId, chunks: [on[chunk - 1] as On[number]], next: false, execute: false, release: true });
  const isAt = (state: string) =>
    pool.query('UPDATE chunk SET state = $2 WHERE batch_id = $1 AND number = 1', [batch.batchId, state]);
  for (const state of ['approved', 'executing', 'halted']) {
    await isAt(state);
    await expect(release(2)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('in chunk 1, are not done yet'),
    });
  }
  await isAt('approved');
  await expect(release(1)).rejects.toMatchObject({ code: 'conflict' });
  await isAt('awaiting_release');
  expect((await release(2)).decided).toEqual([1, 2]);
});

test('what was looked at counts in its own chunk only', async () => {
  const batch = await reviewed([2, 2, 2]);
  const [one, two, three] = await listed(batch);
  const seen = (on: On[number] | undefined, ...ordinals: number[]) => ({ number: 0, digest: '', ...on, seen: ordinals });
  const asked = [seen(one, 1), seen(two, 3, 3, 5), seen(three, 3)];
  await expect(approve(ADA, batch, asked, { override: null })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/^Chunk 3: nobody looked at any item of “noise”/),
  });
  await isUntouched(batch);
  await approve(ADA, batch, [seen(one, 1, 2), seen(two, 3, 3, 5), seen(three, 6)], { override: null });
  expect((await receipts(batch)).map(({ seenCount }) => seenCount)).toEqual([2, 1, 1]);
});

test('killed in the middle it leaves nothing', async () => {
  const batch = await reviewed([3, LARGE, some(atSize(3, LARGE), 'task'), 3]);
  const on = await listed(batch);
  const holder = await superPool.connect();
  try {
    await holder.query('BEGIN');
    // A request of the third chunk: the decision waits for it when two chunks are written already.
    const { rows } = await pool.query<{ title: string }>(
      `SELECT i.fields ->> 'subject' AS title FROM item i WHERE i.dataset_id = $1 AND i.ordinal = $2`,
      [batch.datasetId, 3 + LARGE + 1],
    );
    const bytes = Buffer.from(JSON.stringify({ body: '', title: rows[0]?.title }));
    await holder.query('INSERT INTO frozen_request (digest, bytes) VALUES (sha256($1::bytea), $1)', [bytes]);
    const deciding = approve(ADA, batch, on).catch((error: Error) => error);
    await vi.waitFor(() => somebodyWaitsFor(holder), SOON);
    await superPool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))', [
      pidOf(holder),
    ]);
    expect(await deciding).toBeInstanceOf(Error);
    await holder.query('ROLLBACK');
  } finally {
    holder.release();
  }
  await isUntouched(batch);
  expect((await approve(ADA, batch, on)).decided).toEqual([1, 2, 3, 4]);
  await isWhole(batch);
});

test('a commit whose answer is lost is told as an error; the repeat with the same key hears what was decided', async () => {
  const batch = await reviewed([3, 3]);
  const on = await listed(batch);
  const asked = { actor: ADA.id, key: randomUUID(), path: '/x', digest: Buffer.alloc(32) };
  const deciding = async () => {
    const taken = await takeKey(asked);
    if (taken.kind !== 'taken') throw new Error(`The key is ${taken.kind}.`);
    return carryOut(taken.write, () => approve(ADA, batch, on)).finally(() => leaveKey(asked));
  };
  const goOn = loseCommits();
  await expect(deciding()).rejects.toThrow('Connection terminated unexpectedly');
  goOn();
  expect(await states(batch)).toEqual(['approved', 'approved']);
  const { decisionId, decided: numbers } = await deciding();
  expect((await decided(batch)).map((one) => one.decisionId)).toEqual([decisionId, decisionId]);
  expect(numbers).toEqual([1, 2]);
  await isWhole(batch);
  await expect(approve(ADA, batch, on)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/is now “approved”/),
  });
});

/** From now on each COMMIT is carried out, and its answer does not come. */
function loseCommits(): () => void {
  const connect = pool.connect.bind(pool);
  const patched = async (whenGiven?: unknown): Promise<PoolClient> => {
    // A single statement takes its connection so.
    if (whenGiven) return (connect as (given: unknown) => Promise<PoolClient>)(whenGiven);
    const client = await connect();
    const { query, release } = client;
    client.query = (async (...asked: [string]) => {
      const answer = await (query as (...all: unknown[]) => Promise<unknown>).apply(client, asked);
      if (asked[0] === 'COMMIT') throw new Error('Connection terminated unexpectedly');
      return answer;
    }) as typeof client.query;
    client.release = (error) => {
      Object.assign(client, { query, release });
      release.call(client, error);
    };
    return client;
  };
  Object.assign(pool, { connect: patched });
  return () => Object.assign(pool, { connect });
}

// Two chunks of rows that are written before they are judged, and a deadlock between: at full size only.
if (FULL)
  test('two decisions that want the same new requests in another order are both made', async () => {
    const shelves = [randomUUID(), randomUUID(), randomUUID()];
    const categories = shelves.map((shelf) => ({ name: shelf, action: { connector: 'shelf', do: 'archive', with: { shelf } } }));
    const classifier = { kind: 'rules' as const, rules: [], otherwise: shelves[2] ?? '' };
    const batch = await reviewed([some(LARGE, shelves[0]), some(LARGE, shelves[1])], { classifier, categories });
    const on = await listed(batch);
    const store = (client: PoolClient, shelf = '') =>
      client.query('INSERT INTO frozen_request (digest, bytes) VALUES (sha256($1::bytea), $1)', [
        Buffer.from(JSON.stringify({ do: 'archive', shelf })),
      ]);
    // Not of the application's: the server ends those that wait in a transaction for a minute.
    const [first, other] = [await superPool.connect(), await superPool.connect()];
    try {
      await first.query('BEGIN');
      await store(first, shelves[0]);
      // Of the two it is the decision that finds that they wait for each other.
      await other.query("BEGIN; SET LOCAL deadlock_timeout = '10min'");
      await store(other, shelves[1]);
      const deciding = approve(ADA, batch, on);
      await vi.waitFor(() => somebodyWaitsFor(first), SOON);
      // The other one waits for the decision, which has locked chunks; and then the decision for the other one, which has its second request. The other one waits
      // for the table: a lock that is handed over when the decision is rolled back. A row would be free until somebody takes it, and on a busy machine
      // that is the decision's next try, and the next.
      const waiting = other.query('LOCK TABLE chunk IN EXCLUSIVE MODE');
      await vi.waitFor(() => waitsForSomebody(other), SOON);
      await first.query('COMMIT');
      await waiting;
      await other.query('COMMIT');
      expect((await deciding).decided).toEqual([1, 2]);
    } finally {
      first.release(true);
      other.release(true);
    }
    await isWhole(batch);
  });

const pidOf = (client: PoolClient): number => (client as PoolClient & { processID: number }).processID;

async function somebodyWaitsFor(client: PoolClient): Promise<void> {
  const waiting = await superPool.query('SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))', [pidOf(client)]);
  expect(waiting.rowCount).toBeGreaterThan(0);
}

async function waitsForSomebody(client: PoolClient): Promise<void> {
  const { rows } = await superPool.query('SELECT cardinality(pg_blocking_pids($1)) AS count', [pidOf(client)]);
  expect(rows[0].count).toBeGreaterThan(0);
}

test('chunks of too many items together are refused before any work; a single one never is', async () => {
  const batch = await reviewed([2, 2]);
  const on = await listed(batch);
  await pool.query('UPDATE chunk SET item_count = 3000000 WHERE batch_id = $1', [batch.batchId]);
  await expect(approve(ADA, batch, on)).rejects.toMatchObject({
    code: 'invalid',
    message:
      'These 2 chunks have 6,000,000 items together, and one decision covers at most 5,000,000. Decide on fewer chunks at a time.',
  });
  await isUntouched(batch);
  await pool.query('UPDATE chunk SET item_count = 6000000 WHERE batch_id = $1', [batch.batchId]);
  expect((await approve(ADA, batch, on.slice(0, 1))).decided).toEqual([1]);
});

test('sent back, closed and let pass: all chunks of an answer move together, each with its receipt', async () => {
  const batch = await reviewed(Array.from({ length: 30 }, () => 2));
  const { batchId } = batch;
  const on = await listed(batch);
  await correct(BO, { batchId, chunk: 2, corrections: [{ ordinal: 3, category: 'keep' }] });
  const [back, closed, passed] = [(await listed(batch)).slice(0, 10), on.slice(10, 20), on.slice(20)];
  await decide(ADA, { batchId, chunks: back, sendBack: true, note: 'again' });
  await decide(ADA, { batchId, chunks: closed, close: true });
  await decide(ADA, { batchId, chunks: passed, next: true });
  expect(await states(batch)).toEqual([
    ...back.map(() => 'queued'),
    ...closed.map(() => 'closed'),
    ...passed.map(() => 'awaiting_review'),
  ]);
  const { rows } = await pool.query(
    'SELECT number, revision, classified, note, continued, seq FROM chunk WHERE batch_id = $1 AND number IN (1, 2, 11, 21) ORDER BY number',
    [batchId],
  );
  expect(rows).toEqual([
    { number: 1, revision: 2, classified: 0, note: 'again', continued: false, seq: 1 },
    { number: 2, revision: 3, classified: 1, note: 'again', continued: false, seq: 2 },
    { number: 11, revision: 1, classified: 2, note: null, continued: false, seq: 1 },
    { number: 21, revision: 1, classified: 2, note: null, continued: true, seq: 1 },
  ]);
  expect((await receipts(batch)).map(({ chunk }) => chunk)).toEqual(on.map(({ number }) => number));
});

test('a number is taken only of a chunk in a state and at a revision that the change may find', async () => {
  const batch = await reviewed([1, 1, 1, 1]);
  const [one, two, three, four] = batch.chunks.map(({ id }) => id) as [string, string, string, string];
  await pool.query("UPDATE chunk SET state = 'approved' WHERE id = $1", [four]);
  const asked = [one, two, three, four].map((chunkId) => ({
    chunkId,
    revision: chunkId === two ? 2 : chunkId === three ? null : 1,
  }));
  const change = { from: chunkFrom('close'), says: { decided: 'close' as const, continued: false } };
  expect(await takeSequence(pool, 3, change, asked)).toEqual(
    new Map([
      [one, 3],
      [three, 3],
    ]),
  );
  expect(await states(batch)).toEqual(['closed', 'awaiting_review', 'closed', 'approved']);
});

test('a digest that was remembered by another version is refused once, and listed right then', async () => {
  const batch = await reviewed([2, 2]);
  await listed(batch);
  const wrong = (numbers: number[]) =>
    pool.query("UPDATE chunk SET manifest_digest = sha256('other'::bytea) WHERE batch_id = $1 AND number = ANY($2)", [
      batch.batchId,
      numbers,
    ]);
  await wrong([1]);
  await expect(approve(ADA, batch, (await listed(batch)).slice(0, 1))).rejects.toMatchObject({ code: 'stale' });
  await wrong([2]);
  const answer = await approve(ADA, batch, await listed(batch));
  expect([answer.decided, answer.dropped.map(({ number }) => number)]).toEqual([[1], [2]]);
  expect((await approve(ADA, batch, (await listed(batch)).slice(1))).decided).toEqual([2]);
});
