/** What was found, with an excerpt of each row; which of it is chosen; and whom it would be taken from. Excerpts are read from whichever table a find names. */
import { BATCH_OPEN, CHUNK_TERMINAL, stateList } from '#lib/core/lifecycle.ts';
import { ERASURE_EXCERPT_CHARS } from '#lib/core/limits.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { keyOf, keyValues, PLACES } from './places.sql.ts';

export type Find = {
  key: string;
  place: string;
  datasetId: string | null;
  datasetName: string | null;
  batchId: string | null;
  ordinal: number | null;
  linked: boolean;
  chosen: boolean;
  excerpt: string | null;
};

/** A page of what was found in a place, by key. */
export async function readFinds(client: Querying, id: string, place: string, after: string, limit: number): Promise<Find[]> {
  const found = PLACES.find(({ name }) => name === place);
  const columns = !found ? [] : found.table === 'frozen_request' ? ([['t.digest', 'bytea']] as const) : keyOf(found);
  const values = keyValues(columns, 'f.key::jsonb');
  const join = found
    ? `LEFT JOIN "${found.table}" t ON ${columns.map(([column], index) => `${column} = ${values[index]}`).join(' AND ')}`
    : `LEFT JOIN dataset_source t ON t.digest = decode(f.key::jsonb ->> 0, 'hex') AND t.dataset_id = f.dataset_id`;
  const { rows } = await client.query<Find>(
    `SELECT f.key, f.place, f.dataset_id AS "datasetId", d.name AS "datasetName", f.batch_id AS "batchId", f.ordinal, f.linked, f.chosen,
       left(${found?.excerpt ?? 't.name'}, ${ERASURE_EXCERPT_CHARS}) AS excerpt
     FROM (SELECT * FROM erasure_find WHERE erasure_id = $1 AND place = $2 AND key > $3 ORDER BY key LIMIT $4) f ${join}
     LEFT JOIN dataset d ON d.id = f.dataset_id ORDER BY f.key`,
    [id, place, after, limit],
  );
  return rows;
}

/** Chooses, or leaves out, a whole place or single finds; what hangs on one of their items goes with it. What stays is never chosen. */
export async function chooseFinds(
  client: Querying,
  id: string,
  { place, finds, chosen }: { place: string | null; finds: readonly { place: string; key: string }[]; chosen: boolean },
): Promise<void> {
  const erasable = [...PLACES.filter(({ erase }) => erase !== null).map(({ name }) => name), 'original'];
  const named = `(f.place = $3 OR (f.place, f.key) IN (SELECT * FROM unnest($4::text[], $5::text[])))`;
  await client.query(
    `UPDATE erasure_find f SET chosen = $2 WHERE f.erasure_id = $1 AND f.place = ANY ($6) AND (${named} OR (f.dataset_id, f.ordinal) IN (
       SELECT i.dataset_id, i.ordinal FROM erasure_find i WHERE i.erasure_id = $1 AND i.place = 'item'
         AND (i.place = $3 OR i.key = ANY (SELECT k FROM unnest($4::text[], $5::text[]) AS n(p, k) WHERE n.p = 'item'))))`,
    [id, chosen, place, finds.map((find) => find.place), finds.map(({ key }) => key), erasable],
  );
}

/** Unfinished batches that would send or ask with what is chosen of this erasure, or with anything of this batch or dataset. */
export async function readRefusing(
  client: Querying,
  { id, batchId = null, datasetId = null }: { id: string; batchId?: string | null; datasetId?: string | null },
): Promise<{ id: string; name: string; state: string }[]> {
  const { rows } = await client.query<{ id: string; name: string; state: string }>(
    `SELECT b.id, b.name, b.state FROM batch b WHERE (b.state IN (${stateList(BATCH_OPEN)}) OR EXISTS (
       SELECT FROM chunk c WHERE c.batch_id = b.id AND c.state NOT IN (${stateList(CHUNK_TERMINAL)}))) AND (
       b.id = $2 OR b.dataset_id = $3 OR b.undoes = $2
       OR EXISTS (SELECT FROM erasure_find f WHERE f.erasure_id = $1 AND f.chosen AND f.batch_id = b.id AND f.place <> ALL ($4))
       OR EXISTS (SELECT FROM erasure_find f JOIN chunk_item ci ON ci.batch_id = b.id AND ci.ordinal = f.ordinal
                  WHERE f.erasure_id = $1 AND f.chosen AND f.place = 'item' AND f.dataset_id = b.dataset_id))
     ORDER BY b.created_at, b.id LIMIT 20`,
    [id, batchId, datasetId, NOT_SENT],
  );
  return rows;
}

/** A batch of what is chosen that went on, or was made, after it was looked for: what it wrote since was not looked at. Null where there is none. */
export async function readMovedOn(client: Querying, id: string): Promise<{ id: string; name: string } | null> {
  const { rows } = await client.query<{ id: string; name: string }>(
    `SELECT b.id, b.name FROM erasure e JOIN batch b ON b.dataset_id IN (SELECT f.dataset_id FROM erasure_find f WHERE f.erasure_id = e.id AND f.chosen)
     WHERE e.id = $1 AND e.kind = 'value' AND (b.created_at > e.asked_at OR b.finished_at > e.asked_at
       OR EXISTS (SELECT FROM chunk c WHERE c.batch_id = b.id AND c.updated_at > e.asked_at)) ORDER BY b.created_at, b.id LIMIT 1`,
    [id],
  );
  return rows[0] ?? null;
}

/** What an unfinished batch neither sends nor asks with. */
const NOT_SENT = ['batch', 'event', 'incident', 'notice'];

/** Nobody makes a batch of these datasets, nor goes on with one of these batches, until the transaction ends. */
export async function holdChosen(
  client: Querying,
  id: string,
  about: { batchId: string | null; datasetId: string | null },
): Promise<void> {
  await client.query(
    `SELECT FROM dataset WHERE id = $2 OR id IN (SELECT f.dataset_id FROM erasure_find f WHERE f.erasure_id = $1 AND f.chosen) ORDER BY id FOR UPDATE`,
    [id, about.datasetId],
  );
  await client.query(
    `SELECT FROM batch WHERE id = $2 OR dataset_id = $3 OR id IN (SELECT f.batch_id FROM erasure_find f WHERE f.erasure_id = $1 AND f.chosen)
       OR dataset_id IN (SELECT f.dataset_id FROM erasure_find f WHERE f.erasure_id = $1 AND f.chosen) ORDER BY id FOR SHARE`,
    [id, about.batchId, about.datasetId],
  );
}

/** What a batch or a dataset is called, and how much there is of it; null when there is none. */
export async function readSubject(
  client: Querying,
  kind: string,
  id: string,
): Promise<{ name: string; items: number; files: number; openTasks: number } | null> {
  const { rows } = await client.query<{ name: string; items: number; files: number; openTasks: number }>(
    kind === 'batch'
      ? `SELECT b.name, (SELECT coalesce(sum(c.item_count), 0)::int FROM chunk c WHERE c.batch_id = b.id) AS items, 0 AS files,
           (SELECT count(*)::int FROM follow_up t WHERE t.batch_id = b.id AND t.done_at IS NULL AND t.withdrawn_at IS NULL) AS "openTasks" FROM batch b WHERE b.id = $1`
      : `SELECT d.name, d.item_count AS items, 0 AS "openTasks", (SELECT count(DISTINCT s.digest)::int FROM dataset_source ds JOIN source s ON s.digest = ds.digest
           AND s.erased_at IS NULL WHERE ds.dataset_id = d.id) AS files FROM dataset d WHERE d.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}
