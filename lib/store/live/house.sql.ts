/** Whether anything that lists show has changed: one small statement, however much there is. Whoever sees a difference reads the list itself. */
import type { Pool } from 'pg';
import { BATCH_UNFINISHED, stateList } from '#lib/core/lifecycle.ts';
import { HOUSE_BATCHES_NAMED_MAX, WORKER_GONE_MS } from '#lib/core/limits.ts';
import type { LiveTopic } from '#lib/shapes/live.ts';

export type HouseNow = {
  /** batches that were told of lately, each with the last event of it: one more than HOUSE_BATCHES_NAMED_MAX at most */
  told: Map<string, string>;
  /** one text for each, which differs when something of it does */
  marks: Record<LiveTopic, string>;
};

/** Events are looked back for longer than from one look to the next: one may be seen only after another that came later. */
const TOLD_MS = 5_000;
const NEWEST_DATASETS = 50;

export async function readHouse(pool: Pool): Promise<HouseNow> {
  const { rows } = await pool.query<{ told: [string, string][]; marks: HouseNow['marks'] }>({
    name: 'house',
    text: HOUSE,
    values: [TOLD_MS, HOUSE_BATCHES_NAMED_MAX + 1, WORKER_GONE_MS, NEWEST_DATASETS],
  });
  const { told, marks } = rows[0] as (typeof rows)[number];
  return { told: new Map(told), marks };
}

// The time of the statement, for the clock's would have every event walked through. Of batches: what lists say of them and nobody announces, such as a new one, a target that was paused, or that no worker is left.
const HOUSE = `
SELECT
  ARRAY(SELECT json_build_array(batch_id, max(id)::text) FROM event WHERE at > statement_timestamp() - $1 * interval '1 millisecond'
    GROUP BY batch_id ORDER BY max(id) DESC LIMIT $2) AS told,
  json_build_object(
    'batches', concat_ws(' ',
      (SELECT max(created_at) FROM batch),
      (SELECT md5(string_agg(id || state, ',' ORDER BY id)) FROM batch WHERE state IN (${stateList(BATCH_UNFINISHED)})),
      (SELECT md5(string_agg(concat_ws('.', target, state, incident_id, paused_by), ',' ORDER BY target)) FROM breaker),
      (SELECT md5(string_agg(id::text, ',' ORDER BY id)) FROM incident WHERE resolved_at IS NULL),
      (SELECT string_agg(DISTINCT coalesce(fault, 'well'), ',') FROM worker WHERE heartbeat > clock_timestamp() - $3 * interval '1 millisecond')),
    'datasets', (SELECT md5(string_agg(concat_ws('.', id, state, item_count, unreadable_count), ',' ORDER BY id))
      FROM (SELECT * FROM dataset ORDER BY created_at DESC LIMIT $4) newest),
    'tasks', concat_ws(' ', (SELECT max(id) FROM follow_up), (SELECT max(done_at) FROM follow_up), (SELECT max(id) FROM follow_up_act)),
    'notices', concat_ws(' ', (SELECT max(id) FROM notice), (SELECT count(*) FROM matter WHERE over_at IS NULL)),
    'people', concat_ws(' ',
      (SELECT md5(string_agg(concat_ws('.', id, name, role, disabled_at), ',' ORDER BY id)) FROM "user"),
      (SELECT md5(string_agg(concat_ws('.', encode(token_digest, 'hex'), used_at), ',' ORDER BY token_digest)) FROM setup_link))
  ) AS marks`;
