/** Writing a batch down, and what it claims while it is unfinished. */
import type { Plan } from '#lib/core/plans/plan.ts';
import type { BatchRow } from '#lib/store/chunks/chunks.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

type NewBatch = {
  id: string;
  datasetId: string;
  name: string;
  plan: Plan;
  planDigest: Buffer;
  routing: string;
  pilot: number | null;
  taskRef: string | null;
  /** the batch whose receipts it undoes */
  undoes: string | null;
  createdBy: string;
};

export async function insertBatch(tx: Tx, batch: NewBatch): Promise<void> {
  await tx.query(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, pilot, task_ref, undoes, created_by)
     VALUES ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8, $9, $10)`,
    [
      ...[batch.id, batch.datasetId, batch.name, JSON.stringify(batch.plan), batch.planDigest, batch.routing, batch.pilot],
      ...[batch.taskRef, batch.undoes, batch.createdBy],
    ],
  );
}

type NewChunk = {
  id: string;
  batchId: string;
  number: number;
  name: string;
  ordinals: Int32Array;
  serial: boolean;
  /** runs from the last item to the first */
  backwards?: boolean;
  seed: Buffer;
};

/** Stores a chunk and its members; they never move again. */
export async function insertChunk(tx: Tx, chunk: NewChunk): Promise<void> {
  await tx.query(
    `INSERT INTO chunk (id, batch_id, number, name, item_count, state, serial, seed, backwards) VALUES ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8)`,
    [
      ...[chunk.id, chunk.batchId, chunk.number, chunk.name, chunk.ordinals.length, chunk.serial, chunk.seed],
      chunk.backwards ?? false,
    ],
  );
  for (let from = 0; from < chunk.ordinals.length; from += MEMBERS_A_STATEMENT) {
    await tx.query('INSERT INTO chunk_item (batch_id, chunk_id, ordinal) SELECT $1, $2, o FROM unnest($3::int[]) o', [
      ...[chunk.batchId, chunk.id, Array.from(chunk.ordinals.subarray(from, from + MEMBERS_A_STATEMENT))],
    ]);
  }
}

const MEMBERS_A_STATEMENT = 50_000;

export type Taken = { batchId: string; batchName: string; count: number };

/**
 * Claims every resource of the batch on every target that its actions name; null, or which unfinished batch has some of them. A resource is
 * kept as a digest: it may be long, and it may be personal. An undo takes over what the batch that it undoes still claims: its actions on
 * these items are over.
 */
export async function claimResources(tx: Tx, batch: BatchRow, targets: readonly string[]): Promise<Taken | null> {
  const { resource } = batch.plan.independence;
  if (resource.length === 0 || targets.length === 0) return null;
  await tx.query(
    `INSERT INTO resource_claim (connection, resource, batch_id) SELECT DISTINCT t.name, r.digest, $1::uuid FROM unnest($4::text[]) t(name), ${RESOURCES}
     -- In one order for all, or two starts at once wait for each other.
     ORDER BY 1, 2
     ON CONFLICT (connection, resource) DO UPDATE SET batch_id = excluded.batch_id WHERE resource_claim.batch_id = $5`,
    [batch.id, batch.datasetId, resource, targets, batch.undoes],
  );
  const { rows } = await tx.query<Taken>(
    `SELECT b.id AS "batchId", b.name AS "batchName", count(DISTINCT k.resource)::int AS count
     FROM resource_claim k JOIN batch b ON b.id = k.batch_id
     WHERE k.batch_id <> $1 AND k.connection = ANY($4) AND k.resource IN (SELECT r.digest FROM ${RESOURCES})
     GROUP BY b.id ORDER BY count DESC LIMIT 1`,
    [batch.id, batch.datasetId, resource, targets],
  );
  return rows[0] ?? null;
}

/** The digests of the batch's resources; an item whose resource fields are all empty has none. */
const RESOURCES = `(
  SELECT encode(sha256(convert_to(string_agg(coalesce(i.fields ->> f.name, ''), E'\\x1f' ORDER BY f.place), 'UTF8')), 'hex') AS digest
  FROM chunk_item ci
  JOIN item i ON i.dataset_id = $2 AND i.ordinal = ci.ordinal
  CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS f(name, place)
  WHERE ci.batch_id = $1
  GROUP BY ci.ordinal
  HAVING bool_or(coalesce(i.fields ->> f.name, '') <> '')
) r`;
