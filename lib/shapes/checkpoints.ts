import { z } from 'zod';
import { NOT_SIGNERS, SIGNINGS } from '#lib/core/checkpoints/signatures.ts';
import { toldAnswers } from '#lib/core/checkpoints/stored-answers.ts';
import { LIKE_OF_MAX, UNDER_BOUND_SHARE_MAX } from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { actionWords } from './actions.ts';
import { batch, restBatch } from './batches.ts';
import { listColumns } from './chunk-items.ts';
import { chunk } from './chunks.ts';
import { classifiedItem, drawn, fieldLabels } from './datasets.ts';
import { bound, checkpointEvidence, mark } from './evidence.ts';
import { targetIncident } from './fleet.ts';
import { receiptRow } from './receipts.ts';
import { count, countsByCategory, id, instant, nameNumber, sha256 } from './values.ts';

/** Fields come in the order of the file's columns; long values are cut and end in … */
export const sample = classifiedItem.extend({
  text: z.string().nullable().describe("A mail's text, which is then not among the fields."),
  category: z.string(),
  by: z.string().describe("The classifier's kind, or a person's name."),
  rule: z
    .string()
    .nullable()
    .describe('The rule that gave the category, as people call it; null where a person gave it, and where that can’t be told.'),
  mark: z.enum(['random', 'unsure']).nullable(),
  review: mark
    .extend({ by: z.string().describe('The name of who marked it.') })
    .nullable()
    .describe('The mark of a person that counts on it now: right in its category, or wrong in the category named.'),
  outcome: z
    .object({ result: receiptRow.shape.result, seq: z.int() })
    .nullable()
    .describe(
      'Of a decided chunk: the last receipt of its action. `result` is null while it is in flight; null where nothing was begun.',
    ),
  /** the receipt fields: what names the item */
  line: z.string(),
  matched: z
    .record(z.string(), z.array(z.tuple([z.int(), z.int()])))
    .optional()
    .describe('What the rule goes by that decided: per field, from and to in UTF-16 units.'),
});
export type Sample = z.infer<typeof sample>;

const category = z.object({ name: z.string(), count, action: actionWords.nullable() });
const signed = z.object({ by: z.string(), at: instant });
/** What the first signer looked at, and what came since: nothing of the chunk can change meanwhile, but marks can. */
const firstSignature = signed.extend({
  seenCount: count,
  /** the ordinals that were on their screen */
  seen: z.array(z.int()),
  marksSince: count,
});

/** What an item's request can't be built for. */
const manifestProblem = z.object({ ordinal: z.int(), category: z.string(), message: z.string() });
export type ManifestProblem = z.infer<typeof manifestProblem>;

const reviewedCategory = bound.omit({ looksFor: true, filed: true });

/** A decision as its receipt has it. */
const decisionTold = z.object({
  seq: z.int(),
  by: z.string().describe('The name of who decided.'),
  at: instant,
  via: z.enum(['page', 'api']),
  answers: toldAnswers,
  counts: countsByCategory,
  seenCount: count.describe('Items that were on the screen. They are not what was looked at.'),
  reviews: z
    .record(z.string(), reviewedCategory)
    .nullable()
    .describe('What the marks proved of each acting category. Null in receipts from before marks were kept.'),
  override: z.string().nullable(),
  signing: z.enum(SIGNINGS).nullable(),
});
export type DecisionTold = z.infer<typeof decisionTold>;

/** As the API tells of it. */
export const checkpoint = chunk.pick({ number: true, name: true, state: true, revision: true }).extend({
  total: count,
  counts: countsByCategory.describe('Items per category.'),
  digest: z.string().nullable().describe('The digest of the manifest, which a decision is bound to.'),
  samples: z
    .array(sample)
    .describe('`random` ones are a prefix of a permutation fixed beforehand; `unsure` ones have the lowest confidence.'),
  categories: z.array(category),
  problems: z.array(manifestProblem).describe("Items whose request can't be built."),
  first: z.int().describe('How many run before a person releases the rest.'),
  firstReceipts: z
    .array(receiptRow.pick({ chunk: true, seq: true, line: true, result: true, reason: true }).extend({ ordinal: z.int() }))
    .describe('What became of the actions that ran first, while the chunk waits for release.'),
  two: z
    .object({
      first: firstSignature.nullable().describe('Who signed first; null when nobody has.'),
      refused: signed.nullable().describe('Who refused to sign, if that was the last answer.'),
      notYou: z.enum(NOT_SIGNERS).nullable().describe("Why the signature that is due can't be yours."),
    })
    .nullable()
    .describe('The signatures, where the plan wants two for each chunk.'),
  evidence: checkpointEvidence
    .nullable()
    .describe('What the marks prove. Null for an undo, and for a batch from before it was kept.'),
  chunk,
  decided: z.boolean().describe('It was approved or closed: nothing changes its categories any more. Marks go on.'),
  decisions: z.array(decisionTold).describe('What was decided of it, in order.'),
});

