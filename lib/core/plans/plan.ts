/**
 * The plan: what a batch is to do, as JSON. Unknown keys are refused; only `classifier`, `categories` and `chunking` are
 * required, everything else has the default written here.
 */
import { z } from 'zod';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import {
  CATEGORIES_MAX,
  CATEGORY_NAME_CHARS_MAX,
  CHUNK_DEFAULT_ITEMS,
  CHUNK_NAME_CHARS_MAX,
  RULES_MAX,
  TEMPLATE_CHARS_MAX,
} from '#lib/core/limits.ts';
import { GATE_POLICIES } from './kinds.ts';

const fieldName = z.string().min(1).max(500);
const template = z.string().max(TEMPLATE_CHARS_MAX);

/** A category's name is a label for people; it is compared exactly. */
const categoryName = z
  .string()
  .min(1, 'A category needs a name.')
  .max(CATEGORY_NAME_CHARS_MAX, `A category name has at most ${CATEGORY_NAME_CHARS_MAX} characters.`)
  .refine((name) => name.trim() === name, 'A category name does not begin or end with a space.');

const rule = z.strictObject({
  when: z.string().min(1, 'A rule needs a condition.').max(TEMPLATE_CHARS_MAX),
  category: categoryName,
  why: z.string().max(500).default(''),
  confidence: z.number().min(0).max(1).default(0.9),
});

const classifier = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rules'),
    rules: z.array(rule).max(RULES_MAX, `A plan has at most ${RULES_MAX} rules.`).default([]),
    otherwise: categoryName,
  }),
]);

/** Whether the target takes a repeat with the same key for the same request: never, for ever, or for so many hours. */
const honoursKeys = z.union([
  z.boolean(),
  z.strictObject({
    forHours: z
      .number()
      .min(1, 'A key is kept for an hour at least, or not relied upon.')
      .max(24 * 365),
  }),
]);

/** `with` is checked by the connector itself (lib/connectors), so that only its own file knows its parameters. */
const action = z.strictObject({
  connector: z.string().min(1).max(40),
  connection: z.string().min(1).max(100).nullable().default(null),
  do: z.string().min(1).max(40),
  honoursKeys: honoursKeys.default(false),
  with: z.record(z.string(), z.json()).default({}),
});

const category = z.strictObject({ name: categoryName, action: action.nullable().default(null) });

const sizes = { minItems: z.int().min(1).nullable().default(null), maxItems: z.int().min(1).nullable().default(null) };

/** A name the running platform knows; Intl refuses others. */
const timeZone = z.string().refine((name) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}, 'Not a time zone of the IANA database, such as Europe/Rome.');

const chunking = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('time'),
    field: fieldName,
    every: z.enum(['day', 'week', 'month', 'quarter', 'year']),
    timeZone: timeZone.default('UTC'),
    ...sizes,
  }),
  z.strictObject({ by: z.literal('category'), field: fieldName, of: z.enum(['value', 'domain']).default('value'), ...sizes }),
  z.strictObject({
    by: z.literal('size'),
    minItems: sizes.minItems,
    maxItems: z.int().min(1).default(CHUNK_DEFAULT_ITEMS),
  }),
]);

/** Edits are applied in order to the chunks as numbered so far. */
const chunkEdit = z.union([
  z.strictObject({ merge: z.array(z.int().min(1)).min(2) }),
  z.strictObject({ split: z.int().min(1), after: z.int().min(1) }),
  z.strictObject({ rename: z.int().min(1), to: z.string().min(1).max(CHUNK_NAME_CHARS_MAX) }),
  z.strictObject({ move: z.int().min(1), to: z.int().min(1) }),
  z.strictObject({ exclude: z.int().min(1) }),
]);

const independence = z.strictObject({
  resource: z.array(fieldName).max(10).default([]),
  dependsOn: fieldName.nullable().default(null),
});

