/** Intents ahead of a free slot: how many there are, at which targets, and what becomes of them when the sending is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, chunkStates, counters, leasesCount, steps, target, workUntil } from '#test/fixtures/started-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

beforeAll(() => leasesCount(pool));
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
});

const SLOTS = 8;
/** for half of the slots at most */
const AHEAD_MAX = 4;
const ITEMS = 40;

/** A target that answers the first `SLOTS` requests at once, holds those that come next, and from then on says `status`. */
async function holding(status = 200) {
  const gate = Promise.withResolvers<void>();
  const { url, seen } = await target(async (_request, count) => {
    if (count <= SLOTS) return 200;
    await gate.promise;
    return status;
  });
  return { url, seen, open: gate.resolve };
}

function sending(url: string, honoursKeys: unknown, execution: object = {}): Promise<SeededBatch> {
  const plan: Partial<PlanInput> = {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [
      {
        name: 'send',
        action: { connector: 'http', do: 'POST', honoursKeys: honoursKeys as boolean, with: { url, timeoutMs: 20_000 } },
      },
    ],
    chunking: { by: 'size' },
    execution: { first: 0, concurrency: SLOTS, haltAfter: { consecutive: 100, share: 1 }, ...execution },
  };
  const items = Array.from({ length: ITEMS }, (_, index) => ({ fields: { subject: `m${index + 1}` }, category: 'send' }));
  return seedBatch(pool, { plan, chunks: [{ state: 'executing', items }] });
}

const until =
  ({ batchId }: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

async function eventually(look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await look()); tries += 1) {
    if (tries > 2_000) throw new Error('It did not come that far.');
    await sleep(20);
  }
}

const inFlight = async ({ batchId }: SeededBatch): Promise<number> => (await counters(pool, batchId)).inFlight ?? 0;

/**
 * Executes until `SLOTS` requests are held and no more come, acts, lets the target answer, and goes on until the chunk is in one of these states. Gives how many intents
 * were open while they were held.
 */
async function heldUp(
  batch: SeededBatch,
  { seen, open }: Awaited<ReturnType<typeof holding>>,
  act: () => Promise<unknown>,
  ...states: string[]
): Promise<number> {
  let [owners, intents] = [0, 0];
  await workUntil(pool, until(batch, ...states), {
    executing: async (task) => {
      const working = executeChunk(task);
      owners += 1;
      if (owners > 1) return working;
      await eventually(async () => seen.length >= 2 * SLOTS && (await inFlight(batch)) >= SLOTS);
      // Time for what does not wait for a slot.
      await sleep(300);
      expect(seen).toHaveLength(2 * SLOTS);
      intents = await inFlight(batch);
      await act();
      open();
      return working;
    },
  });
  return intents;
}

const ends = async (batch: SeededBatch): Promise<Record<string, number>> => {
  const all = Object.values(await steps(pool, batch.batchId)).map((of) => of.join(' '));
  return Object.fromEntries([...Map.groupBy(all, (one) => one)].map(([of, items]) => [of, items.length]));
};

const UNSENT = 'intent outcome:uncertain resolution:not_executed';
const DONE = 'intent outcome:succeeded';

test.each([
  { name: 'no keys: as many intents as requests', honoursKeys: false, more: {}, ahead: [0, 0] },
  { name: 'keys: a few intents more than requests', honoursKeys: true, more: {}, ahead: [1, AHEAD_MAX] },
  { name: 'keys, and a rate: none', honoursKeys: true, more: { ratePerSecond: 1_000 }, ahead: [0, 0] },
])('open while the target holds its answers, $name', async ({ honoursKeys, more, ahead: [least = 0, most = 0] }) => {
  const held = await holding();
  const batch = await sending(held.url, honoursKeys, more);
  const ahead = (await heldUp(batch, held, async () => {}, 'done')) - SLOTS;
  expect(ahead).toBeGreaterThanOrEqual(least);
  expect(ahead).toBeLessThanOrEqual(most);
  expect(await ends(batch)).toEqual({ [DONE]: ITEMS });
  expect(new Set(held.seen.map(({ key }) => key)).size).toBe(ITEMS);
  expect(held.seen).toHaveLength(ITEMS);
});