const checkpointCategory = category.extend({ sampleRandom: z.array(sample), sampleUnsure: z.array(sample) });
export type CheckpointCategory = z.infer<typeof checkpointCategory>;

const correctionMade = z.object({
  ordinal: z.int(),
  from: z.string(),
  to: z.string(),
  by: z.string(),
  at: instant,
  note: z.string().nullable(),
  revision: z.int(),
});
export type CorrectionMade = z.infer<typeof correctionMade>;

const nextWaiting = chunk.pick({ number: true, name: true, state: true }).extend({ waiting: count });
export type NextWaiting = z.infer<typeof nextWaiting>;

/** As its page is given it: the samples below their categories, and what stands around the chunk. */
const checkpointView = checkpoint.omit({ number: true, name: true, state: true, counts: true, samples: true }).extend({
  batch: batch.pick({ id: true, name: true, state: true, noun: true, datasetId: true, undoes: true }).extend({
    changeable: z
      .string()
      .nullable()
      .describe('What changing it is called, where what it classifies by can be changed while it runs.'),
    changesFiles: z.boolean().describe('Whether its actions change files, so that their lines can be looked at.'),
    byInstruction: z.boolean().describe('Whether it is classified by its instruction, which can be changed while it runs.'),
  }),
  /** what should happen, in the words of whoever planned; null where nobody said */
  instruction: z.string().nullable(),
  /** what people call the fields of an item */
  labels: fieldLabels,
  /** how its items are drawn */
  drawn,
  categories: z.array(checkpointCategory),
  /** of its lists of items */
  columns: listColumns,
  released: z.boolean(),
  /** of a cancelled chunk, and those that ended with it: what can be reviewed again, and which batches do so already; null in every other state, and for an undo */
  rest: z
    .object({
      chunks: z.array(z.int()),
      /** items; null where they are too many to count */
      counts: z.object({ free: z.int(), done: z.int(), uncertain: z.int(), taken: z.int() }).nullable(),
      batches: z.array(restBatch),
    })
    .nullable(),
  /** the latest, newest first */
  corrections: z.array(correctionMade),
  /** a chunk waits behind this one for a person's yes */
  nextWaits: z.boolean(),
  /** the chunk of this batch to look at after this one, and how many stand still; null when none does */
  next: nextWaiting.nullable(),
  /** when it halted */
  haltedAt: instant.nullable(),
  /** targets that failed, as far as this chunk waits for them */
  targets: z.array(targetIncident),
  /** what this person may do to it as it is */
  may: z.object({ correct: z.boolean(), decide: z.boolean(), release: z.boolean(), resume: z.boolean() }),
});
export type CheckpointView = z.infer<typeof checkpointView>;
export type TwoSignatures = NonNullable<CheckpointView['two']>;
export type FirstReceipt = CheckpointView['firstReceipts'][number];

const note = givenNote('A note', 2_000).nullish();

export const corrections = z
  .array(z.strictObject({ ordinal: nameNumber, category: z.string().min(1), note }))
  .min(1, 'Give at least one correction.')
  .max(10_000, 'At most 10,000 corrections at a time.')
  .refine((all) => new Set(all.map(({ ordinal }) => ordinal)).size === all.length, 'One item is given twice.');

/** How the items of one correction were chosen; told by whoever sends it. */
export const correctedHow = z
  .enum(['item', 'selection', 'like'])
  .describe(
    '`item`: one by one; `selection`: selected together; `like`: chosen for being like another. Left out: `item` for one, `selection` for more.',
  );

export const corrected = z.object({
  revision: z.int(),
  changed: z.int(),
  counts: countsByCategory,
  digest: checkpoint.shape.digest.describe(
    'Of the manifest with these corrections: a decision can follow at once. Null for a chunk so large that it is built only when its checkpoint is read.',
  ),
  problems: checkpoint.shape.problems,
});
export type Corrected = z.infer<typeof corrected>;

