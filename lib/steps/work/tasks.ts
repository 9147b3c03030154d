/**
 * Tasks, as the prompts know them that agents were written for (docs/agents.md): a batch is a task, and each of its chunks is one. A task's body is what was appended to
 * it; it only grows, and what is answered are its last lines and their number. A follow-up task is another thing: it is a person's, and is about one item.
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { readTaskId, taskId } from '#lib/core/chunks/task-id.ts';
import { CountersignError } from '#lib/core/errors.ts';
import {
  BATCH_OPEN,
  BATCH_OVER,
  BATCH_UNFINISHED,
  CHUNK_TERMINAL,
  CHUNK_TRANSITIONS,
  CHUNK_UNCLASSIFIED,
} from '#lib/core/lifecycle.ts';
import { canonicalBytes, sha256Hex } from '#lib/ledger/canonical.ts';
import {
  type Appended,
  appendAsked,
  type TaskMade,
  type TasksTold,
  type TaskTold,
  taskAsked,
  taskNamed,
  tasksAsked,
} from '#lib/shapes/supervision.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, pageOf } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { isClassifiedBy, readChunksOf } from '#lib/store/chunks/appends.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { makeTasks } from '#lib/store/tasks/follow-ups.sql.ts';
import { appendWork } from './append-work.ts';
import { completeWork } from './complete-work.ts';
import { bodyOf } from './task-body.ts';

type Found = {
  batch: BatchRow;
  chunk: { id: string; number: number; name: string; state: string; epoch: number; seq: number; agent: string | null } | null;
};

/** So many chunks are named where a line has to name one. */
const CHUNKS_NAMED = 5;

const named = z.strictObject(taskNamed);
const appending = z.strictObject({ ...taskNamed, ...appendAsked.shape });
const listing = z.strictObject(tasksAsked);

/** Throws `not_found`, `conflict` (a reference of several batches), `forbidden` (the key is bound to others; a worker's key had nothing of it). */
export async function readTask(actor: Actor, raw: z.input<typeof named>): Promise<TaskTold> {
  authorise(actor, 'read_tasks');
  const { batch, chunk } = await findTask(actor, readInput(named, raw).id);
  if (!may(actor, 'supervise') && chunk && !(await isClassifiedBy(db(), chunk.id, actor.id)))
    throw new CountersignError(
      'forbidden',
      `This key had nothing of chunk ${chunk.number}. Claim a chunk: its claim names its task.`,
    );
  const { notes, attestations, last } = await bodyOf({ batchId: batch.id, chunk: chunk?.number }, actor);
  const { _sum: sum } = await db().prisma.chunk.aggregate({ where: { batchId: batch.id }, _sum: { seq: true } });
  const receipts = chunk ? chunk.seq : (sum.seq ?? 0);
  return {
    ...toldOf(batch, chunk),
    page: addressOf(batch, chunk),
    notes,
    attestations,
    receipts,
    lines: notes + attestations,
    last,
  };
}

/** Batches that are not over, the newest first, or the chunks of one. Throws `invalid`, `not_found`, `forbidden`. */
export async function listTasks(actor: Actor, raw: z.input<typeof listing> = {}): Promise<TasksTold> {
  authorise(actor, 'read_tasks');
  const { batch: batchId, cursor } = readInput(listing, raw);
  const skip = numberCursor({ cursor });
  const limit = limitOf({});
  const page = { skip, take: limit + 1 };
  const own = may(actor, 'supervise') ? {} : { agent: actor.id };
  const items = batchId === undefined ? await batchTasks(actor, page) : await chunkTasks(actor, batchId, own, page);
  const { shown, next } = pageOf(items, limit, () => skip + limit);
  return { items: shown, next };
}

type Paged = { skip: number; take: number };

