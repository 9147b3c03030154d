/** Revisions of the rules of a batch that runs, the hostile way: at the same time as decisions, workers and other revisions, and of what must not be revised. */
import { expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { type DecisionBody, type PlanBody, readReceipt } from '#lib/ledger/receipt.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { makeTrail } from '#lib/steps/receipts/export-trail.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { completeClassifying, insertClassifications } from '#lib/store/chunks/classifications.sql.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { type Seed, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO, chunkStates, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { type ReviseInput, reviseRules } from './revise-rules.ts';
import { readRuleCounts, readRuleItems } from './rule-counts.ts';

const { pool } = await testDatabase();

const CATEGORIES: PlanInput['categories'] = [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }];
const PLAN: PlanInput = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  ...{ categories: CATEGORIES, chunking: { by: 'size', maxItems: 50 }, receiptFields: ['subject'] },
};
const KEEP_BO = { when: `item.from == 'bo@firm.y'`, category: 'keep', why: 'Bo is a person.' };

const items = (count: number, from = 'bo@firm.y'): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `mail ${index}`, from }, category: 'noise', by: 'rules' }));
const seed = (chunks: Seed['chunks'], more: Partial<Seed> = {}) =>
  seedBatch(pool, { plan: PLAN, columns: ['subject', 'from'], chunks, ...more });
const waiting = (count = 3) => ({ state: 'awaiting_review' as const, items: items(count) });
const revise = (batchId: string, change: Partial<ReviseInput['change']> = {}, actor = BO) =>
  reviseRules(actor, { batchId, change: { revision: 1, rules: [KEEP_BO], ...change } });

async function refusal(acting: Promise<unknown>): Promise<CountersignError> {
  const error = await acting.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw error ?? new Error('It was not refused.');
  return error;
}

const chunksOf = async (batchId: string) =>
  (await pool.query('SELECT number, state, plan_revision AS plan, revision FROM chunk WHERE batch_id = $1 ORDER BY 1', [batchId]))
    .rows;
const categories = async (batchId: string) =>
  (await pool.query('SELECT ordinal, category, "by" FROM classification WHERE batch_id = $1 ORDER BY 1', [batchId])).rows;
const revisions = async (batchId: string) =>
  (await pool.query('SELECT revision FROM batch_plan WHERE batch_id = $1 ORDER BY 1', [batchId])).rows;

async function receipts<Body>(batchId: string, kind: string): Promise<Body[]> {
  const { rows } = await pool.query('SELECT body FROM receipt WHERE batch_id = $1 AND kind = $2 ORDER BY chunk, seq', [
    batchId,
    kind,
  ]);
  return rows.map(({ body }) => readReceipt(body) as Body);
}

const classifiedAgain = (batchId: string, number = 1) =>
  workUntil(pool, async () => (await chunkStates(pool, batchId))[number - 1] === 'awaiting_review');

async function sign(batchId: string, chunk: number, more: object = {}) {
  const look = await readCheckpoint(ADA, { batchId, chunk });
  return decide(ADA, {
    batchId,
    chunks: [{ number: chunk, digest: look?.digest ?? '', revision: look?.revision ?? 1 }],
    ...{ execute: true, override: 'A test.', ...more },
  });
}

test('a chunk that awaits its review is classified again by the new rules, what a person corrected stays, and receipts say so', async () => {
  const { batchId } = await seed([waiting(), waiting(), { state: 'proposed', items: items(2) }]);
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'noise' }] });
  const revised = await revise(batchId, { chunks: [1], note: 'Bo is no shop.' });
  expect(revised).toMatchObject({ revision: 2, again: [1], chunks: 2 });
  expect(await chunksOf(batchId)).toMatchObject([
    { state: 'queued', plan: 2, revision: 4 },
    { state: 'awaiting_review', plan: 1, revision: 1 },
    { state: 'proposed', plan: 2 },
  ]);
  const [receipt] = await receipts<PlanBody>(batchId, 'plan');
  expect(receipt).toMatchObject({ chunk: 0, revision: 2, plan: revised.digest, by: BO.id });
  expect(receipt?.chunks).toEqual([
    [1, 1],
    [3, 3],
  ]);
  expect(receipt?.before).not.toBe(receipt?.plan);
  await classifiedAgain(batchId);
  expect(await categories(batchId)).toMatchObject([
    { ordinal: 1, category: 'keep', by: 'rules' },
    { ordinal: 2, category: 'noise', by: ADA.id },
    { ordinal: 3, category: 'keep', by: 'rules' },
    ...[4, 5, 6].map((ordinal) => ({ ordinal, category: 'noise' })),
  ]);
  await sign(batchId, 1);
  await sign(batchId, 2);
  const decisions = await receipts<Extract<DecisionBody, { v: 2 }>>(batchId, 'decision');
  expect(decisions.map(({ chunk, plan }) => [chunk, plan])).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect((await verdict(batchId)).findings).toEqual([]);
});

