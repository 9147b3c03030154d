/**
 * What a look costs on a large batch: every list, batch and checkpoint read, as the pages and the API call it. A batch of so many items in chunks of 5,000,
 * half of them executed (with failed and uncertain actions among them), and the same again in chunks of 50 (reviewed, not executed).
 *
 * - cold: PostgreSQL was just started, nobody has folded a receipt, and each read is the process's first of its kind;
 * - warm: again, with nothing else going on;
 * - loaded: again and again, while two workers execute the other half;
 * - found: names that nobody has, and a value that only the last item has, page by page till it is there, before the workers begin.
 *
 * The floor is a bare read of one receipt by its primary key, in the same phase over the same pool.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readFailures } from '#lib/steps/actions/read-failures.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readChunkItems } from '#lib/steps/checkpoints/read-chunk-items.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { readDatasets, readItems } from '#lib/steps/datasets/read-datasets.ts';
import { find } from '#lib/steps/find/find.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { findReceipts } from '#lib/steps/items/find-receipts.ts';
import { readStory } from '#lib/steps/items/read-story.ts';
import { readNeedsYou } from '#lib/steps/live/read-needs-you.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { readTaskBody } from '#lib/steps/receipts/read-task-body.ts';
import { listShelf } from '#lib/steps/shelf/list-shelf.ts';
import { readShelfItems } from '#lib/steps/shelf/read-shelf-items.ts';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { closeDb, db } from '#lib/store/postgres/db.ts';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { ACTOR, seedRows } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, rounded } from './bench.ts';
import { seedReviewed } from './seeded-batch.ts';
import { startWorkers } from './workers.ts';

export const looks: Bench = {
  of: 'items',
  fullRows: 1_000_000,
  aims: {
    ...{ coldWorstMs: { most: 1_000 }, loadedP95Ms: { most: 300 }, loadedWorstMs: { most: 1_000 } },
    ...{ foundNamesWorstMs: { most: 300 }, foundPageWorstMs: { most: 1_000 } },
  },
  run,
};

const LARGE_CHUNKS = 5_000;
const SMALL_CHUNKS = 50;
const WORKERS = 2;
/** Rounds of all reads while nothing else goes on; and at most, while workers execute. */
const WARM_ROUNDS = 10;
const LOADED_ROUNDS = 200;
const LOADED_MS = 90_000;

type Read = { name: string; read: (round: number) => Promise<unknown> };
type Timed = { p50: number; p95: number; worst: number };

