/** What other rules would change in chunks that were classified already, before anything is done. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { differenceAsked, type RulesDifference } from '#lib/shapes/plans.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { readInReview, readToCome } from '#lib/store/plans/revisions.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { planOfChange } from './revise-rules.ts';
import { workOut } from './work-out.ts';

const input = z.strictObject({ batchId: z.uuid(), change: differenceAsked });

/**
 * Per chunk that awaits its review: how many items would go from which category to which. The rules run in a thread with a deadline, over so many items as its
 * budget allows; the answer says how far it came. Writes nothing. Throws as `reviseRules` does, and `invalid` for a rule that is too slow.
 */
export async function previewRevision(actor: Actor, raw: z.input<typeof input>): Promise<RulesDifference> {
  authorise(actor, 'revise');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The rules can't be changed so: ${read.error.issues[0]?.message}`);
  const { batchId, change } = read.data;
  const { batch, plan } = await planOfChange(batchId, change);
  const { pool } = db();
  const named = new Set(change.chunks);
  const waiting = await readInReview(pool, batchId);
  const chunks = [...waiting.filter(({ number }) => named.has(number)), ...waiting.filter(({ number }) => !named.has(number))];
  const fieldNames = (await readPlanningDataset(pool, batch.datasetId))?.fields.map(({ name }) => name) ?? [];
  const meanings = (await readMeanings(pool, { batchId })) ?? {};
  const of = { batchId, datasetId: batch.datasetId, plan, fields: { fieldNames, meanings } };
  const { chunks: told, moves, looked } = await workOut('compareRules', { ...of, chunks }, { plan });
  const whole = new Set(told.flatMap(({ number, items, looked: own }) => (own === items ? [number] : [])));
  const left = chunks.filter(({ number }) => !whole.has(number));
  return {
    ...{ revision: change.revision, chunks: told, moves, looked },
    left: {
      chunks: left.length,
      items:
        left.reduce((sum, { itemCount }) => sum + itemCount, 0) -
        told.reduce((sum, { number, looked: own }) => sum + (whole.has(number) ? 0 : own), 0),
    },
    toCome: await readToCome(pool, batchId),
  };
}
