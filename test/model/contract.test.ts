/** What the executor relies on in its store, asked of PostgreSQL and of the model of it: the same assertions, so that the model stays honest. */
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LEASE_MS } from '#lib/core/limits.ts';
import { NO_ATTEMPTS } from '#lib/core/receipts/answer.ts';
import { CLOCK } from '#lib/engine/clock.ts';
import { type ExecutionStore, executionStore } from '#lib/engine/execute/execution-store.ts';
import { idempotencyKey, readReceipt, sealReceipt } from '#lib/ledger/receipt.ts';
import { haltChunk, type Page } from '#lib/store/actions/execution.sql.ts';
import { readRest } from '#lib/store/batches/rest.sql.ts';
import { cancelChunks, pauseChunks, resumeChunks, retryChunks } from '#lib/store/batches/stopping.sql.ts';
import { type Claim, giveBack, type Wait } from '#lib/store/chunks/claims.sql.ts';
import {
  answer,
  give,
  lockErrand,
  lockFree,
  lockTaker,
  lookAtErrand,
  putDown,
  readTaken,
} from '#lib/store/errands/errands.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import type { IntentRow, OutcomeRow, Settled } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { ModelDatabase } from './database.ts';
import { modelStore } from './store.ts';

const { pool } = await testDatabase();

const ROWS = [true, false, true, false];

/** One executing chunk of four approved actions, the first and the third of which run first, and what a test may do to it. */
type Place = {
  store: ExecutionStore;
  claim: Claim;
  /** receipts that were there before */
  before: number;
  decisionId: string;
  /** Somebody else claims it. */
  takeOver(): Promise<Claim>;
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
  cancel(): Promise<unknown>;
  retry(): Promise<unknown>;
  halt(claim: Claim): Promise<unknown>;
  giveBack(claim: Claim, wait: Wait): Promise<unknown>;
  /** what may be reviewed again */
  rest(): Promise<number[]>;
  errands: {
    putDown(key: string, ordinal: number): Promise<unknown>;
    /** how a worker's look leaves it */
    look(key: string): Promise<string | null>;
    /** the item of the errand that this agent has now; null: it has none */
    take(by: string): Promise<number | null>;
    answer(key: string, said: 'done' | 'failed'): Promise<unknown>;
  };
  now(): Promise<{
    state: string;
    stopping: string | null;
    leased: boolean;
    /** what it was given back for */
    waits: string | null;
    counters: Record<string, number>;
    receipts: unknown[];
  }>;
};

