/** A halted chunk is left as it is: what was not sent stays unsent, whatever else happens to it then, and the sum says so everywhere. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ActionReceiptKind } from '#lib/core/lifecycle.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { haltChunk } from '#lib/store/actions/execution.sql.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { insertIntents, insertOutcomes } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type Seed, type SeedChunk, type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO, chunkStates, counters, leasesCount, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { acceptRest } from './accept-rest.ts';
import { cancel } from './cancel.ts';
import { pause } from './pause.ts';
import { readBatch } from './read-batch.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();
beforeAll(() => leasesCount(pool));
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query(
    `UPDATE batch SET state = 'cancelled' WHERE state NOT IN ('finished', 'cancelled');
     UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled');
     DELETE FROM breaker; UPDATE chunk SET incident_id = NULL WHERE incident_id IS NOT NULL; DELETE FROM incident`,
  );
});

const SHELF: Partial<PlanInput> = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  execution: { first: 0 },
  receiptFields: [],
};
function http(url: string): Partial<PlanInput> {
  const action = { connector: 'http', do: 'POST', with: { url: `${url}/{{subject}}`, timeoutMs: 20_000 } };
  return { ...SHELF, categories: [{ name: 'noise', action }], execution: { first: 0, concurrency: 1, retry: { attempts: 1 } } };
}

const DONE: ActionReceiptKind[] = ['intent', 'outcome:succeeded'];
const FAILED: ActionReceiptKind[] = ['intent', 'outcome:failed'];
const UNCERTAIN: ActionReceiptKind[] = ['intent', 'outcome:uncertain'];
const OPEN: ActionReceiptKind[] = ['intent'];
const UNSENT: ActionReceiptKind[] = [];

const halted = (...items: ActionReceiptKind[][]): SeedChunk => ({
  state: 'halted',
  decidedBy: ADA.id,
  haltReason: 'a fault',
  items: items.map(
    (receipts, index): SeedItem => ({
      fields: { subject: `mail${index + 1}` },
      category: 'noise',
      ...(receipts.length > 0 && { receipts }),
    }),
  ),
});

/** Chunks that halted while executing, each with its incident. */
async function seed(chunks: SeedChunk[], more: Partial<Seed> = {}): Promise<SeededBatch & { first: string }> {
  const batch = await seedBatch(pool, { plan: SHELF, ...more, chunks });
  await pool.query("UPDATE chunk SET halted_from = 'executing' WHERE batch_id = $1 AND state = 'halted'", [batch.batchId]);
  await pool.query(
    `INSERT INTO incident (id, batch_id, chunk, kind, message)
     SELECT gen_random_uuid(), batch_id, number, 'halted', 'a fault' FROM chunk WHERE batch_id = $1 AND state = 'halted'`,
    [batch.batchId],
  );
  return { ...batch, first: batch.chunks[0]?.id ?? '' };
}

const one = async (text: string, values: unknown[]) => (await pool.query(text, values)).rows[0];
const chunkOf = ({ first }: { first: string }) =>
  one('SELECT state, stopping, accepted_rest AS "acceptedRest", halt_reason AS "haltReason" FROM chunk WHERE id = $1', [first]);
const batchState = async ({ batchId }: SeededBatch): Promise<string> =>
  (await one('SELECT state FROM batch WHERE id = $1', [batchId])).state;
const incidents = async ({ batchId }: SeededBatch): Promise<(number | null)[]> =>
  (await pool.query('SELECT chunk FROM incident WHERE batch_id = $1 AND resolved_at IS NULL ORDER BY chunk', [batchId])).rows.map(
    ({ chunk }) => chunk,
  );
const until =
  ({ batchId }: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));
const works = (batch: SeededBatch, ...states: string[]): Promise<void> => workUntil(pool, until(batch, ...states));
const sum = async ({ batchId }: SeededBatch) => (await readBatch(ADA, { batchId }))?.sum;
const firstOf = ({ batchId }: SeededBatch) => ({ batchId, chunk: 1 });
/** Of what happens at the same moment: two have either first, and an open request or none. */
const ROUNDS = atSize(2, 6);
const SUM_OF_SIX = { approved: 6, done: 2, failed: 1, notExecuted: 3, waiting: 0, inFlight: 0, addsUp: true };

