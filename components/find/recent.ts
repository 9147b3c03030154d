/** What a person opened last from the palette: kept in this tab, for its lines may quote an item, and gone with the sign-out. */
import { z } from 'zod';

const recent = z.object({ label: z.string(), about: z.string().nullable(), href: z.string().startsWith('/') });
type Recent = z.infer<typeof recent>;

const KEPT = 8;
const keyOf = (who: string) => `recent ${who}`;

export function readRecent(who: string): Recent[] {
  try {
    return z.array(recent).parse(JSON.parse(sessionStorage.getItem(keyOf(who)) ?? '[]'));
  } catch {
    // A tab without storage, or with what another version left, has nothing recent.
    return [];
  }
}

export function keepRecent(who: string, one: Recent): void {
  const all = [one, ...readRecent(who).filter(({ href }) => href !== one.href)].slice(0, KEPT);
  try {
    sessionStorage.setItem(keyOf(who), JSON.stringify(all));
  } catch {
    // Full, or not allowed: nothing depends on it.
  }
}

export function forgetRecent(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(keyOf(''))) sessionStorage.removeItem(key);
  } catch {
    // There is nothing to forget.
  }
}