test('of a decision and a revision at once one wins: nobody approves what they did not see', async () => {
  const { batchId, chunks } = await seed([waiting()]);
  const look = await readCheckpoint(ADA, { batchId, chunk: 1 });
  const revised = await refusal(
    whileHeld(
      pool,
      (other) => other.query(`UPDATE chunk SET state = 'approved', revision = 2 WHERE id = $1`, [chunks[0]?.id]),
      () => revise(batchId, { chunks: [1] }),
    ),
  );
  expect(revised).toMatchObject({ code: 'conflict', message: expect.stringContaining('Chunk 1 is approved') });
  expect(await revisions(batchId)).toEqual([]);
  await pool.query(`UPDATE chunk SET state = 'awaiting_review', revision = 1 WHERE id = $1`, [chunks[0]?.id]);
  await revise(batchId, { chunks: [1] });
  const chunksAsked = [{ number: 1, digest: look?.digest ?? '', revision: 1 }];
  expect(await refusal(decide(ADA, { batchId, chunks: chunksAsked, execute: true, override: 'A test.' }))).toMatchObject({
    code: 'conflict',
  });
  await classifiedAgain(batchId);
  expect(await refusal(decide(ADA, { batchId, chunks: chunksAsked, execute: true, override: 'A test.' }))).toMatchObject({
    code: 'stale',
  });
});

test('of two revisions at once one is stale, and names who was first', async () => {
  const { batchId } = await seed([{ state: 'proposed', items: items(2) }]);
  const both = await Promise.allSettled([revise(batchId, {}, ADA), revise(batchId, { rules: [{ ...KEEP_BO, why: 'Other.' }] })]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const reason = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))[0];
  expect(reason).toMatchObject({ code: 'stale', facts: { revision: 2 } });
  expect(await revisions(batchId)).toHaveLength(1);
  expect(await receipts(batchId, 'plan')).toHaveLength(1);
});

test('what is no rule is refused by its name, and so are rules that can’t be used', async () => {
  const { batchId } = await seed([{ state: 'proposed', items: items(2) }]);
  const asked = async (change: object) => (await refusal(revise(batchId, change as never))).message;
  for (const name of ['categories', 'gates', 'execution', 'chunking'])
    expect(await asked({ [name]: [] })).toContain(`“${name}” can’t be changed once a batch runs`);
  expect(await asked({ rules: [{ ...KEEP_BO, category: 'bin' }] })).toContain('There is no category “bin”');
  expect(await asked({ rules: [{ ...KEEP_BO, when: 'item.nobody == "x"' }] })).toContain('nobody');
  expect(await asked({ rules: [] })).toContain('the rules as they are');
  expect(await asked({ revision: 2 })).toContain('no revision 2');
  // A plan of version 1 stays one: it knows no rows of conditions, and no instruction.
  expect(await asked({ rules: [{ where: [[{ field: 'from', is: 'empty' }]], category: 'keep' }] })).toContain('version 2');
  expect(await asked({ instruction: 'Keep people.' })).toContain('version 2');
  expect(await asked({ chunks: [7] })).toContain('no chunk 7');
  expect(await revisions(batchId)).toEqual([]);
});

test('a batch that is over, not started or an undo has no rules to change', async () => {
  for (const state of ['finished', 'cancelled', 'proposed'] as const) {
    const { batchId } = await seed([{ state: state === 'proposed' ? 'proposed' : 'closed', items: items(1) }], { state });
    expect(await refusal(revise(batchId))).toMatchObject({ code: 'conflict' });
  }
  const [undone, undo] = [await seed([waiting()]), await seed([waiting()])];
  await pool.query('UPDATE batch SET undoes = $2 WHERE id = $1', [undo.batchId, undone.batchId]);
  expect((await refusal(revise(undo.batchId, { chunks: [1] }))).message).toContain('undoes another one');
  expect(await refusal(revise('7b9f1de4-3f7c-4f0e-9f0c-000000000000'))).toMatchObject({ code: 'not_found' });
});

