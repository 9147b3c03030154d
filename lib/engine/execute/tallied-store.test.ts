/** What a worker counts is what it committed: receipts of actions here and elsewhere, and classifications. */
import { expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, leasesCount, startedBatch, target, workUntil } from '#test/fixtures/started-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

const elsewhere = async (): Promise<{ action: object; url: string }> => {
  let asked = 0;
  const { url } = await target(() => {
    asked += 1;
    return asked === 3 ? 422 : 201;
  });
  return { url, action: { connector: 'http', do: 'POST', with: { url: `${url}/mail`, body: {} } } };
};

test.each([
  ['here', async () => ({ action: { connector: 'shelf', do: 'archive' }, url: null })],
  ['elsewhere', elsewhere],
] as const)('actions %s', async (_, make) => {
  await leasesCount(pool);
  const { action, url } = await make();
  const plan = {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [{ name: 'send', action }],
    chunking: { by: 'size' },
    execution: { first: 0 },
  } as PlanInput;
  const { batchId } = await startedBatch(pool, { items: 30, plan });
  TALLIES.take();
  const state = async () => (await chunkStates(pool, batchId))[0];
  await workUntil(pool, async () => (await state()) === 'awaiting_review');
  const { digest, revision } = (await readCheckpoint(ADA, { batchId, chunk: 1 })) ?? {};
  await decide(ADA, {
    batchId,
    chunks: [{ number: 1, digest: digest ?? '', revision: revision ?? 0, seen: [1] }],
    ...{ next: false, execute: true, sendBack: false, close: false, release: false },
  });
  await workUntil(pool, async () => (await state()) === 'done');

  const { rows } = await pool.query(`SELECT count(*)::int AS n FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL`, [
    batchId,
  ]);
  const tally = TALLIES.take();
  expect([tally?.receipts, tally?.classified]).toEqual([rows[0].n, 30]);
  expect([...(tally?.targets ?? [])].map(([name, { requests, failed }]) => [name, requests, failed])).toEqual(
    url === null ? [] : [[url, 30, 1]],
  );
});