async function run({ rows: items, folder, server, say }: BenchRun): Promise<Figures> {
  const batches = await seed(items, say);
  const superuser = new pg.Client({ connectionString: server.superUrl.replace(/postgres$/, 'countersign') });
  await superuser.connect();
  await superuser.query('CHECKPOINT');
  await superuser.end();
  await closeDb();
  await server.stop();
  // In its place, for whoever stops it in the end.
  Object.assign(server, await startEmbedded({ dataDir: join(folder, 'data') }));
  const reads = readsOf(batches, items);
  try {
    const cold = await rounds(reads, 1, () => false);
    say(`cold: ${worstOf(cold)}`);
    const warm = await rounds(reads, WARM_ROUNDS, () => false);
    say(`warm: ${worstOf(warm)}`);
    const found = await findAll(items);
    say(`found: ${JSON.stringify(found)}`);
    const fleet = await startWorkers(WORKERS, server.appUrl);
    let loaded: Map<string, number[]>;
    try {
      await execute(batches.large);
      await sleep(2_000);
      const until = performance.now() + LOADED_MS;
      const { pool } = db();
      loaded = await rounds(
        reads,
        LOADED_ROUNDS,
        async () => performance.now() > until || !(await executing(pool, batches.large)),
      );
    } finally {
      await fleet.stop();
    }
    say(`loaded: ${worstOf(loaded)}`);
    const table = reads.map(({ name }) => ({
      ...{ read: name, cold: ms(cold.get(name)?.[0]), warm: timed(warm.get(name)), loaded: timed(loaded.get(name)) },
      times: rounded(timed(loaded.get(name)).p50 / timed(loaded.get(FLOOR)).p50),
    }));
    for (const line of table) say(JSON.stringify(line));
    const ours = table.filter(({ read }) => read !== FLOOR);
    return {
      reads: table,
      loadedRounds: loaded.get(FLOOR)?.length ?? 0,
      coldWorstMs: Math.max(...ours.map(({ cold: worst }) => worst)),
      loadedP95Ms: Math.max(...ours.map(({ loaded: { p95 } }) => p95)),
      loadedWorstMs: Math.max(...ours.map(({ loaded: { worst } }) => worst)),
      ...found,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    await stopRinging();
  }
}

/** Names that nobody has, and a value of the last item: how long an answer took at most, and how many of them it took to come there. */
async function findAll(items: number): Promise<Record<string, number>> {
  const timedAnswer = async (input: Parameters<typeof find>[1]) => {
    const began = performance.now();
    const { groups } = await find(ACTOR, input);
    return { took: performance.now() - began, groups };
  };
  const names: number[] = [];
  for (let round = 0; round < WARM_ROUNDS; round++)
    names.push((await timedAnswer({ q: `nobody has ${round}`, kinds: 'batches,chunks,datasets,people' })).took);
  const pages: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const { took, groups } = await timedAnswer({ q: `customer${items}@example.org`, kinds: 'items', cursor });
    pages.push(took);
    cursor = groups[0]?.next ?? undefined;
    if (groups[0]?.items.length || cursor === undefined) break;
  }
  return {
    foundNamesWorstMs: ms(Math.max(...names)),
    foundPageWorstMs: ms(Math.max(...pages)),
    foundPages: pages.length,
    foundLastMs: ms(pages.reduce((sum, took) => sum + took, 0)),
  };
}

const FLOOR = 'floor: one receipt by its key';

function readsOf({ large, small, datasetId }: Seeded, items: number): Read[] {
  const chunks = Math.ceil(items / LARGE_CHUNKS);
  const reviewed = (round: number) => 1 + Math.floor(chunks / 2) + (round % Math.ceil(chunks / 2));
  const done = (round: number) => 1 + (round % Math.max(1, Math.floor(chunks / 2)));
  const of = (name: string, read: Read['read']): Read => ({ name, read });
  return [
    of(FLOOR, (round) =>
      db().pool.query('SELECT * FROM receipt WHERE batch_id = $1 AND chunk = $2 AND seq = $3', [large, done(round), 1 + round]),
    ),
    of('batch', () => readBatch(ACTOR, { batchId: large })),
    of('batch, chunks of 50', () => readBatch(ACTOR, { batchId: small })),
    of('batches', () => readBatches(ACTOR)),
    of('needs you', () => readNeedsYou(ACTOR)),
    of('chunks', () => readChunks(ACTOR, { batchId: large, limit: 500 })),
    of('chunks, chunks of 50', () => readChunks(ACTOR, { batchId: small, limit: 500 })),
    of('checkpoint', (round) => readCheckpoint(ACTOR, { batchId: large, chunk: reviewed(round) })),
    of('checkpoint, executed', (round) => readCheckpoint(ACTOR, { batchId: large, chunk: done(round) })),
    of('checkpoint, chunks of 50', (round) => readCheckpoint(ACTOR, { batchId: small, chunk: 1 + round })),
    of('chunk items', (round) => readChunkItems(ACTOR, { batchId: large, chunk: done(round), limit: 500 })),
    of('chunk items, a search', (round) => readChunkItems(ACTOR, { batchId: large, chunk: done(round), search: 'order 1234' })),
    of('receipts', () => readReceipts(ACTOR, { batchId: large, limit: 500 })),
    of('receipts of a chunk', (round) => readReceipts(ACTOR, { batchId: large, chunk: done(round), limit: 500 })),
    of('receipts, newest', () => findReceipts(ACTOR, { batchId: large, order: 'newest' })),
    of('receipts, failed', () => findReceipts(ACTOR, { batchId: large, order: 'newest', outcome: 'failed' })),
    of('receipts, skipped, none', () => findReceipts(ACTOR, { batchId: large, order: 'newest', outcome: 'skipped' })),
    of('receipts, decisions', () => findReceipts(ACTOR, { batchId: large, order: 'newest', kind: 'decision' })),
    of('receipts by a person', () => findReceipts(ACTOR, { batchId: large, order: 'newest', person: ACTOR.id })),
    of('receipts of a category', () => findReceipts(ACTOR, { batchId: large, order: 'newest', category: 'important' })),
    of('receipts of a category, none', () => findReceipts(ACTOR, { batchId: large, order: 'newest', category: 'rest' })),
    of('receipts with a text', () => findReceipts(ACTOR, { batchId: large, order: 'newest', text: 'order 1234' })),
    of('receipts with a text, none', () => findReceipts(ACTOR, { batchId: large, order: 'newest', text: 'nobody has this' })),
    of('receipts of a time', () => findReceipts(ACTOR, { batchId: large, from: '2026-11-24T00:00:00Z', outcome: 'uncertain' })),
    of('story', (round) => readStory(ACTOR, { batchId: large, ordinal: 1 + 1_000 * round })),
    of('tape', () => readTape(ACTOR, { batchId: large })),
    of('tape, chunks of 50', () => readTape(ACTOR, { batchId: small })),
    of('uncertain', () => readUncertain(ACTOR, { batchId: large })),
    of('failures', () => readFailures(ACTOR, { batchId: large })),
    of('task body', () => readTaskBody(ACTOR, { batchId: large })),
    of('shelf', () => listShelf(ACTOR)),
    of('shelf items', () => readShelfItems(ACTOR, { batchId: large, category: 'labelled', shelf: 'archive' })),
    of('tasks', () => listFollowUps(ACTOR)),
    of('incidents', () => readIncidents(ACTOR)),
    of('datasets', () => readDatasets(ACTOR)),
    of('dataset items', () => readItems(ACTOR, { id: datasetId, limit: 500 })),
  ];
}

