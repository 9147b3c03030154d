/** Two people sign, neither of them whoever started the batch: and every way around it that a person or a script may try. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { type DecisionBody, readReceipt } from '#lib/ledger/receipt.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { confirmPerson } from '#lib/steps/people/confirm-person.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { BO, chunkStates, leasesCount, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { correct } from './correct.ts';
import { type DecideInput, decide } from './decide.ts';
import { readCheckpoint } from './read-checkpoint.ts';

const { pool, ownerPool } = await testDatabase();
beforeAll(() => leasesCount(pool));

const person = (name: string, role: Actor['role'] = 'reviewer'): Actor => ({
  ...{ id: `user:${randomUUID()}`, role, name },
  via: 'page',
});
const [CY, DAN] = [person('Cy'), person('Dan')];
const KEY: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };

beforeAll(async () => {
  for (const { id, name } of [BO, CY, DAN])
    await ownerPool.query('INSERT INTO "user" (id, name, email, role, updated_at) VALUES ($1, $2, $3, \'reviewer\', now())', [
      ...[id.slice('user:'.length), name, `${name}@example.org`],
    ]);
});

const PLAN: Partial<PlanInput> = { gates: { approvals: 2 }, execution: { first: 0 }, receiptFields: ['subject'] };

type Two = SeededBatch & { starter: Actor };

/** Chunks of two items in review, started by somebody of whom nothing else is known. */
async function two(chunks = 1, plan: Partial<PlanInput> = {}): Promise<Two> {
  const items = [1, 2].map((number) => ({ fields: { subject: `mail ${number}` }, category: 'noise' }));
  const batch = await seedBatch(pool, {
    plan: { ...PLAN, ...plan },
    chunks: Array.from({ length: chunks }, () => ({ state: 'awaiting_review' as const, items })),
  });
  const { rows } = await pool.query<{ by: string }>('SELECT started_by AS by FROM batch WHERE id = $1', [batch.batchId]);
  return { ...batch, starter: { ...person('Ada', 'admin'), id: rows[0]?.by ?? '' } };
}

async function digestOf(batch: SeededBatch, number = 1): Promise<string> {
  const chunkId = batch.chunks[number - 1]?.id ?? '';
  return (await buildManifest(pool, { ...batch, chunkId }, requestBuilder)).digest;
}

async function says(actor: Actor, batch: SeededBatch, answers: Partial<DecideInput>, numbers = [1]) {
  const chunks = await Promise.all(numbers.map(async (number) => ({ number, digest: await digestOf(batch, number) })));
  const said = { next: false, execute: false, override: 'a test looks at nothing', ...answers };
  return decide(actor, { batchId: batch.batchId, chunks, ...said });
}
const sign = (actor: Actor, batch: SeededBatch, ...numbers: number[]) =>
  says(actor, batch, { execute: true }, numbers.length > 0 ? numbers : [1]);
const refuse = (actor: Actor, batch: SeededBatch, note = 'too many') => says(actor, batch, { sendBack: true, note });
const states = ({ batchId }: SeededBatch) => chunkStates(pool, batchId);

async function decisions({ batchId }: SeededBatch): Promise<DecisionBody[]> {
  const { rows } = await pool.query<{ body: Buffer }>(
    "SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision' ORDER BY chunk, seq",
    [batchId],
  );
  return rows.map(({ body }) => readReceipt(body) as DecisionBody);
}

const frozen = async ({ batchId }: SeededBatch) =>
  (
    await pool.query<{ id: string }>(
      'SELECT DISTINCT decision_id AS id FROM manifest_row JOIN decision d ON d.id = decision_id WHERE d.batch_id = $1',
      [batchId],
    )
  ).rows.map(({ id }) => id);

/** Refused, and nothing at all was written. */
async function isRefused(batch: SeededBatch, act: () => Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const written = async () => {
    const { rows } = await pool.query(
      `SELECT (SELECT json_agg(c ORDER BY number) FROM chunk c WHERE batch_id = $1) AS chunks,
         (SELECT json_agg(r ORDER BY chunk, seq) FROM receipt r WHERE batch_id = $1) AS receipts,
         (SELECT json_agg(d ORDER BY id) FROM decision d WHERE batch_id = $1) AS decisions,
         (SELECT count(*) FROM manifest_row JOIN decision d ON d.id = decision_id WHERE d.batch_id = $1) AS rows`,
      [batch.batchId],
    );
    return rows;
  };
  const before = await written();
  await expect(act()).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  expect(await written()).toEqual(before);
}

