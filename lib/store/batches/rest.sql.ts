/**
 * What a batch left unsent, and who reviews it again: the items of its cancelled chunks that nothing happened with, or whose action was undone. Statements of our
 * own: each joins an item to its last receipt, to its undos and to the batches that have it already, a page at a time, and the lock is no row's.
 */
import type { BatchState } from '#lib/core/lifecycle.ts';
import { REST_COUNTED_ITEMS_MAX, REST_PAGE_ITEMS } from '#lib/core/limits.ts';
import { recountClassified } from '#lib/store/chunks/classifications.sql.ts';
import { PERSON_GAVE } from '#lib/store/chunks/given-by.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { lockUndosOf } from '#lib/store/undo/undo.sql.ts';
import { readUndosOf } from '#lib/store/undo/undo.ts';

/** What a batch reviews again: chunks of another one. */
export type RestOf = { batchId: string; chunks: readonly number[] };

/**
 * Lets nobody else take, undo, or undo the undo of an item of the batch until the transaction ends: the items that are free when it is locked stay so. In one
 * order for all: the batch, then its undos by their age.
 */
export async function lockRest(tx: Tx, batchId: string): Promise<void> {
  await lockUndosOf(tx, batchId);
  for (const { id } of await readUndosOf(tx, batchId)) await lockUndosOf(tx, id);
}

type RestChunk = { id: string; number: number; items: number };

/** Of these chunks those that are cancelled, by number: all of the batch's, where none is named. Such a chunk sends nothing more, whatever comes. */
export async function readCancelledChunks(
  client: Querying,
  batchId: string,
  numbers: readonly number[] | null,
): Promise<RestChunk[]> {
  const { rows } = await client.query<RestChunk>(
    `SELECT id, number, item_count AS items FROM chunk
     WHERE batch_id = $1 AND state = 'cancelled' AND ($2::int[] IS NULL OR number = ANY($2)) ORDER BY number`,
    [batchId, numbers],
  );
  return rows;
}

/** The cancelled chunks that ended with this one: those of its approval, or it alone. */
export async function readEndedWith(client: Querying, batchId: string, number: number): Promise<RestChunk[]> {
  const { rows } = await client.query<RestChunk>(
    `SELECT c.id, c.number, c.item_count AS items FROM chunk own
     JOIN chunk c ON c.batch_id = $1 AND c.state = 'cancelled' AND (c.id = own.id OR c.decision_id = own.decision_id)
     WHERE own.batch_id = $1 AND own.number = $2 AND own.state = 'cancelled' ORDER BY c.number`,
    [batchId, number],
  );
  return rows;
}

/**
 * What became of an item `m` of the batch $1, by its last receipt: whether it may be reviewed again. What may have happened never is. What was undone is, unless
 * somebody asked to undo that.
 */
const FATE = `
  LEFT JOIN LATERAL (SELECT kind, result FROM receipt WHERE batch_id = $1 AND ordinal = m.ordinal ORDER BY step DESC LIMIT 1) last ON true
  CROSS JOIN LATERAL (SELECT CASE
    WHEN last.kind IS NULL OR last.result IN ('failed', 'skipped', 'not_executed') THEN 'free'
    WHEN last.result = 'succeeded' THEN CASE WHEN EXISTS (
      SELECT FROM batch u JOIN receipt r ON r.batch_id = u.id AND r.ordinal = m.ordinal AND r.result = 'succeeded'
      WHERE u.undoes = $1 AND NOT EXISTS (
        SELECT FROM batch later JOIN undo_item i ON i.batch_id = later.id AND i.ordinal = m.ordinal WHERE later.undoes = u.id)) THEN 'free' ELSE 'done' END
    ELSE 'uncertain' END AS fate) f`;

/** The batch, but for this one, that reviews item `m` of the batch $1 again. */
const TAKEN = `EXISTS (SELECT FROM batch b JOIN chunk_item x ON x.batch_id = b.id AND x.ordinal = m.ordinal
  WHERE b.rest_of = $1 AND b.id IS DISTINCT FROM $2::uuid)`;

/**
 * The ordinals that may be reviewed again, ascending: those of the cancelled chunks that nothing may have happened with and that no other batch reviews again.
 * @param own the batch that does so already, whose items are its own
 */