/** Each read in its turn, one after the other, so often or until it is over; how long each took, in ms, by its name. */
async function rounds(reads: Read[], count: number, over: () => boolean | Promise<boolean>): Promise<Map<string, number[]>> {
  const took = new Map<string, number[]>(reads.map(({ name }) => [name, []]));
  for (let round = 0; round < count && !(await over()); round++) {
    for (const { name, read } of reads) {
      const began = performance.now();
      await read(round);
      took.get(name)?.push(performance.now() - began);
    }
  }
  return took;
}

function timed(took: readonly number[] = []): Timed {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (share: number) => ms(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return { p50: at(0.5), p95: at(0.95), worst: ms(sorted.at(-1)) };
}

const ms = (value: number | undefined): number => Number((value ?? Number.NaN).toFixed(1));

function worstOf(took: ReadonlyMap<string, number[]>): string {
  const worst = [...took].map(([name, all]): [string, number] => [name, Math.max(...all)]).sort(([, a], [, b]) => b - a);
  return worst
    .slice(0, 6)
    .map(([name, most]) => `${name} ${ms(most)} ms`)
    .join(', ');
}

type Seeded = { large: string; small: string; datasetId: string };

/** By the database itself, chunk by chunk. */
async function seed(items: number, say: BenchRun['say']): Promise<Seeded> {
  const { pool } = db();
  const datasetId = await seedRows(items);
  say('items are there');
  const large = await seedBatch(datasetId, items, LARGE_CHUNKS, 0.5);
  say('the batch in large chunks is there');
  await makeDigests(large, datasetId);
  const small = await seedBatch(datasetId, items, SMALL_CHUNKS, 0);
  say('the batch in small chunks is there');
  await pool.query(
    `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf, last_batch_id, last_category)
     SELECT $1::uuid || '.' || o, $1::uuid, $2, o, 'labelled', 'archive', $1::uuid, 'labelled' FROM generate_series(1, $3::int) o`,
    [large, datasetId, Math.floor(items / 2)],
  );
  await pool.query(
    `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body)
     SELECT $1::uuid || '.' || o, $1::uuid, $2, o, 'Answer order ' || o, '' FROM generate_series(1, $3::int) o`,
    [large, datasetId, Math.floor(items / 4)],
  );
  return { large, small, datasetId };
}

/** The first `share` of its chunks is executed, the others wait for their review. */
async function seedBatch(datasetId: string, items: number, chunkItems: number, share: number): Promise<string> {
  const { pool } = db();
  const decisionId = randomUUID();
  const action = { connector: 'none', do: 'label' };
  const plan: Plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'labelled' },
    categories: [{ name: 'labelled', action }, { name: 'important', action }, { name: 'rest' }],
    chunking: { by: 'size', maxItems: chunkItems },
    execution: { first: 0 },
    receiptFields: ['from', 'subject'],
  });
  const batchId = await seedReviewed({
    ...{ datasetId, name: `Chunks of ${chunkItems}`, plan, items, chunkItems, confidence: '(ordinal % 100) / 100.0' },
    category: "CASE WHEN ordinal % 50 = 0 THEN 'rest' WHEN ordinal % 7 = 0 THEN 'important' ELSE 'labelled' END",
  });
  const executed = Math.floor(share * Math.ceil(items / chunkItems));
  if (executed === 0) return batchId;
  await pool.query(`INSERT INTO decision (id, batch_id, root, answers, "by", via) VALUES ($1, $2, $3, '{}', $4, 'api')`, [
    ...[decisionId, batchId, randomBytes(32), ACTOR.id],
  ]);
  await pool.query(EXECUTED, [batchId, decisionId, executed]);
  await pool.query(RECEIPTS, [batchId, decisionId, executed, ACTOR.id]);
  await pool.query(
    `INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
     SELECT $1, r.chunk, r.seq, f.name, sha256(int4send(r.seq)), i.fields ->> f.name
     FROM receipt r JOIN item i ON i.dataset_id = $2 AND i.ordinal = r.ordinal CROSS JOIN unnest($3::text[]) f(name)
     WHERE r.batch_id = $1 AND r.kind = 'intent'`,
    [batchId, datasetId, plan.receiptFields],
  );
  await pool.query(COUNTED, [batchId, decisionId, executed]);
  return batchId;
}

