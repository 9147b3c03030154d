/** A chunk's changes of files in words. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { ChangedFileView, ChangesSum } from '#lib/shapes/changes.ts';

/** "23 files: +120 −31, 2 moved, 1 removed". */
export function sumWords({ files, new: made, moved, removed, added, gone, unread }: ChangesSum): string {
  const parts = [`+${formatCount(added)} −${formatCount(gone)}`];
  if (made > 0) parts.push(`${formatCount(made)} new`);
  if (moved > 0) parts.push(`${formatCount(moved)} moved`);
  if (removed > 0) parts.push(`${formatCount(removed)} removed`);
  const all = `${formatNoun(files, 'files')}: ${parts.join(', ')}`;
  return unread === 0 ? all : `${all}. The lines of ${formatNoun(unread, 'files')} are not counted`;
}

/** "+3 −1"; null where nobody can tell. */
export function lineWords({ added, removed }: Pick<ChangedFileView, 'added' | 'removed'>): string | null {
  return added === null || removed === null ? null : `+${formatCount(added)} −${formatCount(removed)}`;
}
