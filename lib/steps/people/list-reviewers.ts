/** Whom chunks and tasks can be given to. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, rolesOf } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { isRole } from '#lib/core/people/roles.ts';
import type { Reviewer } from '#lib/shapes/people.ts';
import { readReviewer, readReviewers } from '#lib/store/people/people.ts';

/** The people who decide and are not disabled, by name. */
export async function listReviewers(actor: Actor): Promise<Reviewer[]> {
  authorise(actor, 'see');
  return readReviewers(rolesOf('decide'));
}

/** The actor's id of whom something is given to. Throws `invalid` where it is nobody who decides. */
export async function reviewerId(to: string, actor: Actor): Promise<string> {
  if (to === 'me') return actor.id;
  const found = await readReviewer(to);
  if (found && isRole(found.role) && rolesOf('decide').includes(found.role)) return `user:${found.id}`;
  throw new CountersignError('invalid', 'Nobody with this id decides here. Choose somebody of the list of reviewers.', {
    problems: [{ path: 'to', message: 'This is nobody who decides.' }],
  });
}
