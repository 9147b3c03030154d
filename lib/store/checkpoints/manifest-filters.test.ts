/** `{{when | date}}` in the requests of a manifest, and in the lines of its receipts: by what the field means, not by how it looks. */
import { expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';

const { pool } = await testDatabase();
const PROFILE = [
  { name: 'when', type: 'date', filled: 3, exact: false, top: [], odd: '13/04/2026' },
  { name: 'amount', type: 'number', filled: 3, exact: false, top: [], odd: '3,50' },
];

test('a request holds the day and the plain number, and an item whose value cannot be read is named', async () => {
  const { batchId, datasetId, plan, chunks } = await seedBatch(pool, {
    plan: {
      categories: [
        {
          name: 'noise',
          action: { connector: 'task', do: 'create', with: { title: 'On {{when | date}}: {{amount | number}}' } },
        },
      ],
    },
    chunks: [
      {
        state: 'awaiting_review',
        items: [
          { fields: { when: '03/04/2026', amount: '1.234,50 €' }, category: 'noise' },
          { fields: { when: '04/13/2026', amount: '5' }, category: 'noise' },
        ],
      },
    ],
  });
  await pool.query('UPDATE dataset SET fields = $2 WHERE id = $1', [datasetId, JSON.stringify(PROFILE)]);
  const requests: string[] = [];
  const manifest = await buildManifest(
    pool,
    { batchId, datasetId, plan, chunkId: chunks[0]?.id ?? '' },
    requestBuilder,
    async (rows) => {
      requests.push(...rows.map(({ requestBytes }) => (requestBytes ? Buffer.from(requestBytes).toString() : '')));
    },
  );
  expect(requests.map((text) => (text === '' ? '' : JSON.parse(text).title))).toEqual(['On 2026-04-03: 1234.50', '']);
  expect(manifest.problems).toEqual([
    {
      ordinal: 2,
      category: 'noise',
      message: 'Item 2: “when” is “04/13/2026”, which can’t be read as a date, so {{when | date}} has no value.',
    },
  ]);
});
