/** The list of chunks carries what a decision is bound to: what is listed is what a decision compares. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { LISTED_DIGEST_ITEMS_MAX } from '#lib/core/limits.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type Seed, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { fitting } from './chunk-digests.ts';
import { readChunks } from './read-chunks.ts';

const { pool, ownerPool } = await testDatabase();

const AUDE: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Aude', via: 'page' };

const chunks = (count: number, state: Seed['chunks'][number]['state'] = 'awaiting_review'): Seed['chunks'] =>
  Array.from({ length: count }, (_, index) => ({
    state,
    items: [1, 2, 3].map((one) => ({ fields: { subject: `mail ${index}.${one}` }, category: 'noise' })),
  }));

const listed = async (batchId: string, actor = ADA) => (await readChunks(actor, { batchId, limit: 500 }))?.items ?? [];
const on = (one: { number: number; digest: string | null; revision: number }) => ({
  ...{ number: one.number, digest: one.digest ?? '', revision: one.revision },
});
const kept = async (batchId: string): Promise<number> =>
  (await pool.query('SELECT FROM chunk WHERE batch_id = $1 AND manifest_digest IS NOT NULL', [batchId])).rowCount ?? 0;

test('list, then decide, without a look at any checkpoint; a correction in between is refused by name', async () => {
  const { batchId } = await seedBatch(pool, { plan: { execution: { first: 0 } }, chunks: chunks(40) });
  const before = await listed(batchId);
  expect([before.length, await kept(batchId)]).toEqual([40, 40]);
  expect(before[6]?.digest).toBe((await readCheckpoint(ADA, { batchId, chunk: 7 }))?.digest);
  const { revision } = await correct(BO, { batchId, chunk: 7, corrections: [{ ordinal: 20, category: 'keep' }] });
  const asked = { batchId, next: true, execute: true, override: 'a test looks at nothing' };
  const answer = await decide(ADA, { ...asked, chunks: before.map(on) });
  expect(answer.dropped).toEqual([
    { number: 7, why: expect.stringMatching(/ moved 1 item to keep while you looked\. Nothing was approved\.$/) },
  ]);
  expect(answer.decided).toHaveLength(39);
  const after = await listed(batchId);
  expect(after[6]).toMatchObject({ revision, state: 'awaiting_review' });
  expect(after[6]?.digest).not.toBe(before[6]?.digest);
  // What was approved keeps the digest that it was approved with.
  expect(after.toSpliced(6, 1).map(({ digest }) => digest)).toEqual(before.toSpliced(6, 1).map(({ digest }) => digest));
  expect((await decide(ADA, { ...asked, chunks: after.slice(6, 7).map(on) })).decided).toEqual([7]);
});

test('an auditor sees it too; what is not classified, or can’t be carried out, has none', async () => {
  const http = { connector: 'http', do: 'POST', with: { url: 'https://example.com/', body: '{{subject}}' } };
  const { batchId, datasetId } = await seedBatch(pool, {
    plan: { categories: [{ name: 'noise', action: http }, { name: 'keep' }] },
    chunks: [...chunks(1), ...chunks(1, 'queued'), ...chunks(1), ...chunks(1, 'awaiting_release')],
  });
  const long = JSON.stringify({ subject: 'x'.repeat(1024 ** 2) });
  await ownerPool.query('UPDATE item SET fields = $2 WHERE dataset_id = $1 AND ordinal = 8', [datasetId, long]);
  const digests = (await listed(batchId, AUDE)).map(({ digest }) => digest);
  expect(digests.map((digest) => digest !== null)).toEqual([true, false, false, true]);
  expect((await listed(batchId)).map(({ digest }) => digest)).toEqual(digests);
  const chunk = digests[3] ?? '';
  await decide(ADA, { batchId, chunks: [{ number: 4, digest: chunk }], release: true });
});

test('whoever lists waits for nobody who decides', async () => {
  const { batchId } = await seedBatch(pool, { chunks: chunks(3) });
  const deciding = await pool.connect();
  try {
    await deciding.query('BEGIN');
    await deciding.query('SELECT FROM chunk WHERE batch_id = $1 AND number = 2 FOR UPDATE', [batchId]);
    expect((await listed(batchId)).map(({ digest }) => digest)).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
    expect(await kept(batchId)).toBe(2);
  } finally {
    await deciding.query('ROLLBACK');
    deciding.release();
  }
});

test('a chunk that is corrected while its digest is made has none that stands', async () => {
  const { batchId, datasetId, plan } = await seedBatch(pool, { chunks: chunks(3) });
  const now = await readChunksNow(pool, batchId);
  let corrected = false;
  const query = async (...asked: unknown[]): Promise<unknown> => {
    const answer = await (pool.query as (...all: unknown[]) => Promise<unknown>).apply(pool, asked);
    if (!corrected) {
      corrected = true;
      await correct(BO, { batchId, chunk: 2, corrections: [{ ordinal: 5, category: 'keep' }] });
    }
    return answer;
  };
  const made = await currentManifests({ query } as Querying, { batchId, datasetId, plan }, now, requestBuilder);
  expect(now.map(({ id }) => made.get(id)?.stands)).toEqual([true, false, true]);
  // That of the corrected chunk is the correction's own.
  expect(await kept(batchId)).toBe(3);
});

test('a page ends before the chunk with which more items than the limit would have to be built', async () => {
  const { batchId } = await seedBatch(pool, { chunks: chunks(3) });
  const [chunk] = await readChunksNow(pool, batchId);
  if (!chunk) throw new Error('no chunk');
  const of = (itemCount: number, digest: string | null = null) => ({ ...chunk, itemCount, manifestDigest: digest });
  const half = LISTED_DIGEST_ITEMS_MAX / 2;
  expect(fitting([of(half), of(half), of(1), of(1)])).toBe(2);
  expect(fitting([of(3 * half), of(1)])).toBe(1);
  expect(fitting([of(3 * half, 'known'), of(half), of(3 * half, 'known'), of(half), of(1)])).toBe(4);
  expect(fitting([])).toBe(0);
  await pool.query('UPDATE chunk SET item_count = $2 WHERE batch_id = $1', [batchId, LISTED_DIGEST_ITEMS_MAX]);
  const numbers: number[][] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readChunks>> = await readChunks(ADA, { batchId, cursor });
    numbers.push((page?.items ?? []).map(({ number }) => number));
    cursor = page?.next ?? null;
    if (cursor === null) break;
  }
  expect(numbers).toEqual([[1], [2], [3]]);
});
