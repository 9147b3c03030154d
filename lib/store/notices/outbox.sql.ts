/**
 * What is to be sent, and by whom: one sender for each channel, by a lease in the database, under which nothing is locked while a slow server is waited for. Statements of
 * our own: the turn is taken, and what is due in it claimed, by the database's clock in one transaction.
 */
import type { Pool } from 'pg';
import { NOTICE_LEASE_MS, NOTICES_PER_MAIL_MAX } from '#lib/core/limits.ts';
import type { NoticeChannel, NoticeKind, NoticePhase } from '#lib/core/notices/kinds.ts';
import type { NoticeFacts } from '#lib/core/notices/words.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';

export type DueNotice = {
  id: string;
  kind: NoticeKind;
  phase: NoticePhase;
  batchId: string | null;
  facts: NoticeFacts;
  /** when the matter began, or was over */
  since: Date;
  attempts: number;
};

export type Claimed = {
  recipient: string;
  /** where mail goes; null where the person is gone, was put out, or wants no mail of it any more */
  address: { name: string; email: string } | null;
  notices: DueNotice[];
  /** how many more of theirs are due, beyond those of one mail */
  more: number;
  /** the claim's own mark: whoever comes too late writes nothing */
  lease: Date;
};

/** Claims what is due for the one who waits longest; null when nothing is, or somebody else sends. A webhook is given one at a time. */
export async function claimDue(pool: Pool, channel: NoticeChannel): Promise<Claimed | null> {
  return inTransaction(pool, async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('notices ' || $1))", [channel]);
    const { rows } = await tx.query<DueNotice & { recipient: string; lease: Date; more: number }>(
      `WITH next AS MATERIALIZED (
         SELECT recipient FROM notice WHERE channel = $1 AND state = 'due' AND due_at <= clock_timestamp()
           AND NOT EXISTS (SELECT FROM notice l WHERE l.channel = $1 AND l.state = 'due' AND l.lease_until > clock_timestamp())
         ORDER BY due_at, id LIMIT 1),
       due AS MATERIALIZED (
         SELECT n.id, count(*) OVER () AS total FROM notice n JOIN next USING (recipient)
         WHERE n.channel = $1 AND n.state = 'due' AND n.due_at <= clock_timestamp() ORDER BY n.id LIMIT $2),
       -- One time for all of them: it is the claim's own mark.
       until AS MATERIALIZED (SELECT clock_timestamp() + $3 * interval '1 millisecond' AS lease)
       UPDATE notice n SET lease_until = until.lease, attempts = n.attempts + 1
       FROM due, until, matter m WHERE n.id = due.id AND m.id = n.matter_id
       RETURNING n.id::text AS id, n.recipient, n.phase, n.attempts, n.lease_until AS lease, m.kind, m.batch_id AS "batchId", m.facts,
         CASE WHEN n.phase = 'over' THEN m.over_at ELSE m.began_at END AS since, (due.total - $2)::int AS more`,
      [channel, channel === 'mail' ? NOTICES_PER_MAIL_MAX : 1, NOTICE_LEASE_MS],
    );
    const [first] = rows;
    if (!first) return null;
    const { recipient, lease, more } = first;
    const person = await tx.query<{ name: string; email: string }>(
      `SELECT name, email FROM "user" WHERE 'user:' || id = $1 AND disabled_at IS NULL`,
      [recipient],
    );
    const notices = rows.sort((one, other) => Number(one.id) - Number(other.id));
    return { recipient, address: person.rows[0] ?? null, notices, more: channel === 'mail' ? Math.max(0, more) : 0, lease };
  });
}

/** `retryMs`: after which it is tried again; null: given up. */
export type Ended = { state: 'sent' | 'dropped' } | { fault: string; retryMs: number | null };

/** Says what became of a claim, where it still is one. */
export async function endClaim(pool: Pool, { notices, lease }: Claimed, ended: Ended): Promise<void> {
  const failed = 'fault' in ended ? ended : null;
  const state = 'state' in ended ? ended.state : ended.retryMs === null ? 'given_up' : 'due';
  await pool.query(
    `UPDATE notice SET state = $3, lease_until = NULL, fault = $4, sent_at = CASE WHEN $3 = 'sent' THEN clock_timestamp() END,
       due_at = CASE WHEN $3 = 'due' THEN clock_timestamp() + $5::float8 * interval '1 millisecond' END
     WHERE id = ANY ($1::bigint[]) AND lease_until = $2 AND state = 'due'`,
    [notices.map(({ id }) => id), lease, state, failed?.fault ?? null, failed?.retryMs ?? null],
  );
}
