/** Receipts as JSON lines: each body's members plus `seq`, `leaf` and `fields`, then one line of kind `summary`. */
import type { BatchRecord } from './export-receipts.ts';

export async function* jsonlReceipts(record: BatchRecord): AsyncGenerator<string> {
  let receipts = 0;
  for await (const rows of record.pages) {
    receipts += rows.length;
    yield rows.map(({ body, seq, leaf, fields }) => `${JSON.stringify({ ...body, seq, leaf, fields })}\n`).join('');
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