test('it is done as it is: the batch finishes, the incident is over, and the sum, the tape and the export say who left what', async () => {
  const batch = await seed([halted(DONE, DONE, FAILED, UNSENT, UNSENT, UNSENT)]);
  expect(await acceptRest(ADA, firstOf(batch))).toEqual({ state: 'finished', chunks: [1], inFlight: 0 });
  expect(await chunkOf(batch)).toEqual({ state: 'done', stopping: null, acceptedRest: 3, haltReason: null });
  expect(await counters(pool, batch.batchId)).toMatchObject({ approved: 6, done: 2, failed: 1, notExecuted: 3, inFlight: 0 });
  expect(await sum(batch)).toMatchObject(SUM_OF_SIX);
  expect(await incidents(batch)).toEqual([]);
  const lines = (await readTape(ADA, { batchId: batch.batchId }))?.map(({ line }) => line);
  expect(lines).toContain('Ada left the rest of chunk 1 unsent');
  expect((await readCheckpoint(ADA, firstOf(batch)))?.chunk).toMatchObject({ state: 'done', counts: { notExecuted: 3 } });
  const { body } = await exportReceipts(ADA, { batchId: batch.batchId, format: 'md' });
  let text = '';
  for await (const part of body) text += Buffer.from(part).toString();
  expect(text).toContain('3 not executed + 0 in flight + 0 waiting. It adds up.');
});

test('a retry is about what failed, and about what was said not to have happened; never about the accepted rest', async () => {
  const { url, seen } = await target((_, count) => (count === 1 ? 404 : 200));
  const notDone: ActionReceiptKind[] = [...UNCERTAIN, 'resolution:not_executed'];
  const batch = await seed([halted(DONE, FAILED, notDone, UNSENT, UNSENT)], { plan: http(url) });
  await acceptRest(ADA, firstOf(batch));
  await retry(ADA, firstOf(batch));
  // Open again, the rest is neither waiting nor a mismatch.
  expect(await sum(batch)).toMatchObject({ failed: 1, notExecuted: 3, waiting: 0, addsUp: true });
  await checkSums();
  expect(await batchState(batch)).toBe('running');
  await works(batch, 'done');
  expect(seen.map((request) => request.url)).toEqual(['/mail2', '/mail3']);
  expect(await sum(batch)).toMatchObject({ done: 2, failed: 1, notExecuted: 2, waiting: 0, addsUp: true });

  await retry(ADA, { batchId: batch.batchId });
  await works(batch, 'done');
  expect(seen).toHaveLength(3);
  expect(await sum(batch)).toMatchObject({ done: 3, failed: 0, notExecuted: 2, waiting: 0, addsUp: true });
  expect(await batchState(batch)).toBe('finished');
  // What is left is what was accepted.
  await expect(retry(ADA, firstOf(batch))).rejects.toThrow('Nothing here failed');
  expect(seen).toHaveLength(3);
});

test('a retry that halts again keeps the rest unsent, resumed or accepted once more or cancelled', async () => {
  for (const [verb, ends] of [
    [resume, 'done'],
    [acceptRest, 'done'],
    [cancel, 'cancelled'],
  ] as const) {
    const { url, seen } = await target(() => 404);
    const batch = await seed([halted(DONE, FAILED, FAILED, UNSENT, UNSENT)], { plan: http(url) });
    await acceptRest(ADA, firstOf(batch));
    await retry(ADA, firstOf(batch));
    await workUntil(pool, until(batch, 'halted'), {
      executing: async () => {
        throw new Error('a fault');
      },
    });
    expect(await sum(batch)).toMatchObject({ done: 1, failed: 2, notExecuted: 2, waiting: 0, addsUp: true });
    await verb(ADA, firstOf(batch));
    await works(batch, ends);
    expect(await sum(batch)).toMatchObject({ done: 1, failed: 2, notExecuted: 2, waiting: 0, addsUp: true });
    expect(await chunkOf(batch)).toMatchObject({ acceptedRest: 2 });
    expect(seen.map((request) => request.url)).toEqual(verb === resume ? ['/mail2', '/mail3'] : []);
  }
});

