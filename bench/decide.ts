import { monitorEventLoopDelay } from 'node:perf_hooks';
import pg from 'pg';
import { stopRinging } from '#lib/engine/bell.ts';
import { decide as decideOn } from '#lib/steps/checkpoints/decide.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR, seedRows } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { seedReviewed } from './seeded-batch.ts';

export const decide: Bench = {
  of: 'items',
  fullRows: 1_000_000,
  aims: { ratio: { most: 2 }, manyChunks: { most: 5 }, longestBlockMs: { most: 500 } },
  run,
};

const CHUNKS = 312;
const MANY = { chunks: 4_000, itemsEach: 10 };
const ROUNDS = 3;
const FLOOR_ROWS = 5_000;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const superuser = new pg.Client({ connectionString: server.superUrl.replace(/postgres$/, 'countersign') });
  await superuser.connect();
  const measure = async (what: string, items: number, chunkItems: number) => {
    const batchId = await reviewed(items, chunkItems);
    // As the workers did that classified them.
    await listed(batchId);
    await superuser.query('CHECKPOINT');
    const one = await decided(batchId);
    say(`${what}: ${JSON.stringify(one)}`);
    return { batchId, ...one };
  };
  try {
    await measure('warm', 2_000, 10);
    const many: Awaited<ReturnType<typeof measure>>[] = [];
    const manyItems = Math.max(MANY.itemsEach, Math.round((MANY.chunks * MANY.itemsEach * rows) / decide.fullRows));
    for (let round = 1; round <= ROUNDS; round++) many.push(await measure('many chunks', manyItems, MANY.itemsEach));
    const large = await measure('large', rows, Math.ceil(rows / CHUNKS));
    await superuser.query('CHECKPOINT');
    const floor = await floorOf(superuser, server.ownerUrl, large.batchId);
    say(`floor: ${floor.toFixed(1)} s`);
    return {
      ours: rounded(large.seconds),
      floor: rounded(floor),
      ratio: rounded(large.seconds / floor),
      itemsPerSecond: rounded(rows / large.seconds),
      list: rounded(large.listSeconds),
      manyChunks: rounded(median(many.map(({ seconds }) => seconds))),
      manyChunksList: rounded(median(many.map(({ listSeconds }) => listSeconds))),
      manyChunksRounds: many.map(({ seconds }) => rounded(seconds)),
      longestBlockMs: Math.max(...[...many, large].map(({ longestBlockMs }) => longestBlockMs)),
      peakMemoryBytes: large.peakMemoryBytes,
    };
  } finally {
    await Promise.all([superuser.end(), stopRinging()]);
  }
}

/** What a script does: lists the chunks with their digests, and decides. */
async function decided(batchId: string) {
  const began = performance.now();
  const chunks = await listed(batchId);
  const listSeconds = (performance.now() - began) / 1000;
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const started = performance.now();
  const answer = await decideOn(ACTOR, { batchId, chunks, next: true, execute: true, override: 'a benchmark looks at nothing' });
  const seconds = (performance.now() - started) / 1000;
  delay.disable();
  clearInterval(watch);
  if (answer.decided.length !== chunks.length) throw new Error(`${answer.decided.length} of ${chunks.length} chunks are decided`);
  return { seconds, listSeconds, longestBlockMs: Math.round(delay.max / 1e6), peakMemoryBytes: most - before };
}

async function listed(batchId: string): Promise<{ number: number; digest: string; revision: number }[]> {
  const chunks: Awaited<ReturnType<typeof listed>> = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readChunks>> = await readChunks(ACTOR, { batchId, limit: 500, cursor });
    for (const { number, digest, revision } of page?.items ?? []) chunks.push({ number, digest: digest ?? '', revision });
    cursor = page?.next ?? null;
    if (cursor === null) return chunks;
  }
}

/** A batch at its checkpoints, whose digests nobody made yet. Gives its id. */
async function reviewed(items: number, chunkItems: number): Promise<string> {
  const { pool } = db();
  const datasetId = await seedRows(items);
  const plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
    categories: [
      { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
      { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subject}}', body: 'From {{from}}.' } } },
      { name: 'skip' },
    ],
    chunking: { by: 'size', maxItems: chunkItems },
    execution: { first: 3 },
  });
  const batchId = await seedReviewed({
    ...{ datasetId, name: 'Benchmark', plan, items, chunkItems, confidence: '0.5' },
    category: "CASE WHEN ordinal % 4 = 0 THEN 'task' WHEN ordinal % 10 = 1 THEN 'skip' ELSE 'noise' END",
  });
  await pool.query('ANALYZE item, chunk, chunk_item, classification').catch(() => {});
  return batchId;
}

