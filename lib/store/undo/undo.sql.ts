/**
 * What an undo reads of a batch's receipts. Statements of our own: each page joins an action to its last receipt, its intent, its requests and the undos that
 * there are of it, and one undo of a batch is made at a time by a lock that is no row's.
 */
import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { ReceiptLink } from '#lib/shapes/undo.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/**
 * Lets one undo of a batch be made at a time, until the transaction ends. Not by the batch's row: making one may take long, and meanwhile the
 * batch can be paused and its chunks claimed.
 */
export async function lockUndosOf(tx: Querying, batchId: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('undo ' || $1, 0))", [batchId]);
}

export type ChunkToUndo = {
  id: string;
  number: number;
  name: string;
  state: ChunkState;
  serial: boolean;
  backwards: boolean;
  decisionId: string | null;
};

/** The batch's chunks by number: all of them, those of these numbers, those that hold one of these items. */
export async function readChunksToUndo(
  client: Querying,
  batchId: string,
  numbers: number[] | null,
  ordinals: number[] | null,
): Promise<ChunkToUndo[]> {
  const { rows } = await client.query<ChunkToUndo>(
    `SELECT id, number, name, state, serial, backwards, decision_id AS "decisionId" FROM chunk
     WHERE batch_id = $1 AND ($2::int[] IS NULL OR number = ANY($2)) AND ($3::int[] IS NULL OR id IN (
       SELECT chunk_id FROM chunk_item WHERE batch_id = $1 AND ordinal = ANY($3))) ORDER BY number`,
    [batchId, numbers, ordinals],
  );
  return rows;
}

export type ActionToUndo = {
  ordinal: number;
  category: string;
  connector: string;
  connection: string | null;
  do: string;
  version: number;
  /** null once it was erased */
  request: Buffer | null;
  requestDigest: Buffer;
  /** the action's last receipt; null when it has none */
  step: number | null;
  kind: 'intent' | 'outcome' | 'resolution' | null;
  result: string | null;
  leaf: Buffer | null;
  body: Buffer | null;
  /** of its latest intent */
  intent: Buffer | null;
  /** the request that this action undid itself; null where it was no undo */
  undone: Buffer | null;
  /** it was an undo, and what it undid was erased */
  undoneErased: boolean;
};

type Which = { category: string | null; ordinals: number[] | null; after: number; limit: number };

/** A page of the approved actions of a chunk with how they ended, by ordinal. */
export async function readActionsToUndo(
  client: Querying,
  batchId: string,
  chunk: ChunkToUndo,
  which: Which,
): Promise<ActionToUndo[]> {
  const { rows } = await client.query<ActionToUndo>({
    name: 'actions-to-undo',
    text: `SELECT m.ordinal, m.category, m.connector, m.connection, m."do", m.version, f.bytes AS request, m.request_digest AS "requestDigest",
      last.step, last.kind, last.result, last.leaf, last.body, i.body AS intent, q.bytes AS undone,
      u.undone_digest IS NOT NULL AND q.bytes IS NULL AS "undoneErased"
    FROM (SELECT * FROM manifest_row WHERE decision_id = $2 AND chunk_id = $3 AND ordinal > $4 AND connector IS NOT NULL
            AND ($5::text IS NULL OR category = $5) AND ($6::int[] IS NULL OR ordinal = ANY($6)) ORDER BY ordinal LIMIT $7) m
    JOIN frozen_request f ON f.digest = m.request_digest
    LEFT JOIN LATERAL (SELECT step, kind, result, leaf, body FROM receipt WHERE batch_id = $1 AND ordinal = m.ordinal
                       ORDER BY step DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (SELECT body FROM receipt WHERE batch_id = $1 AND ordinal = m.ordinal AND kind = 'intent'
                       ORDER BY step DESC LIMIT 1) i ON true
    LEFT JOIN undo_item u ON u.batch_id = $1 AND u.ordinal = m.ordinal
    LEFT JOIN frozen_request q ON q.digest = u.undone_digest
    ORDER BY m.ordinal`,
    values: [batchId, chunk.decisionId, chunk.id, which.after, which.category, which.ordinals, which.limit],
  });
  return rows;
}

export type EarlierUndo = {
  ordinal: number;
  batchId: string;
  batchName: string;
  chunkState: ChunkState;
  /** of its last receipt; null when it has none, or an intent without an outcome */
  result: string | null;
  /** the batch that undid this undo in its turn */
  undoneBy: string | null;
};

