/**
 * Uploading a CSV of 1,000,000 rows and 175 MB, through the step that the page and the API call, with its original kept. The floor: COPY of the same rows
 * prepared beforehand (fields as jsonb, original bytes, digests), read from a file, over one connection into the same table. Then the dataset is read anew from its
 * original, as a person's change of its reading does it.
 */

import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { WEB_FLAGS } from '#bin/start/web-flags.ts';
import type { Actor } from '#lib/auth/actor.ts';
import { csv } from '#lib/ingest/csv/format.ts';
import { chunksOf } from '#lib/ingest/source.ts';
import { changeReading } from '#lib/steps/datasets/change-reading.ts';
import { readDataset } from '#lib/steps/datasets/read-datasets.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { ItemRows } from '#lib/store/datasets/item-rows.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { formats } from './ingest-formats.ts';

export const ingest: Bench = {
  of: 'rows',
  fullRows: 1_000_000,
  aims: {
    ...{ ratio: { least: 0.8 }, peakMemoryBytes: { most: 200 * 1024 ** 2 }, mailPeakMemoryBytes: { most: 200 * 1024 ** 2 } },
    ...{ jsonLinesPeakMemoryBytes: { most: 200 * 1024 ** 2 }, workbookPeakMemoryBytes: { most: 200 * 1024 ** 2 } },
    ...{ rereadSeconds: { most: 20 }, jsonLinesRatio: { least: 0.6 }, workbookRatio: { least: 0.5 } },
  },
  run,
};

const ROUNDS = 3;
/** Of the rows, so many are uploaded in each other format. */
const OTHERS_SHARE = 5;
const ACTOR: Actor = { id: 'key:env', role: 'operator', name: 'bench', via: 'api' };

async function run({ rows, folder, server, say }: BenchRun): Promise<Figures> {
  const file = join(folder, 'rows.csv');
  const prepared = join(folder, 'rows.copy');
  await pipeline(Readable.from(csvOf(rows)), createWriteStream(file));
  const { size } = await stat(file);
  say(`${rows} rows, ${(size / 1e6).toFixed(0)} MB; preparing the floor's rows`);
  await pipeline(Readable.from(preparedRows(file)), createWriteStream(prepared));
  const owner = new pg.Client({ connectionString: server.ownerUrl });
  await owner.connect();
  const superuser = new pg.Client({ connectionString: server.superUrl });
  await superuser.connect();
  const empty = async () => {
    // The heads of datasets stay: readings are insert-only, and name them.
    await owner.query('TRUNCATE item, unreadable_row');
    await superuser.query('CHECKPOINT');
  };
  const peakMemoryBytes = memoryOfUpload(file, rows);
  say(`a process of its own: memory +${(peakMemoryBytes / 1e6).toFixed(0)} MB`);
  // Once for nothing: both sides meet warm caches and compiled code.
  await uploadDataset(ACTOR, { name: 'warm.csv', source: createReadStream(file, { end: Math.min(size, 20_000_000) - 1 }) });

  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await empty();
    const upload = await timed(async () => {
      const uploaded = await uploadDataset(ACTOR, { name: 'rows.csv', source: createReadStream(file), contentLength: size });
      if (uploaded.itemCount !== rows || uploaded.unreadableCount > 0)
        throw new Error(`the upload has ${JSON.stringify(uploaded)}`);
    });
    await empty();
    const bare = await timed(() => copyPrepared(server.appUrl, prepared, rows));
    ours.push(rows / upload);
    floor.push(rows / bare);
    say(`round ${round}: ours ${Math.round(rows / upload)}/s, floor ${Math.round(rows / bare)}/s`);
  }
  await empty();
  const rereadSeconds = await reread(file, rows, async () => {
    await superuser.query('CHECKPOINT');
  });
  say(`read anew in ${rereadSeconds.toFixed(1)} s`);
  const others = await formats({ rows: Math.ceil(rows / OTHERS_SHARE), folder, url: server.appUrl, empty, say }, memoryOfUpload);
  await Promise.all([owner.end(), superuser.end()]);
  const ratios = ours.map((one, round) => one / (floor[round] ?? Number.NaN));
  return {
    bytes: size,
    ours: rounded(median(ours)),
    floor: rounded(median(floor)),
    ratio: rounded(median(ratios)),
    peakMemoryBytes,
    rereadSeconds: rounded(rereadSeconds),
    ...others,
    ratios: ratios.map(rounded),
  };
}