test('an undo afterwards covers what was done, and says of the rest that it was not', async () => {
  const batch = await seed([halted(OPEN, OPEN, FAILED, UNSENT, UNSENT)]);
  await acceptRest(ADA, firstOf(batch));
  await works(batch, 'done');
  expect(await previewUndo(ADA, { batchId: batch.batchId })).toMatchObject({
    restorable: 2,
    cannot: [
      { why: 'it was not done', count: 2, ordinals: [4, 5] },
      { why: 'it failed, so there is nothing to undo', count: 1, ordinals: [3] },
    ],
  });
});

describe('with uncertain actions', () => {
  test('it is unresolved and keeps the batch open until the last is answered', async () => {
    const batch = await seed([halted(DONE, UNCERTAIN, UNCERTAIN, UNSENT)]);
    expect(await acceptRest(ADA, firstOf(batch))).toMatchObject({ state: 'running', chunks: [1] });
    expect(await chunkOf(batch)).toMatchObject({ state: 'unresolved', acceptedRest: 1 });
    expect(await sum(batch)).toMatchObject({ done: 1, uncertain: 2, notExecuted: 1, waiting: 0, addsUp: true });
    expect(await incidents(batch)).toEqual([]);
    await answerUncertain(ADA, { batchId: batch.batchId, ordinals: [2], answer: 'did_not' });
    expect(await chunkOf(batch)).toMatchObject({ state: 'unresolved' });
    await answerUncertain(ADA, { batchId: batch.batchId, ordinals: [3], answer: 'abandon' });
    expect(await chunkOf(batch)).toMatchObject({ state: 'done', acceptedRest: 1 });
    expect(await batchState(batch)).toBe('finished');
    expect(await sum(batch)).toMatchObject({ done: 1, uncertain: 1, notExecuted: 2, addsUp: true });
  });

  test('the last answer at the same moment: it is done, in whichever order', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const batch = await seed([halted(UNCERTAIN, UNSENT)]);
      await Promise.all([
        acceptRest(ADA, firstOf(batch)),
        answerUncertain(ADA, { batchId: batch.batchId, ordinals: [1], answer: 'abandon' }),
      ]);
      expect(await chunkOf(batch)).toMatchObject({ state: 'done', acceptedRest: 1 });
      expect(await batchState(batch)).toBe('finished');
    }
  });

  test('an answer that commits while the chunk is being ended is seen', async () => {
    const settling = (batch: SeededBatch & { first: string }) => ({ ...claimOf(batch, 0), stopping: 'accept_rest' as const });
    for (const by of ['a person', 'a worker']) {
      const batch = await seed([halted(UNCERTAIN, UNSENT)]);
      if (by === 'a worker')
        await pool.query("UPDATE chunk SET state = 'executing', stopping = 'accept_rest' WHERE id = $1", [batch.first]);
      await whileHeld(
        pool,
        async (client) => {
          await client.query('UPDATE chunk SET seq = seq + 1 WHERE id = $1', [batch.first]);
          await client.query(
            `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
             SELECT $1, 1, seq, 1, 3, 'resolution', 'abandoned', '{}', $3 FROM chunk WHERE id = $2`,
            [batch.batchId, batch.first, Buffer.alloc(32)],
          );
        },
        async (): Promise<unknown> =>
          by === 'a person'
            ? acceptRest(ADA, { batchId: batch.batchId })
            : haltChunk(pool, settling(batch), 'a fault', randomUUID()),
      );
      expect(await chunkOf(batch)).toMatchObject({ state: 'done', acceptedRest: 1 });
    }
  });
});

