/**
 * Errands while workers die, agents fall silent and a person pauses: judged against what the agents themselves wrote down. No errand is given to two agents, none before
 * its intent is on record, and no outcome says what no agent said.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { answerErrand, nextErrand } from '#lib/steps/work/errands.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, leasesCount } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { seeded } from '#test/soak/random.ts';
import { approvedBatch, settled } from './approved.ts';
import { killWorkers, startWorker, startWorkers, type WorkerProcess } from './workers.ts';

const { pool, url } = await testDatabase();
const PATIENCE_MS = 10 * 60_000;

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

/** What an agent wrote down: what it had, and what it was told when it answered. */
type Line = { key: string; ordinal: number; agent: string; said: 'done' | 'failed' | null; heard: boolean };

test('each errand is given once, after its intent, and each outcome is what its agent said', {
  timeout: PATIENCE_MS,
}, async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
  console.log(`CRASH_SEED=${seed}`);
  const random = seeded(seed);
  const [items, agents, strikes] = [atSize(12, 240), atSize(3, 8), atSize(2, 40)];
  const { batchId } = await approvedBatch(pool, {
    ...{ items, chunks: atSize(1, 4) },
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'errand' },
      categories: [
        { name: 'errand', action: { connector: 'agent', do: 'do', with: { instruction: 'Do {{subject}}', minutes: 1 } } },
      ],
      chunking: { by: 'size' },
      gates: { next: 'parallel' },
      execution: { first: 0, concurrency: 4, haltAfter: { consecutive: 1_000_000, share: 1 }, retry: { attempts: 10 } },
      receiptFields: [],
    },
  });
  const lines: Line[] = [];
  const early: string[] = [];
  let over = false;

  const agent = async (name: string): Promise<void> => {
    const actor: Actor = {
      ...{ id: `agent:${randomUUID()}`, role: 'agent', scopes: ['work'], name, via: 'api', owner: randomUUID() },
    };
    let worker = 0;
    while (!over) {
      const { given } = await nextErrand(actor, { batchId, asked: { worker: `${name}.${worker}` } });
      if (!given) {
        await sleep(50);
        continue;
      }
      const { errand: key, ordinal } = given;
      const { rowCount } = await pool.query(
        `SELECT FROM receipt WHERE batch_id = $1 AND ordinal = $2 AND kind = 'intent' AND convert_from(body, 'UTF8')::json ->> 'idempotencyKey' = $3`,
        [batchId, ordinal, key],
      );
      if (rowCount !== 1) early.push(key);
      const what = random.below(10);
      const line: Line = { key, ordinal, agent: name, said: what < 7 ? 'done' : what < 9 ? 'failed' : null, heard: false };
      lines.push(line);
      await sleep(random.below(atSize(20, 100)));
      if (line.said === null) {
        // It dies: who comes in its place has another name. Its time runs out at once, or nobody would wait for that here.
        worker += 1;
        await pool.query(
          `WITH late AS (UPDATE errand SET until = clock_timestamp() WHERE key = $1 AND closed IS NULL RETURNING chunk_id)
           UPDATE chunk SET not_before = clock_timestamp() FROM late WHERE id = chunk_id AND waits_for = 'agent'`,
          [key],
        );
        continue;
      }
      // The answer's answer may be lost: it is sent again.
      for (let again = random.below(2); again >= 0; again -= 1)
        await answerErrand(actor, { batchId, errand: key, answered: { result: line.said, words: 'As I say.' } });
      line.heard = true;
    }
  };

  const workers = await startWorkers(url, 2);
  const working = Promise.all(Array.from({ length: agents }, (_, n) => agent(`agent ${n}`)));
  try {
    for (let n = 0; n < strikes && !(await settled(pool, batchId)); n += 1) {
      await sleep(random.below(atSize(300, 500)));
      if (n % 2 === 1) {
        await pause(ADA, { batchId });
        await sleep(random.below(atSize(300, 1_500)));
        await resume(ADA, { batchId });
      }
      const at = random.below(workers.length);
      (workers[at] as WorkerProcess).send('SIGKILL');
      workers[at] = await startWorker(url);
    }
    while (!(await settled(pool, batchId))) await sleep(50);
  } finally {
    over = true;
    await working;
  }

  expect(early).toEqual([]);
  const keys = lines.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const { rows: outcomes } = await pool.query<{ key: string; result: string; reason: string | null }>(
    `SELECT i.key, o.result, o.reason FROM (
       SELECT convert_from(body, 'UTF8')::json ->> 'idempotencyKey' AS key, encode(leaf, 'hex') AS leaf FROM receipt WHERE batch_id = $1 AND kind = 'intent') i
     LEFT JOIN (SELECT result, convert_from(body, 'UTF8')::json ->> 'intent' AS intent, convert_from(body, 'UTF8')::json ->> 'reason' AS reason
       FROM receipt WHERE batch_id = $1 AND kind = 'outcome') o ON o.intent = i.leaf`,
    [batchId],
  );
  const said = new Map(lines.map((line) => [line.key, line.said]));
  const told = outcomes.map(
    ({ key, result, reason }) => `${result} ${reason}, ${said.has(key) ? (said.get(key) ?? 'silence') : 'nobody'}`,
  );
  const honest = [
    'succeeded null, done',
    'failed agent_failed, failed',
    'uncertain agent_silent, silence',
    'failed withdrawn, nobody',
  ];
  expect([...new Set(told)].filter((one) => !honest.includes(one))).toEqual([]);
  // Nobody was heard without an outcome, and every item came to its end.
  expect(keys.filter((key) => !outcomes.some((one) => one.key === key))).toEqual([]);
  const { rows: ends } = await pool.query<{ n: number }>(
    `SELECT count(DISTINCT ordinal)::int AS n FROM receipt WHERE batch_id = $1 AND kind = 'outcome'`,
    [batchId],
  );
  expect(ends).toEqual([{ n: items }]);
  await checkSums();
  const { rows: sums } = await pool.query(
    `SELECT sum(approved_actions)::int AS approved, sum(done + failed + uncertain)::int AS ended, sum(in_flight)::int AS "inFlight", count(*) FILTER (WHERE halt_reason IS NOT NULL)::int AS halted
     FROM chunk WHERE batch_id = $1`,
    [batchId],
  );
  expect(sums).toEqual([{ approved: items, ended: items, inFlight: 0, halted: 0 }]);
  console.log(
    JSON.stringify({ errands: outcomes.length, given: lines.length, silent: lines.filter((line) => line.said === null).length }),
  );
});
