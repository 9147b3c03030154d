/** A batch's trail: everything that was written about it, with what checks it, as one zip (docs/trail.md). Streamed, and as of one moment. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import yazl from 'yazl';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_STATES, BATCH_UNFINISHED } from '#lib/core/lifecycle.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import { type Download, downloaded } from '#lib/engine/downloads.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { fileStem } from '#lib/steps/file-stem.ts';
import { type BatchFacts, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { trailOrigins } from '#lib/store/receipts/origins.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import {
  frozenManifests,
  frozenRequests,
  type Moment,
  readMoment,
  receiptBodies,
  receiptLeaves,
  receiptValues,
  type TrailRequest,
  trailClassified,
  trailCorrections,
  trailDecisions,
  trailReviews,
} from '#lib/store/receipts/trail.sql.ts';
import { trailPage, trailProgram } from '#lib/trail/programs.ts';
import { turns } from '#lib/turns.ts';
import { encode, recordAt } from './export-receipts.ts';
import { csvReceipts } from './receipts-csv.ts';
import { markdownReceipts } from './receipts-markdown.ts';

const input = z.strictObject({ batchId: z.uuid() });

/**
 * The trail at this moment. Whoever may not see items is given digests in place of frozen requests, answers and values.
 * @throws CountersignError `invalid`, `not_found`
 */
export async function exportTrail(actor: Actor, raw: z.input<typeof input>): Promise<Download> {
  authorise(actor, 'download_receipts');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The download can't be read: ${read.error.issues[0]?.message}`);
  return downloaded('trail', { ...read.data, reader: { role: actor.role, items: may(actor, 'see') } }, makeTrail);
}

/** The caller has authorised. */
export async function makeTrail({ batchId, reader }: { batchId: string; reader: Trail['reader'] }): Promise<Download> {
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  const moment = batch && (await readMoment(pool, batchId));
  if (!batch || !moment) throw new CountersignError('not_found', 'There is no such batch.');
  const trail = { batch, moment, reader };
  return {
    fileName: `${fileStem(batch.name)}-trail${isComplete(moment) ? '' : '-PARTIAL'}.zip`,
    contentType: 'application/zip',
    body: zip(filesOf(trail), moment.at),
  };
}

type Trail = { batch: BatchFacts; moment: Moment; reader: { role: string; items: boolean } };
type Bytes = AsyncIterable<Uint8Array>;

const BATCH_OVER = BATCH_STATES.filter((state) => state !== 'proposed' && !BATCH_UNFINISHED.includes(state));

/** The batch is over, and has said how many receipts there are: those from before it did so need not. */
function isComplete({ batch }: Moment): boolean {
  return (BATCH_OVER as readonly string[]).includes(batch.state) && (batch.last === null || batch.last === 'closing');
}

/** By name, each read when its turn has come. */
function filesOf({ batch, moment, reader }: Trail): [string, () => Bytes][] {
  const { pool } = db();
  const record = () => recordAt(batch, moment, { values: reader.items });
  return [
    ['START-HERE.html', () => encode(once(trailPage))],
    ['verify.mjs', () => encode(once(trailProgram))],
    ['batch.json', () => encode(facts({ batch, moment, reader }))],
    ['chunks.jsonl', () => encode(chunkLines(moment))],
    ['receipts.jsonl', () => encode(receiptBodies(pool, moment))],
    ['leaves.jsonl', () => encode(receiptLeaves(pool, moment))],
    ['values.jsonl', () => encode(reader.items ? receiptValues(pool, moment) : nothing())],
    ['plan.json', () => bytes(() => canonicalBytes((moment.plans.at(-1)?.plan ?? moment.batch.plan) as unknown as Json))],
    ['plans.jsonl', () => encode(planLines(moment))],
    ['decisions.jsonl', () => encode(decisionLines(moment))],
    ['manifests.jsonl', () => encode(frozenManifests(pool, moment))],
    ['classified.jsonl', () => encode(trailClassified(pool, moment))],
    ['origins.jsonl', () => encode(trailOrigins(pool, moment))],
    ['requests.jsonl', () => encode(requestLines(moment, reader.items))],
    ['reviews.jsonl', () => encode(trailReviews(pool, moment))],
    ['corrections.jsonl', () => encode(trailCorrections(pool, moment))],
    ['reading.json', () => bytes(() => moment.batch.reading?.body ?? Buffer.from('null\n'))],
    ['receipts.csv', () => encode(csvReceipts(record()))],
    ['task-body.md', () => encode(markdownReceipts(record()))],
  ];
}

