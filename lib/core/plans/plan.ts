/**
 * The plan: what a batch is to do, as JSON. Unknown keys are refused; only `classifier`, `categories` and `chunking` are
 * required, everything else has the default written here. What a kind of classifier or connector reads of a plan is its own: the schema is put
 * together from the kinds that there are (`planSchemaOf`).
 */
import { z } from 'zod';
import { through } from '#lib/core/connections/through.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import {
  CATEGORIES_MAX,
  CATEGORY_NAME_CHARS_MAX,
  CHUNK_DEFAULT_ITEMS,
  CHUNK_NAME_CHARS_MAX,
  DEADLINE_HOURS_MAX,
  INSTRUCTION_CHARS_MAX,
  PERSON_EMAIL_CHARS_MAX,
  TEMPLATE_CHARS_MAX,
} from '#lib/core/limits.ts';
import { isTimeZone } from '#lib/core/values/dates.ts';
import { givenName, refuseHidden } from '#lib/core/values/given-name.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { GATE_POLICIES, PLAN_VERSIONS } from './kinds.ts';

const fieldName = z.string().min(1).max(500);
const template = z.string().max(TEMPLATE_CHARS_MAX);

/** A category's name is a label for people; it is compared exactly. */
export const categoryName = z
  .string()
  .min(1, 'A category needs a name.')
  .max(CATEGORY_NAME_CHARS_MAX, `A category name has at most ${CATEGORY_NAME_CHARS_MAX} characters.`)
  .refine((name) => name.trim() === name, 'A category name does not begin or end with a space.')
  .overwrite((name) => name.normalize('NFC'))
  .superRefine((name, context) => refuseHidden('A category name', name, context));

/** Whether the target takes a repeat with the same key for the same request: never, for ever, or for so many hours. */
export const honoursKeys = z.union([
  z.boolean(),
  z.strictObject({
    forHours: z
      .number()
      .min(1, 'A target keeps keys for at least one hour. Set honoursKeys to false if yours does not.')
      .max(24 * 365),
  }),
]);

const sizes = { minItems: z.int().min(1).nullable().default(null), maxItems: z.int().min(1).nullable().default(null) };

const timeZone = z.string().refine(isTimeZone, 'This is not a time zone of the IANA database. Write one such as Europe/Rome.');

