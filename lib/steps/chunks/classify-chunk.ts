/**
 * A worker's handler: classifies every item of a claimed chunk, keeping the classifications as they come. In an undo they are the categories that
 * the original was approved in.
 */
import type { Pool } from 'pg';
import type { Classification } from '#lib/classifiers/port.ts';
import { askerOf, classifyingOf, isForAgents } from '#lib/classifiers/registry.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { CLASSIFY_PAGE_MS } from '#lib/core/limits.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { announce } from '#lib/engine/events.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import type { Handled, WorkerTask } from '#lib/engine/worker.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { type BatchPlan, readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { lookAt } from '#lib/store/checkpoints/looks.ts';
import { currentManifests } from '#lib/store/checkpoints/manifest.sql.ts';
import { type Claim, whyRefused, yieldClassifying } from '#lib/store/chunks/claims.sql.ts';
import { completeClassifying, insertClassifications, unclassified } from '#lib/store/chunks/classifications.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { undoClassifications } from '#lib/store/undo/undo.sql.ts';
import { classifyAsked } from './classify-asked.ts';

/** Throws what the classifier throws, in words for a person, also that it takes too long; the loop halts the chunk with them. */
export async function classifyChunk(task: WorkerTask): Promise<Handled> {
  const { pool, claim, drain } = task;
  const found = await readBatchPlan(pool, claim.batchId, claim.chunkId);
  if (!found) throw new Error('The batch is gone.');
  const { plan, undoes } = found;
  const asker = undoes === null ? askerOf(plan) : null;
  const ended = asker ? await classifyAsked(task, plan, asker) : await classifyPages(task, found);
  if (ended === 'lost' || ended === 'waits') return ended;
  if (ended === 'stopped') {
    await yieldClassifying(pool, claim);
    announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
    return 'yielded';
  }
  await reach('classifying.ending', claim.batchId);
  if (!(await completeClassifying(pool, claim))) return refused(task);
  await reach('classifying.ended', claim.batchId);
  announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
  if (!drain.aborted) await prepareLook(pool, claim, plan).catch(() => {});
  return 'done';
}

/** The chunk is being stopped, or has another owner. */
async function refused({ pool, claim }: WorkerTask): Promise<'lost' | 'yielded'> {
  if ((await whyRefused(pool, claim)) === 'lost') return 'lost';
  await yieldClassifying(pool, claim);
  announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
  return 'yielded';
}

/** Page after page, of what nobody has to be asked for. Null: every item has an answer. `stopped`: the chunk is to be given back. */
async function classifyPages(task: WorkerTask, found: BatchPlan): Promise<'lost' | 'stopped' | null> {
  const { pool, claim, lease, drain, place } = task;
  const pages = await pagesOf(pool, claim, found, AbortSignal.any([lease.signal, drain]));
  let next = pages.after(0);
  for (;;) {
    const classifications = await next.catch((error: unknown) => {
      if (lease.signal.aborted || drain.aborted) return null;
      throw error;
    });
    if (lease.signal.aborted) return 'lost';
    // Whoever classifies keeps the core busy, and hears here whether another batch has nobody.
    if (classifications === null || drain.aborted || place.giveWay.aborted) return 'stopped';
    const last = classifications.at(-1)?.ordinal;
    if (last === undefined) return null;
    // The thread is at the next page while this one is stored.
    next = pages.after(last);
    next.catch(() => {});
    await reach('answers.before', claim.batchId);
    if (!lease.valid()) return 'lost';
    if (!(await insertClassifications(pool, claim, classifications, pages.by)))
      return (await whyRefused(pool, claim)) === 'lost' ? 'lost' : 'stopped';
    TALLIES.classified(classifications.length);
    await reach('answers.stored', claim.batchId);
    announce(pool, claim.batchId, { chunk: claim.number, kind: 'classified' });
  }
}

/** What reads every item of the chunk is done here, so that the first look at the checkpoint does not have to. What fails is done, and told, there. */
async function prepareLook(pool: WorkerTask['pool'], claim: WorkerTask['claim'], plan: Plan): Promise<void> {
  const [chunk] = await readChunksNow(pool, claim.batchId, { number: claim.number });
  if (!chunk) return;
  await lookAt(
    db(),
    chunk,
    plan.categories.map(({ name }) => name),
  );
  await currentManifests(pool, { ...claim, plan }, [chunk], requestBuilder);
}

/** `after`: null where it is to be given back. */
type Pages = { by: string; after(ordinal: number): Promise<Classification[] | null> };

/** How the chunk's items are classified, and by whom. An undo's are looked up; all others are the work of a person's classifier, in a thread. */
async function pagesOf(pool: Pool, claim: Claim, { plan, undoes, fieldNames }: BatchPlan, signal: AbortSignal): Promise<Pages> {
  if (undoes !== null)
    return {
      by: 'undo',
      async after(ordinal) {
        const items = await unclassified(pool, claim, { after: ordinal, fields: [] });
        return undoClassifications(
          pool,
          claim.batchId,
          items.map((item) => item.ordinal),
        );
      },
    };
  // What an agent left behind while it was brought to a stop: nothing of it is worked out here.
  if (isForAgents(plan)) return { by: plan.classifier.kind, after: async () => null };
  const { chunkId, batchId, datasetId } = claim;
  const classifying = classifyingOf(plan);
  const meanings = isTyped(plan) ? ((await readMeanings(pool, { batchId })) ?? {}) : {};
  return {
    by: plan.classifier.kind,
    after: (after) =>
      workOut(
        'classifyPage',
        { chunk: { chunkId, batchId, datasetId }, after, plan: classifying, fields: { fieldNames, meanings } },
        { plan: classifying, jobMs: CLASSIFY_PAGE_MS, signal },
      ),
  };
}
