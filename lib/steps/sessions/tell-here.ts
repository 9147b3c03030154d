import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';

/** A page tells that somebody is at it: that it asked, with the Origin of what is done, is written down where the session is looked up. Throws `forbidden` for a key. */
export async function tellHere(actor: Actor, raw: unknown): Promise<void> {
  authorise(actor, 'account');
  readInput(z.strictObject({}), raw);
}