export async function readRest(client: Querying, { batchId, chunks }: RestOf, own: string | null): Promise<Int32Array> {
  const free: number[] = [];
  for (const ids of inPages(await readCancelledChunks(client, batchId, chunks))) {
    for (let after = 0; ; ) {
      const { rows } = await client.query<{ ordinal: number; free: boolean }>({
        name: 'rest-of-chunks',
        text: `SELECT m.ordinal, f.fate = 'free' AND NOT ${TAKEN} AS free
               FROM (SELECT ordinal FROM chunk_item WHERE chunk_id = ANY($3::uuid[]) AND ordinal > $4 ORDER BY ordinal LIMIT ${REST_PAGE_ITEMS}) m ${FATE}
               ORDER BY m.ordinal`,
        values: [batchId, own, ids, after],
      });
      for (const row of rows) if (row.free) free.push(row.ordinal);
      if (rows.length < REST_PAGE_ITEMS) break;
      after = rows.at(-1)?.ordinal ?? after;
    }
  }
  return Int32Array.from(free).sort();
}

/** Chunks whose items fit into one page; a larger one comes alone. */
function* inPages(chunks: readonly RestChunk[]): Generator<string[]> {
  let [page, room]: [string[], number] = [[], REST_PAGE_ITEMS];
  for (const { id, items } of chunks) {
    if (page.length > 0 && items > room) {
      yield page;
      [page, room] = [[], REST_PAGE_ITEMS];
    }
    page.push(id);
    room -= items;
  }
  if (page.length > 0) yield page;
}

/** Item -> the batch that reviews it again, of these of the batch. */
export async function readTaken(client: Querying, batchId: string, ordinals: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await client.query<{ ordinal: number; name: string }>(
    `SELECT x.ordinal, b.name FROM batch b JOIN chunk_item x ON x.batch_id = b.id AND x.ordinal = ANY($2) WHERE b.rest_of = $1`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ ordinal, name }) => [ordinal, name]));
}

/** How many items of some cancelled chunks may be reviewed again, and how many not and why; `taken`: another batch reviews them again already. */
type RestCounts = { free: number; done: number; uncertain: number; taken: number };

/** Null where these chunks have too many items for a look. */
export async function countRest(client: Querying, batchId: string, chunks: readonly RestChunk[]): Promise<RestCounts | null> {
  if (chunks.reduce((sum, { items }) => sum + items, 0) > REST_COUNTED_ITEMS_MAX) return null;
  const { rows } = await client.query<RestCounts>(
    `SELECT count(*) FILTER (WHERE NOT taken AND fate = 'free')::int AS free, count(*) FILTER (WHERE NOT taken AND fate = 'done')::int AS done,
       count(*) FILTER (WHERE NOT taken AND fate = 'uncertain')::int AS uncertain, count(*) FILTER (WHERE taken)::int AS taken
     FROM (SELECT f.fate, ${TAKEN} AS taken FROM (SELECT ordinal FROM chunk_item WHERE chunk_id = ANY($3::uuid[])) m ${FATE}) told`,
    [batchId, null, chunks.map(({ id }) => id)],
  );
  return rows[0] ?? null;
}

type RestBatch = { id: string; name: string; state: BatchState; items: number };

/** The batches that review some of these chunks again, the oldest first. */
export async function readRestBatches(client: Querying, batchId: string, chunks: readonly number[]): Promise<RestBatch[]> {
  const { rows } = await client.query<RestBatch>(
    `SELECT b.id, b.name, b.state, (SELECT coalesce(sum(item_count), 0)::int FROM chunk WHERE batch_id = b.id) AS items
     FROM batch b WHERE b.rest_of = $1 AND b.rest_chunks && $2::int[] ORDER BY b.created_at, b.id`,
    [batchId, chunks],
  );
  return rows;
}

/**
 * What people had corrected before the No stays corrected, as it does where a chunk is sent back: it is classified already when the batch begins. Only where the
 * batch still has the category.
 */
export async function keepCorrected(
  tx: Tx,
  batchId: string,
  { batchId: from }: RestOf,
  categories: readonly string[],
): Promise<void> {
  const { rows } = await tx.query<{ chunkId: string }>(
    `WITH kept AS (
       INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
       SELECT $1, m.chunk_id, m.ordinal, a.category, a.why, a.confidence, a."by", 1
       FROM chunk_item m JOIN classification a ON a.batch_id = $2 AND a.ordinal = m.ordinal
       WHERE m.batch_id = $1 AND a.category = ANY($3) AND ${PERSON_GAVE} RETURNING chunk_id)
     SELECT DISTINCT chunk_id AS "chunkId" FROM kept`,
    [batchId, from, categories],
  );
  await recountClassified(
    tx,
    rows.map(({ chunkId }) => chunkId),
  );
}
