/** The reason that a classifier gives which learned from examples, and how the examples are found in it again: both in one place. Pure. */

/** "Like items 14 and 902, filed as noise." */
export function likeWords(ordinals: readonly number[], category: string): string {
  if (ordinals.length === 0) return `Its words are those of ${category}.`;
  return `Like ${ordinals.length === 1 ? 'item' : 'items'} ${ordinals.join(' and ')}, filed as ${category}.`;
}

/** A POSIX pattern of that reason, whose two groups are the ordinals. */
export const LIKE_PATTERN = '^Like items? ([0-9]+)(?: and ([0-9]+))?, filed as ';
