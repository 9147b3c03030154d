/** Pages of items are bounded in bytes, not only in rows: a file of large rows must not fill the memory of whoever reads it. */
import { expect, it } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { PAGE_BYTES } from '#lib/core/limits.ts';
import { readItems as readViewed } from '#lib/steps/datasets/read-datasets.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { unclassified } from '#lib/store/chunks/classifications.sql.ts';
import { readItems } from '#lib/store/plans/planning.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { atSize } from '#test/size.ts';

const { pool } = await testDatabase();
const MIB = 1024 ** 2;
/** Of a mebibyte each: more than a page may have. */
const COUNT = atSize(12, 24);
const admin = { id: 'key:env', role: 'admin', name: 'Key', via: 'api' } as const;

const sizeOf = (items: readonly { fields: Record<string, string> }[]): number =>
  items.reduce((sum, { fields }) => sum + Object.values(fields).reduce((all, text) => all + text.length, 0), 0);
const large = (category?: string) =>
  seedBatch(pool, {
    plan: {
      categories: [
        { name: 'noise', action: { connector: 'http', do: 'POST', with: { url: 'https://example.com/', body: '{{text}}' } } },
      ],
    },
    chunks: [
      {
        state: category ? 'awaiting_review' : 'classifying',
        items: Array.from({ length: COUNT }, (_, index) => ({
          fields: { subject: `row ${index}`, text: 'x'.repeat(MIB - 2_000) },
          ...(category ? { category } : {}),
        })),
      },
    ],
  });

/** Nobody changes anything of it. */
const unread = await large();

it('of a dataset, as people page through it: every item once, in order', async () => {
  const { datasetId } = unread;
  const seen: number[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await readViewed(admin, { id: datasetId, limit: 500, cursor });
    expect(sizeOf(page?.items ?? [])).toBeLessThan(PAGE_BYTES + 2 * MIB);
    seen.push(...(page?.items ?? []).map(({ ordinal }) => ordinal));
    cursor = page?.next ?? null;
    if (cursor === null) break;
  }
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
});

it('of a chunk that is being classified', async () => {
  const { batchId, datasetId, chunks } = unread;
  const claim = { batchId, datasetId, chunkId: chunks[0]?.id } as Parameters<typeof unclassified>[1];
  const seen: number[] = [];
  for (let after = 0; ; ) {
    const page = await inTransaction(pool, (tx) => unclassified(tx, claim, { after, fields: null }));
    if (page.length === 0) break;
    expect(sizeOf(page)).toBeLessThan(PAGE_BYTES + 2 * MIB);
    seen.push(...page.map(({ ordinal }) => ordinal));
    after = page.at(-1)?.ordinal ?? after;
  }
  expect(seen).toHaveLength(COUNT);
});

it('of a preview', async () => {
  const { datasetId } = unread;
  const seen: number[] = [];
  for (let after = 0; ; ) {
    const page = await readItems(pool, datasetId, { fields: null, after, limit: 500, among: null });
    if (page.length === 0) break;
    expect(sizeOf(page)).toBeLessThan(PAGE_BYTES + 2 * MIB);
    seen.push(...page.map(({ ordinal }) => ordinal));
    after = page.at(-1)?.ordinal ?? after;
  }
  expect(seen).toHaveLength(COUNT);
});

it('of a manifest, its requests included', async () => {
  const { batchId, datasetId, plan, chunks } = await large('noise');
  const pages: number[][] = [];
  const chunk = { batchId, datasetId, chunkId: chunks[0]?.id ?? '', plan };
  const built = await inTransaction(pool, (tx) =>
    buildManifest(tx, chunk, requestBuilder, async (rows) => {
      pages.push(rows.map(({ ordinal }) => ordinal));
      const bytes = rows.reduce((sum, { requestBytes }) => sum + (requestBytes?.length ?? 0), 0);
      expect(bytes).toBeLessThan(PAGE_BYTES + 2 * MIB);
    }),
  );
  expect(pages.flat()).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  expect(built.acting).toBe(COUNT);
});
