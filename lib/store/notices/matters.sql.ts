/**
 * What people are to be told of, worked out from what is: matters begin when their condition comes to hold and are over when it does not hold any more, and each has a
 * notice for whoever it concerns. Statements of our own: each looks over all chunks that wait, and writes what differs from what was known, in the database.
 */
import { BATCH_UNFINISHED, CHUNK_ASKING, stateList } from '#lib/core/lifecycle.ts';
import {
  NOTICE_AGAIN_MINUTES,
  NOTICE_GATHER_MS,
  NOTICE_LATE_DAYS,
  NOTICES_KEEP_DAYS,
  NOTICES_PRUNED_AT_ONCE,
} from '#lib/core/limits.ts';
import { NOTICE_CONCERNS, WEBHOOK } from '#lib/core/notices/kinds.ts';
import { WAITS_FOR_PEOPLE } from '#lib/store/batches/batch-reads.sql.ts';
import { FIRST_SIGNATURE } from '#lib/store/checkpoints/decisions.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

export type Told = {
  /** whether mail can be sent, and a webhook be called */
  mail: boolean;
  webhook: boolean;
  /** after so many hours a question has waited for too long, where its plan says nothing; null: never */
  answerWithinHours: number | null;
  /** the address of the person who is told then, where its plan names nobody; null: admins are */
  escalateTo: string | null;
};

/** Takes the turn of telling until the transaction ends. False while somebody else has it, who tells the same. */
export async function takeTellingTurn(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ mine: boolean }>("SELECT pg_try_advisory_xact_lock(hashtext('notices')) AS mine");
  return rows[0]?.mine ?? false;
}

/** Begins, renews and ends the matters. The caller has the turn. */
export async function settleMatters(tx: Tx, { answerWithinHours }: Told): Promise<void> {
  await tx.query(
    `WITH wanted AS MATERIALIZED (${WANTED}),
     renewed AS (
       UPDATE matter m SET facts = w.facts FROM wanted w
       WHERE m.kind = w.kind AND m.about = w.about AND m.over_at IS NULL AND m.facts <> w.facts),
     over AS (
       UPDATE matter m SET over_at = clock_timestamp()
       WHERE m.over_at IS NULL AND NOT EXISTS (SELECT FROM wanted w WHERE w.kind = m.kind AND w.about = m.about))
     INSERT INTO matter (kind, about, batch_id, facts)
     SELECT w.kind, w.about, w.batch_id, w.facts FROM wanted w
     WHERE NOT EXISTS (SELECT FROM matter m WHERE m.kind = w.kind AND m.about = w.about
       AND (m.over_at IS NULL OR w.once OR m.began_at > clock_timestamp() - $2 * interval '1 minute'))`,
    [answerWithinHours, NOTICE_AGAIN_MINUTES, NOTICE_LATE_DAYS],
  );
}

/** Of a chunk that waits: whoever let it pass knows of it. */
const ASKING = `(${WAITS_FOR_PEOPLE} AND b.state IN (${stateList(BATCH_UNFINISHED)}) AND NOT c.continued)`;

const QUESTIONS = `count(*) FILTER (WHERE c.state = 'awaiting_review')::int AS reviews, count(*) FILTER (WHERE c.state = 'awaiting_release')::int AS releases,
  CASE WHEN count(*) = 1 THEN min(c.number) END AS chunk`;

/** Whether somebody has chunk `c`: a person who was put out holds nothing. */
const CLAIMED = `(c.reviewer IS NOT NULL AND (c.reviewer LIKE 'key:%' OR EXISTS (SELECT FROM "user" u WHERE c.reviewer = 'user:' || u.id AND u.disabled_at IS NULL)))`;

/** After so many hours the questions of batch `b` have waited for too long: its plan's, else the installation's; null: never. */
const HOURS = 'coalesce(b.answer_within_hours, $1::int)';

