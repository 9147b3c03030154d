import { z } from 'zod';
import { ANSWERS_AT_ONCE_MAX } from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { causeGroup } from './actions.ts';
import { receiptRow } from './receipts.ts';
import { count, instant, nameNumber } from './values.ts';

const finding = z.enum(['happened', 'not_there', 'unknown']);

/** `fields` and `line` name the item. */
export const uncertain = receiptRow.pick({ chunk: true, fields: true, line: true, reason: true }).extend({
  ordinal: z.int(),
  request: z.string().nullable().describe('What was sent, in words.'),
  intentAt: instant,
  uncertainAt: instant,
  why: z.string().describe('The reason in a sentence.'),
  state: z.enum(['uncertain', 'abandoned']),
  action: z.string().nullable().describe('What was to be done, in words.'),
  body: z.string().nullable().describe('The body that was sent, its beginning.'),
  bodyCut: z.boolean(),
  worker: z.string().describe('Which worker wrote down the intent.'),
  /** which try it was, from 1 */
  attempt: z.int(),
  idempotencyKey: z.string(),
  inspection: z
    .object({ finding, reason: z.string().nullable(), by: z.string(), at: instant })
    .nullable()
    .describe(
      'What the target said when it was last asked. That it is not there proves nothing while somebody may still be sending.',
    ),
  late: z
    .string()
    .nullable()
    .describe('What an agent said of its errand when its time was over, and who: it settles nothing by itself.'),
  canAsk: z.boolean().describe('Whether the plan says how to look it up.'),
});
export type UncertainItem = z.infer<typeof uncertain>;

export const uncertainGroup = causeGroup
  .extend({
    id: z
      .string()
      .describe('To be answered as `group`. It names what is counted here: an answer covers nothing that comes later.'),
    cause: z.string().describe('The reason as it stands after the count.'),
    worker: z.string().nullable().describe('The worker that was lost, where that is the cause.'),
    canAsk: z.boolean(),
  })
  .describe('Uncertain actions that have one cause.');
export type UncertainGroup = z.infer<typeof uncertainGroup>;

const answer = z.enum(['happened', 'did_not', 'later', 'abandon', 'ask']);
export type UncertainAnswer = z.infer<typeof answer>;

const uncertainAnswer = { answer, note: givenNote('A note', 2_000).nullish() };
/** What a person knows, or wants to know, about actions of a batch: of these items, or of a group. */
export function uncertainAnswers<Named extends z.ZodRawShape>(named: Named) {
  return z.union([
    z.strictObject({
      ...named,
      ordinals: z.array(nameNumber).min(1, 'Name at least one item.').max(ANSWERS_AT_ONCE_MAX),
      ...uncertainAnswer,
    }),
    z.strictObject({ ...named, group: z.string().min(1).describe('The `id` of a group.'), ...uncertainAnswer }),
  ]);
}

const said = z.object({
  ordinal: z.int(),
  /** `did_not`: the target refuses its key from now on. `cannot_ask`: its plan has no way to look it up */
  finding: z.enum([...finding.options, 'did_not', 'cannot_ask']),
  target: z.string().nullable().describe("The target's own id for what it found."),
  /** a code, of what is unknown */
  reason: z.string().nullable(),
});
export type Said = z.infer<typeof said>;

export const answered = z.object({
  answered: count.describe('Uncertain actions that this settled.'),
  skipped: z.array(z.int()).describe('Items that are not uncertain (any more).'),
  left: count.describe('Named too, and not answered this time: ask again.'),
  said: z.array(said).describe('What the target said, when it was asked.'),
});
export type Answered = z.infer<typeof answered>;
