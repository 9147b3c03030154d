/** I3: every statement that a worker's claim may write with, tried after the claim is over in each way, and once while it holds. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { haltAtTarget } from '#lib/store/actions/breakers.sql.ts';
import { endExecution, haltChunk, keepCounted } from '#lib/store/actions/execution.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { insertIntents, insertOutcomes, insertOutcomesAndIntents, insertResolution } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import {
  type Claim,
  giveBack,
  holdFence,
  howClaimStands,
  releaseLease,
  renewLease,
  renewLeases,
  whyRefused,
  yieldClassifying,
} from './claims.sql.ts';
import { completeClassifying, insertClassifications } from './classifications.sql.ts';

const { pool } = await testDatabase();

type Statement = {
  state: Claim['state'];
  act: (claim: Claim) => Promise<unknown>;
  /** What it says when the claim is over; nothing where it says nothing. */
  over?: unknown;
  /** What it may still write while the chunk is being stopped; else that it says it may not. */
  stopping: 'writes' | { says: unknown };
};

const sealed = (ordinal: number, step: number) => ({
  ...{ ordinal, step, body: Buffer.from(`{"v":${ordinal}.${step}}`), leaf: Buffer.alloc(32, 16 * ordinal + step) },
});
// The chunk has four items: one is in flight, one is uncertain, two wait.
const intent = { ...sealed(3, 1), values: [{ field: 'subject', salt: Buffer.alloc(16), value: 'three' }], from: null };
const bare = { ...sealed(4, 1), values: [], from: null };
const outcome = { ...sealed(1, 2), result: 'succeeded' as const, values: [] };
const answered = { ...outcome, values: [{ field: 'answer', salt: Buffer.alloc(16), value: 'HTTP 200' }] };
const classification = { ordinal: 1, category: 'noise', why: 'a rule', confidence: 1 };

const STATEMENTS: Record<string, Statement> = {
  'an intent': {
    ...{ state: 'executing', over: false, stopping: { says: false } },
    act: (claim) => insertIntents(pool, claim, [bare]),
  },
  'an intent with personal values': {
    ...{ state: 'executing', over: false, stopping: { says: false } },
    act: (claim) => insertIntents(pool, claim, [intent]),
  },
  'an outcome': { state: 'executing', over: false, stopping: 'writes', act: (claim) => insertOutcomes(pool, claim, [outcome]) },
  'an outcome with what the target answered': {
    ...{ state: 'executing', over: false, stopping: 'writes' },
    act: (claim) => insertOutcomes(pool, claim, [answered]),
  },
  'an outcome with what the target answered, and an intent': {
    ...{ state: 'executing', over: 'lost', stopping: 'writes' },
    act: (claim) => insertOutcomesAndIntents(pool, claim, [answered], [intent]),
  },
  'an outcome and an intent': {
    ...{ state: 'executing', over: 'lost', stopping: 'writes' },
    act: (claim) => insertOutcomesAndIntents(pool, claim, [outcome], [intent]),
  },
  'what an inspection found': {
    ...{ state: 'executing', over: false, stopping: 'writes' },
    act: (claim) => insertResolution(pool, claim, { ...sealed(2, 3), result: 'succeeded' }),
  },
  'the end of an execution': {
    ...{ state: 'executing', over: null, stopping: 'writes' },
    act: async (claim) => endExecution(pool, claim, false),
  },
  'what is counted of an error budget': {
    ...{ state: 'executing', stopping: 'writes' },
    act: (claim) => keepCounted(pool, claim, { outcomes: 1, all: { count: 1, last: null }, run: { count: 1, last: null } }),
  },
  'a halt while executing': {
    ...{ state: 'executing', over: null, stopping: 'writes' },
    act: (claim) => haltChunk(pool, claim, 'a fault', randomUUID()),
  },
  'a halt at a target': {
    ...{ state: 'executing', over: null, stopping: 'writes' },
    act: (claim) => haltAtTarget(pool, claim, { target: `https://${randomUUID()}.example`, message: 'it is gone' }, randomUUID()),
  },
  'a classification': {
    ...{ state: 'classifying', over: false, stopping: { says: false } },
    act: (claim) => insertClassifications(pool, claim, [classification], 'rules'),
  },
  'the end of classifying': {
    ...{ state: 'classifying', over: false, stopping: { says: false } },
    act: (claim) => completeClassifying(pool, claim),
  },
  'a chunk given back while classifying': {
    ...{ state: 'classifying', stopping: 'writes' },
    act: (claim) => yieldClassifying(pool, claim),
  },
  'a halt while classifying': {
    ...{ state: 'classifying', over: null, stopping: 'writes' },
    act: (claim) => haltChunk(pool, claim, 'a fault', randomUUID()),
  },
  'a renewal': { state: 'executing', over: null, stopping: 'writes', act: (claim) => renewLease(pool, claim) },
  'a renewal among many': { state: 'executing', over: ['lost'], stopping: 'writes', act: (claim) => renewLeases(pool, [claim]) },
  'a chunk given back until later': {
    ...{ state: 'executing', stopping: 'writes' },
    act: (claim) => giveBack(pool, claim, { for: 'rate', ms: 60_000 }),
  },
  'a chunk given back for agents': {
    ...{ state: 'executing', stopping: 'writes' },
    act: (claim) => giveBack(pool, claim, { for: 'agent', ms: 60_000 }),
  },
  'a lease given back': { state: 'executing', stopping: 'writes', act: (claim) => releaseLease(pool, claim) },
};

