/** What an agent that supervises is given, and what it says (docs/agents.md). No seed, rank, sample or mark of a person is in any of it. */
import { z } from 'zod';
import {
  AGENT_CHUNKS_LISTED,
  AGENT_CONTENT_CHARS_MAX,
  AGENT_TASK_LINES,
  AGENT_TEXT_CHARS_MAX,
  AGENT_WAIT_SECONDS_MAX,
  FOLLOW_UP_BODY_CHARS_MAX,
  FOLLOW_UP_TITLE_CHARS_MAX,
  IDEMPOTENCY_KEY_CHARS_MAX,
} from '#lib/core/limits.ts';
import { givenName, givenNote } from '#lib/core/values/given-name.ts';
import { sum } from './actions.ts';
import { batchState, newBatch } from './batches.ts';
import { chunkState } from './chunks.ts';
import { preview } from './plans.ts';
import { receiptListed } from './receipts.ts';
import { count, id, instant, missing, nameNumber } from './values.ts';

/** Names a call, so that the call that is sent again for want of an answer counts once. */
const callKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'A key has visible ASCII characters without spaces.')
  .max(IDEMPOTENCY_KEY_CHARS_MAX)
  .optional();
const madeKey = callKey.describe(
  'Names this call: sent again with the same key, it is answered as before. Without one, the same call is taken for the same within a day.',
);
const already = z.boolean().describe('This call was recorded before: it was sent again, and nothing was done now.');

export const datasetAsked = z.strictObject({
  name: givenName('A dataset’s name', { max: 500, missing: 'Name the file, as in “mail.csv”: its ending says what it is.' })
    .optional()
    .describe('The name of the file, whose ending says what it is: .csv, .json, .jsonl, .mbox. With `content`.'),
  content: z
    .string()
    .min(1, 'The content is empty.')
    .max(
      AGENT_CONTENT_CHARS_MAX,
      `A text has at most ${AGENT_CONTENT_CHARS_MAX.toLocaleString('en-US')} characters. Upload a larger file with POST /api/v1/datasets?name=FILE, and give the id that it answers as “upload”.`,
    )
    .optional()
    .describe('The whole file as text.'),
  upload: id.optional().describe('Instead of a text: the id that an upload over REST was answered with.'),
  key: madeKey,
});

export const datasetMade = z.object({
  id,
  name: z.string(),
  state: z.enum(['receiving', 'ready', 'failed']),
  items: count,
  unreadable: count.describe('Rows that could not be read.'),
  fields: z.array(z.string()),
  reason: z.string().nullable().describe('Why it could not be read.'),
  already,
});
export type DatasetMade = z.infer<typeof datasetMade>;

const madeOf = z.uuid(missing('Say which dataset: the id that create_dataset answered.'));

/** The step that takes it says what is wrong with it and where. */
const agentPlan = z
  .looseObject({}, missing('Give the plan, a JSON object.'))
  .describe(
    'The plan. For items that your agents classify: {"version":2,"instruction":"…","classifier":{"kind":"agent","otherwise":"keep"},"categories":[{"name":"noise","action":{"connector":"…","do":"…","with":{}}},{"name":"keep","action":null}],"chunking":{"by":"size","maxItems":50},"gates":{"next":"parallel"}}. All members are described at /api/v1/openapi.json.',
  );

export const previewAsked = z.strictObject({ dataset: madeOf, plan: agentPlan });

export const previewTold = z.object({
  items: count,
  chunks: count,
  routing: preview.shape.routing,
  independence: z.object({ ok: z.boolean(), why: z.string() }),
  asks: z.boolean().describe('The start wants `acceptUnreadable` with the number of unreadable rows.'),
  unreadable: count,
  questions: count.describe('What a person is asked about how the file is read: the start is refused while one is open.'),
  warnings: z.array(z.string()),
  categories: z.array(
    z.object({
      name: z.string(),
      count,
      unbuildable: count.describe('Items whose request can’t be built: a chunk with one of them can’t be approved as it is.'),
    }),
  ),
  known: z.boolean().describe('False: agents classify, so every count is 0.'),
});
export type PreviewTold = z.infer<typeof previewTold>;

const { datasetId: _, ...ofBatch } = newBatch;
export const batchAsked = z.strictObject({ dataset: madeOf, ...ofBatch, plan: agentPlan, key: madeKey });

const page = z.string().describe('The path of the page where a person does it. No call approves anything.');

export const batchMade = z.object({
  batch: id,
  task: z.string().describe('The id of its task; that of chunk 7 has /7 behind.'),
  state: batchState,
  chunks: count,
  page,
  already,
});
export type BatchMade = z.infer<typeof batchMade>;

const atWork = z.object({
  chunk: nameNumber,
  state: chunkState,
  who: z.string().describe('What the agent calls itself, or the worker.'),
  key: z.string().nullable().describe('The name of the agent’s key; null for a worker of ours.'),
  item: nameNumber.nullable().describe('The item whose errand the agent has; null: it works on the chunk.'),
  since: instant,
  lastCall: instant.nullable().describe('When the agent was last heard of about this; null for a worker of ours.'),
  until: instant
    .nullable()
    .describe(
      'Without a word of the agent by then its chunk is another’s to claim, or its errand uncertain; null for a worker of ours.',
    ),
});
export type AtWork = z.infer<typeof atWork>;

