import { isAPIError } from 'better-auth/api';
import { parseCookies, parseSetCookieHeader, toCookieOptions } from 'better-auth/cookies';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { auth, DISABLED } from './auth.ts';
import { checkCode, LATE } from './codes.ts';
import { COOKIE_PREFIX, nameForBrowser } from './cookie-names.ts';
import { inHashingTurn } from './hashing.ts';
import { isHttps } from './origin.ts';
import { checkPasskey } from './passkeys.ts';
import { giveBackTry, takeTry, tellSignIn } from './tries.ts';

export type Cookie = { name: string; value: string; options: ReturnType<typeof toCookieOptions> };

/** What signs somebody in; the address as it is compared. */
export const credentials = z.strictObject({
  email: z.string().trim().toLowerCase().pipe(z.email()),
  password: z.string().min(1).max(1_000),
});

/**
 * Checks a password and begins a session. Gives the cookies to set; the same refusal for an unknown address and a wrong password. A
 * disabled person is told so, but only with the right password.
 *
 * @throws CountersignError `unauthenticated`, `locked` after too many failures, `unavailable` when too many sign in at once
 */
export async function signIn(raw: z.input<typeof credentials>, headers: Headers): Promise<Cookie[]> {
  const parsed = credentials.safeParse(raw);
  if (!parsed.success) throw wrong();
  const { email, password } = parsed.data;
  // Whoever is turned away was not looked at, and has used up no try.
  return inHashingTurn(() => checkAndSignIn({ email, password }, headers));
}

async function checkAndSignIn({ email, password }: z.output<typeof credentials>, headers: Headers): Promise<Cookie[]> {
  await takeTry(email, headers);
  try {
    const signedIn = await auth().api.signInEmail({ body: { email, password }, headers, returnHeaders: true });
    await giveBackTry(email, headers);
    return cookiesOf(signedIn.headers, headers);
  } catch (error) {
    if (isAPIError(error) && error.statusCode < 500)
      await tellSignIn('sign_in_failed', email, headers, error.body?.code === DISABLED ? { because: 'disabled' } : {});
    if (isAPIError(error) && error.body?.code === DISABLED) throw new CountersignError('unauthenticated', error.message);
    if (isAPIError(error) && error.statusCode < 500) throw wrong();
    throw error;
  }
}

/** Whether the cookies of a sign-in only let a code follow. */
export function asksForCode(cookies: readonly Cookie[]): boolean {
  return cookies.some(({ name, value }) => name.endsWith(WAITING) && value !== '');
}

/** How better-auth calls the cookie of a sign-in that waits for its code. */
const WAITING = `${COOKIE_PREFIX}.two_factor`;

const codeGiven = z.strictObject({ code: z.string().min(1).max(40) });

/**
 * The code that follows the password: begins the session. Gives the cookies to set.
 * @throws CountersignError `invalid` (a wrong code), `locked`, `unauthenticated` (nothing waits for a code)
 */
export async function signInWithCode(raw: z.input<typeof codeGiven>, headers: Headers): Promise<Cookie[]> {
  const parsed = codeGiven.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the code.');
  // Without the cookie of another session, for whose person the code would be looked at.
  const waiting = parseCookies(headers.get('cookie') ?? '').get(WAITING);
  const only = new Headers(headers);
  only.set('cookie', `${WAITING}=${waiting ?? ''}`);
  const { internalAdapter } = await auth().$context;
  // Its signature is better-auth’s to check. Nobody guesses what it names.
  const name = decodeURIComponent(waiting ?? '').split('.')[0];
  const found = name ? await internalAdapter.findVerificationValue(name) : null;
  if (!found || found.expiresAt <= new Date()) throw new CountersignError('unauthenticated', LATE);
  return cookiesOf((await checkCode(found.value, parsed.data.code, only, 'sign-in')).headers, headers);
}

/**
 * Signs in with a passkey, which a device gives only to whoever unlocked it: it stands for password and code. Gives the cookies to set.
 * @throws CountersignError `invalid`, `unauthenticated`
 */
export async function signInWithPasskey(raw: unknown, headers: Headers): Promise<Cookie[]> {
  const { userId } = await checkPasskey(raw, { purpose: 'sign-in', whose: null }, headers);
  return beginSession(userId, 'passkey', headers);
}

/** Begins a session of somebody who proved here who they are, or for whom the provider vouches. Gives the cookies to set. Throws `unauthenticated` for a disabled person. */
export async function beginSession(userId: string, by: 'passkey' | 'provider', headers: Headers): Promise<Cookie[]> {
  try {
    const begun = await auth().api.beginProven({ body: { userId, by }, headers, returnHeaders: true });
    return cookiesOf(begun.headers, headers);
  } catch (error) {
    if (isAPIError(error) && error.body?.code === DISABLED) throw new CountersignError('unauthenticated', error.message);
    throw error;
  }
}

/** Ends the session of the cookie; gives the cookies that remove it. */
export async function signOut(headers: Headers): Promise<Cookie[]> {
  const signedOut = await auth().api.signOut({ headers, returnHeaders: true });
  return cookiesOf(signedOut.headers, headers);
}

function cookiesOf(answer: Headers, request: Headers): Cookie[] {
  const parsed = answer.getSetCookie().flatMap((line) => [...parseSetCookieHeader(line)]);
  const https = isHttps(request);
  return parsed.map(([name, attributes]) => ({
    name: nameForBrowser(name, https),
    value: attributes.value,
    options: { ...toCookieOptions(attributes), secure: https },
  }));
}

/** A cookie as a line of an answer. */
export function cookieLine({ name, value, options }: Cookie): string {
  const { maxAge, path = '/', secure } = options;
  return `${name}=${encodeURIComponent(value)}; Path=${path}${maxAge === undefined ? '' : `; Max-Age=${maxAge}`}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

function wrong(): CountersignError {
  return new CountersignError('unauthenticated', 'The address or the password is wrong. Check both and try again.');
}
