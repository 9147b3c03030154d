'use server';

import { signIn, signOut } from '#lib/auth/sign-in.ts';
import { type AcceptResetLinkInput, acceptResetLink } from '#lib/steps/people/accept-reset-link.ts';
import { type AcceptSetupLinkInput, acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { openAction } from './action-client.ts';
import { setCookies } from './session-cookies.ts';

export const signInAction = openAction(async (credentials: Parameters<typeof signIn>[0], headers) =>
  setCookies(await signIn(credentials, headers)),
);

export const acceptSetupLinkAction = openAction(async (acceptance: AcceptSetupLinkInput, headers) => {
  const { email } = await acceptSetupLink(acceptance);
  await setCookies(await signIn({ email, password: acceptance.password }, headers));
});

export const acceptResetLinkAction = openAction(async (reset: AcceptResetLinkInput, headers) => {
  const { email } = await acceptResetLink(reset);
  await setCookies(await signIn({ email, password: reset.password }, headers));
});

export const signOutAction = openAction(async (_: void, headers) => setCookies(await signOut(headers)));
