/**
 * What the API takes and gives, as zod. The browser reads this file too: nothing of the server may be imported here.
 * Descriptions are what the OpenAPI document says.
 */
import { z } from 'zod';
import { DATABASE_FAULTS } from '#lib/core/fleet/database-fault.ts';
import { BATCH_STATES, CHUNK_STATES, DATASET_STATES, STOPPINGS } from '#lib/core/lifecycle.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';

// ---- what is asked ----

export const id = z.uuid();
export const chunkNumber = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .describe('The number of the chunk in its batch, from 1.');
export const paging = {
  limit: z.coerce
    .number<number>()
    .int()
    .min(1)
    .max(PAGE_ITEMS_MAX)
    .optional()
    .describe(`How many at most, ${PAGE_ITEMS_DEFAULT} when left out.`),
  cursor: z.string().max(500).optional().describe('The `next` of the page before.'),
};
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A digest is 64 hex digits, as the checkpoint gave it.');
export const batchState = z.enum(BATCH_STATES);
export const chunkState = z.enum(CHUNK_STATES);

/** An object whose keys are the caller's: given through as it is, for a copy would lose a field called `__proto__`. */
function byName<Value>(): z.ZodType<Record<string, Value>, Record<string, Value>> {
  return z.custom<Record<string, Value>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Not an object.',
  );
}

/** A plan as it was written; the step that takes it says what is wrong with it and where. lib/api/openapi.ts describes it. */
export const givenPlan: z.ZodType<PlanInput, PlanInput> = z.custom<PlanInput>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'The plan is a JSON object.',
);
export const fieldValues = byName<string>();
export const countsByCategory = byName<number>();
export const facts = byName<unknown>();

const headers = z
  .object({
    'idempotency-key': z
      .string()
      .max(IDEMPOTENCY_KEY_CHARS_MAX)
      .optional()
      .describe(
        'Visible ASCII, at most 255 characters. The same key with the same content is answered again for 24 hours and carried out once.',
      ),
  })
  .optional();

/** The parts of a write. Unknown keys are refused in each. */
export function write<Params extends z.ZodRawShape, Body extends z.ZodType>(params: Params, body: Body) {
  return z.object({ params: z.strictObject(params), query: z.strictObject({}).optional(), headers, body });
}

/** As `write`, for a path without parameters. */
export function create<Body extends z.ZodType>(body: Body) {
  return z.object({ query: z.strictObject({}).optional(), headers, body });
}

/** A write without a body; an empty object is let pass. */
export const nothing = z.strictObject({}).optional();

// ---- what is given ----

export function page<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The cursor of the next page; null when this was the last.'),
  });
}

const instant = z.string().describe('ISO 8601 in UTC');
const count = z.int().min(0);

const fieldProfile = z.object({
  name: z.string(),
  type: z.string().describe('What at least nine of ten filled values look like.'),
  filled: count.describe('How many items have something in it.'),
  top: z.array(z.object({ value: z.string(), count })),
  exact: z.boolean().describe('Whether the counts in `top` are exact.'),
  min: z.string().optional(),
  max: z.string().optional(),
  iso: z
    .string()
    .optional()
    .describe(
      'Of a date field whose values are all ISO 8601 of one form: the form, as in YYYY-MM-DDThh:mm:ssZ. Such text is in the order of time.',
    ),
  odd: z.string().optional().describe('Of any other date or number field: its first value that is not.'),
});

export const dataset = z.object({
  id,
  name: z.string(),
  state: z.enum(DATASET_STATES),
  format: z.string().nullable().describe('csv or mbox; null until it is known'),
  bytes: z.number(),
  digest: z.string().nullable().describe('SHA-256 of the file; null until it is ready.'),
  items: count,
  unreadable: count,
  fields: z.array(fieldProfile).describe("In the file's order."),
  reason: z.string().nullable().describe('Why it failed, in words.'),
  createdAt: instant,
  readyAt: instant.nullable(),
});

export const item = z.object({ ordinal: z.int(), fields: fieldValues });
export const unreadableRow = z.object({ line: z.int(), reason: z.string(), excerpt: z.string() });

const actionCounts = z.object({
  approved: count,
  done: count,
  skipped: count,
  failed: count,
  uncertain: count,
  notExecuted: count,
  inFlight: count,
});

