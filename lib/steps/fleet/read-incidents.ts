/** Faults that nobody has dealt with yet, and those that are over. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { INCIDENTS_CLOSED_SHOWN } from '#lib/core/limits.ts';
import type { Incident } from '#lib/shapes/fleet.ts';
import { type IncidentRow, readIncidentRows } from '#lib/store/fleet/incidents.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTargets } from './target-incidents.ts';

/** The newest first: at most 200 that are open, or the last INCIDENTS_CLOSED_SHOWN that are over. */
export async function readIncidents(actor: Actor, { state = 'open' }: { state?: 'open' | 'closed' } = {}): Promise<Incident[]> {
  authorise(actor, 'see_fleet');
  return state === 'open' ? openIncidents() : closedIncidents();
}

export async function openIncidents(): Promise<Incident[]> {
  const [rows, targets] = await Promise.all([readIncidentRows(db(), 'open'), readTargets(db().pool)]);
  const byId = new Map(targets.map((target) => [target.id, target]));
  return rows.map((row) => incidentOf(row, byId.get(row.id) ?? null));
}

export async function closedIncidents(): Promise<Incident[]> {
  const rows = await readIncidentRows(db(), 'closed', INCIDENTS_CLOSED_SHOWN);
  return rows.map((row) => incidentOf(row, null));
}

function incidentOf({ openedAt, resolvedAt, ...row }: IncidentRow, target: Incident['target']): Incident {
  return { ...row, openedAt: openedAt.toISOString(), resolvedAt: resolvedAt?.toISOString() ?? null, target };
}