test('what was signed, approved or closed keeps its rules; named, it refuses all', async () => {
  const states = ['awaiting_second', 'approved', 'done', 'closed', 'halted', 'queued'] as const;
  const { batchId } = await seed(states.map((state) => ({ state, items: items(1) })));
  for (const [index, state] of states.slice(0, 5).entries()) {
    const error = await refusal(revise(batchId, { chunks: [index + 1] }));
    expect(error.message, state).toContain(`Chunk ${index + 1} is `);
  }
  expect(await revise(batchId)).toMatchObject({ chunks: 1, again: [] });
  expect((await chunksOf(batchId)).map(({ plan }) => plan)).toEqual([1, 1, 1, 1, 1, 2]);
});

test('a worker in the middle of classifying loses the chunk, and no chunk mixes two revisions', async () => {
  // The only one that there is to claim.
  await pool.query(`UPDATE batch SET state = 'paused' WHERE state = 'running'`);
  const { batchId } = await startedBatch(pool, { items: 4, plan: PLAN });
  const { rows } = await pool.query(
    `INSERT INTO worker (id, host, pid, state) VALUES (gen_random_uuid(), 'here', 1, 'idle') RETURNING id`,
  );
  const claim = await claimChunk(pool, rows[0].id);
  if (claim?.batchId !== batchId) throw new Error('Another batch was claimed.');
  const answer = (ordinal: number) => ({ ordinal, category: 'noise', why: 'old', confidence: 1 });
  expect(await insertClassifications(pool, claim, [answer(1), answer(2)], 'rules')).toBe(true);
  await revise(batchId, { rules: [{ ...KEEP_BO, when: 'true' }] });
  expect(await categories(batchId)).toEqual([]);
  expect(await insertClassifications(pool, claim, [answer(3), answer(4)], 'rules')).toBe(false);
  expect(await completeClassifying(pool, claim)).toBe(false);
  await classifiedAgain(batchId);
  expect((await categories(batchId)).map(({ category }) => category)).toEqual(['keep', 'keep', 'keep', 'keep']);
  expect(await chunksOf(batchId)).toMatchObject([{ plan: 2, state: 'awaiting_review' }]);
});

test('a chunk that halted on a rule takes the new rules, and goes on with them when it is resumed', async () => {
  const { batchId } = await seed([{ state: 'halted', items: items(3) }]);
  await pool.query(`UPDATE chunk SET halted_from = 'classifying' WHERE batch_id = $1`, [batchId]);
  expect(await revise(batchId)).toMatchObject({ chunks: 1, again: [] });
  expect(await chunksOf(batchId)).toMatchObject([{ state: 'halted', plan: 2 }]);
  expect(await categories(batchId)).toEqual([]);
});

test('more ranges of chunks than one receipt holds leave a further one, and the trail verifies', async () => {
  const { batchId } = await seed([{ state: 'proposed', items: items(1) }]);
  await pool.query(
    `INSERT INTO chunk (id, batch_id, number, name, item_count, state, seed)
     SELECT gen_random_uuid(), $1, n, 'Part', 0, CASE WHEN n % 2 = 1 THEN 'proposed' ELSE 'closed' END, sha256('') FROM generate_series(2, 4003) n`,
    [batchId],
  );
  expect(await revise(batchId)).toMatchObject({ chunks: 2_002 });
  const told = await receipts<PlanBody>(batchId, 'plan');
  expect(told.map(({ revision, chunks: ranges }) => [revision, ranges.length])).toEqual([
    [2, 2_000],
    [2, 2],
  ]);
  expect((await verdict(batchId)).findings).toEqual([]);
});

async function verdict(batchId: string) {
  const { body } = await makeTrail({ batchId, reader: { role: 'admin', items: true } });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const { names, read } = await openZip(
    { size: bytes.length, read: async (at: number, length: number) => bytes.subarray(at, at + length) },
    inflate,
  );
  return verifyTrail({ names, read }, hashing);
}

