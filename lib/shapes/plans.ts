import { z } from 'zod';
import { CHUNKS_MAX, RULES_MAX, TEACH_ROUND_ITEMS, TEACH_ROUND_ITEMS_MAX } from '#lib/core/limits.ts';
import { CHUNK_KINDS, GATE_POLICIES, ROUTINGS, RULE_WARNINGS, WARNINGS } from '#lib/core/plans/kinds.ts';
import { categoryName, type Plan, type PlanInput } from '#lib/core/plans/plan.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { actionWords } from './actions.ts';
import { classifiedItem } from './datasets.ts';
import { question } from './readings.ts';
import { count, facts, id, instant, isObject, nameNumber, sha256 } from './values.ts';

/** A plan as it was written; the step that takes it says what is wrong with it and where. lib/api/openapi.ts describes it. */
export const givenPlan: z.ZodType<PlanInput, PlanInput> = z.custom<PlanInput>(isObject, 'The plan is a JSON object.');
/** A plan with every default written out, as it is stored. */
export const resolvedPlan: z.ZodType<Plan, Plan> = z.custom<Plan>(isObject, 'This is not an object.');

export const routingKind = z.enum(ROUTINGS);

const ruleFacts = z.object({
  takes: count.describe('Items that it is the first to match: those whose category it gives.'),
  matches: count.describe('Items that it matches, also those that an earlier rule takes.'),
  unknown: count.describe(
    'Items of which nobody knows whether it matches: a value is missing, or can’t be read as what its field means.',
  ),
  unknownFields: z.array(
    z.object({
      field: z.string(),
      count,
      message: z.string().describe('“12 items have no number in “Amount”.”'),
      examples: z.array(z.object({ ordinal: z.int(), value: z.string() })).describe('The first, at most 5.'),
    }),
  ),
  warnings: z.array(z.object({ code: z.enum(RULE_WARNINGS), message: z.string() })),
});
export type RuleFacts = z.infer<typeof ruleFacts>;

const requestFacts = z
  .object({
    category: z.string(),
    exact: z.boolean().describe('False: tried on `tried` of its items, and scaled up.'),
    tried: count,
    built: count.describe('Items whose request can be built.'),
    unbuildable: count.describe('Items whose request can’t be built: a chunk with one of them can’t be approved as it is.'),
    problems: z
      .array(
        z.object({
          reason: z.string(),
          count,
          field: z.string().nullable().describe('Whose value is to blame; null where nobody knows, or several are.'),
          ordinals: z.array(z.int()).describe('The first, at most 5.'),
        }),
      )
      .describe('Why not, the most frequent first.'),
  })
  .describe('Of a category with an action.');
export type RequestFacts = z.infer<typeof requestFacts>;

export const preview = z.object({
  datasetId: id,
  plan: resolvedPlan,
  soFar: z.boolean().describe('The dataset is still arriving: this counts the items that have arrived.'),
  rows: z
    .object({
      read: count,
      unreadable: count,
      asks: z.boolean().describe('Whether the start asks: it wants `acceptUnreadable` with this number of unreadable rows.'),
    })
    .describe('Of the dataset: its rows that were read, and those that could not be.'),
  questions: z
    .array(question)
    .describe('What is asked of the reading of the dataset. The start is refused while a question is open.'),
  itemCount: count,
  excludedCount: count,
  why: z.string(),
  routing: z.object({ kind: routingKind, why: z.string() }),
  independence: z.object({
    ok: z.boolean(),
    fields: z.array(z.string()),
    sharedGroups: count,
    sharedItems: count,
    examples: z.array(z.object({ resource: z.string(), count, ordinals: z.array(z.int()) })),
    dependencies: count,
    why: z.string(),
  }),
  gates: z.object({ next: z.enum(GATE_POLICIES), pilot: z.int(), why: z.string() }),
  estimate: z.object({ decisions: count, minutes: z.number(), why: z.string() }),
  warnings: z.array(z.object({ code: z.enum(WARNINGS), message: z.string(), facts })),
  /** at most PREVIEW_CHUNK_ROWS_MAX; `chunksOmitted` counts the others */
  chunks: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      kind: z.enum(CHUNK_KINDS),
      itemCount: count,
      from: z.string().nullable(),
      to: z.string().nullable(),
      serial: z.boolean(),
      firstOrdinal: z.int(),
      lastOrdinal: z.int(),
    }),
  ),
  chunksOmitted: count,
  sort: z.object({
    known: z.boolean().describe('False: agents classify, so nobody knows ahead what comes of it. Every count is 0.'),
    /** false: counted on a random sample of `counted` items and scaled up */
    exact: z.boolean(),
    counted: count,
    categories: z.array(
      z.object({
        name: z.string(),
        count,
        action: actionWords.nullable(),
        /** at most PREVIEW_EXAMPLES, with their receipt fields, cut to a length for the eye */
        examples: z.array(
          classifiedItem.extend({
            /** the exact request that would be frozen, cut to a length for the eye; null without an action */
            request: z.string().nullable(),
            /** the line that a success would leave in the task body; null without an action */
            receiptLine: z.string().nullable(),
            /** why no request can be built for this item: such a chunk can't be approved as it is */
            problem: z.string().nullable(),
          }),
        ),
      }),
    ),
    /** items that each of the classifier's rules is the first to take, in their order */
    rules: z.array(count),
    /** what each rule comes to, in their order */
    ruleFacts: z.array(ruleFacts),
    otherwise: count,
  }),
  requests: z.array(requestFacts).describe('Whether the requests of each category with an action can be built.'),
});
export type Preview = z.infer<typeof preview>;
export type PreviewExample = Preview['sort']['categories'][number]['examples'][number];

