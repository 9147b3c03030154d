/** Plans kept by name and used on the next file, and plans of batches that were not started yet. */
import { expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { changeBatch } from '#lib/steps/batches/change-batch.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { changeSavedPlan } from './change-saved-plan.ts';
import { deleteSavedPlan } from './delete-saved-plan.ts';
import { planAgain } from './plan-again.ts';
import { readBatchLike } from './read-batch-like.ts';
import { readSavedPlan, readSavedPlans } from './read-saved-plans.ts';
import { savePlan } from './save-plan.ts';

const { pool, prisma } = await testDatabase();
const OP = { ...BO, role: 'operator' as const };

async function upload(name: string, header: string, row: (index: number) => string): Promise<string> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${header}\n${Array.from({ length: 30 }, (_, index) => row(index)).join('\n')}\n`);
  }
  return (await uploadDataset(ADA, { name, source: bytes() })).id;
}

const tickets = await upload(
  'tickets.csv',
  'id,subject,Last Reply',
  (index) => `${index},row ${index},2026-01-${10 + (index % 20)}`,
);

const PLAN: PlanInput = {
  version: 2,
  timeZone: 'UTC',
  classifier: {
    kind: 'rules',
    rules: [{ where: [[{ field: 'Last Reply', is: 'older_than', days: 90, on: '2026-10-25' }]], category: 'close' }],
    otherwise: 'keep',
  },
  categories: [{ name: 'close', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size', maxItems: 10 },
};
const given = (more: Partial<PlanInput> = {}) => ({ ...PLAN, ...more }) as never;
const digestOf = async (batchId: string) => (await readBatch(ADA, { batchId }))?.planDigest ?? '';
const chunksOf = async (batchId: string) => (await readBatch(ADA, { batchId }))?.chunks.map(({ itemCount }) => itemCount);

test('two who save the same name at once: one has it, and the other is told who and which', async () => {
  const both = await Promise.allSettled(
    [ADA, OP].map((actor) => savePlan(actor, { name: 'Close tickets', plan: given(), datasetId: tickets })),
  );
  const [made] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [refused] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toMatchObject({
    code: 'conflict',
    facts: { savedPlan: made?.id, revision: 1 },
    message: expect.stringContaining('There is a plan “Close tickets”, saved by'),
  });
  // Whoever replaces it says which one was looked at; the second of two is told, and a name that another has is refused.
  const other = await savePlan(ADA, { name: 'Other', plan: given() });
  await changeSavedPlan(OP, { id: made?.id ?? '', revision: 1, plan: given({ receiptLine: '{{verb}}' }), datasetId: tickets });
  await expect(changeSavedPlan(ADA, { id: made?.id ?? '', revision: 1, name: 'Mine' })).rejects.toMatchObject({
    code: 'stale',
    facts: { revision: 2 },
  });
  await expect(changeSavedPlan(ADA, { id: other.id, revision: 1, name: 'Close tickets' })).rejects.toMatchObject({
    code: 'conflict',
  });
  const names = ['Same', 'Same'].map((name, index) =>
    changeSavedPlan(ADA, { id: index === 0 ? other.id : (made?.id ?? ''), revision: index + 1, name }),
  );
  const renamed = await Promise.allSettled(names);
  expect(renamed.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const one of renamed) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'conflict' });
  await deleteSavedPlan(ADA, { id: other.id });
  await expect(deleteSavedPlan(ADA, { id: other.id })).rejects.toMatchObject({ code: 'not_found' });
});

test('a name is what is seen of it: what turns or hides is refused, and of 500 plans each is found', async () => {
  for (const name of ['Close \u202Esteckit', 'Close\u200B', ' ', ''])
    await expect(savePlan(ADA, { name, plan: given() }), JSON.stringify(name)).rejects.toMatchObject({ code: 'invalid' });
  const rows = Array.from({ length: 500 }, (_, index) => ({
    ...{ id: crypto.randomUUID(), name: `Plan ${String(index).padStart(3, '0')} 100%`, plan: given(), fieldTypes: {} },
    ...{ createdBy: ADA.id, updatedBy: ADA.id },
  }));
  await prisma.savedPlan.createMany({ data: rows });
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readSavedPlans>> = await readSavedPlans(ADA, { search: 'plan ', limit: 200, cursor });
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.next;
    if (cursor === null) break;
  }
  expect(new Set(seen).size).toBe(500);
  expect(seen).toHaveLength(500);
  expect((await readSavedPlans(ADA, { search: '42 100%' })).items.map(({ name }) => name)).toEqual([
    'Plan 042 100%',
    'Plan 142 100%',
    'Plan 242 100%',
    'Plan 342 100%',
    'Plan 442 100%',
  ]);
  expect((await readSavedPlans(ADA, { search: '%' })).items).toHaveLength(50);
  expect((await readSavedPlans(ADA, { search: '_' })).items).toEqual([]);
});

test('on the next file what does not fit is told by name: fields, what they mean, kinds that are gone, chunks changed by hand', async () => {
  const { id } = await savePlan(ADA, {
    name: 'For the next file',
    plan: given({ chunkEdits: [{ exclude: 1 }] }),
    datasetId: tickets,
  });
  expect((await readSavedPlan(ADA, { id, datasetId: tickets }))?.misfits).toEqual([]);
  const next = await upload('next.csv', 'id,subject,Last reply', (index) => `${index},row ${index},2026-01-10`);
  const again = await planAgain(OP, { datasetId: next, from: { saved: id } });
  expect(again.plan.chunkEdits).toEqual([]);
  expect(again.misfits.map(({ kind, field, instead }) => [kind, field, instead])).toEqual([
    ['chunks', null, null],
    ['lacks', 'Last Reply', 'Last reply'],
  ]);
  const words = await upload('words.csv', 'id,subject,Last Reply', (index) => `${index},row ${index},word ${index}`);
  expect((await planAgain(OP, { datasetId: words, from: { saved: id } })).misfits[1]).toMatchObject({
    kind: 'type',
    message: '“Last Reply” was a date, and is text in “words.csv”.',
  });
  // Another version saved it, with a connector that this one does not have, and a key that it does not know.
  const stored = given({
    categories: [{ name: 'close', action: { connector: 'fax', do: 'send' } }, { name: 'keep' }],
    ...{ later: true },
  });
  await prisma.savedPlan.update({ where: { id }, data: { plan: stored, fieldTypes: 'odd' } });
  const odd = await planAgain(OP, { datasetId: tickets, from: { saved: id } });
  expect(odd.misfits).toMatchObject([
    { kind: 'kind', path: 'categories.0.action', message: expect.stringContaining('There is no connector “fax”') },
  ]);
  expect(odd.notes).toEqual(['“later” is not known to this version, and has no effect.']);
});

test('a plan of version 1 stays one on a file whose fields have types, and the last batch of a like file lends its plan', async () => {
  const old = {
    classifier: { kind: 'rules', rules: [{ when: 'item["Last Reply"] < "2026-01-15"', category: 'close' }], otherwise: 'keep' },
    categories: PLAN.categories,
    chunking: PLAN.chunking,
  };
  const { id } = await savePlan(ADA, { name: 'Old', plan: old as never });
  const again = await planAgain(ADA, { datasetId: tickets, from: { saved: id } });
  expect(again.plan).not.toHaveProperty('version');
  expect(again.misfits).toEqual([]);
  const { id: batchId } = await createBatch(ADA, { datasetId: tickets, name: 'Old batch', plan: again.plan as never });
  expect((await readBatch(ADA, { batchId }))?.plan).not.toHaveProperty('timeZone');
  const like = await upload('like.csv', 'Last Reply,subject,id', (index) => `2026-02-10,row ${index},${index}`);
  expect(await readBatchLike(ADA, { datasetId: like })).toEqual({ id: batchId, name: 'Old batch' });
  expect(await planAgain(ADA, { datasetId: like, from: { batch: batchId } })).toMatchObject({
    name: 'Old batch',
    misfits: [],
    saved: null,
  });
  expect(await readBatchLike(ADA, { datasetId: await upload('unlike.csv', 'id,subject', (index) => `${index},x`) })).toBeNull();
});

test('a proposed batch takes another plan: its chunks are made anew, and the second of two editors is told', async () => {
  const { id: batchId } = await createBatch(ADA, { datasetId: tickets, name: 'Proposed', plan: given() });
  const first = await digestOf(batchId);
  expect(await chunksOf(batchId)).toEqual([10, 10, 10]);
  const { planDigest } = await changeBatch(OP, {
    batchId,
    planDigest: first,
    plan: given({ chunking: { by: 'size', maxItems: 15 } }),
    name: 'Halves',
  });
  expect(planDigest).toBe(await digestOf(batchId));
  expect(await chunksOf(batchId)).toEqual([15, 15]);
  const { rows } = await pool.query(
    'SELECT count(*)::int AS members, count(DISTINCT chunk_id)::int AS chunks FROM chunk_item WHERE batch_id = $1',
    [batchId],
  );
  expect(rows).toEqual([{ members: 30, chunks: 2 }]);
  await expect(changeBatch(ADA, { batchId, planDigest: first, plan: given() })).rejects.toMatchObject({
    code: 'stale',
    facts: { planDigest },
  });
  await expect(
    changeBatch(ADA, { batchId, planDigest, plan: given({ chunking: { by: 'time', field: 'nothing', every: 'day' } }) }),
  ).rejects.toMatchObject({ code: 'invalid' });
  // The same plan has the same chunks: one that was cancelled stays so.
  await cancel(ADA, { batchId, chunk: 2 });
  await changeBatch(ADA, { batchId, planDigest, plan: given({ chunking: { by: 'size', maxItems: 15 } }) });
  expect((await readBatch(ADA, { batchId }))?.chunks.map(({ state }) => state)).toEqual(['proposed', 'cancelled']);
  expect((await readBatch(ADA, { batchId }))?.name).toBe('Halves');
  // What starts is what was looked at.
  await expect(startBatch(OP, { batchId, planDigest: first })).rejects.toMatchObject({ code: 'stale' });
  await startBatch(OP, { batchId, planDigest });
  await expect(changeBatch(ADA, { batchId, planDigest, name: 'Too late' })).rejects.toMatchObject({
    code: 'conflict',
    message: '“Halves” is running: a plan is changed only before the start. Plan it again as another batch.',
  });
  await cancel(ADA, { batchId });
});

test('a plan that is edited while somebody starts the batch: one of the two happens, and what started is what its chunks are of', async () => {
  for (let round = 0; round < 4; round++) {
    const { id: batchId } = await createBatch(ADA, { datasetId: tickets, name: `Race ${round}`, plan: given() });
    const planDigest = await digestOf(batchId);
    const edited = given({ chunking: { by: 'size', maxItems: 15 } });
    const [edit, start] = await Promise.allSettled([
      changeBatch(OP, { batchId, planDigest, plan: edited }),
      startBatch(ADA, { batchId, ...(round % 2 ? { planDigest } : {}) }),
    ]);
    const batch = await readBatch(ADA, { batchId });
    if (edit.status === 'rejected') expect(edit.reason).toMatchObject({ code: 'conflict' });
    if (start.status === 'rejected') expect(start.reason).toMatchObject({ code: 'stale' });
    expect(batch?.chunks).toHaveLength(edit.status === 'fulfilled' ? 2 : 3);
    expect(batch?.state).toBe(start.status === 'fulfilled' ? 'running' : 'proposed');
    expect(await digestOf(batchId)).toBe(edit.status === 'fulfilled' ? edit.value.planDigest : planDigest);
    await cancel(ADA, { batchId });
  }
});
