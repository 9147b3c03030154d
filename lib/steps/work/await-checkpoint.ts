/** Waits for the moment at which an agent that supervises has to send for a person, or has nothing more to do. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_OVER } from '#lib/core/lifecycle.ts';
import { listen } from '#lib/engine/events.ts';
import { env } from '#lib/env.ts';
import { type CheckpointTold, checkpointAsked } from '#lib/shapes/supervision.ts';
import { followAs } from '#lib/steps/live/live-actors.ts';
import { takePlace } from '#lib/steps/live/places.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readWanted, standingOf } from './read-standing.ts';

const input = z.strictObject({ batchId: z.uuid(), ...checkpointAsked });

/** A hint may be lost: it is looked again without one. */
const LOOK_MS = 2_000;

/**
 * Answers as soon as something waits for a person that the cursor does not know of, or everything is over; else when the time is up. Ends at once when the
 * caller leaves, and when the key ends.
 *
 * @param signal aborts when the request's connection is gone, or its server closes
 * @throws CountersignError `not_found`, `unauthenticated` (the key ended meanwhile), `unavailable` (this key waits for too much already), `forbidden`
 */
export async function awaitCheckpoint(
  actor: Actor,
  { signal, ...raw }: z.input<typeof input> & { signal?: AbortSignal | undefined },
): Promise<CheckpointTold> {
  authorise(actor, 'supervise');
  const { batchId, waitSeconds, cursor } = readInput(input, raw);
  const until = performance.now() + waitSeconds * 1000;
  const leave = takePlace(actor);
  const followed = followAs(db().pool, actor, 'supervise');
  const bell = ringing(AbortSignal.any([followed.ended, ...(signal ? [signal] : [])]));
  // Before the first look: what happens between the two rings.
  const deafen = listen(env().DATABASE_URL ?? '', batchId, bell.ring);
  try {
    for (;;) {
      const answer = await look(batchId, cursor);
      const left = until - performance.now();
      if (followed.ended.aborted) throw followed.fault() ?? ended();
      if (answer !== 'nothing_yet' || left <= 0 || signal?.aborted) return { answer, ...(await standingOf(batchId)) };
      await bell.next(Math.min(left, LOOK_MS));
    }
  } finally {
    deafen();
    followed.leave();
    leave();
  }
}

async function look(batchId: string, known: string | undefined): Promise<CheckpointTold['answer']> {
  const batch = await readBatchRow(db(), batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  if (BATCH_OVER.includes(batch.state)) return 'over';
  const { count, cursor } = await readWanted(batchId, batch.state);
  return count > 0 && cursor !== known ? 'wanted' : 'nothing_yet';
}

function ended(): CountersignError {
  return new CountersignError('unauthenticated', 'This API key has ended while it waited. Nothing more is told to it.');
}

/** Waits for so long, or until it rings or the signal aborts; a ring while nobody waits is heard by the next wait. */
function ringing(signal: AbortSignal) {
  let rung = false;
  let wake = () => {};
  const ring = () => {
    rung = true;
    wake();
  };
  signal.addEventListener('abort', ring);
  return {
    ring,
    async next(ms: number): Promise<void> {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, ms);
        wake = resolve;
        await promise;
        clearTimeout(timer);
      }
      rung = false;
    },
  };
}
