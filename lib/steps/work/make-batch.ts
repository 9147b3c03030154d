/** An agent that supervises tries a plan, and makes a batch of it: the planner of the page, told in few words and without any item. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { taskId } from '#lib/core/chunks/task-id.ts';
import { type BatchMade, batchAsked, type PreviewTold, previewAsked } from '#lib/shapes/supervision.ts';
import { type CreateBatchInput, createBatch } from '#lib/steps/batches/create-batch.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';

/** Writes nothing. Throws as the preview does. */
export async function previewForAgent(actor: Actor, raw: z.input<typeof previewAsked>): Promise<PreviewTold> {
  authorise(actor, 'create');
  const { dataset: datasetId, plan } = readInput(previewAsked, raw);
  const { itemCount, chunks, chunksOmitted, routing, independence, rows, questions, warnings, sort, requests } =
    await previewBatch(actor, { datasetId, plan });
  const unbuildable = new Map(requests.map(({ category, built, tried }) => [category, tried - built]));
  return {
    ...{ items: itemCount, chunks: chunks.length + chunksOmitted, routing, known: sort.known },
    independence: { ok: independence.ok, why: independence.why },
    ...{
      asks: rows.asks,
      unreadable: rows.unreadable,
      questions: questions.length,
      warnings: warnings.map(({ message }) => message),
    },
    categories: sort.categories.map(({ name, count }) => ({ name, count, unbuildable: unbuildable.get(name) ?? 0 })),
  };
}

/** Throws as the creation of a batch does, and `forbidden` for a start where the key does not start. */
export async function makeBatch(actor: Actor, raw: Omit<z.input<typeof batchAsked>, 'key'>): Promise<Omit<BatchMade, 'already'>> {
  authorise(actor, 'create');
  const { dataset: datasetId, key: _, ...asked } = readInput(batchAsked, raw);
  const { id, state, chunks } = await createBatch(actor, { ...asked, datasetId, plan: asked.plan as CreateBatchInput['plan'] });
  return { batch: id, task: taskId(id), state, chunks, page: `/batches/${id}` };
}
