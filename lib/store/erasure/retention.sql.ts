/** What is old enough to go, by the times at which batches ended: differences between tables in one statement, by the database's clock. */
import { BATCH_OPEN, BATCH_OVER, CHUNK_TERMINAL, stateList } from '#lib/core/lifecycle.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type Due = { kind: 'batch' | 'dataset' | 'original'; id: string; name: string; endedAt: Date };

/**
 * Batches whose values, and datasets whose rows or originals, are due, those that ended first at the beginning. What nobody set a time for is not. A dataset is due with the last batch
 * that was made of it, and one of which none was made never is.
 */
export async function readDue(
  client: Querying,
  { originalsDays, valuesDays, limit }: { originalsDays: number | null; valuesDays: number | null; limit: number },
): Promise<Due[]> {
  if (originalsDays === null && valuesDays === null) return [];
  const { rows } = await client.query<Due>(
    `WITH ended AS (
       SELECT b.id, b.name, b.dataset_id, coalesce(b.finished_at, (SELECT max(c.updated_at) FROM chunk c WHERE c.batch_id = b.id), b.created_at) AS at
       FROM batch b WHERE b.state IN (${stateList(BATCH_OVER)}) AND coalesce(b.finished_at, b.created_at) < clock_timestamp() - make_interval(days => least($1, $2)::int)
         AND NOT EXISTS (SELECT FROM chunk c WHERE c.batch_id = b.id AND c.state NOT IN (${stateList(CHUNK_TERMINAL)}))),
     over AS (
       SELECT d.id, d.name, max(e.at) AS at FROM ended e JOIN dataset d ON d.id = e.dataset_id
       WHERE NOT EXISTS (SELECT FROM batch b WHERE b.dataset_id = d.id AND b.id NOT IN (SELECT id FROM ended)) GROUP BY d.id)
     SELECT * FROM (
       SELECT 'batch' AS kind, e.id, e.name, e.at AS "endedAt" FROM ended e WHERE e.at < clock_timestamp() - make_interval(days => $2::int)
         AND ${NOT_YET('batch', 'e')} AND NOT EXISTS (SELECT FROM follow_up t WHERE t.batch_id = e.id AND t.done_at IS NULL AND t.withdrawn_at IS NULL)
         AND NOT EXISTS (SELECT FROM batch u WHERE u.undoes = e.id AND u.state IN (${stateList(BATCH_OPEN)}))
       UNION ALL
       SELECT 'dataset', o.id, o.name, o.at FROM over o WHERE o.at < clock_timestamp() - make_interval(days => $2::int) AND ${NOT_YET('dataset', 'o')}
       UNION ALL
       SELECT 'original', o.id, o.name, o.at FROM over o WHERE o.at < clock_timestamp() - make_interval(days => $1::int)
         AND EXISTS (SELECT FROM dataset_source ds JOIN source s ON s.digest = ds.digest AND s.erased_at IS NULL WHERE ds.dataset_id = o.id)
         AND NOT EXISTS (SELECT FROM dataset_source mine JOIN dataset_source other ON other.digest = mine.digest AND other.dataset_id <> o.id
                         JOIN dataset d ON d.id = other.dataset_id AND d.deleted_at IS NULL WHERE mine.dataset_id = o.id AND other.dataset_id NOT IN (SELECT id FROM over))
         AND ${NOT_GOING('o')}) due
     ORDER BY "endedAt", kind, id LIMIT $3`,
    [originalsDays, valuesDays, limit],
  );
  return rows;
}

/** Whether an erasure of this goes on; one turn of retention looks at a time, until its transaction ends. */
export async function isErasing(tx: Querying, about: string): Promise<boolean> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('retention', 0))");
  const { rows } = await tx.query("SELECT FROM erasure WHERE about = $1 AND state = 'erasing' LIMIT 1", [about]);
  return rows.length > 0;
}

/** States of an erasure that takes away, or did. */
const BEGUN = `'erasing', 'done'`;

const NOT_YET = (kind: string, of: string): string =>
  `NOT EXISTS (SELECT FROM erasure x WHERE x.about = '${kind}:' || ${of}.id AND x.kind = '${kind}' AND x.state IN (${BEGUN}) AND coalesce(x.ended_at, 'infinity') >= ${of}.at)`;
const NOT_GOING = (of: string): string =>
  `NOT EXISTS (SELECT FROM erasure x WHERE x.about = 'dataset:' || ${of}.id AND x.state = 'erasing')`;
