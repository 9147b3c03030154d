import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '#lib/core/limits.ts';
import { isCommon } from './common-passwords.ts';

const COMMON =
  'This is one of the passwords that are tried first, or such a one with digits or signs around it, or repeated. Three or four words that don’t belong together are better.';

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
  if (await isCommon(password)) return COMMON;
  return null;
}
