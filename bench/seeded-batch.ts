/** Batches whose rows are written as they would be, without anybody having classified: a million items in seconds. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR } from './approved-batch.ts';

/** `category` and `confidence` are SQL over `ordinal`. */
type Seeded = {
  datasetId: string;
  name: string;
  plan: Plan;
  items: number;
  chunkItems: number;
  category: string;
  confidence: string;
};

/** A running batch, all of whose chunks wait for their review. Gives its id. */
export async function seedReviewed({ datasetId, name, plan, items, chunkItems, category, confidence }: Seeded): Promise<string> {
  const { pool } = db();
  const batchId = randomUUID();
  await pool.query(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by, started_by, started_at)
     VALUES ($1, $2, $3, $4, $5, 'running', 'supervised', $6, $6, now())`,
    [batchId, datasetId, name, JSON.stringify(plan), sha256(canonicalBytes(plan as unknown as Json)), ACTOR.id],
  );
  await pool.query(
    `INSERT INTO chunk (id, batch_id, number, name, item_count, classified, state, seed)
     SELECT gen_random_uuid(), $1, n, 'Part ' || n, size, size, 'awaiting_review', sha256($4::bytea || int4send(n))
     FROM generate_series(1, ($2::int + $3::int - 1) / $3::int) n CROSS JOIN LATERAL (SELECT least($3, $2 - (n - 1) * $3) AS size) sized`,
    [batchId, items, chunkItems, randomBytes(16)],
  );
  await pool.query(
    `INSERT INTO chunk_item (batch_id, ordinal, chunk_id)
     SELECT $1, o, c.id FROM generate_series(1, $2::int) o JOIN chunk c ON c.batch_id = $1 AND c.number = (o - 1) / $3::int + 1`,
    [batchId, items, chunkItems],
  );
  await pool.query(
    `INSERT INTO classification (batch_id, ordinal, chunk_id, category, why, confidence, "by", revision)
     SELECT batch_id, ordinal, chunk_id, ${category}, 'no rule applied', ${confidence}, 'rules', 1 FROM chunk_item WHERE batch_id = $1`,
    [batchId],
  );
  return batchId;
}