/** As whoever classified the chunks did. */
async function makeDigests(batchId: string, datasetId: string): Promise<void> {
  const { pool } = db();
  const { rows } = await pool.query<{ id: string; itemCount: number; revision: number; plan: Plan }>(
    `SELECT c.id, c.item_count AS "itemCount", c.revision, b.plan FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1 AND c.state = 'awaiting_review'`,
    [batchId],
  );
  if (rows[0]) await currentManifests(pool, { batchId, datasetId, plan: rows[0].plan }, rows, requestBuilder);
}

/** Of a hundred actions two failed and one is uncertain. */
const RESULT = `CASE WHEN m.ordinal % 100 IN (1, 51) THEN 'failed' WHEN m.ordinal % 200 = 3 THEN 'uncertain' ELSE 'succeeded' END`;

const EXECUTED = `
WITH request AS (INSERT INTO frozen_request (digest, bytes) SELECT sha256('{}'::bytea), '{}'::bytea ON CONFLICT DO NOTHING)
INSERT INTO manifest_row (decision_id, ordinal, chunk_id, category, connector, "do", version, request_digest, item_digest)
SELECT $2, a.ordinal, a.chunk_id, a.category, acts.connector, acts.act, acts.version, CASE WHEN acts.version = 1 THEN sha256('{}'::bytea) END, sha256('{}'::bytea)
FROM chunk c JOIN classification a ON a.batch_id = $1 AND a.chunk_id = c.id
CROSS JOIN LATERAL (SELECT CASE WHEN a.category <> 'rest' THEN 'none' END, CASE WHEN a.category <> 'rest' THEN 'label' END, CASE WHEN a.category <> 'rest' THEN 1 END)
  acts(connector, act, version)
WHERE c.batch_id = $1 AND c.number <= $3`;

