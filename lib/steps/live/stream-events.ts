/** A batch as it goes, as server-sent events. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { LIVE_HEARTBEAT_MS, LIVE_STREAMS_PER_PERSON_MAX } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import type { BatchProgress, BatchSnapshot } from '#lib/shapes/live.ts';
import { batchAbout } from '#lib/steps/batches/read-batch.ts';
import { isId } from '#lib/steps/page.ts';
import { type BatchFacts, type ChangedSince, readBatchFacts, readChangedSince } from '#lib/store/batches/batch-reads.ts';
import { db } from '#lib/store/postgres/db.ts';
import { followAs } from './live-actors.ts';
import { type LiveMoment, takeSeat } from './live-batch.ts';

export type BatchEvent =
  | { id: string; event: 'snapshot'; data: BatchSnapshot }
  | { id: string; event: 'progress'; data: BatchProgress }
  /** an SSE comment that keeps the connection open */
  | { comment: string };

type Input = {
  batchId: string;
  lastEventId?: string | null | undefined;
  signal: AbortSignal;
  /** called as soon as the actor may no longer, also while nobody reads on */
  onEnd?: () => void;
};

/**
 * First a snapshot, or, after a `lastEventId` that is still known, what changed since; then every change. Ends when the signal aborts, and about
 * LIVE_REAUTHORISE_MS after the person was disabled, signed out or lost the right to see batches, in whichever process. Throws in the middle when
 * the database is away: the browser then comes back with its last id. Null when there is no such batch.
 * @throws CountersignError `unavailable` to whoever follows too many streams already
 */
export async function streamEvents(
  actor: Actor,
  input: Input,
  heartbeatMs = LIVE_HEARTBEAT_MS,
): Promise<AsyncGenerator<BatchEvent> | null> {
  authorise(actor, 'see_batches');
  const leave = takePlace(actor);
  // Whoever leaves before the first event is read leaves too: the generator's own end would not run.
  input.signal.addEventListener('abort', leave);
  try {
    const { pool } = db();
    const batch = isId(input.batchId) ? await readBatchFacts(pool, input.batchId) : null;
    const since = batch && input.lastEventId ? await readChangedSince(pool, batch.id, input.lastEventId) : null;
    if (batch && !input.signal.aborted) return events(actor, batch, since, input, heartbeatMs, leave);
    leave();
    return batch && none();
  } catch (error) {
    leave();
    throw error;
  }
}

async function* none(): AsyncGenerator<BatchEvent> {}

/** How many streams each person follows. */
const open = new Map<string, number>();

/** Counted before anything is awaited, so that many that are opened at once don't pass together. Gives what frees the place, once. */
function takePlace({ id }: Actor): () => void {
  const streams = open.get(id) ?? 0;
  if (streams >= LIVE_STREAMS_PER_PERSON_MAX) {
    const message = `You follow ${LIVE_STREAMS_PER_PERSON_MAX} streams already, the most that one person can. Close some and try again.`;
    throw new CountersignError('unavailable', message);
  }
  open.set(id, streams + 1);
  let taken = true;
  return () => {
    if (!taken) return;
    taken = false;
    const left = (open.get(id) ?? 1) - 1;
    if (left > 0) open.set(id, left);
    else open.delete(id);
  };
}

async function* events(
  actor: Actor,
  batch: BatchFacts,
  since: ChangedSince | null,
  { signal: left, onEnd = () => {} }: Input,
  heartbeatMs: number,
  leave: () => void,
): AsyncGenerator<BatchEvent> {
  const { pool } = db();
  const followed = followAs(pool, actor, 'see_batches');
  followed.ended.addEventListener('abort', onEnd);
  const signal = AbortSignal.any([left, followed.ended]);
  const seat = takeSeat(pool, liveUrl(), batch, signal);
  let seen: LiveMoment | null = null;
  try {
    for (;;) {
      const moment: LiveMoment | null = await seat.next(seen, heartbeatMs);
      if (left.aborted) return;
      if (followed.fault()) throw followed.fault();
      if (signal.aborted) return;
      if (!moment) yield { comment: 'still here' };
      else if (seen) yield { id: moment.eventId, event: 'progress', data: progress(moment, seen) };
      else if (since) yield { id: moment.eventId, event: 'progress', data: resumed(moment, since) };
      else yield { id: moment.eventId, event: 'snapshot', data: { ...batchAbout(batch), ...moment.now, tape: moment.tape } };
      seen = moment ?? seen;
    }
  } finally {
    seat.leave();
    followed.leave();
    left.removeEventListener('abort', leave);
    leave();
  }
}

/** LISTEN needs a session of its own, past any pooling. */
function liveUrl(): string {
  return env().DATABASE_URL ?? '';
}

function progress({ now, tape }: LiveMoment, seen: LiveMoment): BatchProgress {
  const before = new Map(seen.now.chunks.map((chunk) => [chunk.number, JSON.stringify(chunk)]));
  const lines = new Set(seen.tape.map(({ id }) => id));
  return {
    ...now,
    chunks: now.chunks.filter((chunk) => before.get(chunk.number) !== JSON.stringify(chunk)),
    tape: tape.filter((line) => !lines.has(line.id)),
  };
}

function resumed({ now, tape }: LiveMoment, { chunks, since }: ChangedSince): BatchProgress {
  return {
    ...now,
    chunks: now.chunks.filter(({ number }) => chunks === null || chunks.has(number)),
    tape: tape.filter(({ at }) => at > since.toISOString()),
  };
}