async function* facts({ batch, moment, reader }: Trail): AsyncGenerator<string> {
  const { state, undoes, restOf, dataset, planDigest, reading } = moment.batch;
  const sum = sumOf((await foldChunks(db().pool, batch.id, moment.chunks)).values());
  const { approved, done, skipped, failed, uncertain, notExecuted, inFlight, waiting } = sum;
  const told = {
    // 2: with what classified each item, and with classifications that others replaced.
    trail: 2,
    ...{
      batch: batch.id,
      name: batch.name,
      state,
      complete: isComplete(moment),
      at: moment.at.toISOString(),
      undoes,
      restOf,
      dataset,
    },
    ...{ plan: planDigest, reading: reading?.body ? reading.digest : null, for: reader },
    sum: { approved, done, skipped, failed, uncertain, notExecuted, inFlight, waiting },
  };
  yield `${JSON.stringify(told, null, 2)}\n`;
}

async function* chunkLines({ batch, chunks }: Moment): AsyncGenerator<string> {
  yield `${JSON.stringify({ chunk: 0, seq: batch.seq })}\n`;
  for (const { number, name, state, itemCount, seq, acceptedRest } of chunks)
    yield `${JSON.stringify({ chunk: number, name, state, items: itemCount, seq, acceptedRest })}\n`;
}

async function* planLines({ batch, plans }: Moment): AsyncGenerator<string> {
  const lineOf = (line: { revision: number; digest: string; plan: Plan; reviews?: string }): string =>
    `${JSON.stringify({ ...line, ...(batch.plansErased && digestOf(line.plan) !== line.digest && { erased: true }) })}\n`;
  yield lineOf({ revision: 1, digest: batch.planDigest, plan: batch.plan });
  for (const { revision, digest, plan, reviews } of plans) yield lineOf({ revision, digest, plan, reviews });
}

const digestOf = (plan: Plan): string => sha256(canonicalBytes(plan as unknown as Json)).toString('hex');

async function* decisionLines(moment: Moment): AsyncGenerator<string> {
  for await (const page of trailDecisions(db().pool, moment)) yield page.map((one) => `${JSON.stringify(one)}\n`).join('');
}

async function* requestLines(moment: Moment, withBytes: boolean): AsyncGenerator<string> {
  const takeTurn = turns();
  for await (const page of frozenRequests(db().pool, moment, withBytes)) {
    yield page
      .map((one) => `${JSON.stringify(withBytes ? requestLine(one) : { chunk: one.chunk, digest: one.digest })}\n`)
      .join('');
    await takeTurn();
  }
}

/** JSON holds every text exactly; what is no text, which no connector of ours freezes, goes as base64. */
function requestLine({ chunk, digest, bytes: own }: TrailRequest): Record<string, unknown> {
  if (own === null) return { chunk, digest, erased: true };
  const text = own.toString('utf8');
  return { chunk, digest, ...(Buffer.from(text).equals(own) ? { text } : { base64: own.toString('base64') }) };
}

async function* once(text: () => string): AsyncGenerator<string> {
  yield text();
}

async function* bytes(of: () => Uint8Array): AsyncGenerator<Uint8Array> {
  yield of();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What packs gives many small pieces, and each would be handed on by itself. */
const PIECE_BYTES = 128 * 1024;

/** Packs the files one after the other, with a list of their hashes at the end. */
async function* zip(files: readonly [string, () => Bytes][], at: Date): AsyncGenerator<Uint8Array> {
  const file = new yazl.ZipFile();
  const output = file.outputStream as Readable;
  file.on('error', (error: Error) => output.destroy(error));
  const sums: string[] = [];
  const add = (name: string, open: () => Bytes): void =>
    file.addReadStreamLazy(name, { mtime: at, compressionLevel: 6 }, (take) => {
      const content = Readable.from(open(), { objectMode: false });
      content.on('error', (error) => output.destroy(error));
      take(null, content);
    });
  for (const [name, open] of files) add(name, () => hashed(open(), (digest) => sums.push(`${digest}  ${name}\n`)));
  add('SHA256SUMS', () => bytes(() => Buffer.from(sums.join(''))));
  file.end();
  try {
    let held: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of output as AsyncIterable<Uint8Array>) {
      held.push(part);
      bytes += part.length;
      if (bytes < PIECE_BYTES) continue;
      yield Buffer.concat(held);
      [held, bytes] = [[], 0];
    }
    yield Buffer.concat(held);
  } finally {
    output.destroy();
  }
}

async function* hashed(parts: Bytes, told: (digest: string) => void): AsyncGenerator<Uint8Array> {
  const sha = createHash('sha256');
  for await (const part of parts) {
    sha.update(part);
    yield part;
  }
  told(sha.digest('hex'));
}
