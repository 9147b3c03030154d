/** What a value means, in words. Pure. */
import type { Meaning } from '#lib/core/values/meaning.ts';
import { EMPTY, type Read, valueReader } from '#lib/core/values/read-value.ts';

/** "3 April 2026", "1,234.56", "yes"; a text in quotes; null for what can't be read, and for what is empty. */
export function meantWords(read: Read): string | null {
  if (read === null || read === EMPTY) return null;
  if (typeof read === 'number') return NUMBER.format(read);
  if (typeof read === 'boolean') return read ? 'yes' : 'no';
  if (typeof read === 'string') return `“${read}”`;
  const words = (read.ms % DAY_MS === 0 ? DAY : MINUTE).format(read.ms);
  return read.kind === 'instant' ? `${words} UTC` : words;
}

/**
 * What a cell means beside what stands in it: null where that is the text itself, or nothing.
 * @returns for each text; make it once a field
 */
export function meaningBeside(meaning: Meaning): (text: string) => string | null {
  if (meaning.type === 'text' || meaning.type === 'identifier') return () => null;
  const read = valueReader(meaning);
  return (text) => {
    const value = read(text);
    return value === EMPTY ? null : (meantWords(value) ?? 'can’t be read');
  };
}

const DAY_MS = 86_400_000;
const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });
const DAY = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' });
const MINUTE = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'long', timeStyle: 'short' });