const worker = z.object({ id: z.string(), host: z.string(), pid: z.int() });

export const chunk = z.object({
  number: z.int(),
  name: z.string(),
  state: chunkState,
  stopping: z.enum(STOPPINGS).nullable(),
  itemCount: count,
  classified: count,
  continued: z.boolean().describe('The next chunk was let go on and this one waits, reviewed but not executed.'),
  counts: actionCounts.describe('Folded from the receipts.'),
  revision: z.int(),
  seq: z.int().describe('Number of receipts.'),
  note: z.string().nullable(),
  haltReason: z.string().nullable(),
  waitsFor: z.string().nullable().describe("The target that failed, which this chunk can't go on without."),
  worker: worker
    .extend({ silentMs: z.number().nullable().describe('Since it last renewed its lease; null while it does so in time.') })
    .nullable(),
});

const targetIncident = z
  .object({
    id: id.describe('Of the incident: what is resumed.'),
    target: z.string().describe('Scheme, host and port.'),
    probing: z.boolean().describe('It was resumed, and one chunk tries; the others follow its first success.'),
    message: z.string().describe('What the target said last, in words.'),
    since: instant,
    chunks: count,
    actions: count.describe('Of the chunks that wait, those without a receipt yet.'),
    batches: count,
  })
  .describe('A target that failed for everybody, and what waits for it.');

export const incident = z.object({
  id,
  kind: z.string().describe('target, halted, mismatch or database'),
  message: z.string(),
  batchId: id.nullable().describe('Null where it is about no single batch.'),
  batchName: z.string().nullable(),
  chunk: z.int().nullable(),
  openedAt: instant,
  target: targetIncident.nullable(),
});

export const incidentResumed = z.object({
  trying: z
    .string()
    .nullable()
    .describe('The target that one chunk tries now; null where it is about none, or somebody was faster.'),
  chunks: count.describe('Chunks that halted and go on by this.'),
});

const sum = actionCounts
  .extend({ waiting: count, addsUp: z.boolean(), difference: z.number() })
  .describe('Folded from the receipts: approved = done + skipped + failed + uncertain + notExecuted + inFlight + waiting.');

export const batchRow = z.object({
  id,
  name: z.string(),
  state: batchState,
  datasetId: id,
  datasetName: z.string(),
  itemCount: count,
  chunkCount: count,
  waiting: count.describe('Chunks that wait for a person.'),
  doubts: count,
  progress: z.number().min(0).max(1),
  taskRef: z.string().nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});

const wording = z.object({
  verb: z.string(),
  past: z.string(),
  will: z.string(),
  target: z.string(),
  effect: z.enum(['none', 'undoable', 'permanent']),
});
const actionWords = wording.extend({ connector: z.string(), connection: z.string().nullable(), do: z.string() });

