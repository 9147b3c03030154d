/**
 * Executing 200,000 approved actions that only leave receipts (`none`): an intent and an outcome each, as two commits, by real worker
 * processes, from the approval until every chunk is done. The floor: bare INSERTs of the same bytes into a table with the same defaults and
 * indexes, 50 intents and 50 outcomes per 50 items, over 4 connections.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Actor } from '../lib/auth/actor.ts';
import { requestBuilder } from '../lib/connectors/registry.ts';
import { type Plan, parsePlan } from '../lib/core/plan.ts';
import { stopRinging } from '../lib/engine/bell.ts';
import { canonicalBytes, type Json, sha256 } from '../lib/ledger/canonical.ts';
import { decide } from '../lib/steps/decide.ts';
import { byteaArray } from '../lib/store/bytea-array.ts';
import { db } from '../lib/store/db.ts';
import { buildManifest } from '../lib/store/manifest.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';

export const execute: Bench = { of: 'items', fullRows: 200_000, aim: { ratio: 0.4 }, run };

const ROUNDS = 3;
const CHUNK_ITEMS = 5_000;
const WARM_ITEMS = 10_000;
const FLOOR_CONNECTIONS = 4;
const FLOOR_ROWS = 50;
const FIELDS = ['date', 'from', 'subject'];
const ACTOR: Actor = { id: `user:${randomUUID()}`, role: 'admin', name: 'bench', via: 'api' };

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const workers = await startWorkers(Number(process.env.BENCH_WORKERS ?? availableParallelism()), server.appUrl);
  const superuser = new pg.Client({ connectionString: server.superUrl.replace(/postgres$/, 'countersign') });
  await superuser.connect();
  try {
    // Once for nothing: both sides meet warm caches and compiled code.
    const warm = await executed(WARM_ITEMS, []);
    await floorOf(superuser, server.ownerUrl, WARM_ITEMS, warm.batchId);
    const ours: number[] = [];
    const floor: number[] = [];
    const withValues: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const { perSecond, batchId } = await executed(rows, []);
      ours.push(perSecond);
      await superuser.query('CHECKPOINT');
      floor.push(await floorOf(superuser, server.ownerUrl, rows, batchId));
      withValues.push((await executed(rows, FIELDS)).perSecond);
      await superuser.query('CHECKPOINT');
      const told = [ours, floor, withValues].map((figures) => Math.round(figures.at(-1) ?? 0));
      say(`round ${round}: ours ${told[0]}/s, floor ${told[1]}/s, with ${FIELDS.length} values ${told[2]}/s`);
    }
    const ratios = ours.map((one, round) => one / (floor[round] ?? Number.NaN));
    return {
      ours: rounded(median(ours)),
      floor: rounded(median(floor)),
      ratio: rounded(median(ratios)),
      ratios: ratios.map(rounded),
      withValues: rounded(median(withValues)),
      workers: workers.length,
      peakMemoryBytes: Math.max(...workers.map(({ pid }) => peakMemoryOf(pid ?? 0))),
    };
  } finally {
    await Promise.all([superuser.end(), stopRinging(), ...workers.map(ended)]);
  }
}

async function startWorkers(count: number, url: string): Promise<ChildProcess[]> {
  const env = { ...process.env, DATABASE_URL: url };
  const flags = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [];
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, [...flags, 'bin/worker.ts'], { env, stdio: [...stdio] }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  return workers;
}

async function ended(worker: ChildProcess): Promise<void> {
  worker.kill('SIGTERM');
  if (worker.exitCode === null) await once(worker, 'exit');
}

/** The most that the process ever had in memory, where the kernel tells. */
function peakMemoryOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Approves a batch with the real step and waits for the workers. Actions a second, by the database's clock. */
async function executed(items: number, receiptFields: string[]): Promise<{ perSecond: number; batchId: string }> {
  const { pool } = db();
  const { batchId, chunks } = await reviewedBatch(items, receiptFields);
  await decide(ACTOR, { batchId, chunks, next: true, execute: true, override: 'a benchmark looks at nothing' });
  const { rows: approval } = await pool.query<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 AS at');
  for (;;) {
    await sleep(50);
    const { rows } = await pool.query<{ open: number; halted: number; actions: number; last: number }>(
      `SELECT count(*) FILTER (WHERE state <> 'done')::int AS open, count(*) FILTER (WHERE state = 'halted')::int AS halted,
         sum(done)::int AS actions, max(extract(epoch FROM updated_at))::float8 AS last FROM chunk WHERE batch_id = $1`,
      [batchId],
    );
    const now = rows[0];
    if (!now || now.halted > 0) throw new Error('a chunk halted');
    if (now.open > 0) continue;
    if (now.actions !== items) throw new Error(`${now.actions} of ${items} actions are done`);
    return { batchId, perSecond: items / (now.last - (approval[0]?.at ?? Number.NaN)) };
  }
}

type Reviewed = { batchId: string; chunks: { number: number; digest: string }[] };

