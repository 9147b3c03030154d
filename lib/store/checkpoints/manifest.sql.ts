/**
 * Builds the manifest of a chunk from its current classifications, and freezes it. The checkpoint page, the decision and a stale check all use
 * this one builder, so the digest that was on the screen is the digest that is approved (I5).
 */

import { type ManifestEntry, manifestHasher } from '#lib/core/checkpoints/manifest.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PAGE_BYTES } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import type { ManifestProblem } from '#lib/shapes/checkpoints.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';
import { turns } from '#lib/turns.ts';

/** Builds one request; `lib/connectors` gives it. Throws `invalid` naming what is wrong when it can't be built. */
export type RequestBuilder = (
  action: NonNullable<Plan['categories'][number]['action']>,
  item: { ordinal: number; fields: Record<string, string> },
) => { version: number; request: Uint8Array };

/** Whom a connector's frozen request goes to; `lib/connectors` gives it. Null where nothing leaves Countersign. */
export type TargetNamer = (connector: string, request: Uint8Array) => string | null;

export type BuiltRow = ManifestEntry & { requestBytes: Uint8Array | null };
export type BuiltManifest = { digest: string; acting: number; counts: Record<string, number>; problems: ManifestProblem[] };

/** Problems beyond this many are counted, not listed. */
const PROBLEMS_LISTED = 20;
const PAGE_ROWS = 1000;

type ChunkOfBatch = { chunkId: string; batchId: string; datasetId: string; plan: Plan };

/**
 * Walks the chunk's classifications in ordinal order and hands over the rows page by page; gives digest, counts and the items whose request can't be
 * built (their rows have no request, and such a manifest must not be approved).
 */
export async function buildManifest(
  client: Querying,
  chunk: ChunkOfBatch,
  build: RequestBuilder,
  each: (rows: BuiltRow[]) => Promise<void> = async () => {},
): Promise<BuiltManifest> {
  const actions = new Map(chunk.plan.categories.map(({ name, action }) => [name, action]));
  const hasher = manifestHasher();
  const result: BuiltManifest = { digest: '', acting: 0, counts: {}, problems: [] };
  const takeTurn = turns();
  // A category may be called `constructor`.
  const counts = new Map<string, number>();
  for (let after = 0; ; ) {
    const { rows } = await client.query<ClassifiedRow>(ROWS, [chunk.batchId, chunk.datasetId, chunk.chunkId, after, PAGE_ROWS]);
    if (rows.length === 0) break;
    after = rows[rows.length - 1]?.ordinal ?? after;
    // A template makes much of little: what is handed over together is bounded by what was made, not by what was read.
    let built: BuiltRow[] = [];
    let bytes = 0;
    for (const one of rows) {
      const row = buildRow(one, actions, build, result);
      hasher.add(row);
      counts.set(row.category, (counts.get(row.category) ?? 0) + 1);
      built.push(row);
      bytes += row.requestBytes?.length ?? 0;
      await takeTurn();
      if (bytes < PAGE_BYTES) continue;
      await each(built);
      [built, bytes] = [[], 0];
    }
    if (built.length > 0) await each(built);
  }
  result.counts = Object.fromEntries(counts);
  result.digest = hasher.digest();
  return result;
}

/**
 * The current digest, from the chunk row when it is known at this revision, else built and remembered. Problems are only found by
 * building, so a digest is remembered only when there are none.
 */
export async function currentManifest(client: Querying, chunk: ChunkOfBatch, build: RequestBuilder): Promise<BuiltManifest> {
  const before = await client.query<{ revision: number }>('SELECT revision FROM chunk WHERE id = $1', [chunk.chunkId]);
  const built = await buildManifest(client, chunk, build);
  if (built.problems.length === 0) {
    await client.query(
      "UPDATE chunk SET manifest_digest = decode($3, 'hex') WHERE id = $1 AND revision = $2 AND state = 'awaiting_review' AND manifest_digest IS NULL",
      [chunk.chunkId, before.rows[0]?.revision, built.digest],
    );
  }
  return built;
}

type Frozen = { decisionId: string; chunkId: string; first: ReadonlySet<number> };

