/**
 * Follow-up tasks, as the task connector makes, withdraws and gives them back: many at once, in one statement each (`unnest`), under locks taken in one
 * order. It is the worker's work, in the transaction of the outcomes; Prisma's models have no words for a lock, nor for changing
 * each row in its own way, and to make 500 tasks takes `createMany` six times as long.
 */
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

export type TaskRow = {
  id: string;
  title: string;
  body: string;
  done: boolean;
  withdrawn: boolean;
  /** the key of the action that changed it last, or made it */
  changedBy: string;
};

/** Those of these ids that there are, by id. */
export async function readTasks(client: Querying, ids: readonly string[]): Promise<Map<string, TaskRow>> {
  return tasksOf(client, TASKS, ids);
}

/** The same, locked until the transaction ends: in one order for all, so that nobody waits in a circle. */
export async function lockTasks(tx: Tx, ids: readonly string[]): Promise<Map<string, TaskRow>> {
  return tasksOf(tx, `${TASKS} FOR UPDATE`, ids);
}

const TASKS = `
  SELECT id::text, title, body, done_at IS NOT NULL AS done, withdrawn_at IS NOT NULL AS withdrawn,
    coalesce(changed_by, idempotency_key) AS "changedBy"
  FROM follow_up WHERE id = ANY ($1::bigint[]) ORDER BY follow_up.id`;

async function tasksOf(client: Querying, text: string, ids: readonly string[]): Promise<Map<string, TaskRow>> {
  const { rows } = await client.query<TaskRow>(text, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

export type NewTask = { key: string; batchId: string; datasetId: string; ordinal: number; title: string; body: string };

/** Makes the tasks and gives their ids by key; a key that is there already keeps its row and its id. */
export async function makeTasks(tx: Tx, tasks: readonly NewTask[]): Promise<Map<string, string>> {
  if (tasks.length === 0) return new Map();
  const keys = tasks.map(({ key }) => key);
  await tx.query(
    `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body)
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
     ON CONFLICT (idempotency_key) DO NOTHING`,
    [
      keys,
      tasks.map(({ batchId }) => batchId),
      tasks.map(({ datasetId }) => datasetId),
      tasks.map(({ ordinal }) => ordinal),
      tasks.map(({ title }) => title),
      tasks.map(({ body }) => body),
    ],
  );
  // Asked after the insert, so that a row committed by somebody else under the same key meanwhile is seen too.
  const made = await tx.query<{ key: string; id: string }>(
    'SELECT idempotency_key AS key, id::text AS id FROM follow_up WHERE idempotency_key = ANY ($1::text[])',
    [keys],
  );
  return new Map(made.rows.map(({ key, id }) => [key, id]));
}

/** `id`: of the task. `by`: the key of the action that withdraws it, or gives it back. */
export type TaskChange = { id: string; by: string; withdraw: boolean };

/** Withdraws tasks, or gives them back, and says by which action. The caller holds their locks. */
export async function changeTasks(tx: Tx, changes: readonly TaskChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `UPDATE follow_up SET withdrawn_at = CASE WHEN t.withdraw THEN clock_timestamp() END, changed_by = t.key
     FROM unnest($1::bigint[], $2::boolean[], $3::text[]) AS t(id, withdraw, key) WHERE follow_up.id = t.id`,
    [changes.map(({ id }) => id), changes.map(({ withdraw }) => withdraw), changes.map(({ by }) => by)],
  );
}