const gates = z.strictObject({
  next: z.enum(GATE_POLICIES).nullable().default(null),
  approvals: z.literal([1, 2], 'One or two people sign each chunk: approvals is 1 or 2.').default(1),
  evidence: z.null('A demanded evidence bound is not available yet: evidence is null.').default(null),
});

const execution = z.strictObject({
  concurrency: z.int().min(1).max(256).default(8),
  ratePerSecond: z.number().positive().max(100_000).nullable().default(null),
  first: z.int().min(0).max(1_000).default(3),
  haltAfter: z
    .strictObject({ consecutive: z.int().min(1).default(5), share: z.number().min(0).max(1).default(0.2) })
    .default({ consecutive: 5, share: 0.2 }),
  retry: z.strictObject({ attempts: z.int().min(1).max(10).default(3) }).default({ attempts: 3 }),
});

export const planSchema = z
  .strictObject({
    classifier,
    categories: z.array(category).min(1, 'A plan needs at least one category.').max(CATEGORIES_MAX),
    chunking,
    independence: independence.default({ resource: [], dependsOn: null }),
    chunkEdits: z.array(chunkEdit).max(10_000).default([]),
    gates: gates.default({ next: null, approvals: 1, evidence: null }),
    execution: execution.default({
      ...{ concurrency: 8, ratePerSecond: null, first: 3 },
      haltAfter: { consecutive: 5, share: 0.2 },
      retry: { attempts: 3 },
    }),
    receiptLine: template.default(''),
    receiptFields: z.array(fieldName).max(20).default([]),
  })
  .superRefine((plan, context) => {
    const names = new Set<string>();
    plan.categories.forEach(({ name }, index) => {
      if (names.has(name))
        context.addIssue({ code: 'custom', path: ['categories', index, 'name'], message: `“${name}” is named twice.` });
      names.add(name);
    });
    const known = [...names].join(', ');
    plan.classifier.rules.forEach((one, index) => {
      if (names.has(one.category)) return;
      const message = `No category is called “${one.category}”. There is: ${known}.`;
      context.addIssue({ code: 'custom', path: ['classifier', 'rules', index, 'category'], message });
    });
    if (!names.has(plan.classifier.otherwise)) {
      const message = `No category is called “${plan.classifier.otherwise}”. There is: ${known}.`;
      context.addIssue({ code: 'custom', path: ['classifier', 'otherwise'], message });
    }
    const { minItems, maxItems } = plan.chunking;
    if (minItems !== null && maxItems !== null && minItems > maxItems) {
      context.addIssue({ code: 'custom', path: ['chunking', 'minItems'], message: 'minItems is larger than maxItems.' });
    }
  });

export type Plan = z.infer<typeof planSchema>;
/** The plan as people write it, with the defaults left out. */
export type PlanInput = z.input<typeof planSchema>;
export type Rule = Plan['classifier']['rules'][number];
export type Category = Plan['categories'][number];
export type Action = NonNullable<Category['action']>;
export type Chunking = Plan['chunking'];
export type ChunkEdit = Plan['chunkEdits'][number];
export type GatePolicy = NonNullable<Plan['gates']['next']>;

/** How long the target keeps the key of a request, by the plan: 0 for not at all, in ms. */
export function keysKeptMs({ honoursKeys: declared }: Pick<Action, 'honoursKeys'>): number {
  if (typeof declared === 'object') return declared.forHours * 60 * 60 * 1000;
  return declared ? Number.POSITIVE_INFINITY : 0;
}

/** Reads a plan from unknown JSON. Throws `invalid` with one problem per wrong place. */
export function parsePlan(value: unknown): Plan {
  const read = planSchema.safeParse(value);
  if (read.success) return read.data;
  const problems: Problem[] = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const first = problems[0];
  const where = first?.path ? ` at ${first.path}` : '';
  throw new CountersignError('invalid', `The plan can't be read${where}: ${first?.message ?? 'it is not an object.'}`, {
    problems,
  });
}
