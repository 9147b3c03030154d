/**
 * Builds the manifests of chunks from their current classifications. The checkpoint page, the list of chunks and the decision all use
 * this one builder, so the digest that was on the screen is the digest that is approved (I5).
 */

import { type ManifestEntry, manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { PAGE_BYTES } from '#lib/core/limits.ts';
import { type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import { type Filters, filtersOf, hasFilters } from '#lib/core/plans/template-filters.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import type { ManifestProblem } from '#lib/shapes/checkpoints.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';
import { handedReader } from '#lib/store/repositories/handed.sql.ts';
import { turns } from '#lib/turns.ts';

/** Builds one request; `lib/connectors` gives it. Throws `invalid` naming what is wrong when it can't be built. */
export type RequestBuilder = {
  (
    action: PlanAction,
    item: { ordinal: number; fields: Record<string, string>; handed?: Handed },
  ): { version: number; request: Uint8Array };
  /** Whether it is built of what an agent handed in for the item; left out where none is. */
  takesHandedIn?(action: PlanAction): boolean;
};

type PlanAction = NonNullable<Plan['categories'][number]['action']>;
/** Undefined: nothing was handed in; null: it was erased. */
type Handed = Uint8Array | null | undefined;

/** Whom a connector's frozen request goes to; `lib/connectors` gives it. Null where nothing leaves Countersign. */
export type TargetNamer = (connector: string, request: Uint8Array) => string | null;

export type BuiltRow = ManifestEntry & { requestBytes: Uint8Array | null };
export type BuiltManifest = { digest: string; acting: number; counts: Record<string, number>; problems: ManifestProblem[] };

/** Problems beyond this many are counted, not listed. */
const PROBLEMS_LISTED = 20;
const PAGE_ROWS = 1000;

/** What the manifests of a batch's chunks are made from. */
export type OfBatch = { batchId: string; datasetId: string; plan: Plan };
/** `itemCount` says how many chunks a page may begin; items beyond it are built all the same. */
export type ChunkToBuild = { id: string; itemCount: number };

/** What is done with the manifests while they are built. The next page is being read meanwhile: who asks the same connection asks it `oneAtATime`. */
export type EachManifest<Chunk> = {
  /** some rows of one chunk, in ordinal order */
  rows?(chunk: Chunk, rows: BuiltRow[]): Promise<void>;
  /** after the last row of a chunk */
  built(chunk: Chunk, manifest: BuiltManifest): Promise<void>;
};

/**
 * Walks the classifications of these chunks, one chunk after the other, each in ordinal order, page by page. Gives of each chunk digest, counts and the
 * items whose request can't be built (their rows have no request, and such a manifest must not be approved). The next page is read while this one is built.
 */
export async function buildManifests<Chunk extends ChunkToBuild>(
  client: Querying,
  of: OfBatch,
  chunks: readonly Chunk[],
  build: RequestBuilder,
  each: EachManifest<Chunk>,
): Promise<void> {
  const actions = new Map(of.plan.categories.map(({ name, action }) => [name, action]));
  const filters = await readFilters(client, of);
  const handed = handedFor(client, build, actions);
  const takeTurn = turns();
  let at = 0;
  let open = openManifest();
  // A template makes much of little: what is handed over together is bounded by what was made, not by what was read.
  let rows: BuiltRow[] = [];
  let bytes = 0;
  const readAhead = (from: Place): Promise<Page> => {
    const page = readPage(client, of, chunks, from);
    // It is awaited when its turn has come.
    page.catch(() => {});
    return page;
  };
  let ahead = readAhead({ index: 0, after: 0, read: 0 });
  const handOver = async (): Promise<void> => {
    const chunk = chunks[at];
    if (chunk && rows.length > 0) await each.rows?.(chunk, rows);
    [rows, bytes] = [[], 0];
  };
  const endUntil = async (index: number): Promise<void> => {
    for (; at < index; at += 1) {
      await handOver();
      await each.built(chunks[at] as Chunk, open.end());
      open = openManifest();
    }
  };
  try {
    for (;;) {
      const page = await ahead;
      if (page.next) ahead = readAhead(page.next);
      for (const one of page.rows) {
        await endUntil(page.index + one.place - 1);
        const given = handed ? await handed(one, chunks[page.index + one.place - 1]?.id ?? '') : undefined;
        const row = buildRow({ ...one, handed: given }, { actions, build, filters }, open.manifest);
        open.add(row);
        rows.push(row);
        bytes += row.requestBytes?.length ?? 0;
        await takeTurn();
        if (bytes >= PAGE_BYTES) await handOver();
      }
      await handOver();
      if (!page.next) break;
    }
    await endUntil(chunks.length);
  } finally {
    // Whatever comes next on this connection comes after it.
    await ahead.catch(() => {});
  }
}

/** A manifest that is being built: its rows are hashed and counted, and not kept. */
function openManifest(): { manifest: BuiltManifest; add(row: BuiltRow): void; end(): BuiltManifest } {
  const hasher = manifestHasher();
  const manifest: BuiltManifest = { digest: '', acting: 0, counts: {}, problems: [] };
  // A category may be called `constructor`.
  const counts = new Map<string, number>();
  return {
    manifest,
    add(row) {
      hasher.add(row);
      counts.set(row.category, (counts.get(row.category) ?? 0) + 1);
    },
    end: () => Object.assign(manifest, { digest: hasher.digest(), counts: Object.fromEntries(counts) }),
  };
}

/**
 * The manifest of one chunk, as `buildManifests` makes it.
 * @internal for its tests
 */
export async function buildManifest(
  client: Querying,
  { chunkId, ...of }: OfBatch & { chunkId: string },
  build: RequestBuilder,
  each: (rows: BuiltRow[]) => Promise<void> = async () => {},
): Promise<BuiltManifest> {
  let manifest: BuiltManifest | undefined;
  await buildManifests(client, of, [{ id: chunkId, itemCount: Number.POSITIVE_INFINITY }], build, {
    rows: (_, rows) => each(rows),
    built: async (_, made) => {
      manifest = made;
    },
  });
  if (!manifest) throw new Error('A walk over one chunk ended without its manifest.');
  return manifest;
}

/**
 * One row of a chunk's manifest as it would be frozen now, by the builder of the whole; null where the chunk has no such item. `problem`: why its request
 * can't be built.
 * @param category as if the item were in this one
 */
export async function buildManifestRow(
  client: Querying,
  { chunkId, ...of }: OfBatch & { chunkId: string },
  { ordinal, category }: { ordinal: number; category: string | null },
  build: RequestBuilder,
): Promise<(BuiltRow & { problem: string | null }) | null> {
  const values = [of.batchId, of.datasetId, [chunkId], [1], ordinal - 1];
  const { rows } = await client.query<ClassifiedRow>({ name: 'manifest-page', text: ROWS, values });
  const row = rows.find((one) => one.ordinal === ordinal);
  if (!row) return null;
  const actions = new Map(of.plan.categories.map(({ name, action }) => [name, action]));
  const { manifest } = openManifest();
  const named = { ...row, category: category ?? row.category };
  const as = { ...named, handed: await handedFor(client, build, actions)?.(named, chunkId) };
  const built = buildRow(as, { actions, build, filters: await readFilters(client, of) }, manifest);
  return { ...built, problem: manifest.problems[0]?.message ?? null };
}

/** A chunk as somebody read it: `revision` is the one that is asked about. */
export type ChunkRead = ChunkToBuild & { revision: number };

/**
 * The digests as the classifications are now, built and remembered. `stands`: the chunk is still at the revision that was asked about, so that a decision
 * compares this digest. Problems are only found by building, so a digest is remembered only when there are none; and not while somebody has the
 * chunk's row, for whoever only looks waits for nobody.
 */
export async function currentManifests(
  client: Querying,
  of: OfBatch,
  chunks: readonly ChunkRead[],
  build: RequestBuilder,
): Promise<Map<string, BuiltManifest & { stands: boolean }>> {
  const made = new Map<string, BuiltManifest>();
  await buildManifests(client, of, chunks, build, {
    built: async ({ id }, manifest) => {
      made.set(id, manifest);
    },
  });
  const { rows } = await client.query<{ id: string }>(
    'SELECT c.id FROM chunk c JOIN unnest($1::uuid[], $2::int[]) AS asked(id, at_revision) USING (id) WHERE revision = at_revision',
    [chunks.map(({ id }) => id), chunks.map(({ revision }) => revision)],
  );
  const standing = new Set(rows.map(({ id }) => id));
  const sound = chunks.filter(({ id }) => standing.has(id) && made.get(id)?.problems.length === 0);
  if (sound.length > 0) {
    await client.query(
      `UPDATE chunk SET manifest_digest = decode(free.digest, 'hex') FROM (
         SELECT c.id, asked.digest FROM chunk c JOIN unnest($1::uuid[], $2::int[], $3::text[]) AS asked(id, at_revision, digest) USING (id)
         WHERE c.revision = at_revision AND c.manifest_digest IS NULL AND c.state = ANY($4) FOR NO KEY UPDATE OF c SKIP LOCKED) free
       WHERE chunk.id = free.id`,
      [
        ...[sound.map(({ id }) => id), sound.map(({ revision }) => revision), sound.map(({ id }) => made.get(id)?.digest)],
        CHUNK_IN_REVIEW,
      ],
    );
  }
  return new Map([...made].map(([id, manifest]) => [id, { ...manifest, stands: standing.has(id) }]));
}

/**
 * Forgets the remembered digests of chunks that a decision refused over just these: what it built was another one (a later version of a connector makes other
 * requests), and nobody could ever approve what is shown. Whose row somebody has is left to their next refusal.
 */
export async function forgetDigests(
  client: Querying,
  batchId: string,
  refused: readonly { number: number; digest: string }[],
): Promise<void> {
  await client.query(
    `UPDATE chunk SET manifest_digest = NULL FROM (
       SELECT c.id FROM chunk c JOIN unnest($2::int[], $3::text[]) AS refused(number, digest) USING (number)
       WHERE c.batch_id = $1 AND c.manifest_digest = decode(refused.digest, 'hex') AND c.state = ANY($4) FOR NO KEY UPDATE OF c SKIP LOCKED) wrong
     WHERE chunk.id = wrong.id`,
    [batchId, refused.map(({ number }) => number), refused.map(({ digest }) => digest), CHUNK_IN_REVIEW],
  );
}

/** Whom the items of a chunk go to, as they are classified now: one entry for each target, with how many they are. */
export async function countTargets(
  client: Querying,
  { batchId, plan }: Pick<OfBatch, 'batchId' | 'plan'>,
  chunkId: string,
): Promise<{ connector: string; connection: string | null; count: number }[]> {
  const { rows } = await client.query<{ category: string; connector: string | null; connection: string | null; count: number }>(
    `SELECT a.category, u.connector, u.connection, count(*)::int AS count
     FROM classification a LEFT JOIN undo_item u ON u.batch_id = a.batch_id AND u.ordinal = a.ordinal
     WHERE a.batch_id = $1 AND a.chunk_id = $2 GROUP BY 1, 2, 3`,
    [batchId, chunkId],
  );
  const actions = new Map(plan.categories.map(({ name, action }) => [name, action]));
  return rows.flatMap(({ category, connector, connection, count }) => {
    const action = actions.get(category);
    if (!action) return [];
    return [
      connector === null
        ? { connector: action.connector, connection: action.connection, count }
        : { connector, connection, count },
    ];
  });
}

type ClassifiedRow = {
  /** of its chunk among those of the page, from 1 */
  place: number;
  ordinal: number;
  category: string;
  fields: Record<string, string>;
  item: string;
  /** in an undo batch: the request that was made with it, instead of one from the plan */
  undo: { category: string; connector: string; connection: string | null; do: string; version: number; request: string } | null;
};

/** Where a page begins: the index of its first chunk, behind which ordinal of it, and how many rows of it were read before. */
type Place = { index: number; after: number; read: number };
/** `next`: null when that was all. */
type Page = { index: number; rows: readonly ClassifiedRow[]; next: Place | null };

/** Rows of as many chunks as make up a page: of the last one as many as there is room for. */
async function readPage(
  client: Querying,
  of: OfBatch,
  chunks: readonly ChunkToBuild[],
  { index, after, read }: Place,
): Promise<Page> {
  const ids: string[] = [];
  const rooms: number[] = [];
  let room = PAGE_ROWS;
  for (const { id, itemCount } of chunks.slice(index, index + PAGE_ROWS)) {
    if (room === 0) break;
    ids.push(id);
    rooms.push(room);
    room -= Math.min(Math.max(0, itemCount - (ids.length === 1 ? read : 0)), room);
  }
  if (ids.length === 0) return { index, rows: [], next: null };
  const { rows } = await client.query<ClassifiedRow>({
    name: 'manifest-page',
    text: ROWS,
    values: [of.batchId, of.datasetId, ids, rooms, after],
  });
  const { page, own } = untilIncomplete(rows, rooms);
  const last = page.at(-1);
  if (!last) {
    const rest = index + ids.length;
    return { index, rows: page, next: rest < chunks.length ? { index: rest, after: 0, read: 0 } : null };
  }
  const before = last.place === 1 ? read : 0;
  return { index, rows: page, next: { index: index + last.place - 1, after: last.ordinal, read: before + own } };
}

/** The rows up to the first chunk that filled its room, for it may have more of them; and how many are of the last chunk. */
function untilIncomplete(
  rows: readonly ClassifiedRow[],
  rooms: readonly number[],
): { page: readonly ClassifiedRow[]; own: number } {
  let [place, own] = [0, 0];
  for (const [index, row] of rows.entries()) {
    if (row.place !== place && own > 0 && own === rooms[place - 1]) return { page: rows.slice(0, index), own };
    own = row.place === place ? own + 1 : 1;
    place = row.place;
  }
  return { page: rows, own };
}

/**
 * The page is cut before anything is joined, and each of its items is looked up by its key: without statistics, which a batch of this minute does not have
 * yet, all of its classifications would be read for every page. A page is at most PAGE_ROWS, unless a chunk has more items than it is said to have.
 */
const ROWS = `
SELECT sized.place::int, sized.ordinal, sized.category, fields, encode(digest, 'hex') AS item, u.undo
FROM ${withinBytes(
  `
  SELECT page.place, page.ordinal, a.category, fields, digest, bytes
  FROM (
    SELECT c.place, m.ordinal FROM unnest($3::uuid[], $4::int[]) WITH ORDINALITY AS c(id, room, place) CROSS JOIN LATERAL (
      SELECT ordinal FROM chunk_item WHERE chunk_id = c.id AND ordinal > CASE c.place WHEN 1 THEN $5::int ELSE 0 END ORDER BY ordinal LIMIT c.room) m
    ) page
  CROSS JOIN LATERAL (SELECT category FROM classification WHERE batch_id = $1 AND ordinal = page.ordinal LIMIT 1) a
  CROSS JOIN LATERAL (SELECT fields, digest, ${ITEM_BYTES} FROM item WHERE dataset_id = $2 AND ordinal = page.ordinal LIMIT 1) i`,
  'place, ordinal',
)} sized
LEFT JOIN LATERAL (
  SELECT json_build_object('category', category, 'connector', connector, 'connection', connection, 'do', "do", 'version', version,
    'request', encode(request_digest, 'hex')) AS undo
  FROM undo_item WHERE batch_id = $1 AND ordinal = sized.ordinal AND EXISTS (SELECT FROM undo_item any_undo WHERE any_undo.batch_id = $1) LIMIT 1) u ON true
ORDER BY sized.place, sized.ordinal`;

/** Reads what was handed in of a row whose action is built of it, chunk after chunk; null where no action of the plan is. */
function handedFor(
  client: Querying,
  build: RequestBuilder,
  actions: Building['actions'],
): ((row: ClassifiedRow, chunkId: string) => Promise<Handed>) | null {
  const taking = new Set([...actions].flatMap(([name, action]) => (action && build.takesHandedIn?.(action) ? [name] : [])));
  if (taking.size === 0) return null;
  let of: { chunkId: string; read: ReturnType<typeof handedReader> } | null = null;
  return async ({ ordinal, category }, chunkId) => {
    if (!taking.has(category)) return undefined;
    if (of?.chunkId !== chunkId) of = { chunkId, read: handedReader(client, chunkId) };
    return of.read(ordinal);
  };
}

type Building = {
  actions: Map<string, Plan['categories'][number]['action']>;
  build: RequestBuilder;
  /** null where no template of the plan asks for a form */
  filters: Filters | null;
};

/** By what the fields meant when the batch was planned. */
async function readFilters(client: Querying, { batchId, plan }: OfBatch): Promise<Filters | null> {
  if (!hasFilters(plan)) return null;
  const meanings = (await readMeanings(client, { batchId })) ?? {};
  return filtersOf(plan, { meanings, timeZone: timeZoneOf(plan) });
}

function buildRow(
  row: ClassifiedRow & { handed?: Handed },
  { actions, build, filters }: Building,
  into: BuiltManifest,
): BuiltRow {
  const action = actions.get(row.category) ?? null;
  const entry = { ordinal: row.ordinal, category: row.category, item: row.item };
  if (action === null) return { ...entry, action: null, request: null, requestBytes: null };
  into.acting += 1;
  if (row.undo) return undoRow({ ...entry, undo: row.undo }, into);
  const { connector, connection } = action;
  try {
    const fields = filters ? filters.ofRequest(action, row) : row.fields;
    const { version, request } = build(action, { ordinal: row.ordinal, fields, handed: row.handed });
    return {
      ...entry,
      action: { connector, connection, do: action.do, version },
      request: sha256(request).toString('hex'),
      requestBytes: request,
    };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    if (into.problems.length < PROBLEMS_LISTED)
      into.problems.push({ ordinal: row.ordinal, category: row.category, message: error.message });
    return { ...entry, action: { connector, connection, do: action.do, version: 0 }, request: null, requestBytes: null };
  }
}

/** Its request was stored when the undo was made. What was done as one category can't be undone as another. */
function undoRow(
  { undo, ...entry }: Pick<BuiltRow, 'ordinal' | 'category' | 'item'> & { undo: NonNullable<ClassifiedRow['undo']> },
  into: BuiltManifest,
): BuiltRow {
  const { category, request, ...action } = undo;
  if (category === entry.category) return { ...entry, action, request, requestBytes: null };
  const message = `Item ${entry.ordinal}: it was done as “${category}”, so it is undone as that, or not at all.`;
  if (into.problems.length < PROBLEMS_LISTED) into.problems.push({ ordinal: entry.ordinal, category: entry.category, message });
  return { ...entry, action, request: null, requestBytes: null };
}
