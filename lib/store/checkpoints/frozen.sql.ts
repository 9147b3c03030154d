/** Writes approved manifests into the record, which execution reads (I5): rows and requests, and onto the chunks what was frozen of them. */
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import type { BuiltRow, TargetNamer } from './manifest.sql.ts';

/** Rows of one chunk on their way into the record; `first`: the ordinals of those that run before a person releases the rest. */
export type RowsToFreeze = { chunkId: string; rows: readonly BuiltRow[]; first: ReadonlySet<number> };

/** Whom these rows are sent to, by chunk, each once. The requests of an undo are stored already, and read back. */
export async function targetsOf(
  client: Querying,
  pages: readonly RowsToFreeze[],
  name: TargetNamer,
): Promise<Map<string, Set<string>>> {
  const targets = new Map<string, Set<string>>();
  const add = (chunkId: string, target: string | null): void => {
    if (target !== null) targets.set(chunkId, (targets.get(chunkId) ?? new Set()).add(target));
  };
  const stored: { chunkId: string; request: string; connector: string }[] = [];
  for (const { chunkId, rows } of pages) {
    for (const { action, request, requestBytes } of rows) {
      if (action && requestBytes) add(chunkId, name(action.connector, requestBytes));
      else if (action && request) stored.push({ chunkId, request, connector: action.connector });
    }
  }
  if (stored.length > 0) {
    const found = await client.query<{ digest: string; bytes: Buffer }>(
      `SELECT encode(digest, 'hex') AS digest, bytes FROM frozen_request JOIN unnest($1::text[]) AS d(hex) ON digest = decode(d.hex, 'hex')`,
      [[...new Set(stored.map(({ request }) => request))]],
    );
    const bytes = new Map(found.rows.map((row) => [row.digest, row.bytes]));
    for (const { chunkId, request, connector } of stored) add(chunkId, name(connector, bytes.get(request) ?? Buffer.alloc(0)));
  }
  return targets;
}

/**
 * I5: stores rows and their requests; insert-only. A request that many items share is stored once, and the requests go in the order of their digests: of
 * two decisions that store the same ones, one waits for the other, and not each for each.
 */
export async function freezeRows(client: Querying, decisionId: string, pages: readonly RowsToFreeze[]): Promise<void> {
  const requests = new Map<string, Uint8Array>();
  for (const { rows } of pages)
    for (const { request, requestBytes } of rows) if (request && requestBytes) requests.set(request, requestBytes);
  if (requests.size > 0) {
    const digests = [...requests.keys()].sort();
    const values = [
      byteaArray(digests.map((digest) => Buffer.from(digest, 'hex'))),
      byteaArray(digests.map((digest) => requests.get(digest) as Uint8Array)),
    ];
    const { rowCount } = await client.query({
      name: 'freeze-requests',
      text: `INSERT INTO frozen_request (digest, bytes) SELECT r.digest, r.bytes FROM unnest($1::bytea[], $2::bytea[]) AS r(digest, bytes) ON CONFLICT DO NOTHING`,
      values,
    });
    if (rowCount !== digests.length) await bringBack(client, values);
  }
  const values = [decisionId, pages.map(({ chunkId }) => chunkId), ...columnsOf(pages)];
  await client.query({ name: 'freeze-rows', text: FREEZE, values });
}

/** What was erased, and is approved anew in the very same bytes, is there again: somebody brought it. */
async function bringBack(client: Querying, values: readonly unknown[]): Promise<void> {
  await client.query(
    'UPDATE frozen_request f SET bytes = r.bytes FROM unnest($1::bytea[], $2::bytea[]) AS r(digest, bytes) WHERE f.digest = r.digest AND f.bytes IS NULL',
    [...values],
  );
}

/**
 * The columns of FREEZE. What many rows share (category and action) is sent once, and each row says which it has: most of the work would else be in
 * writing the same words into five arrays, and reading them out again.
 */
function columnsOf(pages: readonly RowsToFreeze[]): unknown[] {
  const kinds = new Map<string, { at: number; row: BuiltRow }>();
  const [places, ordinals, kind]: [number[], number[], number[]] = [[], [], []];
  const [requests, items, first]: [Buffer[], Buffer[], boolean[]] = [[], [], []];
  for (const [index, page] of pages.entries()) {
    for (const row of page.rows) {
      const { category, action } = row;
      const key = JSON.stringify([category, action?.connector, action?.connection, action?.do, action?.version]);
      const own = kinds.get(key) ?? { at: kinds.size + 1, row };
      kinds.set(key, own);
      places.push(index + 1);
      ordinals.push(row.ordinal);
      kind.push(own.at);
      requests.push(Buffer.from(row.request ?? '', 'hex'));
      items.push(Buffer.from(row.item, 'hex'));
      first.push(page.first.has(row.ordinal));
    }
  }
  const shared = [...kinds.values()].map(({ row }) => row);
  return [
    ...[
      shared.map((row) => row.category),
      shared.map((row) => row.action?.connector),
      shared.map((row) => row.action?.connection),
    ],
    ...[shared.map((row) => row.action?.do), shared.map((row) => row.action?.version)],
    ...[arrayOf(places), arrayOf(ordinals), arrayOf(kind), byteaArray(requests), byteaArray(items), arrayOf(first)],
  ];
}

/** Numbers and booleans as an array's literal: they have nothing that is to be escaped. */
const arrayOf = (values: readonly (number | boolean)[]): string => `{${values.join(',')}}`;

const FREEZE = `
INSERT INTO manifest_row (decision_id, chunk_id, ordinal, category, connector, connection, "do", version, request_digest, item_digest, first)
SELECT $1, ($2::uuid[])[r.place], r.ordinal, ($3::text[])[r.kind], ($4::text[])[r.kind], ($5::text[])[r.kind], ($6::text[])[r.kind], ($7::int[])[r.kind],
  nullif(r.request, ''), r.item, r.first
FROM unnest($8::int[], $9::int[], $10::int[], $11::bytea[], $12::bytea[], $13::boolean[]) AS r(place, ordinal, kind, request, item, first)`;

/** What a decision froze of a chunk, for the claims and the executor. */
export type FrozenChunk = {
  chunkId: string;
  hasFirst: boolean;
  released: boolean;
  approvedActions: number;
  targets: string[];
};

/** Writes onto the chunks what was frozen of them. Their rows are locked by the caller. */
export async function keepFrozen(client: Querying, decisionId: string, chunks: readonly FrozenChunk[]): Promise<void> {
  await client.query(
    `UPDATE chunk c SET decision_id = $1, has_first = f."hasFirst", released = f.released, approved_actions = f."approvedActions", targets = f.targets
     FROM jsonb_to_recordset($2::jsonb) AS f("chunkId" uuid, "hasFirst" boolean, released boolean, "approvedActions" int, targets text[])
     WHERE c.id = f."chunkId"`,
    [decisionId, JSON.stringify(chunks)],
  );
}

/** Of what is written of a large chunk before it is judged. */
export type Mark = 'begin' | 'keep' | 'drop';

export async function markRows(client: Querying, what: Mark): Promise<void> {
  await client.query(MARKS[what]);
}

const MARKS: Record<Mark, string> = {
  begin: 'SAVEPOINT chunk',
  keep: 'RELEASE SAVEPOINT chunk',
  drop: 'ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk',
};