/** A batch whose items are classified and wait for a decision: seeded, for only what follows is measured. */
async function reviewedBatch(items: number, receiptFields: string[]): Promise<Reviewed> {
  const { pool } = db();
  const [datasetId, batchId] = [randomUUID(), randomUUID()];
  const plan: Plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'labelled' },
    categories: [{ name: 'labelled', action: { connector: 'none', do: 'label' } }],
    chunking: { by: 'size', maxItems: CHUNK_ITEMS },
    execution: { first: 0 },
    receiptFields,
  });
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'rows.csv', 'ready', 'csv', $2, $3, $4)`,
    [datasetId, JSON.stringify(FIELDS.map((name) => ({ name, type: 'text' }))), items, ACTOR.id],
  );
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest)
     SELECT $1, o, jsonb_build_object('date', '2026-11-' || (o % 28 + 1), 'from', 'customer' || o || '@example.org', 'subject', 'order ' || o || ' is late'),
       raw, sha256(raw)
     FROM generate_series(1, $2::int) o, convert_to('row ' || o, 'UTF8') raw`,
    [datasetId, items],
  );
  await pool.query(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by, started_by, started_at)
     VALUES ($1, $2, 'Benchmark', $3, $4, 'running', 'supervised', $5, $5, now())`,
    [batchId, datasetId, JSON.stringify(plan), sha256(canonicalBytes(plan as unknown as Json)), ACTOR.id],
  );
  const chunks: Reviewed['chunks'] = [];
  for (let number = 1; (number - 1) * CHUNK_ITEMS < items; number++) {
    const chunkId = randomUUID();
    const [from, to] = [(number - 1) * CHUNK_ITEMS + 1, Math.min(number * CHUNK_ITEMS, items)];
    await pool.query(
      `INSERT INTO chunk (id, batch_id, number, name, item_count, classified, state, seed) VALUES ($1, $2, $3, $4, $5, $5, 'awaiting_review', $6)`,
      [chunkId, batchId, number, `Part ${number}`, to - from + 1, randomBytes(32)],
    );
    await pool.query(
      'INSERT INTO chunk_item (batch_id, ordinal, chunk_id) SELECT $1, o, $2 FROM generate_series($3::int, $4::int) o',
      [...[batchId, chunkId, from, to]],
    );
    await pool.query(
      `INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
       SELECT $1, $2, o, 'labelled', 'no rule applied', 0.5, 'rules', 1 FROM generate_series($3::int, $4::int) o`,
      [batchId, chunkId, from, to],
    );
    const { digest } = await buildManifest(pool, { chunkId, batchId, datasetId, plan }, requestBuilder);
    chunks.push({ number, digest });
  }
  await pool.query('ANALYZE item, classification, manifest_row, receipt').catch(() => {});
  return { batchId, chunks };
}

/** Made beforehand, in the form in which ours are sent too. */
type Page = { bodies: Buffer; leaves: Buffer };

/** Stores as many rows of the same bytes as the batch's receipts are; actions a second. */
async function floorOf(superuser: pg.Client, ownerUrl: string, items: number, batchId: string): Promise<number> {
  // The rows may share their bytes: PostgreSQL stores each of them.
  const page = async (kind: string): Promise<Page> => {
    const { rows } = await superuser.query<{ body: Buffer; leaf: Buffer }>(
      'SELECT body, leaf FROM receipt WHERE batch_id = $1 AND kind = $2 LIMIT $3',
      [batchId, kind, FLOOR_ROWS],
    );
    return { bodies: byteaArray(rows.map(({ body }) => body)), leaves: byteaArray(rows.map(({ leaf }) => leaf)) };
  };
  const [intents, outcomes] = [await page('intent'), await page('outcome')];
  const connections = await Promise.all(
    Array.from({ length: FLOOR_CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      return client;
    }),
  );
  await connections[0]?.query(
    'DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE receipt INCLUDING DEFAULTS INCLUDING INDEXES)',
  );
  const rows = Math.ceil(items / FLOOR_ROWS) * FLOOR_ROWS;
  const started = performance.now();
  let next = 1;
  await Promise.all(
    connections.map(async (client, index) => {
      for (let seq = 1; next <= rows; seq += 2 * FLOOR_ROWS) {
        const first = next;
        const ordinals = Array.from({ length: FLOOR_ROWS }, (_, at) => first + at);
        next += FLOOR_ROWS;
        await insertBare(client, index + 1, seq, ordinals, 1, intents);
        await insertBare(client, index + 1, seq + FLOOR_ROWS, ordinals, 2, outcomes);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const stored = await superuser.query<{ count: number }>('SELECT count(*)::int AS count FROM floor');
  if (stored.rows[0]?.count !== 2 * rows) throw new Error(`the floor stored ${stored.rows[0]?.count} rows`);
  await Promise.all(connections.map((client) => client.end()));
  return rows / seconds;
}

const FLOOR_BATCH = '00000000-0000-4000-8000-000000000000';

async function insertBare(
  client: pg.Client,
  chunk: number,
  seq: number,
  ordinals: number[],
  step: number,
  page: Page,
): Promise<void> {
  await client.query({
    name: 'bare',
    text: `INSERT INTO floor (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
           SELECT $1, $2, $3 - 1 + r.i, r.ordinal, $4, $5, $6, r.body, r.leaf
           FROM unnest($7::int[], $8::bytea[], $9::bytea[]) WITH ORDINALITY AS r(ordinal, body, leaf, i)`,
    values: [
      ...[FLOOR_BATCH, chunk, seq, step, step === 1 ? 'intent' : 'outcome', step === 1 ? null : 'succeeded'],
      ...[ordinals, page.bodies, page.leaves],
    ],
  });
}
