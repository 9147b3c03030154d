/** A person says that a follow-up task is done. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ id: z.string().regex(/^\d{1,18}$/) });

/**
 * Marks it as done by the actor. One that is done already stays as it is, with the name of who did it first.
 * @throws CountersignError `not_found`, or `conflict` when an undo withdrew it
 */
export async function finishFollowUp(
  actor: Actor,
  raw: z.input<typeof input>,
): Promise<{ id: string; doneAt: string; doneBy: string }> {
  authorise(actor, 'finish');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('not_found', 'There is no such task.');
  const { pool } = db();
  const { id } = read.data;
  await pool.query(
    'UPDATE follow_up SET done_at = clock_timestamp(), done_by = $2 WHERE id = $1 AND done_at IS NULL AND withdrawn_at IS NULL',
    [id, actor.id],
  );
  const { rows } = await pool.query<{ done_at: Date | null; done_by: string }>(
    'SELECT done_at, done_by FROM follow_up WHERE id = $1',
    [id],
  );
  const row = rows[0];
  if (!row) throw new CountersignError('not_found', 'There is no such task.');
  if (!row.done_at)
    throw new CountersignError('conflict', 'This task was withdrawn, because the action that made it was undone.');
  return { id, doneAt: row.done_at.toISOString(), doneBy: row.done_by };
}
