/** An erasure as it is shown: before it is confirmed, where the value stands and who is in the way; afterwards what was erased, and not what. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { PLACE_WORDS } from '#lib/core/erasure/words.ts';
import { ERASURE_FINDS_MAX } from '#lib/core/limits.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import type { ErasureFindView, ErasureRow, ErasureView } from '#lib/shapes/erasure.ts';
import { isId } from '#lib/steps/ids.ts';
import { instantCursor, instantOf, limitOf, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { countFinds, type ErasureStored, readErased, readErasurePage, readStoredErasure } from '#lib/store/erasure/erasures.ts';
import { readFinds, readMovedOn, readRefusing, readSubject } from '#lib/store/erasure/finds.sql.ts';
import { PLACES } from '#lib/store/erasure/places.sql.ts';
import { SCOPE_PLACES } from '#lib/store/erasure/scope.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The newest first. */
export async function readErasures(actor: Actor, input: PageInput = {}): Promise<Page<ErasureRow>> {
  authorise(actor, 'erase');
  const limit = limitOf(input);
  const rows = await readErasurePage(db(), { before: instantCursor(input), limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ askedAt, id }) => instantOf({ createdAt: askedAt, id }));
  return { items: await rowsOf(shown), next };
}

/** One erasure with what it would take away, or took; null when there is none. */
export async function readErasure(actor: Actor, { id }: { id: string }): Promise<ErasureView | null> {
  authorise(actor, 'erase');
  const stored = isId(id) ? await readStoredErasure(db(), id) : null;
  const [row] = stored ? await rowsOf([stored]) : [];
  if (!stored || !row) return null;
  const about = subjectOf(stored);
  const open = stored.state === 'found' || stored.state === 'looking';
  const [finds, erased, subject, refusedBy, movedOn] = await Promise.all([
    countFinds(db(), id),
    readErased(db(), [id]),
    about.subject === null ? null : readSubject(db().pool, stored.kind, about.subject),
    open ? readRefusing(db().pool, { id, batchId: about.batchId, datasetId: about.datasetId }) : [],
    open ? readMovedOn(db().pool, id) : null,
  ]);
  const byTable = new Map(erased.map(({ table, rows }) => [table, rows]));
  return {
    ...row,
    ...{
      salt: Buffer.from(stored.salt).toString('hex'),
      digest: Buffer.from(stored.digest).toString('hex'),
      looked: Number(stored.looked),
    },
    places: placesOf(stored, finds, byTable),
    count: countOf(stored, finds, subject),
    refusedBy: refusedBy.map(({ id: of, name, state }) => ({ id: of, name, state })),
    movedOn,
    openTasks: open ? (subject?.openTasks ?? 0) : 0,
    full: [...finds.values()].reduce((sum, { found }) => sum + found, 0) >= ERASURE_FINDS_MAX,
  };
}

/** Found rows of one place, by key. The excerpts are people's data: whoever may erase sees them. */
export async function readErasureFinds(
  actor: Actor,
  { id, place, ...input }: { id: string; place: string } & PageInput,
): Promise<Page<ErasureFindView>> {
  authorise(actor, 'erase');
  const limit = limitOf(input);
  const rows = isId(id) ? await readFinds(db().pool, id, place, input.cursor ?? '', limit + 1) : [];
  const { shown, next } = pageOf(rows, limit, ({ key }) => key);
  return {
    items: shown.map(({ datasetId, datasetName, batchId, ...find }) => ({
      ...find,
      dataset: datasetId === null ? null : { id: datasetId, name: datasetName ?? datasetId },
      batch: batchId,
    })),
    next,
  };
}

/** What an erasure is about, where that is no value. */
export function subjectOf({ kind, about }: ErasureStored): {
  subject: string | null;
  batchId: string | null;
  datasetId: string | null;
} {
  const id = about?.split(':')[1] ?? null;
  return { subject: id, batchId: kind === 'batch' ? id : null, datasetId: kind === 'dataset' ? id : null };
}

/** What is typed to confirm it. */
export function countOf(
  { kind }: ErasureStored,
  finds: Awaited<ReturnType<typeof countFinds>>,
  subject: Awaited<ReturnType<typeof readSubject>>,
): number {
  if (kind === 'value') return [...finds.values()].reduce((sum, { chosen }) => sum + chosen, 0);
  return (kind === 'original' ? subject?.files : subject?.items) ?? 0;
}

function placesOf(
  { kind, state }: ErasureStored,
  finds: Awaited<ReturnType<typeof countFinds>>,
  erased: ReadonlyMap<string, number>,
): ErasureView['places'] {
  const told = new Set<string>();
  const of = (name: string, table: string, stays: string | null) => {
    // Two places may be rows of one table: entries tell the table.
    const rows = told.has(table) ? 0 : (erased.get(table) ?? 0);
    told.add(table);
    return { place: name, says: PLACE_WORDS[name] ?? name, ...(finds.get(name) ?? { found: 0, chosen: 0 }), erased: rows, stays };
  };
  const all = [...PLACES.map(({ name, table, stays }) => of(name, table, stays ?? null)), of('original', 'source', null)];
  if (kind === 'value') return all.filter(({ found, erased: rows }) => found > 0 || rows > 0);
  const wanted = SCOPE_PLACES[kind as keyof typeof SCOPE_PLACES] ?? [];
  return all.filter(({ place, erased: rows }) => wanted.includes(place) && (state !== 'done' || rows > 0));
}

async function rowsOf(stored: readonly ErasureStored[]): Promise<ErasureRow[]> {
  const ids = stored.map(({ id }) => id);
  const [names, erased] = await Promise.all([
    readNames(
      db(),
      stored.flatMap(({ askedBy, confirmedBy }) => [askedBy, ...(confirmedBy === null ? [] : [confirmedBy])]),
    ),
    readErased(db(), ids),
  ]);
  const person = (id: string) => ({ id, name: actorName(id, names) });
  return Promise.all(
    stored.map(async (one) => {
      const subject = subjectOf(one).subject;
      const named = subject === null ? null : await readSubject(db().pool, one.kind, subject);
      return {
        ...{ id: one.id, kind: one.kind as ErasureRow['kind'], state: one.state as ErasureRow['state'], reason: one.reason },
        about: one.about === null ? null : { id: one.about, name: named?.name ?? one.about },
        ...{ askedBy: person(one.askedBy), askedAt: one.askedAt.toISOString() },
        confirmedBy: one.confirmedBy === null ? null : person(one.confirmedBy),
        ...{ confirmedAt: one.confirmedAt?.toISOString() ?? null, endedAt: one.endedAt?.toISOString() ?? null },
        erased: erased.filter(({ erasureId }) => erasureId === one.id).reduce((sum, { rows }) => sum + rows, 0),
      };
    }),
  );
}
