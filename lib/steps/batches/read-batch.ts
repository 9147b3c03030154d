/** One batch, as its page shows it. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { actionWords } from '#lib/connectors/words.ts';
import { formatOf } from '#lib/ingest/registry.ts';
import type { BatchAbout, BatchView, UndoneBy } from '#lib/shapes/batches.ts';
import { readBatchEvidence } from '#lib/steps/checkpoints/read-evidence.ts';
import { nounOf } from '#lib/steps/datasets/noun.ts';
import { isId } from '#lib/steps/ids.ts';
import { type BatchFacts, readBatchFacts, readPulse } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readUndosOf } from '#lib/store/undo/undo.ts';
import { readMoment, readTogether, withoutNotes } from './batch-view.ts';

/** The batch with its sum; null when there is none. An agent is told nothing of marks. */
export async function readBatch(actor: Actor, { batchId }: { batchId: string }): Promise<BatchView | null> {
  authorise(actor, 'see_batch');
  if (!isId(batchId)) return null;
  const { pool } = db();
  const facts = await readBatchFacts(pool, batchId);
  const moment = facts && (await readMoment(pool, batchId));
  if (!facts || !moment) return null;
  const format = formatOf(facts.datasetFormat);
  const original = format && { format: format.name, file: format.file };
  const { plan, planNotes } = facts;
  const now = { ...moment.now, chunks: withoutNotes(actor, moment.now.chunks) };
  const undoneBy = await readUndoneBy(pool, batchId);
  const evidence = may(actor, 'see_batches') ? await readBatchEvidence(db(), facts) : null;
  return { ...batchAbout(facts), plan, planNotes, undoneBy, evidence, original, ...now };
}

/** An undo of an undo of an undo is told; what lies deeper changes too little to be worth the reading. */
const UNDO_DEPTH_MAX = 5;

async function readUndoneBy(pool: ReturnType<typeof db>['pool'], batchId: string, depth = 0): Promise<UndoneBy[]> {
  if (depth >= UNDO_DEPTH_MAX) return [];
  const undos = await readUndosOf(db(), batchId);
  return Promise.all(
    undos.map(async ({ id, name, state }) => {
      const pulse = await readPulse(pool, id);
      const { tally } = await readTogether(pool, id, { many: pulse?.many ?? false });
      const later = await readUndoneBy(pool, id, depth + 1);
      const takenBack = later.reduce((all, undo) => all + undo.done - undo.takenBack, 0);
      const items = tally.states.reduce((all, one) => all + one.items, 0);
      return { id, name, state, items, done: tally.sum.done, takenBack };
    }),
  );
}

export function batchAbout(facts: BatchFacts): BatchAbout {
  const { id, name, datasetId, datasetName, routing, taskRef, undoes, restOf, createdBy, plan, rows, planDigest } = facts;
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
    restOf,
    createdBy,
    createdAt: facts.createdAt.toISOString(),
    categories,
    rows,
    planDigest,
  };
}