function memoryOfUpload(file: string, rows: number): number {
  // As the web server's process runs, which receives uploads.
  const args = [...WEB_FLAGS, join(import.meta.dirname, 'ingest-memory.ts'), file];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`the upload in a process of its own failed: ${child.stderr}`);
  const { itemCount, peakMemoryBytes } = JSON.parse(child.stdout) as { itemCount: number; peakMemoryBytes: number };
  if (itemCount !== rows) throw new Error(`the upload has ${itemCount} items`);
  return peakMemoryBytes;
}

/** Seconds from a change of the reading to the new dataset. What long rows become is changed: no row is long, so the rows are the same. */
async function reread(file: string, rows: number, settle: () => Promise<void>): Promise<number> {
  const { id: datasetId } = await uploadDataset(ACTOR, { name: 'rows.csv', source: createReadStream(file) });
  const reading = await readReading(ACTOR, { datasetId });
  if (!reading) throw new Error('the dataset has no reading');
  const layout = { long: reading.layout.long === 'cut' ? ('refuse' as const) : ('cut' as const) };
  await settle();
  return timed(async () => {
    const changed = await changeReading(ACTOR, { datasetId, change: { digest: reading.digest, layout } });
    if (!('dataset' in changed)) throw new Error('the rows were not read anew');
    for (;;) {
      const dataset = await readDataset(ACTOR, { id: changed.dataset });
      if (dataset?.state === 'ready' && dataset.itemCount === rows) return;
      if (dataset?.state !== 'receiving') throw new Error(`the new dataset is ${JSON.stringify(dataset)}`);
      await sleep(500);
    }
  });
}

/** Seconds. */
async function timed(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}

async function copyPrepared(url: string, prepared: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const copy = client.query(
    copyFrom('COPY item (dataset_id, ordinal, fields, raw, digest, line, source) FROM STDIN (FORMAT binary)'),
  );
  await pipeline(createReadStream(prepared, { highWaterMark: 1024 ** 2 }), copy);
  if (copy.rowCount !== rows) throw new Error(`the floor copied ${copy.rowCount} rows`);
  await client.end();
}

const FLOOR_DATASET = '00000000-0000-4000-8000-000000000000';
/** The COPY header's 19 bytes, and the 2 of its end: written once for the whole file. */
const HEADER_BYTES = 19;

async function* preparedRows(file: string): AsyncGenerator<Buffer> {
  const itemRows = new ItemRows(FLOOR_DATASET);
  let ordinal = 1;
  let first = true;
  for await (const segment of csv.parse(chunksOf(createReadStream(file)), { fileName: file, now: new Date(), said: {} })) {
    itemRows.add(segment, ordinal, 0);
    ordinal += segment.items.length;
    const [header = Buffer.alloc(0), ...rest] = itemRows.items.copyData();
    if (header.length !== HEADER_BYTES) throw new Error('the header of COPY has another length');
    const pages = rest.slice(0, -1).map((page) => Buffer.from(page));
    yield first ? Buffer.concat([header, ...pages]) : Buffer.concat(pages);
    first = false;
    itemRows.reset();
  }
  yield Buffer.from([0xff, 0xff]);
}

const WORDS =
  'invoice refund delivery address order late missing parcel thanks urgent question about the a my account password reset please'.split(
    ' ',
  );
const TOWNS = ['Roma', 'Köln', 'Łódź', 'Lyon', 'Porto', 'Bergen', 'Gent', 'Praha'];
const STATES = ['open', 'closed', 'waiting', 'spam'];
const BLOCK_ROWS = 2_000;

/** The same file at every run: ten columns, a quoted cell in every eighth row, letters outside ASCII in some. */
function* csvOf(rows: number): Generator<Buffer> {
  yield Buffer.from('id,received,from,name,subject,town,amount,state,url,note\n');
  let seed = 42;
  const dice = (sides: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) | 0;
    return (seed >>> 8) % sides;
  };
  const words = (count: number): string => Array.from({ length: count }, () => WORDS[dice(WORDS.length)]).join(' ');
  for (let from = 1; from <= rows; from += BLOCK_ROWS) {
    const lines: string[] = [];
    for (let id = from; id < Math.min(from + BLOCK_ROWS, rows + 1); id++) {
      const person = `customer${dice(50_000)}`;
      const received = new Date(Date.UTC(2024, 0, 1) + id * 31_000).toISOString();
      const note = dice(8) === 0 ? `"${words(3)}, ""${words(2)}"" and ${words(2)}"` : words(5);
      const amount = (dice(100_000) / 100).toFixed(2);
      const town = TOWNS[dice(dice(4) === 0 ? TOWNS.length : 1)];
      const url = `https://shop.example.org/o/${id.toString(36)}`;
      lines.push(
        `${id},${received},${person}@example.org,${person},${words(3)},${town},${amount},${STATES[dice(4)]},${url},${note}\n`,
      );
    }
    yield Buffer.from(lines.join(''));
  }
}
