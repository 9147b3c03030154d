/** Targets that failed for everybody, as pages and the API tell of them: each once, however many chunks wait for it. */
import { readTargetIncidents } from '#lib/store/actions/breakers.ts';
import type { db } from '#lib/store/postgres/db.ts';

export type TargetIncident = {
  id: string;
  /** as it is shared by chunks: scheme, host and port */
  target: string;
  /** it was resumed, and one chunk tries; the others wait for its first success */
  probing: boolean;
  /** what it said last, as a sentence without its full stop */
  message: string;
  /** ISO 8601 */
  since: string;
  /** what waits for it: chunks, their actions that have no receipt yet, and in how many batches */
  chunks: number;
  actions: number;
  batches: number;
};

/** The oldest first; only those that this batch, or this chunk of it, waits for when one is given. */
export async function readTargets(
  pool: ReturnType<typeof db>['pool'],
  which: { batchId?: string; chunk?: number } = {},
): Promise<TargetIncident[]> {
  const rows = await readTargetIncidents(pool, which);
  return rows.map(({ since, ...row }) => ({ ...row, since: since.toISOString() }));
}
