/** Looking uncertain actions up at their targets, for a person who asks. Harmless reads; nothing is recorded here. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import type { Connector } from '#lib/connectors/port.ts';
import { ASK_SLOTS, ASK_TIMEOUT_MS } from '#lib/core/limits.ts';
import type { Said } from '#lib/shapes/uncertain.ts';
import { boundsOf } from '#lib/steps/connections/bounds.ts';
import { reserveRate } from '#lib/store/actions/execution.sql.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { type Bounds, enterConnection } from '#lib/store/connections/buckets.sql.ts';
import { readSentRequests, type SentRequest, type UncertainAction } from '#lib/store/uncertain/uncertain.sql.ts';

/** The connector that can look this request up at its target; null when there is none. */
export function inspector(connector: string, request: Uint8Array): Extract<Connector, { kind: 'remote' }> | null {
  const found = CONNECTORS.find(({ name }) => name === connector);
  return found?.kind === 'remote' && found.canInspect(request) ? found : null;
}

/** Asks about each of these actions, a few at a time and within the batch's rate. `left`: those for which there was no time. */
export async function askTargets(
  pool: Pool,
  batchId: string,
  actions: UncertainAction[],
): Promise<{ said: Said[]; left: number }> {
  if (actions.length === 0) return { said: [], left: 0 };
  const execution = (await readBatchPlan(pool, batchId))?.plan.execution;
  const sent = await readSentRequests(pool, batchId, actions);
  const late = AbortSignal.timeout(ASK_TIMEOUT_MS);
  const said: Said[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < sent.length && !late.aborted) {
      const one = await ask(pool, batchId, sent[next++] as SentRequest, execution?.ratePerSecond ?? null, late);
      if (one) said.push(one);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ASK_SLOTS, execution?.concurrency ?? 1) }, lane));
  return { said: said.sort((a, b) => a.ordinal - b.ordinal), left: sent.length - said.length };
}

type Paced = { batchId: string; ratePerSecond: number | null; bounds: Bounds | null };

/** Waits until the batch's rate and that of the connection let one more be asked; false when the time was over before. */
export async function inTurn(pool: Pool, { batchId, ratePerSecond, bounds }: Paced, late: AbortSignal): Promise<boolean> {
  if (ratePerSecond !== null) {
    const reserve = () => reserveRate(pool, { batchId, chunkId: null }, 1, ratePerSecond);
    if (!(await untilMine(async () => reserve().then(({ count, ms }) => ({ mine: count > 0, ms })), late))) return false;
  }
  if (bounds === null) return true;
  // Who looks takes no place: those belong to what is sent.
  return untilMine(async () => enterConnection(pool, null, bounds).then(({ inside, ms }) => ({ mine: inside, ms })), late);
}

async function untilMine(reserve: () => Promise<{ mine: boolean; ms: number }>, late: AbortSignal): Promise<boolean> {
  for (let isMine = false; !isMine; ) {
    const { mine, ms } = await reserve();
    await sleep(ms, undefined, { signal: late }).catch(() => {});
    if (late.aborted) return false;
    isMine = mine;
  }
  return true;
}

/** Null when the time was over before the target answered. */
async function ask(
  pool: Pool,
  batchId: string,
  { ordinal, connector, request, idempotencyKey }: SentRequest,
  ratePerSecond: number | null,
  late: AbortSignal,
): Promise<Said | null> {
  const how = inspector(connector, request);
  if (!how) return { ordinal, finding: 'cannot_ask', target: null, reason: null };
  const bounds = await boundsOf(how.connections?.of(request) ?? null);
  if (!(await inTurn(pool, { batchId, ratePerSecond, bounds }, late))) return null;
  const inspection = await how.inspect({ request, idempotencyKey }, late);
  if (late.aborted && inspection.finding === 'unknown') return null;
  return {
    ordinal,
    finding: inspection.finding,
    target: inspection.finding === 'happened' ? inspection.target : null,
    reason: inspection.finding === 'unknown' ? inspection.reason : null,
  };
}
