'use server';

import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { action, outcome } from '#app/action-client.ts';
import { ROLES } from '#lib/auth/actor.ts';
import { siteOf } from '#lib/auth/origin.ts';
import { changeRole } from '#lib/steps/people/change-role.ts';
import { invitePerson } from '#lib/steps/people/invite-person.ts';

const invitation = z.strictObject({ email: z.string(), role: z.enum(ROLES) });
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
