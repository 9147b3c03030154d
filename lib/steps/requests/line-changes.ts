/** What changes from one text to another, line by line. Pure. */
import { structuredPatch } from 'diff';

type Hunk = { before: number; after: number; lines: string[] };
export type LineChanges = { added: number; removed: number; hunks: Hunk[] };

/** Texts that differ in more lines than this are told as a block that goes and one that comes: what it costs to compare them grows with the square of it. */
const EDITS_MAX = 500;
const LINES_AROUND = 3;

/** Null stands for no text at all. */
export function lineChanges(before: string | null, after: string | null): LineChanges {
  const hunks = hunksOf(before ?? '', after ?? '');
  const counted = (mark: string): number =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith(mark)).length, 0);
  return { added: counted('+'), removed: counted('-'), hunks };
}

function hunksOf(before: string, after: string): Hunk[] {
  if (before === after) return [];
  if (before === '' || after === '') return [block(linesOf(before), linesOf(after))];
  const bound = { context: LINES_AROUND, maxEditLength: EDITS_MAX };
  const patch = structuredPatch('', '', before, after, undefined, undefined, bound);
  if (!patch) return [block(linesOf(before), linesOf(after))];
  return patch.hunks.map(({ oldStart, newStart, lines }) => ({ before: oldStart, after: newStart, lines }));
}

/** All that lies between what both begin with and what both end with. */
function block(before: readonly string[], after: readonly string[]): Hunk {
  const least = Math.min(before.length, after.length);
  let same = 0;
  while (same < least && before[same] === after[same]) same += 1;
  let end = 0;
  while (end < least - same && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const marked = (mark: string, lines: readonly string[]): string[] =>
    lines
      .slice(same, lines.length - end)
      .flatMap((line) => (line.endsWith('\n') ? `${mark}${line.slice(0, -1)}` : [`${mark}${line}`, NO_BREAK]));
  return { before: same + 1, after: same + 1, lines: [...marked('-', before), ...marked('+', after)] };
}

const NO_BREAK = '\\ No newline at end of file';

/** Each with its line break, where it has one. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop();
  return [...lines.map((line) => `${line}\n`), ...(last ? [last] : [])];
}
