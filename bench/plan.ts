/**
 * How long a person waits for the preview of a plan: chunks by month, five rules. The floor in the same run reads what the planner
 * reads (the ordinal and one field of every row), in pages over one connection, and does nothing with it.
 */
import pg from 'pg';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { ACTOR } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { CATEGORIES, datasetOf, RULES } from './rows.ts';

export const plan: Bench = { of: 'rows', fullRows: 1_000_000, aims: { seconds: { most: 2 } }, run };

const ROUNDS = 5;
const PAGE_ROWS = 20_000;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const datasetId = await datasetOf(rows);
  const asked = {
    datasetId,
    plan: {
      classifier: { kind: 'rules', rules: RULES, otherwise: 'other' },
      categories: CATEGORIES.map((name) => ({ name })),
      chunking: { by: 'time', field: 'date', every: 'month', timeZone: 'Europe/Rome' },
    },
  };
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    floor.push(await seconds(() => bareRead(server.ownerUrl, datasetId, rows)));
    ours.push(await seconds(() => previewBatch(ACTOR, asked)));
    say(`${round === 0 ? 'first' : `round ${round}`}: ${rounded(ours.at(-1) ?? 0)} s, floor ${rounded(floor.at(-1) ?? 0)} s`);
  }
  // The first one starts the thread, and reads the sample that the others find.
  const [first = Number.NaN, ...later] = ours;
  const floors = floor.slice(1);
  return {
    seconds: rounded(median(later)),
    firstSeconds: rounded(first),
    floorSeconds: rounded(median(floors)),
    ratio: rounded(median(later.map((one, index) => (floors[index] ?? Number.NaN) / one))),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1_000;
}

async function bareRead(ownerUrl: string, datasetId: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  let read = 0;
  for (let after = 0; after < rows; after += PAGE_ROWS) {
    const page = await client.query({
      ...{ name: 'bare-read', rowMode: 'array' },
      text: "SELECT ordinal, fields ->> 'date' FROM item WHERE dataset_id = $1 AND ordinal > $2 AND ordinal <= $3 ORDER BY ordinal",
      values: [datasetId, after, after + PAGE_ROWS],
    });
    read += page.rows.length;
  }
  await client.end();
  if (read !== rows) throw new Error(`${read} of ${rows} rows were read`);
}
