/**
 * Signing in with a provider of OpenID Connect (authorization code with PKCE, state and nonce). The provider says who somebody is; whether they may come in, and as what, is ours
 * (lib/steps/people/enter-by-provider.ts). What is remembered until the browser comes back lies in a sealed cookie of its own.
 */
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { PROVIDER_ANSWER_MINUTES, PROVIDER_SECONDS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { auth } from './auth.ts';
import { COOKIE_PREFIX, nameForBrowser } from './cookie-names.ts';
import { giveBackProviderTry, takeProviderTry } from './tries.ts';

/** What people call the provider; null where there is none. */
export function providerName(): string | null {
  return settings() && (env().OIDC_NAME ?? 'single sign-on');
}

/** Why somebody who comes back is not let in. An address carries the word and never the sentence: anybody can make a link to the sign-in. */
const REFUSALS = {
  late: 'This sign-in was not begun in this browser, or took too long. Begin again.',
  failed: 'The provider did not sign you in. Try again, or use your password.',
  unknown: 'The provider knows you, and nobody invited you here under this address. Ask an admin for an invitation.',
  unverified:
    'The provider has not verified your mail address, so it can’t be told who you are here. Ask whoever runs the provider.',
  locked: 'Too many sign-ins failed. Try again in a quarter of an hour, or use your password.',
  disabled: 'An admin disabled this account. Ask an admin to enable it.',
} as const;

/** `facts.refusal` is the word for the address. */
export function refusedSignIn(refusal: keyof typeof REFUSALS): CountersignError {
  return new CountersignError('unauthenticated', REFUSALS[refusal], { facts: { refusal } });
}

/** The sentence for a word of the address; null for what is none. */
export function refusalWords(refusal: unknown): string | null {
  return typeof refusal === 'string' && Object.hasOwn(REFUSALS, refusal) ? REFUSALS[refusal as keyof typeof REFUSALS] : null;
}

const COOKIE = `${COOKIE_PREFIX}.provider`;
const CALLBACK = '/api/auth/oidc/callback';

const remembered = z.strictObject({
  ...{ state: z.string(), nonce: z.string(), verifier: z.string(), next: z.string(), until: z.number() },
});

/** Where to send the browser, and the cookie that it comes back with. Throws `not_found` where there is no provider, `unavailable` where it does not answer. */
export async function beginWithProvider(next: string): Promise<{ url: URL; cookie: string }> {
  const { site } = settingsOrNone();
  const config = await configuration();
  const kept = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
  const until = Date.now() + PROVIDER_ANSWER_MINUTES * 60 * 1000;
  const url = buildAuthorizationUrl(config, {
    ...{ redirect_uri: `${site}${CALLBACK}`, scope: 'openid email profile', state: kept.state, nonce: kept.nonce },
    ...{ code_challenge: await calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256' },
  });
  const { secretConfig: key } = await auth().$context;
  const value = await symmetricEncrypt({ key, data: JSON.stringify({ ...kept, next, until }) });
  return { url, cookie: cookieOf(site, value, PROVIDER_ANSWER_MINUTES * 60) };
}

/** Whom the provider vouches for; `sub` is theirs for ever, the address is not. */
export type Vouched = { issuer: string; sub: string; email: string | null; emailVerified: boolean; name: string | null };

/** The cookie that forgets what was remembered. */
export function forgetProvider(): string {
  return cookieOf(settingsOrNone().site, '', 0);
}

/**
 * What the provider says of whoever comes back from it, once, and only to the browser that was sent there.
 * @throws CountersignError `not_found`, `unauthenticated` (not sent from here, too late, or the provider said no), `unavailable`
 */
export async function backFromProvider(request: Request): Promise<{ vouched: Vouched; next: string }> {
  const { site } = settingsOrNone();
  const { state, nonce, verifier, next, until } = await rememberedBy(request);
  if (until < Date.now()) throw late();
  // Each asks the provider something, and leaves a line in the log.
  if (!(await takeProviderTry(request.headers))) throw refusedSignIn('locked');
  const config = await configuration();
  const url = new URL(`${site}${CALLBACK}${new URL(request.url).search}`);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await authorizationCodeGrant(config, url, checks).catch((error: Error) => {
    log.warn({ err: error }, 'the provider of the sign-in gave nothing that can be used');
    throw refusedSignIn('failed');
  });
  const claims = tokens.claims();
  if (!claims) throw late();
  await giveBackProviderTry(request.headers);
  const { iss: issuer, sub, email, email_verified, name } = claims;
  const vouched = {
    ...{ issuer, sub, emailVerified: email_verified === true },
    email: typeof email === 'string' ? email.trim().toLowerCase() : null,
    name: typeof name === 'string' ? name : null,
  };
  return { vouched, next };
}

async function rememberedBy(request: Request): Promise<z.output<typeof remembered>> {
  const cookies = (request.headers.get('cookie') ?? '').split(/; */);
  const value = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  const { secretConfig: key } = await auth().$context;
  try {
    return remembered.parse(JSON.parse(await symmetricDecrypt({ key, data: value ?? '' })));
  } catch {
    throw late();
  }
}

const late = (): CountersignError => refusedSignIn('late');

type Settings = { issuer: URL; clientId: string; secret: string; site: string };

function settings(): Settings | null {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, PUBLIC_URL } = env();
  if (!OIDC_ISSUER || !OIDC_CLIENT_ID || !OIDC_CLIENT_SECRET || !PUBLIC_URL) return null;
  return { issuer: new URL(OIDC_ISSUER), clientId: OIDC_CLIENT_ID, secret: OIDC_CLIENT_SECRET, site: PUBLIC_URL };
}

function settingsOrNone(): Settings {
  const all = settings();
  if (all) return all;
  throw new CountersignError('not_found', 'This Countersign has no single sign-on.');
}

// Next loads modules more than once, and the provider describes itself once.
const state = globalThis as typeof globalThis & { countersignProvider?: Promise<Configuration> };

async function configuration(): Promise<Configuration> {
  state.countersignProvider ??= readProvider();
  try {
    return await state.countersignProvider;
  } catch (err) {
    state.countersignProvider = undefined;
    log.error({ err }, 'the provider of the sign-in does not describe itself');
    throw new CountersignError(
      'unavailable',
      'The provider of the single sign-on does not answer. Use your password, or try again.',
    );
  }
}

function readProvider(): Promise<Configuration> {
  const { issuer, clientId, secret } = settingsOrNone();
  // Over http an admin chose it so: on this machine, for trials. A token is believed by its signature, and not by the line alone that it came over.
  const plain = issuer.protocol === 'http:' ? [allowInsecureRequests] : [];
  return discovery(issuer, clientId, secret, undefined, {
    timeout: PROVIDER_SECONDS,
    execute: [...plain, enableNonRepudiationChecks],
  });
}

/** Lax: the way back is a link of another site. */
function cookieOf(site: string, value: string, seconds: number): string {
  const https = site.startsWith('https:');
  return `${nameForBrowser(COOKIE, https)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${https ? '; Secure' : ''}`;
}