async function postgres(released: boolean): Promise<Place> {
  const items = ROWS.map((first, index) => ({ fields: { subject: `mail ${index}` }, category: 'noise', first }));
  const seeded = await seedBatch(pool, { plan: { receiptFields: [] }, chunks: [{ state: 'executing', released, items }] });
  const { batchId, datasetId } = seeded;
  const [chunkId, decisionId] = [seeded.chunks[0]?.id ?? '', seeded.chunks[0]?.decisionId ?? ''];
  // As the claim's statement does it; that one has tests of its own, and it takes what it likes.
  const takeOver = async (): Promise<Claim> => {
    const { rows } = await pool.query<{ epoch: number; stopping: Claim['stopping'] }>(
      `UPDATE chunk SET epoch = epoch + 1, not_before = NULL, waits_for = NULL, lease_owner = gen_random_uuid(), lease_until = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1 RETURNING epoch, stopping`,
      [chunkId, LEASE_MS],
    );
    const { epoch = 0, stopping = null } = rows[0] ?? {};
    return { chunkId, batchId, datasetId, number: 1, epoch, state: 'executing', stopping, probes: [] };
  };
  const claim = await takeOver();
  return {
    ...{ store: executionStore(pool), claim, before: 1, decisionId, takeOver },
    pause: () => pauseChunks(pool, batchId),
    resume: () => resumeChunks(pool, batchId),
    cancel: () => cancelChunks(pool, batchId),
    retry: () => retryChunks(pool, batchId),
    halt: (own) => haltChunk(pool, own, 'a fault', randomUUID()),
    giveBack: (own, wait) => giveBack(pool, own, wait),
    rest: async () => [...(await readRest(pool, { batchId, chunks: [1] }, null))],
    errands: {
      async putDown(key, ordinal) {
        const { rows } = await pool.query<{ digest: Buffer }>(
          'SELECT request_digest AS digest FROM manifest_row WHERE decision_id = $1 AND ordinal = $2',
          [decisionId, ordinal],
        );
        await putDown(pool, { key, batchId, ordinal, requestDigest: rows[0]?.digest ?? Buffer.alloc(0) });
      },
      look: async (key) => (await lookAtErrand(pool, key))?.closed ?? null,
      take: (by) =>
        inTransaction(pool, async (tx) => {
          await lockTaker(tx, batchId, by, by);
          const taken = await readTaken(tx, batchId, by, by);
          const free = taken ?? (await lockFree(tx, batchId));
          if (free && !taken) await give(tx, free, { by, name: by, minutes: 15 });
          return free?.ordinal ?? null;
        }),
      answer: (key, said) =>
        inTransaction(pool, async (tx) => {
          const errand = await lockErrand(tx, batchId, key);
          if (errand) await answer(tx, errand, { answer: said, words: '', target: null });
        }),
    },
    async now() {
      const { rows } = await pool.query(
        `SELECT state, stopping, lease_until IS NOT NULL AS leased, waits_for AS waits, seq - 1 AS seq, approved_actions AS approved, done, failed, uncertain,
           not_executed AS "notExecuted", in_flight AS "inFlight" FROM chunk WHERE id = $1`,
        [chunkId],
      );
      const { state, stopping, leased, waits, ...counters } = rows[0];
      const receipts = await pool.query(
        'SELECT seq - 1 AS seq, ordinal, step, kind, result FROM receipt WHERE batch_id = $1 AND seq > 1 ORDER BY seq',
        [batchId],
      );
      return { state, stopping, leased, waits, counters, receipts: receipts.rows };
    },
  };
}

async function model(released: boolean): Promise<Place> {
  let order = 0;
  const time = { now: () => performance.now(), tick: () => (order += 1) };
  const db = new ModelDatabase({ released, rows: ROWS.map((first) => ({ connector: 'shelf', first })) }, time);
  const takeOver = async (): Promise<Claim> => {
    db.lapse();
    return db.claim() as Claim;
  };
  const claim = await takeOver();
  const { decisionId } = db.readApproval(claim) ?? { decisionId: '' };
  return {
    ...{ store: modelStore(db, CLOCK), claim, before: 0, decisionId, takeOver },
    pause: async () => db.pause(),
    resume: async () => db.resume(),
    cancel: async () => db.cancel(),
    retry: async () => db.retry(),
    halt: async (own) => db.haltChunk(own),
    giveBack: async (own, wait) => db.giveBack(own, wait),
    rest: async () => db.rest(),
    errands: {
      putDown: async (key, ordinal) => db.errands.putDown(key, ordinal),
      look: async (key) => db.errands.look(key)?.closed ?? null,
      take: async (by) => db.errands.take(by)?.errand.ordinal ?? null,
      answer: async (key, said) => db.errands.answer(key, said),
    },
    async now() {
      const { state, stopping, leaseUntil, waitsFor, seq, approved, done, failed, uncertain, notExecuted, inFlight } = db.chunk;
      const counters = { seq, approved, done, failed, uncertain, notExecuted, inFlight };
      const receipts = db.receipts.map(({ seq: number, ordinal, step, kind, result }) => ({
        seq: number,
        ordinal,
        step,
        kind,
        result,
      }));
      return { state, stopping, leased: leaseUntil !== null, waits: waitsFor, counters, receipts };
    },
  };
}

