'use server';

import { z } from 'zod';
import { signIn, signOut } from '#lib/auth/sign-in.ts';
import { acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { openAction, outcome } from './action-client.ts';
import { setCookies } from './session-cookies.ts';

const credentials = z.strictObject({ email: z.string(), password: z.string() });
const acceptance = z.strictObject({ token: z.string(), name: z.string(), email: z.string(), password: z.string() });

export const signInAction = outcome(
  openAction.inputSchema(credentials).action(async ({ parsedInput, ctx }) => {
    await setCookies(await signIn(parsedInput, ctx.headers));
  }),
);

export const acceptSetupLinkAction = outcome(
  openAction.inputSchema(acceptance).action(async ({ parsedInput, ctx }) => {
    const { email } = await acceptSetupLink(parsedInput);
    await setCookies(await signIn({ email, password: parsedInput.password }, ctx.headers));
  }),
);

export const signOutAction = outcome(
  openAction.action(async ({ ctx }) => {
    await setCookies(await signOut(ctx.headers));
  }),
);