/** Which items to decide next, so that a classifier learns from them. */
export const teachAsked = {
  classifier: z.json().describe('The classifier of the plan, with what was taught so far.'),
  most: z.int().min(1).max(TEACH_ROUND_ITEMS_MAX).default(TEACH_ROUND_ITEMS).describe('So many items at most.'),
};

/** Of all items, with 95 % confidence. */
const share = {
  least: z.number(),
  most: z.number().describe('With 95 % confidence it is right about such a share of all items, from `least` to `most`.'),
};

export const teachRound = z.object({
  items: z
    .array(classifiedItem.pick({ ordinal: true, fields: true }))
    .describe('Items to decide: those of which it knows least, and a few at random. None is a random look of an approval.'),
  taught: count.describe('Items that were taught, of all datasets.'),
  least: count.describe('With fewer, or with one category alone, nothing is learned.'),
  categories: z.array(
    z.object({
      name: z.string(),
      taught: count,
      items: count.describe('Undecided items that were looked at and would go there.'),
    }),
  ),
  rest: z.object({
    items: count.describe('Undecided items that were looked at.'),
    unsure: count.describe('Of these, those of which it is not sure enough: they go to `otherwise`.'),
    exact: z.boolean().describe('False: only a sample of the dataset was looked at.'),
  }),
  right: z
    .object({
      of: count.describe('Items drawn at random that were taught.'),
      right: count.describe('Of these, those that it had right when it was taught all but them.'),
      ...share,
    })
    .nullable()
    .describe('Null: nothing was learned yet.'),
});
export type TeachRoundTold = z.infer<typeof teachRound>;

const ruleIndex = z.int().min(0).describe('The place of a rule among the rules, from 0.');

/**
 * A count of a preview: what a rule takes, what it matches at all, where nobody knows whether it does, what a category gets, what no rule takes, whose request
 * can't be built, and what changes the same thing as another item.
 */
export const countedRows = z.union([
  z.strictObject({ rule: ruleIndex }),
  z.strictObject({ matches: ruleIndex }),
  z.strictObject({ unknown: ruleIndex, field: z.string().optional().describe('Only for want of this field.') }),
  z.strictObject({ category: categoryName }),
  z.strictObject({ otherwise: z.literal(true) }),
  z.strictObject({
    unbuildable: categoryName,
    reason: z.string().optional().describe('Only for this reason, as `requests` tells it.'),
  }),
  z.strictObject({ sameTarget: z.literal(true) }),
  z.strictObject({ chunk: z.int().min(1) }).describe('A chunk by its number.'),
  z.strictObject({ leftOut: z.literal(true) }).describe('Items of chunks that are left out.'),
  z.strictObject({ doubtful: z.literal(true) }).describe('Items whose date is doubtful, where chunks are cut by time.'),
  z.strictObject({ shared: z.literal(true) }).describe('Items that share a resource with another one.'),
]);
export type CountedRows = z.infer<typeof countedRows>;

export const rowBehind = classifiedItem.extend({
  category: z.string(),
  unknownFields: z
    .array(z.string())
    .describe('Of a rule of which nobody knows: the fields whose values are missing or can’t be read.'),
  problem: z.string().nullable().describe('Of a request that can’t be built: why not. Null where that was not asked.'),
});
export type RowBehind = z.infer<typeof rowBehind>;

/** What can be changed while a batch runs: only what classifies. What every member means is checked by the step that takes it. */
const rulesChanged = {
  revision: nameNumber.describe(
    'The revision of the rules that this goes on from. It is refused as `stale` when another one came.',
  ),
  rules: z
    .array(z.json())
    .max(RULES_MAX, `A plan has at most ${RULES_MAX} rules.`)
    .optional()
    .describe('All rules, in their order, as in a plan. Left out: they stay.'),
  taught: z
    .array(z.json())
    .optional()
    .describe('Of a classifier that learns: all that it was taught, as in a plan. Left out: it stays, and is learned from anew.'),
  otherwise: categoryName.optional().describe('The category of what no rule takes.'),
  instruction: z.string().optional().describe('What should happen, in words. Plans of version 2.'),
};

