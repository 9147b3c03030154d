/**
 * The shelf's entries, as the shelf connector puts them away and takes them back: many at once, in one statement each (`unnest`), under locks taken in one
 * order. It is the worker's work, in the transaction of the outcomes; Prisma's models have no words for a lock, nor for changing
 * each row in its own way, and to put 500 items away takes `createMany` eleven times as long.
 */
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

/** Where an item may lie: an item is on a shelf while it has an entry there that was not restored. */
export type Place = { datasetId: string; ordinal: number; shelf: string };
export type Entry = {
  key: string;
  restored: boolean;
  /** the key of the action that changed it last, or made it */
  changedBy: string;
};

export const placeOf = ({ datasetId, ordinal, shelf }: Place): string => `${datasetId} ${ordinal} ${shelf}`;

/** The entries of these items on their shelves, by place, the latest first. */
export async function readEntries(client: Querying, places: readonly Place[]): Promise<Map<string, Entry[]>> {
  return entriesOf(client, ENTRIES, places);
}

/** The same, locked until the transaction ends: in one order for all, so that nobody waits in a circle. */
export async function lockEntries(tx: Tx, places: readonly Place[]): Promise<Map<string, Entry[]>> {
  return entriesOf(tx, `${ENTRIES} FOR UPDATE`, places);
}

const ENTRIES = `
  SELECT dataset_id AS "datasetId", ordinal, shelf, idempotency_key AS key, restored_at IS NOT NULL AS restored,
    coalesce(changed_by, idempotency_key) AS "changedBy", at
  FROM shelf_entry WHERE (dataset_id, ordinal, shelf) IN (SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]))
  ORDER BY dataset_id, ordinal, idempotency_key`;

async function entriesOf(client: Querying, text: string, places: readonly Place[]): Promise<Map<string, Entry[]>> {
  const { rows } = await client.query<Entry & Place & { at: Date }>(text, [
    places.map(({ datasetId }) => datasetId),
    places.map(({ ordinal }) => ordinal),
    places.map(({ shelf }) => shelf),
  ]);
  const latestFirst = rows.sort((a, b) => b.at.getTime() - a.at.getTime());
  return Map.groupBy(latestFirst, placeOf);
}

export type NewEntry = Place & { key: string; batchId: string; category: string };

/** Makes the entries. A key that is there already is the same action, and keeps its entry. */
export async function putAway(tx: Tx, entries: readonly NewEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf, last_batch_id, last_category)
     SELECT t.*, t.batch, t.category FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
       AS t(key, batch, dataset, ordinal, category, shelf)
     ON CONFLICT (idempotency_key) DO NOTHING`,
    [
      entries.map(({ key }) => key),
      entries.map(({ batchId }) => batchId),
      entries.map(({ datasetId }) => datasetId),
      entries.map(({ ordinal }) => ordinal),
      entries.map(({ category }) => category),
      entries.map(({ shelf }) => shelf),
    ],
  );
}

/** `key`: of the entry. `by`, `batchId` and `category`: of the action that ends it, or gives it back. */
export type EntryChange = { key: string; by: string; restore: boolean; batchId: string; category: string };

/** Ends entries, or gives them back, and says by which action, of which batch and category. */
export async function changeEntries(tx: Tx, changes: readonly EntryChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `UPDATE shelf_entry SET restored_at = CASE WHEN t.restore THEN clock_timestamp() END, changed_by = t.by,
       last_batch_id = t.batch, last_category = t.category, last_at = clock_timestamp()
     FROM unnest($1::text[], $2::text[], $3::boolean[], $4::uuid[], $5::text[]) AS t(key, by, restore, batch, category)
     WHERE idempotency_key = t.key`,
    [
      ...[changes.map(({ key }) => key), changes.map(({ by }) => by), changes.map(({ restore }) => restore)],
      ...[changes.map(({ batchId }) => batchId), changes.map(({ category }) => category)],
    ],
  );
}