const wanted = z.object({
  chunk: nameNumber.nullable().describe('Null: it is about the whole batch.'),
  what: z.string(),
  since: instant.nullable().describe('When the chunk last changed; null for the whole batch.'),
  page,
});

const standing = {
  batch: z.object({ id, name: z.string(), task: z.string(), page }),
  state: batchState,
  over: z.boolean().describe('It is finished or cancelled: nothing more happens.'),
  items: count,
  categories: z.array(z.object({ name: z.string(), items: count })),
  sum: sum.describe('Of its actions, by the receipts.'),
  attestations: count.describe('What agents said that they did. None of it is in the sum.'),
  chunks: z.array(z.object({ state: chunkState, chunks: count })),
  working: z.array(atWork).describe(`Who works on what, the first ${AGENT_CHUNKS_LISTED}.`),
  wanted: z.array(wanted).describe(`What waits for a person, the first ${AGENT_CHUNKS_LISTED}.`),
  wantedCount: count,
  cursor: z
    .string()
    .describe('What waits for a person, as a name: give it to await_checkpoint to hear of the next change of that.'),
};
export const batchStanding = z.object(standing);
export type BatchStanding = z.infer<typeof batchStanding>;

export const checkpointAsked = {
  waitSeconds: z
    .int()
    .min(0)
    .max(AGENT_WAIT_SECONDS_MAX, `A call waits for ${AGENT_WAIT_SECONDS_MAX} seconds at most. Ask again after it.`)
    .default(AGENT_WAIT_SECONDS_MAX)
    .describe('How long to wait at most. Then it is answered, and asked again.'),
  cursor: z
    .string()
    .max(64)
    .optional()
    .describe('As the last answer gave it: what is known already is no answer. Without it, anything that waits for a person is.'),
};

export const checkpointTold = z.object({
  answer: z.enum(['wanted', 'over', 'nothing_yet']).describe('A person is wanted; everything is over; or ask again.'),
  ...standing,
});
export type CheckpointTold = z.infer<typeof checkpointTold>;

export const appendAsked = z.strictObject({
  item: nameNumber.nullish().describe('The number of the item that it is about; null: the chunk as a whole.'),
  text: givenNote('A receipt', AGENT_TEXT_CHARS_MAX)
    .min(1, 'The text is empty: say what was done.')
    .describe('What you did, as a line for people.'),
  key: callKey.describe(
    'Names this line in the chunk: sent again with the same key, it is recorded once. Without one, the same text about the same item is.',
  ),
});

const body = {
  lines: count.describe('How many lines were appended.'),
  last: z.array(z.string()).describe(`The last ${AGENT_TASK_LINES} of them.`),
};

export const appended = z.object({
  recorded: z.boolean(),
  already,
  as: z
    .enum(['note', 'attestation'])
    .describe('Before the chunk’s approval a line is a note of its scratchpad; after it, a receipt that attests.'),
  receipt: z.string().nullable().describe('The receipt’s name, chunk and number, as in 7-42; null for a note.'),
  says: z.string(),
  task: z.string(),
  ...body,
});
export type Appended = z.infer<typeof appended>;

export const receiptsAsked = {
  chunk: nameNumber.optional().describe('Of one chunk.'),
  cursor: z.string().max(40).optional().describe('As the last page gave it.'),
  limit: z.int().min(1).max(200).optional(),
};
export const receiptTold = receiptListed.omit({ leaf: true, signing: true, committedAt: true, step: true });
export const receiptsTold = z.object({ items: z.array(receiptTold), next: z.string().nullable() });
export type ReceiptsTold = z.infer<typeof receiptsTold>;

const taskId = z
  .string(missing('Say which task: the id of a batch, with /7 behind for its chunk 7.'))
  .trim()
  .min(1, 'Say which task: the id of a batch, with /7 behind for its chunk 7.')
  .max(600)
  .describe('The id of a task: a batch’s id or the reference of its task, with /7 behind for chunk 7.');
export const taskNamed = { id: taskId };

export const taskTold = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['batch', 'chunk']),
  state: z.string(),
  over: z.boolean(),
  page,
  notes: count.describe('Lines from before an approval.'),
  attestations: count.describe('Lines from after it: receipts that attest.'),
  receipts: count.describe('All receipts; get_receipts gives them.'),
  ...body,
});
export type TaskTold = z.infer<typeof taskTold>;

export const tasksAsked = {
  batch: id.optional().describe('The tasks of this batch’s chunks, instead of those of batches.'),
  cursor: z.string().max(100).optional().describe('As the last page gave it.'),
};
export const tasksTold = z.object({
  items: z.array(taskTold.pick({ id: true, title: true, kind: true, state: true, over: true })),
  next: z.string().nullable(),
});
export type TasksTold = z.infer<typeof tasksTold>;

export const taskAsked = z.strictObject({
  title: givenName('A task’s title', { max: FOLLOW_UP_TITLE_CHARS_MAX, missing: 'A task needs a title.' }),
  body: givenNote('A task’s text', FOLLOW_UP_BODY_CHARS_MAX).default(''),
  parent: taskId.describe('The task of the batch, or of a chunk of it, that it comes from.'),
  item: z
    .int32(missing('Say which item the task is about: “item” is its number in the batch.'))
    .min(1)
    .describe('The number of the item that it is about.'),
  key: callKey.describe(
    'Names this call: sent again, it makes one task. Without one, the same task of the same item is the same.',
  ),
});
export const taskMade = z.object({ id: z.string(), already, page });
export type TaskMade = z.infer<typeof taskMade>;
