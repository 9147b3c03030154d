'use server';

import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { action, outcome } from '#app/action-client.ts';
import { finishFollowUp } from '#lib/steps/tasks/finish-follow-up.ts';

export const finishFollowUpAction = outcome(
  action.inputSchema(z.strictObject({ id: z.string() })).action(async ({ parsedInput, ctx }) => {
    const done = await finishFollowUp(ctx.actor, parsedInput);
    revalidatePath('/tasks');
    return done;
  }),
);
