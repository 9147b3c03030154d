/**
 * Receipts of a batch by outcome, kind, chunk, category, person, time and the values of their receipt fields, in the order of their commits, or of one chunk in
 * that of its numbers. What is rare has an index of its own; everything else is looked at in windows along the index of that order, of which Prisma has neither.
 */
import type { Pool } from 'pg';
import { RECEIPTS_LOOK_MS } from '#lib/core/limits.ts';
import type { ReceiptBody, ReceiptResult } from '#lib/ledger/receipt.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { inWindows, type Looked } from './windows.sql.ts';

export type ReceiptsWanted = {
  batchId: string;
  newest: boolean;
  chunk: number | null;
  result: ReceiptResult | null;
  kind: ReceiptBody['kind'] | null;
  /** in which its item was approved */
  category: string | null;
  /** the actor's id */
  person: string | null;
  /** inclusive */
  from: Date | null;
  /** exclusive */
  to: Date | null;
  /** a pattern, and the fields whose values it may be in */
  text: { like: string; fields: readonly string[] } | null;
};

/** A receipt's place, and when it was committed: in microseconds since 1970, as text. */
export type Spot = { at: string; chunk: number; seq: number };

export type FoundReceipts = {
  spots: Spot[];
  /** how many receipts were looked at for this page, at those that an index finds only */
  looked: number;
  /** where the next page goes on; null: that was all */
  next: Spot | null;
};

/** Up to `limit` after a spot (null: from the first). A page ends after RECEIPTS_LOOK_MS too: it may be short, or empty, while there is more to look at. */
export async function findReceipts(
  pool: Pool,
  wanted: ReceiptsWanted,
  after: Spot | null,
  limit: number,
): Promise<FoundReceipts> {
  const found: FoundReceipts = { spots: [], looked: 0, next: null };
  const { category, person, text, kind, result } = wanted;
  // Where the order alone finds them, one more tells whether there is a further page.
  const straight = category === null && person === null && text === null && kind === null && result === null;
  const windows = { until: performance.now() + RECEIPTS_LOOK_MS, ...(straight ? { first: limit + 1 } : {}) };
  found.next = await inWindows(pool, after, windows, async (tx, from, size) => {
    const window = await look(tx, wanted, from, { size, limit: limit - found.spots.length });
    found.spots.push(...window.spots);
    found.looked += window.looked;
    return window;
  });
  return found;
}

type Window = Looked<Spot | null> & { spots: Spot[]; looked: number };

async function look(
  tx: Querying,
  wanted: ReceiptsWanted,
  from: Spot | null,
  { size, limit }: { size: number; limit: number },
): Promise<Window> {
  const values: unknown[] = [wanted.batchId];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const { along, order } = orderOf(wanted, from, param);
  const { items, rows } = conditionsOf(wanted, param);
  const { rows: found } = await tx.query<Spot & { place: number; looked: number; last: Spot | null }>(
    `WITH looked AS MATERIALIZED (
       SELECT *, row_number() OVER (ORDER BY ${order})::int AS place FROM (
         SELECT chunk, seq, ordinal, kind, result, committed_at${wanted.person === null ? '' : ', body'} FROM receipt
         WHERE batch_id = $1 AND ${along.join(' AND ')} ORDER BY ${order} LIMIT ${param(size)}) receipt
     ), item AS MATERIALIZED (
       SELECT ordinal FROM (SELECT DISTINCT ordinal, chunk FROM looked WHERE ordinal IS NOT NULL) looked WHERE ${items.join(' AND ') || 'true'}
     ), found AS (
       SELECT place, chunk, seq, ${MICROSECONDS} AS at FROM looked
       WHERE ${[...rows, ...(items.length > 0 ? ['ordinal IN (SELECT ordinal FROM item)'] : [])].join(' AND ') || 'true'} ORDER BY place LIMIT ${param(limit)}
     )
     SELECT found.*, (SELECT max(place) FROM looked) AS looked,
       (SELECT json_build_object('at', ${MICROSECONDS}, 'chunk', chunk, 'seq', seq) FROM looked ORDER BY place DESC LIMIT 1) AS last
     FROM (SELECT) one LEFT JOIN found ON true ORDER BY place`,
    values,
  );
  const spots = found.flatMap(({ place, at, chunk, seq }) => (place === null ? [] : [{ at, chunk, seq }]));
  const looked = found[0]?.looked ?? 0;
  const end = found.at(-1)?.place ?? 0;
  // What the window has behind a full page comes with the next one.
  if (spots.length >= limit && end < looked) return { spots, looked: end, next: spots.at(-1) ?? null, enough: true };
  const next = looked < size ? null : (found[0]?.last ?? null);
  return { spots, looked, next, enough: spots.length >= limit };
}

