'use server';

import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { action, outcome } from '#app/action-client.ts';
import { ROLES } from '#lib/auth/actor.ts';
import { siteOf } from '#lib/auth/origin.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { disablePerson } from '#lib/steps/people/disable-person.ts';
import { enablePerson } from '#lib/steps/people/enable-person.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';
import { withdrawInvitation } from '#lib/steps/people/withdraw-invitation.ts';

const invitation = z.strictObject({ email: z.string(), role: z.enum(ROLES) });
const withdrawal = z.strictObject({ email: z.string() });
const person = z.strictObject({ id: z.uuid() });
const change = z.strictObject({ id: z.uuid(), role: z.enum(ROLES) });

export const invitePersonAction = outcome(
  action.inputSchema(invitation).action(async ({ parsedInput, ctx }) => {
    const { path, ...invited } = await invitePerson(ctx.actor, parsedInput);
    revalidatePath('/admin/people');
    return { ...invited, link: siteOf(ctx.headers) + path };
  }),
);

export const changeRoleAction = outcome(
  action.inputSchema(change).action(async ({ parsedInput, ctx }) => {
    const changed = await changeRole(ctx.actor, { personId: parsedInput.id, role: parsedInput.role });
    revalidatePath('/admin/people');
    return changed;
  }),
);

export const disablePersonAction = outcome(
  action.inputSchema(person).action(async ({ parsedInput, ctx }) => {
    const disabled = await disablePerson(ctx.actor, { personId: parsedInput.id });
    revalidatePath('/admin/people');
    return disabled;
  }),
);

export const enablePersonAction = outcome(
  action.inputSchema(person).action(async ({ parsedInput, ctx }) => {
    const enabled = await enablePerson(ctx.actor, { personId: parsedInput.id });
    revalidatePath('/admin/people');
    return enabled;
  }),
);

export const withdrawInvitationAction = outcome(
  action.inputSchema(withdrawal).action(async ({ parsedInput, ctx }) => {
    await withdrawInvitation(ctx.actor, parsedInput);
    revalidatePath('/admin/people');
  }),
);