const common = ({ claim }: Place, ordinal: number, step: number) => ({
  ...{ v: 1 as const, batch: claim.batchId, chunk: 1, by: 'worker:one', at: '2026-11-24T12:00:00.000Z', ordinal, step },
});

function intent(place: Place, ordinal: number, step = 1, from: IntentRow['from'] = null): IntentRow {
  const attempt = (step + 1) / 2;
  const sealed = sealReceipt({
    ...{
      ...common(place, ordinal, step),
      kind: 'intent',
      attempt,
      decision: place.decisionId,
      manifest: '',
      item: '',
      request: '',
    },
    ...{ action: { connector: 'shelf', connection: null, do: 'archive', version: 1 }, epoch: place.claim.epoch, values: {} },
    idempotencyKey: idempotencyKey(place.decisionId, ordinal, attempt),
  });
  return { ...sealed, ordinal, step, values: [], from };
}

function outcome(place: Place, ordinal: number, result: OutcomeRow['result'], step = 2, reason = 'busy'): OutcomeRow {
  const sealed = sealReceipt({
    ...{
      ...common(place, ordinal, step),
      kind: 'outcome',
      attempt: step / 2,
      before: null,
      epoch: place.claim.epoch,
      intent: null,
    },
    ...{ reason: result === 'succeeded' ? null : reason, result, target: null },
  });
  return { ...sealed, ordinal, step, result, values: [] };
}

function resolution(
  place: Place,
  ordinal: number,
  result: Settled['result'] = 'succeeded',
): Settled & { ordinal: number; step: number } {
  const step = 3;
  const sealed = sealReceipt({
    ...{
      ...common(place, ordinal, step),
      kind: 'resolution',
      attempt: 1,
      evidence: 'inspection',
      intent: null,
      result,
    },
  });
  return { ...sealed, ordinal, step, result };
}

const page = (place: Place, more: Partial<Page> = {}): Page => ({
  ...{ decisionId: place.decisionId, after: null, limit: 10, receiptFields: [], released: true, retryUpTo: place.before },
  ...{ backwards: false, retry: { attempts: 1, reasons: [] } },
  ...more,
});
const ordinals = async (rows: Promise<{ ordinal: number }[]>) => (await rows).map(({ ordinal }) => ordinal);

