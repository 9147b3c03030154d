/** The end of all values of a batch, of a dataset, or of its originals: no search, each place along the key of what it belongs to. */
import { BATCH_OPEN, stateList } from '#lib/core/lifecycle.ts';
import { ERASURE_PAGE_ROWS } from '#lib/core/limits.ts';
import type { Originals } from '#lib/store/originals/port.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ITEMS_OWN, tellOf } from './door.sql.ts';
import {
  ERASE_APPEND,
  ERASE_BYTES,
  ERASE_ERRAND,
  ERASE_FINDING,
  ERASE_HANDED,
  ERASE_ITEM,
  ERASE_NOTE,
  ERASE_ROW,
  ERASE_TASK,
  ERASE_VALUE,
  ERASE_WHY,
  ERASE_WORDS,
  keyJson,
  keyValues,
} from './places.sql.ts';
import { eraseOriginals } from './source.sql.ts';

export type ScopeKind = 'batch' | 'dataset' | 'original';

type KeyType = 'uuid' | 'int' | 'bigint' | 'text' | 'bytea';
/** `where`: which rows, by `$1`, the batch or dataset; `key`: what they are told apart by in there, with an index. */
type Scope = { table: string; where: string; key: readonly (readonly [string, KeyType])[]; erase: string };

const OF_BATCH = 't.batch_id = $1';
const OF_DATASET = 't.dataset_id = $1';
/** What the requests of a batch are, and whether an unfinished batch of the same dataset goes by them. */
const OWN_REQUEST = (category: string, ordinal: string): string => `${ITEMS_OWN('$1', category)} AND NOT EXISTS (
  SELECT FROM batch own JOIN batch other ON other.dataset_id = own.dataset_id AND other.state IN (${stateList(BATCH_OPEN)})
  JOIN chunk_item ci ON ci.batch_id = other.id AND ci.ordinal = ${ordinal} WHERE own.id = $1)`;

const SCOPES: Record<string, Scope> = {
  receipt_value: {
    table: 'receipt_value',
    where: `${OF_BATCH} AND t.value IS NOT NULL`,
    key: [
      ['t.chunk', 'int'],
      ['t.seq', 'int'],
      ['t.field', 'text'],
    ],
    erase: ERASE_VALUE,
  },
  undo_request: { table: 'frozen_request', where: '', key: [['u.ordinal', 'int']], erase: ERASE_BYTES },
  classification: { table: 'classification', where: OF_BATCH, key: [['t.ordinal', 'int']], erase: ERASE_WHY },
  correction: {
    table: 'correction',
    where: `${OF_BATCH} AND t.note IS NOT NULL`,
    key: [
      ['t.ordinal', 'int'],
      ['t.id', 'bigint'],
    ],
    erase: ERASE_NOTE,
  },
  decision: {
    table: 'decision',
    where: `${OF_BATCH} AND num_nonnulls(t.override, t.note) > 0`,
    key: [['t.id', 'uuid']],
    erase: ERASE_WORDS,
  },
  chunk: { table: 'chunk', where: `${OF_BATCH} AND t.note IS NOT NULL`, key: [['t.number', 'int']], erase: `note = '[erased]'` },
  append: { table: 'append', where: `${OF_BATCH} AND t.text IS NOT NULL`, key: [['t.id', 'bigint']], erase: ERASE_APPEND },
  follow_up: { table: 'follow_up', where: OF_BATCH, key: [['t.id', 'bigint']], erase: ERASE_TASK },
  errand: {
    table: 'errand',
    where: OF_BATCH,
    key: [
      ['t.ordinal', 'int'],
      ['t.key', 'text'],
    ],
    erase: ERASE_ERRAND,
  },
  handed_change: {
    table: 'handed_change',
    where: `${OF_BATCH} AND t.change IS NOT NULL`,
    key: [['t.ordinal', 'int']],
    erase: ERASE_HANDED,
  },
  inspection: {
    table: 'inspection',
    where: OF_BATCH,
    key: [
      ['t.ordinal', 'int'],
      ['t.step', 'int'],
    ],
    erase: ERASE_FINDING,
  },
  item: { table: 'item', where: `${OF_DATASET} AND t.erased_at IS NULL`, key: [['t.ordinal', 'int']], erase: ERASE_ITEM },
  unreadable_row: { table: 'unreadable_row', where: OF_DATASET, key: [['t.line', 'int']], erase: ERASE_ROW },
};

/** What goes of each kind, in this order. */
export const SCOPE_PLACES: Record<ScopeKind, readonly string[]> = {
  original: ['original'],
  dataset: ['original', 'item', 'unreadable_row'],
  batch: [
    'receipt_value',
    'request',
    'undo_request',
    'classification',
    'correction',
    'decision',
    'chunk',
    'append',
    'follow_up',
    'errand',
    'handed_change',
    'inspection',
  ],
};

type At = { id: string; kind: ScopeKind; subject: string; place: string; after: string[] | null };

