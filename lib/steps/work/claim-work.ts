/** An agent takes the next chunk of a batch to classify. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { otherwiseOf } from '#lib/classifiers/agent/part.ts';
import { isForAgents } from '#lib/classifiers/registry.ts';
import { wordsOf } from '#lib/connectors/words.ts';
import { taskId } from '#lib/core/chunks/task-id.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_UNFINISHED, CHUNK_UNCLASSIFIED } from '#lib/core/lifecycle.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { announce } from '#lib/engine/events.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import { type WorkClaim, workAsked } from '#lib/shapes/work.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { type AgentClaim, claimForAgent, heldByAgent } from '#lib/store/chunks/agent-claims.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { dropHanded } from '#lib/store/repositories/handed.sql.ts';
import { takingOf } from './hand-in.ts';
import { pageOfWork } from './open-work.ts';

const input = z.strictObject({ batchId: z.uuid(), asked: workAsked });

export type ClaimWorkInput = z.input<typeof input>;

/**
 * Claims a chunk for an agent and gives its instruction and first items; who has one already gets that one. The claim ends with its lease, which every call renews, and with any later claim.
 *
 * @throws CountersignError `not_found`, `conflict` (no agents classify in this batch), `forbidden`
 */
export async function claimWork(actor: Actor, raw: ClaimWorkInput): Promise<WorkClaim> {
  authorise(actor, 'work');
  const { batchId, asked } = readInput(input, raw);
  const owner = ownerId(actor.id, asked.worker);
  const { pool } = db();
  const given = await inWrite(pool, 'claim_work', async (tx): Promise<WorkClaim> => {
    const batch = await readBatchRow(tx, batchId);
    if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
    if (batch.undoes !== null || !isForAgents(batch.plan))
      throw new CountersignError('conflict', `“${batch.name}” is not classified by agents: its workers do that.`);
    const own = await heldByAgent(tx, batchId, owner);
    const held = own ?? (await claimForAgent(tx, batchId, { owner, key: actor.id, name: asked.worker }));
    // What the agent before reported is kept with what it handed in of it; the rest begins anew.
    if (held && !own) await dropHanded(tx, [held.chunkId]);
    if (held === null) return { claimed: null, ...(await whyNothing(tx, batch)) };
    const plan = (await readBatchPlan(tx, batchId, held.chunkId))?.plan ?? batch.plan;
    const { chunkId: _, number, name, itemCount: items, epoch, note } = held;
    return {
      claimed: {
        ...{
          batch: { id: batchId, name: batch.name },
          chunk: { number, name, items },
          task: taskId(batchId, number),
          epoch,
          note,
        },
        ...(await pageOfWork(tx, held, asked.limit)),
        ...told(plan),
        commits: await commitsOf(tx, held, plan),
      },
      ...{ over: false, why: '' },
    };
  });
  if (given.claimed) announce(pool, batchId, { chunk: given.claimed.chunk.number, kind: 'state' });
  return given;
}

/** A claim's owner is an id: the same for the same name under the same key. */
function ownerId(key: string, worker: string): string {
  const hex = sha256(Buffer.from(`${key} ${worker}`)).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Where the agent commits what it makes of its items; null where the plan takes no commits, or its items do not say where they were read. */
async function commitsOf(tx: Tx, held: AgentClaim, plan: Plan): Promise<NonNullable<WorkClaim['claimed']>['commits']> {
  const taking = await takingOf({ prisma: tx.prisma, pool: tx }, held, plan).catch((error) => {
    if (error instanceof CountersignError) return null;
    throw error;
  });
  if (!taking) return null;
  const { action, place } = taking;
  const categories = plan.categories.flatMap((one) =>
    one.action?.do === action.do && one.action.connector === action.connector ? [one.name] : [],
  );
  const lines = [`Countersign-Batch: ${held.batchId}`, `Countersign-Chunk: ${held.number}`, 'Countersign-Item: ITEM'];
  return { categories, ...place, lines };
}

function told(plan: Plan) {
  return {
    instruction: plan.instruction ?? '',
    categories: plan.categories.map(({ name, action }) => ({ name, action: action && wordsOf(action).will })),
    otherwise: otherwiseOf(plan),
  };
}

async function whyNothing(tx: Tx, batch: BatchRow): Promise<{ over: boolean; why: string }> {
  if (batch.state === 'paused') return { over: false, why: 'The batch is paused: a person resumes it.' };
  if (!BATCH_UNFINISHED.includes(batch.state)) return { over: batch.state !== 'proposed', why: `The batch is ${batch.state}.` };
  const open = await tx.prisma.chunk.count({
    where: { batchId: batch.id, state: { in: [...CHUNK_UNCLASSIFIED, 'classifying'] } },
  });
  return open === 0
    ? { over: true, why: 'Every chunk is classified. A person decides on them now.' }
    : {
        over: false,
        why: `Chunks that are not classified yet: ${open}. Others work there, or a person decides on an earlier one first.`,
      };
}
