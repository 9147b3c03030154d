/**
 * Classifications by the page: stored and moved as arrays, under the claim's fence or the chunk's lock, with the time by the database's clock. One by one,
 * as Prisma would write them, a chunk of a million would take as many statements.
 */

import { CHUNK_TRANSITIONS, chunkFrom } from '#lib/core/lifecycle.ts';
import { CLASSIFY_PAGE_ITEMS } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { KEY_NAMES } from '#lib/core/people/key-actor.ts';
import { namedItems } from '#lib/store/datasets/named-items.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';
import type { Claim } from './claims.sql.ts';
import type { Correction } from './classifications.ts';
import { LEFT_UNSURE } from './given-by.ts';

/** What a classifier says of one item; `part`: which of its parts said it, absent where none did. */
type Classification = { ordinal: number; category: string; why: string; confidence: number; part?: number };

/** Of a classification that no part of the classifier gave. */
export const NO_PART = -1;

export type UnclassifiedItem = { ordinal: number; fields: Record<string, string> };
export type OpenChunk = Pick<Claim, 'chunkId' | 'batchId' | 'datasetId'>;

/**
 * Items of the chunk that are not classified yet, in ordinal order, with the named fields only (null: all of them): where an owner before this one
 * stopped, this one goes on.
 */
export async function unclassified(
  client: Querying,
  { chunkId, batchId, datasetId }: OpenChunk,
  { after, fields, limit = CLASSIFY_PAGE_ITEMS }: { after: number; fields: readonly string[] | null; limit?: number },
): Promise<UnclassifiedItem[]> {
  const page = withinBytes(`
    SELECT page.ordinal, fields, ${ITEM_BYTES}
    FROM (SELECT ci.ordinal FROM chunk_item ci
          WHERE ci.chunk_id = $1 AND ci.ordinal > $3
            AND NOT EXISTS (SELECT 1 FROM classification a WHERE a.batch_id = $4 AND a.ordinal = ci.ordinal)
          ORDER BY ci.ordinal LIMIT $5) page
    JOIN item i ON i.dataset_id = $2 AND i.ordinal = page.ordinal`);
  return namedItems(client, page, [chunkId, datasetId, after, batchId, limit], fields);
}

/** Stores classifications under the claim's fence. False: the chunk is being stopped or has another owner, and nothing was stored. */
export async function insertClassifications(
  client: Querying,
  claim: Claim,
  classifications: Classification[],
  by: string,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'insert-classifications',
    text: `WITH fence AS (
         UPDATE chunk SET classified = classified + $3, updated_at = clock_timestamp()
         WHERE id = $1 AND epoch = $2 AND state = 'classifying' AND stopping IS NULL RETURNING revision)
       INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, part, "by", revision)
       SELECT $4, $1, a.ordinal, a.category, a.why, a.confidence, a.part, $5, fence.revision
       FROM fence, unnest($6::int[], $7::text[], $8::text[], $9::float8[], $10::int[]) AS a(ordinal, category, why, confidence, part)`,
    values: [
      ...[claim.chunkId, claim.epoch, classifications.length, claim.batchId, by],
      ...[
        classifications.map((a) => a.ordinal),
        classifications.map((a) => a.category),
        classifications.map((a) => a.why),
        classifications.map((a) => a.confidence),
        classifications.map((a) => a.part ?? NO_PART),
      ],
    ],
  });
  return rowCount !== null && rowCount > 0;
}

/**
 * What somebody decided before the batch began, while they taught it: those items are classified already, by them, and no classifier is asked. In the transaction of
 * the start, before any chunk can be claimed.
 */
export async function insertTaught(
  tx: Querying,
  batchId: string,
  taught: ReadonlyMap<number, string>,
  by: string,
): Promise<void> {
  if (taught.size === 0) return;
  const { rows } = await tx.query<{ chunkId: string }>(
    `WITH filed AS (
       INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
       SELECT $1, m.chunk_id, m.ordinal, t.category, 'Filed while teaching.', 1, $2, 1
       FROM unnest($3::int[], $4::text[]) AS t(ordinal, category) JOIN chunk_item m ON m.batch_id = $1 AND m.ordinal = t.ordinal
       ON CONFLICT DO NOTHING RETURNING chunk_id)
     SELECT DISTINCT chunk_id AS "chunkId" FROM filed`,
    [batchId, by, [...taught.keys()], [...taught.values()]],
  );
  await recountClassified(
    tx,
    rows.map(({ chunkId }) => chunkId),
  );
}