test('the first signature freezes nothing and runs nothing; the second, by another, approves the same manifest', async () => {
  const batch = await two();
  await sign(BO, batch);
  expect(await states(batch)).toEqual(['awaiting_second']);
  expect(await frozen(batch)).toEqual([]);
  const { decisionId } = await sign(CY, batch);
  expect(await states(batch)).toEqual(['approved']);
  expect(await frozen(batch)).toEqual([decisionId]);
  const [one, other] = await decisions(batch);
  expect([one?.by, other?.by]).toEqual([BO.id, CY.id]);
  expect(one).toMatchObject({ manifest: other?.manifest, revision: other?.revision, answers: { execute: true } });
  const receipts = await readReceipts(BO, { batchId: batch.batchId });
  const told = receipts?.items.filter(({ kind }) => kind === 'decision').map(({ line, signing }) => ({ line, signing }));
  expect(told).toEqual([
    {
      line: expect.stringMatching(/^signed first by Bo, 2 noise, .* UTC; a second signature is needed$/),
      signing: 'first',
    },
    { line: expect.stringMatching(/^approved by Cy, 2 noise, .* UTC$/), signing: 'second' },
  ]);
});

test('nobody signs twice, whichever way they come', async () => {
  const batch = await two(1, { gates: { approvals: 2, keysMaySign: true } });
  await sign(BO, batch);
  for (const bo of [BO, { ...BO, via: 'api' as const, role: 'admin' as const, name: 'Somebody else' }])
    await isRefused(batch, () => sign(bo, batch), 'conflict', /^You signed chunk 1 first\./);
  await sign(KEY, batch);
  expect(await states(batch)).toEqual(['approved']);

  const other = await two(1, { gates: { approvals: 2, keysMaySign: true } });
  await sign(KEY, other);
  await isRefused(other, () => sign({ ...KEY, via: 'page' }, other), 'conflict', /^You signed chunk 1 first\./);
});

test('whoever started the batch is neither of the two', async () => {
  const batch = await two();
  await isRefused(batch, () => sign(batch.starter, batch), 'forbidden', /^You started this batch/);
  await sign(BO, batch);
  await isRefused(batch, () => sign(batch.starter, batch), 'forbidden', /^You started this batch/);
  await isRefused(batch, () => sign({ ...batch.starter, via: 'api' }, batch), 'forbidden', /^You started this batch/);
  // What is no signature is theirs as anybody's.
  await refuse(batch.starter, batch);
  expect(await states(batch)).toEqual(['awaiting_review']);
});

test('whoever may not decide signs nothing', async () => {
  const batch = await two();
  await sign(BO, batch);
  await isRefused(batch, () => sign(person('Aude', 'auditor'), batch), 'forbidden', /^An auditor can't decide/);
});

test('what the first saw is what the second signs: no correction between, no other digest, nothing that changed by itself', async () => {
  const batch = await two();
  const before = await digestOf(batch);
  await correct(BO, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  await sign(BO, batch);
  const corrections = [{ ordinal: 2, category: 'keep' }];
  await isRefused(
    batch,
    () => correct(CY, { batchId: batch.batchId, chunk: 1, corrections }),
    'conflict',
    /signed by one person/,
  );
  const stale = () =>
    decide(CY, { batchId: batch.batchId, chunks: [{ number: 1, digest: before }], next: false, execute: true, override: 'x' });
  await isRefused(batch, stale, 'stale', /Nothing was approved/);
  // Behind everybody's back.
  await ownerPool.query("UPDATE classification SET category = 'keep' WHERE batch_id = $1 AND ordinal = 2", [batch.batchId]);
  await isRefused(batch, () => sign(CY, batch), 'conflict', /is not what the first person signed/);
});

test('a first signature whose receipt was altered is none, and everything else can still be read', async () => {
  const batch = await two();
  const { batchId } = batch;
  await sign(CY, batch);
  await refuse(DAN, batch);
  await sign(BO, batch);
  const altered = 'UPDATE receipt SET body = $2 WHERE batch_id = $1 AND seq = 3';
  await ownerPool.query('ALTER TABLE receipt DISABLE TRIGGER receipt_append_only');
  await ownerPool.query(altered, [batchId, Buffer.from([0xff, 0x7b])]);
  await ownerPool.query('ALTER TABLE receipt ENABLE ALWAYS TRIGGER receipt_append_only');
  for (const anybody of [BO, CY, DAN])
    await expect(sign(anybody, batch)).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(/was altered/) });
  await readNeedsYou(DAN);
  expect(await readCheckpoint(DAN, { batchId, chunk: 1 })).toMatchObject({ two: { first: null } });
  const lines = (await readReceipts(BO, { batchId }))?.items.map(({ line }) => line);
  expect(lines?.[0]).toMatch(/^signed first by Cy/);
  expect(lines?.[2]).toMatch(/were altered/);
  await refuse(DAN, batch);
  expect(await states(batch)).toEqual(['awaiting_review']);
});

