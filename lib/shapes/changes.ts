/** The files that a chunk's actions change, one under the other, with their lines (docs/git.md). */
import { z } from 'zod';
import { count } from './values.ts';

const changeKind = z.enum(['new', 'changed', 'moved', 'removed']);
export type ChangeKind = z.infer<typeof changeKind>;

const hunk = z.object({
  before: z.int().describe('The number of its first line in the file as it was.'),
  after: z.int().describe('The same in the file as it becomes.'),
  lines: z
    .array(z.string())
    .describe(
      'Each begins with a space where it stays, with + where it is added, with - where it goes; with \\ it tells of the line before.',
    ),
});

const changedFile = z.object({
  ordinal: z.int(),
  path: z.string(),
  from: z.string().nullable().describe('Its path before, where it is moved.'),
  kind: changeKind,
  added: z.int().nullable().describe('How many lines; null where nobody can tell here.'),
  removed: z.int().nullable(),
  hunks: z.array(hunk).describe('What changes, with three lines around.'),
  more: count.describe('How many lines of the hunks are left out, because they are too many for a page.'),
  why: z.string().nullable().describe('Why there are no lines to see.'),
});
export type ChangedFileView = z.infer<typeof changedFile>;

const changesSum = z.object({
  files: count,
  new: count,
  moved: count,
  removed: count.describe('Files that go.'),
  added: count.describe('Lines.'),
  gone: count.describe('Lines.'),
  unread: count.describe('Files whose lines are not in the sums: they are too many, or nobody can tell here.'),
});
export type ChangesSum = z.infer<typeof changesSum>;

export const chunkChanges = z.object({
  approved: z.boolean().describe('They were approved so. Else they are what an approval would do now.'),
  sum: changesSum.nullable().describe('Of the whole chunk; with its first page only.'),
  files: z.array(changedFile),
  next: z.string().nullable().describe('Where the next page begins: give it as `after`.'),
});
export type ChunkChanges = z.infer<typeof chunkChanges>;
