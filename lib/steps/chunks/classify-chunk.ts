/**
 * A worker's handler: classifies every item of a claimed chunk, keeping the classifications as they come. In an undo they are the categories that
 * the original was approved in.
 */
import type { Classifier } from '#lib/classifiers/port.ts';
import { makeClassifier } from '#lib/classifiers/registry.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { announce } from '#lib/engine/events.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import type { Handled, WorkerTask } from '#lib/engine/worker.ts';
import { whyRefused, yieldClassifying } from '#lib/store/chunks/claims.ts';
import { completeClassifying, insertClassifications, unclassified } from '#lib/store/chunks/classifications.ts';
import { undoClassifications } from '#lib/store/undo/undo.ts';

/** Throws what the classifier throws, in words for a person; the loop halts the chunk with them. */
export async function classifyChunk({ pool, claim, lease, drain }: WorkerTask): Promise<Handled> {
  const { rows } = await pool.query<{ plan: Plan; undoes: string | null; fields: { name: string }[] }>(
    'SELECT b.plan, b.undoes, d.fields FROM batch b JOIN dataset d ON d.id = b.dataset_id WHERE b.id = $1',
    [claim.batchId],
  );
  const found = rows[0];
  if (!found) throw new Error('The batch is gone.');
  const by = found.undoes === null ? found.plan.classifier.kind : 'undo';
  const classifier: Pick<Classifier, 'classify'> =
    found.undoes === null
      ? makeClassifier(
          found.plan,
          found.fields.map(({ name }) => name),
        )
      : {
          classify: (items) =>
            undoClassifications(
              pool,
              claim.batchId,
              items.map(({ ordinal }) => ordinal),
            ),
        };
  for (let after = 0; ; ) {
    if (drain.aborted) {
      await yieldClassifying(pool, claim);
      return 'yielded';
    }
    const items = await unclassified(pool, claim, after);
    if (items.length === 0) break;
    after = items[items.length - 1]?.ordinal ?? after;
    const classifications = await classifier.classify(items, lease.signal);
    await reach('answers.before', claim.batchId);
    if (!lease.valid()) return 'lost';
    if (!(await insertClassifications(pool, claim, classifications, by))) return refused();
    TALLIES.classified(classifications.length);
    await reach('answers.stored', claim.batchId);
    announce(pool, claim.batchId, { chunk: claim.number, kind: 'classified' });
  }
  await reach('classifying.ending', claim.batchId);
  if (!(await completeClassifying(pool, claim))) return refused();
  await reach('classifying.ended', claim.batchId);
  announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
  return 'done';

  async function refused(): Promise<Handled> {
    if ((await whyRefused(pool, claim)) === 'lost') return 'lost';
    await yieldClassifying(pool, claim);
    announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
    return 'yielded';
  }
}
