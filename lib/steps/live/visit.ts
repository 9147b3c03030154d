/** Somebody has a checkpoint open, for as long as the page follows its events. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Actor } from '#lib/auth/actor.ts';
import { VISIT_BEAT_MS } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { endVisit, renewVisit } from '#lib/store/reviews/visits.sql.ts';
import { sleepUntil } from './live-batch.ts';

/**
 * Tells the others who have this checkpoint open that the actor is there too, until the signal aborts. Never throws: a look that can't be told of is still a
 * look. An API key looks at nothing.
 */
export async function visit(
  pool: Pool,
  { id: by }: Actor,
  { batchId, chunkId, number }: { batchId: string; chunkId: string; number: number },
  signal: AbortSignal,
): Promise<void> {
  if (!by.startsWith('user:')) return;
  const id = randomUUID();
  const tell = () => announce(pool, batchId, { chunk: number, kind: 'company' });
  for (let told = false; !signal.aborted; ) {
    const renewed = await renewVisit(pool, { id, chunkId, by }).then(
      () => true,
      () => false,
    );
    if (renewed && !told) tell();
    told ||= renewed;
    await sleepUntil(new Set(), VISIT_BEAT_MS, signal);
  }
  // Where this fails, nobody renews it.
  await endVisit(pool, id).then(tell, () => {});
}
