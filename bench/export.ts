/**
 * How fast a batch's receipts leave, beside what PostgreSQL alone gives: COPY TO STDOUT of their bodies. And how long another request waits meanwhile, for
 * the loop that carries it is that of the web server.
 */
import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { to as copyTo } from 'pg-copy-streams';
import { startDownloadThread } from '#lib/engine/download-thread.ts';
import { returnPart } from '#lib/engine/downloads.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { sealedBatch } from './sealed-batch.ts';

/** Half the speed of COPY, and nobody notices. */
export const exporting: Bench = {
  of: 'rows',
  fullRows: 1_000_000,
  aims: { jsonlOfCopy: { least: 0.5 }, longestWaitMs: { most: 100 } },
  run,
};

const ROUNDS = 3;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  // As the web server has it: this loop is the one that answers everybody.
  const thread = startDownloadThread(resolve(import.meta.dirname, '..', 'bin', 'download-thread.ts'));
  const { batchId, receipts } = await sealedBatch(server, rows);
  say(`${receipts} receipts`);
  const before = process.memoryUsage().rss;
  let peakMemoryBytes = 0;
  const watching = setInterval(() => {
    peakMemoryBytes = Math.max(peakMemoryBytes, process.memoryUsage().rss - before);
  }, 50);
  const seen = new Map<string, number[]>();
  const waits = new Map<string, number>();
  let trailBytes = 0;
  const measured = async (what: string, act: () => Promise<number>): Promise<void> => {
    const delay = monitorEventLoopDelay({ resolution: 2 });
    delay.enable();
    const began = performance.now();
    const bytes = await act();
    const seconds = (performance.now() - began) / 1_000;
    delay.disable();
    const wait = delay.max / 1e6;
    seen.set(what, [...(seen.get(what) ?? []), receipts / seconds]);
    waits.set(what, Math.max(wait, waits.get(what) ?? 0));
    say(`${what}: ${seconds.toFixed(2)} s, ${(bytes / 1e6).toFixed(0)} MB, longest wait ${wait.toFixed(0)} ms`);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await measured('copy', () => copied(batchId));
    for (const format of ['jsonl', 'csv', 'md'] as const)
      if (format === 'jsonl' || round === 0)
        await measured(format, async () => drained((await exportReceipts(ACTOR, { batchId, format })).body));
  }
  await measured('trail', async () => {
    trailBytes = await drained((await exportTrail(ACTOR, { batchId })).body);
    return trailBytes;
  });
  clearInterval(watching);
  await thread.end();
  const speed = (what: string): number => median(seen.get(what) ?? []);
  const ratios = (seen.get('jsonl') ?? []).map((each, round) => each / (seen.get('copy')?.[round] ?? Number.NaN));
  return {
    receipts,
    receiptsPerSecond: Object.fromEntries([...seen.keys()].map((what) => [what, rounded(speed(what))])),
    jsonlOfCopy: rounded(median(ratios)),
    longestWaitMs: rounded(waits.get('jsonl') ?? 0),
    longestWaitsMs: Object.fromEntries([...waits].map(([what, wait]) => [what, rounded(wait)])),
    trailBytesPerReceipt: rounded(trailBytes / receipts),
    peakMemoryBytes,
  };
}

/** The floor: the bodies, as they are stored, over one connection. */
async function copied(batchId: string): Promise<number> {
  const client = await db().pool.connect();
  try {
    let bytes = 0;
    const stream = client.query(
      copyTo(`COPY (SELECT body FROM receipt WHERE batch_id = '${batchId}' ORDER BY chunk, seq) TO STDOUT (FORMAT binary)`),
    );
    for await (const part of stream) bytes += (part as Buffer).length;
    return bytes;
  } finally {
    client.release();
  }
}

async function drained(parts: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    // As the web server says when a part has gone out (bin/web/edge.ts).
    returnPart(part);
  }
  return bytes;
}
