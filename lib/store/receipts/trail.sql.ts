/**
 * What a trail is made of, as of one moment, in pages of text that the database has written: the bytes go to the reader as they come, and nobody in between
 * parses them. Every page is a statement of its own, found by its key: a slow reader holds no transaction, and what a page says never changes.
 */
import type { Pool } from 'pg';
import { sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { type ChunkNow, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import type { PoolKept } from '#lib/store/checkpoints/decisions.ts';
import { type KeptClassification, readKept, readKeptPage } from '#lib/store/chunks/kept-classifications.sql.ts';
import { inTransaction, type Querying } from '#lib/store/postgres/db.ts';

/** Receipts and rows of one page. */
const PAGE_ROWS = 1_000;
/** Of the requests of one page. */
const PAGE_REQUESTS = 500;
const REQUESTS_BYTES = 4 * 1024 ** 2;
const VALUE_BYTES = 4 * 1024 ** 2;

/** A batch at one moment: what has numbers up to here never changes (I3, I6). */
export type Moment = {
  at: Date;
  batch: {
    id: string;
    state: string;
    undoes: string | null;
    restOf: { batch: string; chunks: number[] } | null;
    dataset: { id: string; name: string };
    /** as it was stored, and so with the digest */
    plan: Plan;
    planDigest: string;
    /** texts in its plans were erased: what has another digest then is not altered */
    plansErased: boolean;
    reading: { digest: string; body: Buffer | null } | null;
    /** receipts of the batch itself */
    seq: number;
    /** the kind of the last one of these */
    last: string | null;
  };
  chunks: ChunkNow[];
  /** the revisions of the plan after the first, in their order */
  plans: { revision: number; digest: string; plan: Plan /** the last review that there was when it came */; reviews: string }[];
  /** every decision of each chunk, in the order in which they were made */
  decisions: { chunk: number; chunkId: string; decisionId: string }[];
  /** the number of the last review; 0 where there is none */
  reviews: string;
  /** whether anybody moved an item */
  corrected: boolean;
};

type MomentRow = Omit<Moment['batch'], 'reading'> &
  Pick<Moment, 'at' | 'reviews' | 'corrected'> & { reading: string | null; readingBody: Buffer | null };

/** One short transaction; null when there is no such batch. */
export async function readMoment(pool: Pool, batchId: string): Promise<Moment | null> {
  return inTransaction(pool, async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { rows } = await tx.query<MomentRow>(
      `SELECT b.id, b.state, b.undoes,
         CASE WHEN b.rest_of IS NOT NULL THEN json_build_object('batch', b.rest_of, 'chunks', b.rest_chunks) END AS "restOf", json_build_object('id', d.id, 'name', d.name) AS dataset, b.plan, encode(b.plan_digest, 'hex') AS "planDigest",
         CASE WHEN r.id IS NOT NULL THEN encode(r.digest, 'hex') END AS reading, r.body AS "readingBody", b.seq,
         (SELECT kind FROM receipt WHERE batch_id = b.id AND chunk = 0 AND seq = b.seq) AS last, now() AS at,
         (SELECT coalesce(max(id), 0)::text FROM review WHERE batch_id = b.id) AS reviews,
         EXISTS (SELECT FROM correction WHERE batch_id = b.id) AS corrected,
         EXISTS (SELECT FROM erasure_entry WHERE batch_id = b.id AND place IN ('batch', 'batch_plan')) AS "plansErased"
       FROM batch b JOIN dataset d ON d.id = b.dataset_id LEFT JOIN dataset_reading r ON r.id = b.reading_id WHERE b.id = $1`,
      [batchId],
    );
    const [row] = rows;
    if (!row) return null;
    const { at, reviews, corrected, reading, readingBody, ...batch } = row;
    const chunks = await readChunksNow(tx, batchId);
    const decisions = await tx.query<Moment['decisions'][number]>(
      `SELECT c.number AS chunk, c.id AS "chunkId", d.id AS "decisionId"
       FROM decision d JOIN decision_chunk o ON o.decision_id = d.id JOIN chunk c ON c.id = o.chunk_id
       WHERE d.batch_id = $1 ORDER BY c.number, d.at, d.id`,
      [batchId],
    );
    const plans = await tx.query<Moment['plans'][number]>(
      `SELECT revision, encode(digest, 'hex') AS digest, plan, reviews::text AS reviews FROM batch_plan WHERE batch_id = $1 ORDER BY revision`,
      [batchId],
    );
    return {
      ...{ at, reviews, corrected, plans: plans.rows },
      batch: { ...batch, reading: reading === null ? null : { digest: reading, body: readingBody } },
      chunks,
      decisions: decisions.rows,
    };
  });
}

export type Span = { chunk: number /** exclusive */; above: number /** inclusive */; upTo: number };

/** The numbers of all receipts, in pages; chunk 0 first. */
export function* spansOf({ batch, chunks }: Moment, receipts = PAGE_ROWS): Generator<Span[]> {
  let page: Span[] = [];
  let room = receipts;
  for (const { number: chunk, seq } of [{ number: 0, seq: batch.seq }, ...chunks]) {
    for (let above = 0; above < seq; ) {
      const upTo = Math.min(seq, above + room);
      page.push({ chunk, above, upTo });
      room -= upTo - above;
      above = upTo;
      if (room > 0) continue;
      yield page;
      [page, room] = [[], receipts];
    }
  }
  if (page.length > 0) yield page;
}

/** The bodies, byte for byte, a line each. */
export async function* receiptBodies(pool: Pool, moment: Moment): AsyncGenerator<string | Buffer> {
  for (const spans of spansOf(moment)) yield await readBodies(pool, [moment.batch.id, ...columnsOf(spans)]);
}

/** As text, which nobody has to write in hex and read back; bytes that are none were altered, and come as what they are. */
async function readBodies(pool: Pool, values: unknown[]): Promise<string | Buffer> {
  const text = `SELECT string_agg(convert_from(r.body, 'UTF8') || E'\\n', '' ORDER BY r.chunk, r.seq) AS page ${IN_SPANS}`;
  try {
    return (await readPage(pool, { name: 'trail-receipts', text, values })).page;
  } catch (error) {
    if (sqlStateOf(error) !== NO_TEXT) throw error;
    const bytes = `SELECT string_agg(r.body || '\\x0a'::bytea, ''::bytea ORDER BY r.chunk, r.seq) AS page ${IN_SPANS}`;
    const { rows } = await pool.query<{ page: Buffer }>(bytes, values);
    return rows[0]?.page ?? '';
  }
}

/** character_not_in_repertoire */
const NO_TEXT = '22021';

/** What is not in the bodies: their numbers and hashes. */
export async function* receiptLeaves(pool: Pool, moment: Moment): AsyncGenerator<string> {
  for (const spans of spansOf(moment)) {
    const { page } = await readPage(pool, { name: 'trail-leaves', text: LEAVES, values: [moment.batch.id, ...columnsOf(spans)] });
    yield page;
  }
}

/** What receipts commit to, with its salts. A value may have megabytes: a page ends where it has enough of them, and the next one goes on there. */
export async function* receiptValues(pool: Pool, moment: Moment): AsyncGenerator<string> {
  for (const spans of spansOf(moment)) {
    for (let after = 0; ; ) {
      const { page, last, rows } = await readPage(pool, {
        ...{ name: 'trail-values', text: VALUES, values: [moment.batch.id, ...columnsOf(spans), after, VALUE_BYTES] },
      });
      yield page;
      if (last >= rows) break;
      after = last;
    }
  }
}

const columnsOf = (spans: readonly Span[]): number[][] => [
  spans.map(({ chunk }) => chunk),
  spans.map(({ above }) => above),
  spans.map(({ upTo }) => upTo),
];

const SPANS = 'FROM unnest($2::int[], $3::int[], $4::int[]) AS span(chunk, above, up_to)';
// OFFSET 0: a new batch is in no statistic, and the planner has no other way than the key.
const IN_SPANS = `${SPANS}
  CROSS JOIN LATERAL (SELECT * FROM receipt WHERE batch_id = $1 AND chunk = span.chunk AND seq > span.above AND seq <= span.up_to OFFSET 0) r`;

const LEAVES = `
SELECT string_agg('{"chunk":' || r.chunk || ',"seq":' || r.seq || ',"leaf":"' || encode(r.leaf, 'hex') || E'"}\\n', '' ORDER BY r.chunk, r.seq) AS page ${IN_SPANS}`;

const VALUES = `
SELECT string_agg('{"chunk":' || chunk || ',"seq":' || seq || ',"field":' || to_json(field) ||
  coalesce(',"salt":"' || encode(salt, 'hex') || '","value":' || to_json(value), ',"erased":true') || E'}\\n', '' ORDER BY n) AS page,
  max(n)::int AS last, max(all_rows)::int AS rows
FROM (
  SELECT *, sum(bytes) OVER (ORDER BY n) - bytes AS before FROM (
    SELECT v.*, coalesce(octet_length(v.value), 0) AS bytes, row_number() OVER (ORDER BY v.chunk, v.seq, v.field COLLATE "C") AS n, count(*) OVER () AS all_rows
    ${SPANS}
    CROSS JOIN LATERAL (SELECT * FROM receipt_value WHERE batch_id = $1 AND chunk = span.chunk AND seq > span.above AND seq <= span.up_to OFFSET 0) v
  ) numbered WHERE n > $5
) sized WHERE before < $6`;

/** Chunks whose rows fit into one page; a larger one comes alone, in several. */
export function* groupsOf<Chunk extends { items: number }>(chunks: Iterable<Chunk>, rows = PAGE_ROWS): Generator<Chunk[]> {
  let group: Chunk[] = [];
  let room = rows;
  for (const chunk of chunks) {
    if (group.length > 0 && chunk.items > room) {
      yield group;
      [group, room] = [[], rows];
    }
    group.push(chunk);
    room -= chunk.items;
  }
  if (group.length > 0) yield group;
}

type Frozen = { number: number; chunkId: string; decisionId: string; items: number };

function* frozenOf({ chunks }: Moment): Generator<Frozen> {
  for (const { number, id, decisionId, itemCount } of chunks)
    if (decisionId !== null) yield { number, chunkId: id, decisionId, items: itemCount };
}

/** What was approved: of each chunk the line that names its decision, then the lines that its digest is over, byte for byte. */
export async function* frozenManifests(pool: Pool, moment: Moment): AsyncGenerator<string> {
  for (const group of groupsOf(frozenOf(moment))) {
    const of = [
      group.map(({ number }) => number),
      group.map(({ chunkId }) => chunkId),
      group.map(({ decisionId }) => decisionId),
    ];
    for (let after = 0; ; ) {
      const { page, last, rows } = await readPage(pool, {
        name: 'trail-manifests',
        text: MANIFESTS,
        values: [...of, after, PAGE_ROWS],
      });
      yield page;
      if (group.length > 1 || rows < PAGE_ROWS) break;
      after = last;
    }
  }
}

const MANIFESTS = `
SELECT string_agg(p.page, '' ORDER BY p.number) AS page, max(p.last) AS last, coalesce(sum(p.rows), 0)::int AS rows FROM (
  SELECT f.number, max(m.ordinal) AS last, count(m.ordinal)::int AS rows,
    CASE WHEN $4::int = 0 THEN '{"chunk":' || f.number || ',"decision":"' || f.decision_id || E'"}\\n' ELSE '' END ||
    coalesce(string_agg('[' || m.ordinal || ',' || to_json(m.category) || ',' ||
      CASE WHEN m.connector IS NULL THEN 'null'
      ELSE '[' || to_json(m.connector) || ',' || coalesce(to_json(m.connection)::text, 'null') || ',' || to_json(m."do") || ',' || m.version || ']' END ||
      coalesce(',"' || encode(m.request_digest, 'hex') || '","', ',null,"') || encode(m.item_digest, 'hex') || E'"]\\n', '' ORDER BY m.ordinal), '') AS page
  FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS f(number, chunk_id, decision_id)
  LEFT JOIN LATERAL (
    SELECT * FROM manifest_row WHERE decision_id = f.decision_id AND chunk_id = f.chunk_id AND ordinal > $4::int ORDER BY ordinal LIMIT $5) m ON true
  GROUP BY f.number, f.decision_id) p`;

/**
 * How the chunks are classified that draws of decisions go over and that were not approved, and what was kept of how chunks were classified before: of each a line that names it, its revision and
 * that of the rules, then a line for each item. What was classified again since the moment has another revision, and its lines end.
 */
export async function* trailClassified(pool: Pool, { batch, chunks }: Moment): AsyncGenerator<string> {
  const { rows: pooled } = await pool.query<{ number: number }>(POOLED, [batch.id]);
  const numbers = new Set(pooled.map(({ number }) => number));
  const kept = Map.groupBy(await readKept(pool, batch.id), ({ chunk }) => chunk);
  for (const { id, number, revision, planRevision } of chunks) {
    for (const own of kept.get(number) ?? [])
      if (own.revision < revision) yield* keptLines(pool, { ...own, batchId: batch.id, chunkId: id });
    if (!numbers.has(number)) continue;
    yield `${JSON.stringify({ chunk: number, revision, plan: planRevision })}\n`;
    for (let after = 0; ; ) {
      const { page, last, rows } = await readPage(pool, {
        name: 'trail-classified',
        text: CLASSIFIED,
        values: [id, revision, after, PAGE_ROWS],
      });
      yield page;
      if (rows < PAGE_ROWS) break;
      after = last;
    }
  }
}

async function* keptLines(pool: Pool, kept: KeptClassification & { batchId: string; chunkId: string }): AsyncGenerator<string> {
  const { chunk, revision, plan } = kept;
  yield `${JSON.stringify({ chunk, revision, plan, kept: true })}\n`;
  for (let [after, before] = [0, 0]; ; ) {
    const { page, last, rows } = await readKeptPage(pool, kept, { after, before, limit: PAGE_ROWS });
    yield page;
    if (rows < PAGE_ROWS) return;
    [after, before] = [last, before + rows];
  }
}

/** Of the chunks that a decision's looks are pooled from, or that it is of, those that are not approved. */
const POOLED = `
SELECT c.number FROM chunk c WHERE c.batch_id = $1 AND c.decision_id IS NULL AND (
  EXISTS (SELECT FROM decision d JOIN decision_chunk o ON o.decision_id = d.id WHERE d.batch_id = $1 AND d.pool IS NOT NULL AND o.chunk_id = c.id)
  OR EXISTS (
    SELECT FROM decision d CROSS JOIN LATERAL (
      SELECT (one->>0)::int AS low, (one->>0)::int AS high
        FROM jsonb_array_elements(CASE jsonb_typeof(d.pool->'review') WHEN 'array' THEN d.pool->'review' ELSE '[]' END) one
      UNION ALL SELECT (one->>0)::int, (one->>1)::int FROM jsonb_array_elements(d.pool->'decided') one) ranges
    WHERE d.batch_id = $1 AND d.pool IS NOT NULL AND c.number BETWEEN low AND high))`;

const CLASSIFIED = `
SELECT coalesce(string_agg('[' || ordinal || ',' || to_json(category) || E']\\n', '' ORDER BY ordinal), '') AS page, max(ordinal) AS last, count(*)::int AS rows
FROM (
  SELECT a.ordinal, a.category FROM chunk c JOIN classification a ON a.chunk_id = c.id
  WHERE c.id = $1 AND c.revision = $2 AND a.ordinal > $3 ORDER BY a.ordinal LIMIT $4) own`;

export type TrailRequest = { chunk: number; digest: string /** null once erased */; bytes: Buffer | null };

/** The requests of each chunk, each once; `withBytes` false: their digests alone. */
export async function* frozenRequests(pool: Pool, moment: Moment, withBytes: boolean): AsyncGenerator<TrailRequest[]> {
  for (const group of groupsOf(frozenOf(moment))) {
    const seen = new Set<string>();
    for (let after = 0; ; ) {
      const { rows } = await pool.query<{ chunk: number; ordinal: number; digest: string | null }>({
        name: 'trail-requests',
        text: `SELECT f.number AS chunk, m.ordinal, encode(m.request_digest, 'hex') AS digest
               FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS f(number, chunk_id, decision_id)
               CROSS JOIN LATERAL (
                 SELECT ordinal, request_digest FROM manifest_row
                 WHERE decision_id = f.decision_id AND chunk_id = f.chunk_id AND ordinal > $4 ORDER BY ordinal LIMIT $5) m
               ORDER BY f.number, m.ordinal`,
        values: [
          group.map(({ number }) => number),
          group.map(({ chunkId }) => chunkId),
          group.map(({ decisionId }) => decisionId),
          after,
          PAGE_ROWS,
        ],
      });
      const own: { chunk: number; digest: string }[] = [];
      for (const { chunk, digest } of rows) {
        const key = `${chunk} ${digest}`;
        if (digest === null || seen.has(key)) continue;
        seen.add(key);
        own.push({ chunk, digest });
      }
      if (withBytes) yield* withTheirBytes(pool, own);
      else if (own.length > 0) yield own.map((one) => ({ ...one, bytes: null }));
      if (group.length > 1 || rows.length < PAGE_ROWS) break;
      after = rows.at(-1)?.ordinal ?? after;
    }
  }
}

async function* withTheirBytes(pool: Pool, asked: readonly { chunk: number; digest: string }[]): AsyncGenerator<TrailRequest[]> {
  for (let from = 0; from < asked.length; ) {
    const page = asked.slice(from, from + PAGE_REQUESTS);
    const { rows } = await pool.query<{ place: number; bytes: Buffer | null }>({
      name: 'trail-request-bytes',
      text: `SELECT place::int, bytes FROM (
               SELECT a.place, q.bytes, sum(coalesce(octet_length(q.bytes), 0)) OVER (ORDER BY a.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
               FROM unnest($1::text[]) WITH ORDINALITY AS a(hex, place) LEFT JOIN frozen_request q ON q.digest = decode(a.hex, 'hex')) sized
             WHERE coalesce(before, 0) < $2 ORDER BY place`,
      values: [page.map(({ digest }) => digest), REQUESTS_BYTES],
    });
    yield rows.map(({ bytes }, index) => ({ ...(page[index] as { chunk: number; digest: string }), bytes }));
    from += rows.length;
  }
}

export type TrailDecision = {
  decision: string;
  chunk: number;
  revision: number;
  digest: string;
  root: string;
  answers: unknown;
  by: string;
  via: string;
  seen: number[];
  /** with the first chunk of a decision over the batch: what its looks are pooled from */
  pool?: PoolKept;
};

/** Each decision of each chunk, in the order of the chunks. */
export async function* trailDecisions(pool: Pool, { decisions }: Moment): AsyncGenerator<TrailDecision[]> {
  const told = new Set<string>();
  for (let from = 0; from < decisions.length; from += PAGE_REQUESTS) {
    const page = decisions.slice(from, from + PAGE_REQUESTS);
    const isFirst = page.map(({ decisionId }) => !told.has(decisionId) && told.add(decisionId) !== null);
    const { rows } = await pool.query<TrailDecision & { pool: PoolKept | null }>({
      name: 'trail-decisions',
      text: `SELECT d.id AS decision, a.chunk, o.revision, encode(o.digest, 'hex') AS digest, encode(d.root, 'hex') AS root, d.answers, d."by", d.via, o.seen,
               CASE WHEN a.first THEN d.pool END AS pool
             FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::boolean[]) WITH ORDINALITY AS a(chunk, chunk_id, decision_id, first, place)
             JOIN decision d ON d.id = a.decision_id JOIN decision_chunk o ON o.decision_id = d.id AND o.chunk_id = a.chunk_id ORDER BY a.place`,
      values: [
        ...[page.map(({ chunk }) => chunk), page.map(({ chunkId }) => chunkId), page.map(({ decisionId }) => decisionId)],
        isFirst,
      ],
    });
    // Its members in their order, which JSON of the database does not keep.
    yield rows.map(({ pool: kept, ...row }) =>
      kept === null ? row : { ...row, pool: { decided: kept.decided, review: kept.review, marks: kept.marks } },
    );
  }
}

/** The marks of people, chunk by chunk, in the order in which they were made. */
export function trailReviews(pool: Pool, moment: Moment): AsyncGenerator<string> {
  if (moment.reviews === '0') return none();
  return byItems(pool, moment, {
    table: 'review',
    where: `r.id <= ${BigInt(moment.reviews)}`,
    order: 'r.id',
    line: `'{"id":"' || r.id || '","chunk":' || c.number || ',"ordinal":' || r.ordinal || ',"category":' || to_json(r.category) || ',"verdict":"' || r.verdict ||
      '","by":' || to_json(r."by") || ',"at":"' || ${instant('r.at')} || E'"}\\n'`,
  });
}

/** The corrections of people, chunk by chunk, in the order of their receipts; `seq` null: from before they left any. */
export function trailCorrections(pool: Pool, moment: Moment): AsyncGenerator<string> {
  if (!moment.corrected) return none();
  return byItems(pool, moment, {
    table: 'correction',
    where: 'coalesce(r.seq, 0) <= c.up_to',
    order: 'coalesce(r.seq, 0), r.ordinal, r.id',
    line: `'{"chunk":' || c.number || ',"seq":' || coalesce(r.seq::text, 'null') || ',"ordinal":' || r.ordinal || ',"from":' || to_json(r."from") || ',"to":' ||
      to_json(r."to") || ',"revision":' || r.revision || ',"by":' || to_json(r."by") ||
      CASE WHEN r.seq IS NULL THEN ',"at":"' || ${instant('r.at')} || '"' ELSE '' END || E'}\\n'`,
  });
}

const instant = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

async function* none(): AsyncGenerator<string> {}

type OfItems = { table: 'review' | 'correction'; where: string; order: string; line: string };

/** Rows that hang on items, by the chunks that these are in. */
async function* byItems(pool: Pool, { batch, chunks }: Moment, of: OfItems): AsyncGenerator<string> {
  const text = `
    SELECT string_agg(p.line, '' ORDER BY p.place) AS page, count(*)::int AS rows FROM (
      SELECT row_number() OVER (ORDER BY c.number, ${of.order}) AS place, ${of.line} AS line
      FROM unnest($2::int[], $3::uuid[], $4::int[]) AS c(number, chunk_id, up_to)
      JOIN chunk_item m ON m.chunk_id = c.chunk_id JOIN ${of.table} r ON r.batch_id = $1 AND r.ordinal = m.ordinal
      WHERE ${of.where} ORDER BY 1 LIMIT $6::int OFFSET $5::int) p`;
  const sized = chunks.map(({ number, id, seq, itemCount }) => ({ number, id, seq, items: itemCount }));
  for (const group of groupsOf(sized)) {
    const own = [group.map(({ number }) => number), group.map(({ id }) => id), group.map(({ seq }) => seq)];
    for (let before = 0; ; before += PAGE_ROWS) {
      const { page, rows } = await readPage(pool, { text, values: [batch.id, ...own, before, PAGE_ROWS] });
      yield page;
      if (rows < PAGE_ROWS) break;
    }
  }
}

/** A page of text; `last` and `rows` where the statement says how far it came. */
async function readPage(
  client: Querying,
  asked: { name?: string; text: string; values: unknown[] },
): Promise<{ page: string; last: number; rows: number }> {
  const { rows } = await client.query<{ page: string | null; last: number | null; rows: number | null }>(asked);
  const [row] = rows;
  return { page: row?.page ?? '', last: row?.last ?? 0, rows: row?.rows ?? 0 };
}
