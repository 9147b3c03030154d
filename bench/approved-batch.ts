/** Batches whose items are classified and wait for a decision: seeded, since only what follows the decision is measured. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export const ACTOR: Actor = { id: `user:${randomUUID()}`, role: 'admin', name: 'bench', via: 'api' };
export const FIELDS = ['date', 'from', 'subject'];
const NO_EFFECT: Action = { connector: 'none', do: 'label' };

type Action = { connector: string; do: string; honoursKeys?: boolean; with?: unknown };

export type Wanted = {
  items: number;
  chunkItems: number;
  /** `none` unless given */
  action?: Action;
  receiptFields?: string[];
  /** requests in flight in each chunk */
  concurrency?: number;
  ratePerSecond?: number;
};

export type Reviewed = { batchId: string; items: number; chunks: { number: number; digest: string }[] };

/** A batch at its checkpoint: all that is left is the decision. */
export async function reviewedBatch({
  items,
  chunkItems,
  action,
  receiptFields,
  concurrency,
  ratePerSecond,
}: Wanted): Promise<Reviewed> {
  const { pool } = db();
  const [datasetId, batchId] = [await seedRows(items), randomUUID()];
  const plan: Plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'labelled' },
    categories: [{ name: 'labelled', action: action ?? NO_EFFECT }],
    chunking: { by: 'size', maxItems: chunkItems },
    execution: { first: 0, concurrency: concurrency ?? 8, ratePerSecond: ratePerSecond ?? null },
    receiptFields: receiptFields ?? [],
  });
  const { rows: stored } = await pool.query<{ plan: Plan }>(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by, started_by, started_at)
     VALUES ($1, $2, 'Benchmark', $3, $4, 'running', 'supervised', $5, $5, now()) RETURNING plan`,
    [batchId, datasetId, JSON.stringify(plan), sha256(canonicalBytes(plan as unknown as Json)), ACTOR.id],
  );
  // As jsonb gives it back, for its members may have another order then, and a request is frozen to the byte.
  const ofBatch = { batchId, datasetId, plan: stored[0]?.plan ?? plan };
  const chunks: Reviewed['chunks'] = [];
  for (let number = 1; (number - 1) * chunkItems < items; number++) {
    const chunkId = randomUUID();
    const [from, to] = [(number - 1) * chunkItems + 1, Math.min(number * chunkItems, items)];
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
    const { digest } = await buildManifest(pool, { chunkId, ...ofBatch }, requestBuilder);
    chunks.push({ number, digest });
  }
  await pool.query('ANALYZE item, classification, manifest_row, receipt').catch(() => {});
  return { batchId, items, chunks };
}

/** Approves it with the real step. Gives when, in seconds by the database's clock. */
export async function approve({ batchId, chunks }: Reviewed): Promise<number> {
  await decide(ACTOR, { batchId, chunks, next: true, execute: true, override: 'a benchmark looks at nothing' });
  const { rows } = await db().pool.query<{ at: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 AS at');
  return rows[0]?.at ?? Number.NaN;
}

/** Waits for the workers. Gives when the last chunk was done, by the same clock. Throws when a chunk halts. */
export async function untilDone({ batchId, items }: Reviewed): Promise<number> {
  for (;;) {
    await sleep(50);
    const { rows } = await db().pool.query<{ open: number; halted: string | null; actions: number; last: number }>(
      `SELECT count(*) FILTER (WHERE state <> 'done')::int AS open, max(halt_reason) FILTER (WHERE state = 'halted') AS halted,
         sum(done)::int AS actions, max(extract(epoch FROM updated_at))::float8 AS last FROM chunk WHERE batch_id = $1`,
      [batchId],
    );
    const now = rows[0];
    if (!now || now.halted !== null) throw new Error(`A chunk halted: ${now?.halted}`);
    if (now.open > 0) continue;
    if (now.actions !== items) throw new Error(`${now.actions} of ${items} actions are done`);
    return now.last;
  }
}

/** Actions a second, from the approval's commit until every chunk is done. */
export async function executed(wanted: Wanted): Promise<{ perSecond: number; batchId: string }> {
  const batch = await reviewedBatch(wanted);
  const from = await approve(batch);
  return { batchId: batch.batchId, perSecond: wanted.items / ((await untilDone(batch)) - from) };
}

/** A dataset of so many rows, made by the database itself. Gives its id. */
export async function seedRows(items: number): Promise<string> {
  const { pool } = db();
  const datasetId = randomUUID();
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
  return datasetId;
}
