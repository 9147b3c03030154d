/** One fault, told once. */

import type { IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { KEY_NAMES } from '#lib/core/people/key-actor.ts';
import { pauseChunks } from '#lib/store/batches/stopping.sql.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';
import { pauseOnIncident } from './incidents.sql.ts';

export type IncidentRow = {
  id: string;
  kind: IncidentKind;
  message: string;
  batchId: string | null;
  batchName: string | null;
  chunk: number | null;
  openedAt: Date;
  resolvedAt: Date | null;
  /** the names of people, and of keys as they are; null until somebody acknowledged it */
  acknowledged: { by: string; at: string } | null;
};

const OPEN_MAX = 200;

/** The newest first: those that are open, or the last `limit` of those that are over. */
export async function readIncidentRows(
  { prisma }: WithModels,
  which: 'open' | 'closed',
  limit = OPEN_MAX,
): Promise<IncidentRow[]> {
  const rows = await prisma.incident.findMany({
    select: SHOWN,
    where: { resolvedAt: which === 'open' ? null : { not: null } },
    orderBy: [which === 'open' ? { openedAt: 'desc' } : { resolvedAt: 'desc' }, { id: 'asc' }],
    take: limit,
  });
  const [batches, people] = await Promise.all([
    namesOf(
      rows.map(({ batchId }) => batchId),
      (ids) => prisma.batch.findMany({ where: { id: { in: ids } }, select: NAMED }),
    ),
    namesOf(
      rows.map(({ acknowledgedBy }) => personOf(acknowledgedBy)),
      (ids) => prisma.user.findMany({ where: { id: { in: ids } }, select: NAMED }),
    ),
  ]);
  return rows.map(({ acknowledgedAt: at, acknowledgedBy: by, ...row }) => ({
    ...row,
    kind: row.kind as IncidentKind,
    batchName: batches.get(row.batchId) ?? null,
    acknowledged: at && { by: people.get(personOf(by)) ?? actorName(by ?? '', KEY_NAMES), at: at.toISOString() },
  }));
}

const SHOWN = {
  ...{ id: true, kind: true, message: true, batchId: true, chunk: true },
  ...{ openedAt: true, resolvedAt: true, acknowledgedAt: true, acknowledgedBy: true },
} as const;

const NAMED = { id: true, name: true } as const;

/** The names of those that are still there; nobody is asked for none. */
async function namesOf(
  ids: (string | null)[],
  read: (ids: string[]) => Promise<{ id: string; name: string }[]>,
): Promise<Map<string | null, string>> {
  const asked = [...new Set(ids.filter((id) => id !== null))];
  return new Map((asked.length === 0 ? [] : await read(asked)).map(({ id, name }) => [id, name]));
}

/** The person's id in who did something; null of a key. */
const personOf = (by: string | null): string | null => /^user:([0-9a-f-]{36})$/.exec(by ?? '')?.[1] ?? null;

/** Says who knows of it; the first to say so stays named. Null when there is no such incident, false when somebody had said so. */
export async function acknowledge({ prisma }: WithModels, id: string, by: string): Promise<boolean | null> {
  const said = await prisma.incident.updateMany({
    where: { id, acknowledgedAt: null },
    data: { acknowledgedAt: await databaseTime({ prisma }), acknowledgedBy: by },
  });
  if (said.count === 1) return true;
  return (await prisma.incident.count({ where: { id } })) === 0 ? null : false;
}

type IncidentAbout = { kind: string; batchId: string | null; chunk: number | null; resolvedAt: Date | null };

/** What of an incident a resume must know; null when there is none. */
export async function readIncident({ prisma }: WithModels, id: string): Promise<IncidentAbout | null> {
  return prisma.incident.findUnique({ where: { id }, select: { kind: true, batchId: true, chunk: true, resolvedAt: true } });
}

/**
 * Pauses a running batch and everything in it that sends, and opens its incident. Of one that does not run it only tells, once for as long as the
 * incident is open. False when somebody else did.
 */
export async function stopOnMismatch(tx: Tx, batchId: string, incidentId: string, message: string): Promise<boolean> {
  const { prisma } = tx;
  if (await pauseOnIncident(tx, batchId)) await pauseChunks(tx, batchId);
  else if (await prisma.incident.findFirst({ where: { batchId, kind: 'mismatch', resolvedAt: null }, select: { id: true } }))
    return false;
  await prisma.incident.create({ data: { id: incidentId, batchId, kind: 'mismatch', message }, select: { id: true } });
  return true;
}
