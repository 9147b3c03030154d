/** Threads end when they must, with the query that they are at, and the next job gets a new one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { threadsOf } from '#bin/threads.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { testDatabase } from '#test/database.ts';
import { FULL } from '#test/size.ts';
import { type Threads, takeThreads } from './threads.ts';

const { pool, ownerPool } = await testDatabase();

const plan = (when: string) => ({
  classifier: { kind: 'rules', rules: [{ when, category: 'a' }], otherwise: 'a' },
  categories: [{ name: 'a' }],
  chunking: { by: 'size' },
});

async function datasetOf(text: string): Promise<string> {
  const id = randomUUID();
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'one.csv', 'ready', 'csv', '[{"name":"text"}]', 1, 'user:x')`,
    [id],
  );
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest) VALUES ($1, 1, jsonb_build_object('text', $2::text), 'x', sha256('x'))`,
    [id, text],
  );
  return id;
}

const preview = (datasetId: string, when: string, bounds: { jobMs?: number; signal?: AbortSignal } = {}) => {
  const given = plan(when);
  return workOut('previewDataset', { datasetId, plan: given, now: new Date() }, { plan: given, ...bounds });
};

/** Holds the items from everybody while it acts. */
async function whileItemsAreLocked<T>(act: () => Promise<T>): Promise<T> {
  const client = await ownerPool.connect();
  try {
    await client.query('BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE');
    return await act();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

const waitingForItems = async (): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_locks WHERE relation = 'item'::regclass AND NOT granted`,
  );
  return rows[0]?.count ?? 0;
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 2_400) throw new Error('It never came.');
    await sleep(25);
  }
}

const usual = threadsOf(1, null);
let others: Threads | null = null;
afterEach(async () => {
  await others?.end();
  takeThreads(usual);
});
afterAll(() => usual.end());

test('a job that takes longer than it may ends with its query, and the next one is done', async () => {
  const datasetId = await datasetOf('x');
  await preview(datasetId, 'item.text == "x"');
  await whileItemsAreLocked(async () => {
    // Where a busy machine has not come to its query by then, nothing was shown yet: once more, with more time.
    for (let [jobMs, asked] = [500, false]; !asked; jobMs *= 2) {
      let ended = false;
      const told = preview(datasetId, 'item.text == "x"', { jobMs }).finally(() => {
        ended = true;
      });
      told.catch(() => {});
      await until(async () => {
        asked = (await waitingForItems()) === 1;
        return asked || ended;
      });
      await expect(told).rejects.toMatchObject({
        code: 'too_large',
        message: expect.stringContaining(`This plan takes longer than ${jobMs / 1_000} second`),
      });
      await until(async () => (await waitingForItems()) === 0);
    }
  });
  await expect(preview(datasetId, 'item.text == "x"')).resolves.toMatchObject({ itemCount: 1 });
});

test('a signal ends a job, with its query', async () => {
  const datasetId = await datasetOf('x');
  const leaving = new AbortController();
  await whileItemsAreLocked(async () => {
    const told = preview(datasetId, 'item.text == "x"', { signal: leaving.signal });
    await until(async () => (await waitingForItems()) === 1);
    leaving.abort(new Error('gone'));
    await expect(told).rejects.toThrow('gone');
    await until(async () => (await waitingForItems()) === 0);
  });
});

test('when as many wait as may, the next is told when to come again, and who waits too long is too', async () => {
  const datasetId = await datasetOf('x');
  others = threadsOf(1, { jobs: 1, ms: 300 });
  const crowded = { code: 'unavailable', facts: { retryAfterSeconds: 5 } };
  await whileItemsAreLocked(async () => {
    const first = preview(datasetId, 'item.text == "x"', { jobMs: 2_000 });
    const second = preview(datasetId, 'item.text == "x"');
    const third = preview(datasetId, 'item.text == "x"');
    await expect(third).rejects.toMatchObject(crowded);
    await expect(second).rejects.toMatchObject(crowded);
    await expect(first).rejects.toMatchObject({ code: 'too_large' });
  });
});

if (FULL)
  test('a rule that is slow before it sees an item is refused by its number', async () => {
    const many = Array.from({ length: 60 }, () => `[[1]]${'.map(x, x + x)'.repeat(19)}.exists(x, 2 in x)`).join(' || ');
    await expect(preview(await datasetOf('x'), many)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^Rule 1 takes longer before it sees an item than 2 seconds/),
      problems: [{ path: 'classifier.rules.0.when' }],
    });
  });

if (FULL)
  test('rules that are slow together are told with the one that took most', async () => {
    const datasetId = await datasetOf('ab '.repeat(12_000));
    const slowish = 'item.text.split("").exists(c, item.text.contains("q" + c))';
    const given = plan('item.text == "x"');
    given.classifier.rules.push(...Array.from({ length: 400 }, () => ({ when: slowish, category: 'a' })));
    await expect(
      workOut('previewDataset', { datasetId, plan: given, now: new Date() }, { plan: given, jobMs: 1_500 }),
    ).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^Rule \d+ is too slow: the whole plan may take at most 1.5 seconds/),
    });
  });

if (FULL)
  test('a rule that fills the memory of its thread is refused, and this process lives', async () => {
    const datasetId = await datasetOf('a'.repeat(900_000));
    const big = `item.text.split("").map(c, [${Array.from({ length: 400 }, () => 'c').join()}]).size() == 1`;
    await expect(preview(datasetId, big)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^Rule 1 (needs more memory on item 1 than is allowed|takes longer on item 1)/),
    });
    await expect(preview(datasetId, 'item.text == "x"')).resolves.toMatchObject({ itemCount: 1 });
  });