type Row = {
  chunk_id: string;
  ordinal: number;
  category: string;
  connector: string | null;
  connection: string | null;
  do: string | null;
  version: number | null;
  request: Buffer | null;
  item: Buffer;
  first: boolean;
  bytes: Buffer | null;
};

/** Seconds. What is stored is read before, page by page, and not timed. */
async function floorOf(superuser: pg.Client, ownerUrl: string, batchId: string): Promise<number> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(`DROP TABLE IF EXISTS floor_row, floor_request;
    CREATE TABLE floor_row (LIKE manifest_row INCLUDING ALL); CREATE TABLE floor_request (LIKE frozen_request INCLUDING ALL)`);
  const { rows: made } = await superuser.query<{ id: string }>('SELECT id FROM decision WHERE batch_id = $1', [batchId]);
  const decisionId = made[0]?.id ?? '';
  let seconds = 0;
  const timed = async (act: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await act();
    seconds += (performance.now() - started) / 1000;
  };
  await owner.query('BEGIN');
  for (let after = 0; ; ) {
    const { rows } = await superuser.query<Row>(
      `SELECT m.chunk_id, m.ordinal, m.category, m.connector, m.connection, m."do", m.version, m.request_digest AS request, m.item_digest AS item, m.first, f.bytes
       FROM manifest_row m LEFT JOIN frozen_request f ON f.digest = m.request_digest
       WHERE m.decision_id = $1 AND m.ordinal > $2 ORDER BY m.ordinal LIMIT $3`,
      [decisionId, after, FLOOR_ROWS],
    );
    if (rows.length === 0) break;
    await timed(() => insertBare(owner, decisionId, rows));
    after = rows.at(-1)?.ordinal ?? after;
  }
  await timed(() => owner.query('COMMIT'));
  const { rows: stored } = await superuser.query<{ same: boolean }>(
    'SELECT (SELECT count(*) FROM floor_row) = (SELECT count(*) FROM manifest_row WHERE decision_id = $1) AS same',
    [decisionId],
  );
  if (!stored[0]?.same) throw new Error('the floor stored other rows');
  await owner.end();
  return seconds;
}

async function insertBare(client: pg.Client, decisionId: string, rows: readonly Row[]): Promise<void> {
  const requests = new Map(
    rows.flatMap(({ request, bytes }) => (request && bytes ? [[request.toString('hex'), { request, bytes }]] : [])),
  );
  await client.query(
    'INSERT INTO floor_request (digest, bytes) SELECT r.digest, r.bytes FROM unnest($1::bytea[], $2::bytea[]) AS r(digest, bytes) ON CONFLICT DO NOTHING',
    [
      byteaArray([...requests.values()].map(({ request }) => request)),
      byteaArray([...requests.values()].map(({ bytes }) => bytes)),
    ],
  );
  const none = Buffer.alloc(0);
  await client.query(
    `INSERT INTO floor_row (decision_id, chunk_id, ordinal, category, connector, connection, "do", version, request_digest, item_digest, first)
     SELECT $1, r.chunk_id, r.ordinal, r.category, r.connector, r.connection, r."do", r.version, nullif(r.request, ''), r.item, r.first
     FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bytea[], $10::bytea[], $11::boolean[])
       AS r(chunk_id, ordinal, category, connector, connection, "do", version, request, item, first)`,
    [
      ...[decisionId, rows.map((row) => row.chunk_id), rows.map((row) => row.ordinal), rows.map((row) => row.category)],
      ...[
        rows.map((row) => row.connector),
        rows.map((row) => row.connection),
        rows.map((row) => row.do),
        rows.map((row) => row.version),
      ],
      ...[
        byteaArray(rows.map((row) => row.request ?? none)),
        byteaArray(rows.map((row) => row.item)),
        rows.map((row) => row.first),
      ],
    ],
  );
}
