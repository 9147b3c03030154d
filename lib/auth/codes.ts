/** Codes of authenticator apps (RFC 6238), and the ten for when the app is lost. better-auth's plugin checks them; what it keeps is written by lib/steps/factors. */
import { createOTP } from '@better-auth/utils/otp';
import { isAPIError } from 'better-auth/api';
import { generateRandomString, symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { CountersignError } from '#lib/core/errors.ts';
import { BACKUP_CODES } from '#lib/core/limits.ts';
import { auth, ISSUER } from './auth.ts';
import { giveBackCodeTry, isFirstUse, takeCodeTry, tellFactor } from './tries.ts';

const SECRET_CHARS = 32;
const BACKUP_CODE_CHARS = 10;
const WRONG = 'This code is wrong, or was used already. Wait for the next one, and look at the clock of your device.';

/** A new secret: encrypted for the database, as the address that apps read from a QR code, and as people type it. */
export async function makeAppSecret(email: string): Promise<{ sealed: string; uri: string; typed: string }> {
  const secret = generateRandomString(SECRET_CHARS);
  const uri = createOTP(secret).url(ISSUER, email);
  return { sealed: await seal(secret), uri, typed: new URL(uri).searchParams.get('secret') ?? '' };
}

/** New codes for when the app is lost, as people keep them and encrypted for the database. */
export async function makeBackupCodes(): Promise<{ codes: string[]; sealed: string }> {
  const codes = Array.from({ length: BACKUP_CODES }, () => {
    const text = generateRandomString(BACKUP_CODE_CHARS, 'a-z', '0-9');
    return `${text.slice(0, BACKUP_CODE_CHARS / 2)}-${text.slice(BACKUP_CODE_CHARS / 2)}`;
  });
  return { codes, sealed: await seal(JSON.stringify(codes)) };
}

/**
 * Whether a code is one of the app that is being set up. Counted and told as every other code.
 * @throws CountersignError `invalid` (with a problem at `code`), `locked`
 */
export async function checkNewApp(userId: string, sealed: string, code: string, headers: Headers): Promise<void> {
  await takeCodeTry(userId, headers);
  const { secretConfig: key } = await auth().$context;
  const right = await createOTP(await symmetricDecrypt({ key, data: sealed })).verify(plain(code));
  if (!right || !(await isFirstUse(userId, plain(code)))) throw await wrong(userId, headers, 'set up');
  await giveBackCodeTry(userId);
}

/**
 * Checks a code of a person’s app, or one of those for when it is lost, which is gone then. `headers` carry the session of whoever is signed in, or the cookie of a
 * sign-in that waits for a code; the answer’s begin that session.
 *
 * @throws CountersignError `invalid` (with a problem at `code`), `locked`, `unauthenticated` (the sign-in waited too long)
 */
export async function checkCode(
  userId: string,
  given: string,
  headers: Headers,
  at: string,
): Promise<{ headers: Headers; backup: boolean }> {
  await takeCodeTry(userId, headers);
  const code = plain(given);
  const backup = !/^\d{6}$/.test(code);
  if (!backup && !(await isFirstUse(userId, code))) throw await wrong(userId, headers, at);
  try {
    const asked = { body: { code }, headers, returnHeaders: true } as const;
    const answer = backup ? await auth().api.verifyBackupCode(asked) : await auth().api.verifyTOTP(asked);
    await giveBackCodeTry(userId);
    return { headers: answer.headers, backup };
  } catch (error) {
    if (!isAPIError(error) || error.statusCode >= 500) throw error;
    if (WAITED.includes(error.body?.code ?? '')) throw new CountersignError('unauthenticated', `${LATE} Nothing was done.`);
    throw await wrong(userId, headers, at);
  }
}

/** What better-auth says where the sign-in is over that the code was for. */
const WAITED = ['INVALID_TWO_FACTOR_COOKIE', 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE'];
export const LATE = 'The sign-in waited too long for its code, or had too many wrong ones. Begin again with your password.';

async function wrong(userId: string, headers: Headers, at: string): Promise<CountersignError> {
  await tellFactor('factor_failed', userId, headers, { factor: 'totp', at });
  return new CountersignError('invalid', WRONG, { problems: [{ path: 'code', message: WRONG }] });
}

/** Apps show codes in two halves, and people type them so. */
const plain = (code: string): string => code.replaceAll(/\s/g, '').toLowerCase();

async function seal(data: string): Promise<string> {
  const { secretConfig: key } = await auth().$context;
  return symmetricEncrypt({ key, data });
}