/** Whom these rows are sent to, each once. The requests of an undo are stored already, and read back. */
export async function targetsOf(client: Tx, rows: BuiltRow[], name: TargetNamer): Promise<Set<string>> {
  const targets = new Set<string>();
  const add = (connector: string, bytes: Uint8Array): void => {
    const target = name(connector, bytes);
    if (target !== null) targets.add(target);
  };
  const stored = new Map<string, string>();
  for (const { action, request, requestBytes } of rows) {
    if (action && requestBytes) add(action.connector, requestBytes);
    else if (action && request) stored.set(request, action.connector);
  }
  if (stored.size > 0) {
    const found = await client.query<{ digest: string; bytes: Buffer }>(
      `SELECT encode(digest, 'hex') AS digest, bytes FROM frozen_request JOIN unnest($1::text[]) AS d(hex) ON digest = decode(d.hex, 'hex')`,
      [[...stored.keys()]],
    );
    for (const { digest, bytes } of found.rows) add(stored.get(digest) ?? '', bytes);
  }
  return targets;
}

/** I5: stores one page of rows and their requests; insert-only. A request that many items share is stored once. */
export async function freezeRows(client: Tx, frozen: Frozen, rows: BuiltRow[]): Promise<void> {
  const requests = new Map<string, Uint8Array>();
  for (const { request, requestBytes } of rows) if (request && requestBytes) requests.set(request, requestBytes);
  if (requests.size > 0) {
    await client.query(
      `INSERT INTO frozen_request (digest, bytes)
       SELECT decode(digest, 'hex'), bytes FROM unnest($1::text[], $2::bytea[]) AS r(digest, bytes) ON CONFLICT DO NOTHING`,
      [[...requests.keys()], [...requests.values()].map((bytes) => Buffer.from(bytes))],
    );
  }
  await client.query(
    `INSERT INTO manifest_row (decision_id, chunk_id, ordinal, category, connector, connection, "do", version, request_digest, item_digest, first)
     SELECT $1, $2, r.ordinal, r.category, r.connector, r.connection, r."do", r.version, decode(r.request, 'hex'), decode(r.item, 'hex'), r.first
     FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[], $11::boolean[])
       AS r(ordinal, category, connector, connection, "do", version, request, item, first)`,
    [
      ...[frozen.decisionId, frozen.chunkId, rows.map((r) => r.ordinal), rows.map((r) => r.category)],
      ...[rows.map((r) => r.action?.connector ?? null), rows.map((r) => r.action?.connection ?? null)],
      ...[rows.map((r) => r.action?.do ?? null), rows.map((r) => r.action?.version ?? null)],
      ...[rows.map((r) => r.request), rows.map((r) => r.item), rows.map((r) => frozen.first.has(r.ordinal))],
    ],
  );
}

type ClassifiedRow = {
  ordinal: number;
  category: string;
  fields: Record<string, string>;
  item: string;
  /** in an undo batch: the request that was made with it, instead of one from the plan */
  undo: { category: string; connector: string; connection: string | null; do: string; version: number; request: string } | null;
};

/** The page is cut before anything is joined: without statistics a join over the whole chunk would be made for every page. */
const ROWS = `
SELECT sized.ordinal, sized.category, fields, encode(digest, 'hex') AS item, CASE WHEN u.ordinal IS NOT NULL THEN json_build_object(
  'category', u.category, 'connector', u.connector, 'connection', u.connection, 'do', u."do", 'version', u.version,
  'request', encode(u.request_digest, 'hex')) END AS undo
FROM ${withinBytes(`
  SELECT page.ordinal, a.category, fields, digest, ${ITEM_BYTES}
  FROM (SELECT ordinal FROM chunk_item WHERE chunk_id = $3 AND ordinal > $4 ORDER BY ordinal LIMIT $5) page
  JOIN classification a ON a.batch_id = $1 AND a.ordinal = page.ordinal
  JOIN item i ON i.dataset_id = $2 AND i.ordinal = page.ordinal`)} sized
LEFT JOIN undo_item u ON u.batch_id = $1 AND u.ordinal = sized.ordinal
ORDER BY sized.ordinal`;

function buildRow(
  row: ClassifiedRow,
  actions: Map<string, Plan['categories'][number]['action']>,
  build: RequestBuilder,
  into: BuiltManifest,
): BuiltRow {
  const action = actions.get(row.category) ?? null;
  const entry = { ordinal: row.ordinal, category: row.category, item: row.item };
  if (action === null) return { ...entry, action: null, request: null, requestBytes: null };
  into.acting += 1;
  if (row.undo) return undoRow({ ...entry, undo: row.undo }, into);
  const { connector, connection } = action;
  try {
    const { version, request } = build(action, { ordinal: row.ordinal, fields: row.fields });
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
