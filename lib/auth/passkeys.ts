/**
 * Passkeys (WebAuthn level 3). A device signs a challenge with a key that never leaves it, for one host alone, and only after it was unlocked. The challenge is not kept:
 * it carries what it is for and until when, under a key of ours, and is taken once.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import { FACTOR_ANSWER_MINUTES } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { markPasskeyUsed, type NewPasskey, readPasskey } from '#lib/store/people/factors.ts';
import { db } from '#lib/store/postgres/db.ts';
import { auth, ISSUER } from './auth.ts';
import { siteOf } from './origin.ts';
import { isFirstUse, tellFactor } from './tries.ts';

/** What a challenge is for: nothing that was signed for one of them does for another, nor for another person. */
type Asked = { purpose: 'sign-in' | 'proof' | 'register'; whose: string | null };

type Known = { credentialId: string; transports: string[] };

const ANSWER_MS = FACTOR_ANSWER_MINUTES * 60 * 1000;

/** What a browser is given to make a passkey for somebody who is signed in. Throws `conflict` where this server has no name. */
export async function askForNew(person: { id: string; email: string; name: string }, has: readonly Known[], headers: Headers) {
  return generateRegistrationOptions({
    ...{ rpName: ISSUER, rpID: relyingParty(headers).host, userName: person.email, userDisplayName: person.name },
    userID: new Uint8Array(Buffer.from(person.id)),
    challenge: await makeChallenge({ purpose: 'register', whose: person.id }),
    timeout: ANSWER_MS,
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: has.map(credential),
    // Found without an address to be typed, and never given without the device being unlocked.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** What a browser is given to use a passkey: one of a person’s, or whichever the device has for this host. Throws `conflict` where this server has no name. */
export async function askForOne(asked: Asked, has: readonly Known[], headers: Headers) {
  return generateAuthenticationOptions({
    rpID: relyingParty(headers).host,
    challenge: await makeChallenge(asked),
    timeout: ANSWER_MS,
    userVerification: 'required',
    ...(asked.whose === null ? {} : { allowCredentials: has.map(credential) }),
  });
}

/** EdDSA, ES256 and RS256, which devices have (RFC 8152, 8812). */
const ALGORITHMS = [-8, -7, -257];

const text = (most: number) => z.string().min(1).max(most);

const made = z.object({
  ...{ id: text(2_000), rawId: text(2_000), type: z.literal('public-key') },
  response: z.object({
    ...{ clientDataJSON: text(8_000), attestationObject: text(20_000) },
    transports: z.array(text(20)).max(10).default([]),
  }),
});

/**
 * The passkey that a browser made, for the database.
 * @throws CountersignError `invalid`
 */
export async function checkNewPasskey(raw: unknown, whose: string, headers: Headers): Promise<Omit<NewPasskey, 'name'>> {
  const parsed = made.safeParse(raw);
  const asked: Asked = { purpose: 'register', whose };
  const { host, origin } = relyingParty(headers);
  const checked = parsed.success
    ? await verifyRegistrationResponse({
        response: { ...parsed.data, clientExtensionResults: {} } as RegistrationResponseJSON,
        ...{ expectedChallenge: (challenge) => isOurs(challenge, asked), expectedOrigin: origin, expectedRPID: host },
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => null)
    : null;
  if (
    !parsed.success ||
    !checked?.verified ||
    !(await isFirstUse(whose, challengeOf(parsed.data.response), FACTOR_ANSWER_MINUTES))
  )
    throw new CountersignError('invalid', 'What the device answered is not a passkey for this site. Try again.');
  const { id, publicKey, counter } = checked.registrationInfo.credential;
  return {
    ...{ userId: whose, credentialId: id, counter: BigInt(counter), rpId: host },
    ...{ publicKey: new Uint8Array(publicKey), transports: parsed.data.response.transports },
  };
}

export const assertion = z.object({
  ...{ id: text(2_000), rawId: text(2_000), type: z.literal('public-key') },
  response: z.object({
    ...{ clientDataJSON: text(8_000), authenticatorData: text(8_000), signature: text(8_000) },
    userHandle: z.string().max(200).nullish(),
  }),
});

/**
 * Whose passkey signed what was asked for.
 * @throws CountersignError `invalid`: none of this person’s, not for this, too late, or a second time
 */
export async function checkPasskey(raw: unknown, asked: Asked, headers: Headers): Promise<{ userId: string }> {
  const { data } = assertion.safeParse(raw);
  const passkey = data ? await readPasskey(db(), data.id) : null;
  if (!data || passkey === null) throw refusal();
  const { userId, credentialId, counter, transports } = passkey;
  const refuse = async (): Promise<CountersignError> => {
    await tellFactor('factor_failed', userId, headers, { factor: 'passkey', at: asked.purpose });
    return refusal();
  };
  const handle = data.response.userHandle;
  if (asked.whose !== null && asked.whose !== userId) throw await refuse();
  if (handle && Buffer.from(handle, 'base64url').toString() !== userId) throw await refuse();
  const { host, origin } = relyingParty(headers);
  const checked = await verifyAuthenticationResponse({
    response: { ...data, clientExtensionResults: {} } as AuthenticationResponseJSON,
    ...{ expectedChallenge: (challenge) => isOurs(challenge, asked), expectedOrigin: origin, expectedRPID: host },
    credential: { id: credentialId, publicKey: passkey.publicKey, counter: Number(counter), transports },
  }).catch(() => null);
  if (!checked?.verified || !(await isFirstUse(userId, challengeOf(data.response), FACTOR_ANSWER_MINUTES))) throw await refuse();
  const used = { id: passkey.id, from: counter, to: BigInt(checked.authenticationInfo.newCounter) };
  if (!(await markPasskeyUsed(db(), used))) throw await refuse();
  return { userId };
}

/**
 * For which host passkeys are, and from which origin they come: those of PUBLIC_URL, else those that were asked for, which assertSameOrigin has compared by now.
 * @throws CountersignError `conflict` where it is a number: browsers make passkeys for names alone
 */
function relyingParty(headers: Headers): { host: string; origin: string } {
  const origin = env().PUBLIC_URL ?? siteOf(headers);
  const host = new URL(origin).hostname;
  if (isIP(host.replace(/^\[|\]$/g, '')) === 0) return { host, origin };
  throw new CountersignError(
    'conflict',
    `Passkeys are for names, and ${host} is a number. Open this site by its name: on this machine that is localhost.`,
  );
}

const credential = ({ credentialId, transports }: Known) => ({ id: credentialId, transports });

const refusal = (): CountersignError =>
  new CountersignError('invalid', 'This passkey is not one of yours here, or it took too long. Try again.', {
    problems: [{ path: 'passkey', message: 'This passkey was not accepted.' }],
  });

const [NONCE_BYTES, TIME_BYTES] = [16, 6];

async function makeChallenge(asked: Asked): Promise<Uint8Array<ArrayBuffer>> {
  const begin = Buffer.alloc(NONCE_BYTES + TIME_BYTES);
  randomBytes(NONCE_BYTES).copy(begin);
  begin.writeUIntBE(Date.now() + ANSWER_MS, NONCE_BYTES, TIME_BYTES);
  return new Uint8Array(Buffer.concat([begin, await macOf(begin, asked)]));
}

async function isOurs(challenge: string, asked: Asked): Promise<boolean> {
  const bytes = Buffer.from(challenge, 'base64url');
  const begin = bytes.subarray(0, NONCE_BYTES + TIME_BYTES);
  const mac = await macOf(begin, asked);
  if (bytes.length !== begin.length + mac.length || !timingSafeEqual(bytes.subarray(begin.length), mac)) return false;
  return begin.readUIntBE(NONCE_BYTES, TIME_BYTES) > Date.now();
}

async function macOf(begin: Buffer, { purpose, whose }: Asked): Promise<Buffer> {
  const { secret } = await auth().$context;
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'countersign passkeys v1', 32));
  return createHmac('sha256', key)
    .update(`${purpose} ${whose ?? ''} `)
    .update(begin)
    .digest();
}

/** As text; checked by now. */
function challengeOf({ clientDataJSON }: { clientDataJSON: string }): string {
  return (JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as { challenge: string }).challenge;
}
