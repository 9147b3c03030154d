/** A worker's handler: executes a claimed chunk's approval, with the connectors of this build as its targets. */
import { randomUUID } from 'node:crypto';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import type { ApplyInput, Connector } from '#lib/connectors/port.ts';
import { KEYS_MARGIN_MS } from '#lib/core/limits.ts';
import { keysKeptMs, type Plan } from '#lib/core/plans/plan.ts';
import { CLOCK } from '#lib/engine/clock.ts';
import { announce } from '#lib/engine/events.ts';
import { executionStore } from '#lib/engine/execute/execution-store.ts';
import { executeChunk as execute } from '#lib/engine/execute/executor.ts';
import type { Execution } from '#lib/engine/execute/run.ts';
import { talliedStore } from '#lib/engine/execute/tallied-store.ts';
import type { Said, Sending, Target } from '#lib/engine/execute/target.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import type { Handled, WorkerTask } from '#lib/engine/worker.ts';
import { boundsOf } from '#lib/steps/connections/bounds.ts';
import { haltAtTarget, settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { haltChunk, settleBatch } from '#lib/store/actions/execution.sql.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { giveBack, releaseLease } from '#lib/store/chunks/claims.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';

/** Ends with the chunk in its next state, halted, or given back; see the executor for what is guaranteed on the way. */
export async function executeChunk(task: WorkerTask): Promise<Handled> {
  const { pool, claim, lease, workerId, drain, place, requests } = task;
  const batch = await readBatchPlan(pool, claim.batchId);
  if (!batch) throw new Error('The batch is gone.');
  const ended = await execute({
    ...{ store: talliedStore(executionStore(pool), TALLIES), clock: CLOCK, random: Math.random, claim, lease, drain },
    ...{ by: `worker:${workerId}`, place, requests },
    targetFor: (name, version) => targetOf(name, version, batch.plan, claim),
    passing: PASSING,
    announce: () => announce(pool, claim.batchId, { chunk: claim.number, kind: 'receipts' }),
  });
  const handled = handledBy(ended);
  if (typeof ended === 'object' && 'halted' in ended) {
    await reach('halt.before', claim.batchId);
    if (ended.fault) await haltAtTarget(pool, claim, ended.fault, randomUUID());
    else await haltChunk(pool, claim, ended.halted, randomUUID());
    await reach('halt.made', claim.batchId);
  } else if (handled === 'waits' || handled === 'yielded') {
    await reach('lease.releasing', claim.batchId);
    if (typeof ended === 'object') await giveBack(pool, claim, ended.wait);
    else await releaseLease(pool, claim);
  }
  // What was only put down for a while has ended nothing.
  if (handled === 'done' || ended === 'held' || ended === 'unknown_connector') {
    await reach('batch.ending', claim.batchId);
    await settleBatch(pool, claim.batchId);
    if (claim.probes.length > 0) await inTransaction(pool, settleBreakers);
    await reach('batch.ended', claim.batchId);
  }
  announce(pool, claim.batchId, { chunk: claim.number, kind: 'state' });
  return handled;
}

function handledBy(ended: Execution): Handled {
  if (typeof ended === 'object') return 'wait' in ended ? 'waits' : 'done';
  if (ended === 'unknown_connector') return 'unsuited';
  if (ended === 'drained' || ended === 'gave_way' || ended === 'held') return 'yielded';
  return ended === 'lost' ? 'lost' : 'done';
}

const PASSING = CONNECTORS.flatMap((connector) =>
  connector.kind === 'remote'
    ? connector.retries.flatMap(({ reasons }) => reasons.map((reason) => ({ connector: connector.name, reason })))
    : [],
);

const NO_BOUNDS = Promise.resolve(null);

/** Null when this build has another version of the connector: what a frozen request means may have changed. */
function targetOf(name: string, version: number, plan: Plan, claim: WorkerTask['claim']): Target | null {
  const connector: Connector | undefined = CONNECTORS.find(
    (one) => one.name === name && one.version >= version && one.since <= version,
  );
  if (!connector) return null;
  const kept = new Map(plan.categories.map(({ name: category, action }) => [category, action ? keysKeptMs(action) : 0]));
  const input = ({ row, idempotencyKey, mayHaveActed, holdOff }: Sending): ApplyInput => ({
    batchId: claim.batchId,
    datasetId: claim.datasetId,
    ordinal: row.ordinal,
    category: row.category,
    action: { connector: row.connector, connection: row.connection, do: row.do, version: row.version },
    honoursKeys: (kept.get(row.category) ?? 0) > 0,
    request: row.request,
    idempotencyKey,
    mayHaveActed,
    holdOff,
  });
  if (connector.kind === 'transactional') {
    return { kind: 'transactional', applyMany: (tx, sendings) => connector.applyMany(tx, sendings.map(input)) };
  }
  /** How long its target took, for the board. */
  const tallied = async ({ row }: Sending, send: () => Promise<Said>): Promise<Said> => {
    const began = performance.now();
    const answer = await send();
    const target = connector.targetOf(row.request);
    if (target !== null && answer.result !== 'pending' && answer.result !== 'withdrawn')
      TALLIES.answered(target, answer.result === 'succeeded', performance.now() - began);
    return answer;
  };
  return {
    kind: 'remote',
    keepsAnswers: version >= connector.answersSince,
    retries: connector.retries,
    targetOf: ({ request }) => connector.targetOf(request),
    faultOf: ({ request }, reason) => {
      const target = connector.targetOf(request);
      const message = target === null ? null : connector.targetFault(target, reason);
      return target === null || message === null ? null : { target, message };
    },
    boundsOf: ({ connection, request }) =>
      connection === null ? NO_BOUNDS : boundsOf(connector.connections?.of(request) ?? null),
    stopsAtOnce: connector.connections?.stopsAtOnce ?? [],
    answersLater: connector.answersLater === true,
    // Whoever answers later is asked again under the key, however late.
    honoursKeys: (row, ageMs) => connector.answersLater === true || ageMs < (kept.get(row.category) ?? 0) - KEYS_MARGIN_MS,
    apply: (sending, signal) => tallied(sending, () => connector.apply(input(sending), signal)),
    ...(connector.begin && {
      begin: async (sending, signal) => {
        const send = await connector.begin?.(input(sending), signal);
        return () => tallied(sending, send ?? (() => connector.apply(input(sending), signal)));
      },
    }),
    inspect: async ({ row, idempotencyKey, holdOff }, signal) =>
      connector.canInspect(row.request) ? connector.inspect({ request: row.request, idempotencyKey, holdOff }, signal) : null,
  };
}
