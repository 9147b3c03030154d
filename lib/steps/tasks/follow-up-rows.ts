/** Follow-up tasks as people see them: with the item that each is about, and by the names of who does and did them. */
import type { Actor } from '#lib/auth/actor.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { fieldsLine } from '#lib/core/receipts/receipt-line.ts';
import type { FollowUp, FollowUpsAsked } from '#lib/shapes/tasks.ts';
import { type BatchFacts, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readNamed } from '#lib/store/datasets/named-items.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import type { Task, TasksAsked } from '#lib/store/tasks/follow-ups.ts';

const FIELDS_IN_LINE = 3;

/** `batches`: those that were read before, by id; what is read is added. */
export async function followUpRows(
  tasks: readonly Task[],
  actor: Actor,
  batches = new Map<string, BatchFacts | null>(),
): Promise<FollowUp[]> {
  const lines = new Map<bigint, string>();
  for (const [batchId, own] of Map.groupBy(tasks, ({ batchId }) => batchId)) {
    if (!batches.has(batchId)) batches.set(batchId, await readBatchFacts(db().pool, batchId));
    const batch = batches.get(batchId);
    if (batch) for (const [id, line] of await linesOf(batch, own)) lines.set(id, line);
  }
  const people = tasks.flatMap(({ doneBy, assignee }) => [doneBy, assignee]).filter((id) => id !== null);
  const names = await readNames(db(), people);
  return tasks.map(({ id, title, body, batchId, datasetId, ordinal, at, assignee, doneAt, doneBy, withdrawnAt }) => ({
    ...{ id: String(id), title, body, about: lines.get(id) ?? '', batchId, batchName: batches.get(batchId)?.name ?? '' },
    ...{ datasetId, ordinal, at: at.toISOString() },
    assignee:
      assignee === null
        ? null
        : { id: assignee.slice(PERSON.length), name: actorName(assignee, names), you: assignee === actor.id },
    doneAt: doneAt?.toISOString() ?? null,
    doneBy: doneBy && actorName(doneBy, names),
    withdrawnAt: withdrawnAt?.toISOString() ?? null,
  }));
}

const PERSON = 'user:';

async function linesOf(batch: BatchFacts, tasks: readonly Task[]): Promise<[bigint, string][]> {
  const { plan, fieldNames } = batch;
  const receiptFields = plan.receiptFields.length > 0 ? plan.receiptFields : fieldNames.slice(0, FIELDS_IN_LINE);
  // An undo's tasks are of the dataset that its receipts are about.
  const byDataset = Map.groupBy(tasks, ({ datasetId }) => datasetId);
  const lines: [bigint, string][] = [];
  for (const [datasetId, own] of byDataset) {
    const items = await readNamed(db().pool, { datasetId, ordinals: own.map(({ ordinal }) => ordinal) }, receiptFields);
    const fields = new Map(items.map((item) => [item.ordinal, item.fields]));
    for (const { id, ordinal } of own) {
      const named = fields.get(ordinal);
      if (named) lines.push([id, fieldsLine({ ...plan, receiptFields }, named)]);
    }
  }
  return lines;
}

/** What is asked of the store, where "me" is the actor. */
export function tasksAsked({ state, who, batch, search }: FollowUpsAsked, actor: Actor): TasksAsked {
  const assignee = who === undefined ? undefined : who === 'nobody' ? null : who === 'me' ? actor.id : `${PERSON}${who}`;
  return {
    ...{ open: state && state === 'open', assignee, batchId: batch, search: search?.trim() || undefined },
  };
}