export const chunking = z.discriminatedUnion('by', [
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

const chunkName = givenName('A chunk’s name', { max: CHUNK_NAME_CHARS_MAX, missing: 'A chunk needs a name.' });

/** Edits are applied in order to the chunks as numbered so far. */
const chunkEdit = z.union([
  z.strictObject({ merge: z.array(z.int().min(1)).min(2) }),
  z.strictObject({ split: z.int().min(1), after: z.int().min(1) }),
  z.strictObject({ rename: z.int().min(1), to: chunkName }),
  z.strictObject({ move: z.int().min(1), to: z.int().min(1) }),
  z.strictObject({ exclude: z.int().min(1) }),
]);

export const independence = z.strictObject({
  resource: z.array(fieldName).max(10).default([]),
  dependsOn: fieldName.nullable().default(null),
});

export const gates = z.strictObject({
  next: z.enum(GATE_POLICIES).nullable().default(null),
  approvals: z.literal([1, 2], 'One or two people sign each chunk: approvals is 1 or 2.').default(1),
  // Without a default: the bytes of older plans do not change.
  keysMaySign: z
    .boolean()
    .optional()
    .describe('Where two sign: whether an API key may be one of them. Left out: only people sign.'),
  stepUp: z
    .boolean()
    .optional()
    .describe(
      'Version 2. Whether who approves, releases the rest or answers for what is uncertain proves with a second factor who they are. An API key can’t.',
    ),
  evidence: z
    .strictObject({
      atMost: z
        .number()
        .gt(0, 'A bound is a share above 0 and below 1, as in 0.02.')
        .lt(1, 'A bound is a share above 0 and below 1, as in 0.02.')
        .describe('The largest share of wrong items, at 95 % confidence: 0.02 is 2 %.'),
      over: z.enum(['batch', 'chunk']).default('batch'),
    })
    .nullable()
    .default(null)
    .describe('What the reviewed items must prove before the actions of a category may be approved. Null: nothing.'),
});

export const execution = z.strictObject({
  concurrency: z.int().min(1).max(256).default(8),
  ratePerSecond: z.number().positive().max(100_000).nullable().default(null),
  first: z.int().min(0).max(1_000).default(3),
  haltAfter: z
    .strictObject({ consecutive: z.int().min(1).default(5), share: z.number().min(0).max(1).default(0.2) })
    .default({ consecutive: 5, share: 0.2 }),
  retry: z.strictObject({ attempts: z.int().min(1).max(10).default(3) }).default({ attempts: 3 }),
});

/** How long a question may wait before one person more is told. Its end approves nothing. */
export const deadline = z.strictObject({
  hours: z
    .int('A deadline is in whole hours.')
    .min(1, 'A deadline is an hour at least.')
    .max(DEADLINE_HOURS_MAX, `A deadline is ${DEADLINE_HOURS_MAX.toLocaleString('en-US')} hours at most.`),
  escalateTo: z
    .email('This is not a mail address. Write the one with which a person here signs in.')
    .max(PERSON_EMAIL_CHARS_MAX)
    .optional()
    .describe('The address of the person who is told then. Left out: whom the installation names, else every admin.'),
});

/** What a plan says of its classifier: the kind, and what that kind reads. */
export type ClassifierPart = { kind: string; [key: string]: Json };

/** A kind of classifier, as far as a plan knows it. Pure. */
export type ClassifierInPlan<Part extends ClassifierPart = ClassifierPart> = {
  kind: string;
  /** an object whose `kind` is this one; its own keys with their defaults */
  schema: z.ZodType<Part>;
  /** the categories that the part names, with their places in it */
  categories(part: Part): { path: (string | number)[]; category: string }[];
  /** what of the part only a plan of version 2 may have, each with its place in it; left out where there is nothing */
  inVersion2?(part: Part): { path: (string | number)[]; name: string }[];
  /** the categories that the part names and that may have no action, with their places in it; left out where there are none */
  withoutAction?(part: Part): { path: (string | number)[]; category: string }[];
  /** it goes by the plan's instruction: without one there is nothing to go by */
  byInstruction?: true;
  /** the connection that it asks somebody over, with its place in the part; left out where it asks nobody */
  asksOver?(part: Part): AskedOver;
};

export type AskedOver = { connector: string; connection: string; path: (string | number)[] };

/** A kind of target, as far as a plan knows it: what its actions can do, and what they take in `with`. */
export type ConnectorInPlan = { name: string; verbs: readonly string[]; takes?: string };

export type PlanKinds = { classifiers: readonly ClassifierInPlan[]; connectors: readonly ConnectorInPlan[] };

/** The schema of a plan that may name these kinds. */
export function planSchemaOf({ classifiers, connectors }: PlanKinds) {
  return z
    .strictObject({
      classifier: classifierSchemaOf(classifiers),
      categories: z
        .array(z.strictObject({ name: categoryName, action: actionSchemaOf(connectors).nullable().default(null) }))
        .min(1, 'A plan needs at least one category.')
        .max(CATEGORIES_MAX),
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
      // Without defaults: the bytes of a plan of version 1 do not change.
      version: z
        .literal(PLAN_VERSIONS, `A plan has version ${PLAN_VERSIONS.join(' or ')}.`)
        .optional()
        .describe(
          '2: fields are compared by what their values mean, and rules may have `where`. Left out: 1, where every field is text.',
        ),
      timeZone: timeZone
        .optional()
        .describe('Version 2. Whose days the days of conditions are. Left out: the time zone of the chunks, or UTC.'),
      instruction: z
        .string()
        .max(INSTRUCTION_CHARS_MAX, `An instruction has at most ${INSTRUCTION_CHARS_MAX.toLocaleString('en-US')} characters.`)
        .superRefine((text, context) => refuseHidden('An instruction', text, context))
        .optional()
        .describe('Version 2. What should happen, in the words of whoever plans.'),
      deadline: deadline
        .optional()
        .describe(
          'Version 2. After so many hours a question that waits is told to one person more; nothing is approved or closed by that. Left out: as the installation has it.',
        ),
    })
    .superRefine((plan, context) => {
      const names = new Set<string>();
      plan.categories.forEach(({ name }, index) => {
        if (names.has(name))
          context.addIssue({ code: 'custom', path: ['categories', index, 'name'], message: `“${name}” is named twice.` });
        names.add(name);
      });
      const kind = classifiers.find((one) => one.kind === plan.classifier.kind);
      for (const { path, category } of kind?.categories(plan.classifier) ?? []) {
        if (names.has(category)) continue;
        const message = `There is no category “${category}”. Choose one of: ${[...names].join(', ')}.`;
        context.addIssue({ code: 'custom', path: ['classifier', ...path], message });
      }
      for (const { path, category } of kind?.withoutAction?.(plan.classifier) ?? []) {
        if (!plan.categories.some(({ name, action: acts }) => name === category && acts !== null)) continue;
        const message = `“${category}” has an action, and is where items are that nobody has looked at. Take another category, or take its action away.`;
        context.addIssue({ code: 'custom', path: ['classifier', ...path], message });
      }
      if (kind?.byInstruction && !plan.instruction?.trim()) {
        const message = `A plan whose classifier is “${kind.kind}” needs an instruction: what should happen, and how to tell.`;
        context.addIssue({ code: 'custom', path: ['instruction'], message });
      }
      for (const { path, name } of isTyped(plan) ? [] : inVersion2(plan, kind)) {
        const message = `“${name}” needs a plan of version 2. Add "version": 2 to the plan.`;
        context.addIssue({ code: 'custom', path, message });
      }
      const { minItems, maxItems } = plan.chunking;
      if (minItems !== null && maxItems !== null && minItems > maxItems) {
        context.addIssue({ code: 'custom', path: ['chunking', 'minItems'], message: 'minItems is larger than maxItems.' });
      }
    });
}

/** Whether the plan reads fields by what their values mean; in every older one a field is text for ever. */
export function isTyped({ version }: Pick<Plan, 'version'>): boolean {
  return version === 2;
}

/** What only a plan of version 2 may have. */
function inVersion2(
  plan: {
    classifier: ClassifierPart;
    timeZone?: unknown;
    instruction?: unknown;
    deadline?: unknown;
    gates: { stepUp?: unknown };
  },
  kind: ClassifierInPlan | undefined,
): { path: (string | number)[]; name: string }[] {
  const keys = (['timeZone', 'instruction', 'deadline'] as const).filter((name) => plan[name] !== undefined);
  const parts = kind?.inVersion2?.(plan.classifier) ?? [];
  return [
    ...keys.map((name) => ({ path: [name], name })),
    ...(plan.gates.stepUp === undefined ? [] : [{ path: ['gates', 'stepUp'], name: 'stepUp' }]),
    ...parts.map(({ path, name }) => ({ path: ['classifier', ...path], name })),
  ];
}

/** One of the kinds' parts, told apart by `kind`. */
function classifierSchemaOf(kinds: readonly ClassifierInPlan[]): z.ZodType<ClassifierPart> {
  const known = kinds.map(({ kind }) => kind).join(', ');
  return z.discriminatedUnion('kind', kinds.map(({ schema }) => schema) as unknown as [z.ZodObject, ...z.ZodObject[]], {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return undefined;
      const { kind } = input as { kind?: unknown };
      return typeof kind === 'string'
        ? `There is no classifier “${kind}”. Choose one of: ${known}.`
        : `A classifier needs a kind. Choose one of: ${known}.`;
    },
  }) as unknown as z.ZodType<ClassifierPart>;
}

/**
 * The connector itself checks `connector`, `do` and `with` (`checkAction`), against the dataset's fields and together with all that is wrong
 * elsewhere in the plan: a name that nobody knows must not hide the other problems. Here the kinds are only told of.
 */
function actionSchemaOf(kinds: readonly ConnectorInPlan[]) {
  const can = kinds.map(({ name, verbs }) => `${name}: ${verbs.join(', ')}`).join('; ');
  const take = kinds.flatMap(({ name, takes }) => (takes === undefined ? [] : [`${name}: ${takes}`])).join(' ');
  return action.extend({
    connector: action.shape.connector.describe(`A connector, and what its actions \`do\`: ${can}.`),
    with: action.shape.with.describe(`What the connector takes. ${take}`.trim()),
    // Without a default: the bytes of older plans do not change.
    through: through
      .optional()
      .describe('The connection as it is when the batch is planned. Written by the server; what is given is gone by.'),
  });
}

export const action = z.strictObject({
  connector: z.string().min(1).max(40),
  connection: z.string().min(1).max(100).nullable().default(null),
  do: z.string().min(1).max(40),
  honoursKeys: honoursKeys.default(false),
  with: z.record(z.string(), z.json()).default({}),
});

export type PlanSchema = ReturnType<typeof planSchemaOf>;
export type Plan = z.infer<PlanSchema>;
/** The plan as people write it, with the defaults left out. */
export type PlanInput = Omit<z.input<PlanSchema>, 'classifier'> & { classifier: ClassifierPart };
export type Category = Plan['categories'][number];
export type Action = NonNullable<Category['action']>;
export type Chunking = Plan['chunking'];
export type ChunkEdit = Plan['chunkEdits'][number];
export type GatePolicy = NonNullable<Plan['gates']['next']>;

/** How long the target keeps the key of a request, by the plan, or where that says nothing by the connection: 0 for not at all, in ms. */
export function keysKeptMs({ honoursKeys, through: connection }: Pick<Action, 'honoursKeys' | 'through'>): number {
  const declared = honoursKeys === false ? (connection?.keys ?? false) : honoursKeys;
  if (typeof declared === 'object') return declared.forHours * 60 * 60 * 1000;
  return declared ? Number.POSITIVE_INFINITY : 0;
}

/** Whose days a plan of version 2 means. */
export function timeZoneOf({ timeZone: said, chunking: by }: Pick<Plan, 'timeZone' | 'chunking'>): string {
  return said ?? (by.by === 'time' ? by.timeZone : 'UTC');
}

/** Reads a plan from unknown JSON; a plan of version 2 has its time zone written out. Throws `invalid` with one problem per wrong place. */
export function readPlan(schema: PlanSchema, value: unknown): Plan {
  const read = schema.safeParse(inOneZone(value));
  if (read.success) return isTyped(read.data) ? { ...read.data, timeZone: timeZoneOf(read.data) } : read.data;
  const problems: Problem[] = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const first = problems[0];
  const where = first?.path ? ` at ${first.path}` : '';
  throw new CountersignError('invalid', `The plan can't be read${where}: ${first?.message ?? 'it is not an object.'}`, {
    problems,
  });
}

/** The chunks of a plan of version 2 that name no time zone are cut in the plan's. */
function inOneZone(value: unknown): unknown {
  if (!isRecord(value) || value.version !== 2 || !timeZone.safeParse(value.timeZone).success || !isRecord(value.chunking))
    return value;
  const { chunking: by } = value;
  return by.by === 'time' && by.timeZone === undefined ? { ...value, chunking: { ...by, timeZone: value.timeZone } } : value;
}
