/**
 * Uploads one file in a process of its own that did nothing before, and prints how far its resident memory rose: run by ingest.ts with
 * DATABASE_URL set. What was loaded and connected before the upload begins is the baseline; nothing was warmed up.
 */

import { createReadStream } from 'node:fs';
import type { Actor } from '#lib/auth/actor.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { closeDb, db } from '#lib/store/postgres/db.ts';

const SAMPLE_MS = 10;
const actor: Actor = { id: 'key:env', role: 'operator', name: 'bench', via: 'api' };
const file = process.argv[2];
if (file === undefined) throw new Error('which file?');

await db().pool.query('SELECT 1');
const before = process.memoryUsage.rss();
let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, SAMPLE_MS);
const { itemCount } = await uploadDataset(actor, { name: file, source: createReadStream(file) });
clearInterval(timer);
// The kernel's own peak (kilobytes) misses nothing between two samples.
peak = Math.max(peak, process.resourceUsage().maxRSS * 1024);
await closeDb();
console.log(JSON.stringify({ itemCount, peakMemoryBytes: peak - before }));