/** What is so at this moment. The sums of a finished batch change no more: they are added up once. `to`: the address that the plan names. `claimers`: those who claimed all that waits; null where some of it is anybody's. `once`: what never begins again. */
const WANTED = `
  SELECT 'waits' AS kind, 'batch:' || b.id AS about, b.id AS batch_id, false AS once,
    jsonb_build_object('batch', b.name, 'reviews', n.reviews, 'releases', n.releases, 'chunk', n.chunk, 'claimers', n.claimers) AS facts
  FROM (SELECT c.batch_id, ${QUESTIONS},
          CASE WHEN bool_and(${CLAIMED}) THEN jsonb_agg(DISTINCT c.reviewer) END AS claimers
        FROM chunk c JOIN batch b ON b.id = c.batch_id
        WHERE c.state IN (${stateList(CHUNK_ASKING)}) AND ${ASKING} GROUP BY 1) n JOIN batch b ON b.id = n.batch_id
  UNION ALL
  SELECT 'overdue', 'batch:' || b.id, b.id, false,
    jsonb_build_object('batch', b.name, 'reviews', n.reviews, 'releases', n.releases, 'chunk', n.chunk, 'hours', ${HOURS}, 'to', b.escalate_to)
  FROM (SELECT c.batch_id, ${QUESTIONS}
        FROM chunk c JOIN batch b ON b.id = c.batch_id
        WHERE c.state IN (${stateList(CHUNK_ASKING)}) AND ${ASKING} AND c.updated_at < clock_timestamp() - ${HOURS} * interval '1 hour'
        GROUP BY 1) n JOIN batch b ON b.id = n.batch_id
  UNION ALL
  SELECT 'second', 'batch:' || b.id, b.id, false,
    jsonb_build_object('batch', b.name, 'count', n.count, 'chunk', n.chunk, 'starter', b.started_by, 'signers', n.signers)
  FROM (SELECT c.batch_id, count(*)::int AS count, CASE WHEN count(*) = 1 THEN min(c.number) END AS chunk, jsonb_agg(DISTINCT ${FIRST_SIGNATURE} ->> 'by') AS signers
        FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE c.state = 'awaiting_second' AND ${ASKING} GROUP BY 1) n JOIN batch b ON b.id = n.batch_id
  UNION ALL
  SELECT 'incident', CASE WHEN i.batch_id IS NULL THEN 'incident:' || min(i.id::text) ELSE 'batch:' || i.batch_id || ':' || i.kind END, i.batch_id, false,
    jsonb_build_object('batch', min(b.name), 'incident', i.kind, 'count', count(*)::int)
  FROM incident i LEFT JOIN batch b ON b.id = i.batch_id WHERE i.resolved_at IS NULL
  GROUP BY i.batch_id, i.kind, CASE WHEN i.batch_id IS NULL THEN i.id END
  UNION ALL
  SELECT 'finished', f.about, b.id, true,
    coalesce((SELECT m.facts FROM matter m WHERE m.kind = 'finished' AND m.about = f.about AND m.over_at IS NULL), (
      SELECT jsonb_build_object('batch', b.name, 'starter', coalesce(b.started_by, b.created_by),
        'done', coalesce(sum(c.done), 0)::int, 'failed', coalesce(sum(c.failed), 0)::int, 'uncertain', coalesce(sum(c.uncertain), 0)::int)
      FROM chunk c WHERE c.batch_id = b.id))
  FROM batch b CROSS JOIN LATERAL (SELECT 'batch:' || b.id || ':' || extract(epoch FROM b.finished_at) AS about) f
  WHERE b.state = 'finished' AND b.finished_at > clock_timestamp() - $3 * interval '1 day'`;

/** Asked once for a statement, so that what lies before or after it is found by an index. */
const NOW = '(SELECT clock_timestamp())';

/** Who is told of matter `m` that waits for too long: whom its plan names, else whom the installation names. */
const TO = `lower(coalesce(m.facts ->> 'to', $3))`;

/**
 * Gives everybody whom a matter concerns their notice of it, once. An incident's end is told to whoever was told of its beginning. What is over before it was sent is not sent
 * any more, but for an incident, which then has both.
 */
