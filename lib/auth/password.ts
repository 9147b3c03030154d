import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import { isCommon } from './common-passwords.ts';

const COMMON =
  'This is one of the passwords that are tried first, or such a one with digits or signs around it, or repeated. Three or four words that don’t belong together are better.';

const OF_THE_HOUSE =
  'This is little more than a word that everybody here knows. Three or four words that don’t belong together are better.';

/** What is left of a password without the words of the house has as many characters at least. */
const OWN_CHARS_MIN = 8;

/** Fewer different characters than this, and the length means nothing. */
const DIFFERENT_MIN = 5;

/**
 * What is wrong with a new password, in words for the person who chose it; null when it will do. Length is what counts, and that nobody tries it first (NIST
 * SP 800-63B).
 */
export async function passwordProblem(password: string, about: { email: string; name: string }): Promise<string | null> {
  if (password.length < PASSWORD_CHARS_MIN)
    return `Use at least ${PASSWORD_CHARS_MIN} characters. Three or four words are enough.`;
  if (password.length > PASSWORD_CHARS_MAX) return `Use at most ${PASSWORD_CHARS_MAX} characters.`;
  if (new Set(password).size < DIFFERENT_MIN) return `Use at least ${DIFFERENT_MIN} different characters.`;
  const given = password.trim().toLowerCase();
  if (given === about.email.toLowerCase() || given === about.name.trim().toLowerCase())
    return 'Don’t use your own name or address as your password.';
  if (isOfTheHouse(given)) return OF_THE_HOUSE;
  if (await isCommon(password)) return COMMON;
  return null;
}

/** Whether the words that the house has named, and ours, are most of it. */
function isOfTheHouse(given: string): boolean {
  const words = ['countersign', ...env().PASSWORD_WORDS].sort((a, b) => b.length - a.length);
  const left = words.reduce((text, word) => text.replaceAll(word, ''), given);
  return left.length < given.length && left.length < OWN_CHARS_MIN;
}
