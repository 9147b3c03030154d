/**
 * What is found by its name: batches, chunks, datasets and people, the newest first, window by window (windows.sql.ts). No index that every PostgreSQL has finds a text
 * inside a text whatever its case and accents.
 */
import type { Pool } from 'pg';
import { inWindows, type Windows } from '#lib/store/receipts/windows.sql.ts';

/** `patterns`: regular expressions, each of which has to be in the name. `idBegins`: or the id begins so. */
type NamesWanted = { patterns: readonly string[]; idBegins: string | null };

type NameSpot = { createdAt: string; id: string };
export type NamedRow = NameSpot & { name: string; other: string | null; state: string | null };
type FoundNames<Row, Spot> = { rows: Row[]; looked: number; next: Spot | null };

/** Where names are: `other` is a second name, by which it is found too. */
const NAMED = {
  batches: { from: 'batch', name: 'name', other: 'task_ref', state: 'state', where: 'true' },
  datasets: { from: 'dataset', name: 'name', other: 'NULL::text', state: 'state', where: 'deleted_at IS NULL' },
  people: { from: '"user"', name: 'name', other: 'email', state: 'role', where: 'true' },
} as const;

/** Up to `limit` after a spot (null: from the newest), or as many as are found within the time. */
export async function findNamed(
  pool: Pool,
  kind: keyof typeof NAMED,
  { patterns, idBegins }: NamesWanted,
  after: NameSpot | null,
  { limit, ...windows }: Windows & { limit: number },
): Promise<FoundNames<NamedRow, NameSpot>> {
  const { from: table, name, other, state, where } = NAMED[kind];
  const found: FoundNames<NamedRow, NameSpot> = { rows: [], looked: 0, next: null };
  found.next = await inWindows<NameSpot | null>(pool, after, windows, async (tx, spot, size) => {
    const left = limit - found.rows.length;
    const { rows } = await tx.query<NamedRow & Ends<NameSpot>>(
      `WITH looked AS MATERIALIZED (
         SELECT id, created_at, ${name} AS name, ${other} AS other, ${state} AS state, row_number() OVER (ORDER BY created_at DESC, id DESC)::int AS place
         FROM ${table} WHERE ${where} AND ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)) ORDER BY created_at DESC, id DESC LIMIT $3
       ), found AS (
         SELECT id, name, other, state, ${ISO} AS "createdAt", place FROM looked
         WHERE concat_ws(E'\\n', name, other) ~ ALL ($4::text[]) OR starts_with(id::text, $5) ORDER BY place LIMIT $6)
       SELECT found.*, (SELECT count(*)::int FROM looked) AS looked,
         (SELECT json_build_object('createdAt', ${ISO}, 'id', id) FROM looked ORDER BY place DESC LIMIT 1) AS last
       FROM (SELECT) one LEFT JOIN found ON true ORDER BY place`,
      [spot?.createdAt ?? null, spot?.id ?? null, size, patterns, idBegins, left],
    );
    return took(found, rows, { left, size, spotOf: ({ createdAt, id }) => ({ createdAt, id }) });
  });
  return found;
}

/** The one of this id, or null. */
export async function readNamed(pool: Pool, kind: keyof typeof NAMED, id: string): Promise<NamedRow | null> {
  const { from, name, other, state, where } = NAMED[kind];
  const { rows } = await pool.query<NamedRow>(
    `SELECT id, ${name} AS name, ${other} AS other, ${state} AS state, ${ISO} AS "createdAt" FROM ${from} WHERE ${where} AND id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** How many there are to look through. */
export async function countNamed(pool: Pool, kind: keyof typeof NAMED): Promise<number> {
  const { from, where } = NAMED[kind];
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from} WHERE ${where}`);
  return rows[0]?.count ?? 0;
}

export type ChunkSpot = NameSpot & { number: number };
export type ChunkNamed = { batch: { id: string; name: string }; createdAt: string; number: number; name: string; state: string };

/** What of the chunks is looked for: each pattern with the number that it is, where it is one. */
type ChunksWanted = {
  words: readonly { pattern: string; number: number | null }[];
  /** the batch at hand: a number alone names a chunk of it */
  at: string | null;
  /** of the batch at hand only, or of all others */
  which: 'at' | 'others';
};

