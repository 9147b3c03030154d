/** Faults that nobody has dealt with yet. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { OpenIncident } from '#lib/shapes/fleet.ts';
import { readOpenIncidents } from '#lib/store/fleet/incidents.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTargets } from './target-incidents.ts';

/** The newest first, at most 200. */
export async function readIncidents(actor: Actor): Promise<OpenIncident[]> {
  authorise(actor, 'see_fleet');
  const { pool } = db();
  const [rows, targets] = await Promise.all([readOpenIncidents(pool), readTargets(pool)]);
  const byId = new Map(targets.map((target) => [target.id, target]));
  return rows.map(({ openedAt, ...row }) => ({ ...row, openedAt: openedAt.toISOString(), target: byId.get(row.id) ?? null }));
}
