import { createHash } from 'node:crypto';
import { CountersignError } from '#lib/core/errors.ts';
import {
  CODE_USED_MINUTES,
  FACTOR_TRIES_PER_ACCOUNT,
  KEY_GUESSES_PER_ADDRESS,
  SIGN_IN_TRIES_PER_ACCOUNT,
  SIGN_IN_TRIES_PER_ADDRESS,
  SIGN_IN_WINDOW_MINUTES,
} from '#lib/core/limits.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { countTry } from '#lib/store/people/people.sql.ts';
import { forgetTries, readHolder } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { networkOf } from './peer.ts';
import { tellRefused } from './refusals.ts';

/**
 * Counts a try before the password is looked at, so that parallel guesses can't slip through together. One count per account and one per
 * address, kept in the database for all web processes.
 *
 * @throws CountersignError `locked` with how long to wait
 */
export async function takeTry(email: string, headers: Headers): Promise<void> {
  // The address first: one that is refused must not use up the account's tries.
  for (const { digest, most } of countedOf(email, headers)) {
    const { count, seconds } = await countTry(digest, SIGN_IN_WINDOW_MINUTES);
    if (count <= most) continue;
    await tellSignIn('sign_in_locked', email, headers);
    const minutes = Math.max(1, Math.ceil(seconds / 60));
    throw new CountersignError(
      'locked',
      `Too many sign-ins failed. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
      { facts: { seconds, retryAfterSeconds: seconds } },
    );
  }
}

/** The try succeeded: it doesn't count. */
export async function giveBackTry(email: string, headers: Headers): Promise<void> {
  await forgetTries(countedOf(email, headers).map(({ digest }) => digest));
}

/**
 * Counts a code before it is looked at, one count per person for all places that ask for one. Who gets here at a sign-in has given the password, so nobody else can lock a
 * person out so.
 *
 * @throws CountersignError `locked` with how long to wait
 */
export async function takeCodeTry(userId: string, headers: Headers): Promise<void> {
  const { count, seconds } = await countTry(codeTries(userId), SIGN_IN_WINDOW_MINUTES);
  if (count <= FACTOR_TRIES_PER_ACCOUNT) return;
  await tellFactor('factor_locked', userId, headers);
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  throw new CountersignError(
    'locked',
    `Too many codes were wrong. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, or ask an admin to reset your second factor.`,
    { facts: { seconds, retryAfterSeconds: seconds } },
  );
}

/** The code was right: it does not count. */
export async function giveBackCodeTry(userId: string): Promise<void> {
  await forgetTries([codeTries(userId)]);
}

/** Whether a code, or the answer of a passkey, is used for the first time (RFC 6238, 5.2): who saw it being typed is too late. */
export async function isFirstUse(userId: string, code: string, minutes = CODE_USED_MINUTES): Promise<boolean> {
  return (await countTry(sha256(`code:${userId}:${code}`), minutes)).count === 1;
}

/** Tells the security log that a person’s second factor was refused. */
export async function tellFactor(
  kind: 'factor_failed' | 'factor_locked',
  userId: string,
  headers: Headers,
  facts: Record<string, string> = {},
): Promise<void> {
  const network = networkOf(addressOf(headers));
  await tellRefused({ kind, by: NOBODY.id, about: `user:${userId}`, facts: { ...facts, network } }, `user:${userId}`);
}

const codeTries = (userId: string): Buffer<ArrayBuffer> => sha256(`factor:${userId}`);

/**
 * Tells the security log of a sign-in that was refused: from which network, and for whose account. An address that nobody has is not written down: people type
 * their passwords in the wrong field.
 */
export async function tellSignIn(
  kind: 'sign_in_failed' | 'sign_in_locked',
  email: string,
  headers: Headers,
  facts: Record<string, string> = {},
): Promise<void> {
  const network = networkOf(addressOf(headers));
  const holder = await readHolder(db(), email.trim().toLowerCase()).catch(() => null);
  const about = holder && `user:${holder.id}`;
  await tellRefused({ kind, by: NOBODY.id, about, facts: { ...facts, network } }, network);
}

/**
 * Counts an unknown API key. A key is 32 random bytes, so nobody guesses one; the count keeps whoever tries from going on all day, and the log short.
 *
 * @throws CountersignError `locked` with how long to wait
 */
export async function countKeyGuess(headers: Headers): Promise<void> {
  const network = networkOf(addressOf(headers));
  await tellRefused({ kind: 'key_refused', by: NOBODY.id, facts: { because: 'unknown', network } }, network);
  const { count, seconds } = await countTry(sha256(`key:${network}`), SIGN_IN_WINDOW_MINUTES);
  if (count <= KEY_GUESSES_PER_ADDRESS) return;
  throw new CountersignError('locked', 'Too many unknown API keys came from this address. Check the key, and try again later.', {
    facts: { seconds, retryAfterSeconds: seconds },
  });
}

/** Counts a sign-in that comes back from the provider, by address; false where there were too many that failed. */
export async function takeProviderTry(headers: Headers): Promise<boolean> {
  return (await countTry(providerTries(headers), SIGN_IN_WINDOW_MINUTES)).count <= SIGN_IN_TRIES_PER_ADDRESS;
}

/** The provider vouched for somebody: it does not count. */
export async function giveBackProviderTry(headers: Headers): Promise<void> {
  await forgetTries([providerTries(headers)]);
}

const providerTries = (headers: Headers): Buffer<ArrayBuffer> => sha256(`provider:${networkOf(addressOf(headers))}`);

/** Tells the security log that a key which is known was refused, and why. */
export async function tellKeyRefused(id: string, name: string, because: string, headers: Headers): Promise<void> {
  const network = networkOf(addressOf(headers));
  await tellRefused({ kind: 'key_refused', by: `key:${id}`, facts: { name, because, network } });
}

function countedOf(email: string, headers: Headers) {
  return [
    { digest: sha256(`address:${networkOf(addressOf(headers))}`), most: SIGN_IN_TRIES_PER_ADDRESS },
    { digest: sha256(`account:${email.trim().toLowerCase()}`), most: SIGN_IN_TRIES_PER_ACCOUNT },
  ];
}

/**
 * The address that a request came from. bin/web.ts lets only a proxy's header through (peer.ts). The last entry is what the nearest proxy wrote; those before
 * it are the client's own words.
 */
export function addressOf(headers: Headers): string {
  return headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || 'unknown';
}

function sha256(text: string): Buffer<ArrayBuffer> {
  return createHash('sha256').update(text).digest();
}