/** The chunks that are called so: a word may be in the name of their batch, but one is their own. The windows are of batches. */
export async function findChunks(
  pool: Pool,
  { words, at, which }: ChunksWanted,
  after: ChunkSpot | null,
  { limit, ...windows }: Windows & { limit: number },
): Promise<FoundNames<ChunkNamed, ChunkSpot>> {
  const found: FoundNames<ChunkNamed, ChunkSpot> = { rows: [], looked: 0, next: null };
  const numbersCount = which === 'at' || words.length > 1;
  found.next = await inWindows<ChunkSpot | null>(pool, after, { first: BATCHES_FIRST, ...windows }, async (tx, spot, size) => {
    const left = limit - found.rows.length;
    const values: unknown[] = [spot?.createdAt ?? null, spot?.id ?? null, spot?.number ?? 0, size, at, left];
    const param = (value: unknown) => `$${values.push(value)}`;
    // A batch that was looked through is not looked at again, or a window of one would never end.
    const beyond = spot?.number === NUMBER_LAST ? '<' : '<=';
    const own = words.map(({ pattern, number }) => {
      const named = `c.name ~ ${param(pattern)}`;
      return number !== null && numbersCount ? `(${named} OR c.number = ${param(number)})` : named;
    });
    const every = own.map((one, index) => `(${one} OR b.name ~ ${param(words[index]?.pattern)})`);
    const { rows } = await tx.query<ChunkNamed & Ends<NameSpot> & { place: number | null; batches: number }>(
      `WITH looked AS MATERIALIZED (
         SELECT id, name, created_at FROM batch
         WHERE ($1::timestamptz IS NULL OR (created_at, id) ${beyond} ($1, $2::uuid)) AND ${which === 'at' ? 'id = $5' : '($5::uuid IS NULL OR id <> $5)'}
         ORDER BY created_at DESC, id DESC LIMIT $4
       ), part AS MATERIALIZED (
         SELECT b.id, b.name AS batch_name, b.created_at, c.number, c.name, c.state, (${own.join(' OR ')}) AND ${every.join(' AND ')} AS holds
         FROM looked b JOIN chunk c ON c.batch_id = b.id WHERE $1::timestamptz IS NULL OR (b.created_at, b.id) < ($1, $2::uuid) OR c.number > $3
       ), found AS (
         SELECT json_build_object('id', id, 'name', batch_name) AS batch, ${ISO} AS "createdAt", number, name, state,
           row_number() OVER (ORDER BY created_at DESC, id DESC, number)::int AS place FROM part WHERE holds
         ORDER BY created_at DESC, id DESC, number LIMIT $6)
       SELECT found.*, (SELECT count(*)::int FROM part) AS looked, (SELECT count(*)::int FROM looked) AS batches,
         (SELECT json_build_object('createdAt', ${ISO}, 'id', id) FROM looked ORDER BY created_at, id LIMIT 1) AS last
       FROM (SELECT) one LEFT JOIN found ON true ORDER BY place`,
      values,
    );
    const hits = rows.filter(({ place }) => place !== null);
    found.rows.push(...hits.map(({ batch, createdAt, number, name, state }) => ({ batch, createdAt, number, name, state })));
    found.looked += rows[0]?.looked ?? 0;
    const last = hits.at(-1);
    if (last && hits.length >= left)
      return { next: { createdAt: last.createdAt, id: last.batch.id, number: last.number }, enough: true };
    const end = rows[0]?.last ?? null;
    return { next: end === null || (rows[0]?.batches ?? 0) < size ? null : { ...end, number: NUMBER_LAST }, enough: false };
  });
  return found;
}

/** Batches of the first window: one can have a hundred thousand chunks. */
const BATCHES_FIRST = 4;
const NUMBER_LAST = 2 ** 31 - 1;

const ISO = `to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

type Ends<Spot> = { looked: number; last: Spot | null; place: number | null };

/** Adds what a window gave, and says where the next one begins. */
function took(
  found: FoundNames<NamedRow, NameSpot>,
  rows: (NamedRow & Ends<NameSpot>)[],
  { left, size, spotOf }: { left: number; size: number; spotOf: (row: NamedRow) => NameSpot },
): { next: NameSpot | null; enough: boolean } {
  const hits = rows.filter(({ place }) => place !== null);
  found.rows.push(...hits.map(({ id, name, other, state, createdAt }) => ({ id, name, other, state, createdAt })));
  const looked = rows[0]?.looked ?? 0;
  const last = hits.at(-1);
  // What the window has behind a full page comes with the next one.
  if (last && hits.length >= left && (last.place ?? 0) < looked) {
    found.looked += last.place ?? 0;
    return { next: spotOf(last), enough: true };
  }
  found.looked += looked;
  return { next: looked < size ? null : (rows[0]?.last ?? null), enough: hits.length >= left };
}
