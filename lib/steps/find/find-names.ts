/** What is found by its name: batches, chunks, datasets, people. */

import { foldedPattern } from '#lib/core/find/fold.ts';
import { isWhole, patternsOf } from '#lib/core/find/query.ts';
import { FIND_NAMES_MS, FIND_STATEMENT_MS } from '#lib/core/limits.ts';
import type { Found } from '#lib/shapes/find.ts';
import { isId, NUMBER_MAX } from '#lib/steps/ids.ts';
import { badCursor, instantCursor } from '#lib/steps/page.ts';
import {
  type ChunkNamed,
  type ChunkSpot,
  countNamed,
  findChunks,
  findNamed,
  type NamedRow,
  readNamed,
} from '#lib/store/find/names.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { exactFirst, type Finder, found, type Looking } from './finder.ts';

export const findBatches: Finder['find'] = (look) =>
  findByName('batches', look, ({ id, name, other, state }) => {
    const byRef = other !== null && !isWhole(look.query, name);
    return found({ title: name, state, id, ...(byRef ? { field: 'Task', value: other } : {}) });
  });

export const findDatasets: Finder['find'] = (look) =>
  findByName('datasets', look, ({ id, name, state }) => found({ title: name, state, id }));

export const findPeople: Finder['find'] = (look) =>
  findByName('people', look, ({ id, name, other, state }) => found({ title: name, state, id, field: 'Address', value: other }));

async function findByName(kind: 'batches' | 'datasets' | 'people', look: Looking, toldAs: (row: NamedRow) => Found) {
  const { query, limit, cursor, ended } = look;
  const { pool } = db();
  const after = instantCursor({ cursor });
  const tell = (row: NamedRow): Found => ({
    ...toldAs(row),
    exact: [row.name, row.other, row.id].some((one) => one !== null && isWhole(query, one)),
  });
  // A whole id has an index.
  const own = after === null && isId(query.whole) ? await readNamed(pool, kind, query.whole) : null;
  if (own) return { items: [tell(own)], next: null, looked: { what: kind, count: 1, of: null } };
  const idBegins = /^[0-9a-f]{8}[0-9a-f-]*$/i.test(query.whole) ? query.whole.toLowerCase() : null;
  const [{ rows, looked, next }, of] = await Promise.all([
    findNamed(pool, kind, { patterns: patternsOf(query), idBegins }, after, { limit, ...budget(ended) }),
    countNamed(pool, kind),
  ]);
  return {
    items: exactFirst(rows.map(tell)),
    next: next && `${next.createdAt}_${next.id}`,
    looked: { what: kind, count: looked, of },
  };
}

/** Those of the batch at hand first, where a number alone names one. */
export const findChunksNamed: Finder['find'] = async ({ query, limit, cursor, batchId: at, ended }) => {
  const { pool } = db();
  const after = chunkSpot(cursor);
  const words = query.words.map(({ text, exact }) => ({
    pattern: patternsOf({ ...query, words: [{ text, exact }] })[0] ?? foldedPattern(text),
    number: /^\d{1,10}$/.test(text) && Number(text) <= NUMBER_MAX ? Number(text) : null,
  }));
  const own =
    after === null && at !== null
      ? await findChunks(pool, { words, at, which: 'at' }, null, { limit, ...budget(ended) })
      : { rows: [], looked: 0 };
  const left = limit - own.rows.length;
  const others =
    left > 0 ? await findChunks(pool, { words, at, which: 'others' }, after, { limit: left, ...budget(ended) }) : null;
  const tell = ({ batch, number, name, state }: ChunkNamed): Found =>
    found({ title: name, state, batch, chunk: number, exact: isWhole(query, name) });
  const next = others?.next ?? null;
  return {
    // Those of the batch at hand stay before the others.
    items: [...exactFirst(own.rows.map(tell)), ...exactFirst((others?.rows ?? []).map(tell))],
    next: next && `${next.createdAt}_${next.id}_${next.number}`,
    looked: { what: 'chunks', count: own.looked + (others?.looked ?? 0), of: null },
  };
};

function chunkSpot(cursor: string | null): ChunkSpot | null {
  if (!cursor) return null;
  const cut = cursor.lastIndexOf('_');
  const batch = instantCursor({ cursor: cursor.slice(0, Math.max(0, cut)) });
  const number = Number(cursor.slice(cut + 1));
  if (batch === null || !Number.isInteger(number) || number < 0 || number > NUMBER_MAX) throw badCursor();
  return { ...batch, number };
}

function budget(ended: AbortSignal) {
  return { until: performance.now() + FIND_NAMES_MS, statementMs: FIND_STATEMENT_MS, ended };
}
