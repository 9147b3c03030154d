/** Keeps every batch from sending to a target, until somebody resumes the incident. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PAUSE_WHY_CHARS_MAX, TARGET_CHARS_MAX } from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { announce } from '#lib/engine/events.ts';
import type { PausedTarget } from '#lib/shapes/fleet.ts';
import { batchesOfIncident, isTargetKnown, pauseTarget as pause } from '#lib/store/actions/breakers.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({
  target: z.string().min(1).max(TARGET_CHARS_MAX),
  why: givenNote('A reason', PAUSE_WHY_CHARS_MAX).min(1, 'A reason is missing. Whoever resumes the target reads it.'),
});

/**
 * No chunk that sends to it is claimed from now on; whoever is sending ends within a renewal of its lease, and what is in flight gets its outcome.
 *
 * @throws CountersignError `invalid`, `not_found` (nobody sends to it), `conflict` (nobody may already), `forbidden`.
 */
export async function pauseTarget(actor: Actor, raw: z.input<typeof input>): Promise<PausedTarget> {
  authorise(actor, 'fleet');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new CountersignError('invalid', `The target can't be paused. ${problems[0]?.path}: ${problems[0]?.message}`, {
      problems,
    });
  }
  const { target, why } = read.data;
  const { pool } = db();
  const { id, batches } = await inWrite(pool, 'pause_target', async (tx) => {
    if (!(await isTargetKnown(tx, target)))
      throw new CountersignError(
        'not_found',
        `Nothing is sent to ${target}. Give the target as the board names it: scheme, host and port.`,
      );
    const incidentId = randomUUID();
    // A sentence without its full stop, as all of them are kept.
    const message = `${actor.name} paused ${target}: ${why.replace(/\.+$/, '')}`;
    const paused = await pause(tx, { target, by: actor.id, message, incidentId });
    if (paused === null)
      throw new CountersignError('conflict', `Sending to ${target} has stopped already. Its incident is open.`);
    const waiting = await batchesOfIncident(tx, paused);
    for (const batchId of waiting)
      await tellTape(tx, { batchId, chunk: null, kind: 'pause_target', facts: { name: actor.name, target } });
    return { id: paused, batches: waiting };
  });
  for (const batchId of batches) announce(pool, batchId, { kind: 'pause' });
  return { id, target };
}
