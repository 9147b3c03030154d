/** How a worker classifies a chunk: a rule that is too slow halts it with its number and the item, and the worker, its lease and other chunks live. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { chunkStates, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';

// Where a rule is ended in the middle, it is a thread that ends.
const { pool } = await testDatabase(resolve('bin/thread.ts'));

const BO: Actor = { id: 'user:00000000-0000-4000-8000-000000000001', role: 'reviewer', name: 'Bo', via: 'page' };

test('whoever classifies a chunk makes the digest of its manifest, so that the first look does not have to', async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({
    fields: { date: '2020-11-03', from: 'a@shop.x', subject: `mail ${index}` },
  }));
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'queued', items }] });
  const digest = async (): Promise<string | null> => {
    const { rows } = await pool.query("SELECT encode(manifest_digest, 'hex') AS digest FROM chunk WHERE batch_id = $1", [
      batchId,
    ]);
    return rows[0].digest;
  };
  await workUntil(pool, async () => (await digest()) !== null);
  const made = await digest();
  // What a look makes when there is none.
  await pool.query('UPDATE chunk SET manifest_digest = NULL WHERE batch_id = $1', [batchId]);
  expect(await readCheckpoint(BO, { batchId, chunk: 1 })).toMatchObject({ digest: made, chunk: { state: 'awaiting_review' } });
});

const planOf = (...whens: string[]): PlanInput => ({
  classifier: { kind: 'rules', rules: whens.map((when) => ({ when, category: 'a' })), otherwise: 'b' },
  categories: [{ name: 'a' }, { name: 'b' }],
  chunking: { by: 'size' },
});

/** Quick on every item but one: there it looks through a long text for each of its own characters. */
const LONG = `item.subject.replace("mail 3", "${'a'.repeat(2_000)}").replace("a", "${'a'.repeat(100)}")`;
const SLOW = `${LONG}.split("").exists(c, ${LONG}.matches("[b-h]" + c))`;

test('a rule that never comes back halts its chunk in words, and the worker goes on with others', async () => {
  const slow = await startedBatch(pool, { items: 5, plan: planOf('item.subject == "mail 1"', SLOW) });
  const fine = await startedBatch(pool, { items: 5, plan: planOf('item.subject == "mail 1"') });
  await workUntil(pool, async () => {
    const states = [...(await chunkStates(pool, slow.batchId)), ...(await chunkStates(pool, fine.batchId))];
    return states.join() === 'halted,awaiting_review';
  });
  const { rows } = await pool.query<{ halt_reason: string; epoch: number }>(
    'SELECT halt_reason, epoch FROM chunk WHERE batch_id = $1',
    [slow.batchId],
  );
  expect(rows[0]?.halt_reason).toMatch(/^Rule 2 takes longer on item 3 than 2 seconds\./);
  // Its first claim: the lease was renewed all the while.
  expect(rows[0]?.epoch).toBe(1);
});

test('a rule that makes too much halts its chunk in words', async () => {
  const big = await startedBatch(pool, {
    items: 5,
    plan: planOf(`[item.subject]${'.map(x, x + x)'.repeat(26)}.exists(x, x == "")`),
  });
  await workUntil(pool, async () => (await chunkStates(pool, big.batchId)).join() === 'halted');
  const { rows } = await pool.query<{ halt_reason: string }>('SELECT halt_reason FROM chunk WHERE batch_id = $1', [big.batchId]);
  expect(rows[0]?.halt_reason).toBe("Rule 1 can't be evaluated for item 1: it would make more than 100,000,000 characters.");
});
