/** Faults that nobody has dealt with yet. */
import type { Actor } from '../auth/actor.ts';
import { authorise } from '../auth/authorise.ts';
import { db } from '../store/db.ts';
import { readOpenIncidents } from '../store/incidents.ts';

export type OpenIncident = {
  id: string;
  kind: string;
  message: string;
  batchId: string | null;
  batchName: string | null;
  chunk: number | null;
  openedAt: string;
};

/** The newest first, at most 200. */
export async function readIncidents(actor: Actor): Promise<OpenIncident[]> {
  authorise(actor, 'see_fleet');
  const rows = await readOpenIncidents(db().pool);
  return rows.map(({ openedAt, ...row }) => ({ ...row, openedAt: openedAt.toISOString() }));
}
