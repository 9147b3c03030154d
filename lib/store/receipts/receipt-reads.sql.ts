/**
 * Receipts as they are read: with the values that belong to them, by chunk and seq, by item, the newest, and the uncertain ones. Each page is one statement: its
 * receipts, their categories, and the values of the intents before them, for which Prisma would ask table by table.
 */
import type { Pool } from 'pg';
import { UNCERTAIN_BODY_CHARS_MAX } from '#lib/core/limits.ts';
import { ERASED } from '#lib/core/receipts/receipt-line.ts';
import type { ReceiptBody, ReceiptResult } from '#lib/ledger/receipt.ts';
import { ANSWER_FIELD } from './receipts.sql.ts';

export type StoredReceipt = {
  chunk: number;
  seq: number;
  ordinal: number | null;
  step: number | null;
  kind: ReceiptBody['kind'];
  result: ReceiptResult | null;
  body: Buffer;
  /** hex */
  leaf: string;
  committedAt: Date;
  /** the category it was approved in; null for what is no step of an action */
  category: string | null;
  /** the values of its item, which its intent commits to, "[erased]" where they were */
  fields: Record<string, string>;
  /** its own values where it is no intent and no outcome: what people said, "[erased]" where it was */
  words: Record<string, string>;
  /** of an outcome, what the target answered, "[erased]" where it was; null where nothing is kept */
  answer: string | null;
};

type Place = { chunk: number; seq: number };

/** In (chunk, seq) order after a place; `chunk` keeps to one. */
export async function readReceiptPage(
  pool: Pool,
  batchId: string,
  page: { after: Place; chunk: number | null; limit: number },
): Promise<StoredReceipt[]> {
  const { rows } = await pool.query<StoredReceipt>({
    name: page.chunk === null ? 'receipt-page' : 'receipt-page-of-chunk',
    text: withValues(
      page.chunk === null
        ? 'SELECT * FROM receipt WHERE batch_id = $1 AND (chunk, seq) > ($2, $3) ORDER BY chunk, seq LIMIT $4'
        : 'SELECT * FROM receipt WHERE batch_id = $1 AND chunk = $2 AND seq > $3 ORDER BY seq LIMIT $4',
    ),
    values: [batchId, page.after.chunk, page.after.seq, page.limit],
  });
  return rows;
}

/** The receipts at these places. */
export async function readReceiptsAt(pool: Pool, batchId: string, places: readonly Place[]): Promise<StoredReceipt[]> {
  if (places.length === 0) return [];
  const { rows } = await pool.query<StoredReceipt>({
    text: withValues(
      `SELECT receipt.* FROM unnest($2::int[], $3::int[]) AS place(chunk, seq)
       JOIN receipt ON receipt.batch_id = $1 AND receipt.chunk = place.chunk AND receipt.seq = place.seq`,
    ),
    values: [batchId, places.map(({ chunk }) => chunk), places.map(({ seq }) => seq)],
  });
  return rows;
}

/** One action's story: its receipts in the order of their steps. */
export async function readStory(pool: Pool, batchId: string, ordinal: number): Promise<StoredReceipt[]> {
  const { rows } = await pool.query<StoredReceipt>({
    text: withValues('SELECT * FROM receipt WHERE batch_id = $1 AND ordinal = $2 ORDER BY step LIMIT 1000', 'r.step'),
    values: [batchId, ordinal],
  });
  return rows;
}

export type Span = { chunk: number /** exclusive */; above: number /** inclusive */; upTo: number };

/** The newest receipts of these spans that say how something ended, newest first. */
export async function readNewest(pool: Pool, batchId: string, spans: readonly Span[], limit: number): Promise<StoredReceipt[]> {
  if (spans.length === 0) return [];
  const { rows } = await pool.query<StoredReceipt>({
    name: 'newest-receipts',
    text: withValues(
      `SELECT newest.* FROM unnest($2::int[], $3::int[], $4::int[]) AS span(chunk, above, up_to)
       CROSS JOIN LATERAL (
         SELECT * FROM receipt WHERE batch_id = $1 AND chunk = span.chunk AND seq > span.above AND seq <= span.up_to AND kind <> 'intent'
         ORDER BY seq DESC LIMIT $5) newest
       ORDER BY newest.committed_at DESC, newest.chunk, newest.seq DESC LIMIT $5`,
      'r.committed_at DESC, r.chunk, r.seq DESC',
    ),
    values: [batchId, spans.map(({ chunk }) => chunk), spans.map(({ above }) => above), spans.map(({ upTo }) => upTo), limit],
  });
  return rows;
}

/** The outcomes of the actions that ran first under a decision, in the order of the items. */
export async function readFirstOutcomes(
  pool: Pool,
  batchId: string,
  decisionId: string,
  chunkIds: readonly string[],
): Promise<StoredReceipt[]> {
  const { rows } = await pool.query<StoredReceipt>({
    text: withValues(
      `SELECT last.* FROM manifest_row f
       CROSS JOIN LATERAL (SELECT * FROM receipt WHERE batch_id = $1 AND ordinal = f.ordinal ORDER BY step DESC LIMIT 1) last
       WHERE f.decision_id = $2 AND f.chunk_id = ANY($3) AND f.first AND f.connector IS NOT NULL`,
      'r.ordinal',
    ),
    values: [batchId, decisionId, chunkIds],
  });
  return rows;
}

