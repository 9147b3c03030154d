/** A batch's receipts as a file, at any moment: streamed, and as of one moment even while work goes on. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { EXPORT_PAGE_ROWS } from '#lib/core/limits.ts';
import { type Sum, sumOf } from '#lib/core/receipts/sum.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { fileStem } from '#lib/steps/file-stem.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptPage } from '#lib/store/receipts/receipt-reads.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import { receiptReader } from './receipt-rows.ts';
import { csvReceipts } from './receipts-csv.ts';
import { jsonlReceipts } from './receipts-jsonl.ts';
import { markdownReceipts } from './receipts-markdown.ts';

const FORMATS = {
  jsonl: { contentType: 'application/jsonl; charset=utf-8', lines: jsonlReceipts },
  csv: { contentType: 'text/csv; charset=utf-8; header=present', lines: csvReceipts },
  md: { contentType: 'text/markdown; charset=utf-8', lines: markdownReceipts },
} as const;

const input = z.strictObject({ batchId: z.uuid(), format: z.enum(['jsonl', 'csv', 'md'], 'The format is jsonl, csv or md.') });

export type Download = { fileName: string; contentType: string; body: AsyncIterable<Uint8Array> };

/**
 * Every receipt in (chunk, seq) order with its joined values, then the intents that have no terminal receipt (I7) and the sum at that moment.
 * @throws CountersignError `invalid`, `not_found`
 */
export async function exportReceipts(actor: Actor, raw: z.input<typeof input>): Promise<Download> {
  authorise(actor, 'download_receipts');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The download can't be read: ${read.error.issues[0]?.message}`);
  const { batchId, format } = read.data;
  const batch = await readBatchFacts(db().pool, batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  const { contentType, lines } = FORMATS[format];
  return { fileName: `${fileStem(batch.name)}-receipts.${format}`, contentType, body: encode(lines(await record(batch))) };
}

/** An action whose last receipt leaves it open. */
export type Unresolved = Pick<ReceiptRow, 'chunk' | 'seq' | 'ordinal' | 'at' | 'fields' | 'category'> & {
  state: 'in_flight' | 'uncertain';
  reason: string | null;
};

/** What an export writes from. `pages` is walked once; `unresolved` is complete when it ended. */
export type BatchRecord = {
  batch: BatchFacts;
  chunks: ChunkNow[];
  at: Date;
  pages: AsyncIterable<ReceiptRow[]>;
  unresolved: Unresolved[];
  /** folded from the receipts, at the very moment of the export */
  sum(): Promise<Sum>;
};

/**
 * The moment is each chunk's seq, read by one statement, and that of the batch itself (chunk 0), read before: receipts up to it never change (I3, I6), and
 * what a closing receipt tells of is there. No transaction stays open while a slow reader takes his time.
 */
async function record(batch: BatchFacts): Promise<BatchRecord> {
  const { pool } = db();
  const chunks = await readChunksNow(pool, batch.id);
  const unresolved: Unresolved[] = [];
  return {
    batch,
    chunks,
    at: new Date(),
    unresolved,
    pages: pagesUpTo(
      batch,
      new Map([{ number: 0, seq: batch.seq }, ...chunks].map(({ number, seq }) => [number, seq])),
      unresolved,
    ),
    sum: async () => sumOf((await foldChunks(pool, batch.id, chunks)).values()),
  };
}

async function* pagesUpTo(batch: BatchFacts, upTo: Map<number, number>, unresolved: Unresolved[]): AsyncGenerator<ReceiptRow[]> {
  const { pool } = db();
  const reader = receiptReader(db(), batch);
  // All receipts of an item are in one chunk, so what is open is known when its chunk ends.
  const open = new Map<number, Unresolved>();
  for (let after = { chunk: 0, seq: 0 }; ; ) {
    const stored = await readReceiptPage(pool, batch.id, { after, chunk: null, limit: EXPORT_PAGE_ROWS });
    const last = stored.at(-1);
    if (!last) break;
    after = { chunk: last.chunk, seq: last.seq };
    const rows = await reader.rows(stored.filter(({ chunk, seq }) => seq <= (upTo.get(chunk) ?? 0)));
    for (const row of rows) follow(open, row);
    if (rows.length > 0) yield rows;
  }
  unresolved.push(...[...open.values()].sort((a, b) => a.chunk - b.chunk || a.seq - b.seq));
}

/** Keeps what is open as receipts go by: an intent opens an action, uncertain leaves it open, everything else ends it. */
function follow(open: Map<number, Unresolved>, row: ReceiptRow): void {
  if (row.ordinal === null) return;
  const { chunk, seq, ordinal, at, fields, category, reason } = row;
  if (row.kind === 'intent') open.set(ordinal, { chunk, seq, ordinal, at, fields, category, reason: null, state: 'in_flight' });
  else if (row.kind === 'outcome' && row.result === 'uncertain')
    open.set(ordinal, { chunk, seq, ordinal, at, fields, category, reason, state: 'uncertain' });
  else open.delete(ordinal);
}

async function* encode(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) if (text !== '') yield encoder.encode(text);
}