const MICROSECONDS = '(extract(epoch FROM committed_at) * 1000000)::bigint::text';
const timeOf = (param: string): string => `timestamptz 'epoch' + ${param}::bigint * interval '1 microsecond'`;

/** What an index walks along: the order, and the conditions that it keeps to by itself. */
function orderOf(wanted: ReceiptsWanted, from: Spot | null, param: (value: unknown) => string) {
  const { chunk, newest, kind, result, person } = wanted;
  const [beyond, way] = newest ? ['<', 'DESC'] : ['>', 'ASC'];
  const along: string[] = [];
  if (chunk !== null) {
    along.push(`chunk = ${param(chunk)}`);
    if (from !== null) along.push(`seq ${beyond} ${param(from.seq)}`);
  } else if (from !== null)
    along.push(`(committed_at, chunk, seq) ${beyond} (${timeOf(param(from.at))}, ${param(from.chunk)}, ${param(from.seq)})`);
  if (wanted.from !== null) along.push(`committed_at >= ${param(wanted.from)}`);
  if (wanted.to !== null) along.push(`committed_at < ${param(wanted.to)}`);
  // Literals: of a parameter the planner can't tell that its index has it. Both are words of the ledger.
  if (result !== null && result !== 'succeeded') along.push(`result <> 'succeeded' AND result = '${result}'`);
  if (person !== null || (kind !== null && kind !== 'intent' && kind !== 'outcome')) along.push(BY_PEOPLE);
  if (along.length === 0) along.push('true');
  const order = (chunk === null ? ['committed_at', 'chunk', 'seq'] : ['seq']).map((key) => `${key} ${way}`).join(', ');
  return { along, order };
}

const BY_PEOPLE = "kind NOT IN ('intent', 'outcome')";

/** What of the receipts that were looked at is wanted: by their items, and by themselves. Each is asked for by its key, or the planner may walk the batch. */
function conditionsOf(
  { category, text, kind, result, person }: ReceiptsWanted,
  param: (value: unknown) => string,
): { items: string[]; rows: string[] } {
  const items: string[] = [];
  const rows: string[] = [];
  if (category !== null)
    items.push(`(SELECT m.category FROM chunk c JOIN manifest_row m ON m.decision_id = c.decision_id AND m.ordinal = looked.ordinal
      WHERE c.batch_id = $1 AND c.number = looked.chunk LIMIT 1) = ${param(category)}`);
  if (text !== null)
    items.push(`(SELECT true FROM receipt i WHERE i.batch_id = $1 AND i.ordinal = looked.ordinal AND i.kind = 'intent' AND (
        SELECT true FROM receipt_value v WHERE v.batch_id = $1 AND v.chunk = i.chunk AND v.seq = i.seq
          AND v.field = ANY(${param(text.fields)}::text[]) AND v.value ILIKE ${param(text.like)} LIMIT 1) LIMIT 1)`);
  if (kind !== null) rows.push(`kind = ${param(kind)}`);
  if (result !== null) rows.push(`result = ${param(result)}`);
  // Of the bytes, not of their JSON: they may have been altered. A quote inside a value has a backslash before it.
  if (person !== null) rows.push(`position(convert_to('"by":"' || ${param(person)}::text || '"', 'UTF8') IN body) > 0`);
  return { items, rows };
}

/** The people and keys of whom this batch has receipts, by their ids: those of its latest receipts that are no step of a worker. */
export async function readReceiptPeople(pool: Pool, batchId: string): Promise<string[]> {
  const { rows } = await pool.query<{ by: string }>(
    `SELECT DISTINCT by FROM (
       SELECT substring(encode(body, 'escape') FROM '"by":"((?:user|key):[^"]*)"') AS by FROM receipt
       WHERE batch_id = $1 AND ${BY_PEOPLE} ORDER BY committed_at DESC, chunk DESC, seq DESC LIMIT ${PEOPLE_LOOKED}) latest
     WHERE by IS NOT NULL`,
    [batchId],
  );
  return rows.map(({ by }) => by);
}

const PEOPLE_LOOKED = 5_000;
