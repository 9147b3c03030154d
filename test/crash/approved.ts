/** Batches of requests to a target in a process of its own, classified and approved, ready to be executed by whoever comes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { ADA, chunkStates, type StartedBatch, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { type Mode, type RunningTarget, startTarget } from '#test/target.ts';

/** A target whose log is removed, and whose process is ended, after the file's tests (`ends.ts`). */
export async function loggingTarget(
  options: { latencyMs?: number; honourKeys?: boolean; mode?: Mode } = {},
): Promise<RunningTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-target-'));
  const target = await startTarget({ ...options, log: join(folder, 'effects.jsonl') });
  started.push({ target, folder });
  return target;
}

const started: { target: RunningTarget; folder: string }[] = [];

/** Ends what `loggingTarget` started; `ends.ts` does it after each file. */
export async function endTargets(): Promise<void> {
  for (const { target, folder } of started.splice(0)) {
    await target.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A busy machine makes no request time out. */
const PATIENT_MS = 20_000;
/** For a target that never answers, which must not keep a test waiting; and for a worker that freezes, which gives up what it had open when it wakes. */
export const SHORT_MS = 1_000;

/** The action that reaches a target, with what the oracle needs to know the item by. */
export function post(
  target: RunningTarget,
  honoursKeys: boolean | { forHours: number } = false,
  inspected = false,
  timeoutMs = PATIENT_MS,
) {
  const inspect = { url: `${target.url}/by-key/{{idempotencyKey}}`, happened: { contains: '{{subject}}' } };
  const common = { url: `${target.url}/mail`, body: { subject: '{{subject}}' }, timeoutMs };
  const request = inspected ? { ...common, inspect } : common;
  return { connector: 'http', do: 'POST', honoursKeys, with: request };
}

export function sendAll(
  target: RunningTarget,
  options: { honoursKeys?: boolean | { forHours: number }; inspected?: boolean; concurrency?: number; timeoutMs?: number } = {},
): PlanInput {
  const { honoursKeys = false, inspected = false, concurrency = 8, timeoutMs } = options;
  return {
    classifier: { kind: 'rules', rules: [], otherwise: 'send' },
    categories: [{ name: 'send', action: post(target, honoursKeys, inspected, timeoutMs) }],
    chunking: { by: 'size' },
    // These tests are about uncertain actions, not about a target that is to be left alone.
    execution: { first: 0, concurrency, haltAfter: { consecutive: 100_000, share: 1 } },
    receiptFields: ['subject'],
  };
}

/** Classified in this process; approved by the real step. */
export async function approvedBatch(
  pool: Pool,
  options: { items: number; chunks?: number; plan: PlanInput },
): Promise<StartedBatch> {
  const batch = await startedBatch(pool, options);
  await workUntil(pool, async () => (await chunkStates(pool, batch.batchId)).every((state) => state === 'awaiting_review'));
  await approve(pool, batch);
  return batch;
}

/** All of the batch's chunks with one decision. */
export async function approve(pool: Pool, batch: StartedBatch): Promise<void> {
  const { rows } = await pool.query<{ id: string; number: number }>('SELECT id, number FROM chunk WHERE batch_id = $1', [
    batch.batchId,
  ]);
  const chunks = await Promise.all(
    rows.map(async ({ id, number }) => ({
      number,
      digest: (await buildManifest(pool, { ...batch, chunkId: id }, requestBuilder)).digest,
    })),
  );
  await decide(ADA, { batchId: batch.batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
}

/** Nothing is left to do for a worker. */
export async function settled(pool: Pool, batchId: string): Promise<boolean> {
  return (await chunkStates(pool, batchId)).every((state) => state === 'done' || state === 'unresolved');
}