/** Takes the next rows of a place away, and gives the key of the last one; null when there are no more. */
export async function scopePage(tx: Querying, at: At, originals: Originals): Promise<string[] | null> {
  if (at.place === 'original') return originalsOf(tx, at, originals);
  if (at.place === 'request') return requestsOf(tx, at);
  if (at.place === 'undo_request') return undoRequestsOf(tx, at);
  const { table, where, key, erase } = SCOPES[at.place] as Scope;
  const order = key.map(([column]) => column);
  const { rows } = await tx.query<{ at: string[] }>(
    `SELECT ${keyJson(key)} AS at FROM "${table}" t WHERE ${where} ${behind(key, at.after)} ORDER BY ${order.join(', ')} LIMIT ${ERASURE_PAGE_ROWS}`,
    [at.subject, ...(at.after === null ? [] : [JSON.stringify(at.after)])],
  );
  if (rows.length === 0) return null;
  await tellOf(
    tx,
    at.id,
    table,
    rows.map(() => ofSubject(at)),
  );
  const values = keyValues(key, 'k.key::jsonb');
  // Each row is found by its key first, and locked: a join might read all of the batch for each of them.
  const found = `SELECT t.ctid FROM "${table}" t WHERE ${where} AND ${order.map((column, index) => `${column} = ${values[index]}`).join(' AND ')} LIMIT 1 FOR UPDATE`;
  await tx.query(
    `UPDATE "${table}" t SET ${erase} WHERE t.ctid = ANY (ARRAY(SELECT f.ctid FROM unnest($2::text[]) AS k(key) CROSS JOIN LATERAL (${found}) f))`,
    [at.subject, rows.map((row) => JSON.stringify(row.at))],
  );
  return rows.length < ERASURE_PAGE_ROWS ? null : (rows.at(-1)?.at ?? null);
}

const ofSubject = ({ kind, subject }: At) =>
  kind === 'batch' ? { datasetId: null, batchId: subject } : { datasetId: subject, batchId: null };

const behind = (key: Scope['key'], after: string[] | null): string =>
  after === null ? '' : `AND (${key.map(([column]) => column).join(', ')}) > (${keyValues(key, '$2::jsonb').join(', ')})`;

/** Decision after decision: so many rows of one are read along its key. */
async function requestsOf(tx: Querying, at: At): Promise<string[] | null> {
  const [decisionId = null, ordinal = '0'] = at.after ?? [];
  const { rows } = await tx.query<{ decisionId: string; ordinal: number | null; digest: Buffer | null; own: boolean }>(
    `SELECT d.id AS "decisionId", m.ordinal, m.request_digest AS digest, m.request_digest IS NOT NULL AND ${OWN_REQUEST('m.category', 'm.ordinal')} AS own
     FROM (SELECT id FROM decision WHERE batch_id = $1 AND ($2::uuid IS NULL OR id >= $2) ORDER BY id LIMIT 1) d
     LEFT JOIN LATERAL (SELECT * FROM manifest_row WHERE decision_id = d.id AND ordinal > CASE WHEN d.id = $2 THEN $3 ELSE 0 END ORDER BY ordinal LIMIT ${ERASURE_PAGE_ROWS}) m ON true
     ORDER BY m.ordinal`,
    [at.subject, decisionId, Number(ordinal)],
  );
  const [first] = rows;
  if (!first) return null;
  await eraseRequests(
    tx,
    at,
    rows.flatMap(({ digest, own }) => (digest !== null && own ? [digest] : [])),
  );
  const last = rows.at(-1)?.ordinal ?? null;
  if (rows.length === ERASURE_PAGE_ROWS && last !== null) return [first.decisionId, String(last)];
  const next = await tx.query<{ id: string }>('SELECT id FROM decision WHERE batch_id = $1 AND id > $2 ORDER BY id LIMIT 1', [
    ...[at.subject, first.decisionId],
  ]);
  return next.rows[0] ? [next.rows[0].id, '0'] : null;
}

async function undoRequestsOf(tx: Querying, at: At): Promise<string[] | null> {
  const { rows } = await tx.query<{ ordinal: number; digest: Buffer; own: boolean }>(
    `SELECT u.ordinal, u.request_digest AS digest, ${OWN_REQUEST('u.category', 'u.ordinal')} AS own
     FROM undo_item u WHERE u.batch_id = $1 AND u.ordinal > $2 ORDER BY u.ordinal LIMIT ${ERASURE_PAGE_ROWS}`,
    [at.subject, Number(at.after?.[0] ?? 0)],
  );
  await eraseRequests(
    tx,
    at,
    rows.flatMap(({ digest, own }) => (own ? [digest] : [])),
  );
  return rows.length < ERASURE_PAGE_ROWS ? null : [String(rows.at(-1)?.ordinal)];
}

async function eraseRequests(tx: Querying, at: At, digests: readonly Buffer[]): Promise<void> {
  if (digests.length === 0) return;
  await tellOf(
    tx,
    at.id,
    'frozen_request',
    digests.map(() => ofSubject(at)),
  );
  await tx.query(`UPDATE frozen_request t SET ${ERASE_BYTES} WHERE t.digest = ANY ($1) AND t.bytes IS NOT NULL`, [digests]);
}

async function originalsOf(tx: Querying, at: At, originals: Originals): Promise<null> {
  const { rows } = await tx.query<{ digest: string }>(
    `SELECT DISTINCT encode(s.digest, 'hex') AS digest FROM dataset_source d JOIN source s ON s.digest = d.digest AND s.erased_at IS NULL WHERE d.dataset_id = $1`,
    [at.subject],
  );
  if (rows.length > 0)
    await eraseOriginals(
      tx,
      at.id,
      rows.map(({ digest }) => digest),
      originals,
    );
  return null;
}
