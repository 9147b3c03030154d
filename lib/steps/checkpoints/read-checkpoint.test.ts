import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CORRECTED_MANIFEST_ITEMS_MAX } from '#lib/core/limits.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { correct } from './correct.ts';
import { decide } from './decide.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readChunkItems } from './read-chunk-items.ts';

const { pool, ownerPool } = await testDatabase();
const actor = (role: Role): Actor => ({ id: `user:${randomUUID()}`, role, name: 'Bo', via: 'page' });
const BO = actor('reviewer');
const ADA = `user:${randomUUID()}`;

const mails = (count: number): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({
    fields: { date: '2020-11-03', from: `a${index}@shop.x`, subject: `50% off_${index}`, text: `body ${index}` },
    category: index % 10 === 0 ? 'keep' : 'noise',
    confidence: (index % 7) / 10,
    why: 'List-ID is set',
  }));

const COLUMNS = ['subject', 'from', 'date', 'text'];

describe('a checkpoint', () => {
  test('counts, samples, the action in words, and the digest that an answer is bound to', async () => {
    const batch = await seedBatch(pool, {
      format: 'mbox',
      columns: COLUMNS,
      chunks: [
        { state: 'awaiting_review', items: mails(200) },
        { state: 'proposed', items: [] },
      ],
    });
    const view = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    const built = await buildManifest(
      pool,
      { chunkId: batch.chunks[0]?.id ?? '', batchId: batch.batchId, datasetId: batch.datasetId, plan: batch.plan },
      requestBuilder,
    );
    expect(view).toMatchObject({
      batch: { noun: 'mails', state: 'running' },
      digest: built.digest,
      revision: 1,
      total: 200,
      first: 3,
      problems: [],
      nextWaits: true,
      firstReceipts: [],
      may: { correct: true, decide: true, release: false, resume: false },
    });
    const [noise, keep] = view?.categories ?? [];
    expect(noise).toMatchObject({
      name: 'noise',
      count: 180,
      action: { verb: 'Archive', will: 'move to the archive shelf', effect: 'undoable' },
    });
    expect(keep).toMatchObject({ name: 'keep', count: 20, action: null });
    expect([
      noise?.sampleRandom.length,
      noise?.sampleUnsure.length,
      keep?.sampleRandom.length,
      keep?.sampleUnsure.length,
    ]).toEqual([40, 10, 20, 0]);
    const ordinals = [...(noise?.sampleRandom ?? []), ...(noise?.sampleUnsure ?? [])].map(({ ordinal }) => ordinal);
    expect(new Set(ordinals).size).toBe(50);
    const [sample] = noise?.sampleRandom ?? [];
    const n = (sample?.ordinal ?? 0) - 1;
    expect(sample).toMatchObject({
      mark: 'random',
      why: 'List-ID is set',
      by: 'rules',
      text: `body ${n}`,
      line: `2020-11-03 | a${n}@shop.x | 50% off_${n}`,
    });
    expect(Object.keys(sample?.fields ?? {})).toEqual(['subject', 'from', 'date']);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
    // The second look finds the digest remembered, and it is the same.
    expect((await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 }))?.digest).toBe(built.digest);
  });

  test('a correction changes digest and counts, is listed by name, and leaves the rest of the sample alone', async () => {
    const batch = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: mails(200) }] });
    const before = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Bo', 'bo@example.org', 'reviewer')`, [
      BO.id.slice(5),
    ]);
    const sample = before?.categories[0]?.sampleRandom.map(({ ordinal }) => ordinal) ?? [];
    await correct(BO, {
      batchId: batch.batchId,
      chunk: 1,
      corrections: [{ ordinal: sample[0] ?? 0, category: 'keep', note: 'a friend' }],
    });
    const after = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    expect(after).toMatchObject({
      revision: 2,
      corrections: [{ ordinal: sample[0], from: 'noise', to: 'keep', by: 'Bo', note: 'a friend' }],
    });
    expect(after?.digest).not.toBe(before?.digest);
    expect(after?.categories.map(({ count }) => count)).toEqual([179, 21]);
    expect(after?.categories[0]?.sampleRandom.slice(0, 39).map(({ ordinal }) => ordinal)).toEqual(sample.slice(1));
    expect(after?.categories[1]?.sampleRandom.find(({ ordinal }) => ordinal === sample[0])?.by).toBe('Bo');
  });

  test('the answer of a correction has what a decision on it signs, without a look at the checkpoint in between', async () => {
    const batch = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: mails(30) }] });
    const of = { batchId: batch.batchId, chunk: 1 };
    const noise = [2, 3, 4].map((ordinal) => ({ ordinal, category: 'keep' }));
    const first = await correct(BO, { ...of, corrections: noise.slice(0, 1) });
    const second = await correct(BO, { ...of, corrections: noise.slice(1) });
    expect(second).toMatchObject({ revision: 3, changed: 2, problems: [] });
    expect(second.digest).not.toBe(first.digest);
    // The same once more changes nothing, and is answered with the same.
    expect(await correct(BO, { ...of, corrections: noise })).toMatchObject({ revision: 3, changed: 0, digest: second.digest });
    const decided = (digest: string | null) =>
      decide(BO, {
        batchId: batch.batchId,
        chunks: [{ number: 1, digest: digest ?? '', revision: 3 }],
        execute: true,
        override: 'a test',
      });
    await expect(decided(first.digest)).rejects.toMatchObject({ code: 'stale' });
    expect(await decided(second.digest)).toMatchObject({ decided: [1] });
  });

  test('of a chunk that is too large to be built in an answer, a correction has no digest, and the checkpoint has it', async () => {
    const batch = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: mails(30) }] });
    const of = { batchId: batch.batchId, chunk: 1 };
    await pool.query('UPDATE chunk SET item_count = $2 WHERE batch_id = $1', [batch.batchId, CORRECTED_MANIFEST_ITEMS_MAX + 1]);
    expect(await correct(BO, { ...of, corrections: [{ ordinal: 2, category: 'keep' }] })).toMatchObject({
      revision: 2,
      digest: null,
    });
    expect(await readCheckpoint(BO, of)).toMatchObject({ revision: 2, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('a correction after which a request can not be built names it', async () => {
    const action = { connector: 'task', do: 'create', with: { title: '{{subject}}' } };
    const batch = await seedBatch(pool, {
      plan: { categories: [{ name: 'noise', action }, { name: 'keep' }] },
      chunks: [{ state: 'awaiting_review', items: [{ fields: { subject: 'x' }, category: 'keep' }] }],
    });
    await pool.query(`UPDATE item SET fields = '{"subject": " "}' WHERE dataset_id = $1`, [batch.datasetId]);
    const corrected = await correct(BO, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'noise' }] });
    expect(corrected.problems).toMatchObject([{ ordinal: 1, category: 'noise' }]);
  });

  test('items whose request can not be built are named', async () => {
    const action = { connector: 'task', do: 'create', with: { title: '{{subject}}' } };
    const batch = await seedBatch(pool, {
      plan: { categories: [{ name: 'noise', action }, { name: 'keep' }] },
      chunks: [
        {
          state: 'awaiting_review',
          items: [
            { fields: { subject: 'x' }, category: 'keep' },
            { fields: { subject: 'y' }, category: 'keep' },
          ],
        },
      ],
    });
    await pool.query(`UPDATE item SET fields = '{"subject": " "}' WHERE dataset_id = $1 AND ordinal = 2`, [batch.datasetId]);
    await pool.query(`UPDATE classification SET category = 'noise' WHERE batch_id = $1`, [batch.batchId]);
    const view = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    expect(view?.problems).toMatchObject([{ ordinal: 2, category: 'noise' }]);
  });

  test('while it waits for release, the receipts of the first', async () => {
    const items = mails(20).map(
      (item, index): SeedItem => ({
        ...item,
        category: 'noise',
        ...(index < 3 ? { first: true, receipts: ['intent', index === 1 ? 'outcome:failed' : 'outcome:succeeded'] } : {}),
      }),
    );
    const batch = await seedBatch(pool, { chunks: [{ state: 'awaiting_release', items }] });
    const view = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    expect(view).toMatchObject({
      digest: batch.chunks[0]?.digest,
      released: false,
      may: { correct: false, decide: false, release: true },
    });
    expect(view?.firstReceipts.map(({ ordinal, result, reason, line }) => [ordinal, result, reason, line])).toEqual([
      [1, 'succeeded', null, 'Archived: 2020-11-03 | a0@shop.x | 50% off_0'],
      [2, 'failed', 'http_404', 'Failed (HTTP 404): 2020-11-03 | a1@shop.x | 50% off_1'],
      [3, 'succeeded', null, 'Archived: 2020-11-03 | a2@shop.x | 50% off_2'],
    ]);
  });

  test('a decided chunk says who approved it, after looking at what, and the last receipt of each item', async () => {
    const items = mails(11).map(
      (item, index): SeedItem => ({
        ...item,
        receipts: item.category === 'keep' ? [] : index < 9 ? ['intent', 'outcome:succeeded'] : ['intent'],
      }),
    );
    await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Ada', 'ada@example.org', 'reviewer')`, [
      ADA.slice(5),
    ]);
    const batch = await seedBatch(pool, { chunks: [{ state: 'executing', items, decidedBy: ADA }] });
    const view = await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 });
    expect(view).toMatchObject({ decided: true, may: { correct: false, decide: false } });
    expect(view?.decisions).toEqual([
      {
        ...{ seq: 1, by: 'Ada', at: '2026-11-23T14:02:00.123Z', via: 'page', counts: { keep: 2, noise: 9 }, seenCount: 0 },
        ...{ answers: { next: true, execute: true, sendBack: false, close: false, release: false } },
        ...{ reviews: null, override: null, signing: null },
      },
    ]);
    const { items: told = [] } = (await readChunkItems(BO, { batchId: batch.batchId, chunk: 1 })) ?? {};
    expect(told.map(({ ordinal, outcome }) => [ordinal, outcome])).toEqual([
      [1, null],
      ...[2, 3, 4, 5, 6, 7, 8, 9].map((ordinal) => [ordinal, { result: 'succeeded', seq: 2 * ordinal - 1 }]),
      ...[
        [10, { result: null, seq: 18 }],
        [11, null],
      ],
    ]);
    expect(view?.categories[0]?.sampleRandom.find(({ ordinal }) => ordinal === 2)?.outcome).toEqual({
      result: 'succeeded',
      seq: 3,
    });
  });

  test('an altered receipt of a decision says nothing, and hides nothing else', async () => {
    const batch = await seedBatch(pool, { chunks: [{ state: 'done', items: mails(1) }] });
    await ownerPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
    await ownerPool.query(`UPDATE receipt SET body = body || ' '::bytea WHERE batch_id = $1`, [batch.batchId]);
    await ownerPool.query('ALTER TABLE receipt ENABLE ALWAYS TRIGGER receipt_append_only');
    await ownerPool.query('ALTER TABLE receipt ENABLE ALWAYS TRIGGER receipt_no_truncate');
    expect(await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 })).toMatchObject({
      decided: true,
      decisions: [],
      total: 1,
    });
  });

  test('long values are cut for the screen', async () => {
    const batch = await seedBatch(pool, {
      chunks: [
        {
          state: 'awaiting_review',
          items: [{ fields: { date: '', from: '', subject: '🎉'.repeat(50_000) }, category: 'noise' }],
        },
      ],
    });
    const subject =
      (await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 }))?.categories[0]?.sampleRandom[0]?.fields.subject ?? '';
    expect(subject.endsWith('🎉…')).toBe(true);
    expect([...subject]).toHaveLength(2_001);
  });

  test('nobody there is null; an auditor may not see items', async () => {
    const batch = await seedBatch(pool, { chunks: [{ state: 'queued', items: mails(1) }] });
    expect(await readCheckpoint(BO, { batchId: batch.batchId, chunk: 2 })).toBeNull();
    expect(await readCheckpoint(BO, { batchId: randomUUID(), chunk: 1 })).toBeNull();
    expect(await readCheckpoint(BO, { batchId: batch.batchId, chunk: 1 })).toMatchObject({
      digest: null,
      may: { decide: false },
    });
    await expect(readCheckpoint(actor('auditor'), { batchId: batch.batchId, chunk: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('all items of a chunk', () => {
  test('by key, by category, by a text that is no pattern', async () => {
    const batch = await seedBatch(pool, { columns: COLUMNS, chunks: [{ state: 'awaiting_review', items: mails(30) }] });
    const of = { batchId: batch.batchId, chunk: 1 };
    const first = await readChunkItems(BO, { ...of, category: 'noise', limit: 20 });
    expect(first?.items).toHaveLength(20);
    const rest = await readChunkItems(BO, { ...of, category: 'noise', limit: 20, cursor: first?.next ?? null });
    expect(rest).toMatchObject({ next: null });
    expect([...(first?.items ?? []), ...(rest?.items ?? [])].map(({ ordinal }) => ordinal)).toEqual(
      mails(30).flatMap(({ category }, index) => (category === 'noise' ? [index + 1] : [])),
    );
    expect((await readChunkItems(BO, { ...of, search: 'OFF_12' }))?.items.map(({ ordinal }) => ordinal)).toEqual([13]);
    expect(await readChunkItems(BO, { ...of, search: 'offx12' })).toEqual({ items: [], next: null });
    expect((await readChunkItems(BO, { ...of, search: '%' }))?.items).toHaveLength(30);
    await expect(readChunkItems(BO, { ...of, search: 'a\0' })).rejects.toMatchObject({ code: 'invalid' });
    expect(await readChunkItems(BO, { ...of, chunk: 9 })).toBeNull();
  });
});
