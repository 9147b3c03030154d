/** An agent says what its items are. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { announce } from '#lib/engine/events.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { type WorkReported, workReport } from '#lib/shapes/work.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { noteReport, readReported } from '#lib/store/chunks/agent-claims.sql.ts';
import { insertClassifications } from '#lib/store/chunks/classifications.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { heldWork, pageOfWork } from './open-work.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, report: workReport });

export type ReportWorkInput = z.input<typeof input>;

/**
 * Records what is new in a report under the claim's fence, names what can't be recorded, and gives the next items. A report that comes again is recorded once.
 *
 * @throws CountersignError `invalid`, `conflict` (the claim does not stand, or a person stops the chunk), `not_found`, `forbidden`
 */
export async function reportWork(actor: Actor, raw: ReportWorkInput): Promise<WorkReported> {
  authorise(actor, 'work');
  const { batchId, chunk, report } = readInput(input, raw);
  const { pool } = db();
  const given = await inWrite(pool, 'report_work', async (tx): Promise<WorkReported> => {
    const held = await heldWork(tx, { batchId, chunk, epoch: report.epoch, key: actor.id });
    const plan = (await readBatchPlan(tx, batchId, held.chunkId))?.plan;
    const categories = new Set(plan?.categories.map(({ name }) => name));
    const own = await readReported(
      tx,
      held,
      report.items.map(({ ordinal }) => ordinal),
    );
    const fresh = new Map<number, (typeof report.items)[number]>();
    const refused: WorkReported['refused'] = [];
    let already = 0;
    for (const item of report.items) {
      const { ordinal, category } = item;
      const was = fresh.get(ordinal) ?? own.get(ordinal);
      if (!own.has(ordinal)) refused.push({ ordinal, reason: `Item ${ordinal} is not in chunk ${chunk}.` });
      else if (!categories.has(category))
        refused.push({ ordinal, reason: `There is no category “${category}”. Choose one of: ${[...categories].join(', ')}.` });
      else if (!was) fresh.set(ordinal, item);
      else if (was.category === category) already += 1;
      else refused.push({ ordinal, reason: `Item ${ordinal} is “${was.category}” already. A person corrects what is recorded.` });
    }
    if (fresh.size > 0) {
      if (!(await insertClassifications(tx, held, [...fresh.values()], actor.id)))
        throw new Error(`Chunk ${chunk} is locked and its claim did not hold.`);
      await noteReport(tx, held, [...fresh.keys()], actor.id);
    }
    const classified = held.classified + fresh.size;
    return { recorded: fresh.size, already, refused, ...(await pageOfWork(tx, { ...held, classified }, report.limit)) };
  });
  if (given.recorded > 0) announce(pool, batchId, { chunk, kind: 'classified' });
  return given;
}
