/**
 * `node --conditions=test-tempo test/make-dump.ts FILE`: what a version leaves in its database, for the tests of upgrades. It uses the product as people do (upload, plan, decide, execute, correct,
 * undo), on a PostgreSQL of its own, and writes every table's rows as gzipped JSON. Run it on the version whose data is wanted, once: a file that is there is not made anew.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import type { Actor } from '#lib/auth/actor.ts';
import { runWorker } from '#lib/engine/worker.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { classifyChunk } from '#lib/steps/chunks/classify-chunk.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { savePlan } from '#lib/steps/plans/save-plan.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { insertPerson } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { startEmbedded } from '#lib/store/postgres/embedded.ts';
import { migrate } from '#lib/store/postgres/migrate.ts';
import { jobsHere } from '#test/jobs-here.ts';

const [file] = process.argv.slice(2);
if (!file) throw new Error('Name the file to write.');
if (existsSync(file)) throw new Error(`${file} is there already: what a version left is not made anew.`);
const place = mkdtempSync(join(tmpdir(), 'countersign-dump-'));
const server = await startEmbedded({ dataDir: join(place, 'data'), settings: { fsync: 'off' } });
Object.assign(process.env, { DATABASE_URL: server.appUrl, ORIGINALS_DIR: join(place, 'originals') });
await migrate(server);
jobsHere();
const { pool } = db();

const person = { id: randomUUID(), name: 'Ada', email: 'ada@example.org' };
await inTransaction(pool, (tx) => insertPerson(tx, { ...person, role: 'admin', passwordHash: 'none' }));
const ada: Actor = { id: `user:${person.id}`, role: 'admin', name: 'Ada', via: 'page' };

const names = ['eve', 'bo', 'cy', 'di'];
const csv = [
  'subject,from,day',
  ...Array.from({ length: 24 }, (_, n) => `mail ${n + 1},${names[n % 4]}@example.org,2026-10-${String(n + 1).padStart(2, '0')}`),
];
const { id: datasetId } = await uploadDataset(ada, { name: 'mails.csv', source: bytesOf(csv.join('\n')) });
const plan: Json = {
  version: 2,
  classifier: {
    kind: 'rules',
    rules: [{ when: `item.from == 'eve@example.org'`, category: 'task', why: 'from Eve' }],
    otherwise: 'noise',
  },
  categories: [
    { name: 'task', action: { connector: 'task', do: 'create', with: { title: 'Answer {{from}}: {{subject}}' } } },
    { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
    { name: 'keep' },
  ],
  chunking: { by: 'size', maxItems: 8 },
  gates: { next: 'each' },
  execution: { first: 0 },
  receiptFields: ['from', 'subject'],
};
const started = async (name: string) => (await createBatch(ada, { datasetId, name, plan, start: true })).id;
await savePlan(ada, { name: 'Mails', plan, datasetId });

const over = await started('Over');
for (const chunk of [1, 2, 3]) await decided(over, chunk, chunk === 2);
await until('SELECT state = $2 AS done FROM batch WHERE id = $1', [over, 'finished']);
const undo = await undoBatch(ada, { batchId: over, ordinals: [2] });
await decided(undo.id, 1, false);
await until('SELECT state = $2 AS done FROM batch WHERE id = $1', [undo.id, 'finished']);
const open = await started('Under way');
await decided(open, 1, true);
await waiting(open, 2);

const { rows: tables } = await pool.query<{ name: string }>(
  `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL ($1) ORDER BY 1`,
  [['_prisma_migrations', 'session', 'verification', 'visit', 'worker']],
);
const dump: Record<string, unknown[]> = {};
for (const { name } of tables) {
  const { rows } = await pool.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM "${name}" t`);
  dump[name] = rows.map(({ row }) => row);
}
writeFileSync(file, gzipSync(JSON.stringify(dump), { level: 9 }));
// Connections end with the server, those that somebody still has too.
await server.stop();
rmSync(place, { recursive: true, force: true });
process.exit(0);

/** Looks at a chunk once it waits, corrects an item of it where asked, marks another, and approves what is shown. */
async function decided(batchId: string, chunk: number, corrects: boolean): Promise<void> {
  await waiting(batchId, chunk);
  const { rows } = await pool.query<{ ordinal: number }>(
    'SELECT ordinal FROM chunk_item ci JOIN chunk c ON c.id = ci.chunk_id WHERE c.batch_id = $1 AND c.number = $2 ORDER BY 1',
    [batchId, chunk],
  );
  const [first, second] = rows.map(({ ordinal }) => ordinal);
  if (corrects && first && second) {
    await correct(ada, { batchId, chunk, corrections: [{ ordinal: first, category: 'keep', note: 'Eve asked for it' }] });
    await markItems(ada, { batchId, chunk, reviews: [{ ordinal: second, right: true }] });
  }
  const { digest } = (await readCheckpoint(ada, { batchId, chunk })) ?? { digest: '' };
  await decide(ada, {
    batchId,
    chunks: [{ number: chunk, digest: digest ?? '' }],
    next: true,
    execute: true,
    override: 'seen before',
    note: 'as agreed with Eve',
  });
}

function waiting(batchId: string, chunk: number): Promise<void> {
  return until('SELECT state = $3 AS done FROM chunk WHERE batch_id = $1 AND number = $2', [batchId, chunk, 'awaiting_review']);
}

/** Works until the statement says that it is done. */
async function until(text: string, values: unknown[]): Promise<void> {
  const drain = new AbortController();
  const working = runWorker({
    ...{ pool, leasePool: pool, handlers: { classifying: classifyChunk, executing: executeChunk } },
    ...{ bells: null, drain: drain.signal, log: pino({ enabled: false }) },
  });
  for (let tries = 0; !(await pool.query<{ done: boolean }>(text, values)).rows[0]?.done; tries += 1) {
    if (tries > 2_000) throw new Error(`It did not come that far: ${text} ${values}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  drain.abort();
  await working;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
