/**
 * A batch's plan, read back as it was started. Whoever writes a plan is told what is wrong with it (plan.ts); a plan that is stored was accepted by the version
 * that stored it, and is never refused.
 */
import { z } from 'zod';
import { through } from '#lib/core/connections/through.ts';
import { CHUNK_DEFAULT_ITEMS } from '#lib/core/limits.ts';
import { isRecord, readStored, type Stored } from '#lib/core/values/stored.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { PLAN_VERSIONS } from './kinds.ts';
import {
  action,
  type ChunkEdit,
  type ClassifierPart,
  chunking,
  execution,
  gates,
  honoursKeys,
  independence,
  type Plan,
} from './plan.ts';

/** The plan, and what of it this version does not know or understand. */
export function storedPlan(stored: unknown): Stored<Plan> {
  return readStored(plan, stored);
}

/** Nothing that JSON can hold: no schema understands it. */
const UNREADABLE = Symbol('unreadable');

/** An action that can't be understood is of no connector that there is: no request is built of it, so nothing is sent. */
const UNREADABLE_ACTION = { connector: 'unreadable', connection: null, do: 'unreadable', honoursKeys: false, with: {} };

/** Of an action, only what follows from leaving a member out may be gone by: without its connection it would be sent to somebody else. */
const storedAction = action.strip().extend({
  connector: z.string(),
  connection: z.string().nullable().default(null),
  do: z.string(),
  honoursKeys: honoursKeys.default(false).catch(false),
  with: z.custom<Record<string, Json>>(isRecord).default({}),
  through: through.optional(),
});

const category = z
  .object({
    name: z.string().catch('unreadable'),
    action: storedAction.nullable().default(null).catch(UNREADABLE_ACTION),
  })
  .catch({ name: 'unreadable', action: UNREADABLE_ACTION });

const [byTime, byCategory, bySize] = chunking.options;
const haltAfter = execution.shape.haltAfter.unwrap().shape;
const retry = execution.shape.retry.unwrap().shape;

/** What is careful: two signatures rather than one, few at once, slowly, no attempt that repeats itself, halted at the first failure. */
const plan = section({
  classifier: z.custom<ClassifierPart>((part) => isRecord(part) && typeof part.kind === 'string').catch({ kind: 'unreadable' }),
  categories: z.array(category).catch([]),
  // Chunks are rows of their own once the batch is there: chunking and its edits are only shown.
  chunking: z
    .union([byTime.strip(), byCategory.strip(), bySize.strip()])
    .catch({ by: 'size', minItems: null, maxItems: CHUNK_DEFAULT_ITEMS }),
  independence: section({
    resource: independence.shape.resource.catch([]),
    dependsOn: independence.shape.dependsOn.catch(null),
  }),
  chunkEdits: z.custom<ChunkEdit[]>(Array.isArray).default([]).catch([]),
  gates: section({
    next: gates.shape.next.catch('each'),
    approvals: gates.shape.approvals.catch(2),
    keysMaySign: gates.shape.keysMaySign.catch(false),
    evidence: gates.shape.evidence.catch(null),
  }),
  execution: section({
    concurrency: execution.shape.concurrency.catch(1),
    ratePerSecond: execution.shape.ratePerSecond.catch(1),
    first: execution.shape.first.catch(1),
    haltAfter: section({ consecutive: haltAfter.consecutive.catch(1), share: haltAfter.share.catch(0) }),
    retry: section({ attempts: retry.attempts.catch(1) }),
  }),
  receiptLine: z.string().default('').catch(''),
  receiptFields: z.array(z.string()).default([]).catch([]),
  // Left out they stay left out, and the plan is of version 1. A later version reads fields by their meanings too.
  version: z.literal(PLAN_VERSIONS).optional().catch(2),
  // Days of another zone would be other days: a name that nobody knows is refused where a day is asked for.
  timeZone: z.string().optional().catch('unreadable'),
  instruction: z.string().optional().catch(''),
});

/** A part of the plan. One that is missing has its members' defaults; one that is no object, their careful values. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const members = z.object(shape);
  const unreadable = Object.fromEntries(Object.keys(shape).map((name) => [name, UNREADABLE]));
  return members.prefault({} as z.input<typeof members>).catch(() => members.parse(unreadable));
}