test.each([
  ['by itself', null, (claim: Claim) => insertOutcomes(pool, claim, [answered])],
  ['with an intent', null, (claim: Claim) => insertOutcomesAndIntents(pool, claim, [answered], [intent])],
  ['while the chunk is being stopped', 'pause', (claim: Claim) => insertOutcomesAndIntents(pool, claim, [answered], [intent])],
])('what a target answered is stored under the number of its own outcome: %s', async (_how, stopping, act) => {
  const claim = await seeded('', 'executing');
  await pool.query('UPDATE chunk SET stopping = $2 WHERE id = $1', [claim.chunkId, stopping]);
  await act(claim);
  const { rows } = await pool.query(
    "SELECT r.kind, r.ordinal, v.field, v.value FROM receipt r JOIN receipt_value v USING (batch_id, chunk, seq) WHERE batch_id = $1 AND v.value = 'HTTP 200'",
    [claim.batchId],
  );
  expect(rows).toEqual([{ kind: 'outcome', ordinal: 1, field: 'answer', value: 'HTTP 200' }]);
});

test('a renewal that was on its way when the chunk was given back gives nobody a lease', async () => {
  const claim = await seeded('a renewal', 'executing');
  await releaseLease(pool, claim);
  const before = await written(claim);
  expect(await renewLease(pool, claim)).toBeNull();
  expect(await written(claim)).toEqual(before);
});

test('one statement renews all that stand, tells what is lost, and waits for nobody who has a row', async () => {
  const [first, second, past] = [await seeded('', 'executing'), await seeded('', 'executing'), await seeded('', 'executing')];
  const over = { ...past, epoch: past.epoch - 1 };
  const untilOf = async ({ chunkId }: Claim): Promise<Date> =>
    (await pool.query('SELECT lease_until AS until FROM chunk WHERE id = $1', [chunkId])).rows[0].until;
  const ids = [first, second, past].map(({ chunkId }) => chunkId);
  await pool.query('UPDATE chunk SET lease_until = clock_timestamp() WHERE id = ANY ($1)', [ids]);
  const before = await Promise.all([first, second, past].map(untilOf));
  const holder = await pool.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [second.chunkId]);
    expect(await renewLeases(pool, [first, second, over])).toEqual([{ held: false }, 'in_use', 'lost']);
    const after = await Promise.all([first, second, past].map(untilOf));
    expect(after.map((until, index) => until > (before[index] as Date))).toEqual([true, false, false]);
    // By itself it is waited for.
    const alone = renewLease(pool, second);
    await holder.query('COMMIT');
    expect(await alone).toEqual({ held: false });
  } finally {
    holder.release();
  }
});

