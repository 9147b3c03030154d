/**
 * Live events: a hint that something of a batch changed, never the change itself. Whoever hears one reads the database again, and whoever
 * misses one polls. A hint travels outside receipt transactions, at most NOTIFY_PER_SECOND_MAX times a second per batch and process.
 */
import type { Pool } from 'pg';
import { NOTIFY_PER_SECOND_MAX } from '#lib/core/limits.ts';
import { type Change, tellChanges } from '#lib/store/live/events.sql.ts';
import { hear } from '#lib/store/live/notifications.sql.ts';

const QUIET_MS = 1000 / NOTIFY_PER_SECOND_MAX;
/** More changed chunks than this are told as "the batch changed". */
const CHUNKS_NAMED_MAX = 100;

/**
 * Tells live pages that the batch changed. Returns at once and never throws: the first change goes out immediately, those that follow
 * within the quiet time go out together at its end, so the last one is always told.
 */
export function announce(pool: Pool, batchId: string, change: Change): void {
  const waiting = quiet.get(batchId);
  if (waiting) {
    waiting.changes.set(change.chunk ?? null, change);
    return;
  }
  const entry = { pool, changes: new Map([[change.chunk ?? null, change]]) };
  quiet.set(batchId, entry);
  void tell(batchId, entry);
}

/** Calls `heard` whenever this batch is announced by any process, until the returned function is called. One connection serves all. */
export function listen(url: string, batchId: string, heard: () => void): () => void {
  return hear(url, batchId, heard);
}

type Quiet = { pool: Pool; changes: Map<number | null, Change> };

/** Batches that were told of within the quiet time, with what changed since. */
const quiet = new Map<string, Quiet>();

async function tell(batchId: string, entry: Quiet): Promise<void> {
  const changes = entry.changes.size > CHUNKS_NAMED_MAX ? [{ kind: 'many' }] : [...entry.changes.values()];
  entry.changes = new Map();
  try {
    await tellChanges(entry.pool, batchId, changes);
  } catch {
    // A hint is lost. The pages poll, and a worker must not stumble over its audience.
  }
  setTimeout(() => {
    if (entry.changes.size === 0) quiet.delete(batchId);
    else void tell(batchId, entry);
  }, QUIET_MS);
}