describe('with the open requests of a worker that died', () => {
  test('a worker settles them and sends nothing else; what nobody knows is uncertain', async () => {
    const { url, seen } = await target(() => 200);
    const batch = await seed([halted(DONE, OPEN, UNSENT, UNSENT)], { plan: http(url) });
    expect(await acceptRest(ADA, firstOf(batch))).toEqual({ state: 'running', chunks: [1], inFlight: 1 });
    expect(await chunkOf(batch)).toMatchObject({ state: 'executing', stopping: 'accept_rest', acceptedRest: 0 });
    expect(await sum(batch)).toMatchObject({ inFlight: 1, waiting: 2, addsUp: true });
    for (const verb of [acceptRest, resume, pause, cancel]) {
      await expect(verb(ADA, firstOf(batch))).rejects.toMatchObject({ code: 'conflict' });
    }
    await works(batch, 'unresolved');
    expect(seen).toEqual([]);
    expect(await sum(batch)).toMatchObject({ done: 1, uncertain: 1, notExecuted: 2, inFlight: 0, waiting: 0, addsUp: true });
    expect(await chunkOf(batch)).toMatchObject({ stopping: null, acceptedRest: 2 });
    await answerUncertain(ADA, { batchId: batch.batchId, ordinals: [2], answer: 'happened' });
    expect(await batchState(batch)).toBe('finished');
  });

  test('what shares our transaction is settled by doing it, once', async () => {
    const batch = await seed([halted(OPEN, UNSENT)]);
    await acceptRest(ADA, firstOf(batch));
    await works(batch, 'done');
    expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
    expect(await sum(batch)).toMatchObject({ done: 1, notExecuted: 1, waiting: 0, addsUp: true });
  });

  test('nor does a paused batch, or one that is stopped meanwhile, keep them open', async () => {
    for (const [verb, state] of [
      [pause, 'paused'],
      [cancel, 'cancelled'],
    ] as const) {
      const batch = await seed([halted(OPEN, UNSENT)]);
      await acceptRest(ADA, firstOf(batch));
      await verb(ADA, { batchId: batch.batchId });
      await works(batch, 'done');
      expect(await batchState(batch)).toBe(state);
      expect(await sum(batch)).toMatchObject({ done: 1, notExecuted: 1, waiting: 0, addsUp: true });
    }
  });

  test('whoever settles them halts only while some are open', async () => {
    const settling = async (...items: ActionReceiptKind[][]) => {
      const batch = await seed([{ ...halted(...items), state: 'executing' }]);
      await pool.query("UPDATE chunk SET stopping = 'accept_rest', epoch = 3 WHERE id = $1", [batch.first]);
      const claim: Claim = { ...claimOf(batch, 3), stopping: 'accept_rest' };
      const ended = await haltChunk(pool, claim, 'a fault', randomUUID());
      expect((await sum(batch))?.addsUp).toBe(true);
      expect(await incidents(batch)).toHaveLength(ended === 'halted' ? 1 : 0);
      return [ended, (await chunkOf(batch)).acceptedRest];
    };
    expect(await settling(FAILED, UNSENT)).toEqual(['done', 1]);
    expect(await settling(UNCERTAIN, UNSENT)).toEqual(['unresolved', 1]);
    expect(await settling(OPEN, UNSENT)).toEqual(['halted', 0]);
  });
});

const claimOf = (batch: SeededBatch & { first: string }, epoch: number): Claim => ({
  ...{ chunkId: batch.first, batchId: batch.batchId, datasetId: batch.datasetId, number: 1, epoch },
  ...{ state: 'executing', stopping: null, probes: [] },
});

test('what a worker from before the halt still wants to write is refused', async () => {
  const sealed = (ordinal: number, step: number) => ({
    ...{ ordinal, step, body: Buffer.from(`{"v":${ordinal}.${step}}`), leaf: Buffer.alloc(32, ordinal) },
  });
  for (const items of [
    [OPEN, UNSENT],
    [DONE, UNSENT],
  ]) {
    const batch = await seed([halted(...items)]);
    const { epoch } = await one('SELECT epoch FROM chunk WHERE id = $1', [batch.first]);
    await acceptRest(ADA, firstOf(batch));
    await works(batch, 'done');
    const before = await steps(pool, batch.batchId);
    const zombie = claimOf(batch, epoch);
    expect(await insertOutcomes(pool, zombie, [{ ...sealed(1, 3), result: 'succeeded', values: [] }])).toBe(false);
    expect(await insertIntents(pool, zombie, [{ ...sealed(2, 1), values: [], from: null }])).toBe(false);
    expect(await haltChunk(pool, zombie, 'late', randomUUID())).toBeNull();
    // Nor once a retry has it executing again.
    await pool.query("UPDATE chunk SET state = 'executing' WHERE id = $1", [batch.first]);
    expect(await insertIntents(pool, zombie, [{ ...sealed(2, 1), values: [], from: null }])).toBe(false);
    await pool.query("UPDATE chunk SET state = 'done' WHERE id = $1", [batch.first]);
    expect(await steps(pool, batch.batchId)).toEqual(before);
    expect(await sum(batch)).toMatchObject({ done: 1, notExecuted: 1, addsUp: true });
  }
});

