import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { db } from '#lib/store/postgres/db.ts';
import { assertProvenForOwn } from './step-up.ts';

/** Asks for one’s own second factor, where the session began without it. Throws `unproven` until it was given, and `forbidden` for a key. */
export async function giveFactor(actor: Actor, raw: unknown): Promise<void> {
  authorise(actor, 'account');
  readInput(z.strictObject({}), raw);
  await assertProvenForOwn(db(), actor);
}