/** The end of an execution needs that nothing is in flight, the end of classifying that all is classified. */
async function seeded(name: string, state: Claim['state']): Promise<Claim> {
  const fields = { subject: 'one' };
  const sent = (...receipts: ('intent' | 'outcome:uncertain' | 'outcome:succeeded')[]) => ({
    ...{ fields, category: 'noise', receipts },
  });
  const open = name === 'the end of an execution' ? sent('intent', 'outcome:succeeded') : sent('intent');
  const items = state === 'executing' ? [open, sent('intent', 'outcome:uncertain'), sent(), sent()] : [{ fields }, { fields }];
  const { batchId, datasetId, chunks } = await seedBatch(pool, {
    plan: { receiptFields: ['subject'] },
    chunks: [{ state, items }],
  });
  const chunkId = chunks[0]?.id ?? '';
  const claim: Claim = { chunkId, batchId, datasetId, number: 1, epoch: 7, state, stopping: null, probes: [] };
  await pool.query(
    `UPDATE chunk SET epoch = 7, lease_owner = $2, lease_until = clock_timestamp() + interval '2345 milliseconds',
       released = NOT $3, classified = CASE WHEN $4 THEN item_count ELSE classified END WHERE id = $1`,
    [chunkId, randomUUID(), name === 'the end of an execution', name === 'the end of classifying'],
  );
  return claim;
}

/** All that a claim may write. */
async function written({ batchId, chunkId }: Claim): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT to_jsonb(c) AS chunk,
       (SELECT jsonb_agg(r ORDER BY seq) FROM receipt r WHERE batch_id = $1) AS receipts,
       (SELECT count(*) FROM receipt_value WHERE batch_id = $1) AS values,
       (SELECT count(*) FROM classification WHERE batch_id = $1) AS answers,
       (SELECT count(*) FROM incident WHERE batch_id = $1) AS incidents
     FROM chunk c WHERE id = $2`,
    [batchId, chunkId],
  );
  return rows[0];
}

async function refused(claim: Claim, { act, over }: Statement, why: string): Promise<void> {
  const before = await written(claim);
  expect(await act(claim), why).toEqual(over);
  expect(await written(claim), why).toEqual(before);
}

describe.each(Object.entries(STATEMENTS))('%s', (name, statement) => {
  test('is written while the claim holds', async () => {
    const claim = await seeded(name, statement.state);
    const before = await written(claim);
    expect(await statement.act(claim)).not.toBe(statement.over ?? false);
    expect(await written(claim)).not.toEqual(before);
  });

  test('is refused once the chunk has another epoch', async () => {
    const claim = await seeded(name, statement.state);
    await refused({ ...claim, epoch: claim.epoch - 1 }, statement, 'an epoch that is past');
    await refused({ ...claim, epoch: claim.epoch + 1 }, statement, 'an epoch that is not there yet');
  });

  test('is refused once the chunk is in another state', async () => {
    const claim = await seeded(name, statement.state);
    for (const state of CHUNK_STATES.filter((one) => one !== statement.state)) {
      await pool.query('UPDATE chunk SET state = $2 WHERE id = $1', [claim.chunkId, state]);
      await refused(claim, statement, state);
    }
  });

  test.each(['pause', 'cancel', 'accept_rest'])(
    'while a %s is under way it is written only if it begins nothing',
    async (stopping) => {
      const claim = await seeded(name, statement.state);
      await pool.query('UPDATE chunk SET stopping = $2 WHERE id = $1', [claim.chunkId, stopping]);
      if (statement.stopping !== 'writes') return refused(claim, { ...statement, over: statement.stopping.says }, stopping);
      const before = await written(claim);
      expect(await statement.act(claim)).not.toBe(statement.over ?? false);
      expect(await written(claim)).not.toEqual(before);
      const { rows } = await pool.query("SELECT ordinal FROM receipt WHERE batch_id = $1 AND kind = 'intent' ORDER BY ordinal", [
        claim.batchId,
      ]);
      expect(rows.filter(({ ordinal }) => ordinal > 2)).toEqual([]);
    },
  );
});

test('what a claim is told about itself is so', async () => {
  const claim = await seeded('', 'executing');
  const fence = (asked: Claim): Promise<boolean> => inTransaction(pool, (tx) => holdFence(tx, asked));
  const past = { ...claim, epoch: claim.epoch - 1 };
  expect([await fence(claim), await fence(past)]).toEqual([true, false]);
  expect([await howClaimStands(pool, claim), await howClaimStands(pool, past)]).toEqual([null, 'lost']);
  await pool.query("UPDATE chunk SET stopping = 'pause' WHERE id = $1", [claim.chunkId]);
  expect([await howClaimStands(pool, claim), await whyRefused(pool, claim)]).toEqual(['stopping', 'stopping']);
  await pool.query("UPDATE chunk SET state = 'paused' WHERE id = $1", [claim.chunkId]);
  expect([await fence(claim), await howClaimStands(pool, claim), await whyRefused(pool, claim)]).toEqual([false, 'lost', 'lost']);
});
