import { z } from 'zod';
import { CHUNK_KINDS, GATE_POLICIES, ROUTINGS, WARNINGS } from '#lib/core/plans/kinds.ts';
import type { Plan, PlanInput } from '#lib/core/plans/plan.ts';
import { actionWords } from './actions.ts';
import { classifiedItem } from './datasets.ts';
import { question } from './readings.ts';
import { count, facts, id, isObject } from './values.ts';

/** A plan as it was written; the step that takes it says what is wrong with it and where. lib/api/openapi.ts describes it. */
export const givenPlan: z.ZodType<PlanInput, PlanInput> = z.custom<PlanInput>(isObject, 'The plan is a JSON object.');
/** A plan with every default written out, as it is stored. */
export const resolvedPlan: z.ZodType<Plan, Plan> = z.custom<Plan>(isObject, 'This is not an object.');

export const routingKind = z.enum(ROUTINGS);

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
    otherwise: count,
  }),
});
export type Preview = z.infer<typeof preview>;
export type PreviewExample = Preview['sort']['categories'][number]['examples'][number];
