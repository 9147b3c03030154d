/** A batch's receipts as a file, at any moment: streamed, and as of one moment even while work goes on. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { EXPORT_PAGE_ROWS } from '#lib/core/limits.ts';
import { NOT_GIVEN } from '#lib/core/receipts/receipt-line.ts';
import { type Sum, sumOf } from '#lib/core/receipts/sum.ts';
import { type Download, downloaded } from '#lib/engine/downloads.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { fileStem } from '#lib/steps/file-stem.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptPage, type StoredReceipt } from '#lib/store/receipts/receipt-reads.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import { type Moment, readMoment } from '#lib/store/receipts/trail.sql.ts';
import { type ReceiptReader, receiptReader } from './receipt-rows.ts';
import { csvReceipts } from './receipts-csv.ts';
import { jsonlReceipts } from './receipts-jsonl.ts';
import { markdownReceipts } from './receipts-markdown.ts';

const FORMATS = {
  jsonl: { contentType: 'application/jsonl; charset=utf-8', lines: jsonlReceipts },
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    lines: (batch: BatchFacts, moment: Moment, reader: { sees: boolean }) => csvReceipts(recordAt(batch, moment, reader)),
  },
  md: {
    contentType: 'text/markdown; charset=utf-8',
    lines: (batch: BatchFacts, moment: Moment, reader: { sees: boolean }) => markdownReceipts(recordAt(batch, moment, reader)),
  },
} as const;

const input = z.strictObject({ batchId: z.uuid(), format: z.enum(['jsonl', 'csv', 'md'], 'The format is jsonl, csv or md.') });

/**
 * Every receipt in (chunk, seq) order with its joined values, then the intents that have no terminal receipt (I7) and the sum at that moment. Whoever may not see
 * items is given neither answers nor words of people.
 * @throws CountersignError `invalid`, `not_found`
 */
export async function exportReceipts(actor: Actor, raw: z.input<typeof input>): Promise<Download> {
  authorise(actor, 'download_receipts');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The download can't be read: ${read.error.issues[0]?.message}`);
  return downloaded('receipts', { ...read.data, sees: may(actor, 'see') }, makeReceipts);
}

export type ReceiptsAsked = z.output<typeof input> & {
  /** whether the reader may see items */
  sees: boolean;
};

/** The caller has authorised. */
export async function makeReceipts({ batchId, format, sees }: ReceiptsAsked): Promise<Download> {
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  const moment = batch && (await readMoment(pool, batchId));
  if (!batch || !moment) throw new CountersignError('not_found', 'There is no such batch.');
  const { contentType, lines } = FORMATS[format];
  const body = encode(lines(batch, moment, { sees }));
  return { fileName: `${fileStem(batch.name)}-receipts.${format}`, contentType, body };
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
 * The moment is each chunk's seq, and that of the batch itself (chunk 0), read at once: receipts up to it never change (I3, I6), and what a closing receipt tells
 * of is there. No transaction stays open while a slow reader takes his time.
 * @param values false: no value that receipts commit to, as a trail has it for a reader who may not see items
 * @param sees whether the reader may see items
 */
export function recordAt(
  batch: BatchFacts,
  { chunks, at, batch: { seq } }: Moment,
  { values = true, sees = false } = {},
): BatchRecord {
  const unresolved: Unresolved[] = [];
  const upTo = new Map([[0, seq], ...chunks.map(({ number, seq: own }): [number, number] => [number, own])]);
  return {
    batch,
    chunks,
    at,
    unresolved,
    pages: pagesUpTo(receiptReader(db(), batch, { sees }), batch.id, upTo, { unresolved, values }),
    sum: async () => sumOf((await foldChunks(db().pool, batch.id, chunks)).values()),
  };
}

async function* pagesUpTo(
  reader: ReceiptReader,
  batchId: string,
  upTo: ReadonlyMap<number, number>,
  { unresolved, values }: { unresolved: Unresolved[]; values: boolean },
): AsyncGenerator<ReceiptRow[]> {
  const { pool } = db();
  // All receipts of an item are in one chunk, so what is open is known when its chunk ends.
  const open = new Map<number, Unresolved>();
  for (let after = { chunk: -1, seq: 0 }; ; ) {
    const stored = await readReceiptPage(pool, batchId, { after, chunk: null, limit: EXPORT_PAGE_ROWS });
    const last = stored.at(-1);
    if (!last) break;
    after = { chunk: last.chunk, seq: last.seq };
    const own = stored.filter(({ chunk, seq }) => seq <= (upTo.get(chunk) ?? 0));
    const rows = await reader.rows(values ? own : own.map(withoutValues));
    for (const row of rows) follow(open, row);
    if (rows.length > 0) yield rows;
  }
  unresolved.push(...[...open.values()].sort((a, b) => a.chunk - b.chunk || a.seq - b.seq));
}

function withoutValues(stored: StoredReceipt): StoredReceipt {
  return { ...stored, fields: Object.fromEntries(Object.keys(stored.fields).map((name) => [name, NOT_GIVEN])) };
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

/** UTF-8 of texts; bytes stay what they are. */
export async function* encode(parts: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) if (part.length > 0) yield typeof part === 'string' ? Buffer.from(part) : part;
}