/** A member that is none of these is named: what is sent, where and when, does not change any more. */
function onlyRules({ code, keys }: { code?: string; keys?: string[] }): string | undefined {
  if (code !== 'unrecognized_keys') return undefined;
  return `“${keys?.[0]}” can’t be changed once a batch runs. Only rules, taught, otherwise and instruction can.`;
}

const rulesChange = z.strictObject(rulesChanged, { error: (issue) => onlyRules(issue as { code?: string; keys?: string[] }) });
export type RulesChange = z.output<typeof rulesChange>;

const chunksAgain = z
  .array(nameNumber)
  .max(CHUNKS_MAX)
  .optional()
  .describe(
    'Chunks that await their review and are to be classified again: what a classifier said of them is discarded, what people corrected stays. Others that await it keep their rules.',
  );

export const planRevised = z.strictObject(
  {
    ...rulesChanged,
    chunks: chunksAgain,
    note: givenNote('A note', 2_000).nullish(),
    from: z
      .strictObject({ chunk: nameNumber, ordinal: nameNumber })
      .nullish()
      .describe('The corrected item that the rules were taught by.'),
  },
  { error: (issue) => onlyRules(issue as { code?: string; keys?: string[] }) },
);

export const rulesRevised = z.object({
  revision: z.int(),
  digest: sha256.describe('Of the whole plan.'),
  chunks: count.describe('How many chunks go by these rules from now on.'),
  again: z.array(z.int()).describe('The numbers of those that awaited their review and are classified again.'),
});
export type RulesRevised = z.infer<typeof rulesRevised>;

export const planRevision = z.object({
  revision: z.int(),
  plan: resolvedPlan,
  digest: sha256,
  by: z.string().describe('The name of who changed the rules. Of revision 1: who started the batch.'),
  at: instant,
  note: z.string().nullable(),
  editor: z.string().nullable().describe('The form in which a page edits its rules; null where its classifier has none.'),
  byInstruction: z.boolean().describe('Whether its items are classified by its instruction.'),
  from: z.object({ chunk: z.int(), ordinal: z.int() }).nullable().describe('The corrected item that it was taught by.'),
});
export type PlanRevisionTold = z.infer<typeof planRevision>;

/** What people decided in a batch, which its classifier has not learned from yet. */
export const lessons = z.object({
  dataset: id,
  items: z.array(z.object({ ordinal: z.int(), category: z.string() })).describe('The latest of each item, by their ordinals.'),
  more: z.boolean().describe('There are others: these are as many as a plan learns from.'),
});
export type Lessons = z.infer<typeof lessons>;

const ruleCount = z.object({
  items: count.describe('Items that it gave their category, of those classified so far.'),
  moved: count.describe('Of these, items that are in another category now: people moved them.'),
});

/** How many items each rule of a batch classified, by the rules that hold now. What nobody knows of is said. */
export const ruleCounts = z.object({
  revision: z.int().describe('The revision of the rules.'),
  plan: resolvedPlan.describe('With the rules that hold now.'),
  rules: z
    .array(ruleCount)
    .describe('In the order of the rules. A rule that was in an earlier revision as it is now counts as this one.'),
  otherwise: ruleCount.describe('Items that no rule took.'),
  others: count.describe('Items by rules that are not among these any more.'),
  unknown: count.describe(
    'Items of which nobody knows: they were classified before it was kept, or corrected by a person before their chunk was classified again.',
  ),
  upTo: count.describe('Items that are classified.'),
});
export type RuleCounts = z.infer<typeof ruleCounts>;

export const ruleItem = classifiedItem.extend({
  category: z.string().describe('That it is in now.'),
  by: z.string().describe('Who gave that: the classifier’s kind, or a person’s name.'),
  chunk: z.int(),
});
export type RuleItem = z.infer<typeof ruleItem>;

export const differenceAsked = z.strictObject(
  {
    ...rulesChanged,
    chunks: chunksAgain.describe('Which to look at first; the others that await their review follow.'),
  },
  { error: (issue) => onlyRules(issue as { code?: string; keys?: string[] }) },
);

const itemsMove = z.object({
  from: z.string(),
  to: z.string(),
  count,
  examples: z.array(z.object({ ordinal: z.int(), line: z.string() })).describe('The first, at most 3.'),
});

const chunkDifference = z.object({
  number: z.int(),
  name: z.string(),
  items: count,
  looked: count.describe('Items that the new rules were tried on. Fewer than `items`: the budget was spent.'),
  corrected: count.describe('Of these, what people corrected: it stays.'),
  moves: z.array(itemsMove),
});

export const rulesDifference = z.object({
  revision: z.int().describe('The revision that it goes on from.'),
  chunks: z.array(chunkDifference).describe('Chunks that await their review, as far as the budget went.'),
  moves: z.array(itemsMove).describe('Of all of these together.'),
  looked: count,
  left: z.object({ chunks: count, items: count }).describe('Chunks that await their review, and were not looked at whole.'),
  toCome: z.object({ chunks: count, items: count }).describe('Chunks that nobody has seen classified: they take the rules.'),
});
export type RulesDifference = z.infer<typeof rulesDifference>;
