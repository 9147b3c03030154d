/** A finished batch with a million receipts that all verify, made inside the database: only what reads them is measured. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { parsePlan } from '#lib/steps/plans/parse-plan.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import type { Embedded } from '#lib/store/postgres/embedded.ts';
import { foldChunks, keepFolds } from '#lib/store/receipts/sum.sql.ts';
import { ACTOR, FIELDS } from './approved-batch.ts';
import { datasetOf } from './rows.ts';

const CHUNK_ITEMS = 1_000;
/** Intents, and then their outcomes, as a worker writes them. */
const TOGETHER = 50;
/** What a batch is called when all of it is there. */
const WHOLE = 'Benchmark, sealed';

/** As asked for, or as an earlier run with the same kept folder made it. Gives the batch's id. */
export async function sealedBatch(server: Embedded, receipts: number): Promise<{ batchId: string; receipts: number }> {
  const items = Math.ceil(receipts / 2 / TOGETHER) * TOGETHER;
  const { pool } = db();
  const { rows } = await pool.query<{ id: string }>(
    `SELECT b.id FROM batch b JOIN dataset d ON d.id = b.dataset_id WHERE b.name = $1 AND d.item_count = $2 LIMIT 1`,
    [WHOLE, items],
  );
  const batchId = rows[0]?.id ?? (await makeBatch(server, items));
  const counted = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM receipt WHERE batch_id = $1', [
    batchId,
  ]);
  return { batchId, receipts: counted.rows[0]?.count ?? 0 };
}

/** Half of the receipts are intents with three values each, half their outcomes; a decision a chunk comes on top. */
async function makeBatch({ ownerUrl }: Embedded, items: number): Promise<string> {
  const { pool } = db();
  const [datasetId, batchId] = [await datasetOf(items), randomUUID()];
  const plan: Plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
    categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }],
    chunking: { by: 'size', maxItems: CHUNK_ITEMS },
    receiptFields: FIELDS,
  });
  await pool.query(
    `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by, started_by, started_at)
     VALUES ($1, $2, 'Benchmark', $3, $4, 'finished', 'supervised', $5, $5, now())`,
    [batchId, datasetId, JSON.stringify(plan), sha256(canonicalBytes(plan as unknown as Json)), ACTOR.id],
  );
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const given = (text: string): string =>
    text.replaceAll('$batch', `'${batchId}'`).replaceAll('$dataset', `'${datasetId}'`).replaceAll('$items', String(items));
  try {
    for (const text of STATEMENTS) await owner.query(given(text));
    await owner.query('DROP TABLE bench_item; ANALYZE receipt, receipt_value, manifest_row, chunk');
  } finally {
    await owner.end();
  }
  // As the workers have kept it long before anybody downloads a finished batch.
  const chunks = await readChunksNow(pool, batchId);
  await keepFolds(pool, batchId, chunks, await foldChunks(pool, batchId, chunks), new Date());
  await pool.query('UPDATE batch SET name = $2 WHERE id = $1', [batchId, WHOLE]);
  return batchId;
}

const AT = '2026-11-23T14:02:00.123Z';
const hex = (bytes: string): string => `encode(${bytes}, 'hex')`;
const hashOf = (text: string): string => hex(`sha256(convert_to(${text}, 'UTF8'))`);
const saltOf = (field: string): string => `substring(sha256(convert_to('${field} ' || m.ordinal, 'UTF8')) FOR 16)`;
const commits = FIELDS.map(
  (field) => `'"${field}":"' || ${hex(`sha256(${saltOf(field)} || convert_to(i.fields ->> '${field}', 'UTF8'))`)} || '"'`,
).join(` || ',' || `);
/** Half of the common members of a body, whose places are known: canonical JSON has its members in order. */
const INTENT = `'{"action":{"connection":null,"connector":"shelf","do":"archive","version":1},"at":"${AT}","attempt":1,"batch":"' || $batch || '","by":"worker:bench","chunk":' || m.number ||
  ',"decision":"' || m.decision || '","epoch":1,"idempotencyKey":"' || left(${hashOf(`'countersign:' || m.decision || ':' || m.ordinal || ':1'`)}, 32) || '","item":"' || ${hex('i.digest')} ||
  '","kind":"intent","manifest":"' || m.digest || '","ordinal":' || m.ordinal || ',"request":"' || m.request || '","step":1,"v":1,"values":{' || ${commits} || '}}'`;
const OUTCOME = `'{"at":"${AT}","attempt":1,"batch":"' || $batch || '","before":null,"by":"worker:bench","chunk":' || r.chunk || ',"epoch":1,"intent":"' || ${hex('r.leaf')} ||
  '","kind":"outcome","ordinal":' || r.ordinal || ',"reason":null,"result":"succeeded","step":2,"target":"kept-' || r.ordinal || '","v":1}'`;
const ANSWERS = '{"close":false,"execute":true,"next":true,"release":false,"sendBack":false}';
const DECISION = `'{"answers":${ANSWERS},"at":"${AT}","batch":"' || $batch || '","by":"${ACTOR.id}","chunk":' || c.number || ',"counts":{"noise":' || c.item_count ||
  '},"decision":"' || d.id || '","kind":"decision","manifest":"' || ${hex('o.digest')} || '","override":"they are all alike","revision":1,"root":"' || ${hex('d.root')} ||
  '","seen":"' || ${hashOf(`''`)} || '","seenCount":0,"v":1,"via":"api"}'`;