export async function giveNotices(tx: Tx, { mail, webhook, escalateTo }: Told): Promise<void> {
  const roles = (kind: 'waits' | 'second' | 'incident'): string =>
    `u.role IN (${NOTICE_CONCERNS[kind].roles.map((role) => `'${role}'`).join(', ')})`;
  await tx.query(
    `WITH people AS MATERIALIZED (
       SELECT m.id AS matter_id, 'user:' || u.id AS recipient, coalesce(ch.by, 'mail') AS way
       FROM matter m JOIN "user" u ON u.disabled_at IS NULL AND CASE m.kind
         WHEN 'waits' THEN ${roles('waits')} AND (m.facts -> 'claimers' = 'null' OR m.facts -> 'claimers' ? ('user:' || u.id))
         WHEN 'second' THEN ${roles('second')} AND m.facts ->> 'starter' IS DISTINCT FROM 'user:' || u.id AND m.facts -> 'signers' <> to_jsonb(ARRAY['user:' || u.id])
         WHEN 'incident' THEN ${roles('incident')}
         WHEN 'finished' THEN m.facts ->> 'starter' = 'user:' || u.id
         ELSE CASE WHEN EXISTS (SELECT FROM "user" named WHERE named.email = ${TO} AND named.disabled_at IS NULL) THEN u.email = ${TO}
           ELSE u.role = 'admin' END END
       LEFT JOIN notice_choice ch ON ch.person_id = u.id AND ch.kind = m.kind
       WHERE m.over_at IS NULL AND coalesce(ch.by, 'mail') <> 'none'),
     owed AS (
       SELECT matter_id, 'begun' AS phase, recipient, CASE WHEN way = 'mail' AND $1 THEN 'mail' END AS channel FROM people
       UNION ALL SELECT m.id, 'begun', '${WEBHOOK}', 'webhook' FROM matter m WHERE $2 AND m.over_at IS NULL
       UNION ALL SELECT m.id, 'over', n.recipient, n.channel FROM matter m JOIN notice n ON n.matter_id = m.id AND n.phase = 'begun'
         WHERE m.kind = 'incident' AND m.over_at > ${NOW} - $5 * interval '1 day')
     INSERT INTO notice (matter_id, phase, recipient, channel, state, due_at)
     SELECT o.matter_id, o.phase, o.recipient, w.channel, CASE WHEN w.channel IS NULL THEN 'listed' ELSE 'due' END,
       CASE WHEN w.channel IS NOT NULL THEN clock_timestamp() + $4 * interval '1 millisecond' END
     FROM owed o JOIN matter m ON m.id = o.matter_id
     -- Mail can't say that mail does not arrive, nor a webhook that it is not taken.
     CROSS JOIN LATERAL (SELECT CASE WHEN m.facts ->> 'incident' IS DISTINCT FROM 'notices' THEN o.channel END AS channel) w
     WHERE NOT EXISTS (SELECT FROM notice n WHERE n.matter_id = o.matter_id AND n.phase = o.phase AND n.recipient = o.recipient)
     ORDER BY o.matter_id, o.recipient
     ON CONFLICT DO NOTHING`,
    [mail, webhook, escalateTo, NOTICE_GATHER_MS, NOTICE_LATE_DAYS],
  );
  await tx.query(
    `UPDATE notice n SET state = 'dropped', due_at = NULL FROM matter m
     WHERE m.id = n.matter_id AND n.state = 'due' AND n.lease_until IS NULL AND m.over_at IS NOT NULL AND m.kind IN ('waits', 'overdue', 'second')`,
  );
}

/** Takes away what is over for so long that nobody looks for it, some at a time. */
export async function pruneMatters(tx: Tx): Promise<void> {
  const { rows } = await tx.query<{ ids: string[] }>(
    `SELECT coalesce(array_agg(id::text), '{}') AS ids FROM
       (SELECT id FROM matter WHERE over_at < ${NOW} - $1 * interval '1 day' ORDER BY over_at LIMIT $2) old`,
    [NOTICES_KEEP_DAYS, NOTICES_PRUNED_AT_ONCE],
  );
  const old = rows[0]?.ids ?? [];
  if (old.length === 0) return;
  await tx.query('DELETE FROM notice WHERE matter_id = ANY ($1::bigint[])', [old]);
  await tx.query('DELETE FROM matter WHERE id = ANY ($1::bigint[])', [old]);
}