async function batchTasks(actor: Actor, page: Paged): Promise<TasksTold['items']> {
  const rows = await db().prisma.batch.findMany({
    where: {
      ...{ undoes: null, ...(actor.batches ? { id: { in: [...actor.batches] } } : {}) },
      ...(may(actor, 'supervise') ? { state: { in: [...BATCH_OPEN] } } : { state: { in: [...BATCH_UNFINISHED] }, agents: true }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    ...page,
    select: { id: true, name: true, state: true },
  });
  return rows.map(({ id, name, state }) => ({ id: taskId(id), title: name, kind: 'batch' as const, state, over: false }));
}

async function chunkTasks(actor: Actor, batchId: string, own: object, page: Paged): Promise<TasksTold['items']> {
  const { batch } = await findTask(actor, batchId);
  const rows = await db().prisma.chunk.findMany({
    where: { batchId, ...own },
    orderBy: { number: 'asc' },
    ...page,
    select: CHUNK,
  });
  return rows.map((chunk) => toldOf(batch, chunk));
}

/**
 * Appends to a task. A line is kept with a chunk: the task of a batch takes it where the key has one chunk of it, and else says which tasks there are.
 * @throws CountersignError as `appendWork` does, and `conflict` where several chunks could be meant
 */
export async function appendToTask(actor: Actor, raw: z.input<typeof appending>): Promise<Appended> {
  authorise(actor, 'work');
  const { id, ...append } = readInput(appending, raw);
  const { batch, chunk } = await findTask(actor, id);
  const number = chunk?.number ?? (await onlyChunk(actor, batch));
  return appendWork(actor, { batchId: batch.id, chunk: number, append });
}

async function onlyChunk(actor: Actor, { id, name }: BatchRow): Promise<number> {
  const own = await readChunksOf(db(), id, actor.id, CHUNKS_NAMED + 1);
  if (own[0] !== undefined && own.length === 1) return own[0];
  const tasks = own.slice(0, CHUNKS_NAMED).map((number) => taskId(id, number));
  const more = own.length > CHUNKS_NAMED ? ', …' : '';
  throw new CountersignError(
    'conflict',
    own.length === 0
      ? `This key has no chunk of “${name}”. Claim one: its claim names its task, and what was done there is appended to that.`
      : `This key has several chunks of “${name}”, and a line belongs to one. Append it to the chunk’s task, as its claim named it: ${tasks.join(', ')}${more}. Nothing was recorded.`,
  );
}

/**
 * Says that a task is done. Of a chunk it completes the claim, once every item has its category; of a batch nobody says so, for it is over when its chunks are.
 * @throws CountersignError `conflict` with what is left, `not_found`, `forbidden`
 */
export async function completeTask(actor: Actor, raw: z.input<typeof named>): Promise<TaskTold> {
  authorise(actor, 'work');
  const { id } = readInput(named, raw);
  const { batch, chunk } = await findTask(actor, id);
  if (!chunk && !BATCH_OVER.includes(batch.state))
    throw new CountersignError(
      'conflict',
      `“${batch.name}” is over when a person has decided on its chunks and their actions are done. Nobody completes it.`,
    );
  if (chunk && (CHUNK_UNCLASSIFIED as readonly string[]).includes(chunk.state)) {
    if (chunk.agent !== actor.id)
      throw new CountersignError('forbidden', `This key does not have chunk ${chunk.number}. Claim it first.`);
    if (chunk.state !== CHUNK_TRANSITIONS.claim_classify.to)
      throw new CountersignError('conflict', `Nobody has chunk ${chunk.number} now: claim it, and classify what is left.`);
    await completeWork(actor, { batchId: batch.id, chunk: chunk.number, completed: { epoch: chunk.epoch } });
  }
  return readTask(actor, { id });
}

/**
 * Makes a follow-up task for a person, about an item. Sent again it is made once.
 * @throws CountersignError `invalid` (an item that the batch does not have), `not_found`, `forbidden`
 */
export async function makeTask(actor: Actor, raw: z.input<typeof taskAsked>): Promise<TaskMade> {
  authorise(actor, 'supervise');
  const { title, body, parent, item: ordinal, key } = readInput(taskAsked, raw);
  const { batch, chunk } = await findTask(actor, parent);
  const { id: batchId, datasetId } = batch;
  const there = await db().prisma.chunkItem.findFirst({
    where: { batchId, ordinal, ...(chunk ? { chunkId: chunk.id } : {}) },
    select: { ordinal: true },
  });
  if (!there)
    throw new CountersignError(
      'invalid',
      `Item ${ordinal} is not in ${chunk ? `chunk ${chunk.number}` : 'this batch'}. Nothing was made.`,
    );
  const named = sha256Hex(
    canonicalBytes(key === undefined ? { by: actor.id, batchId, ordinal, title, body } : { by: actor.id, batchId, key }),
  ).slice(0, 32);
  return inWrite(db().pool, 'agent_task', async (tx) => {
    const before = await tx.prisma.followUp.findUnique({ where: { idempotencyKey: named }, select: { id: true } });
    const made = await makeTasks(tx, [{ key: named, batchId, datasetId, ordinal, title, body }]);
    return { id: made.get(named) ?? '', already: before !== null, page: '/tasks' };
  });
}

const CHUNK = { id: true, number: true, name: true, state: true, epoch: true, seq: true, agent: true } as const;

/** The batch or chunk that a task's id names. Throws `not_found`, `conflict` for a reference of several batches, `forbidden` for a bound key. */
async function findTask(actor: Actor, text: string): Promise<Found> {
  for (const { batch: name, chunk: number } of readTaskId(text)) {
    const batch = await findBatch(name);
    if (!batch) continue;
    if (actor.batches && !actor.batches.includes(batch.id))
      throw new CountersignError('forbidden', 'This API key is bound to batches of its own, and this is none of them.');
    if (number === null) return { batch, chunk: null };
    const chunk = await db().prisma.chunk.findUnique({ where: { batchId_number: { batchId: batch.id, number } }, select: CHUNK });
    if (chunk) return { batch, chunk };
    throw new CountersignError('not_found', `“${batch.name}” has no chunk ${number}.`);
  }
  throw new CountersignError('not_found', `There is no task “${text.slice(0, 100)}”. list_tasks names those that there are.`);
}

async function findBatch(name: string): Promise<BatchRow | null> {
  if (isId(name)) return readBatchRow(db(), name);
  const rows = await db().prisma.batch.findMany({
    where: { taskRef: name, undoes: null },
    orderBy: { createdAt: 'desc' },
    take: CHUNKS_NAMED + 1,
    select: { id: true, state: true },
  });
  const open = rows.filter(({ state }) => !(BATCH_OVER as readonly string[]).includes(state));
  const [only, another] = open.length > 0 ? open : rows;
  if (another)
    throw new CountersignError(
      'conflict',
      `Several batches are done for “${name}”: name one by its id, as in ${rows.map(({ id }) => id).join(', ')}.`,
    );
  return only ? readBatchRow(db(), only.id) : null;
}

function toldOf(batch: BatchRow, chunk: Found['chunk']): TasksTold['items'][number] {
  if (!chunk)
    return { id: taskId(batch.id), title: batch.name, kind: 'batch', state: batch.state, over: BATCH_OVER.includes(batch.state) };
  const state = chunk.state as Parameters<typeof chunkWords>[0];
  const over = CHUNK_TERMINAL.includes(state);
  return {
    id: taskId(batch.id, chunk.number),
    title: `${batch.name}: ${chunk.name}`,
    kind: 'chunk',
    state: chunkWords(state),
    over,
  };
}

function addressOf({ id }: BatchRow, chunk: Found['chunk']): string {
  return chunk ? `/batches/${id}/chunks/${chunk.number}` : `/batches/${id}`;
}