export const batch = z.object({
  id,
  name: z.string(),
  state: batchState,
  datasetId: id,
  datasetName: z.string(),
  plan: facts.describe('As it was started, with every default written out.'),
  routing: z.string(),
  taskRef: z.string().nullable(),
  undoes: z.object({ id, name: z.string() }).nullable().describe('The batch whose receipts this one undoes.'),
  undoneBy: z
    .array(z.object({ id, name: z.string(), state: batchState, items: count, done: count, takenBack: count }))
    .describe(
      'The batches that undo this one, and how many of its actions each has undone, and how many of those were undone in their turn.',
    ),
  createdBy: z.string(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  noun: z.string(),
  sum,
  rate: z.number().nullable().describe('Actions, or items sorted, per second; null when nothing moves.'),
  etaSeconds: z.number().nullable(),
  needs: z.object({ reviews: count, releases: count, doubts: count, halts: count }).describe('What waits for a person.'),
  targets: z.array(targetIncident).describe('Targets that failed, as far as this batch waits for them.'),
  unattended: z
    .object({ heardAt: instant.nullable() })
    .nullable()
    .describe('Something waits for a worker and none was heard of lately; when one was last.'),
  trouble: z
    .enum(DATABASE_FAULTS)
    .nullable()
    .describe('What the workers meet at the database while something waits for them; it ends by itself.'),
  categories: z.array(z.object({ name: z.string(), action: actionWords.nullable() })),
  chunks: z.array(chunk),
  groups: z
    .array(z.object({ state: chunkState, count }))
    .nullable()
    .describe('Instead of the chunks, where there are too many to list.'),
});

export const sample = z.object({
  ordinal: z.int(),
  fields: fieldValues,
  text: z.string().nullable().optional(),
  category: z.string(),
  why: z.string(),
  confidence: z.number(),
  by: z.string(),
  mark: z.enum(['random', 'unsure']).nullable(),
  line: z.string(),
});

export const checkpoint = z.object({
  number: z.int(),
  name: z.string(),
  state: chunkState,
  total: count,
  counts: countsByCategory.describe('Items per category.'),
  digest: z.string().nullable().describe('Of the manifest: what a decision is bound to.'),
  revision: z.int(),
  samples: z
    .array(sample)
    .describe('`random` ones are a prefix of a permutation fixed beforehand; `unsure` ones have the lowest confidence.'),
  categories: z.array(z.object({ name: z.string(), count, action: actionWords.nullable() })),
  problems: z
    .array(z.object({ ordinal: z.int(), category: z.string(), message: z.string() }))
    .describe("Items whose request can't be built."),
  first: z.int().describe('How many run before a person releases the rest.'),
  firstReceipts: z.array(z.looseObject({ ordinal: z.int(), seq: z.int(), line: z.string(), result: z.string().nullable() })),
  two: z
    .object({
      first: z.object({ by: z.string(), at: instant }).nullable().describe('Who signed first; null when nobody has.'),
      refused: z
        .object({ by: z.string(), at: instant })
        .nullable()
        .describe('Who did not sign, if that was the last thing said.'),
      notYou: z.enum(['started', 'signed']).nullable().describe("Why the signature that is due can't be yours."),
    })
    .nullable()
    .describe('The signatures, where the plan wants two for each chunk.'),
  chunk,
});

export const moved = z.object({
  state: batchState,
  chunks: z.array(z.int()).describe('The chunks that this changed.'),
  inFlight: count.describe('Requests that are out and whose outcome will still be written.'),
});

export const undo = z.object({
  id: id.nullable().describe('Of the new batch; null for a dry run.'),
  restorable: count.describe('Actions that are undone, once it is approved.'),
  cannot: z
    .array(z.object({ why: z.string(), count, ordinals: z.array(z.int()).describe('The first of them.') }))
    .describe("What can't be undone, by reason."),
  categories: z.array(
    z.object({
      name: z.string(),
      restorable: count,
      cannot: count,
      action: actionWords.nullable().describe('What undoes it; null where nothing can be.'),
    }),
  ),
});

export const shelfGroup = z
  .object({
    batchId: id.describe('The batch that put it there last: undoing that restores it.'),
    batchName: z.string(),
    category: z.string(),
    shelf: z.string(),
    datasetId: id,
    datasetName: z.string(),
    noun: z.string(),
    count: count.describe('Items that lie there.'),
    more: z.boolean().describe('There are more than were counted.'),
    since: instant.describe('Since when the first of them lies there.'),
    undoing: z.array(z.object({ id, name: z.string() })).describe('Undos of it that are not finished.'),
  })
  .describe('What a category of a batch put on a shelf, as far as it still lies there.');

export const shelfItem = z.object({
  ordinal: z.int(),
  fields: fieldValues,
  since: instant,
  receipt: z
    .object({ chunk: z.int(), seq: z.int() })
    .nullable()
    .describe('Which receipt of the batch says that it was put there.'),
});

export const decided = z.object({
  decisionId: id,
  decided: z.array(z.int()).describe('Numbers of the chunks that the decision covers.'),
  dropped: z
    .array(z.object({ number: z.int(), why: z.string() }))
    .describe('Chunks that changed meanwhile, and so are not covered.'),
  opened: z.array(z.int()).describe('Chunks that were let through their gate.'),
});

export const failureGroup = z
  .object({
    reason: z.string().nullable().describe('A code: `http_404`, `dns`, …'),
    why: z.string().describe('The same in a sentence.'),
    count,
    chunks: count.describe('In how many chunks.'),
    from: instant,
    to: instant,
    examples: z
      .array(z.object({ ordinal: z.int(), chunk: z.int(), seq: z.int(), line: z.string() }))
      .describe('The first of them, with the chunk and number of the receipt that says so.'),
  })
  .describe('Actions that failed for one reason. Nothing was changed by them.');

const finding = z.enum(['happened', 'not_there', 'unknown']);

export const uncertain = z.object({
  ordinal: z.int(),
  chunk: z.int(),
  fields: fieldValues,
  line: z.string(),
  request: z.string().nullable().describe('What was sent, in words.'),
  intentAt: instant,
  uncertainAt: instant,
  reason: z.string().nullable(),
  state: z.enum(['uncertain', 'abandoned']),
  action: z.string().nullable().describe('What was to be done, in words.'),
  body: z.string().nullable().describe('The body that was sent, its beginning.'),
  bodyCut: z.boolean(),
  worker: z.string().describe('Which worker wrote down the intent.'),
  attempt: z.int(),
  idempotencyKey: z.string(),
  inspection: z
    .object({ finding, reason: z.string().nullable(), by: z.string(), at: instant })
    .nullable()
    .describe(
      'What the target said when it was last asked. That it is not there proves nothing while somebody may still be sending.',
    ),
  canAsk: z.boolean().describe('Whether the plan says how to look it up.'),
});

export const doubtGroup = z
  .object({
    id: z
      .string()
      .describe('To be answered as `group`. It names what is counted here: an answer covers nothing that comes later.'),
    reason: z.string().nullable(),
    worker: z.string().nullable().describe('The worker that was lost, where that is the cause.'),
    count,
    from: instant,
    to: instant,
    canAsk: z.boolean(),
  })
  .describe('Doubts that have one cause.');

export const answered = z.object({
  answered: count.describe('Doubts that this ended.'),
  skipped: z.array(z.int()).describe('Not in doubt (any more).'),
  left: count.describe('Named too, and not taken up this time: ask again.'),
  said: z
    .array(
      z.object({
        ordinal: z.int(),
        finding: z.enum([...finding.options, 'cannot_ask']),
        target: z.string().nullable().describe("The target's own id for what it found."),
        reason: z.string().nullable(),
      }),
    )
    .describe('What the target said, when it was asked.'),
});

export const workerRow = worker.extend({
  state: z.string(),
  chunk: z.object({ batchId: id, batchName: z.string(), number: z.int() }).nullable(),
  heartbeat: instant,
  heartbeatAgeMs: z.number(),
});

export const person = z.object({
  id,
  name: z.string(),
  email: z.string(),
  role: z.string().describe('admin, operator, reviewer or auditor'),
  createdAt: instant,
  disabledAt: instant.nullable().describe('Since when the person is kept out; null for whoever may sign in.'),
});

export const preview = z.object({
  datasetId: id,
  plan: facts,
  soFar: z.boolean().describe('The dataset is still arriving: this counts what is here.'),
  itemCount: count,
  excludedCount: count,
  why: z.string(),
  routing: z.object({ kind: z.enum(['one', 'sequential', 'direct', 'supervised']), why: z.string() }),
  independence: z.object({
    ok: z.boolean(),
    fields: z.array(z.string()),
    sharedGroups: count,
    sharedItems: count,
    examples: z.array(z.object({ resource: z.string(), count, ordinals: z.array(z.int()) })),
    dependencies: count,
    why: z.string(),
  }),
  gates: z.object({ next: z.enum(['each', 'pilot', 'parallel']), pilot: z.int(), why: z.string() }),
  estimate: z.object({ decisions: count, minutes: z.number(), why: z.string() }),
  warnings: z.array(z.object({ code: z.string(), message: z.string(), facts })),
  chunks: z.array(
    z.object({
      number: z.int(),
      name: z.string(),
      kind: z.enum(['normal', 'undated']),
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
    exact: z.boolean(),
    counted: count,
    categories: z.array(
      z.object({
        name: z.string(),
        count,
        action: actionWords.nullable(),
        examples: z.array(
          z.object({
            ordinal: z.int(),
            fields: fieldValues,
            why: z.string(),
            confidence: z.number(),
            request: z.string().nullable(),
            receiptLine: z.string().nullable(),
            problem: z.string().nullable(),
          }),
        ),
      }),
    ),
    rules: z.array(count),
    otherwise: count,
  }),
});
