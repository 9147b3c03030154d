/** Who else is at a checkpoint and what others did to it, in words. Pure. */
import { formatNoun } from '#components/ui/format.ts';
import type { Company } from '#lib/shapes/evidence.ts';

/** "Bo is here too", "Bo and Cy are here too", "Bo, Cy and 2 others are here too"; null when nobody is. */
export function hereWords(here: Company['here']): string | null {
  const names = here.map(({ name }) => name);
  if (names.length === 0) return null;
  if (names.length > NAMED_MAX) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others are here too`;
  return names.length === 1 ? `${names[0]} is here too` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are here too`;
}

const NAMED_MAX = 3;

/** "Bo moved 2 mails to keep, 1 to later. Cy moved 1 mail to noise."; null when nobody moved anything. */
export function movedWords(moved: Company['moved'], noun: string): string | null {
  if (moved.length === 0) return null;
  // Where an item is now, is what matters: not each of its ways there.
  const last = [...new Map(moved.map((one) => [one.ordinal, one])).values()];
  return [...Map.groupBy(last, ({ by }) => by)]
    .map(([by, all]) => {
      const to = [...Map.groupBy(all, ({ to }) => to)].map(([category, own]) => ({ category, count: own.length }));
      return `${by} moved ${to.map(({ category, count }, index) => `${index === 0 ? formatNoun(count, noun) : count} to ${category}`).join(', ')}.`;
    })
    .join(' ');
}
