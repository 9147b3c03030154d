/** A batch as it goes, as server-sent events. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { LIVE_HEARTBEAT_MS } from '#lib/core/limits.ts';
import { env } from '#lib/env.ts';
import type { BatchProgress, BatchSnapshot } from '#lib/shapes/live.ts';
import { withoutNotes } from '#lib/steps/batches/batch-view.ts';
import { batchAbout } from '#lib/steps/batches/read-batch.ts';
import { isId } from '#lib/steps/ids.ts';
import { type BatchFacts, type ChangedSince, readBatchFacts, readChangedSince } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { followAs } from './live-actors.ts';
import { type LiveMoment, takeSeat } from './live-batch.ts';
import { takePlace } from './places.ts';

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
 * LIVE_REAUTHORISE_MS after the person was disabled, signed out or lost a right to what it tells, in whichever process. Throws in the middle when
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

async function* events(
  actor: Actor,
  batch: BatchFacts,
  since: ChangedSince | null,
  { signal: left, onEnd = () => {} }: Input,
  heartbeatMs: number,
  leave: () => void,
): AsyncGenerator<BatchEvent> {
  const { pool } = db();
  const followed = followAs(pool, actor, may(actor, 'see') ? 'see' : 'see_batches');
  followed.ended.addEventListener('abort', onEnd);
  const signal = AbortSignal.any([left, followed.ended]);
  const told = <Told extends Extract<BatchEvent, { data: unknown }>>(event: Told): Told => ({
    ...event,
    data: { ...event.data, chunks: withoutNotes(actor, event.data.chunks) },
  });
  const seat = takeSeat(pool, liveUrl(), batch, signal);
  let seen: LiveMoment | null = null;
  try {
    for (;;) {
      const moment: LiveMoment | null = await seat.next(seen, heartbeatMs);
      if (left.aborted) return;
      if (followed.fault()) throw followed.fault();
      if (signal.aborted) return;
      if (!moment) yield { comment: 'still here' };
      // Another plan made its chunks anew: what changed since is all of it.
      else if (seen && !sameChunks(moment, seen)) yield told(snapshot((await readBatchFacts(pool, batch.id)) ?? batch, moment));
      else if (seen) yield told({ id: moment.eventId, event: 'progress', data: progress(moment, seen) });
      else if (since) yield told({ id: moment.eventId, event: 'progress', data: resumed(moment, since) });
      else yield told(snapshot(batch, moment));
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

function snapshot(batch: BatchFacts, { eventId, now, tape }: LiveMoment): Extract<BatchEvent, { event: 'snapshot' }> {
  return { id: eventId, event: 'snapshot', data: { ...batchAbout(batch), ...now, tape } };
}

function sameChunks({ now }: LiveMoment, before: LiveMoment): boolean {
  if (now.chunks.length !== before.now.chunks.length) return false;
  return now.chunks.every(({ number, itemCount }, index) => {
    const other = before.now.chunks[index];
    return other?.number === number && other.itemCount === itemCount;
  });
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
