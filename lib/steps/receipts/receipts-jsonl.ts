/**
 * Receipts as JSON lines: each body's members plus `seq`, `leaf` and `fields`, then one line of kind `summary`. Where an outcome commits to what the target
 * answered, `answerText` is that, for whoever may see items.
 */
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import type { BatchRecord } from './export-receipts.ts';

export async function* jsonlReceipts(record: BatchRecord): AsyncGenerator<string> {
  let receipts = 0;
  for await (const rows of record.pages) {
    receipts += rows.length;
    yield rows.map(lineOf).join('');
  }
  const { id, name, state } = record.batch;
  const unresolved = record.unresolved.map(({ chunk, seq, ordinal, state: open, reason }) => ({
    chunk,
    seq,
    ordinal,
    state: open,
    reason,
  }));
  yield `${JSON.stringify({ kind: 'summary', batch: id, name, state, at: record.at.toISOString(), receipts, sum: await record.sum(), unresolved })}\n`;
}

function lineOf({ body, seq, leaf, fields, answer }: ReceiptRow): string {
  return `${JSON.stringify({ ...body, seq, leaf, fields, ...(answer === null ? {} : { answerText: answer }) })}\n`;
}
