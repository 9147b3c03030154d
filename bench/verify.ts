/** How fast a trail is verified, by the program that lies in it, in a process of its own. */
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { trailProgram } from '#lib/trail/programs.ts';
import { ACTOR } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { sealedBatch } from './sealed-batch.ts';

export const verify: Bench = { of: 'rows', fullRows: 1_000_000, aims: {}, run };

const ROUNDS = 3;
const LOOK_MS = 20;

async function run({ rows, folder, server, say }: BenchRun): Promise<Figures> {
  const { batchId, receipts } = await sealedBatch(server, rows);
  const [zip, program] = [join(folder, 'trail.zip'), join(folder, 'verify.mjs')];
  await pipeline((await exportTrail(ACTOR, { batchId })).body, createWriteStream(zip));
  writeFileSync(program, trailProgram());
  const { size } = await stat(zip);
  say(`${receipts} receipts in a zip of ${(size / 1e6).toFixed(0)} MB`);
  const speeds: number[] = [];
  let peakMemoryBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    peakMemoryBytes = Math.max(peakMemoryBytes, await verified(program, zip));
    const seconds = (performance.now() - began) / 1_000;
    speeds.push(receipts / seconds);
    say(`${seconds.toFixed(2)} s`);
  }
  return { receipts, receiptsPerSecond: rounded(median(speeds)), zipBytesPerReceipt: rounded(size / receipts), peakMemoryBytes };
}

/** Gives the most memory that the process had; throws where the trail does not hold. */
async function verified(program: string, zip: string): Promise<number> {
  const child = spawn(process.execPath, [program, zip], { stdio: ['ignore', 'pipe', 'inherit'] });
  let [said, most] = ['', 0];
  const looking = setInterval(() => {
    most = Math.max(most, residentBytes(child.pid));
  }, LOOK_MS);
  child.stdout.on('data', (part) => {
    said += part;
  });
  const code = await new Promise((done) => child.once('close', done));
  clearInterval(looking);
  if (code !== 0) throw new Error(`The trail does not verify (${code}): ${said}`);
  return most;
}

/** 0 where the system does not tell it so. */
function residentBytes(pid: number | undefined): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