/** classifying -> awaiting_review, when every item is classified. False when the claim is lost or the chunk is being stopped. */
export async function completeClassifying(client: Querying, claim: Claim): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE chunk SET state = $3, lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
     WHERE id = $1 AND epoch = $2 AND state = ANY($4) AND stopping IS NULL AND classified >= item_count`,
    [claim.chunkId, claim.epoch, CHUNK_TRANSITIONS.classified.to, chunkFrom('classified')],
  );
  return rowCount === 1;
}

/** Ordinal -> category and who gave it, of those of these items that the chunk has. */
export async function readCategoriesOf(
  client: Querying,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  ordinals: readonly number[],
): Promise<Map<number, { category: string; by: string }>> {
  const { rows } = await client.query<{ ordinal: number; category: string; by: string }>(
    'SELECT ordinal, category, "by" FROM classification WHERE batch_id = $1 AND chunk_id = $2 AND ordinal = ANY($3)',
    [batchId, chunkId, ordinals],
  );
  return new Map(rows.map(({ ordinal, ...one }) => [ordinal, one]));
}

/**
 * Overwrites classifications and keeps the history, in the caller's transaction with the chunk row locked: so `from`, which was read under that lock,
 * still holds. What had been left unsure is filed by it. `revision` is the one that these corrections make: whoever numbered their receipts raised it (`takeSequence`). The chunk is named too: an item of
 * another is left as it is.
 */
export async function correctClassifications(
  tx: Querying,
  { batchId, chunkId, number, revision }: { batchId: string; chunkId: string; number: number; revision: number },
  corrections: readonly Correction[],
  by: string,
): Promise<void> {
  await tx.query(
    `WITH given AS MATERIALIZED (
       SELECT * FROM unnest($5::int[], $6::text[], $7::text[], $8::text[], $9::int[]) WITH ORDINALITY AS g(ordinal, "from", "to", note, seq, place)
     ), moved AS (
       UPDATE classification c SET category = given."to", why = coalesce(given.note, 'A person moved it here from ' || given."from" || '.'),
         "by" = $3, revision = $4, confidence = 1
       FROM given WHERE c.batch_id = $1 AND c.chunk_id = $2 AND c.ordinal = given.ordinal)
     INSERT INTO correction (batch_id, ordinal, "from", "to", "by", note, revision, chunk, seq, unsure)
     SELECT $1, ordinal, "from", "to", $3, note, $4, $10, seq,
       EXISTS (SELECT FROM classification a WHERE a.batch_id = $1 AND a.ordinal = given.ordinal AND ${LEFT_UNSURE}) FROM given ORDER BY place`,
    [
      ...[batchId, chunkId, by, revision],
      ...[corrections.map(({ ordinal }) => ordinal), corrections.map(({ from }) => from), corrections.map(({ to }) => to)],
      ...[corrections.map(({ note }) => note), corrections.map(({ seq }) => seq), number],
    ],
  );
}

/** Items that people moved, each with where they put it last, by their ordinals; at most so many. */
export async function readCorrected(
  client: Querying,
  batchId: string,
  limit: number,
): Promise<{ ordinal: number; category: string }[]> {
  const { rows } = await client.query<{ ordinal: number; category: string }>(
    'SELECT DISTINCT ON (ordinal) ordinal, "to" AS category FROM correction WHERE batch_id = $1 ORDER BY ordinal, id DESC LIMIT $2',
    [batchId, limit],
  );
  return rows;
}

export type Change = { ordinal: number; from: string; to: string; by: string; name: string; at: string };

/** Corrections of each of these chunks after a revision, oldest first, by the chunks' ids; at most 200 of one. */
export async function correctionsSince(
  client: Querying,
  chunks: readonly { chunkId: string; revision: number }[],
): Promise<Map<string, Change[]>> {
  const { rows } = await client.query<Omit<Change, 'name'> & { chunkId: string; name: string | null }>(
    `SELECT c.id AS "chunkId", k.ordinal, k."from", k."to", k."by", u.name,
       to_char(k.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
     FROM unnest($1::uuid[], $2::int[]) AS since(chunk_id, revision) JOIN chunk c ON c.id = since.chunk_id
     CROSS JOIN LATERAL (
       SELECT k.* FROM chunk_item ci JOIN correction k ON k.batch_id = c.batch_id AND k.ordinal = ci.ordinal
       WHERE ci.chunk_id = c.id AND k.revision > since.revision ORDER BY k.id DESC LIMIT 200) k
     LEFT JOIN "user" u ON 'user:' || u.id = k."by"
     ORDER BY k.id`,
    [chunks.map(({ chunkId }) => chunkId), chunks.map(({ revision }) => revision)],
  );
  const own = Map.groupBy(rows, ({ chunkId }) => chunkId);
  const named = ({ chunkId: _, name, ...change }: (typeof rows)[number]): Change => ({
    ...change,
    name: name ?? actorName(change.by, KEY_NAMES),
  });
  return new Map([...own].map(([chunkId, changes]) => [chunkId, changes.map(named)]));
}

/** Counts what is classified of these chunks anew. */
export async function recountClassified(tx: Querying, chunkIds: readonly string[]): Promise<void> {
  await tx.query(
    'UPDATE chunk SET classified = (SELECT count(*) FROM classification WHERE chunk_id = chunk.id) WHERE id = ANY($1)',
    [chunkIds],
  );
}