/** The undos that there are of these actions already. */
export async function readEarlierUndos(client: Querying, batchId: string, ordinals: number[]): Promise<EarlierUndo[]> {
  const { rows } = await client.query<EarlierUndo>({
    name: 'earlier-undos',
    text: `SELECT u.ordinal, b.id AS "batchId", b.name AS "batchName", c.state AS "chunkState", last.result,
      (SELECT later.name FROM batch later JOIN undo_item item ON item.batch_id = later.id AND item.ordinal = u.ordinal
       JOIN receipt r ON r.batch_id = later.id AND r.ordinal = u.ordinal AND r.result = 'succeeded'
       WHERE later.undoes = b.id LIMIT 1) AS "undoneBy"
    FROM batch b JOIN undo_item u ON u.batch_id = b.id AND u.ordinal = ANY($2)
    JOIN chunk_item ci ON ci.batch_id = b.id AND ci.ordinal = u.ordinal JOIN chunk c ON c.id = ci.chunk_id
    LEFT JOIN LATERAL (SELECT result FROM receipt WHERE batch_id = b.id AND ordinal = u.ordinal ORDER BY step DESC LIMIT 1) last ON true
    WHERE b.undoes = $1 ORDER BY b.created_at`,
    values: [batchId, ordinals],
  });
  return rows;
}

const LINKED = 'b.id AS "batchId", b.name AS "batchName", r.chunk, r.seq';

/** The receipt that says that this action was undone; null while it stands. */
export async function readUndoingReceipt(client: Querying, batchId: string, ordinal: number): Promise<ReceiptLink | null> {
  const { rows } = await client.query<ReceiptLink>(
    `SELECT ${LINKED} FROM batch b JOIN undo_item u ON u.batch_id = b.id AND u.ordinal = $2
     JOIN receipt r ON r.batch_id = b.id AND r.ordinal = $2 AND r.result = 'succeeded'
     WHERE b.undoes = $1 ORDER BY r.committed_at DESC LIMIT 1`,
    [batchId, ordinal],
  );
  return rows[0] ?? null;
}

/** The receipt of another batch that this item of an undo undoes; null where this is no undo. */
export async function readUndoneReceipt(client: Querying, batchId: string, ordinal: number): Promise<ReceiptLink | null> {
  const { rows } = await client.query<ReceiptLink>(
    `SELECT ${LINKED} FROM undo_item u JOIN batch undo ON undo.id = u.batch_id JOIN batch b ON b.id = undo.undoes
     JOIN receipt r ON r.batch_id = b.id AND r.ordinal = u.ordinal AND r.step = u.step
     WHERE u.batch_id = $1 AND u.ordinal = $2`,
    [batchId, ordinal],
  );
  return rows[0] ?? null;
}

/** Which of these items the batch does not have at all. */
export async function strangersTo(client: Querying, batchId: string, ordinals: number[]): Promise<number[]> {
  const { rows } = await client.query<{ ordinal: number }>(
    `SELECT o AS ordinal FROM unnest($2::int[]) o
     WHERE NOT EXISTS (SELECT FROM chunk_item WHERE batch_id = $1 AND ordinal = o) ORDER BY o LIMIT 10`,
    [batchId, ordinals],
  );
  return rows.map(({ ordinal }) => ordinal);
}

/** The classifications of an undo batch for these items: the category that each was approved in, and when it was done. */
export async function undoClassifications(
  client: Querying,
  batchId: string,
  ordinals: number[],
): Promise<{ ordinal: number; category: string; why: string; confidence: number }[]> {
  const { rows } = await client.query<{ ordinal: number; category: string; why: string; confidence: number }>(
    `SELECT u.ordinal, u.category, 1::float8 AS confidence,
       '“' || o.name || '” did this on ' || to_char(r.committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' AS why
     FROM undo_item u JOIN batch b ON b.id = u.batch_id JOIN batch o ON o.id = b.undoes
     JOIN receipt r ON r.batch_id = o.id AND r.ordinal = u.ordinal AND r.step = u.step
     WHERE u.batch_id = $1 AND u.ordinal = ANY($2) ORDER BY u.ordinal`,
    [batchId, ordinals],
  );
  return rows;
}
