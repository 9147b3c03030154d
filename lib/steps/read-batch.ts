/** One batch, as its page shows it. */
import type { Actor } from '../auth/actor.ts';
import { authorise } from '../auth/authorise.ts';
import { type ActionWords, actionWords } from '../connectors/words.ts';
import type { Plan } from '../core/plan.ts';
import { type BatchFacts, readBatchFacts } from '../store/batch-reads.ts';
import { db } from '../store/db.ts';
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
  /** a person's name */
  createdBy: string;
  createdAt: string;
  categories: { name: string; action: ActionWords | null }[];
};

export type BatchView = BatchAbout & BatchNow & { plan: Plan };

/** The batch with its sum folded from receipts; null when there is none. */
export async function readBatch(actor: Actor, { batchId }: { batchId: string }): Promise<BatchView | null> {
  authorise(actor, 'see_batches');
  if (!isId(batchId)) return null;
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const moment = facts && (await readMoment(pool, batchId));
  return moment && { ...batchAbout(facts), plan: facts.plan, ...moment.now };
}

export function batchAbout(facts: BatchFacts): BatchAbout {
  const { id, name, datasetId, datasetName, routing, taskRef, createdBy, plan } = facts;
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
    createdBy,
    createdAt: facts.createdAt.toISOString(),
    categories,
  };
}
