/** A kind of each, added as docs/how-to says: one folder and one line in the list of kinds. Nothing else of the tree knows them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { choicesOf } from '#components/plans/action-form.ts';
import { classifierEditor, planSchemaOnPage } from '#components/plans/classifier-editor.tsx';
import { placeWords } from '#components/plans/place-words.ts';
import { openApiDocument } from '#lib/api/openapi.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import { type PlanInput, readPlan } from '#lib/core/plans/plan.ts';
import { readFailures } from '#lib/steps/actions/read-failures.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { downloadDataset } from '#lib/steps/datasets/download-dataset.ts';
import { downloadUnreadable } from '#lib/steps/datasets/download-unreadable.ts';
import { readUploadOffer } from '#lib/steps/datasets/formats.ts';
import { readDataset, readUnreadable } from '#lib/steps/datasets/read-datasets.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { draftPlan } from '#lib/steps/plans/draft-plan.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { readPlanForms } from '#lib/steps/plans/plan-forms.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';

const spoolFolder = vi.hoisted(() => ({ path: '' }));

// The one line of each how-to.
vi.mock('#lib/ingest/kinds.ts', async (original) => {
  const { FORMATS } = await original<typeof import('#lib/ingest/kinds.ts')>();
  const { todo } = await import('./todo/format.ts');
  return { FORMATS: [...FORMATS, todo] };
});
vi.mock('#lib/connectors/kinds.ts', async (original) => {
  const { CONNECTORS } = await original<typeof import('#lib/connectors/kinds.ts')>();
  const { makeSpool } = await import('./spool/connector.ts');
  return { CONNECTORS: [...CONNECTORS, makeSpool({ folder: () => spoolFolder.path })] };
});
vi.mock('#lib/classifiers/kinds.ts', async (original) => {
  const { CLASSIFIERS } = await original<typeof import('#lib/classifiers/kinds.ts')>();
  const { lookup } = await import('./lookup/classifier.ts');
  return { CLASSIFIERS: [...CLASSIFIERS, lookup] };
});

const { pool } = await testDatabase(resolve('test/kinds/thread.ts'));
spoolFolder.path = mkdtempSync(join(tmpdir(), 'countersign-spool-'));
afterAll(() => rmSync(spoolFolder.path, { recursive: true, force: true }));

const LIST = '- [ ] write to Bo\n- [x] pay the rent\nnot an entry\n\n- [ ] ring “Ann”';

const PLAN: PlanInput = {
  classifier: { kind: 'lookup', field: 'done', values: { no: 'spool' }, otherwise: 'leave' },
  categories: [
    { name: 'spool', action: { connector: 'spool', do: 'write', with: { text: 'To do: {{text}}' } } },
    { name: 'leave' },
  ],
  chunking: { by: 'size' },
  execution: { first: 0 },
  receiptLine: '{{verb}}: {{text}}',
  receiptFields: ['text'],
};

async function upload(text = LIST): Promise<string> {
  async function* source() {
    for (const byte of Buffer.from(text)) yield Buffer.from([byte]);
  }
  return (await uploadDataset(ADA, { name: 'home.todo', source: source() })).id;
}

/** Starts the plan over a new dataset, and approves it once it is classified. */
async function run(until: string): Promise<{ id: string; datasetId: string }> {
  const datasetId = await upload();
  const { id } = await createBatch(ADA, { datasetId, name: 'Home', plan: PLAN, start: true, acceptUnreadable: 1 });
  await workUntil(pool, async () => (await chunkStates(pool, id))[0] === 'awaiting_review');
  const checkpoint = await readCheckpoint(ADA, { batchId: id, chunk: 1 });
  const seen = checkpoint?.categories.flatMap(({ sampleRandom }) => sampleRandom.map(({ ordinal }) => ordinal)) ?? [];
  const chunks = [{ number: 1, digest: checkpoint?.digest ?? '', seen }];
  await decide(ADA, { batchId: id, chunks, next: true, execute: true, override: 'a test marks nothing' });
  await workUntil(pool, async () => (await chunkStates(pool, id))[0] === until);
  return { id, datasetId };
}

describe('a format', () => {
  test('is recognised, read, offered and given back, under its own words', async () => {
    const id = await upload();
    expect(await readDataset(ADA, { id })).toMatchObject({
      ...{ state: 'ready', format: 'todo', noun: 'entries', itemCount: 3, unreadableCount: 1 },
    });
    expect((await readUnreadable(ADA, { id }))?.items[0]?.reason).toMatch(/^line 3 is no entry/);
    const { endings, files } = readUploadOffer();
    expect(endings).toContain('.todo');
    expect(files).toMatch(/^a CSV file, a mailbox \(mbox\), .*, or a to-do list, as it is or packed \(gzip, zip\)$/);
    const given = await downloadDataset(ADA, { datasetId: id, format: 'todo' });
    expect([given.fileName, given.contentType]).toEqual(['home.todo', 'text/plain; charset=utf-8']);
    const pieces: Uint8Array[] = [];
    for await (const piece of given.body) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(LIST);
    const toFix: Uint8Array[] = [];
    for await (const piece of (await downloadUnreadable(ADA, { datasetId: id })).body) toFix.push(piece);
    expect(Buffer.concat(toFix).toString()).toBe('not an entry\n');
    await expect(downloadDataset(ADA, { datasetId: id, format: 'csv' })).rejects.toThrow('was uploaded as todo');
    const document = JSON.stringify(await openApiDocument());
    expect(document).toContain('"todo"');
  });

  test('without a draft of its own is planned as any table', async () => {
    const { plan } = await draftPlan(ADA, { datasetId: await upload() });
    expect(parsePlan(plan).receiptFields).toContain('text');
  });
});

