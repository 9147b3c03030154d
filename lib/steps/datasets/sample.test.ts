/** The sample of 6,046 real mails: read once, and looked at as a mailbox, as a dataset and as what a plan is drafted for. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { hasSample, SAMPLE_MAILS, SAMPLE_NAME, sampleMailbox } from '#lib/ingest/sample.ts';
import { draftPlan } from '#lib/steps/plans/draft-plan.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { testDatabase } from '#test/database.ts';
import { readDataset } from './read-datasets.ts';
import { uploadDataset } from './upload-dataset.ts';

const { pool } = await testDatabase();
const ADA: Actor = { id: 'user:00000000-0000-4000-8000-000000000001', role: 'operator', name: 'Ada', via: 'page' };

describe.runIf(hasSample())('the sample', () => {
  let uploaded: Awaited<ReturnType<typeof uploadDataset>>;
  beforeAll(async () => {
    const source = sampleMailbox();
    if (!source) throw new Error('the package was there a moment ago');
    uploaded = await uploadDataset(ADA, { name: SAMPLE_NAME, source });
  });

  test('the sample is one mailbox of exactly 6,046 readable messages', async () => {
    expect([uploaded.itemCount, uploaded.unreadableCount]).toEqual([SAMPLE_MAILS, 0]);
    const { rows } = await pool.query<{ reason: string }>(
      `SELECT DISTINCT regexp_replace(fields ->> 'dateDoubtful', '\\d+ days', 'N days') AS reason FROM item WHERE dataset_id = $1`,
      [uploaded.id],
    );
    expect(rows.map(({ reason }) => reason).sort()).toEqual([
      '',
      'N days off its last Received line',
      'before 1990',
      'in the future',
      "the date can't be read",
    ]);
  });

  test('the sample is a dataset of 6,046 mails, each with its original bytes', async () => {
    const { rows } = await pool.query<{ bytes: string; right: string; dated: string }>(
      `SELECT sum(octet_length(raw)) AS bytes, count(*) FILTER (WHERE digest = sha256(raw)) AS right,
         count(*) FILTER (WHERE fields ->> 'date' ~ '^2002-\\d\\d-\\d\\dT') AS dated FROM item WHERE dataset_id = $1`,
      [uploaded.id],
    );
    expect(rows[0]).toMatchObject({ bytes: String(uploaded.bytes), right: String(SAMPLE_MAILS) });
    // Of hundreds of mails that declare no character set, or a wrong one: what is left was damaged on its way.
    const { rows: lost } = await pool.query(
      `SELECT count(*) FILTER (WHERE fields ->> 'subject' LIKE '%\ufffd%')::int AS subjects, count(*) FILTER (WHERE fields ->> 'text' LIKE '%\ufffd%')::int AS texts
       FROM item WHERE dataset_id = $1`,
      [uploaded.id],
    );
    expect(lost).toEqual([{ subjects: 1, texts: expect.toSatisfy((texts: number) => texts < 12) }]);
    expect(Number(rows[0]?.dated)).toBeGreaterThan(5_500);
    const dataset = await readDataset(ADA, { id: uploaded.id });
    expect(dataset?.fields.find(({ name }) => name === 'date')?.type).toBe('date');
    expect(dataset?.fields.find(({ name }) => name === 'from')?.type).toBe('email');
  });

  test('the sample mailbox gets a plan that somebody would write', async () => {
    const { id } = uploaded;
    const { plan } = await draftPlan(ADA, { datasetId: id });
    const preview = await previewBatch(ADA, { datasetId: id, plan });
    expect(preview.itemCount).toBe(SAMPLE_MAILS);
    const dated = preview.chunks.filter(({ kind }) => kind === 'normal');
    for (const { itemCount } of dated) expect(itemCount >= 20 && itemCount <= 500).toBe(true);
    expect(preview.chunks.length - dated.length).toBe(1);
    expect(dated.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['July 2001', 'January–March 2002', 'September 2002 (1 of 4)']),
    );
    expect(preview.estimate.decisions).toBeLessThan(30);
    expect(preview.gates).toMatchObject({ next: 'pilot' });
    expect(preview.independence.ok).toBe(true);
    const counts = Object.fromEntries(preview.sort.categories.map(({ name, count }) => [name, count]));
    // Lists, newsletters and offers are most of this mailbox; what asks for a person is a page of tasks, not a flood.
    expect(counts.noise).toBeGreaterThan(4_000);
    expect(counts.fyi).toBeGreaterThan(500);
    expect(counts.task).toBeGreaterThan(40);
    expect(counts.task).toBeLessThan(200);
    expect(preview.sort.categories.flatMap(({ examples }) => examples).every(({ problem }) => problem === null)).toBe(true);
  });
});
