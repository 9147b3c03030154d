/** What changes from one text to another, line by line. Pure. */
import { structuredPatch } from 'diff';

export type LineChanges = { added: number; removed: number; hunks: { before: number; after: number; lines: string[] }[] };

/** Texts that differ in more lines than this are told as a whole: what it costs to compare them grows with the square of it. */
const EDITS_MAX = 2_000;
const LINES_AROUND = 3;

/** Null stands for no text at all. `hunks` are empty where too much differs to be compared; the counts are then those of all lines. */
export function lineChanges(before: string | null, after: string | null): LineChanges {
  const patch = structuredPatch('', '', before ?? '', after ?? '', undefined, undefined, {
    context: LINES_AROUND,
    maxEditLength: EDITS_MAX,
  });
  if (!patch) return { added: linesOf(after), removed: linesOf(before), hunks: [] };
  const hunks = patch.hunks.map(({ oldStart, newStart, lines }) => ({ before: oldStart, after: newStart, lines }));
  const counted = (mark: string): number =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith(mark)).length, 0);
  return { added: counted('+'), removed: counted('-'), hunks };
}

function linesOf(text: string | null): number {
  if (text === null || text === '') return 0;
  const breaks = text.split('\n').length - 1;
  return text.endsWith('\n') ? breaks : breaks + 1;
}
