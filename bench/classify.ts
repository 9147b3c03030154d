/**
 * How fast five rules classify, by two real worker processes, from the start of the batch until its last chunk waits for a review. The floor in the
 * same run: a bare loop that reads the same fields of the same items in pages of the same size, asks the same as plain functions, and stores as
 * many rows, over two connections, without chunks, claims, leases or fences.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CLASSIFY_PAGE_ITEMS } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { CATEGORIES, datasetOf, PLAIN, RULES } from './rows.ts';
import { startWorkers } from './workers.ts';

export const classify: Bench = {
  of: 'items',
  fullRows: 1_000_000,
  aims: { perSecond: { least: 20_000 } },
  run,
};

const WORKERS = 2;
const CHUNK_ITEMS = 5_000;
const WARM_ITEMS = 10_000;
const ROUNDS = 2;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const fleet = await startWorkers(WORKERS, server.appUrl);
  const ours: number[] = [];
  const floor: number[] = [];
  let peakMemoryBytes = 0;
  try {
    // Once for nothing, so that its code is compiled.
    await classified(await datasetOf(WARM_ITEMS), WARM_ITEMS);
    const datasetId = await datasetOf(rows);
    for (let round = 1; round <= ROUNDS; round++) {
      floor.push(await bare(server.ownerUrl, datasetId, rows));
      ours.push(await classified(datasetId, rows));
      say(`round ${round}: ${rounded(ours.at(-1) ?? 0)} items a second, floor ${rounded(floor.at(-1) ?? 0)}`);
    }
    peakMemoryBytes = fleet.peakMemoryBytes();
  } finally {
    await Promise.all([fleet.stop(), stopRinging()]);
  }
  const ratios = ours.map((one, index) => one / (floor[index] ?? Number.NaN));
  return {
    perSecond: rounded(median(ours)),
    floorPerSecond: rounded(median(floor)),
    ratio: rounded(median(ratios)),
    rounds: ours.map(rounded),
    workers: WORKERS,
    peakMemoryBytes,
  };
}

/** Items a second. */
async function classified(datasetId: string, items: number): Promise<number> {
  const plan = { classifier: { kind: 'rules', rules: RULES, otherwise: 'other' }, categories: CATEGORIES };
  const id = await batchOf(datasetId, plan);
  const began = performance.now();
  await startBatch(ACTOR, { batchId: id });
  await waitUntilClassified(id, items);
  return items / ((performance.now() - began) / 1_000);
}

/** Gives the id of a batch without actions, all of whose chunks go at once. */
export async function batchOf(
  datasetId: string,
  { classifier, categories }: { classifier: { kind: string; [part: string]: unknown }; categories: readonly string[] },
): Promise<string> {
  const plan = {
    classifier,
    categories: categories.map((name) => ({ name })),
    chunking: { by: 'size', maxItems: CHUNK_ITEMS },
    gates: { next: 'parallel' },
    ...(classifier.kind === 'rules' ? {} : { version: 2 }),
  };
  const { id } = await createBatch(ACTOR, { datasetId, name: 'Classify', plan: plan as never });
  return id;
}

/** Until the last chunk waits for a review. Throws where one halts. */
export async function waitUntilClassified(batchId: string, items: number): Promise<void> {
  for (;;) {
    await sleep(50);
    const { rows } = await db().pool.query<{ open: number; halted: string | null; classified: number }>(
      `SELECT count(*) FILTER (WHERE state <> 'awaiting_review')::int AS open, max(halt_reason) AS halted, sum(classified)::int AS classified
       FROM chunk WHERE batch_id = $1`,
      [batchId],
    );
    const now = rows[0];
    if (!now || now.halted !== null) throw new Error(`A chunk halted: ${now?.halted}`);
    if (now.open > 0) continue;
    if (now.classified !== items) throw new Error(`${now.classified} of ${items} items are classified`);
    return;
  }
}

/** Items a second of the bare loop. */
async function bare(ownerUrl: string, datasetId: string, items: number): Promise<number> {
  const lanes = await Promise.all(
    Array.from({ length: 2 }, async () => {
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      return client;
    }),
  );
  await lanes[0]?.query(
    'DROP TABLE IF EXISTS bare_classification; CREATE TABLE bare_classification (LIKE classification INCLUDING DEFAULTS INCLUDING INDEXES)',
  );
  const [batchId, chunkId] = [randomUUID(), randomUUID()];
  const began = performance.now();
  let next = 0;
  await Promise.all(
    lanes.map(async (client) => {
      while (next < items) {
        const after = next;
        next += CLASSIFY_PAGE_ITEMS;
        const { rows } = await client.query<{ ordinal: number; from: string; subject: string; amount: string }>({
          name: 'bare-read',
          text: `SELECT ordinal, fields ->> 'from' AS "from", fields ->> 'subject' AS subject, fields ->> 'amount' AS amount
                 FROM item WHERE dataset_id = $1 AND ordinal > $2 AND ordinal <= $3 ORDER BY ordinal`,
          values: [datasetId, after, after + CLASSIFY_PAGE_ITEMS],
        });
        const found = rows.map((row) => RULES[PLAIN.findIndex((holds) => holds(row))]?.category ?? 'other');
        await client.query({
          name: 'bare-store',
          text: `INSERT INTO bare_classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
                 SELECT $1, $2, a.ordinal, a.category, 'because', 0.9, 'rules', 1 FROM unnest($3::int[], $4::text[]) AS a(ordinal, category)`,
          values: [batchId, chunkId, rows.map(({ ordinal }) => ordinal), found],
        });
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  await Promise.all(lanes.map((client) => client.end()));
  return items / seconds;
}
