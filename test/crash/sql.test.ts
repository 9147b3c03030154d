/**
 * Rows in a database of somebody else while workers die and freeze, its connections are ended, and the answers of COMMITs get lost: judged against that database's own
 * tables. A trigger of theirs counts what was really changed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { testDatabase } from '#test/database.ts';
import { approved, asAdmin } from '#test/fixtures/connected.ts';
import { leasesCount } from '#test/fixtures/started-batch.ts';
import { theirDatabase } from '#test/fixtures/their-database.ts';
import { startProxy } from '#test/soak/proxy.ts';
import { seeded } from '#test/soak/random.ts';
import { changesTold, toldByTrigger } from '#test/their-database.ts';
import { settled } from './approved.ts';
import { killWorkers, startWorker, startWorkers, type WorkerProcess } from './workers.ts';

const { pool, url } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const ITEMS = 2_000;
/** Of these there is no row: their actions fail, however often they are sent. */
const MISSING = 20;
const BLOWS = 60;

const theirs = await theirDatabase(`
  CREATE TABLE mails (subject text PRIMARY KEY, folder text NOT NULL DEFAULT 'inbox');
  INSERT INTO mails SELECT 'mail ' || n FROM generate_series(${MISSING + 1}, ${ITEMS}) n;
  ${toldByTrigger(['mails'], 'subject')}
  GRANT SELECT, UPDATE ON mails TO ROLE_OF_THE_PRODUCT;
`);
const proxy = await startProxy(() => theirs.port);

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(() => {
  stopRinging();
  proxy.close();
});

const PLAN = {
  classifier: { kind: 'rules', rules: [], otherwise: 'file' },
  categories: [
    {
      name: 'file',
      action: {
        ...{ connector: 'sql', connection: 'db', do: 'update' },
        with: { table: 'public.mails', key: { subject: '{{subject}}' }, set: { folder: 'done' }, only: { folder: 'inbox' } },
      },
    },
  ],
  chunking: { by: 'size', maxItems: 250 },
  gates: { next: 'parallel' },
  // A database that is struck again and again is not to be left alone here.
  execution: { first: 0, concurrency: 8, haltAfter: { consecutive: 1_000_000, share: 1 }, retry: { attempts: 10 } },
  receiptFields: ['subject'],
} as PlanInput;

// Bounded by its work, which takes a minute on an idle machine.
const PATIENCE_MS = 15 * 60_000;

test('struck in every way, no row is changed without an intent, none twice, and no receipt lies about one', {
  timeout: PATIENCE_MS,
}, async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
  console.log(`CRASH_SEED=${seed}`);
  const random = seeded(seed);
  const made = await asAdmin('POST', '/connections', {
    ...{ name: 'db', connector: 'sql', address: theirs.address(proxy.port), auth: { kind: 'basic', username: theirs.user } },
    secrets: { password: theirs.password },
  });
  expect(made.status).toBe(201);
  const batchId = await approved(pool, ITEMS, PLAN);
  const workers = await startWorkers(url, 3);
  const counts = { killed: 0, frozen: 0, ended: 0, lost: 0, cut: 0 };
  const told = (what: 'lost' | 'cut') => () => {
    counts[what] += 1;
  };
  const blows: (() => Promise<void>)[] = [
    async () => {
      const at = random.below(workers.length);
      (workers[at] as WorkerProcess).send('SIGKILL');
      workers[at] = await startWorker(url);
      counts.killed += 1;
    },
    // Longer than a lease: its heir repeats what it had open, and then it wakes.
    async () => {
      const victim = random.pick(workers);
      victim.send('SIGSTOP');
      await sleep(2_500);
      victim.send('SIGCONT');
      counts.frozen += 1;
    },
    async () => {
      const { rows } = await theirs.pool.query(
        `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'countersign'`,
      );
      counts.ended += rows[0].n;
    },
    async () => proxy.dropAnswerOf(/COMMIT\0/, told('lost')),
    async () => proxy.dropAnswerOf(/COMMIT\0/, told('lost')),
    async () => proxy.dropStatement(random.pick([/COMMIT\0/, /UPDATE "public"/, /INSERT INTO public.countersign/]), told('cut')),
  ];
  for (let n = 0; n < BLOWS && !(await settled(pool, batchId)); n += 1) {
    await (blows[n % blows.length] as () => Promise<void>)();
    await sleep(random.below(250));
  }
  while (!(await settled(pool, batchId))) await sleep(200);
  console.log(JSON.stringify(counts));
  for (const [blow, count] of Object.entries(counts)) expect(count, blow).toBeGreaterThan(0);

  const lies = await judge(batchId);
  expect(lies).toEqual([]);
  // What became of each was found out, though nobody was asked: who repeats a key hears of it.
  const { rows: ends } = await pool.query<{ result: string; reason: string | null; n: number }>(
    `SELECT result, convert_from(body, 'UTF8')::json->>'reason' AS reason, count(*)::int AS n
     FROM (SELECT DISTINCT ON (ordinal) result, body FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL ORDER BY ordinal, step DESC) t
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [batchId],
  );
  expect(ends).toEqual([
    { result: 'failed', reason: 'no_row', n: MISSING },
    { result: 'succeeded', reason: null, n: ITEMS - MISSING },
  ]);
  await checkSums();
});

/** What their tables say against what our receipts say; each entry is a lie. */
async function judge(batchId: string): Promise<string[]> {
  const lies: string[] = [];
  const { rows: receipts } = await pool.query<{ ordinal: number; kind: string; result: string | null; body: string; ms: number }>(
    `SELECT ordinal, kind, result, convert_from(body, 'UTF8') AS body, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS ms
     FROM receipt WHERE batch_id = $1 AND ordinal IS NOT NULL ORDER BY ordinal, step`,
    [batchId],
  );
  const { rows: kept } = await theirs.pool.query<{ key: string }>("SELECT key FROM countersign_effects WHERE result = 'done'");
  const changes = await changesTold(theirs.pool);
  const intents = new Map<string, { ordinal: number; ms: number }>();
  const last = new Map<number, string | null>();
  for (const { ordinal, kind, result, body, ms } of receipts) {
    if (kind === 'intent') intents.set((JSON.parse(body) as { idempotencyKey: string }).idempotencyKey, { ordinal, ms });
    last.set(ordinal, kind === 'intent' ? 'open' : result);
  }
  for (const { row, key, at } of changes) {
    const intent = intents.get(key ?? '');
    if (!intent) lies.push(`${row} was changed without an intent`);
    else if (intent.ms > at) lies.push(`${row} was changed before its intent was there`);
    else if (`mail ${intent.ordinal}` !== row) lies.push(`${row} was changed by the action of another item`);
  }
  const told = new Set(changes.map(({ key }) => key));
  for (const { key } of kept) if (!told.has(key)) lies.push(`an effect is kept under ${key}, and nothing was changed`);
  const changed = Map.groupBy(changes, ({ row }) => row);
  for (let ordinal = 1; ordinal <= ITEMS; ordinal += 1) {
    const subject = `mail ${ordinal}`;
    const times = changed.get(subject)?.length ?? 0;
    const says = last.get(ordinal);
    if (times > 1) lies.push(`${subject} was changed ${times} times`);
    if (says === 'succeeded' && times === 0) lies.push(`${subject} is said to be done, and is not`);
    if ((says === 'failed' || says === 'not_executed') && times > 0)
      lies.push(`${subject} is said to have ${says}, and is changed`);
    if (says === undefined || says === 'open') lies.push(`${subject} is left open`);
  }
  return lies;
}
