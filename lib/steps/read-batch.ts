/** One batch, as its page shows it. */
import type { Actor } from '../auth/actor.ts';
import { authorise } from '../auth/authorise.ts';
import { type ActionWords, actionWords } from '../connectors/words.ts';
import type { BatchState } from '../core/lifecycle.ts';
import type { Plan } from '../core/plan.ts';
import { sumOf } from '../core/sum.ts';
import { type BatchFacts, readBatchFacts, readChunksNow } from '../store/batch-reads.ts';
import { db } from '../store/db.ts';
import { foldChunks } from '../store/sum.ts';
import { readUndosOf } from '../store/undo.ts';
import { type BatchNow, readMoment } from './batch-view.ts';
import { isId, nounOf } from './page.ts';

/** What a batch is and stays. */
export type BatchAbout = {
  id: string;
  name: string;
  datasetId: string;
  datasetName: string;
  noun: 'mails' | 'rows';
  routing: string;
  taskRef: string | null;
  /** the batch whose receipts this one undoes */
  undoes: { id: string; name: string } | null;
  /** a person's name */
  createdBy: string;
  createdAt: string;
  categories: { name: string; action: ActionWords | null }[];
};

export type BatchView = BatchAbout & BatchNow & { plan: Plan; undoneBy: UndoneBy[] };

/** A batch that undoes another: how many of its actions it covers and has undone, by its receipts. */
export type UndoneBy = { id: string; name: string; state: BatchState; items: number; done: number };

/** The batch with its sum folded from receipts; null when there is none. */
export async function readBatch(actor: Actor, { batchId }: { batchId: string }): Promise<BatchView | null> {
  authorise(actor, 'see_batches');
  if (!isId(batchId)) return null;
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const moment = facts && (await readMoment(pool, batchId));
  return moment && { ...batchAbout(facts), plan: facts.plan, undoneBy: await readUndoneBy(pool, batchId), ...moment.now };
}

async function readUndoneBy(pool: ReturnType<typeof db>['pool'], batchId: string): Promise<UndoneBy[]> {
  const undos = await readUndosOf(pool, batchId);
  return Promise.all(
    undos.map(async ({ id, name, state }) => {
      const chunks = await readChunksNow(pool, id);
      const { done } = sumOf((await foldChunks(pool, id, chunks)).values());
      return { id, name, state, items: chunks.reduce((items, { itemCount }) => items + itemCount, 0), done };
    }),
  );
}

export function batchAbout(facts: BatchFacts): BatchAbout {
  const { id, name, datasetId, datasetName, routing, taskRef, undoes, createdBy, plan } = facts;
  const words = actionWords(plan);
  const categories = plan.categories.map((category) => ({ name: category.name, action: words.get(category.name) ?? null }));
  return {
    id,
    name,
    datasetId,
    datasetName,
    noun: nounOf(facts.datasetFormat),
    routing,
    taskRef,
    undoes,
    createdBy,
    createdAt: facts.createdAt.toISOString(),
    categories,
  };
}