describe('at the same moment', () => {
  test.each([
    ['resume', resume],
    ['cancel', cancel],
    ['second person who leaves it', acceptRest],
  ] as const)('as a %s: one wins, the other is refused', async (_, other) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const items = round % 2 === 0 ? [DONE, FAILED, UNSENT, UNSENT] : [DONE, OPEN, UNSENT];
      const batch = await seed([halted(...items)]);
      const raced = [acceptRest(ADA, firstOf(batch)), other(ADA, firstOf(batch))];
      const results = await Promise.allSettled(round % 3 === 0 ? raced.toReversed() : raced);
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused.map(({ reason }) => reason.code)).toEqual(['conflict']);
      await works(batch, 'done', 'cancelled');
      const { acceptedRest } = await chunkOf(batch);
      const view = await sum(batch);
      expect(view).toMatchObject({ waiting: 0, inFlight: 0, addsUp: true });
      // A resume sends the rest, the others leave it.
      expect(view?.notExecuted === 0 || acceptedRest === 0 || acceptedRest === view?.notExecuted).toBe(true);
    }
  });
});

describe('refused, and nothing changes:', () => {
  const refusal = async (acting: Promise<unknown>): Promise<string> =>
    acting.then(
      () => 'not refused',
      ({ message }: Error) => message,
    );

  test('a chunk that halted while it was classified', async () => {
    const batch = await seed([{ state: 'halted', haltReason: 'a fault', items: [{ fields: { subject: 'one' } }] }]);
    await pool.query("UPDATE chunk SET halted_from = 'classifying' WHERE batch_id = $1", [batch.batchId]);
    const said = 'Chunk 1 halted while it was being classified, and nothing in it was approved. Resume or cancel it.';
    expect(await refusal(acceptRest(ADA, firstOf(batch)))).toBe(said);
    expect(await refusal(acceptRest(ADA, { batchId: batch.batchId }))).toBe(
      'Nothing in this batch halted while it was executing.',
    );
    expect(await chunkOf(batch)).toMatchObject({ state: 'halted', haltReason: 'a fault' });
    expect(await incidents(batch)).toEqual([1]);
  });

  test('a chunk that did not halt, a batch that is over, one that is not there, and who may not', async () => {
    const item = { fields: { subject: 'one' }, category: 'noise' };
    const batch = await seed([{ state: 'executing', items: [item] }]);
    expect(await refusal(acceptRest(ADA, firstOf(batch)))).toBe('Chunk 1 has not halted, so there is no rest to leave unsent.');
    const over = await seed([halted(UNSENT)], { state: 'cancelled' });
    expect(await refusal(acceptRest(ADA, firstOf(over)))).toBe('This batch is cancelled: nothing in it waits to be sent.');
    expect(await refusal(acceptRest(ADA, { ...firstOf(over), chunk: 2 }))).toBe('This batch has no chunk 2.');
    const still = await seed([halted(UNSENT)]);
    expect(await refusal(acceptRest(BO, firstOf(still)))).toBe(
      "A reviewer can't leave the rest of halted chunks unsent. An operator or an admin can.",
    );
    expect(await chunkOf(still)).toMatchObject({ state: 'halted' });
  });
});