const ground = z.object({
  kind: z.enum(['field', 'rule', 'words']),
  field: z.string().nullable().describe('Whose value, or whose words, are the same.'),
  value: z.string().nullable().describe('The value, or the words without numbers; of a rule its name.'),
  ordinals: z.array(z.int()).describe('The items of this chunk in the category that it was moved out of: they would move.'),
  examples: z.array(z.object({ ordinal: z.int(), line: z.string() })),
  toCome: count
    .nullable()
    .describe('Of the items of chunks to come that were compared. Null where that can’t be told before they are classified.'),
  rule: z.json().nullable().describe('A rule that says the same, as in a plan; null where none does.'),
});

/** What is like items that a person moved, each ground named. */
export const alike = z.object({
  from: z.string(),
  to: z.string(),
  grounds: z.array(ground).describe('The narrowest first.'),
  of: z
    .object({ items: count, compared: count, first: z.int().nullable() })
    .describe(
      'The items that were moved together, and how many of them were compared with each other: a ground is common to these.',
    ),
  compared: z
    .object({ here: count, toCome: count, itemsToCome: count })
    .describe('Items that were compared, of those that there are.'),
});
export type Alike = z.infer<typeof alike>;
export type Ground = Alike['grounds'][number];

export const alikeAsked = z
  .strictObject({
    ordinals: z.array(nameNumber).min(1).max(LIKE_OF_MAX).optional().describe('Items that were moved together.'),
    revision: nameNumber.optional().describe('In their place: what the correction that made this revision moved.'),
    from: z.string().min(1),
    to: z.string().min(1),
  })
  .refine(({ ordinals, revision }) => (ordinals === undefined) !== (revision === undefined), {
    path: ['ordinals'],
    message: 'Give either `ordinals` or `revision`.',
  });

export const seen = z
  .array(nameNumber)
  .max(100_000)
  .describe('Ordinals of the items that were looked at. The caller attests it, and the receipt says so.');

/** What of a chunk a decision is bound to. */
export const decidedOn = {
  digest: sha256,
  revision: nameNumber.optional().describe('The revision that was looked at: a refusal then tells what changed since.'),
  seen: seen.optional(),
};
export const decidedChunks = z
  .array(z.strictObject({ number: nameNumber, ...decidedOn }))
  .min(1)
  .max(20_000)
  .refine((chunks) => new Set(chunks.map(({ number }) => number)).size === chunks.length, 'One chunk is given twice.');
export type DecidedOn = z.output<typeof decidedChunks>[number];

export const decisionAnswers = {
  next: z.boolean().default(false).describe('May the next chunk be worked on?'),
  execute: z
    .boolean()
    .default(false)
    .describe(
      'May these actions run? Where the plan wants two signatures, the first only signs and the second, by another, approves.',
    ),
  first: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'How many actions of each target run before a person releases the rest, where that is to be fewer than the plan says.',
    ),
  override: givenNote('A reason', 2_000)
    .min(1)
    .nullish()
    .describe(
      'Why it is approved without a look at each acting category, without a mark that it wants, or without what the plan demands.',
    ),
  atMost: z
    .number()
    .gt(0)
    .max(UNDER_BOUND_SHARE_MAX)
    .optional()
    .describe(
      'Approves chunks of which nobody saw an item on the looks over the batch: with 95 % confidence at most this share of each acting category is wrong. Refused where these do not prove it.',
    ),
  sendBack: z
    .boolean()
    .default(false)
    .describe(
      'Classify it again; the note says why. Of a chunk that awaits a second signature: do not sign it; the first one is void.',
    ),
  close: z.boolean().default(false).describe('Close the chunk without executing.'),
  release: z.boolean().default(false).describe('Run the rest of an approval whose first actions are done.'),
  note,
};
const givenAnswers = z.object(decisionAnswers);
export type GivenAnswers = z.output<typeof givenAnswers>;

export const restRefused = z.object({
  chunks: z.array(z.int()).describe('Numbers of the chunks of the approval that are ended: nothing more of them is sent.'),
  undo: z
    .object({ id, chunk: z.int() })
    .nullable()
    .describe('The batch that undoes what they did, once it is approved, and its first chunk; null where there is none.'),
  notUndone: z.string().nullable().describe('Why there is none, where something was done.'),
});
export type RestRefused = z.infer<typeof restRefused>;

export const decided = z.object({
  decisionId: id,
  decided: z.array(z.int()).describe('Numbers of the chunks that the decision covers.'),
  dropped: z
    .array(z.object({ number: z.int(), why: z.string() }))
    .describe('Chunks that changed meanwhile, and so are not covered.'),
  opened: z.array(z.int()).describe('Chunks that were let through their gate.'),
});
export type Decided = z.infer<typeof decided>;
