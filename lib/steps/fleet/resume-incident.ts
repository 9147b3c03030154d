/** Lets what an incident stopped go on. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import type { IncidentResumed } from '#lib/shapes/fleet.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { batchesOfIncident, letHaltedGo, probeIncident, settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { closeMismatchOfOver } from '#lib/store/fleet/incidents.sql.ts';
import { readIncident } from '#lib/store/fleet/incidents.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ id: z.uuid() });

/**
 * For a target that failed, or was paused: one of the chunks that wait for it tries, whatever their batches, and its first success lets the others follow. For any
 * other incident: resumes its chunk, or its batch; of a batch that is over it only closes the incident. Never repeats what is uncertain. Resuming what somebody has just resumed changes nothing.
 *
 * @throws CountersignError `not_found`, `conflict` (the incident is over), `forbidden`, `invalid`.
 */
export async function resumeIncident(actor: Actor, raw: z.input<typeof input>): Promise<IncidentResumed> {
  authorise(actor, 'resume');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of an incident.');
  const { id } = read.data;
  const { pool } = db();
  // As it was found first: the repeat of a request that broke off must not be refused for what that one did.
  const incident = await inWrite(pool, 'incident', (tx) => readIncident(tx, id));
  if (!incident) throw new CountersignError('not_found', 'There is no such incident.');
  if (incident.resolvedAt) throw new CountersignError('conflict', 'This incident is over. No chunk waits for it.');
  // Of a batch that is over nothing goes on: it is only put aside.
  if (incident.kind === 'mismatch' && (await closeMismatchOfOver(pool, id))) return { trying: null, chunks: 0 };
  if (incident.batchId !== null) {
    const { chunks } = await resume(actor, { batchId: incident.batchId, ...(incident.chunk ? { chunk: incident.chunk } : {}) });
    return { trying: null, chunks: chunks.length };
  }
  if (!['target', 'paused'].includes(incident.kind))
    throw new CountersignError('conflict', 'This incident can’t be resumed: it ends by itself.');
  const { resumed, batches } = await inWrite(pool, 'try_target', async (tx) => {
    const chunks = await letHaltedGo(tx, id);
    const [trying = null] = await probeIncident(tx, id);
    const waiting = trying === null ? [] : await batchesOfIncident(tx, id);
    for (const batchId of waiting)
      await tellTape(tx, { batchId, chunk: null, kind: 'try_target', facts: { name: actor.name, target: trying } });
    await ring(tx);
    // A target that was paused while nothing wanted it: nobody would ever try it.
    await settleBreakers(tx);
    return { resumed: { trying, chunks }, batches: waiting };
  });
  for (const batchId of batches) announce(pool, batchId, { kind: 'resume' });
  return resumed;
}
