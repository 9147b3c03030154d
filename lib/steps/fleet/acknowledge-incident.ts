/** Says that somebody knows of an incident: whoever is woken by it next need not look who does. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { acknowledge } from '#lib/store/fleet/incidents.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ id: z.uuid() });

/**
 * Nothing goes on by it. The first to say so stays named; saying it again changes nothing.
 * @throws CountersignError `not_found`, `forbidden`, `invalid`.
 */
export async function acknowledgeIncident(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'fleet');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of an incident.');
  const { id } = read.data;
  if ((await inWrite(db().pool, 'acknowledge', (tx) => acknowledge(tx, id, actor.id))) === null)
    throw new CountersignError('not_found', 'There is no such incident.');
  return { id };
}
