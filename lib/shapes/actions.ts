import { z } from 'zod';
import { receiptRow } from './receipts.ts';
import { count, id, instant } from './values.ts';

export const effect = z.enum(['none', 'undoable', 'permanent']);
export type Effect = z.infer<typeof effect>;

/** What the words on the screen are made of: "Archive 1,902 mails", "Archived: …", "move to the archive shelf". */
const wording = z.object({
  /** imperative, for buttons: Archive. Where what it is done to does not come last, `…` is its place: "Create a task for …, then archive" */
  verb: z.string(),
  /** past, for receipt lines: Archived */
  past: z.string(),
  /** what happens to one item, for the detail pane: "move to the archive shelf" */
  will: z.string(),
  /** where it happens, for the dialog: "the archive shelf", "api.example.com" */
  target: z.string(),
  shelf: z.string().optional().describe('The shelf that it puts the item on; left out where it puts it on none.'),
});
export type Wording = z.infer<typeof wording>;

/** A category's action as words; `connector`, `connection` and `do` tell targets apart. */
export const actionWords = wording.extend({
  effect,
  connector: z.string(),
  connection: z.string().nullable(),
  do: z.string(),
});
export type ActionWords = z.infer<typeof actionWords>;

export const actionCounts = z.object({
  approved: count,
  done: count,
  skipped: count,
  failed: count,
  uncertain: count,
  notExecuted: count,
  inFlight: count,
});

export const sum = actionCounts
  .extend({
    waiting: count,
    addsUp: z
      .boolean()
      .describe(
        'As far as it was checked: receipts and counters agree, no receipt is missing, and the parts add up to the whole.',
      ),
    /** by how many they disagree, added up over all chunks; 0 when it adds up */
    difference: z.number(),
    checked: z
      .object({ receipts: count, of: count, at: instant.nullable() })
      .describe(
        'How many of the receipts were folded and compared with the counters. With all of them (`receipts` is `of`) the sum is the receipts’ own at this moment. Else the counters are shown, everything up to `at` was compared (null: a part never was), and workers compare the rest within seconds.',
      ),
  })
  .describe('approved = done + skipped + failed + uncertain + notExecuted + inFlight + waiting.');

/** Actions that ended in the same way for the same reason, from the first to the last of them. */
export const causeGroup = z.object({
  reason: z.string().nullable().describe('A code: `http_404`, `dns`, …'),
  count,
  from: instant,
  to: instant,
});

/** The receipt of an action on an item, in a line. */
const ofItem = receiptRow.pick({ chunk: true, seq: true, line: true }).extend({ ordinal: z.int() });

export const failureGroup = causeGroup
  .extend({
    why: z.string().describe('The reason as a sentence.'),
    chunks: count.describe('How many chunks they are in.'),
    examples: z.array(ofItem).describe('The first of these items, with the chunk and number of the receipt that says so.'),
  })
  .describe('Actions that failed for one reason. They changed nothing.');
export type FailureGroup = z.infer<typeof failureGroup>;

/** What an action left with us: which batch did it to which item, and when. */
export const leftByAction = z.object({ batchId: id, batchName: z.string(), datasetId: id, ordinal: z.int(), at: instant });