export type UncertainReceipt = StoredReceipt & {
  intentAt: Date;
  uncertainAt: Date;
  /** of the outcome that said so */
  reason: string | null;
  method: string | null;
  url: string | null;
  /** what was sent, its beginning */
  sent: string | null;
  sentChars: number;
  request: Buffer | null;
  connector: string;
  attempt: number;
  idempotencyKey: string;
  /** who wrote the intent */
  worker: { id: string; host: string | null; pid: number | null };
  inspection: { finding: 'happened' | 'not_there' | 'unknown'; reason: string | null; by: string; at: string } | null;
};

/** Actions that ended uncertain, or were accepted as that, by ordinal. Read along receipt_uncertain_idx. */
export async function readUncertainReceipts(
  pool: Pool,
  batchId: string,
  page: { after: number; limit: number },
): Promise<UncertainReceipt[]> {
  const { rows } = await pool.query<UncertainReceipt>(
    `SELECT doubt.*, i.committed_at AS "intentAt", coalesce(u.committed_at, doubt."committedAt") AS "uncertainAt",
       convert_from(coalesce(u.body, doubt.body), 'UTF8')::json ->> 'reason' AS reason, q.bytes AS request, s.sent ->> 'method' AS method,
       s.sent ->> 'url' AS url, left(s.sent ->> 'body', ${UNCERTAIN_BODY_CHARS_MAX}) AS sent, coalesce(length(s.sent ->> 'body'), 0) AS "sentChars",
       i.intent #>> '{action,connector}' AS connector, (i.intent ->> 'attempt')::int AS attempt, i.intent ->> 'idempotencyKey' AS "idempotencyKey",
       json_build_object('id', i.intent ->> 'by', 'host', w.host, 'pid', w.pid) AS worker,
       CASE WHEN x.at IS NOT NULL THEN json_build_object('finding', x.finding, 'reason', x.reason, 'by', x."by",
         'at', to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END AS inspection
     FROM (${withValues(
       `SELECT * FROM receipt last WHERE batch_id = $1 AND ordinal > $2 AND result IN ('uncertain', 'abandoned')
          AND NOT EXISTS (SELECT FROM receipt later WHERE later.batch_id = $1 AND later.ordinal = last.ordinal AND later.step = last.step + 1)
        ORDER BY ordinal LIMIT $3`,
       'r.ordinal',
     )}) doubt
     JOIN LATERAL (
       SELECT committed_at, step, convert_from(body, 'UTF8')::json AS intent FROM receipt
       WHERE batch_id = $1 AND ordinal = doubt.ordinal AND step < doubt.step AND kind = 'intent' ORDER BY step DESC LIMIT 1) i ON true
     LEFT JOIN worker w ON 'worker:' || w.id = i.intent ->> 'by'
     LEFT JOIN inspection x ON x.batch_id = $1 AND x.ordinal = doubt.ordinal AND x.step = i.step + 1
     LEFT JOIN receipt u ON u.batch_id = $1 AND u.ordinal = doubt.ordinal AND u.step = doubt.step - 1 AND doubt.kind = 'resolution'
     LEFT JOIN frozen_request q ON q.digest = decode(i.intent ->> 'request', 'hex')
     LEFT JOIN LATERAL (SELECT convert_from(q.bytes, 'UTF8')::json AS sent) s ON true
     ORDER BY doubt.ordinal`,
    [batchId, page.after, page.limit],
  );
  return rows;
}

/** Its intent's field of that name is an item's. */
const ANSWERED = `r.kind = 'outcome' AND seq = r.seq AND field = '${ANSWER_FIELD}'`;
/** A field of its item may be called as they are. */
const SAID = `r.kind NOT IN ('intent', 'outcome') AND seq = r.seq`;

/**
 * Joins to each receipt what belongs to it. Values hang on the intent, for it is what names the item; an outcome or resolution finds them
 * through the latest intent before it.
 */
function withValues(receipts: string, order = 'r.chunk, r.seq'): string {
  return `SELECT r.chunk, r.seq, r.ordinal, r.step, r.kind, r.result, r.body, encode(r.leaf, 'hex') AS leaf, r.committed_at AS "committedAt",
    m.category, v.fields, v.words, v.answer
  FROM (${receipts}) r
  LEFT JOIN chunk c ON c.batch_id = r.batch_id AND c.number = r.chunk
  LEFT JOIN manifest_row m ON m.decision_id = c.decision_id AND m.ordinal = r.ordinal
  LEFT JOIN LATERAL (
    SELECT seq FROM receipt i WHERE i.batch_id = r.batch_id AND i.ordinal = r.ordinal AND i.step < r.step AND i.kind = 'intent'
    ORDER BY i.step DESC LIMIT 1) i ON r.kind IN ('outcome', 'resolution')
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(field, coalesce(value, '${ERASED}')) FILTER (WHERE NOT (${ANSWERED}) AND NOT (${SAID})), '{}') AS fields,
      coalesce(jsonb_object_agg(field, coalesce(value, '${ERASED}')) FILTER (WHERE ${SAID}), '{}') AS words,
      max(coalesce(value, '${ERASED}')) FILTER (WHERE ${ANSWERED}) AS answer
    FROM receipt_value WHERE batch_id = r.batch_id AND chunk = r.chunk AND seq = ANY(ARRAY[r.seq, i.seq])) v
  ORDER BY ${order}`;
}
