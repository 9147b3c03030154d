'use server';

import { stepAction } from '#app/action-client.ts';
import { siteOf } from '#lib/auth/origin.ts';
import { removePerson } from '#lib/steps/erasure/remove-person.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { confirmPerson } from '#lib/steps/people/confirm-person.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { type InvitePersonInput, invitePerson } from '#lib/steps/people/invite-person.ts';
import { makeResetLink } from '#lib/steps/people/make-reset-link.ts';
import { resetFactors } from '#lib/steps/people/reset-factors.ts';
import { withdrawInvitation } from '#lib/steps/people/withdraw-invitation.ts';

const HERE = '/admin/people';

export const invitePersonAction = stepAction(async (actor, input: InvitePersonInput, headers) => {
  const { path, ...invited } = await invitePerson(actor, input);
  return { ...invited, link: siteOf(headers) + path };
}, HERE);
export const changeRoleAction = stepAction(changeRole, HERE);
export const confirmPersonAction = stepAction(confirmPerson, HERE);
export const disablePersonAction = stepAction(disablePerson, HERE);
export const enablePersonAction = stepAction(enablePerson, HERE);
export const makeResetLinkAction = stepAction(async (actor, input: { personId: string }, headers) => {
  const { path, ...made } = await makeResetLink(actor, input);
  return { ...made, link: siteOf(headers) + path };
});
export const resetFactorsAction = stepAction(resetFactors, HERE);
export const removePersonAction = stepAction(removePerson, HERE);
export const withdrawInvitationAction = stepAction(withdrawInvitation, HERE);
