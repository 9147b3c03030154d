/**
 * What of a batch's beginning is a statement of our own: members by the hundred thousand as arrays, resources as digests that the database makes of the
 * items and claims on a condition, and a start that is told by the database's clock. Prisma has no words for any of these.
 */
import { BATCH_TRANSITIONS, batchFrom } from '#lib/core/lifecycle.ts';
import type { BatchRow } from '#lib/store/chunks/chunks.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export async function insertMembers(tx: Querying, batchId: string, chunkId: string, ordinals: Int32Array): Promise<void> {
  for (let from = 0; from < ordinals.length; from += MEMBERS_A_STATEMENT) {
    await tx.query('INSERT INTO chunk_item (batch_id, chunk_id, ordinal) SELECT $1, $2, o FROM unnest($3::int[]) o', [
      ...[batchId, chunkId, Array.from(ordinals.subarray(from, from + MEMBERS_A_STATEMENT))],
    ]);
  }
}

const MEMBERS_A_STATEMENT = 50_000;

/** What a batch goes by from its start on: the reading of its dataset, and the unreadable rows that whoever started it was asked about. */
export type StartedWith = {
  readingId: string | null;
  acceptedUnreadable: number | null;
  /** of the plan that was checked, hex; null where the start makes the batch itself */
  planDigest: string | null;
};

/** proposed -> running. Gives the pilot's number; null when the batch was started already, has another plan by now, or is not there. */
export async function markStarted(
  tx: Querying,
  batchId: string,
  by: string,
  { readingId, acceptedUnreadable, planDigest }: StartedWith,
): Promise<{ pilot: number | null } | null> {
  const { rows } = await tx.query<{ pilot: number | null }>(
    `UPDATE batch SET state = $4, started_by = $2, started_at = clock_timestamp(), reading_id = coalesce($5, reading_id), accepted_unreadable = $6
     WHERE id = $1 AND state = ANY($3) AND ($7::text IS NULL OR plan_digest = decode($7, 'hex')) RETURNING pilot`,
    [batchId, by, batchFrom('start'), BATCH_TRANSITIONS.start.to, readingId, acceptedUnreadable, planDigest],
  );
  return rows[0] ?? null;
}

export type Taken = { batchId: string; batchName: string; count: number };

/**
 * Claims every resource of the batch at every place where its actions change something; null, or which unfinished batch has some of them. A resource is
 * kept as a digest: it may be long, and it may be personal. An undo takes over what the batch that it undoes still claims, and who reviews again what
 * another left unsent what that one does: its actions on these items are over.
 */
export async function claimResources(tx: Querying, batch: BatchRow, targets: readonly string[]): Promise<Taken | null> {
  const { resource } = batch.plan.independence;
  if (resource.length === 0 || targets.length === 0) return null;
  await tx.query(
    `INSERT INTO resource_claim (connection, resource, batch_id) SELECT DISTINCT t.name, r.digest, $1::uuid FROM unnest($4::text[]) t(name), ${RESOURCES}
     -- In one order for all, or two starts at once wait for each other.
     ORDER BY 1, 2
     ON CONFLICT (connection, resource) DO UPDATE SET batch_id = excluded.batch_id WHERE resource_claim.batch_id = $5`,
    [batch.id, batch.datasetId, resource, targets, batch.undoes ?? batch.rest?.batchId ?? null],
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