const RECEIPTS = `
WITH action AS (
  SELECT c.number, m.ordinal, ${RESULT} AS result, row_number() OVER (PARTITION BY c.number ORDER BY m.ordinal) AS place
  FROM chunk c JOIN manifest_row m ON m.decision_id = $2 AND m.chunk_id = c.id WHERE c.batch_id = $1 AND c.number <= $3 AND m.connector IS NOT NULL
), written AS (
  SELECT number, 2 * place AS seq, ordinal, 1 AS step, 'intent' AS kind, NULL AS result, json_build_object('kind', 'intent', 'v', 1, 'batch', $1::uuid, 'chunk', number,
      'at', '2026-11-24T10:00:00.000Z', 'ordinal', ordinal, 'step', 1, 'attempt', 1, 'decision', $2::uuid, 'item', repeat('ab', 32), 'manifest', repeat('cd', 32),
      'request', encode(sha256('{}'::bytea), 'hex'), 'idempotencyKey', md5(ordinal::text) || md5(number::text), 'epoch', 1, 'by', 'worker:' || $2::uuid,
      'action', json_build_object('connector', 'none', 'connection', NULL, 'do', 'label', 'version', 1), 'values', json_build_object()) AS body FROM action
  UNION ALL
  SELECT number, 2 * place + 1, ordinal, 2, 'outcome', result, json_build_object('kind', 'outcome', 'v', 1, 'batch', $1::uuid, 'chunk', number,
      'at', '2026-11-24T10:00:00.100Z', 'ordinal', ordinal, 'step', 2, 'attempt', 1, 'result', result, 'intent', repeat('ef', 32), 'target', NULL, 'before', NULL,
      'reason', CASE result WHEN 'failed' THEN 'http_' || (400 + ordinal % 5) WHEN 'uncertain' THEN 'timeout' END, 'epoch', 1, 'by', 'worker:' || $2::uuid) FROM action
  UNION ALL
  SELECT number, 1, NULL, NULL, 'decision', NULL, json_build_object('kind', 'decision', 'v', 1, 'batch', $1::uuid, 'chunk', number, 'at', '2026-11-24T09:59:00.000Z',
      'answers', json_build_object('next', true, 'execute', true, 'sendBack', false, 'close', false, 'release', false), 'counts', json_build_object('labelled', 1),
      'decision', $2::uuid, 'by', $4::text, 'via', 'api', 'override', NULL, 'seenCount', 0, 'seen', repeat('00', 32), 'revision', 1) FROM chunk
  WHERE batch_id = $1 AND number <= $3
)
INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
SELECT $1, number, seq, ordinal, step, kind, result, bytes, sha256('\\x00'::bytea || bytes)
FROM written, convert_to(body::text, 'UTF8') bytes ORDER BY number, seq`;

const COUNTED = `
UPDATE chunk c SET state = CASE WHEN a.uncertain > 0 THEN 'unresolved' ELSE 'done' END, decision_id = $2, released = true, seq = 1 + 2 * a.approved,
  approved_actions = a.approved, done = a.approved - a.failed - a.uncertain, failed = a.failed, uncertain = a.uncertain
FROM (SELECT chunk_id, count(*) AS approved, count(*) FILTER (WHERE ${RESULT} = 'failed') AS failed, count(*) FILTER (WHERE ${RESULT} = 'uncertain') AS uncertain
      FROM manifest_row m WHERE decision_id = $2 AND connector IS NOT NULL GROUP BY chunk_id) a
WHERE c.batch_id = $1 AND c.number <= $3 AND c.id = a.chunk_id`;

/** What waits for its review is approved by the step that the page uses. */
async function execute(batchId: string): Promise<void> {
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readChunks>> = await readChunks(ACTOR, {
      batchId,
      state: 'awaiting_review',
      limit: 20,
      cursor,
    });
    if (!page || page.items.length === 0) return;
    const chunks = page.items.flatMap(({ number, digest }) => (digest === null ? [] : [{ number, digest }]));
    await decide(ACTOR, { batchId, chunks, next: true, execute: true, override: 'a benchmark looks at nothing' });
    cursor = page.next;
    if (cursor === null) return;
  }
}

async function executing(pool: pg.Pool, batchId: string): Promise<boolean> {
  const { rows } = await pool.query<{ going: boolean }>(
    "SELECT EXISTS (SELECT FROM chunk WHERE batch_id = $1 AND state IN ('approved', 'executing')) AS going",
    [batchId],
  );
  return rows[0]?.going === true;
}