test('a pause sends nothing of what is ahead: it is said that nothing was sent, and after the pause it goes out, once', async () => {
  const held = await holding();
  const batch = await sending(held.url, true, { retry: { attempts: 1 } });
  const ahead = (await heldUp(batch, held, () => pause(ADA, { batchId: batch.batchId }), 'paused')) - SLOTS;
  expect(ahead).toBeGreaterThan(0);
  expect(held.seen).toHaveLength(2 * SLOTS);
  expect(await ends(batch)).toEqual({ [DONE]: 2 * SLOTS, [UNSENT]: ahead });
  const counted = { done: 2 * SLOTS, failed: 0, notExecuted: ahead, uncertain: 0, inFlight: 0 };
  expect(await counters(pool, batch.batchId)).toMatchObject(counted);
  expect(await unsentReasons(batch)).toEqual(['held_back']);

  await resume(ADA, { batchId: batch.batchId });
  await workUntil(pool, until(batch, 'done'));
  expect(await ends(batch)).toEqual({ [DONE]: ITEMS - ahead, [`${UNSENT} ${DONE}`]: ahead });
  expect(held.seen).toHaveLength(ITEMS);
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: ITEMS, failed: 0, notExecuted: 0, uncertain: 0 });
});

test('a cancel sends nothing of it either, and every action is told', async () => {
  const held = await holding();
  const batch = await sending(held.url, true);
  const ahead = (await heldUp(batch, held, () => cancel(ADA, { batchId: batch.batchId }), 'cancelled')) - SLOTS;
  expect(ahead).toBeGreaterThan(0);
  expect(held.seen).toHaveLength(2 * SLOTS);
  expect(await counters(pool, batch.batchId)).toMatchObject({
    ...{ done: 2 * SLOTS, failed: 0, notExecuted: ITEMS - 2 * SLOTS, uncertain: 0, inFlight: 0 },
  });
});

test('nor does a chunk that its failures halt', async () => {
  const held = await holding(422);
  const batch = await sending(held.url, true, { haltAfter: { consecutive: 1, share: 1 } });
  const ahead = (await heldUp(batch, held, async () => {}, 'halted')) - SLOTS;
  expect(ahead).toBeGreaterThan(0);
  expect(held.seen).toHaveLength(2 * SLOTS);
  expect(await counters(pool, batch.batchId)).toMatchObject({ done: SLOTS, failed: SLOTS, notExecuted: ahead, inFlight: 0 });
});

test('who has lost the chunk says nothing of it, and the next owner sends each once under its key', async () => {
  const held = await holding();
  const batch = await sending(held.url, true);
  const keys = (): Promise<{ key: string }[]> =>
    pool
      .query<{ key: string }>(
        `SELECT convert_from(body, 'UTF8')::json ->> 'idempotencyKey' AS key FROM receipt WHERE batch_id = $1 AND kind = 'intent'`,
        [batch.batchId],
      )
      .then(({ rows }) => rows);
  let open: string[] = [];
  const intents = await heldUp(
    batch,
    held,
    async () => {
      open = (await keys()).map(({ key }) => key);
      await pool.query('UPDATE chunk SET epoch = epoch + 1, lease_until = NULL WHERE batch_id = $1', [batch.batchId]);
    },
    'done',
  );
  expect(open).toHaveLength(SLOTS + intents);
  expect(intents).toBeGreaterThan(SLOTS);
  expect(await ends(batch)).toEqual({ [DONE]: ITEMS });
  // An intent each, so a key each: what was out is sent again under it, and what was ahead is sent once.
  const sent = Map.groupBy(held.seen, ({ key }) => key);
  expect(new Set(sent.keys())).toEqual(new Set((await keys()).map(({ key }) => key)));
  const out = new Set(held.seen.slice(SLOTS, 2 * SLOTS).map(({ key }) => key));
  for (const [key, times] of sent) expect([key, times.length]).toEqual([key, out.has(key) ? 2 : 1]);
});

const unsentReasons = async ({ batchId }: SeededBatch): Promise<string[]> =>
  (
    await pool.query<{ reason: string }>(
      "SELECT DISTINCT convert_from(body, 'UTF8')::json ->> 'reason' AS reason FROM receipt WHERE batch_id = $1 AND result = 'uncertain'",
      [batchId],
    )
  ).rows.map(({ reason }) => reason);
