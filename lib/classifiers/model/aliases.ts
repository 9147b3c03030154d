/** Names for one call that nobody outside it knows: of its items and of the categories, so that a text can't name either. */
import { createHash } from 'node:crypto';

/** Without what reads alike, and without vowels, so that none is a word. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';

/** `count` different names of four letters, drawn by the salt; the same for the same salt. */
export function aliasesOf(salt: Uint8Array, what: string, count: number): string[] {
  const found = new Set<string>();
  for (let at = 0; found.size < count; at += 1) {
    const bytes = createHash('sha256').update(salt).update(`${what}:${at}`).digest();
    found.add([0, 1, 2, 3].map((index) => LETTERS[(bytes[index] ?? 0) % LETTERS.length]).join(''));
  }
  return [...found];
}

/** The list in another order, drawn by the salt: a place in it says nothing of what it is. */
export function shuffled<T>(list: readonly T[], salt: Uint8Array): T[] {
  const weighed = list.map((one, at) => ({ one, by: createHash('sha256').update(salt).update(`order:${at}`).digest('hex') }));
  return weighed.sort((a, b) => (a.by < b.by ? -1 : 1)).map(({ one }) => one);
}
