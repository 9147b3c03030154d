/** The security log, for whoever answers for who could do what. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { SECURITY_LOOK_MS } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { SECURITY_KINDS, type SecurityKind } from '#lib/core/people/security-kinds.ts';
import { type SecurityAsked, type SecurityEventView, securityAsked } from '#lib/shapes/security.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readSecurityWindow, type SecurityRow, type SecurityWanted } from '#lib/store/security/security.sql.ts';

const input = z.strictObject(securityAsked);

/**
 * The newest first. A page that is searched for ends after `ms`: it may be short, or empty, while there is a `next`.
 * @throws CountersignError `forbidden`, `invalid`
 */
export async function listSecurity(
  actor: Actor,
  { cursor, limit: most, ...raw }: PageInput & SecurityAsked = {},
  { ms = SECURITY_LOOK_MS, windowRows }: { ms?: number; windowRows?: number } = {},
): Promise<Page<SecurityEventView>> {
  authorise(actor, 'security');
  const limit = limitOf({ limit: most });
  const wanted = securityWanted(readInput(input, raw));
  const until = performance.now() + ms;
  const rows: SecurityRow[] = [];
  for (let before = sequenceCursor({ cursor }); ; ) {
    const window = await readSecurityWindow(db().pool, wanted, {
      ...{ before, limit: limit + 1 - rows.length },
      ...(windowRows === undefined ? {} : { windowRows }),
    });
    rows.push(...window.rows);
    const { shown, next } = pageOf(rows, limit, ({ id }) => id);
    if (next !== null) return { items: await securityViews(shown), next };
    if (isEnd(window, wanted)) return { items: await securityViews(rows), next: null };
    before = window.lowest?.id ?? null;
    if (performance.now() > until) return { items: await securityViews(rows), next: String(before) };
  }
}

/** What is asked of the store. */
export function securityWanted({ kind, person, from, to, search }: SecurityAsked): SecurityWanted {
  return {
    ...{ kind, who: person && `user:${person}`, search: search?.trim() || undefined },
    from: from === undefined ? undefined : new Date(`${from}T00:00:00.000Z`),
    to: to === undefined ? undefined : new Date(Date.parse(`${to}T00:00:00.000Z`) + DAY_MS),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Rows are numbered before their transactions end, so their times may be out of order by as long as one lasts: an hour at most, surely. */
const DISORDER_MS = 60 * 60 * 1000;

/** Whether nothing that is wanted lies behind what was looked at. */
export function isEnd({ lowest, whole }: Awaited<ReturnType<typeof readSecurityWindow>>, { from }: SecurityWanted): boolean {
  return whole || lowest === null || (from !== undefined && lowest.at.getTime() < from.getTime() - DISORDER_MS);
}

/** With names for people: of those who did it, and of what it is about. */
export async function securityViews(rows: readonly SecurityRow[]): Promise<SecurityEventView[]> {
  const names = await readNames(
    db(),
    rows.flatMap(({ by, about, facts }) => [by, ...(about === null ? [] : [about]), ...actorsIn(facts)]),
  );
  return rows.map(({ id, kind, by, about, at, facts }) => ({
    ...{ id, at: at.toISOString(), kind: kind as SecurityKind, says: SECURITY_KINDS[kind as SecurityKind] ?? kind },
    by: { id: by, name: actorName(by, names) },
    about: about === null || about === by ? null : { id: about, name: aboutName(about, facts, names) },
    facts,
    names: Object.fromEntries(actorsIn(facts).map((named) => [named, actorName(named, names)])),
  }));
}

function actorsIn(facts: SecurityRow['facts']): string[] {
  return Object.values(facts).filter((value) => typeof value === 'string' && /^(user|key):/.test(value)) as string[];
}

/** What has a name of its own has it in the facts: a batch may be gone, or called otherwise, by the time of reading. */
function aboutName(about: string, { name }: Record<string, unknown>, names: ReadonlyMap<string, string>): string {
  return typeof name === 'string' ? name : actorName(about, names);
}
