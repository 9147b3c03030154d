'use server';

import { askForOne } from '#lib/auth/passkeys.ts';
import { asksForCode, signIn, signInWithCode, signInWithPasskey, signOut } from '#lib/auth/sign-in.ts';
import { type AcceptResetLinkInput, acceptResetLink } from '#lib/steps/people/accept-reset-link.ts';
import { type AcceptSetupLinkInput, acceptSetupLink } from '#lib/steps/people/accept-setup-link.ts';
import { openAction } from './action-client.ts';
import { setCookies } from './session-cookies.ts';

export const signInAction = openAction(async (credentials: Parameters<typeof signIn>[0], headers) => {
  const given = await signIn(credentials, headers);
  await setCookies(given);
  return { asksForCode: asksForCode(given) };
});

export const signInWithCodeAction = openAction(async (code: Parameters<typeof signInWithCode>[0], headers) =>
  setCookies(await signInWithCode(code, headers)),
);

export const beginPasskeySignInAction = openAction(async (_: object, headers) =>
  askForOne({ purpose: 'sign-in', whose: null }, [], headers),
);

export const signInWithPasskeyAction = openAction(async (passkey: unknown, headers) =>
  setCookies(await signInWithPasskey(passkey, headers)),
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