test('each rule has the items that it classified, by the rules that hold now; what people moved is said, and of what nobody knows nothing is', async () => {
  const classified = (part: number | undefined, count: number, category: string): SeedItem[] =>
    items(count, part === 0 ? 'bo@firm.y' : 'x@y.z').map((one) => ({
      ...one,
      category,
      ...(part === undefined ? {} : { part }),
    }));
  const LABEL = { when: `item.from == 'x@y.z'`, category: 'noise' };
  const { batchId } = await seed(
    [
      {
        state: 'awaiting_review',
        items: [...classified(0, 3, 'keep'), ...classified(1, 2, 'noise'), ...classified(-1, 1, 'noise')],
      },
      // Of a batch from before it was kept.
      { state: 'awaiting_review', items: classified(undefined, 4, 'noise') },
      { state: 'awaiting_review', items: [...classified(0, 2, 'keep'), ...classified(1, 1, 'noise')] },
    ],
    { plan: { ...PLAN, classifier: { kind: 'rules', rules: [KEEP_BO, LABEL], otherwise: 'noise' } } },
  );
  const counts = () => readRuleCounts(BO, { batchId });
  const itemsOf = async (rule: number, page: { limit?: number; cursor?: string | null } = {}) => {
    const { items: found = [], next } = (await readRuleItems(BO, { batchId, rule, ...page })) ?? {};
    return { at: found.map(({ chunk, ordinal, by }) => [chunk, ordinal, by]), next };
  };
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'noise' }] });
  expect(await counts()).toMatchObject({
    rules: [
      { items: 5, moved: 1 },
      { items: 3, moved: 0 },
    ],
    ...{ revision: 1, otherwise: { items: 1, moved: 0 }, others: 0, unknown: 4, upTo: 13 },
  });
  expect((await itemsOf(1)).at.map(([chunk, ordinal]) => [chunk, ordinal])).toEqual([
    [1, 1],
    [1, 2],
    [1, 3],
    [3, 11],
    [3, 12],
  ]);
  const first = await itemsOf(1, { limit: 3 });
  expect(first).toMatchObject({
    at: [
      [1, 1, 'Somebody unknown'],
      [1, 2, 'rules'],
      [1, 3, 'rules'],
    ],
  });
  expect(await itemsOf(1, { limit: 3, cursor: first.next })).toEqual({
    at: [
      [3, 11, 'rules'],
      [3, 12, 'rules'],
    ],
    next: null,
  });
  expect((await itemsOf(0)).at).toEqual([[1, 6, 'rules']]);
  await expect(itemsOf(3)).rejects.toThrow('There is no rule 3.');

  // The same rule is another number now, and one is gone: chunk 3 goes by the older rules still, chunk 1 is classified again.
  const NEW = { when: `item.subject == 'mail 1'`, category: 'noise' };
  await revise(batchId, { rules: [NEW, KEEP_BO], chunks: [1] });
  expect(await counts()).toMatchObject({
    rules: [
      { items: 0, moved: 0 },
      { items: 2, moved: 0 },
    ],
    // The corrected item of chunk 1 stays, and no rule of now has classified it.
    ...{ revision: 2, otherwise: { items: 0 }, others: 1, unknown: 5, upTo: 8 },
  });
  await classifiedAgain(batchId);
  expect(await counts()).toMatchObject({
    rules: [
      { items: 2, moved: 0 },
      { items: 3, moved: 0 },
    ],
    ...{ otherwise: { items: 2 }, others: 1, unknown: 5, upTo: 13 },
  });
  expect((await itemsOf(2)).at.map(([chunk]) => chunk)).toEqual([1, 3, 3]);
});

test('a chunk that is classified again is reviewed anew: who claimed it keeps it, and its gate is not opened twice', async () => {
  const { batchId } = await seed([waiting(), { state: 'proposed', items: items(1) }, { state: 'proposed', items: items(1) }], {
    plan: { ...PLAN, gates: { next: 'each' } },
  });
  const now = async () =>
    (await pool.query('SELECT state, continued, reviewed, reviewer FROM chunk WHERE batch_id = $1 ORDER BY number', [batchId]))
      .rows;
  await pool.query('UPDATE chunk SET reviewer = $2, reviewer_since = clock_timestamp() WHERE batch_id = $1 AND number = 1', [
    batchId,
    BO.id,
  ]);
  const look = async () => {
    const seen = await readCheckpoint(ADA, { batchId, chunk: 1 });
    return { number: 1, digest: seen?.digest ?? '', revision: seen?.revision ?? 0 };
  };
  const goOn = async () => decide(ADA, { batchId, chunks: [await look()], next: true });
  expect((await goOn()).opened).toEqual([2]);
  expect((await now())[0]).toMatchObject({ continued: true, reviewed: true });
  await revise(batchId, { chunks: [1] });
  expect((await now())[0]).toEqual({ state: 'queued', continued: true, reviewed: false, reviewer: BO.id });
  await classifiedAgain(batchId);
  expect((await goOn()).opened).toEqual([]);
  expect(await now()).toMatchObject([{ continued: true, reviewed: true, reviewer: BO.id }, {}, { state: 'proposed' }]);
  await decide(ADA, { batchId, chunks: [await look()], sendBack: true, note: 'Once more.' });
  expect((await now())[0]).toMatchObject({ continued: true, reviewed: false, reviewer: BO.id });
});
