/** What a decision reads of all its chunks at once, and what receipts say of decisions. */
import type { Pool } from 'pg';
import { storedAnswers } from '#lib/core/checkpoints/stored-answers.ts';
import type { DecisionAnswers } from '#lib/ledger/receipt.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** The signature that a chunk in `awaiting_second` has, as its receipt says it: who, when (ISO 8601), over what, and after looking at what. */
export type Signature = {
  by: string;
  at: string;
  manifest: string;
  revision: number;
  decision: string;
  seenCount: number;
  /** of version 2 */
  marks?: string;
};

/** What the first of two looked at, and how many marks were put on the chunk's items since. */
export async function readFirstLook(
  client: Querying,
  { batchId, chunkId, decisionId }: { batchId: string; chunkId: string; decisionId: string },
): Promise<{ seen: number[]; marksSince: number }> {
  const { rows } = await client.query<{ seen: number[]; marksSince: number }>(
    `SELECT d.seen, (
       SELECT count(*)::int FROM review r JOIN chunk_item m ON m.batch_id = r.batch_id AND m.ordinal = r.ordinal
       WHERE r.batch_id = $1 AND m.chunk_id = $2 AND r.at > o.at) AS "marksSince"
     FROM decision_chunk d JOIN decision o ON o.id = d.decision_id WHERE d.decision_id = $3 AND d.chunk_id = $2`,
    [batchId, chunkId, decisionId],
  );
  return rows[0] ?? { seen: [], marksSince: 0 };
}

/**
 * The newest decision to execute, as the receipt has it: the first signature, for as long as the chunk awaits the second. By the numbers of the
 * receipts, for clocks of two transactions say nothing about their order. Null where its bytes were altered. `c` is the chunk.
 */
export const FIRST_SIGNATURE = `(
  SELECT b.body FROM receipt s
  CROSS JOIN LATERAL (SELECT CASE WHEN sha256('\\x00'::bytea || s.body) = s.leaf THEN convert_from(s.body, 'UTF8')::json END AS body) b
  WHERE s.batch_id = c.batch_id AND s.chunk = c.number AND s.kind = 'decision' AND coalesce(b.body #>> '{answers,execute}', 'true') = 'true'
  ORDER BY s.seq DESC LIMIT 1)`;

/** Who signed these chunks first, by their ids; without those that await no second signature, and those whose first receipt was altered. */
export async function readFirstSignatures(client: Querying, chunkIds: readonly string[]): Promise<Map<string, Signature>> {
  const { rows } = await client.query<{ id: string; signature: Signature | null }>(
    `SELECT c.id, ${FIRST_SIGNATURE} AS signature FROM chunk c WHERE c.id = ANY($1) AND c.state = 'awaiting_second'`,
    [chunkIds],
  );
  return new Map(rows.flatMap(({ id, signature }) => (signature ? [[id, signature] as const] : [])));
}

/** Of items that were looked at, those that are in their chunk, and the categories that they are in now. */
export type Seen = { ordinals: number[]; categories: Set<string> };

/** By the chunks' ids; one of whose items none was looked at has no entry. An item that is named in a chunk that it is not in counts nowhere. */
export async function readSeen(
  tx: Querying,
  batchId: string,
  named: readonly { chunkId: string; ordinals: readonly number[] }[],
): Promise<Map<string, Seen>> {
  const pairs = named.flatMap(({ chunkId, ordinals }) => [...new Set(ordinals)].map((ordinal) => ({ chunkId, ordinal })));
  const seen = new Map<string, Seen>();
  if (pairs.length === 0) return seen;
  const { rows } = await tx.query<{ chunkId: string; ordinal: number; category: string | null }>(
    `SELECT m.chunk_id AS "chunkId", m.ordinal, a.category
     FROM unnest($2::uuid[], $3::int[]) AS s(chunk_id, ordinal)
     JOIN chunk_item m ON m.batch_id = $1 AND m.ordinal = s.ordinal AND m.chunk_id = s.chunk_id
     LEFT JOIN classification a ON a.batch_id = $1 AND a.ordinal = s.ordinal
     ORDER BY m.ordinal`,
    [batchId, pairs.map(({ chunkId }) => chunkId), pairs.map(({ ordinal }) => ordinal)],
  );
  for (const { chunkId, ordinal, category } of rows) {
    const one = seen.get(chunkId) ?? { ordinals: [], categories: new Set() };
    seen.set(chunkId, one);
    one.ordinals.push(ordinal);
    if (category !== null) one.categories.add(category);
  }
  return seen;
}

/** What was approved of a chunk: the manifest's digest, hex, and its items per category. */
export type Approved = { digest: string; counts: Record<string, number> };

/** By the chunks' ids; one that nothing was approved of has an empty digest. */
export async function readApproved(tx: Querying, chunkIds: readonly string[]): Promise<Map<string, Approved>> {
  if (chunkIds.length === 0) return new Map();
  const digests = await readApprovedDigests(tx, chunkIds);
  const { rows } = await tx.query<{ chunkId: string; category: string; count: number }>(
    'SELECT chunk_id AS "chunkId", category, count(*)::int AS count FROM classification WHERE chunk_id = ANY($1) GROUP BY 1, 2',
    [chunkIds],
  );
  const counts = Map.groupBy(rows, ({ chunkId }) => chunkId);
  const countsOf = (id: string) => Object.fromEntries((counts.get(id) ?? []).map(({ category, count }) => [category, count]));
  return new Map(chunkIds.map((id) => [id, { digest: digests.get(id) ?? '', counts: countsOf(id) }]));
}

/** The digests, hex, under which these chunks were approved, by their ids; without those that were not. */
export async function readApprovedDigests(client: Querying, chunkIds: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; digest: string }>(
    `SELECT c.id, encode(d.digest, 'hex') AS digest FROM chunk c JOIN decision_chunk d ON d.decision_id = c.decision_id AND d.chunk_id = c.id
     WHERE c.id = ANY($1)`,
    [chunkIds],
  );
  return new Map(rows.map(({ id, digest }) => [id, digest]));
}

export type DecisionReceipt = { chunk: number; seq: number; by: string; at: string; answers: DecisionAnswers };

/** The decisions of each of these chunks up to a seq, in order, but for those whose bytes were altered. They precede its actions, so little is read. */
export async function readDecisionReceipts(
  pool: Pool,
  batchId: string,
  upTo: ReadonlyMap<number, number>,
): Promise<DecisionReceipt[]> {
  const { rows } = await pool.query<Omit<DecisionReceipt, 'answers'> & { answers: unknown }>(
    `SELECT r.chunk, r.seq, b.body ->> 'by' AS by, b.body ->> 'at' AS at, b.body -> 'answers' AS answers
     FROM unnest($2::int[], $3::int[]) AS place(chunk, seq)
     JOIN receipt r ON r.batch_id = $1 AND r.chunk = place.chunk AND r.seq <= place.seq AND r.kind = 'decision'
     CROSS JOIN LATERAL (SELECT CASE WHEN sha256('\\x00'::bytea || r.body) = r.leaf THEN convert_from(r.body, 'UTF8')::json END AS body) b
     WHERE b.body IS NOT NULL ORDER BY r.chunk, r.seq`,
    [batchId, [...upTo.keys()], [...upTo.values()]],
  );
  return rows.map((row) => ({ ...row, answers: storedAnswers(row.answers) }));
}