describe.each([
  ['PostgreSQL', postgres],
  ['the model', model],
])('%s', (_name, arrange) => {
  const arranged = async (released = true) => {
    const place = await arrange(released);
    const client = await place.store.connect();
    onTestFinished(() => client.release(true));
    return { place, client, store: place.store, claim: place.claim };
  };

  test('receipts are numbered without gaps and counted by the statement that stores them', async () => {
    const { place, client, claim } = await arranged();
    expect(await client.insertIntents(claim, [intent(place, 1), intent(place, 2), intent(place, 3)])).toBe(true);
    expect(await client.insertOutcomes(claim, [outcome(place, 2, 'failed'), outcome(place, 1, 'succeeded')])).toBe(true);
    expect(
      await client.insertOutcomesAndIntents(
        claim,
        [outcome(place, 3, 'uncertain')],
        [intent(place, 4), intent(place, 2, 3, 'failed')],
      ),
    ).toBe('stored');
    const { counters, receipts } = await place.now();
    expect(receipts).toEqual([
      { seq: 1, ordinal: 1, step: 1, kind: 'intent', result: null },
      { seq: 2, ordinal: 2, step: 1, kind: 'intent', result: null },
      { seq: 3, ordinal: 3, step: 1, kind: 'intent', result: null },
      { seq: 4, ordinal: 2, step: 2, kind: 'outcome', result: 'failed' },
      { seq: 5, ordinal: 1, step: 2, kind: 'outcome', result: 'succeeded' },
      { seq: 6, ordinal: 3, step: 2, kind: 'outcome', result: 'uncertain' },
      { seq: 7, ordinal: 4, step: 1, kind: 'intent', result: null },
      { seq: 8, ordinal: 2, step: 3, kind: 'intent', result: null },
    ]);
    expect(counters).toEqual({ seq: 8, approved: 4, done: 1, failed: 0, uncertain: 1, notExecuted: 0, inFlight: 2 });
  });

  test('an epoch that is past writes nothing, and is told so', async () => {
    const { place, client, store, claim } = await arranged();
    await client.insertIntents(claim, [intent(place, 1), intent(place, 2)]);
    await client.insertOutcomes(claim, [outcome(place, 2, 'uncertain')]);
    const before = (await place.now()).receipts;
    await place.takeOver();
    expect(await client.insertIntents(claim, [intent(place, 3)])).toBe(false);
    expect(await client.insertOutcomes(claim, [outcome(place, 1, 'succeeded')])).toBe(false);
    expect(await client.insertOutcomesAndIntents(claim, [outcome(place, 1, 'succeeded')], [intent(place, 3)])).toBe('lost');
    expect(await client.whyRefused(claim)).toBe('lost');
    expect(await store.howClaimStands(claim)).toBe('lost');
    expect(await store.renewLease(claim)).toBeNull();
    expect(await store.endExecution(claim, false)).toBeNull();
    expect(await store.readApproval(claim)).toBeNull();
    expect(await place.halt(claim)).toBeNull();
    await expect(client.transaction(claim).isUncertain({ ordinal: 2, step: 2 })).rejects.toMatchObject({ why: 'lost' });
    expect((await place.now()).receipts).toEqual(before);
  });

  test.each(NO_ATTEMPTS)(
    'what was %s is not executed, with one commit or not at all, and is due again when the chunk goes on; what is found not to have happened is not',
    async (noAttempt) => {
      const { place, client, store, claim } = await arranged();
      await client.insertIntents(claim, [intent(place, 1), intent(place, 2)]);
      for (const [ordinal, reason, end] of [
        [1, noAttempt, 'rollback'],
        [1, noAttempt, 'commit'],
        [2, 'timeout', 'commit'],
      ] as const) {
        const fenced = client.transaction(claim);
        await fenced.begin();
        expect(await fenced.insertOutcomes([outcome(place, ordinal, 'uncertain', 2, reason)])).toBe(true);
        expect(await fenced.insertResolution(resolution(place, ordinal, 'not_executed'))).toBe(true);
        await fenced[end]();
        if (end === 'rollback') expect((await place.now()).counters).toMatchObject({ seq: 2, notExecuted: 0, inFlight: 2 });
      }
      expect((await place.now()).counters).toMatchObject({ seq: 6, uncertain: 0, failed: 0, notExecuted: 2, inFlight: 0 });
      expect(await ordinals(store.nextWork(claim, page(place, { retryUpTo: 0 })))).toEqual([1, 3, 4]);
      await place.takeOver();
      await expect(client.transaction(claim).begin()).rejects.toMatchObject({ why: 'lost' });
    },
  );

  test('an errand is given to one agent, by a chunk that goes on, and what a worker saw of it stays so', async () => {
    const { place, client, claim } = await arranged();
    const { errands } = place;
    await client.insertIntents(claim, [intent(place, 1), intent(place, 2), intent(place, 3)]);
    const keys = [1, 2, 3].map((ordinal) => `${ordinal}`.padStart(32, `${place.claim.chunkId.replaceAll('-', '')}`));
    for (const again of [keys, keys.slice(0, 1)]) for (const [at, key] of again.entries()) await errands.putDown(key, at + 1);
    const [one = '', two = '', three = ''] = keys;
    expect([await errands.take('x'), await errands.take('y'), await errands.take('x')]).toEqual([1, 2, 1]);
    expect(await errands.look(one)).toBeNull();
    await errands.answer(one, 'done');
    await errands.answer(one, 'failed');
    // It waits for nothing while an answer is there to be heard.
    await place.giveBack(claim, { for: 'agent', ms: 60_000 });
    expect(await place.now()).toMatchObject({ leased: false, waits: null });
    expect(await errands.look(one)).toBe('heard');
    const heir = await place.takeOver();
    await place.giveBack(heir, { for: 'agent', ms: 60_000 });
    expect((await place.now()).waits).toBe('agent');
    await place.pause();
    expect(await errands.take('z')).toBeNull();
    expect([await errands.look(one), await errands.look(two), await errands.look(three)]).toEqual(['heard', null, 'withdrawn']);
    // What is to stop waits for what an agent has in hand, and its answer ends the wait.
    await place.giveBack(await place.takeOver(), { for: 'agent', ms: 60_000 });
    expect((await place.now()).waits).toBe('agent');
    await errands.answer(two, 'failed');
    expect((await place.now()).waits).toBeNull();
    await place.resume();
    expect([await errands.look(three), await errands.take('z')]).toEqual(['withdrawn', null]);
  });

  test('from a stop on no intent is stored, and every outcome still is', async () => {
    const { place, client, store, claim } = await arranged();
    await client.insertIntents(claim, [intent(place, 1), intent(place, 2)]);
    await place.pause();
    expect(await client.insertIntents(claim, [intent(place, 3)])).toBe(false);
    expect(await client.whyRefused(claim)).toBe('stopping');
    expect(await store.howClaimStands(claim)).toBe('stopping');
    expect(await client.insertOutcomesAndIntents(claim, [outcome(place, 1, 'succeeded')], [intent(place, 3)])).toBe('stopping');
    expect(await store.endExecution(claim, true)).toBeNull();
    expect(await client.insertOutcomes(claim, [outcome(place, 2, 'failed')])).toBe(true);
    expect((await place.now()).counters).toMatchObject({ seq: 4, done: 1, failed: 1, inFlight: 0 });
    expect(await store.renewLease(claim)).toEqual({ held: false });
    expect(await store.endExecution(claim, true)).toBe('paused');
    expect(await place.now()).toMatchObject({ state: 'paused', stopping: null, leased: false });
    expect(await store.howClaimStands(claim)).toBe('lost');
    await place.resume();
    expect(await place.now()).toMatchObject({ state: 'executing', stopping: null, leased: false });
  });

  test('a step that is stored is not stored again, nor anything else of that statement; nor does a counter go below zero', async () => {
    const { place, client, claim } = await arranged();
    await client.insertIntents(claim, [intent(place, 1)]);
    await expect(client.insertIntents(claim, [intent(place, 2), intent(place, 1)])).rejects.toMatchObject({ code: '23505' });
    await client.insertIntents(claim, [intent(place, 3)]);
    await client.insertOutcomes(claim, [outcome(place, 1, 'succeeded')]);
    await expect(client.insertOutcomes(claim, [outcome(place, 1, 'succeeded')])).rejects.toMatchObject({ code: '23505' });
    await expect(
      client.insertOutcomesAndIntents(claim, [outcome(place, 3, 'succeeded')], [intent(place, 1)]),
    ).rejects.toMatchObject({ code: '23505' });
    await expect(
      client.insertOutcomes(claim, [outcome(place, 3, 'succeeded'), outcome(place, 4, 'succeeded')]),
    ).rejects.toMatchObject({ code: '23514' });
    expect(await place.now()).toMatchObject({
      counters: { seq: 3, done: 1, inFlight: 1 },
      receipts: [{ ordinal: 1 }, { ordinal: 3 }, { ordinal: 1, kind: 'outcome' }],
    });
  });

  test('what is due is what was never tried, what a person asked for, and what passes by itself', async () => {
    const { place, client, store, claim } = await arranged();
    await client.insertIntents(claim, [intent(place, 1), intent(place, 2), intent(place, 3)]);
    await client.insertOutcomes(claim, [outcome(place, 1, 'failed'), outcome(place, 2, 'failed', 2, 'refused')]);
    expect(await ordinals(store.openIntents(claim, page(place)))).toEqual([3]);
    expect(await ordinals(store.nextWork(claim, page(place)))).toEqual([4]);
    const retry = { attempts: 2, reasons: [{ connector: 'shelf', reason: 'busy' }] };
    expect(await ordinals(store.nextWork(claim, page(place, { retry })))).toEqual([1, 4]);
    expect(await ordinals(store.nextWork(claim, page(place, { retry: { ...retry, attempts: 1 } })))).toEqual([4]);
    const asked = page(place, { retryUpTo: place.before + 5 });
    expect(await ordinals(store.nextWork(claim, asked))).toEqual([1, 2, 4]);
    expect(await ordinals(store.nextWork(claim, { ...asked, backwards: true }))).toEqual([4, 2, 1]);
    expect(await ordinals(store.nextWork(claim, { ...asked, backwards: true, after: 4, limit: 1 }))).toEqual([2]);
    expect(await ordinals(store.nextWork(claim, { ...asked, after: 1 }))).toEqual([2, 4]);
    expect(await ordinals(store.nextWork(claim, { ...asked, released: false }))).toEqual([1]);
    const [row] = await store.nextWork(claim, page(place, { retry }));
    expect(row).toMatchObject({ step: 2, kind: 'outcome', result: 'failed', seq: place.before + 4, tried: 1 });
    expect(row?.ageMs).toBeGreaterThanOrEqual(0);
    expect(readReceipt(row?.body ?? Buffer.alloc(0))).toMatchObject({ kind: 'outcome', ordinal: 1, reason: 'busy' });
  });

  test('a lost acknowledgement can be looked up to the byte', async () => {
    const { place, client, store, claim } = await arranged();
    const [first, second] = [intent(place, 1), intent(place, 2)];
    await client.insertIntents(claim, [first]);
    expect(await store.storedLeaves(claim.batchId, [first, second])).toEqual([first.leaf]);
    expect(await store.isGone({ pid: 999_999, started: '2020-01-01' }, false)).toBe(true);
    expect(await store.isGone(client.backend, false)).toBe(false);
    client.hangUp();
    await expect(client.insertIntents(claim, [second])).rejects.toBeInstanceOf(Error);
    while (!(await store.isGone(client.backend, false))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await place.now()).receipts).toHaveLength(1);
  });

  test.each([
    ['succeeded', { done: 1 }],
    ['not_executed', { notExecuted: 1 }],
  ] as const)(
    'an uncertain action that the target settles as %s is settled under the fence, once, all or nothing',
    async (result, counted) => {
      const { place, client, claim } = await arranged();
      await client.insertIntents(claim, [intent(place, 1)]);
      await client.insertOutcomes(claim, [outcome(place, 1, 'uncertain')]);
      const action = { ordinal: 1, step: 2, by: 'worker:one', said: { finding: 'happened' as const, target: null } };
      for (const end of ['rollback', 'commit'] as const) {
        const fenced = client.transaction(claim);
        expect(await fenced.isUncertain(action)).toBe(true);
        await fenced.saveInspection(action);
        expect(await fenced.insertResolution(resolution(place, 1, result))).toBe(true);
        await fenced[end]();
        expect((await place.now()).counters).toMatchObject(
          end === 'commit' ? { uncertain: 0, ...counted } : { uncertain: 1, done: 0, notExecuted: 0 },
        );
      }
      const fenced = client.transaction(claim);
      expect(await fenced.isUncertain(action)).toBe(false);
      await fenced.commit();
    },
  );

  test('one statement renews what stands, tells what is lost, and waits for nobody', async () => {
    const { place, client, store, claim } = await arranged();
    expect(await store.renewLeases([claim])).toEqual([{ held: false }]);
    const fenced = client.transaction(claim);
    expect(await fenced.isUncertain({ ordinal: 1, step: 2 })).toBe(false);
    expect(await store.renewLeases([claim])).toEqual(['in_use']);
    await fenced.rollback();
    await place.takeOver();
    expect(await store.renewLeases([claim])).toEqual(['lost']);
  });

  test('a chunk that is given back waits until its hour, and for nothing once somebody stops it', async () => {
    const { place, claim } = await arranged();
    await place.giveBack(claim, { for: 'retry_after', ms: 60_000 });
    expect(await place.now()).toMatchObject({ leased: false, waits: 'retry_after' });
    await place.pause();
    expect(await place.now()).toMatchObject({ waits: null, stopping: 'pause' });
    const heir = await place.takeOver();
    await place.giveBack(heir, { for: 'rate', ms: 60_000 });
    expect(await place.now()).toMatchObject({ leased: false, waits: null });
    await place.giveBack(claim, { for: 'rate', ms: 60_000 });
    expect(await place.now()).toMatchObject({ waits: null });
  });

  test('what is counted of the error budget goes on with the next owner, and not after a halt', async () => {
    const { place, store, claim } = await arranged();
    expect(await store.readApproval(claim)).toMatchObject({ counted: null });
    const counted = {
      outcomes: 7,
      all: { count: 3, last: null },
      run: { count: 2, last: { target: 'a', message: 'it is gone' } },
    };
    await store.keepCounted(claim, counted);
    const heir = await place.takeOver();
    expect(await store.readApproval(heir)).toMatchObject({ counted });
    await store.keepCounted(claim, { ...counted, outcomes: 8 });
    expect(await store.readApproval(heir)).toMatchObject({ counted });
    await place.halt(heir);
    await place.resume();
    expect(await store.readApproval(await place.takeOver())).toMatchObject({ counted: null });
  });

  test('a rate is reserved no further ahead than others may want it, and what nobody used comes back', async () => {
    const { place, client, store, claim } = await arranged();
    expect(await store.reserveRate(claim, 1, 0.01)).toEqual({ count: 1, ms: expect.toSatisfy((ms: number) => ms < 100) });
    expect(await store.reserveRate(claim, 1, 0.01)).toEqual({ count: 0, ms: expect.toSatisfy((ms: number) => ms > 40_000) });
    await store.returnRate(claim, null, 0.01);
    expect((await store.reserveRate(claim, 1, 0.01)).count).toBe(1);
    await client.insertIntents(claim, [intent(place, 1)]);
    await store.returnRate(claim, null, 0.01);
    expect((await store.reserveRate(claim, 1, 0.01)).count).toBe(0);
  });

  test('an owner that ends leaves what it did not use: of ten sends four, and six are used up', async () => {
    // No more than a second's worth is ever reserved, so what is left of it is looked at sooner: on a machine that was too slow once more.
    for (let took = Number.POSITIVE_INFINITY; took > 300; ) {
      const { store, claim } = await arranged();
      const begun = performance.now();
      expect(await store.reserveRate(claim, 10, 10)).toMatchObject({ count: 10 });
      await store.returnRate(claim, 4, 10);
      const next = await store.reserveRate(claim, 1, 10);
      took = performance.now() - begun;
      if (took <= 300) expect(next).toEqual({ count: 1, ms: expect.toSatisfy((ms: number) => ms > 600 - took - 5 && ms <= 600) });
    }
  });

  test('an execution ends as what is left of it says', async () => {
    for (const [first, second, ends] of [
      ['succeeded', 'failed', 'done'],
      ['succeeded', 'uncertain', 'unresolved'],
    ] as const) {
      const { place, client, store, claim } = await arranged();
      const all = [1, 2, 3, 4];
      await client.insertIntents(
        claim,
        all.map((ordinal) => intent(place, ordinal)),
      );
      await client.insertOutcomes(
        claim,
        all.map((ordinal) => outcome(place, ordinal, ordinal === 2 ? second : first)),
      );
      expect(await store.endExecution(claim, false)).toBe(ends);
      expect(await place.now()).toMatchObject({ state: ends, leased: false });
      if (ends !== 'done') continue;
      await place.retry();
      const again = await place.takeOver();
      const approval = await store.readApproval(again);
      expect(approval).toMatchObject({ retryUpTo: place.before + 8, released: true });
      expect(await ordinals(store.nextWork(again, page(place, { retryUpTo: approval?.retryUpTo ?? 0 })))).toEqual([2]);
    }
  });

  test('the first ones wait for a release, and what is told to go on goes on', async () => {
    const { place, client, store, claim } = await arranged(false);
    expect(await store.readApproval(claim)).toMatchObject({ released: false });
    await client.insertIntents(claim, [intent(place, 1), intent(place, 3)]);
    await client.insertOutcomes(claim, [outcome(place, 1, 'succeeded'), outcome(place, 3, 'succeeded')]);
    expect(await store.endExecution(claim, true)).toBe('resumed');
    expect(await store.endExecution(claim, false)).toBe('awaiting_release');
  });

  test('a cancelled chunk counts what was not sent; a halt keeps it, and gives way to a cancel', async () => {
    const cancelled = await arranged();
    await cancelled.client.insertIntents(cancelled.claim, [intent(cancelled.place, 1)]);
    await cancelled.place.cancel();
    await cancelled.client.insertOutcomes(cancelled.claim, [outcome(cancelled.place, 1, 'succeeded')]);
    expect(await cancelled.store.endExecution(cancelled.claim, true)).toBe('cancelled');
    expect(await cancelled.place.now()).toMatchObject({ state: 'cancelled', counters: { done: 1, notExecuted: 3, inFlight: 0 } });

    const { place, claim } = await arranged();
    expect(await place.halt(claim)).toBe('halted');
    expect(await place.now()).toMatchObject({ state: 'halted', leased: false });
    await place.resume();
    const heir = await place.takeOver();
    await place.cancel();
    expect(await place.halt(heir)).toBe('cancelled');
    expect((await place.now()).counters).toMatchObject({ notExecuted: 4 });
  });

  test('of a cancelled chunk what nothing may have happened with can be reviewed again', async () => {
    const { place, client, store, claim } = await arranged();
    await client.insertIntents(claim, [intent(place, 1), intent(place, 2), intent(place, 3)]);
    expect(await place.rest()).toEqual([]);
    await place.cancel();
    await client.insertOutcomes(claim, [
      outcome(place, 1, 'succeeded'),
      outcome(place, 2, 'failed'),
      outcome(place, 3, 'uncertain'),
    ]);
    expect(await place.rest()).toEqual([]);
    expect(await store.endExecution(claim, true)).toBe('cancelled');
    expect(await place.rest()).toEqual([2, 4]);

    const settled = await arranged();
    await settled.client.insertIntents(settled.claim, [intent(settled.place, 1), intent(settled.place, 2)]);
    await settled.client.insertOutcomes(settled.claim, [
      outcome(settled.place, 1, 'uncertain'),
      outcome(settled.place, 2, 'uncertain'),
    ]);
    for (const [ordinal, result] of [
      [1, 'succeeded'],
      [2, 'not_executed'],
    ] as const) {
      const fenced = settled.client.transaction(settled.claim);
      await fenced.isUncertain({ ordinal, step: 2 });
      await fenced.insertResolution(resolution(settled.place, ordinal, result));
      await fenced.commit();
    }
    await settled.place.cancel();
    expect(await settled.store.endExecution(settled.claim, true)).toBe('cancelled');
    expect(await settled.place.rest()).toEqual([2, 3, 4]);
  });
});