test('of a whole batch: what halted while executing, and nothing else; an incident of the batch itself stays', async () => {
  const unclassified: SeedChunk = { state: 'halted', haltReason: 'a fault', items: [{ fields: { subject: 'one' } }] };
  const waits: SeedChunk = { state: 'awaiting_review', items: [{ fields: { subject: 'two' }, category: 'noise' }] };
  const batch = await seed([halted(DONE, UNSENT), halted(UNCERTAIN, UNSENT, UNSENT), unclassified, waits]);
  await pool.query("UPDATE chunk SET halted_from = 'classifying' WHERE batch_id = $1 AND number = 3", [batch.batchId]);
  await pool.query("INSERT INTO incident (id, batch_id, kind, message) VALUES ($1, $2, 'mismatch', 'a difference')", [
    ...[randomUUID(), batch.batchId],
  ]);
  expect(await acceptRest(ADA, { batchId: batch.batchId })).toMatchObject({ state: 'running', chunks: [1, 2] });
  expect(await chunkStates(pool, batch.batchId)).toEqual(['done', 'unresolved', 'halted', 'awaiting_review']);
  expect(await incidents(batch)).toEqual([3, null]);
  expect(await sum(batch)).toMatchObject({ approved: 5, done: 1, uncertain: 1, notExecuted: 3, waiting: 0, addsUp: true });
  const lines = (await readTape(ADA, { batchId: batch.batchId }))?.map(({ line }) => line);
  expect(lines).toContain('Ada left the rest of all halted chunks unsent');
});

test('a paused batch stays paused, and finishes when it is resumed', async () => {
  const batch = await seed([halted(DONE, UNSENT)], { state: 'paused' });
  expect(await acceptRest(ADA, firstOf(batch))).toMatchObject({ state: 'paused', chunks: [1] });
  expect(await resume(ADA, { batchId: batch.batchId })).toMatchObject({ state: 'finished' });
});

test('halted among its first actions: another chunk of that approval asks for the release', async () => {
  const item: SeedItem = { fields: { subject: 'two' }, category: 'noise' };
  const [first, second] = [
    { ...halted(FAILED, UNSENT), released: false },
    { state: 'approved' as const, released: false, items: [item] },
  ];
  const batch = await seed([first, second]);
  await pool.query('UPDATE chunk SET has_first = (number = 1), decision_id = $2 WHERE batch_id = $1', [
    ...[batch.batchId, batch.chunks[0]?.decisionId],
  ]);
  await acceptRest(ADA, firstOf(batch));
  expect(await chunkStates(pool, batch.batchId)).toEqual(['done', 'awaiting_release']);
});

test("a target's incident is over when the last chunk that waits for it is left", async () => {
  const [id, where] = [randomUUID(), 'https://gone.example'];
  await pool.query("INSERT INTO incident (id, kind, message) VALUES ($1, 'target', 'it is gone')", [id]);
  await pool.query("INSERT INTO breaker (target, state, incident_id) VALUES ($1, 'open', $2)", [where, id]);
  const [first, second] = [await seed([halted(DONE, UNSENT)]), await seed([halted(DONE, OPEN, UNSENT)])];
  await pool.query('DELETE FROM incident WHERE batch_id IS NOT NULL');
  for (const { batchId } of [first, second])
    await pool.query('UPDATE chunk SET incident_id = $2, targets = ARRAY[$3] WHERE batch_id = $1', [batchId, id, where]);
  const open = async () =>
    (await readIncidents(ADA)).map(({ target: held }) => ({ chunks: held?.chunks, actions: held?.actions }));
  expect(await open()).toEqual([{ chunks: 2, actions: 2 }]);
  await acceptRest(ADA, firstOf(first));
  expect(await open()).toEqual([{ chunks: 1, actions: 1 }]);
  // Its open request is settled under no breaker: nothing new is sent.
  await acceptRest(ADA, firstOf(second));
  expect(await open()).toEqual([]);
  expect((await one('SELECT resolved_at FROM incident WHERE id = $1', [id])).resolved_at).not.toBeNull();
  expect((await pool.query('SELECT FROM breaker')).rowCount).toBe(0);
  await works(second, 'done');
  expect(await sum(second)).toMatchObject({ done: 2, notExecuted: 1, addsUp: true });
});
