/** The scratchpads of all chunks as one zip. */
import { Readable } from 'node:stream';
import yazl from 'yazl';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { scratchpadName, summaryText } from '#lib/core/checkpoints/scratchpad.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Download } from '#lib/engine/downloads.ts';
import { fileStem } from '#lib/steps/file-stem.ts';
import { isId } from '#lib/steps/ids.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { lastChunkNumber } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { scratchpadOf } from './read-scratchpad.ts';

const CHUNKS_AT_ONCE = 200;

/**
 * `chunk-01-summary.json` and `chunk-01-details.md` for every chunk that has been begun, streamed: a chunk is read when the zip gets to it.
 * @throws CountersignError `not_found`
 */
export async function exportScratchpad(actor: Actor, { batchId }: { batchId: string }): Promise<Download> {
  authorise(actor, 'download');
  const batch = isId(batchId) ? await readBatchFacts(db().pool, batchId) : null;
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  return { fileName: `${fileStem(batch.name)}-scratchpad.zip`, contentType: 'application/zip', body: zip(batch) };
}

async function* zip(batch: BatchFacts): AsyncGenerator<Uint8Array> {
  const file = new yazl.ZipFile();
  const output = file.outputStream as Readable;
  file.on('error', (error: Error) => output.destroy(error));
  const filled = fill(batch, file).catch((error: Error) => output.destroy(error));
  try {
    for await (const part of output) yield part as Uint8Array;
    await filled;
  } finally {
    output.destroy();
  }
}

/** Names the entries page by page; each one's content is asked for when its turn comes. */
async function fill(batch: BatchFacts, file: yazl.ZipFile): Promise<void> {
  const { pool } = db();
  const last = await lastChunkNumber(db(), batch.id);
  const mtime = new Date();
  for (let after = 0; ; ) {
    const chunks = await readChunksNow(pool, batch.id, { after, limit: CHUNKS_AT_ONCE });
    if (chunks.length === 0) break;
    after = chunks.at(-1)?.number ?? after;
    for (const chunk of chunks.filter(({ classified }) => classified > 0)) {
      const name = scratchpadName(chunk.number, last);
      file.addReadStreamLazy(`${name}-summary.json`, { mtime }, (take) => take(null, Readable.from(summary(batch, chunk))));
      file.addReadStreamLazy(`${name}-details.md`, { mtime }, (take) => take(null, Readable.from(details(batch, chunk))));
    }
  }
  file.end();
}

async function* summary(batch: BatchFacts, chunk: ChunkNow): AsyncGenerator<string> {
  yield summaryText((await scratchpadOf(batch, chunk)).summary);
}

async function* details(batch: BatchFacts, chunk: ChunkNow): AsyncGenerator<string> {
  yield* (await scratchpadOf(batch, chunk)).details;
}
