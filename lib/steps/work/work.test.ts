/** Chunks that agents classify: what they may claim, say and leave, against the real fence; and that nothing else may. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { AGENT_PAGE_CHARS } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { readStory } from '#lib/steps/items/read-story.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { reviseRules } from '#lib/steps/plans/revise-rules.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { AGENT_PLAN, agentBatch } from '#test/fixtures/agent-batch.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { claimWork } from './claim-work.ts';
import { completeWork } from './complete-work.ts';
import { extendWork, leaveWork } from './leave-work.ts';
import { reportWork } from './report-work.ts';

const { pool } = await testDatabase();

const agent = (): Actor => ({
  id: `agent:${randomUUID()}`,
  role: 'agent',
  scopes: ['work'],
  name: 'One (key of Ada)',
  via: 'api',
  owner: randomUUID(),
});
const ONE = agent();
const TWO = agent();

async function claimed(batchId: string, by = ONE) {
  const { claimed: found, why } = await claimWork(by, { batchId, asked: { worker: 'w' } });
  if (found === null) throw new Error(why);
  return found;
}

const say = (ordinals: number[], category = 'noise') => ordinals.map((ordinal) => ({ ordinal, category, why: 'A newsletter.' }));
const lapse = (batchId: string) =>
  pool.query(`UPDATE chunk SET lease_until = now() - interval '1 second' WHERE batch_id = $1`, [batchId]);
const conflict = (message: RegExp) => expect.objectContaining({ code: 'conflict', message: expect.stringMatching(message) });

test('long items come a few at a time, with what is cut named: a page is never longer than a model may read', async () => {
  const FIELDS = 20;
  const long = 'x'.repeat(3_000);
  async function* source() {
    const fields = Object.fromEntries(Array.from({ length: FIELDS }, (_, at) => [`f${at}`, long]));
    for (const id of [1, 2, 3]) yield Buffer.from(`${JSON.stringify({ ...fields, id })}\n`);
  }
  const { id: datasetId } = await uploadDataset(ADA, { name: 'long.jsonl', source: source() });
  const { id: batchId } = await createBatch(ADA, { datasetId, name: 'Long', plan: AGENT_PLAN, start: true });
  const own = await claimed(batchId);
  expect(own).toMatchObject({ left: 3, items: [{ ordinal: 1 }] });
  expect(JSON.stringify(own).length).toBeLessThan(2 * AGENT_PAGE_CHARS);
  expect(own.items[0]?.cut).toHaveLength(5);
});

test('agents classify side by side, a person approves, and workers execute', async () => {
  const { batchId } = await agentBatch(5);
  expect(await claimChunk(pool, randomUUID())).toBeNull();
  const [first, second] = [await claimed(batchId, ONE), await claimed(batchId, TWO)];
  expect([first.chunk.number, second.chunk.number]).toEqual([1, 2]);
  expect(first).toMatchObject({ instruction: AGENT_PLAN.instruction, otherwise: 'keep', epoch: 1, left: 3 });
  expect(first.items[0]).toEqual({ ordinal: 1, fields: { id: '1', subject: 'Mail 1' }, cut: [] });
  expect(await claimWork(TWO, { batchId, asked: { worker: 'v' } })).toMatchObject({ claimed: null, over: false });
  const had = (await readBoard(ADA)).agents.filter(({ batch }) => batch === batchId);
  expect(had).toMatchObject([
    { name: 'w', batchName: 'By agents', number: 1 },
    { name: 'w', batchName: 'By agents', number: 2 },
  ]);
  expect((had[0]?.lastCall ?? '') >= (had[0]?.since ?? '?')).toBe(true);
  expect((await readBatch(ADA, { batchId }))?.chunks.map(({ agent: who }) => who?.name)).toEqual(['w', 'w']);

  const own = { batchId, chunk: 1 };
  const some = await reportWork(ONE, { ...own, report: { epoch: 1, items: say([1, 2]) } });
  expect(some).toMatchObject({ recorded: 2, already: 0, refused: [], left: 1, items: [{ ordinal: 3 }] });
  await expect(completeWork(ONE, { ...own, completed: { epoch: 1 } })).rejects.toEqual(
    conflict(/1 items of chunk 1 are not classified: 3/),
  );
  expect(await completeWork(ONE, { ...own, completed: { epoch: 1, unsure: 'It has no text.' } })).toMatchObject({
    unsure: 1,
    state: 'awaiting_review',
  });
  expect(await completeWork(ONE, { ...own, completed: { epoch: 1 } })).toMatchObject({ unsure: 1, state: 'awaiting_review' });
  await reportWork(TWO, { batchId, chunk: 2, report: { epoch: 1, items: say([4, 5]) } });
  await completeWork(TWO, { batchId, chunk: 2, completed: { epoch: 1 } });
  expect(await claimWork(ONE, { batchId, asked: { worker: 'w' } })).toMatchObject({ claimed: null, over: true });

  const checkpoint = await readCheckpoint(ADA, { batchId, chunk: 1 });
  expect(checkpoint?.categories.map(({ name, count }) => [name, count])).toEqual([
    ['noise', 2],
    ['keep', 1],
  ]);
  const { rows } = await pool.query(
    'SELECT ordinal, confidence, "by", why FROM classification WHERE batch_id = $1 ORDER BY ordinal',
    [batchId],
  );
  expect(rows[2]).toEqual({ ordinal: 3, confidence: 0, by: ONE.id, why: 'It has no text.' });
  expect(rows[4].by).toBe(TWO.id);
  const seen = checkpoint?.categories.flatMap(({ sampleRandom }) => sampleRandom.map(({ ordinal }) => ordinal)) ?? [];
  await decide(ADA, { batchId, chunks: [{ number: 1, digest: checkpoint?.digest ?? '', seen }], execute: true });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'done');
  const { rows: done } = await pool.query(`SELECT done FROM chunk WHERE batch_id = $1 AND number = 1`, [batchId]);
  expect(done).toEqual([{ done: 2 }]);
  // The item's story names the key, and the claim under which it was said: the execution has raised the epoch since.
  for (const ordinal of [1, 3])
    expect((await readStory(ADA, { batchId, ordinal }))?.lines.find(({ kind }) => kind === 'classified')).toMatchObject({
      ...{ classifier: 'agent', by: 'An agent', claim: 1, revision: 1 },
    });
});

describe('a claim', () => {
  test('ends with its lease once another is made, and what was reported before is kept', async () => {
    const { batchId } = await agentBatch(3);
    await claimed(batchId);
    const own = { batchId, chunk: 1 };
    await reportWork(ONE, { ...own, report: { epoch: 1, items: say([1]) } });
    expect((await claimWork(TWO, { batchId, asked: { worker: 'w' } })).claimed).toBeNull();
    await lapse(batchId);
    // Its lease ran out, and nobody came: its report still counts.
    expect(await reportWork(ONE, { ...own, report: { epoch: 1, items: say([2]) } })).toMatchObject({ recorded: 1 });
    await lapse(batchId);
    expect(await claimed(batchId, TWO)).toMatchObject({ epoch: 2, left: 1, items: [{ ordinal: 3 }] });
    const late = [
      () => reportWork(ONE, { ...own, report: { epoch: 1, items: say([3]) } }),
      () => completeWork(ONE, { ...own, completed: { epoch: 1, unsure: 'late' } }),
      () => extendWork(ONE, { ...own, extended: { epoch: 1 } }),
      () => leaveWork(ONE, { ...own, released: { epoch: 1, reason: 'late' } }),
    ];
    for (const act of late)
      await expect(act()).rejects.toEqual(conflict(/Claim 1 of chunk 1 has ended: another one has the chunk/));
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM classification WHERE batch_id = $1', [batchId]);
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('is given again to whoever has it, and another name under the same key gets another chunk', async () => {
    const { batchId } = await agentBatch(6);
    const [once, again, other] = [
      await claimed(batchId),
      await claimed(batchId),
      await claimWork(ONE, { batchId, asked: { worker: 'v' } }),
    ];
    expect([once.chunk.number, again.chunk.number, other.claimed?.chunk.number]).toEqual([1, 1, 2]);
    expect(again.epoch).toBe(once.epoch);
  });

  test('is of the key that made it: another key that knows its number can do nothing with it', async () => {
    const { batchId } = await agentBatch(3);
    const {
      chunk: { number: chunk },
      epoch,
    } = await claimed(batchId);
    const theirs = conflict(/is claimed with another key/);
    await expect(reportWork(TWO, { batchId, chunk, report: { epoch, items: say([1]) } })).rejects.toEqual(theirs);
    await expect(completeWork(TWO, { batchId, chunk, completed: { epoch } })).rejects.toEqual(theirs);
    await expect(extendWork(TWO, { batchId, chunk, extended: { epoch } })).rejects.toEqual(theirs);
    await expect(leaveWork(TWO, { batchId, chunk, released: { epoch, reason: 'Mine.' } })).rejects.toEqual(theirs);
    expect(await extendWork(ONE, { batchId, chunk, extended: { epoch } })).toMatchObject({ left: 3 });
  });

  test('is given back with its reason, and the next goes on where it stopped', async () => {
    const { batchId } = await agentBatch(3);
    const own = { batchId, chunk: 1 };
    await claimed(batchId);
    await reportWork(ONE, { ...own, report: { epoch: 1, items: say([2]) } });
    expect(await leaveWork(ONE, { ...own, released: { epoch: 1, reason: 'Out of budget.' } })).toEqual({ given: true });
    expect(await leaveWork(ONE, { ...own, released: { epoch: 1, reason: 'Out of budget.' } })).toEqual({ given: true });
    const { rows } = await pool.query(`SELECT facts FROM event WHERE batch_id = $1 AND kind = 'agent_left'`, [batchId]);
    expect(rows).toEqual([{ facts: { name: ONE.name, reason: 'Out of budget.' } }]);
    expect(await claimed(batchId, TWO)).toMatchObject({ epoch: 2, items: [{ ordinal: 1 }, { ordinal: 3 }] });
  });

  test('is refused once a person pauses or cancels, and goes on when resumed', async () => {
    const { batchId } = await agentBatch(3);
    const own = { batchId, chunk: 1 };
    await claimed(batchId);
    await pause(ADA, { batchId });
    await expect(reportWork(ONE, { ...own, report: { epoch: 1, items: say([1]) } })).rejects.toEqual(
      conflict(/brought to a stop/),
    );
    await leaveWork(ONE, { ...own, released: { epoch: 1, reason: 'Paused.' } });
    expect(await claimWork(ONE, { batchId, asked: { worker: 'w' } })).toMatchObject({
      claimed: null,
      over: false,
      why: expect.stringContaining('paused'),
    });
    await resume(ADA, { batchId });
    expect(await claimed(batchId)).toMatchObject({ epoch: 2, left: 3 });
    await cancel(ADA, { batchId });
    await expect(reportWork(ONE, { ...own, report: { epoch: 2, items: say([1]) } })).rejects.toEqual(conflict(/has ended/));
    expect(await claimWork(ONE, { batchId, asked: { worker: 'w' } })).toMatchObject({ claimed: null, over: true });
  });

  test('what is left behind in a chunk that a person pauses is given back by a worker, and classified by none', async () => {
    const { batchId } = await agentBatch(3);
    await claimed(batchId);
    await pause(ADA, { batchId });
    await lapse(batchId);
    await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'queued');
    await resume(ADA, { batchId });
    expect(await claimed(batchId)).toMatchObject({ left: 3, epoch: 3 });
  });
});

describe('a report', () => {
  test('that is sent again is recorded once, and what can’t be recorded is named', async () => {
    const { batchId } = await agentBatch(6);
    const own = { batchId, chunk: 1 };
    await claimed(batchId);
    const items = [...say([1, 2]), ...say([2]), ...say([3], 'nonsense'), ...say([4]), ...say([999])];
    const report = { epoch: 1, items };
    const refused = [
      { ordinal: 3, reason: 'There is no category “nonsense”. Choose one of: noise, keep.' },
      { ordinal: 4, reason: 'Item 4 is not in chunk 1.' },
      { ordinal: 999, reason: 'Item 999 is not in chunk 1.' },
    ];
    expect(await reportWork(ONE, { ...own, report })).toMatchObject({ recorded: 2, already: 1, refused, left: 1 });
    expect(await reportWork(ONE, { ...own, report })).toMatchObject({ recorded: 0, already: 3, refused, left: 1 });
    const other = await reportWork(ONE, { ...own, report: { epoch: 1, items: say([1], 'keep') } });
    expect(other.refused).toEqual([{ ordinal: 1, reason: expect.stringContaining('is “noise” already') }]);
    const { rows } = await pool.query('SELECT classified FROM chunk WHERE batch_id = $1 AND number = 1', [batchId]);
    expect(rows).toEqual([{ classified: 2 }]);
  });

  test('of sixteen at once is recorded once', async () => {
    const { batchId } = await agentBatch(3);
    await claimed(batchId);
    const all = await Promise.all(
      Array.from({ length: 16 }, () => reportWork(ONE, { batchId, chunk: 1, report: { epoch: 1, items: say([1, 2, 3]) } })),
    );
    expect(all.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(3);
  });
});

test('only an agent works, and an agent does nothing else', async () => {
  const { batchId, datasetId } = await agentBatch(1);
  await expect(claimWork(ADA, { batchId, asked: { worker: 'w' } })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(readCheckpoint(ONE, { batchId, chunk: 1 })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(previewBatch(ONE, { datasetId, plan: AGENT_PLAN })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(decide(ONE, { batchId, chunks: [], execute: true })).rejects.toMatchObject({ code: 'forbidden' });
});

test('a plan for agents needs an instruction, and its preview says that nobody knows the counts', async () => {
  const { datasetId } = await agentBatch(4);
  const { instruction: _, ...bare } = AGENT_PLAN;
  await expect(previewBatch(ADA, { datasetId, plan: bare })).rejects.toMatchObject({ problems: [{ path: 'instruction' }] });
  const preview = await previewBatch(ADA, { datasetId, plan: AGENT_PLAN });
  expect(preview.sort).toMatchObject({ known: false, counted: 0 });
  expect(preview.chunks).toHaveLength(2);
});

test('where people classify, nothing is filed by itself, and what nobody filed is not acted on', async () => {
  const { datasetId } = await agentBatch(3);
  const { instruction: _, ...rest } = AGENT_PLAN;
  const plan: PlanInput = { ...rest, classifier: { kind: 'manual', otherwise: 'keep' } };
  await expect(
    previewBatch(ADA, { datasetId, plan: { ...plan, classifier: { kind: 'manual', otherwise: 'noise' } } }),
  ).rejects.toMatchObject({
    problems: [{ path: 'classifier.otherwise', message: expect.stringContaining('has an action') }],
  });
  const { id: batchId } = await createBatch(ADA, { datasetId, name: 'By hand', plan, start: true });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'awaiting_review');
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'noise' }] });
  const checkpoint = await readCheckpoint(ADA, { batchId, chunk: 1 });
  expect(checkpoint?.categories.map(({ name, count }) => [name, count])).toEqual([
    ['noise', 1],
    ['keep', 2],
  ]);
});

test('an instruction that a person adds to holds for what no agent has classified, and ends the claims of what one is at', async () => {
  const { batchId } = await agentBatch(6);
  const first = await claimed(batchId);
  await reportWork(ONE, { batchId, chunk: 1, report: { epoch: first.epoch, items: say([1, 2, 3]) } });
  await completeWork(ONE, { batchId, chunk: 1, completed: { epoch: first.epoch } });
  const second = await claimed(batchId);
  const instruction = `${AGENT_PLAN.instruction} Keep people.`;
  await reviseRules(ADA, { batchId, change: { revision: 1, instruction } });
  await expect(reportWork(ONE, { batchId, chunk: 2, report: { epoch: second.epoch, items: say([4]) } })).rejects.toThrow(
    'has ended',
  );
  expect(await claimed(batchId)).toMatchObject({ chunk: { number: 2 }, instruction, left: 3 });
  expect(await chunkStates(pool, batchId)).toEqual(['awaiting_review', 'classifying']);
});