test('the second looks for themselves', async () => {
  const batch = await two();
  await sign(BO, batch);
  await isRefused(batch, () => says(CY, batch, { execute: true, override: null }), 'invalid', /nobody looked at any item/);
});

test('of two second signers at once one counts, and the manifest is frozen once', async () => {
  for (let round = 0; round < atSize(1, 5); round += 1) {
    const batch = await two();
    await sign(BO, batch);
    const said = await Promise.allSettled([sign(CY, batch), sign(DAN, batch), sign(BO, batch)]);
    expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(said[2]?.status).toBe('rejected');
    expect(await states(batch)).toEqual(['approved']);
    expect(await frozen(batch)).toHaveLength(1);
    expect(await decisions(batch)).toHaveLength(2);
  }
});

test('the same person twice at once is one signature; two people at once are both', async () => {
  const batch = await two();
  const twice = await Promise.allSettled([sign(BO, batch), sign({ ...BO, via: 'api' }, batch)]);
  expect(twice.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await states(batch)).toEqual(['awaiting_second']);

  const other = await two();
  await Promise.all([sign(BO, other), sign(CY, other)]);
  expect(await states(other)).toEqual(['approved']);
});

test('not signing needs a note, keeps the classifications, and both signatures are due anew', async () => {
  const batch = await two();
  const { batchId } = batch;
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  await sign(BO, batch);
  await isRefused(batch, () => says(CY, batch, { sendBack: true }), 'invalid', /A note is missing/);
  const digest = await digestOf(batch);
  await refuse(CY, batch, 'two of them are invoices');
  expect(await states(batch)).toEqual(['awaiting_review']);
  expect(await digestOf(batch)).toBe(digest);
  expect(await readCheckpoint(BO, { batchId, chunk: 1 })).toMatchObject({
    chunk: { note: 'two of them are invoices' },
    two: { first: null, refused: { by: 'Cy' }, notYou: null },
    may: { correct: true, decide: true },
  });

  await correct(CY, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  // Who refused may sign first now; Bo's first signature is no more.
  await sign(CY, batch);
  expect(await states(batch)).toEqual(['awaiting_second']);
  expect(await readCheckpoint(BO, { batchId, chunk: 1 })).toMatchObject({ two: { first: { by: 'Cy' }, refused: null } });
  await isRefused(batch, () => sign(CY, batch), 'conflict', /^You signed chunk 1 first/);
  await sign(BO, batch);
  expect(await states(batch)).toEqual(['approved']);
  const lines = (await readReceipts(BO, { batchId }))?.items.map(({ kind, signing }) => signing ?? kind);
  expect(lines).toEqual(['correction', 'first', 'refused', 'correction', 'first', 'second']);
});

test('a chunk that was signed once is not closed; classifying goes on past it; it can be cancelled', async () => {
  const batch = await two(2);
  await sign(BO, batch);
  await isRefused(batch, () => says(CY, batch, { close: true }), 'conflict', /awaits a second signature/);
  await says(CY, batch, { next: true });
  expect(await states(batch)).toEqual(['awaiting_second', 'awaiting_review']);
  // To go on is no signature, and takes none away.
  await isRefused(batch, () => sign(BO, batch), 'conflict', /^You signed chunk 1 first/);
  await cancel(batch.starter, { batchId: batch.batchId, chunk: 1 });
  await isRefused(batch, () => sign(CY, batch), 'conflict', /cancelled/);
  await sign(BO, batch, 2);
  await cancel(batch.starter, { batchId: batch.batchId });
  expect(await states(batch)).toEqual(['cancelled', 'cancelled']);
  expect(await frozen(batch)).toEqual([]);
});

describe('who let whom in', () => {
  /** Somebody new, let in by `host`. */
  async function guestOf(host: Actor, name: string, role: Actor['role'] = 'reviewer'): Promise<Actor> {
    const guest = person(name, role);
    await ownerPool.query(
      `INSERT INTO "user" (id, name, email, role, invited_by, updated_at) VALUES ($1, $2, $3, $4, $5, now())`,
      [guest.id.slice('user:'.length), name, `${randomUUID()}@example.org`, role, host.id],
    );
    return guest;
  }
  const confirmed = async (guest: Actor, by: Actor) => confirmPerson(by, { personId: guest.id.slice('user:'.length) });

  test('whoever let a person in does not sign with that person, in either order, until another admin confirms the person', async () => {
    const eve = await guestOf(KEY, 'Eve', 'admin');
    const puppet = await guestOf(eve, 'Puppet');
    for (const [one, other] of [
      [eve, puppet],
      [puppet, eve],
    ] as const) {
      const batch = await two();
      await sign(one, batch);
      const words = new RegExp(`^Chunk 1 was signed first by ${one.name}\\. One of you two invited the other`);
      await isRefused(batch, () => sign(other, batch), 'conflict', words);
      expect(await readCheckpoint(other, { batchId: batch.batchId, chunk: 1 })).toMatchObject({
        two: { notYou: 'invited' },
        may: { decide: false },
      });
      await sign(CY, batch);
      expect(await states(batch)).toEqual(['approved']);
    }

    const admin = await guestOf(KEY, 'Fay', 'admin');
    await expect(confirmed(puppet, eve)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/^You invited/),
    });
    await expect(confirmed(puppet, KEY)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(confirmed(eve, eve)).rejects.toMatchObject({ code: 'conflict' });
    expect(await confirmed(puppet, admin)).toMatchObject({ invitedBy: 'Eve', confirmedBy: 'Fay', confirmable: false });
    const batch = await two();
    await sign(puppet, batch);
    await sign(eve, batch);
    expect(await states(batch)).toEqual(['approved']);
  });

  test('a key signs neither first nor second, unless the plan lets keys sign', async () => {
    const batch = await two();
    await isRefused(batch, () => sign(KEY, batch), 'forbidden', /an API key is none/);
    await sign(BO, batch);
    await isRefused(batch, () => sign(KEY, batch), 'forbidden', /an API key is none/);
    const other = await two(1, { gates: { approvals: 2, keysMaySign: true } });
    await sign(KEY, other);
    await sign(BO, other);
    expect(await states(other)).toEqual(['approved']);
  });

  test('a start that no two could sign is refused, and says what to do', async () => {
    const { rows } = await ownerPool.query<{ id: string }>('UPDATE "user" SET disabled_at = now() RETURNING id');
    const starts = async (starter: Actor, gates: PlanInput['gates'] = PLAN.gates) => {
      const batch = await seedBatch(pool, {
        state: 'proposed',
        plan: { ...PLAN, gates },
        chunks: [{ state: 'proposed', items: [] }],
      });
      return startBatch(starter, { batchId: batch.batchId });
    };
    const none = {
      code: 'conflict',
      message: expect.stringMatching(/Nobody else who may decide can sign in\. Invite two reviewers/),
    };
    try {
      await expect(starts(KEY)).rejects.toMatchObject(none);
      const [host, auditor] = [await guestOf(KEY, 'Gil', 'admin'), await guestOf(KEY, 'Aud', 'auditor')];
      await expect(starts(auditor)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(starts(host)).rejects.toMatchObject(none);
      await expect(starts(KEY)).rejects.toMatchObject({
        message: expect.stringMatching(/Only one other .* Invite another reviewer/),
      });
      const guest = await guestOf(host, 'Guest');
      await expect(starts(KEY)).rejects.toMatchObject({ message: expect.stringMatching(/invited each other/) });
      await guestOf(host, 'Another');
      expect(await starts(KEY)).toMatchObject({ state: 'running' });
      expect(await starts({ ...guest, role: 'operator' }, { approvals: 1 })).toMatchObject({ state: 'running' });
    } finally {
      await ownerPool.query('UPDATE "user" SET disabled_at = NULL WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    }
  });
});

describe('over several chunks', () => {
  test('each moves by its own state, and those that can’t be signed are named', async () => {
    const batch = await two(4);
    await sign(BO, batch, 1);
    await sign(CY, batch, 2);
    const { decided, dropped, decisionId } = await sign(CY, batch, 1, 2, 3, 4);
    expect(decided).toEqual([1, 3, 4]);
    expect(dropped).toEqual([{ number: 2, why: expect.stringMatching(/^You signed chunk 2 first/) }]);
    expect(await states(batch)).toEqual(['approved', 'awaiting_second', 'awaiting_second', 'awaiting_second']);
    expect(await frozen(batch)).toEqual([decisionId]);
    await isRefused(batch, () => sign(CY, batch, 2, 3), 'conflict', /^None of these chunks can take this decision\. You signed/);
    await isRefused(batch, () => sign(batch.starter, batch, 2, 3), 'forbidden', /^You started/);
    expect((await sign(BO, batch, 2, 3, 4)).decided).toEqual([2, 3, 4]);
    expect(await states(batch)).toEqual(['approved', 'approved', 'approved', 'approved']);
  });

  test('not signing and sending back in one answer', async () => {
    const batch = await two(2);
    await sign(BO, batch, 1);
    await says(CY, batch, { sendBack: true, note: 'again' }, [1, 2]);
    expect(await states(batch)).toEqual(['awaiting_review', 'queued']);
    const said = (await readReceipts(BO, { batchId: batch.batchId }))?.items.map(({ line }) => line.split(' by ')[0]);
    expect(said).toEqual(['signed first', 'not signed', 'sent back']);
  });
});

test('the page says who signed first, and to whom it is asked', async () => {
  const batch = await two();
  const { batchId, starter } = batch;
  const asks = async (actor: Actor) => (await readNeedsYou(actor)).checkpoints.some((need) => need.batchId === batchId);
  const page = async (actor: Actor) => readCheckpoint(actor, { batchId, chunk: 1 });
  expect(await page(starter)).toMatchObject({ two: { first: null, notYou: 'started' }, may: { decide: false } });
  const before = (await readNeedsYou(BO)).count;
  await sign(BO, batch);
  const digest = await digestOf(batch);
  expect(await page(CY)).toMatchObject({
    ...{ digest, two: { first: { by: 'Bo', at: expect.stringMatching(/Z$/) }, refused: null, notYou: null } },
    may: { correct: false, decide: true },
  });
  expect(await page(BO)).toMatchObject({ two: { notYou: 'signed' }, may: { decide: false } });
  expect(await page(starter)).toMatchObject({ two: { notYou: 'started' }, may: { decide: false } });
  expect([await asks(BO), await asks(CY), await asks(starter)]).toEqual([false, true, false]);
  expect((await readNeedsYou(BO)).count).toBe(before - 1);
});

test('one signature is enough where the plan wants one, also from whoever started', async () => {
  const batch = await two(1, { gates: {} });
  expect(await readCheckpoint(batch.starter, { batchId: batch.batchId, chunk: 1 })).toMatchObject({ two: null });
  await sign(batch.starter, batch);
  expect(await states(batch)).toEqual(['approved']);
  expect((await readReceipts(BO, { batchId: batch.batchId }))?.items[0]).toMatchObject({ signing: null });
});

test('an undo wants two signatures like what it undoes, and not from whoever asked for it', async () => {
  const batch = await two();
  await sign(BO, batch);
  await sign(CY, batch);
  const olga = person('Olga', 'operator');
  let id = '';
  await workUntil(pool, async () => {
    if (id === '' && (await states(batch))[0] === 'done') ({ id } = await undoBatch(olga, { batchId: batch.batchId }));
    return id !== '' && (await chunkStates(pool, id))[0] === 'awaiting_review';
  });
  const asChunk = async (actor: Actor) => {
    const { digest } = (await readCheckpoint(actor, { batchId: id, chunk: 1 })) ?? {};
    return decide(actor, {
      ...{ batchId: id, chunks: [{ number: 1, digest: digest ?? '' }], next: false, execute: true, override: 'a test' },
    });
  };
  await expect(asChunk(olga)).rejects.toMatchObject({ code: 'forbidden' });
  await asChunk(BO);
  expect(await chunkStates(pool, id)).toEqual(['awaiting_second']);
  await asChunk(CY);
  expect(await chunkStates(pool, id)).toEqual(['approved']);
});