describe('a classifier and a connector', () => {
  test('are previewed, run and told of in the receipts', async () => {
    const datasetId = await upload();
    const preview = await previewBatch(ADA, { datasetId, plan: PLAN });
    expect(preview.sort).toMatchObject({ rules: [2], otherwise: 1 });
    expect(preview.sort.categories[0]).toMatchObject({
      ...{ name: 'spool', count: 2, action: { verb: 'Spool', effect: 'permanent', target: 'the spool folder' } },
      examples: [{ request: '{"text":"To do: write to Bo"}', why: 'done is “no”' }, {}],
    });

    const { id } = await run('done');
    const texts = readdirSync(spoolFolder.path).map((name) => readFileSync(join(spoolFolder.path, name), 'utf8'));
    expect(texts.sort()).toEqual(['To do: ring “Ann”', 'To do: write to Bo']);
    const { items } = (await readReceipts(ADA, { batchId: id })) ?? { items: [] };
    expect(items.filter(({ kind }) => kind === 'outcome').map(({ line }) => line)).toEqual(
      expect.arrayContaining([expect.stringContaining('Spooled: write to Bo')]),
    );
    expect(await readBatch(ADA, { batchId: id })).toMatchObject({
      ...{ noun: 'entries', original: { format: 'todo', file: 'a to-do list' }, sum: { done: 2 } },
    });
  });

  test('a failure is told in the words of the connector', async () => {
    const folder = spoolFolder.path;
    spoolFolder.path = join(folder, 'nowhere');
    const { id } = await run('done');
    spoolFolder.path = folder;
    const [group] = (await readFailures(ADA, { batchId: id })) ?? [];
    expect(group).toMatchObject({ reason: 'no_folder', count: 2, why: 'The spool folder is not there. Nothing was written.' });
  });

  test('what is wrong with their part of a plan has its place', async () => {
    const datasetId = await upload();
    const wrong = {
      ...PLAN,
      classifier: { kind: 'lookup', field: 'dun', otherwise: 'leave' },
      categories: [{ name: 'spool', action: { connector: 'spool', do: 'print', with: {} } }, { name: 'leave' }],
    };
    const problems = await previewBatch(ADA, { datasetId, plan: wrong }).catch((error: CountersignError) => error.problems);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'classifier.field', message: 'There is no field “dun”. Choose one of: done, text.' }),
        expect.objectContaining({ path: 'categories.0.action.do', message: "“spool” can't do “print”. It can: write." }),
      ]),
    );
    const unknown = { ...PLAN, classifier: { kind: 'lookup', field: 'done', values: { no: 'gone' }, otherwise: 'leave' } };
    expect(() => parsePlan(unknown)).toThrow(
      'at classifier.values.no: There is no category “gone”. Choose one of: spool, leave.',
    );
  });

  test('the page draws them from what the server hands it', () => {
    const forms = readPlanForms();
    expect(choicesOf(forms).at(-1)).toMatchObject({ value: 'spool.write', words: 'Spool: write a text file' });
    const plan = readPlan(planSchemaOnPage(forms), PLAN);
    expect(plan).toEqual(parsePlan(PLAN));
    expect(classifierEditor(forms, plan.classifier)).toBeNull();
    expect(placeWords('categories.0.action.with.text', plan, forms)).toBe('spool: text of the file');
    expect(placeWords('classifier.field', plan, forms)).toBe('The plan as JSON');
  });
});

describe('the how-to', () => {
  test.each([
    ['format', 'lib/ingest/todo/format.ts', 'test/kinds/todo/format.ts'],
    ['connector', 'lib/connectors/spool/connector.ts', 'test/kinds/spool/connector.ts'],
    ['classifier', 'lib/classifiers/lookup/classifier.ts', 'test/kinds/lookup/classifier.ts'],
  ])('for a %s shows the whole of %s as it is run here', (page, path, file) => {
    expect(added(page, path)).toBe(readFileSync(file, 'utf8'));
  });

  test.each([
    ['format', 'lib/ingest/kinds.ts'],
    ['connector', 'lib/connectors/kinds.ts'],
    ['classifier', 'lib/classifiers/kinds.ts'],
    ['page', 'app/(desk)/layout.tsx'],
  ])('for a %s changes lines of %s that are there', (page, path) => {
    const source = readFileSync(path, 'utf8').split('\n');
    const kept = linesOf(page, path).filter((line) => /^[- ]/.test(line));
    expect(kept.length).toBeGreaterThan(0);
    for (const line of kept) expect(source).toContain(line.slice(1));
  });
});

test('the how-to for a page imports what is there', () => {
  const imports = [...added('page', 'app/(desk)/formats/page.tsx').matchAll(/^import \{ (\w+) \} from '#(.+)';$/gm)];
  expect(imports.length).toBe(3);
  for (const [, name, path] of imports)
    expect(readFileSync(path ?? '', 'utf8')).toMatch(new RegExp(`export (async )?function ${name}\\b`));
});

/** The lines of a how-to's diff of one file, with their marks. */
function linesOf(page: string, path: string): string[] {
  const text = readFileSync(`docs/how-to/${page}.md`, 'utf8');
  const block = text.split('```diff\n').find((one) => one.includes(`+++ b/${path}\n`)) ?? '';
  const diff = block.slice(block.indexOf(`+++ b/${path}\n`), block.indexOf('\n```'));
  return diff
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('@@'));
}

function added(page: string, path: string): string {
  return linesOf(page, path)
    .filter((line) => line.startsWith('+'))
    .map((line) => `${line.slice(1)}\n`)
    .join('');
}