const INSERT = 'INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)';

const STATEMENTS = [
  `INSERT INTO chunk (id, batch_id, number, name, item_count, classified, state, seed, seq, approved_actions, done)
   SELECT gen_random_uuid(), $batch, n, 'Part ' || n, size, size, 'done', sha256('seed'), 1 + 2 * size, size, size
   FROM generate_series(1, ($items + ${CHUNK_ITEMS - 1}) / ${CHUNK_ITEMS}) n CROSS JOIN LATERAL (SELECT least(${CHUNK_ITEMS}, $items - (n - 1) * ${CHUNK_ITEMS}) AS size) sized`,
  `CREATE TABLE bench_item AS
   SELECT o AS ordinal, c.id AS chunk_id, c.number, NULL::uuid AS decision, NULL::text AS digest, '{"n":' || o || '}' AS bytes,
     ${hashOf(`'{"n":' || o || '}'`)} AS request, (o - 1) % ${CHUNK_ITEMS} AS at
   FROM generate_series(1, $items) o JOIN chunk c ON c.batch_id = $batch AND c.number = (o - 1) / ${CHUNK_ITEMS} + 1`,
  `WITH line AS (
     SELECT m.number, m.ordinal, '[' || m.ordinal || ',"noise",["shelf",null,"archive",1],"' || m.request || '","' || ${hex('i.digest')} || E'"]\\n' AS text
     FROM bench_item m JOIN item i ON i.dataset_id = $dataset AND i.ordinal = m.ordinal),
   manifest AS (SELECT number, gen_random_uuid() AS decision, ${hashOf(`string_agg(text, '' ORDER BY ordinal)`)} AS digest FROM line GROUP BY number)
   UPDATE bench_item m SET decision = f.decision, digest = f.digest FROM manifest f WHERE f.number = m.number`,
  `INSERT INTO decision (id, batch_id, root, answers, "by", via)
   SELECT DISTINCT ON (number) decision, $batch, sha256(convert_to('[' || number || ',1,"' || digest || E'"]\\n', 'UTF8')), '${ANSWERS}', '${ACTOR.id}', 'api' FROM bench_item`,
  `INSERT INTO decision_chunk (decision_id, chunk_id, revision, digest, seen)
   SELECT DISTINCT ON (number) decision, chunk_id, 1, decode(digest, 'hex'), '{}'::int[] FROM bench_item`,
  'UPDATE chunk c SET decision_id = o.decision_id FROM decision_chunk o WHERE o.chunk_id = c.id AND c.batch_id = $batch',
  'INSERT INTO chunk_item (batch_id, ordinal, chunk_id) SELECT $batch, ordinal, chunk_id FROM bench_item',
  `INSERT INTO frozen_request (digest, bytes) SELECT decode(request, 'hex'), convert_to(bytes, 'UTF8') FROM bench_item ON CONFLICT DO NOTHING`,
  `INSERT INTO manifest_row (decision_id, ordinal, chunk_id, category, connector, "do", version, request_digest, item_digest)
   SELECT m.decision, m.ordinal, m.chunk_id, 'noise', 'shelf', 'archive', 1, decode(m.request, 'hex'), i.digest
   FROM bench_item m JOIN item i ON i.dataset_id = $dataset AND i.ordinal = m.ordinal ORDER BY m.ordinal`,
  `${INSERT} SELECT $batch, c.number, 1, NULL, NULL, 'decision', NULL, made.body, sha256('\\x00'::bytea || made.body)
   FROM chunk c JOIN decision d ON d.id = c.decision_id JOIN decision_chunk o ON o.chunk_id = c.id AND o.decision_id = d.id
   CROSS JOIN LATERAL (SELECT convert_to(${DECISION}, 'UTF8') AS body) made WHERE c.batch_id = $batch`,
  `${INSERT} SELECT $batch, m.number, 2 + m.at / ${TOGETHER} * ${2 * TOGETHER} + m.at % ${TOGETHER}, m.ordinal, 1, 'intent', NULL, made.body, sha256('\\x00'::bytea || made.body)
   FROM bench_item m JOIN item i ON i.dataset_id = $dataset AND i.ordinal = m.ordinal CROSS JOIN LATERAL (SELECT convert_to(${INTENT}, 'UTF8') AS body) made ORDER BY m.ordinal`,
  `${INSERT} SELECT $batch, r.chunk, r.seq + ${TOGETHER}, r.ordinal, 2, 'outcome', 'succeeded', made.body, sha256('\\x00'::bytea || made.body)
   FROM receipt r CROSS JOIN LATERAL (SELECT convert_to(${OUTCOME}, 'UTF8') AS body) made WHERE r.batch_id = $batch AND r.kind = 'intent' ORDER BY r.chunk, r.seq`,
  `INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value)
   SELECT $batch, m.number, 2 + m.at / ${TOGETHER} * ${2 * TOGETHER} + m.at % ${TOGETHER}, v.field, v.salt, i.fields ->> v.field
   FROM bench_item m JOIN item i ON i.dataset_id = $dataset AND i.ordinal = m.ordinal
   CROSS JOIN LATERAL (VALUES ${FIELDS.map((field) => `('${field}', ${saltOf(field)})`).join(', ')}) AS v(field, salt) ORDER BY m.ordinal, v.field`,
];
